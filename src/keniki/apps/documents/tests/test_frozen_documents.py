"""A submitted document stays as it was handed in: the database itself refuses every other writer, in any scope."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.verbs import verb
from keniki.apps.documents import actions
from keniki.apps.documents.models import Build, BuildFile
from keniki.apps.regions import queries as regions

pytestmark = pytest.mark.django_db

ON_FILES = [
    "UPDATE documents_buildfile SET digest = repeat('0', 64) WHERE build_id = {build}",
    "UPDATE documents_buildfile SET build_id = {other} WHERE build_id = {build} AND format = 'pdf'",
    "UPDATE documents_buildfile SET build_id = {build}, format = 'x' WHERE build_id = {other} AND format = 'pdf'",
    "DELETE FROM documents_buildfile WHERE build_id = {build}",
    "INSERT INTO documents_buildfile (build_id, format, name, digest, size) VALUES ({build}, 'x', 'x', '0', 1)",
]
ON_BUILDS = [
    "UPDATE documents_build SET replaces_id = {other} WHERE id = {build}",
    "UPDATE documents_build SET made_by_id = NULL WHERE id = {build}",
    "UPDATE documents_build SET missing = '[1]' WHERE id = {build}",
    "DELETE FROM documents_build WHERE id = {build}",
]


def write(statement: str, **keys: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(**keys))


@pytest.fixture
def keys(in_region: Any, secretariat: Any) -> dict[str, int]:
    """A document made yesterday and submitted since, and one that is still being checked."""
    earlier = timezone.now() - timedelta(days=1)
    with mock.patch("django.utils.timezone.now", return_value=earlier):
        made = actions.build(secretariat, in_region, "agreement", {"slug": "kyoutei"})
    with verb(regions.operator(), "testing.submit", quiet=True):
        for state in ("inquiry", "confirmed", "submitted"):
            Build.objects.filter(pk=made.pk).update(state=state)
    other = actions.build(secretariat, in_region, "agreement", {"slug": "kyoutei"})
    return {"build": made.pk, "other": other.pk}


REFUSED = r"frozen_document|content_stays|read-only|Cannot update"


def written(statements: list[str], match: str, **keys: int) -> list[str]:
    """Those of the statements that the database let through."""
    through = []
    for statement in statements:
        try:
            write(statement, **keys)
            through.append(statement)
        except DatabaseError as refusal:
            if not re.search(match, str(refusal)):
                raise
    return through


@pytest.mark.slow
def test_a_submitted_document_and_its_files_stay(keys):
    assert written([*ON_FILES, *ON_BUILDS], REFUSED, **keys) == []


@pytest.mark.slow
def test_its_files_stay_for_a_session_of_another_region_too(keys, other_region):
    with scope(region=other_region):
        assert written(ON_FILES, "frozen_document", **keys) == []


@pytest.mark.slow
def test_a_replaced_document_stays_like_a_submitted_one(keys):
    Build.objects.filter(pk=keys["build"]).update(state="replaced")
    assert written([*ON_FILES[:1], *ON_FILES[3:], *ON_BUILDS], REFUSED, **keys) == []


@pytest.mark.slow
def test_a_submitted_document_is_published_taken_off_and_replaced(keys, secretariat):
    for public in (True, False):
        build = Build.objects.get(pk=keys["build"])
        assert actions.publish(secretariat, build, build.version, public).public is public
    assert Build.objects.filter(pk=keys["build"]).update(state="replaced") == 1


@pytest.mark.slow
def test_a_document_under_way_may_still_lose_its_files(keys):
    write("DELETE FROM documents_buildfile WHERE build_id = {other}", **keys)
    assert not BuildFile.objects.filter(build_id=keys["other"]).exists()

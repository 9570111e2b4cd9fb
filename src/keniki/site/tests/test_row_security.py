"""The database itself shows a region's rows to its own scope only."""

from __future__ import annotations

import os

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, models, transaction
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.scoping import ScopedManager
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.activities.models import Activity
from keniki.apps.regions.models import Region
from keniki.site import options
from keniki.site.postgres import bypasses_row_security

pytestmark = pytest.mark.django_db

#: Tables that name a region and are read across regions, and why that may be.
ACROSS_REGIONS = {
    "accounts.LogEntry": "an administrator reads the log of all regions; queries narrow it by the region's key",
    "regions.RegionEvent": "the row history of regions, which are themselves listed across regions",
    "regions.RegionProgramme": "which programme a region works under decides what is listed of it",
    "regions.RegionProgrammeEvent": "the row history of these",
    "regions.RegionMembership": "who is a member where decides who may see what",
    "regions.RegionMembershipEvent": "the row history of these",
    "regions.Fact": "published statistics with their source; a town of two regions is compared in both",
    "regions.FactEvent": "the row history of these",
    "regions.Milestone": "the published past of a region; it has no drafts",
    "regions.MilestoneEvent": "the row history of these",
    "regions.SourceDocument": "titles of the published documents that facts come from",
}

#: Tables with sealed fields that all people of a region read, and why.
OPEN_IN_THE_REGION = {
    "disaster.Contact": "whom to call is kept so that the other towns call",
    "disaster.ContactEvent": "the row history of these",
}

NAMES_ITS_REGION = [
    model
    for model in apps.get_models()
    if any(field.name == "region" or field.related_model is Region for field in model._meta.concrete_fields)
]
ROOTS = [model for model in NAMES_ITS_REGION if model._meta.label not in ACROSS_REGIONS]


@pytest.fixture(autouse=True)
def _held_by_the_server(db: None) -> None:
    """On a server of the suite's own the role is a plain one; on one of yours it may stand above row security."""
    if bypasses_row_security():
        if options.text("DATABASE_URL") and not os.environ.get("CI"):
            pytest.skip("the database role is above row security")
        pytest.fail("the database role is above row security: the suite needs a role without SUPERUSER")


def rows(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        return int(cursor.fetchone()[0])


def refused() -> None:
    with pytest.raises(ProgrammingError, match="inside its scope only"), transaction.atomic():
        rows(Activity)


def test_exceptions_are_of_tables_that_there_are_and_of_no_scoped_one() -> None:
    labels = {model._meta.label for model in NAMES_ITS_REGION}
    assert set(ACROSS_REGIONS) <= labels
    scoped = {
        model._meta.label
        for model in apps.get_models()
        if isinstance(model._default_manager, ScopedManager) and model._default_manager.path == "region"
    }
    assert scoped <= {model._meta.label for model in ROOTS}


@pytest.mark.parametrize("model", ROOTS, ids=lambda model: model._meta.label_lower)
def test_every_table_that_names_its_region_is_guarded(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute(
            "SELECT polname, polcmd FROM pg_policy WHERE polrelid = %s::regclass", [model._meta.db_table]
        )
        assert set(cursor.fetchall()) - {("town_in_scope", "*")} == {("region_in_scope", "*")}


@pytest.mark.parametrize(
    "model",
    [
        model
        for model in ROOTS
        if any(isinstance(field, SealedJSONField) for field in model._meta.fields)
        and model._meta.label not in OPEN_IN_THE_REGION
    ],
    ids=lambda model: model._meta.label_lower,
)
def test_every_table_with_sealed_fields_is_guarded_by_town(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT polpermissive FROM pg_policy WHERE polrelid = %s::regclass AND polname = 'town_in_scope'",
            [model._meta.db_table],
        )
        assert cursor.fetchall() == [(False,)]


def test_plain_sql_finds_the_scope_and_nothing_else(region: Region, other_region: Region) -> None:
    with scopes_disabled():
        per_region = {
            place.pk: Activity.objects.filter(region=place).count() for place in (region, other_region)
        }
        assert rows(Activity) == sum(per_region.values()) > 0
    refused()
    with scope(region=region):
        assert rows(Activity) == per_region[region.pk] > 0
        with scope(region=other_region):
            assert rows(Activity) == per_region[other_region.pk]
        with scope(region=[region, other_region]):
            assert rows(Activity) == sum(per_region.values())
        with scope(region=[]):
            assert rows(Activity) == 0
        assert rows(Activity) == per_region[region.pk]
    refused()


def test_row_history_is_of_the_scope_too(region: Region, other_region: Region) -> None:
    history = apps.get_model("activities", "ActivityEvent")
    with scopes_disabled():
        own = history.objects.filter(region=region).count()
        others = rows(history) - own
    with scope(region=region):
        assert rows(history) == own > 0
    with scope(region=other_region):
        assert rows(history) == others
    with pytest.raises(ProgrammingError, match="inside its scope only"), transaction.atomic():
        rows(history)


def test_a_row_is_neither_changed_nor_moved_nor_made_from_another_scope(
    region: Region, other_region: Region
) -> None:
    table = connection.ops.quote_name(Activity._meta.db_table)
    with scope(region=other_region), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET title = 'x' WHERE region_id = %s", [region.pk])  # noqa: S608
        assert cursor.rowcount == 0
        cursor.execute(f"DELETE FROM {table} WHERE region_id = %s", [region.pk])  # noqa: S608
        assert cursor.rowcount == 0
    with (
        scope(region=region),
        pytest.raises((ProgrammingError, InternalError), match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET region_id = %s", [other_region.pk])  # noqa: S608


def test_what_was_rolled_back_is_told_again(region: Region) -> None:
    def look_and_break() -> int:
        with transaction.atomic(), scopes_disabled():
            return rows(Activity) // 0

    def break_the_transaction() -> None:
        with transaction.atomic(), scopes_disabled(), connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")

    with pytest.raises(ZeroDivisionError):
        look_and_break()
    refused()
    with scope(region=region):
        with pytest.raises(ProgrammingError):
            break_the_transaction()
        assert rows(Activity) > 0
    refused()

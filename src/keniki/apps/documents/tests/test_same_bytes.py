"""Same records, same bytes: in one process twice, in two processes, and in two databases."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import new_installation
from keniki.apps.documents.composing import compose
from keniki.apps.documents.rendering import render

from . import small_region
from .conftest import DATA

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

KINDS: dict[str, dict[str, Any]] = {
    "results": {"first": 2020, "last": 2024},
    "agreement": {},
    "declaration": {},
    "vision": {},
}


def hashes(region: Any, kind: str) -> dict[str, str]:
    composed = compose(region, kind, **KINDS[kind])
    return {file.format: hashlib.sha256(file.content).hexdigest() for file in render(composed)}


@pytest.mark.parametrize("kind", KINDS)
def test_two_builds_of_the_same_records_give_the_same_bytes(pilot, kind):
    assert hashes(pilot, kind) == hashes(pilot, kind)


def test_reading_the_files_again_without_a_change_leaves_the_bytes_as_they_are(pilot):
    from keniki.apps.portal.interchange.load import load_region
    from keniki.apps.portal.interchange.read import read
    from keniki.apps.regions import queries

    before = hashes(pilot, "results")
    sync = load_region(queries.operator(), read(DATA / "minami-sorachi"))
    assert not sync.anything
    assert hashes(pilot, "results") == before


_SCRIPT = """
import json, sys
from pathlib import Path
from keniki.cli import database
database.set_up()
from django_scopes import scope
from keniki.apps.documents.tests.test_same_bytes import KINDS, hashes
from keniki.apps.regions.models import Region
found = {}
for region in Region.objects.filter(slug__in=sys.argv[1:]):
    with scope(region=region):
        found[region.slug] = {kind: hashes(region, kind) for kind in ("agreement", "declaration", "vision", "results")}
print(json.dumps(found))
"""


def made_by(installation: Any, *slugs: str, seed: str = "1") -> dict[str, dict[str, dict[str, str]]]:
    """The hashes of each region's twelve files as a process of the installation makes them."""
    ran = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *slugs],
        env={**installation.environment, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, dict[str, dict[str, str]]] = json.loads(ran.stdout.splitlines()[-1])
    assert {
        slug: sum(len(files) for files in kinds.values()) for slug, kinds in found.items()
    } == dict.fromkeys(slugs, 12)
    return found


def loaded(installation: Any, *paths: Path) -> None:
    for path in paths:
        done = installation.run("load", str(path))
        assert done.returncode == 0, done.stderr


@pytest.fixture
def umibe(tmp_path: Path) -> Path:
    file = tmp_path / "umibe.json"
    file.write_text(small_region.document().model_dump_json(), encoding="utf-8")
    return file


def test_two_processes_give_the_same_bytes(installation, umibe):
    loaded(installation, umibe)
    assert made_by(installation, "umibe", seed="1") == made_by(installation, "umibe", seed="2")


def test_two_databases_with_the_same_records_give_the_same_bytes(
    installation, server_state, suite_server, umibe, tmp_path
):
    """The other database got its records later, from exports, in another order."""
    slugs = ("minami-sorachi", "umibe")
    loaded(installation, DATA / slugs[0], umibe)
    first = made_by(installation, *slugs)
    exports = [tmp_path / f"{slug}-export.json" for slug in slugs]
    for slug, exported in zip(slugs, exports, strict=True):
        done = installation.run("export", "--region", slug, "--out", str(exported))
        assert done.returncode == 0, done.stderr
    with new_installation(tmp_path / "other", server_state, suite_server, suite_server.migrated) as other:
        loaded(other, *reversed(exports))
        assert made_by(other, *slugs) == first

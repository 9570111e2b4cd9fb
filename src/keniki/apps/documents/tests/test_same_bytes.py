"""Same records, same bytes: in one process twice, and in two processes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest

from keniki.apps.documents.composing import compose
from keniki.apps.documents.rendering import render

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

    from .conftest import DATA

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
region = Region.objects.get(slug="umibe")
with scope(region=region):
    print(json.dumps({kind: hashes(region, kind) for kind in ("agreement", "declaration", "vision")} | {
        "results": hashes(region, "results")}))
"""


def test_two_processes_give_the_same_bytes(installation, tmp_path):
    from . import small_region

    file = tmp_path / "umibe.json"
    file.write_text(small_region.document().model_dump_json(), encoding="utf-8")
    done = installation.run("load", str(file))
    assert done.returncode == 0, done.stderr
    runs = []
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            env={**installation.environment, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        runs.append(json.loads(ran.stdout.splitlines()[-1]))
    assert runs[0] == runs[1]
    assert len(runs[0]) == 4

"""Synthetic regions where there are none yet: the same every time, whole or not at all, loaded from their export."""

from __future__ import annotations

import pytest
from django.db import transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.portal import synthetic
from keniki.apps.portal.interchange import schema
from keniki.apps.portal.interchange.export import export_region, to_json
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.portal.synthetic import make_regions
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality, Region

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the initiatives with all that hangs on them: every kind of record is there."""
    monkeypatch.setattr(synthetic, "INITIATIVES", 4)


def made() -> Region:
    make_regions(queries.operator(), 1)
    return Region.objects.get(slug="synthetic-0000")


@pytest.mark.slow
def test_the_same_number_gives_the_same_regions(few):
    exports = []
    for _ in range(2):
        with transaction.atomic():
            exports.append(export_region(made()))
            transaction.set_rollback(True)
    assert exports[0] == exports[1]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_stopped_keeps_whole_regions_only(monkeypatch):
    def stopped(self, like):
        raise KeyboardInterrupt

    monkeypatch.setattr(synthetic, "INITIATIVES", 2)
    monkeypatch.setattr(synthetic._Maker, "copied", stopped)
    with pytest.raises(KeyboardInterrupt):
        make_regions(queries.operator(), 3)
    assert [region.slug for region in Region.objects.all()] == ["synthetic-0000"]
    assert Municipality.objects.count() == 6
    assert LogEntry.objects.filter(verb="portal.make_synthetic_region").count() == 1


@pytest.mark.slow
def test_an_export_of_one_reads_and_loads_like_any_other(few, tmp_path):
    with transaction.atomic():
        document = export_region(made())
        transaction.set_rollback(True)
    file = tmp_path / "synthetic.json"
    file.write_text(to_json(document), encoding="utf-8")
    load_region(queries.operator(), read(file))
    assert export_region(Region.objects.get()) == document
    assert schema.RegionFile.model_validate(document).region.fictional


def test_only_the_operator_makes_them(cast, secretariat):
    with pytest.raises(Denied):
        make_regions(secretariat, 1)

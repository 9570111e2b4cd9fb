"""Municipalities that are gone, in region files: they travel with their end, and no file undoes a merger."""

from __future__ import annotations

import copy
from datetime import date

import pytest
from django.db import transaction
from django_scopes import scope

from keniki.apps.documents.composing import compose
from keniki.apps.documents.tests.reading import tree_text
from keniki.apps.portal.interchange import schema
from keniki.apps.portal.interchange.export import export_region, to_json
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.portal.testing import AOBA, HOSHINO, code, region_file
from keniki.apps.regions import actions, queries
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 1)


def export():
    return export_region(Region.objects.get(slug="aoba"))


def load(content):
    return load_region(queries.operator(), schema.RegionFile.model_validate(content))


def loaded():
    load_region(queries.operator(), region_file())
    return {town.code: town for town in Municipality.objects.all()}


def reread(content, tmp_path):
    path = tmp_path / "aoba.json"
    path.write_text(to_json(content), encoding="utf-8")
    return read(path)


def in_an_empty_home(content, tmp_path):
    """What an empty installation exports after loading the file."""
    document = reread(content, tmp_path)
    with transaction.atomic():
        load_region(queries.operator(), document)
        again = export()
        transaction.set_rollback(True)
    return again


def after(change, tmp_path):
    """The export after `change(towns)`, made in an installation that is forgotten."""
    with transaction.atomic():
        change(loaded())
        content = export()
        assert load_region(queries.operator(), reread(content, tmp_path)).anything is False
        transaction.set_rollback(True)
    return content


@pytest.mark.slow
def test_a_merged_town_keeps_its_end_and_successor_on_the_way_to_another_home(operator, tmp_path):
    new = actions.NewTown(code("01905"), "青星市", "city")
    content = after(
        lambda towns: actions.merge(
            operator, [towns[AOBA], towns[HOSHINO]], new, DAY, roles={"aoba": "centre"}
        ),
        tmp_path,
    )
    old = next(town for town in content["municipalities"] if town["code"] == HOSHINO)
    assert (old["valid_to"], old["successor"]) == ("2026-03-31", new.code)
    assert in_an_empty_home(content, tmp_path) == content


@pytest.mark.slow
def test_a_former_name_under_the_same_code_travels_with_its_last_day(operator, tmp_path):
    content = after(
        lambda towns: actions.rename(
            operator, towns[HOSHINO], actions.NewTown(HOSHINO, "新星野町", "town"), DAY
        ),
        tmp_path,
    )
    former = f"{HOSHINO}@2026-03-31"
    assert [m["municipality"] for m in content["members"]][2:] == [former, HOSHINO]
    assert former in {fact["municipality"] for fact in content["region"]["facts"]}
    assert {t["name"] for t in content["municipalities"] if t["code"] == HOSHINO} == {"星野町", "新星野町"}
    assert in_an_empty_home(content, tmp_path) == content


def test_a_file_from_before_the_merger_does_not_undo_it(operator):
    towns = loaded()
    before = export()
    actions.merge(operator, [towns[HOSHINO]], towns[AOBA], DAY)
    with pytest.raises(WrongInput, match="登録では2026-03-31 限りでなくなっています"):
        load(before)


def test_a_file_does_not_end_a_town_that_goes_on(operator):
    loaded()
    content = copy.deepcopy(export())
    town = next(town for town in content["municipalities"] if town["code"] == HOSHINO)
    town |= {"valid_to": "2026-03-31", "successor": AOBA}
    with pytest.raises(WrongInput, match="登録では続いています"):
        load(content)


def test_a_file_that_names_another_successor_is_refused(operator):
    towns = loaded()
    actions.merge(operator, [towns[HOSHINO]], towns[AOBA], DAY)
    content = export()
    town = next(town for town in content["municipalities"] if town["code"] == HOSHINO)
    town["successor"] = next(t["code"] for t in content["municipalities"] if t["name"] == "川北町")
    with pytest.raises(WrongInput, match="どちらが正しいか"):
        load(content)


@pytest.mark.parametrize(
    ("town", "member", "words"),
    [
        ({"valid_to": "2026-03-31", "successor": AOBA}, {}, "限りでなくなっています"),
        ({"valid_from": "2021-01-01"}, {}, "からの市町村です"),
        ({"successor": AOBA}, {}, "valid_to を書いて"),
        ({"valid_to": "2026-03-31", "successor": AOBA}, {"valid_to": "2026-04-01"}, "限りでなくなっています"),
    ],
)
def test_a_member_is_one_only_while_it_exists(tmp_path, town, member, words):
    content = region_file().model_dump(mode="json")
    content["municipalities"][2] |= town
    content["members"][2] |= member
    with pytest.raises(WrongInput, match=words):
        reread(content, tmp_path)


def test_a_report_of_former_years_prints_the_old_towns_and_a_later_one_the_new(operator):
    towns = loaded()
    new = actions.NewTown(code("01905"), "青星市", "city")
    actions.merge(operator, [towns[AOBA], towns[HOSHINO]], new, date(2024, 4, 1), roles={"aoba": "centre"})
    region = Region.objects.get(slug="aoba")
    with scope(region=region):
        before = tree_text(compose(region, "results", first=2022, last=2023).document)
        after = tree_text(compose(region, "results", first=2024, last=2024).document)
    assert "青葉市・川北町・星野町" in before
    assert "青星市・" not in before
    assert "構成市町村数2" in after
    assert "青星市" in after
    assert "星野町" not in after

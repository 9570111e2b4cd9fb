"""年齢不詳 is distributed beside the published figures by a stated method; nothing computed is stored."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.urls import reverse

from keniki.apps.evidence import actions, queries
from keniki.apps.evidence.importers import estat_csv
from keniki.apps.evidence.importers.base import (
    UNKNOWN_AGE,
    AreaKey,
    EditionSpec,
    Parsed,
    RawBytes,
    SeriesKey,
    SourceSpec,
)
from keniki.apps.evidence.models import Figure
from keniki.cli import database, main

pytestmark = pytest.mark.django_db
TEST_DATA = os.environ.get("KENIKI_TEST_DATA")


def census(codes: set[str]) -> RawBytes:
    """The published table, of these areas only."""
    lines = Path(f"{TEST_DATA}/census2020/population_census_2020.csv").read_text("utf-8-sig").splitlines()
    kept = [line for line in lines if '"国籍総数"' not in line or any(f'"{code}"' in line for code in codes)]
    return RawBytes("population_census_2020.csv", "\n".join(kept).encode())


def table(ages: dict[tuple[int | None, int | None], float], *, code: str = "019011") -> Parsed:
    """Persons by age of one made-up town, men only."""
    made = Parsed(
        "handmade",
        RawBytes("ages.csv", repr(sorted(ages.items(), key=str)).encode()),
        SourceSpec("census", "国勢調査"),
        EditionSpec("census-2020", "令和2年国勢調査"),
        area_keys=[AreaKey("municipality", code, "青葉市")],
    )
    for column, ((first, last), value) in enumerate(ages.items()):
        made.series_keys.append(SeriesKey("population", "persons", 2020, "2020-10-01", "male", first, last))
        made.add(column, 0, value, 5, column + 2)
    return made


AGES = {(None, None): 105.0, (0, 14): 30, (15, 64): 50, (65, None): 20, (UNKNOWN_AGE, UNKNOWN_AGE): 5}


@pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")
def test_the_census_of_a_town_adds_up_with_the_unknown_distributed(operator, monkeypatch, capsys) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)
    actions.import_figures(operator, [estat_csv.READER.read(census({"01210"}))])
    stored = Figure.objects.count()
    found = queries.distributed(None, "012106", "population")
    five_years = {*((age, age + 4) for age in range(0, 100, 5)), (100, None)}
    for sex, whole in (("male", 37_105), ("female", 42_201), ("", 79_306)):
        own = {(each.figure.age_from, each.figure.age_to): each for each in found if each.figure.sex == sex}
        assert own.keys() >= five_years
        assert sum(own[age].value for age in five_years) == pytest.approx(whole), sex
        assert sum(own[age].added for age in five_years) > 0
        old = [own[age].added for age in five_years if age[0] >= 65]
        assert own[65, None].added == pytest.approx(sum(old))
    assert (
        main.main(["data", "show", "01210", "population", "--year", "2020", "--distributed", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert len(told["distributed"]) == len(found)
    assert {each["status"] for each in told["distributed"]} == {"computed"}
    assert "按分" in told["distributed"][0]["method"]
    assert Figure.objects.count() == stored


@pytest.mark.slow
def test_a_figure_shows_its_share_of_the_unknown_with_the_method(
    region, operator, client_as, partner
) -> None:
    actions.import_figures(operator, [table(AGES)])
    figure = next(
        row for row in queries.figures(["019011"], ["population"], divided=True) if row.age_from == 15
    )
    url = reverse("evidence:figure", args=["aoba", figure.pk])
    page = client_as(partner).get(url).content.decode()
    assert "52.5" in page
    assert "公表された値 50 に 2.5 を加えました" in page
    assert "構成比で各年齢階級に按分した" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {(UNKNOWN_AGE, UNKNOWN_AGE): 0.0},
        {(None, None): 200.0},
        {(65, None): 0.0, (65, 74): 20.0},
    ],
)
def test_nothing_is_computed_where_the_classes_do_not_make_up_the_whole(operator, wrong) -> None:
    ages = {age: value for age, value in (AGES | wrong).items() if value or age[0] == UNKNOWN_AGE}
    actions.import_figures(operator, [table(ages)])
    assert queries.distributed(None, "019011", "population") == []

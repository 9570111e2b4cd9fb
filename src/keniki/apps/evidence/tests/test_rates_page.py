"""A region's own rates for demand: registered, put right and given up on a page, used by forecasts from then on."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.evidence import actions
from keniki.apps.evidence.book.book import members_of
from keniki.apps.evidence.futures.demanding import totals_given
from keniki.apps.evidence.futures.ledgers import buildings_in
from keniki.apps.evidence.futures.making import Wanted
from keniki.apps.evidence.futures.rate_files import read
from keniki.apps.evidence.futures.rate_keys import FIGURES, keys, keys_of, template
from keniki.apps.evidence.futures.region_rates import EDITION, rates_of
from keniki.apps.evidence.futures.results import Result
from keniki.apps.evidence.models import DemandRates
from keniki.apps.evidence.queries import forecasts as queries
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks import demand as book

from .country import load_censuses

pytestmark = pytest.mark.django_db
ON = date(2026, 4, 1)
WATER = """\
# 水道
rules:
  - id: water_load_factor
    source: 水道事業ビジョン
    value: {kind: flat, year: 2023, value: 0.8}
"""
LEDGER = (
    f'用途,建築年,延床面積,団体コード\n学校教育系施設,1988,"6,500",{AOBA}\nhousing,1974,2100,{KAWAKITA}\n'
)


@pytest.fixture
def country(cast):
    load_censuses((AOBA, KAWAKITA, HOSHINO))
    return cast


@pytest.fixture
def office(country, secretariat, client_as):
    return client_as(secretariat)


def at(name: str, *parts: object) -> str:
    return reverse(f"evidence:{name}", args=["aoba", *parts])


def stored() -> DemandRates | None:
    with scopes_disabled():
        return DemandRates.objects.first()


def register(client: Any, content: str, version: int = 0, **more: str) -> Any:
    said = {"content": content, "note": "", "file_name": "", "version": version, **more}
    return client.post(at("demand-rates"), said)


def shown(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.slow
def test_the_page_says_whose_rates_are_used_and_takes_ones_own(office) -> None:
    page = office.get(at("demand-rates"))
    rows = {row.id: row for row in page.context["today"].rows}
    assert rows.keys() == book.demands(ON).keys()
    assert rows["ambulance"].basis == "全国の値"
    assert "（2022年の率）" in rows["ambulance"].sources[0]
    assert rows["water_maximum"].thousand is None
    assert "「率の登録」の画面" in rows["water_maximum"].missing[0]
    assert "ひな形" in shown(page)
    done = register(office, WATER.replace("\n", "\r\n"))
    assert done.status_code == 302, shown(done)
    page = office.get(at("demand-rates"))
    rows = {row.id: row for row in page.context["today"].rows}
    assert rows["water_maximum"].thousand == pytest.approx(rows["water_average"].thousand / 0.8)
    assert rows["water_maximum"].figures[0] == "負荷率 0.8（登録した値、2023年）"
    assert "# 水道" in page.content.decode()
    assert office.get(at("demand-rates-file")).content.decode() == WATER
    text = LogEntry.objects.filter(verb="evidence.save_demand_rates").latest("pk").text
    assert "需要の率を登録（「負荷率」を追加）" in text


@pytest.mark.slow
def test_a_wrong_file_is_named_by_its_place_and_what_was_typed_stays(office) -> None:
    for wrong, words in (
        (WATER.replace("0.8", "1.8"), "「water_load_factor.value.value」：0.001以上1以下"),
        (WATER.replace("water_load", "water_loads"), "という率はありません"),
        ("rules:\n\t- a", "2行目：YAMLとして読めません"),
        ("# 何もない\nrules:\n", "率が1件もありません"),
        (WATER.replace("2023", "99999"), "water_load_factor.value.flat.year"),
    ):
        refused = register(office, wrong)
        assert refused.status_code == 422, wrong
        assert words in shown(refused).replace("&quot;", '"'), shown(refused)
        assert refused.context["form"]["content"].value() == wrong
    file = SimpleUploadedFile("mizu.yaml", WATER.replace("0.8", "8").encode())
    refused = office.post(at("demand-rates-upload"), {"rates": file, "version": 0})
    assert refused.status_code == 422
    assert "mizu.yaml「water_load_factor.value.value」" in shown(refused)
    assert "value: 8}" in refused.context["form"]["content"].value()
    sjis = SimpleUploadedFile("a.yaml", "率".encode("cp932"))
    refused = office.post(at("demand-rates-upload"), {"rates": sjis, "version": 0})
    assert (refused.status_code, "UTF-8" in shown(refused)) == (422, True)
    assert stored() is None


_BOMB = "a: &a {k: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join(['*' + last] * 20)}]}}\n"
    for last, name in zip("abcdefghi", "bcdefghij", strict=True)
)
_FLAT = "rules: [{{id: {}, source: a, value: {{kind: flat, year: 2023, value: {}}}}}]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "[" * 1500,
        "{" * 1500,
        "? [a]\n: b",
        "rules: {}",
        "rules: [1, null]",
        "rules: &a [*a]",
        _BOMB,
        _FLAT.format("waste_per_day", "9" * 5000),
        _FLAT.format("waste_per_day", "9" * 400),
        _FLAT.format("waste_per_day", ".inf"),
        _FLAT.format("waste_per_day", ".nan"),
        _FLAT.format("staff_elasticity", "1e12"),
        _FLAT.format("water_load_factor", "1e-310"),
        "rules: [{id: [a], source: b, value: 1}]",
    ],
    ids=lambda text: text[:24],
)
def test_no_text_breaks_the_reader(text) -> None:
    with pytest.raises(WrongInput):
        read(text, "f", totals_given(ON))


@pytest.mark.slow
def test_nothing_hostile_breaks_the_page(office) -> None:
    for text, status in (("\0", 400), ("%ED%A0%80", 422), ("x" * 600_000, 422), (_BOMB, 422)):
        assert register(office, text).status_code == status
    for version in ("9" * 400, "²"):
        assert register(office, WATER, version=version).status_code in (302, 409, 422)
    for content in (b"", b"\xff\xfe", b"use,built,area\nschool,9999-12-31,1\n"):
        file = SimpleUploadedFile("d.csv", content)
        said = {"ledger": file, "municipality": AOBA, "source": "x", "year": "9" * 30, "version": 0}
        assert office.post(at("demand-rates-buildings"), said).status_code == 422


@pytest.mark.slow
def test_a_file_replaces_and_a_ledger_adds_buildings_beside_the_rest(office) -> None:
    file = SimpleUploadedFile("mizu.yaml", WATER.encode())
    assert office.post(at("demand-rates-upload"), {"rates": file, "version": 0}).status_code == 302
    assert stored().file_name == "mizu.yaml"
    said = {"source": "公共施設の台帳（令和5年度末）", "year": 2023, "version": 1, "municipality": ""}
    done = office.post(
        at("demand-rates-buildings"), {**said, "ledger": SimpleUploadedFile("d.csv", LEDGER.encode("cp932"))}
    )
    assert done.status_code == 302, shown(done)
    rules = {rule.id: rule for rule in read(stored().content, "f", totals_given(ON)).rules}
    assert rules.keys() == {"water_load_factor", "public_buildings"}
    rows = {row.id: row for row in office.get(at("demand-rates")).context["today"].rows}
    assert rows["renewal_cost"].basis == "指定された値"
    assert rows["renewal_cost"].missing, "one town has no ledger"
    one = b"use,built,area\nother,2001,100\n"
    again = {**said, "version": 2, "municipality": AOBA, "ledger": SimpleUploadedFile("e.csv", one)}
    assert office.post(at("demand-rates-buildings"), again).status_code == 302
    given = read(stored().content, "f", totals_given(ON))
    assert [row.use for row in given.buildings(AOBA[:5])[0].rows] == ["other"]
    assert [row.use for row in given.buildings(KAWAKITA[:5])[0].rows] == ["housing"]
    late = {**again, "ledger": SimpleUploadedFile("e.csv", one)}
    assert office.post(at("demand-rates-buildings"), late).status_code == 409


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("use,built\nschool,1990\n", 1, "area"),
        ("use,built,area\npalace,1990,1\n", 2, "「palace」はありません"),
        ("use,built,area\nschool,1990,1\nschool,S50,1\n", 3, "西暦"),
        ("use,built,area\nschool,1990,nan\n", 2, "nan"),
        ("use,built,area,municipality_code\nschool,1990,1,999999\n", 2, "999999"),
    ],
)
def test_a_wrong_ledger_is_named_by_its_row(text, row, words) -> None:
    with pytest.raises(WrongInput, match=words) as refused:
        buildings_in(text.encode(), "d.csv", ON, AOBA)
    assert refused.value.row == row


@pytest.mark.slow
def test_two_who_write_are_shown_both(office, partner, client_as) -> None:
    register(office, WATER)
    other = client_as(partner)
    assert register(other, WATER.replace("0.8", "0.7"), version=1).status_code == 302
    late = register(office, WATER.replace("0.8", "0.6"), version=1)
    assert late.status_code == 409
    text = shown(late)
    assert "value: 0.6" in text
    assert "value: 0.7" in text
    kept = register(office, WATER.replace("0.8", "0.6"), version=2, **{"choice-content": "theirs"})
    assert kept.status_code == 302
    assert "0.7" in stored().content
    office.post(at("remove-demand-rates"), {"version": 1})
    assert stored() is not None
    office.post(at("remove-demand-rates"), {"version": stored().version})
    assert stored() is None
    assert register(office, WATER, version=2).status_code == 422
    assert office.get(at("demand-rates-file")).status_code == 404


@pytest.mark.slow
def test_a_forecast_takes_them_and_grows_old_when_they_change(country, secretariat) -> None:
    region = country.region
    with scope(region=region):
        wanted = Wanted(tuple(members_of(region)), "census2020", "net", 2030, draws=0)
        forecast = actions.save_forecast(secretariat, region, actions.ForecastDraft("今のまま", wanted))
        first = actions.make_result(secretariat, forecast, lambda *_: None)
        assert "water_maximum" not in Result.from_json(first.content).demands
        actions.save_demand_rates(secretariat, region, WATER, name="mizu.yaml")
        assert queries.stale(forecast, first) == "登録した率が変わりました"
        assert [row.stale for row in queries.forecasts(region)] == ["登録した率が変わりました"]
        second = actions.make_result(secretariat, forecast, lambda *_: None)
        needs = Result.from_json(second.content).demands
        assert needs["water_maximum"].values[0] == pytest.approx(needs["water_average"].values[0] / 0.8)
        assert any("mizu.yaml" in note for note in needs.notes)
        assert [each["title"] for each in second.inputs if each["edition"] == EDITION] == ["mizu.yaml"]
        assert queries.stale(forecast, second) == ""
        assert actions.make_result(secretariat, forecast, lambda *_: None) is None
        actions.remove_demand_rates(secretariat, region, 1)
        assert queries.stale(forecast, second) == "登録した率が変わりました"


@pytest.mark.slow
def test_who_may_register_and_who_sees(
    country, office, secretariat, partner, viewer, neighbour, client_as
) -> None:
    region = country.region
    with scope(region=region):
        made = actions.save_demand_rates(partner, region, WATER)
        assert actions.save_demand_rates(secretariat, region, WATER, version=1).version == 1
        with pytest.raises(Stale):
            actions.save_demand_rates(secretariat, region, WATER, version=7)
        for stranger in (viewer, neighbour):
            with pytest.raises(Denied):
                actions.save_demand_rates(stranger, region, WATER)
            with pytest.raises(Denied):
                actions.remove_demand_rates(stranger, region, made.version)
        assert rates_of(region).author_name
    looking = client_as(viewer)
    page = looking.get(at("demand-rates"))
    assert "water_load_factor" in shown(page)
    assert "<textarea" not in page.content.decode()
    assert register(looking, WATER).status_code == 403
    other = client_as(neighbour)
    for name in ("demand-rates", "demand-rates-file", "demand-rates-template"):
        assert other.get(at(name)).status_code == 404
    for name in ("demand-rates", "demand-rates-upload", "demand-rates-buildings", "remove-demand-rates"):
        assert other.post(at(name)).status_code == 404


def test_the_template_names_all_there_is_and_can_be_used_line_by_line(office) -> None:
    text = office.get(at("demand-rates-template")).content.decode()
    assert text == template(today(), AOBA)
    assert read(text, "f", totals_given(ON)).rules == ()
    asked = {name for name in book.known_rates() if not (_rule(name)).is_known}
    parts = re.split(r"\n\n", text)[1:]
    found = set()
    for part in parts:
        lines = part.strip("\n").split("\n")[1:]
        name = lines[0].split("id: ")[1]
        found.add(name)
        rule = "rules:\n" + "\n".join(line.replace("#", " ", 1) for line in lines)
        if name in asked or name not in (*book.known_rates(), "public_buildings"):
            with pytest.raises(WrongInput):
                read(rule, "f", totals_given(ON))
            continue
        assert [each.id for each in read(rule, "f", totals_given(ON)).rules] == [name], rule
    assert found == keys(ON).keys()
    assert FIGURES.keys() == {name for name in book.known_rates() if not book.asked_in(name)}
    assert {name for rule in book.demands(ON).values() for name in keys_of(rule)} == keys(ON).keys()


def _rule(name: str) -> Any:
    return book.rate(name, ON) if book.asked_in(name) else book.factor(name, ON)

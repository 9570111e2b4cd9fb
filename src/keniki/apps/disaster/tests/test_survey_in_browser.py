"""The telephone judges a house as the analysis does: thousands of made-up surveys of every kind and edition."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from keniki.analysis.damage import Assessment, assess, carried_rules, read_house
from keniki.apps.disaster.actions.housing.surveys import ON_SITE, ROUNDS
from keniki.apps.disaster.forms.housing.surveys import SurveyForm, asked_of
from keniki.apps.disaster.models import House
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES
from tests.browser import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STATIC = Path(__file__).parents[1] / "static" / "disaster" / "field"
MODULES = ("dom", "fractions", "survey_class", "survey_form", "survey_record")
POLICY = "default-src 'none'; script-src 'self'"
PAGE = (
    '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>'
)
SCRIPT = """
import { written } from "/fractions.js";
import { judge } from "/survey_class.js";
import { openForm } from "/survey_form.js";
import { recordOf, wrongIn } from "/survey_record.js";
window.asked = async (house, form) => {
  const place = document.createElement("div");
  document.body.append(place);
  const about = { forms: { it: form }, rounds: { first: "" }, most_photos: 1 };
  const survey = { house: { ...house, forms: { first: "it" } }, typed: {}, photos: [], round: "first" };
  openForm(place, about, survey, { save: async () => {}, leave() {} });
  const names = new Set();
  for (let step = 0; step < 4; step += 1) {
    for (const each of place.querySelectorAll("[name]")) names.add(each.name);
    [...place.querySelectorAll("button")].find((each) => each.textContent === "次へ")?.click();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  place.remove();
  return [...names];
};
window.judged = (cases) => cases.map(({ house, form, typed }) => {
  const wrong = wrongIn(house, form, typed);
  if (wrong) return { wrong: wrong[0] };
  const record = recordOf(house, form, typed);
  const found = judge(house, form, record);
  return { ...found, record, parts: undefined, percent: found.percent ? written(found.percent) : null };
});
"""
#: The corner houses of an area decide at the desk, for many houses.
AT_THE_DESK = ("area_corners",)
#: Surveys made up for each structure, hazard and round.
EACH = 110


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page on this machine with the modules of the form; nothing else is reachable."""
    files = {f"/{name}.js": (STATIC / f"{name}.js").read_bytes() for name in MODULES}
    files |= {"/": PAGE.encode(), "/page.js": SCRIPT.encode()}

    def answer(route: Any) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        if path not in files:
            route.abort()
            return
        kind = "text/javascript" if path.endswith(".js") else "text/html"
        route.fulfill(
            body=files[path], headers={"Content-Type": kind, "Content-Security-Policy": POLICY}, status=200
        )

    with running() as opened:
        made = opened.new_context().new_page()
        made.route("**/*", answer)
        made.goto("http://localhost/")
        made.wait_for_function("window.judged !== undefined")
        yield made


def edges() -> list[date]:
    """The first and the last day of every edition of every rule, and a day of today."""
    days = {rules.first_day(), date(2026, 11, 1)}
    for year in range(2018, 2027):
        for month in (1, 2, 3, 5, 6, 7, 8, 12):
            days |= {date(year, month, 1), date(year, month, 1) - timedelta(days=1)}
    days |= {date(2024, 5, 30), date(2024, 5, 31), date(2018, 7, 12), date(2020, 7, 3)}
    return sorted(day for day in days if rules.first_day() <= day <= date(2026, 11, 1))


def made_up(chance: random.Random, structure: str, hazard: str, form: dict[str, Any]) -> dict[str, Any]:
    """What somebody might type into the form: mostly whole, sometimes at the edge, sometimes wrong."""

    def some(share: float) -> bool:
        return chance.random() < share

    typed: dict[str, Any] = {"surveyed_on": "2026-11-01", "assessors": "架空"}
    if some(0.05):
        typed["collapsed"] = chance.choice(["house", "storey"])
    if hazard == "flood":
        typed["external_force"] = chance.choice(["yes", "no"])
        if some(0.03):
            typed["washed_away"] = True
        if some(0.1):
            typed["below_floor"] = True
        if some(0.6):
            edge = ["0", "0.099", "0.1", "0.49", "0.5", "0.999", "1", "1.0", "1.799", "1.8", "2.4", "１．８"]
            typed["depths"] = "　".join(chance.sample(edge, chance.randint(1, 3)))
    if some(0.35):
        exact = {"1/20": "60", "1/30": "40", "1/60": "20", "1/100": "12"}
        value = chance.choice([*exact.values(), "11.9", "19.9", "59.9", "0", "33.3", "100"])
        for corner in range(4):
            typed[f"tilt_{corner}"] = value if some(0.9) else chance.choice(["0", "80", "12.5"])
        if some(0.3):
            typed["plumb_mm"] = chance.choice(["1000", "600", "1200"])
    if structure == "non_wood" and hazard == "earthquake" and some(0.4):
        typed["settlement_m"] = chance.choice(["0.29", "0.3", "0.31", "1"])
    if hazard == "liquefaction" and some(0.6):
        typed["sunk_to"] = chance.choice(["none", "foundation_top_25cm", "floor", "floor_plus_1m"])
    if some(0.1):
        typed["lost_floor"] = chance.choice(
            ["0", "9.9", "10", "19.99", "20", "30", "50", "69.9", "70", "100"]
        )
    if some(0.3):
        typed["rounding"] = chance.choice(["none", "half_up_per_cell", "truncate"])
    if some(0.2):
        typed["area_as"] = "bands"
    if form["revised"] and some(0.6):
        typed["revision_2025_half"] = chance.choice(["yes", "no"])
    if some(0.7):
        typed["parts_seen"] = True
        for part in form["parts"]:
            _part(chance, part, form, typed)
    return typed


def _part(chance: random.Random, part: dict[str, Any], form: dict[str, Any], typed: dict[str, Any]) -> None:
    key = part["key"]
    if not form["weights_known"] and chance.random() < 0.95:
        typed[f"weight_{key}"] = {"pillars": "50", "equipment": "15", "fittings": "5"}.get(key, "10")
    if chance.random() < 0.3:
        return
    if part["by_length"]:
        typed[f"p_{key}_perimeter_m"] = chance.choice(["30", "28.4", "12", "4"])
        for name, values in {
            "length_m": ["3", "2.75", "9"],
            "cracks": ["1", "5", "25"],
            "spalls": ["2", "0"],
        }.items():
            if chance.random() < 0.5:
                typed[f"p_{key}_{name}"] = chance.choice(values)
        return
    if part["by_loss"] and chance.random() < 0.4:
        typed[f"p_{key}_loss_percent"] = chance.choice(["1", "4.5", "10", "15", "3"])
        return
    left = 100.0
    for degree in chance.sample(list(form["degrees"]), chance.randint(1, 4)):
        share = chance.choice([10, 20, 33.3, 50, 75, 100, 0.1, 12.345])
        if share <= left:
            typed[f"p_{key}_{degree}"] = f"{share:g}"
            left -= share


@pytest.mark.parametrize("hazard", HAZARDS)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_phone_asks_what_the_page_asks(page: Any, structure: str, hazard: str) -> None:
    day = date(2025, 8, 1)
    for round in ON_SITE:
        survey = ROUNDS[round]
        house = House(structure=structure, hazard=hazard, storeys=2, struck_on=day)
        form = SurveyForm(house=house, asked=asked_of(house, round))
        rules_carried = carried_rules(structure, hazard, survey, day)  # type: ignore[arg-type]
        told = {"structure": structure, "hazard": hazard, "storeys": 2, "detached": True}
        names = page.evaluate("([house, form]) => window.asked(house, form)", [told, rules_carried])
        assert set(names) == set(form.fields) - {"uid", *AT_THE_DESK}, round


def judged(raw: dict[str, Any]) -> tuple[Assessment | None, str]:
    """What the analysis says, or why it says nothing."""
    try:
        return assess(read_house(raw)), ""
    except WrongInput as refused:
        return None, str(refused)


def test_the_phone_judges_what_the_analysis_judges(page: Any) -> None:
    chance = random.Random(20261123)
    days = edges()
    cases = []
    for structure in STRUCTURES:
        for hazard in HAZARDS:
            for survey in ("first", "second"):
                for _ in range(EACH):
                    day = chance.choice(days)
                    form = carried_rules(structure, hazard, survey, day)  # type: ignore[arg-type]
                    house = {
                        "structure": structure, "hazard": hazard, "storeys": chance.choice([1, 2, 3]),
                        "detached": chance.random() < 0.9,
                    }  # fmt: skip
                    typed = made_up(chance, structure, hazard, form)
                    cases.append((day, survey, {"house": house, "form": form, "typed": typed}))
    assert len(cases) >= 2_500
    found = page.evaluate("cases => window.judged(cases)", [case for _, _, case in cases])
    seen: Counter[str] = Counter()
    for (day, survey, case), said in zip(cases, found, strict=True):
        where = json.dumps([day.isoformat(), survey, case["house"], case["typed"]], ensure_ascii=False)
        if "wrong" in said:
            seen["wrong"] += 1
            continue
        raw = said["record"] | {"date": day.isoformat(), "survey": survey}
        result, refused = judged(raw)
        if result is None:
            assert said.get("missing"), f"{refused}: {where}"
            seen["missing"] += 1
            continue
        percent = None if result.percent is None else str(result.percent)
        assert (said.get("class"), said.get("method"), said["percent"]) == (
            result.verdict.key, result.method, percent,
        ), where  # fmt: skip
        assert said["name"] == result.verdict.name
        assert said["lines"], where
        seen[result.method] += 1
        seen[result.verdict.key] += 1
    assert seen["wrong"] < len(cases) / 4
    for way in (
        "collapsed", "washed_away", "tilt", "depth", "ground_tilt", "sinking", "rate", "tilt_part", "parts",
        "lost_floor", "revision", "missing", "wrong", "total", "major_half", "middle_half", "half", "quasi_half",
        "partial",
    ):  # fmt: skip
        assert seen[way] >= 5, (way, seen)

"""The reckoning of a plan, and what is kept of it: plain data that pages, papers and files read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final

from keniki.analysis.evacuation import PerPeople, Plan, Receiving, Reserve, Scenario, plan
from keniki.analysis.needs import facilities_for, heaters, people, staff_for
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards

from ..formats.scenario import ScenarioFile, plain
from .gathering import INSIDE, Gathered, Leaving, Site

FORMAT: Final = "keniki.plan/1"
#: Told between the steps: what is done now, how many steps are done, how many there are.
Told = Callable[[str, int, int], None]
TENTS: Final = "テント（避難所に入れない人の分）"
STEPS: Final = ("地区と避難所を集めています", "割当を計算しています", "結果をまとめています")


def reckon(gathered: Gathered, told: Told = lambda *_: None) -> dict[str, Any]:
    """The plan of what was gathered, as plain data. WrongInput where the scenario's rules contradict the places."""
    told(STEPS[1], 1, len(STEPS))
    try:
        found = plan(gathered.cells(), gathered.shelters(), rules_of(gathered))
    except WrongInput as wrong:
        # What the analysis calls reserves stands under `towns` in a scenario.
        raise WrongInput(wrong.message, column="towns") if wrong.column == "reserves" else wrong from None
    told(STEPS[2], 2, len(STEPS))
    return content_of(gathered, found)


def rules_of(gathered: Gathered) -> Scenario:
    """The scenario as the analysis takes it. A town without a district and a shelter in the plan is left out."""
    spec = gathered.spec
    present = {each.district.municipality.code for each in gathered.leaving if each.counted}
    receiving = {each.shelter.municipality.code for each in gathered.placed}
    reserves = {}
    for at, each in enumerate(spec.towns):
        if each.own or each.others:
            if each.town not in receiving:
                raise WrongInput(
                    f"{gathered.towns[each.town]}には使える避難所がなく、受入枠を置けません。",
                    column=f"towns.{at}.own",
                )
            reserves[each.town] = Reserve(each.own, each.others)
    limited = {each.town: each.receives_from for each in spec.towns if each.receives_from is not None}
    agreements = None
    if limited:
        agreements = frozenset(
            (sender, town)
            for town in receiving
            for sender in present
            if sender != town and (town not in limited or sender in (limited[town] or ()))
        )
    equipment = spec.equipment
    return Scenario(
        far_km=spec.far_km,
        border_km=spec.border_km,
        detour=spec.detour,
        nearest=spec.nearest,
        reserves=reserves,
        agreements=agreements,
        keep_whole=spec.keep_whole,
        longer_for_whole_km=spec.longer_for_whole_km,
        longer_for_fairness=spec.longer_for_fairness,
        per=PerPeople(equipment.tent_people, equipment.bed_people, equipment.staff_people),
    )


def content_of(gathered: Gathered, found: Plan) -> dict[str, Any]:
    """What is kept of a plan."""
    spec = gathered.spec
    parts = _parts(gathered, found)
    there: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    homes = {each.district.slug: each.district.municipality.code for each in gathered.leaving}
    for slug, rows in parts.items():
        for row in rows:
            at = there[row["shelter"]]
            at[row["town"] != homes[slug]] += row["people"]
    shelters = [_shelter(each, there.get(each.shelter.slug, [0, 0])) for each in gathered.sites]
    unplaced = {each.district: each.unplaced for each in found.districts}
    reasons = {each.town: each.reason for each in found.short}
    districts = [
        _district(each, parts.get(each.district.slug, []), unplaced, reasons) for each in gathered.leaving
    ]
    return {
        "format": FORMAT,
        "scenario": plain(spec),
        "basis": _basis(gathered),
        "people": found.people,
        "placed": found.people - found.unplaced,
        "unplaced": found.unplaced,
        "aims": [
            {
                "key": each.key,
                "unit": "fraction"
                if each.unit == "割合"
                else {"人": "people", "人km": "person_km"}[each.unit],
                "bound": each.bound,
                "flow": each.flow,
                "plan": each.plan,
                "gap": each.gap,
            }
            for each in found.aims
        ],
        "person_km": float((found.assignment.people * found.assignment.km).sum()),
        "districts": districts,
        "shelters": shelters,
        "receiving": [_receiving(gathered, each, shelters) for each in found.receiving],
        "short": [
            {
                "town": each.town,
                "name": gathered.towns.get(each.town, each.town),
                "people": each.people,
                "unplaced": each.unplaced,
                "accessible": each.accessible,
                "vulnerable": each.vulnerable,
                "cause": each.cause,
                "reason": each.reason,
            }
            for each in found.short
        ],
        "equipment": _equipment(gathered, found, shelters),
        "nearest": {
            "over": found.nearest.over,
            "shelters": found.nearest.shelters,
            "far": found.nearest.far,
            "person_km": found.nearest.person_km,
        },
        "left_out": [
            {
                "district": each.district.slug,
                "name": each.district.name,
                "town": each.district.municipality.name,
                "people": each.people,
                "reason": each.reason,
            }
            for each in gathered.left_out
        ],
        "pairs": found.pairs,
        "all_pairs": found.all_pairs,
    }


def _basis(gathered: Gathered) -> dict[str, Any]:
    rule = gathered.basis.rule
    inside, outside = gathered.rates
    layer = gathered.layer
    return {
        "words": gathered.basis.words,
        "standard": rule.value.name,
        "standard_m2": float(rule.value.m2),
        "standard_source": rule.source,
        "standard_confirmed": rule.confirmed,
        "rate_inside": inside,
        "rate_outside": outside,
        "rate_source": gathered.rates_source,
        "rate_confirmed": gathered.rates_confirmed,
        "layer": layer.title if layer is not None else "",
        "layer_source": layer.source_text if layer is not None else "",
        "unit": "fraction",
    }


def _parts(gathered: Gathered, found: Plan) -> dict[str, list[dict[str, Any]]]:
    """Where the people of each district go: a row for each shelter, the largest first."""
    cells, sites = gathered.cells(), gathered.placed
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    of = found.assignment
    for cell, site, number, vulnerable, accessible, km in zip(
        of.cell.tolist(), of.shelter.tolist(), of.people.tolist(), of.vulnerable.tolist(),
        of.accessible.tolist(), of.km, strict=True,
    ):  # fmt: skip
        shelter = sites[site].shelter
        slug, kind = cells.ids[cell].rsplit(":", 1)
        row = rows.setdefault(
            (slug, site),
            {
                "shelter": shelter.slug,
                "name": shelter.name,
                "town": shelter.municipality.code,
                "town_name": shelter.municipality.name,
                "people": 0,
                "inside": 0,
                "vulnerable": 0,
                "accessible": 0,
                "km": round(km, 2),
            },
        )
        row["people"] += number
        row["inside"] += number if kind == INSIDE else 0
        row["vulnerable"] += vulnerable
        row["accessible"] += accessible
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (slug, _), row in rows.items():
        parts[slug].append(row)
    return {
        slug: sorted(each, key=lambda row: (-row["people"], row["shelter"])) for slug, each in parts.items()
    }


def _district(
    each: Leaving,
    parts: list[dict[str, Any]],
    unplaced: Mapping[str, int],
    reasons: Mapping[str, str],
) -> dict[str, Any]:
    district = each.district
    missing = unplaced.get(district.slug, 0)
    placed = sum(row["people"] for row in parts)
    return {
        "district": district.slug,
        "name": district.name,
        "town": district.municipality.code,
        "town_name": district.municipality.name,
        "longitude": each.at[0],
        "latitude": each.at[1],
        "residents": district.residents,
        "counted": each.counted,
        "inside_share": round(each.share, 6),
        "inside": each.inside,
        "depth": each.depth,
        "target": district.target,
        "people": placed + missing,
        "vulnerable": min(district.vulnerable, each.counted),
        "placed": placed,
        "unplaced": missing,
        "reason": reasons.get(district.municipality.code, "") if missing else "",
        "whole": len(parts) <= 1,
        "note": each.note,
        "parts": parts,
    }


def _shelter(each: Site, there: list[int]) -> dict[str, Any]:
    shelter = each.shelter
    longitude, latitude = each.at or (None, None)
    return {
        "shelter": shelter.slug,
        "name": shelter.name,
        "town": shelter.municipality.code,
        "town_name": shelter.municipality.name,
        "address": shelter.address,
        "contact": shelter.contact,
        "longitude": longitude,
        "latitude": latitude,
        "capacity": each.capacity,
        "accessible": each.accessible,
        "usable": not each.unusable,
        "reason": each.unusable,
        "arithmetic": each.arithmetic,
        "cold": each.cold,
        "heated_area": float(each.heated_area),
        "own": there[0],
        "others": there[1],
        "people": sum(there),
        "free": (0 if each.unusable else each.capacity) - sum(there),
    }


def _receiving(gathered: Gathered, each: Receiving, shelters: list[dict[str, Any]]) -> dict[str, Any]:
    spec = gathered.spec
    here = [row for row in shelters if row["town"] == each.town and row["people"]]
    number = sum(row["people"] for row in here)
    return {
        "town": each.town,
        "name": gathered.towns.get(each.town, each.town),
        "shelters": each.shelters,
        "used": len(here),
        "capacity": each.capacity,
        "own": each.own,
        "others": each.others,
        "free": each.free,
        "share": each.share,
        "kept_own": each.kept_own,
        "kept_others": each.kept_others,
        "beds": _beds(spec, number),
        "staff": _staff(spec, [row["people"] for row in here])[0],
        "unit": "fraction",
    }


def _beds(spec: ScenarioFile, number: int) -> int | None:
    return None if spec.equipment.bed_people is None else ceil(number / spec.equipment.bed_people)


def _staff(spec: ScenarioFile, numbers: list[int]) -> tuple[int, str, str]:
    """Staff of a shift at shelters with so many people each, the arithmetic, the source."""
    if spec.equipment.staff_people is not None:
        each = spec.equipment.staff_people
        number = sum(ceil(one / each) for one in numbers)
        return number, f"避難所ごとに {each:g}人に1人（切上げ） = {number:,}人", "この想定の値"
    rule = standards.staff(spec.date)
    if not numbers:
        return 0, "避難する人がいない", rule.source
    number, words = staff_for(people(sum(numbers)), rule.value, places=len(numbers))
    return number, words, rule.source


def _equipment(gathered: Gathered, found: Plan, shelters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tents, beds, staff, toilets and heaters: how many, the arithmetic, the source; None where nobody said."""
    spec = gathered.spec
    used = [row["people"] for row in shelters if row["people"]]
    placed, missing = sum(used), found.unplaced
    per = spec.equipment
    own = "この想定の値"
    rows: list[dict[str, Any]] = []

    def row(key: str, name: str, unit: str, quantity: int | None, arithmetic: str, source: str) -> None:
        rows.append(
            {
                "key": key,
                "name": name,
                "quantity": quantity,
                "unit": unit,
                "arithmetic": arithmetic,
                "source": source,
            }
        )

    tents, beds = found.equipment.tents, found.equipment.beds
    if tents is None:
        row("tents", TENTS, "張", None, "1張当たりの人数が未入力", "")
    else:
        text = f"{missing:,}人 ÷ {per.tent_people:g}人（切上げ） = {tents:,}張"
        row("tents", TENTS, "張", tents, text, own)
    if beds is None:
        row("beds", "簡易ベッド", "台", None, "1台当たりの人数が未入力", "")
    else:
        text = f"{placed:,}人 ÷ {per.bed_people:g}人（切上げ） = {beds:,}台"
        row("beds", "簡易ベッド", "台", beds, text, own)
    number, words, source = _staff(spec, used)
    row("staff", "避難所の職員（1交代）", "人", number, words, source)
    if placed:
        for each in facilities_for(people(placed), 1, spec.date, places=max(1, len(used))):
            if each.key == "toilets":
                row("toilets", each.name, each.unit, int(each.quantity), each.arithmetic, each.source)
    if spec.bring_heating:
        busy = {one["shelter"] for one in shelters if one["people"]}
        areas = [one.heated_area for one in gathered.sites if one.heated_area and one.shelter.slug in busy]
        rule = standards.heating(spec.date)
        counts = [heaters(area, rule.value) for area in areas]
        total = sum(count for count, _ in counts)
        text = (
            f"暖房のない{len(areas)}か所の床 {float(sum(areas)):,.0f}㎡（避難所ごとに切上げ） = {total:,}台"
        )
        row("heaters", "持ち込む暖房機", "台", total, text, rule.source)
    return rows

"""What a plan is reckoned from: districts with those who leave, shelters with their places and why some have none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Final

from keniki.analysis.evacuation import Cells, Shelters, cells_of, evacuating, shelters_of
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.press.maps.outlines import innermost, largest
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.loader import Rule

from ..capacities import NOTHING, Basis, Held
from ..formats.base import HAZARDS
from ..formats.scenario import ScenarioFile
from ..models import District, HazardLayer, HazardPolygon, Shelter, ShelterSpace
from ..queries import hazards
from ..queries.districts import districts_of
from ..queries.shelters import held_by, registered

#: What a plan's inputs are called on pages, by the key of their digest.
PARTS: Final = {
    "scenario": "想定",
    "districts": "地区",
    "shelters": "避難所",
    "layer": "ハザード情報",
    "rules": "基準",
}
INSIDE, OUTSIDE = "in", "out"


@dataclass(frozen=True)
class Leaving:
    """A district and those of it who leave: `counted` of its people are reckoned with, `inside` of them within the
    area; `note` says what was assumed about them."""

    district: District
    at: tuple[float, float]
    counted: int
    share: float
    inside: int
    depth: float | None
    note: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A district no plan can be made for, and why."""

    district: District
    people: int
    reason: str


@dataclass(frozen=True)
class Site:
    """A shelter: how many it holds, of them at accessible places; `unusable` says why it takes nobody.

    `cold` more would be held with heating; `heated_area` is the floor (m²) that has to be heated for those counted.
    """

    shelter: Shelter
    capacity: int
    accessible: int
    unusable: str
    arithmetic: str
    cold: int = 0
    heated_area: Fraction = Fraction(0)

    @property
    def at(self) -> tuple[float, float] | None:
        """Longitude and latitude."""
        one = self.shelter
        if one.longitude is None or one.latitude is None:
            return None
        return float(one.longitude), float(one.latitude)


@dataclass(frozen=True)
class Gathered:
    """Everything a plan is reckoned from. `towns` are names by code in the region's order."""

    spec: ScenarioFile
    basis: Basis
    towns: Mapping[str, str]
    leaving: tuple[Leaving, ...]
    left_out: tuple[LeftOut, ...]
    sites: tuple[Site, ...]
    rates: tuple[float, float]
    rates_source: str
    rates_confirmed: bool
    layer: HazardLayer | None
    inputs: Mapping[str, Any]

    @property
    def placed(self) -> list[Site]:
        """The shelters that have a position."""
        return [each for each in self.sites if each.at is not None]

    def cells(self) -> Cells:
        """Those who leave, a cell for the people of a district inside the area and one for those outside."""
        rows = [
            (each, kind, number, vulnerable)
            for each in self.leaving
            for kind, number, vulnerable in _halves(each)
            if number
        ]
        share = Fraction(str(self.spec.accessible_share))
        found = cells_of(
            [f"{each.district.slug}:{kind}" for each, kind, _, _ in rows],
            [each.district.municipality.code for each, _, _, _ in rows],
            [each.at[1] for each, _, _, _ in rows],
            [each.at[0] for each, _, _, _ in rows],
            [number for _, _, number, _ in rows],
            districts=[each.district.slug for each, _, _, _ in rows],
            vulnerable=[vulnerable for _, _, _, vulnerable in rows],
            accessible=[ceil(vulnerable * share) for _, _, _, vulnerable in rows],
        )
        inside, outside = self.rates
        return evacuating(found, {INSIDE: inside, OUTSIDE: outside}, [kind for _, kind, _, _ in rows])

    def shelters(self) -> Shelters:
        """The shelters with a position, in the order of `placed`."""
        rows = self.placed
        return shelters_of(
            [each.shelter.slug for each in rows],
            [each.shelter.municipality.code for each in rows],
            [each.at[1] if each.at else 0.0 for each in rows],
            [each.at[0] if each.at else 0.0 for each in rows],
            [each.capacity for each in rows],
            accessible=[each.accessible for each in rows],
            unusable=[each.unusable for each in rows],
        )


def gather(region: Region, spec: ScenarioFile) -> Gathered:
    """What a plan of this scenario is reckoned from, as it is registered now.

    WrongInput for what the scenario names and the region lacks, and where nobody would leave. A district without a
    position is left out and said so.
    """
    layer = _layer(region, spec)
    towns = {row.municipality.code: row.municipality.name for row in members_on(region)}
    districts = districts_of(region)
    shelters = [(each, spaces) for each, spaces in registered(region) if _in_use(each, spec)]
    check_names(spec, [each.slug for each in districts], [each.slug for each, _ in shelters], towns)
    if not districts:
        raise WrongInput(
            "地区が登録されていません。先に「地区」で、まとまって避難する地区を登録してください。"
        )
    polygons = hazards.polygons_of(layer) if layer is not None else []
    leaving, left_out = _leaving(spec, districts, polygons)
    basis = Basis(spec.standard, spec.season, spec.at, spec.date)
    sites = _sites(spec, basis, shelters, layer, polygons)
    if not leaving and not left_out:
        raise WrongInput(
            "この想定の区域にかかる地区がありません。ハザード情報の場所と、地区の位置を確かめてください。",
            column="layer" if layer is not None else "districts",
        )
    inside, outside, source, confirmed = rates_of(spec)
    return Gathered(
        spec,
        basis,
        towns,
        tuple(leaving),
        tuple(left_out),
        tuple(sites),
        (inside, outside),
        source,
        confirmed,
        layer,
        inputs_of(region, spec),
    )


def check_names(
    spec: ScenarioFile, districts: Sequence[str], shelters: Sequence[str], towns: Mapping[str, str]
) -> None:
    """WrongInput for the first district, shelter or town of the scenario that the region has not."""
    for at, each in enumerate(spec.districts):
        if each.district not in set(districts):
            raise WrongInput(
                f"地区「{each.district}」は登録されていません。地区の識別名を確かめてください。",
                column=f"districts.{at}.district",
            )
    known = set(shelters)
    for at, one in enumerate(spec.shelters):
        if one.shelter not in known:
            raise WrongInput(
                f"避難所「{one.shelter}」は登録されていません（指定を取り消した避難所も使えません）。"
                "識別名を確かめてください。",
                column=f"shelters.{at}.shelter",
            )
    for at, town in enumerate(spec.towns):
        for code in (town.town, *(town.receives_from or ())):
            if code not in towns:
                raise WrongInput(
                    f"「{code}」は、圏域の市町村の団体コード（6桁）ではありません。",
                    column=f"towns.{at}.town",
                )


def rates_of(spec: ScenarioFile) -> tuple[float, float, str, bool]:
    """The parts who leave inside and outside, where they are from, and whether a text confirms them."""
    if spec.rates is not None:
        return spec.rates.inside, spec.rates.outside, f"地域の値（根拠：{spec.rates.basis}）", True
    rule = standards.flood_rates(spec.date)
    return float(rule.value.inside), float(rule.value.outside), rule.source, rule.confirmed


def inputs_of(region: Region, spec: ScenarioFile) -> dict[str, Any]:
    """A digest of each of the plan's inputs as they are registered now, by `PARTS`, and which records they are."""
    districts = list(District.objects.filter(region=region).order_by("pk").values_list("slug", "version"))
    shelters = list(
        Shelter.objects.filter(region=region).order_by("pk").values_list("slug", "version", "ended_on")
    )
    spaces = list(ShelterSpace.objects.filter(region=region).order_by("pk").values_list("pk", "version"))
    layers = list(
        HazardLayer.objects.filter(region=region, slug=spec.layer or "").values_list(
            "slug", "version", "digest"
        )
    )
    rules: list[Rule[Any]] = [standards.space_standard(spec.standard, spec.date), standards.winter(spec.date)]
    rules += [standards.staff(spec.date), standards.toilets(spec.date), standards.heating(spec.date)]
    if spec.rates is None:
        rules.append(standards.flood_rates(spec.date))
    parts = {
        "scenario": spec.model_dump(mode="json"),
        "districts": districts,
        "shelters": [shelters, spaces],
        "layer": layers,
        "rules": [(each.id, str(each.valid_from), str(each.value)) for each in rules],
    }
    return {
        "digests": {key: _digest(part) for key, part in parts.items()},
        "districts": len(districts),
        "shelters": len(shelters),
        "spaces": len(spaces),
    }


def digest_of(inputs: Mapping[str, Any]) -> str:
    """One digest of all inputs."""
    return _digest(inputs["digests"])


def changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is no longer as it was, in words."""
    before, after = then.get("digests", {}), now["digests"]
    return [words for key, words in PARTS.items() if before.get(key) != after[key]]


def _digest(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()


def _layer(region: Region, spec: ScenarioFile) -> HazardLayer | None:
    if spec.layer is None:
        return None
    found = HazardLayer.objects.filter(region=region, slug=spec.layer).first()
    if found is None:
        raise WrongInput(
            f"ハザード情報「{spec.layer}」は登録されていません。「ハザード情報」で登録してください。",
            column="layer",
        )
    if found.hazard != spec.hazard:
        raise WrongInput(
            f"ハザード情報「{found}」は「{found.get_hazard_display()}」の情報です。想定の災害種別"
            f"「{HAZARDS[spec.hazard]}」と合いません。",
            column="layer",
        )
    found.region = region
    return found


def _in_use(shelter: Shelter, spec: ScenarioFile) -> bool:
    return shelter.ended_on is None or shelter.ended_on > spec.date


def _halves(each: Leaving) -> list[tuple[str, int, int]]:
    """The people of a district inside and outside the area, of them vulnerable (rounded up, no more than there are)."""
    outside = each.counted - each.inside
    vulnerable = min(each.district.vulnerable, each.counted)
    inner = -(-vulnerable * each.inside // each.counted) if each.counted else 0
    inner = min(inner, each.inside)
    return [(INSIDE, each.inside, inner), (OUTSIDE, outside, min(vulnerable - inner, outside))]


def _leaving(
    spec: ScenarioFile, districts: Sequence[District], polygons: Sequence[HazardPolygon]
) -> tuple[list[Leaving], list[LeftOut]]:
    if spec.layer is not None:
        exposed = hazards.exposed(polygons, districts)
        shares = {each.district.slug: each.share for each in exposed}
        depths = {each.district.slug: each.depth for each in exposed}
    else:
        listed = {each.district: each.inside for each in spec.districts}
        shares = {each.slug: listed.get(each.slug, 0.0) for each in districts}
        depths = {}
    touched = {each.municipality_id for each in districts if shares[each.slug]}
    leaving, left_out = [], []
    for each in districts:
        share = shares[each.slug]
        reached = spec.reach == "region" or (spec.reach == "towns" and each.municipality_id in touched)
        if share is not None and not share and not reached:
            continue
        counted, note = _counted(spec, each)
        at = _position(each)
        if at is None:
            left_out.append(LeftOut(each, counted, "位置も形も登録されていないため、計画に入れていません。"))
            continue
        inside = int(counted * (share or 0.0) + 0.5)
        leaving.append(Leaving(each, at, counted, share or 0.0, inside, depths.get(each.slug), note))
    return leaving, left_out


def _counted(spec: ScenarioFile, district: District) -> tuple[int, str]:
    if spec.count == "residents":
        return district.residents, ""
    present = district.night_people if spec.at == "night" else district.day_people
    if present is None:
        word = "夜間人口" if spec.at == "night" else "昼間人口"
        return district.residents, f"{word}が未入力のため、居住者の数で計算"
    return present, ""


def _position(district: District) -> tuple[float, float] | None:
    """Where a district's people are: its point, else a point within its shape."""
    if district.longitude is not None and district.latitude is not None:
        return float(district.longitude), float(district.latitude)
    if not district.geometry:
        return None
    coordinates = district.geometry["coordinates"]
    polygons = [coordinates] if district.geometry["type"] == "Polygon" else coordinates
    x, y = innermost(
        largest([[[(float(p[0]), float(p[1])) for p in ring] for ring in polygon] for polygon in polygons])
    )
    return x, y


def _sites(
    spec: ScenarioFile,
    basis: Basis,
    rows: Sequence[tuple[Shelter, list[ShelterSpace]]],
    layer: HazardLayer | None,
    polygons: Sequence[HazardPolygon],
) -> list[Site]:
    held = held_by(rows, basis)
    warm = held_by(rows, basis.other("mild", basis.at)) if spec.bring_heating else held
    within: dict[int, HazardPolygon] = {}
    if layer is not None:
        found = hazards.affected(layer, polygons, [each for each, _ in rows])
        within = {each.shelter.pk: each.polygon for each in found}
    said = {each.shelter: each for each in spec.shelters}
    sites = []
    for shelter, _ in rows:
        site = _site(spec, shelter, held.get(shelter.pk, NOTHING), warm.get(shelter.pk, NOTHING))
        use = said.get(shelter.slug)
        if use is not None:
            capped = min(site.accessible, use.people)
            text = f"この想定で定めた {use.people:,}人（{use.reason}）"
            site = Site(shelter, use.people, capped, "" if use.people else use.reason, text)
        reason = _unusable(spec, shelter, within.get(shelter.pk)) or site.unusable
        sites.append(
            Site(
                shelter,
                site.capacity,
                site.accessible,
                reason,
                site.arithmetic,
                site.cold,
                site.heated_area,
            )
        )
    return sites


def _site(spec: ScenarioFile, shelter: Shelter, held: Held, warm: Held) -> Site:
    counted = warm if spec.bring_heating else held
    arithmetic = "、".join(
        f"{each.space.name}：{each.arithmetic}" + (f"（{each.reason}）" if each.reason else "")
        for each in counted.spaces
        if each.arithmetic or each.reason
    )
    cold = held.uncounted_halls + held.uncounted_tents
    area = Fraction(0)
    if spec.bring_heating:
        uncounted = {each.space.pk for each in held.spaces if each.uncounted}
        area = sum(
            (Fraction(each.space.floor_area or 0) for each in held.spaces if each.space.pk in uncounted),
            Fraction(0),
        )
    if counted.people is None:
        return Site(shelter, 0, 0, "収容できる人数が分かりません（スペースの面積も人数も未入力）", arithmetic)
    reason = ""
    if not counted.people:
        reason = (
            f"暖房がなく、冬期は使えません（暖房があれば{cold:,}人）"
            if cold
            else "この時間・季節に使えるスペースがありません"
        )
    return Site(shelter, counted.people, counted.accessible, reason, arithmetic, cold, area)


def _unusable(spec: ScenarioFile, shelter: Shelter, within: HazardPolygon | None) -> str:
    if shelter.latitude is None:
        return "位置が登録されていません"
    if not (shelter.is_shelter or shelter.is_welfare):
        return "指定避難所ではありません（緊急避難場所は、泊まる場所に数えません）"
    if shelter.is_welfare and not shelter.is_shelter and not spec.welfare:
        return "福祉避難所のため、要配慮者のために残します"
    if within is not None:
        return f"「{within.layer.title}」の区域の中です（{hazards.depth_words(within)}）"
    word = HAZARDS[spec.hazard]
    if shelter.is_site and spec.hazard not in shelter.hazards:
        return f"緊急避難場所として「{word}」には指定されていません"
    if not shelter.is_site and not spec.undesignated:
        return f"災害種別の指定がないため、「{word}」に使えるか分かりません"
    return ""

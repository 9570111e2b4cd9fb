"""A made-up country for plans: 川北町 floods, 青葉市 and 星野町 stand dry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.actions.hazards import LayerDraft, LayerFile, save_layer
from keniki.apps.disaster.actions.plans import run_plan, start_plan
from keniki.apps.disaster.actions.scenarios import save_scenario
from keniki.apps.disaster.actions.shelters import ShelterDraft, SpaceDraft, save_shelter
from keniki.apps.disaster.formats.geojson import read_hazards
from keniki.apps.disaster.formats.scenario import ScenarioFile, checked
from keniki.apps.disaster.models import District, EvacuationPlan, HazardLayer, Scenario, Shelter
from keniki.apps.regions.models import Municipality, Region

from .test_hazards import collection, feature, square

#: A deep flood over the middle of 川北町.
FLOOD = collection(feature(square(141.75, 43.15), A31a_205=3))


def spec(**changes: Any) -> ScenarioFile:
    """A flood on a winter's night; by default everybody inside leaves and nobody else."""
    raw: dict[str, Any] = {
        "format": "keniki.scenario/1",
        "title": "川の氾濫（架空）",
        "hazard": "flood",
        "date": "2026-01-15",
        "season": "winter",
        "at": "night",
        "layer": "flood-1",
        "rates": {"inside": 1.0, "outside": 0.0, "basis": "架空の調査"},
        "standard": "guideline_2024",
        "far_km": 30,
        "border_km": 5,
        "equipment": {"tent_people": 4, "bed_people": 1},
    }
    return checked({name: value for name, value in (raw | changes).items() if value is not None})


def flooded(actor: Actor, region: Region, data: bytes = FLOOD) -> HazardLayer:
    file = LayerFile.of(read_hazards(data, "A31.geojson", on=date(2026, 1, 15)), data)
    return save_layer(actor, region, LayerDraft("flood", "浸水想定（架空）", "架空の県"), file)


def district(
    actor: Actor,
    region: Region,
    town: Municipality,
    name: str,
    at: tuple[str, str] | None,
    people: int,
    **more: Any,
) -> District:
    where = {"longitude": Decimal(at[0]), "latitude": Decimal(at[1])} if at else {}
    return save_district(
        actor,
        region,
        DistrictDraft(town, name, residents=people, **{"vulnerable": people // 10} | where | more),
    )


def shelter(
    actor: Actor,
    region: Region,
    town: Municipality,
    name: str,
    at: tuple[str, str] | None,
    *spaces: SpaceDraft,
    **more: Any,
) -> Shelter:
    where = {"longitude": Decimal(at[0]), "latitude": Decimal(at[1])} if at else {}
    kinds: dict[str, Any] = {
        "is_site": True,
        "is_shelter": True,
        "hazards": ("flood",),
        "address": "中央1番地",
    }
    return save_shelter(actor, region, ShelterDraft(town, name, **kinds | where | more), list(spaces))


def warm(people: int, **more: Any) -> SpaceDraft:
    """A heated hall for so many."""
    return SpaceDraft("体育館", capacity=people, floor_area=Decimal(people) * 4, heated=True, **more)


def country(actor: Actor, region: Region, towns: dict[str, Municipality]) -> dict[str, Any]:
    """Two districts in the flood and one outside; a shelter of every kind that cannot be used, two that can."""
    own, city, star = towns["川北町"], towns["青葉市"], towns["星野町"]
    return {
        "layer": flooded(actor, region),
        "east": district(actor, region, own, "東区（架空）", ("141.80", "43.20"), 300),
        "west": district(actor, region, own, "西区（架空）", ("141.76", "43.16"), 200),
        "hill": district(actor, region, own, "山区（架空）", ("141.95", "43.30"), 90),
        "lost": district(actor, region, own, "川区（架空）", None, 40),
        "wet": shelter(actor, region, own, "水につかる学校（架空）", ("141.79", "43.19"), warm(900)),
        "dry": shelter(actor, region, own, "高台の学校（架空）", ("141.90", "43.22"), warm(120)),
        "quake": shelter(
            actor, region, own, "地震だけの学校（架空）", ("141.91", "43.23"), warm(500), hazards=("earthquake",)
        ),
        "plain": shelter(
            actor, region, own, "指定のない会館（架空）", ("141.92", "43.24"), warm(60), is_site=False, hazards=()
        ),
        "cold": shelter(
            actor, region, star, "寒い体育館（架空）", ("141.90", "43.00"),
            SpaceDraft("体育館", floor_area=Decimal(700), heated=False),
        ),
        "empty": shelter(actor, region, star, "広さの分からない会館（架空）", ("141.91", "43.01")),
        "city": shelter(actor, region, city, "市の体育館（架空）", ("141.70", "43.10"), warm(350, accessible=True)),
    }  # fmt: skip


def planned(actor: Actor, region: Region, scenario: Scenario) -> EvacuationPlan:
    """The plan as the job makes it."""
    plan = start_plan(actor, scenario)
    run_plan(plan.pk)
    plan.refresh_from_db()
    return plan


def scenario(actor: Actor, region: Region, **changes: Any) -> Scenario:
    return save_scenario(actor, region, spec(**changes))

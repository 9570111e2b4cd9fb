"""Houses and surveys as tests need them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from keniki.analysis.damage import assess, read_house
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.models import House, HouseSurvey, Incident
from keniki.apps.regions.models import Municipality

FLOODED = {
    "structure": "wood", "storeys": 2, "hazard": "flood", "external_force": True, "depth_above_floor_m": "0.75",
    "date": "2025-08-01",
}  # fmt: skip


def stored_house(actor: Actor, incident: Incident, town: Municipality, number: int = 1) -> House:
    """A house as the database has it."""
    house = House(
        region=incident.region, incident=incident, mode=incident.mode, municipality=town, number=number,
        district="本町", hazard="flood", struck_on=date(2025, 8, 1), storeys=2,
        sealed={"address": "本町1丁目2番3号", "owner": "山田花子"},
    )  # fmt: skip
    with verb(actor, "testing.house", quiet=True) as act:
        return act.save(house)


def stored_survey(
    actor: Actor, house: House, raw: dict[str, Any] | None = None, round: str = "first"
) -> HouseSurvey:
    """A survey as the database has it."""
    raw = raw or FLOODED
    found = assess(read_house(raw))
    survey = HouseSurvey(
        region=house.region, incident=house.incident, mode=house.mode, municipality=house.municipality, house=house,
        uid=uuid4(), number=house.surveys.count() + 1, round=round, hazard=raw["hazard"],
        surveyed_on=date(2025, 8, 3), assessors="青木", record=raw, result=dict(found.as_dict()),
        class_key=found.verdict.key, digest="0" * 64, sealed={"remark": "留守"}, via="page",
    )  # fmt: skip
    with verb(actor, "testing.survey", quiet=True):
        survey.save()
    return survey

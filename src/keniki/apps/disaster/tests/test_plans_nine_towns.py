"""A plan for nine towns with their published shelters; floors are made up, people are the census's."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.actions.districts import DistrictDraft, load_districts
from keniki.apps.disaster.actions.shelter_files import import_shelters
from keniki.apps.disaster.formats.scenario import checked
from keniki.apps.disaster.formats.shelters import read
from keniki.apps.disaster.models import District, Shelter, ShelterSpace
from keniki.apps.disaster.planning.gathering import gather
from keniki.apps.disaster.planning.reckoning import reckon
from keniki.apps.regions.models import Municipality, Region, RegionMembership

DATA = Path(os.environ.get("KENIKI_TEST_DATA") or "/")
real = pytest.mark.skipif(not (DATA / "shelters").is_dir(), reason="KENIKI_TEST_DATA has no shelters")
NAMES = {
    "012106": "岩見沢市", "012092": "夕張市", "012157": "美唄市", "012220": "三笠市", "014231": "南幌町",
    "014273": "由仁町", "014281": "長沼町", "014290": "栗山町", "014303": "月形町",
}  # fmt: skip
#: Towns whose people leave in the scenario.
LOW = ("014231", "014281", "014303")


def census() -> dict[str, int]:
    """Each town's people of 2020."""
    with (DATA / "census2020" / "population_census_2020.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [
            row for row in csv.reader(file) if len(row) > 11 and row[5] == "総数" and row[7] == "国籍総数"
        ]
    found = {row[8]: int(row[11].replace(",", "")) for row in rows if row[11].replace(",", "").isdigit()}
    return {code: found[code[:5]] for code in NAMES}


def nine_towns(actor: Actor, region: Region) -> Mapping[str, Municipality]:
    """The towns as members, their shelters of the published files with a hall each, districts around the sites."""
    with verb(actor, "testing.towns", quiet=True):
        towns = {
            code: Municipality.objects.get_or_create(
                code=code, defaults={"name": name, "kind": "town", "prefecture": "01"}
            )[0]
            for code, name in NAMES.items()
        }
        for order, town in enumerate(towns.values(), 10):
            RegionMembership.objects.create(
                region=region, municipality=town, role="partner", order=order, valid=(date(2020, 1, 1), None)
            )
    for kind in ("emergency", "evacuation"):
        for path in sorted((DATA / "shelters" / kind).glob("*.json")):
            import_shelters(actor, region, read(path.read_bytes(), path.name, towns=NAMES))
    with verb(actor, "testing.halls", quiet=True):
        ShelterSpace.objects.bulk_create(
            ShelterSpace(
                region=region, shelter=each, name="体育館", floor_area=Decimal(300 + 100 * (each.pk % 5)), heated=True
            )
            for each in Shelter.objects.filter(region=region, is_shelter=True).order_by("pk")
        )  # fmt: skip
    people = census()
    drafts = []
    for code, town in towns.items():
        sites = list(
            Shelter.objects.filter(region=region, municipality=town, is_site=True).order_by("common_id")
        )
        for at, site in enumerate(sites):
            number = people[code] * (at + 1) // len(sites) - people[code] * at // len(sites)
            drafts.append(
                DistrictDraft(
                    town, f"{site.name}の周辺", residents=number, vulnerable=number // 12, target=code in LOW,
                    latitude=site.latitude, longitude=site.longitude, source_text="国勢調査（割り振りは架空）",
                )
            )  # fmt: skip
    load_districts(actor, region, [draft for draft in drafts if draft.residents])
    return towns


def flood(region: Region, **changes: object):
    """Everybody of three towns leaves."""
    slugs = (
        District.objects.filter(region=region, target=True).order_by("slug").values_list("slug", flat=True)
    )
    raw = {
        "title": "大河の氾濫（架空）",
        "hazard": "flood",
        "date": "2026-01-15",
        "season": "winter",
        "at": "night",
        "districts": [{"district": slug} for slug in slugs],
        "rates": {"inside": 0.5, "outside": 0.0, "basis": "架空"},
        "standard": "guideline_2024",
        "far_km": 20,
        "border_km": 3,
        "equipment": {"tent_people": 4, "bed_people": 1},
    }
    return checked(raw | changes)


@real
@pytest.mark.slow
def test_three_towns_find_places_in_nine(in_region, secretariat) -> None:
    towns = nine_towns(secretariat, in_region)
    people = census()
    gathered = gather(in_region, flood(in_region))
    reckon(gathered)
    began = time.perf_counter()
    found = reckon(gathered)
    took = time.perf_counter() - began
    leaving = sum(row["people"] for row in found["districts"])
    assert leaving == found["people"]
    assert sum(people[code] for code in LOW) / 2 <= leaving <= sum(people[code] for code in LOW) / 2 + 100
    assert {row["town"] for row in found["districts"]} == set(LOW)
    assert sum(part["people"] for row in found["districts"] for part in row["parts"]) == found["placed"]
    assert found["placed"] + found["unplaced"] == leaving
    for each in found["shelters"]:
        assert each["people"] <= each["capacity"]
        assert each["usable"] or not each["people"]
        assert each["usable"] or each["reason"]
    aims = {each["key"]: each for each in found["aims"]}
    for key in ("unplaced", "unplaced_accessible", "unplaced_vulnerable"):
        assert aims[key]["flow"] == aims[key]["bound"]
        assert aims[key]["gap"] == 0
    assert sum(row["others"] for row in found["receiving"]) > 0
    assert found["nearest"]["over"] > found["unplaced"]
    assert took < 1, f"{took:.2f} s"
    limited = reckon(
        gather(in_region, flood(in_region, towns=[{"town": towns["012106"].code, "receives_from": []}]))
    )
    city = next(row for row in limited["receiving"] if row["town"] == "012106")
    assert (city["own"], city["others"]) == (0, 0)
    assert json.loads(json.dumps(found)) == found

"""Disaster work of 青葉圏域: one record of every kind that an address can name."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from keniki.apps.compacts.models import Initiative
from keniki.apps.disaster.actions.contacts import ContactDraft, DutyDraft, save_contact, save_duty
from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.actions.drills import ScenarioDraft, save_scenario, start_drill
from keniki.apps.disaster.actions.hazards import LayerDraft, LayerFile, save_layer
from keniki.apps.disaster.actions.incidents import IncidentDraft, end_incident, save_incident
from keniki.apps.disaster.actions.procedures import (
    AidDraft,
    Between,
    CostDraft,
    StayDraft,
    StepDraft,
    ask_aid,
    ask_stay,
    save_costs,
    take_step,
)
from keniki.apps.disaster.actions.shelters import ShelterDraft, SpaceDraft, save_shelter
from keniki.apps.disaster.formats.geojson import read_hazards
from keniki.apps.disaster.models import Cause, Hazard, Incident, Mode
from keniki.apps.evidence import uploads
from keniki.apps.evidence.importers.base import RawBytes

from .disaster_plans import plan_records
from .disaster_stock import stock_records
from .disaster_stock_plans import stock_plan_records

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

TOKYO = ZoneInfo("Asia/Tokyo")
DRILL, ENDED = "2024-09-01-exercise", "2024-08-05-real"


def disaster_records(world: World) -> None:
    """A drill that goes on, and a real incident that is over."""
    _incidents(world)
    _contacts(world)
    towns = world.cast.towns
    secretariat = world.actor("secretariat")
    world.slugs |= place_records(secretariat, world.cast.region, towns["川北町"], towns["青葉市"])
    world.slugs |= plan_records(secretariat, world.cast.region, world.slugs["district"])
    _procedures(world)
    _drills(world)
    slugs, numbers = stock_records(secretariat, world.cast.region, towns["川北町"], towns["星野町"])
    world.slugs |= slugs
    world.numbers |= numbers
    _stock_plans(world)


def _stock_plans(world: World) -> None:
    """川北町's target, a purchase plan and the table of a year."""
    slugs, numbers = stock_plan_records(
        world.actor("secretariat"),
        world.cast.region,
        world.cast.towns["川北町"],
        Initiative.objects.get(slug="bousai"),
    )
    world.slugs |= slugs
    world.numbers |= numbers


def _incidents(world: World) -> None:
    secretariat, region = world.actor("secretariat"), world.cast.region
    drill = IncidentDraft(
        mode=Mode.EXERCISE,
        title="図上訓練（架空）",
        hazard=Hazard.FLOOD,
        began_at=datetime(2024, 9, 1, 9, tzinfo=TOKYO),
        public=True,
    )
    save_incident(secretariat, region, drill)
    rain = IncidentDraft(
        mode=Mode.REAL,
        title="大雨（架空）",
        hazard=Hazard.FLOOD,
        began_at=datetime(2024, 8, 5, 18, tzinfo=TOKYO),
    )
    over = save_incident(secretariat, region, rain)
    end_incident(secretariat, over, over.version, datetime(2024, 8, 7, 12, tzinfo=TOKYO))


def _contacts(world: World) -> None:
    """川北町's office, which is on duty for a hundred years, and one nobody needs."""
    secretariat, region = world.actor("secretariat"), world.cast.region
    town = world.cast.towns["川北町"]
    reach = {"name": "山田花子", "phone": "0126-00-0000"}
    office = save_contact(secretariat, region, ContactDraft("防災課", town, "当直", reach=reach))
    other = save_contact(secretariat, region, ContactDraft("水防団", town, reach=reach))
    third = save_contact(secretariat, region, ContactDraft("総務課", world.cast.towns["星野町"], reach=reach))
    turn = DutyDraft(datetime(2024, 1, 1, tzinfo=TOKYO), datetime(2124, 1, 1, tzinfo=TOKYO), "当直（架空）")
    duty = save_duty(secretariat, office, turn)
    world.numbers |= {"contact": office.pk, "spare_contact": other.pk, "duty": duty.pk}
    world.numbers["hoshino_contact"] = third.pk


def _procedures(world: World) -> None:
    """川北町 asks 星野町 to take people in, which was answered, and for help, which was given and cost something."""
    secretariat, towns = world.actor("secretariat"), world.cast.towns
    drill = Incident.objects.select_related("region").get(slug=DRILL)
    between, day = Between(towns["川北町"], towns["星野町"]), date(2024, 9, 1)
    first = StepDraft("request", day, "架防第1号")
    ask_stay(secretariat, drill, StayDraft("evacuation", between, "河川の氾濫（架空）", 120, day, 30), first)
    stay = ask_stay(secretariat, drill, StayDraft("evacuation", between, "停電（架空）", 8, day), first)
    take_step(secretariat, stay, StepDraft("acceptance", day, "架防第2号"), None)
    ask_aid(secretariat, drill, AidDraft("vehicles", between, "給水車", day, 1, "台"), first)
    aid = ask_aid(secretariat, drill, AidDraft("staff", between, "避難所の運営", day, 5, "人"), first)
    for key in ("acceptance", "dispatch"):
        take_step(secretariat, aid, StepDraft(key, day), None)
    save_costs(secretariat, aid, [CostDraft("fuel", "軽油（架空）", 12_000)], None)
    aid.refresh_from_db()
    world.numbers |= {"stay": 1, "answered_stay": 2, "aid": 1, "helped_aid": 2, "aid_version": aid.version}


SITES = (
    "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,洪水,崖崩れ、土石流及び地滑り,高潮,地震,津波,"
    "大規模な火事,内水氾濫,火山現象,指定避難所との住所同一,緯度,経度,備考"
)


def place_records(actor: Actor, region: Region, own: Municipality, beside: Municipality) -> dict[str, str]:
    """Two shelters of one town, one of which nobody needs, in a flood's layer, and a district of the other town; the
    slugs addresses need, and the mark of a file of two sites that was looked at."""
    hall = SpaceDraft("体育館", floor_area=Decimal(700), heated=False)
    room = SpaceDraft("会議室", "room", Decimal(64), heated=True, accessible=True)
    draft = ShelterDraft(
        own, "小学校（架空）", latitude=Decimal("43.2"), longitude=Decimal("141.8"), is_site=True,
        is_shelter=True, hazards=("flood", "earthquake"), source_text="架空",
    )  # fmt: skip
    school = save_shelter(actor, region, draft, [hall, room])
    spare = save_shelter(actor, region, ShelterDraft(own, "集会所（架空）", is_shelter=True))
    ring = [[141.75, 43.15], [141.85, 43.15], [141.85, 43.25], [141.75, 43.25], [141.75, 43.15]]
    data = flood_map(ring)
    told = LayerDraft("flood", "浸水想定（架空）", "架空の県")
    layer = save_layer(
        actor, region, told, LayerFile.of(read_hazards(data, "a.geojson", on=date(2024, 4, 1)), data)
    )
    shape = {"type": "Polygon", "coordinates": [[[x - 0.1, y - 0.1] for x, y in ring]]}
    district = save_district(
        actor,
        region,
        DistrictDraft(beside, "東区（架空）", residents=400, vulnerable=80, target=True, geometry=shape),
    )
    return {
        "shelter": school.slug,
        "spare_shelter": spare.slug,
        "layer": layer.slug,
        "district": district.slug,
        "shelter_mark": uploads.keep(region, RawBytes("2.csv", sites_file(own.code, own.name))),
    }


def flood_map(ring: list[list[float]]) -> bytes:
    """A hazard map of one polygon."""
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "geometry": geometry, "properties": {"A31a_205": "3"}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def sites_file(code: str, town: str) -> bytes:
    """GSI's file with one site of a town, and one row whose position is outside Japan."""
    lines = [
        f"{number},E{code[:5]}{number:05d}201,北海道{town},公園{number}（架空）,,1,,,1,,,,,,{latitude},141.8,"
        for number, latitude in ((1, "43.21"), (2, "10"))
    ]
    return "\r\n".join([SITES, *lines]).encode("utf-8-sig")


def _drills(world: World) -> None:
    """A scenario that nobody played, and one that is played: its first inject is told."""
    secretariat, region = world.actor("secretariat"), world.cast.region
    injects = ({"after": 0, "title": "大雨警報（架空）"}, {"after": 600, "title": "停電（架空）"})
    save_scenario(secretariat, region, ScenarioDraft("夜間の訓練（架空）", Cause.FLOOD, injects))
    played = save_scenario(secretariat, region, ScenarioDraft("図上の訓練（架空）", Cause.FLOOD, injects))
    run = start_drill(secretariat, played, "シナリオの訓練（架空）")
    world.slugs["played"] = run.incident.slug

"""Disaster work of 青葉圏域: one record of every kind that an address can name."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from keniki.apps.compacts.models import Initiative
from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.actions.hazards import LayerDraft, LayerFile, save_layer
from keniki.apps.disaster.actions.shelters import ShelterDraft, SpaceDraft, save_shelter
from keniki.apps.disaster.formats.geojson import read_hazards
from keniki.apps.evidence import uploads
from keniki.apps.evidence.importers.base import RawBytes

from .disaster_board import board_records
from .disaster_certificates import certificate_records
from .disaster_houses import house_records
from .disaster_incidents import incident_records
from .disaster_ledger import ledger_records
from .disaster_plans import plan_records
from .disaster_reception import reception_records
from .disaster_stock import stock_records
from .disaster_stock_plans import stock_plan_records
from .disaster_support import open_web_form, support_records
from .disaster_training import training_records

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

    from .world import World


def disaster_records(world: World) -> None:
    """What all rooms of disaster work keep, once."""
    towns = world.cast.towns
    secretariat = world.actor("secretariat")
    slugs, numbers = incident_records(secretariat, world.cast.region, towns["川北町"], towns["星野町"])
    world.slugs |= slugs
    world.numbers |= numbers
    world.slugs |= place_records(secretariat, world.cast.region, towns["川北町"], towns["青葉市"])
    world.slugs |= plan_records(secretariat, world.cast.region, world.slugs["district"])
    slugs, numbers = board_records(
        secretariat, world.cast.region, towns["川北町"], world.slugs["shelter"], world.slugs["district"]
    )
    world.slugs |= slugs
    world.numbers |= numbers
    world.slugs |= reception_records(
        world.actor("partner"),
        world.actor("other_partner"),
        world.cast.region,
        towns["川北町"],
        towns["星野町"],
        world.slugs["shelter"],
    )
    slugs, numbers = stock_records(secretariat, world.cast.region, towns["川北町"], towns["星野町"])
    world.slugs |= slugs
    world.numbers |= numbers
    _stock_plans(world)
    training_records(secretariat, world.cast.region, towns["川北町"], towns["星野町"])
    house_records(world.actor("partner"), world.cast.region, towns["川北町"])
    open_web_form(secretariat, world.cast.region, towns["川北町"])
    slugs, numbers = support_records(world.actor("partner"), world.cast.region, towns["川北町"])
    world.slugs |= slugs
    world.numbers |= numbers
    certificate_records(world.actor("partner"), world.cast.region, towns["川北町"])
    ledger_records(world.actor("partner"), world.cast.region, towns["川北町"])


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

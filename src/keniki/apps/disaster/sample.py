"""Disaster work of a fictional region for the demonstration, put in through the actions of pages; exercises only."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .actions.certificates.applying import ApplicationDraft, apply, link_house
from .actions.contacts import ContactDraft, save_contact
from .actions.districts import DistrictDraft, save_district
from .actions.drills import EndDraft, ScenarioDraft, answer_inject, end_drill, save_scenario, start_drill
from .actions.events import record, take_events
from .actions.hazards import LayerDraft, LayerFile, save_layer
from .actions.housing.houses import HouseDraft, save_house
from .actions.housing.surveys import Decision, SurveyDraft, decide, settle_survey, submit_survey
from .actions.incidents import IncidentDraft, save_incident
from .actions.ledger import take_applications
from .actions.plans import run_plan, start_plan
from .actions.procedures import AidDraft, Between, StayDraft, StepDraft, ask_aid, ask_stay, take_step
from .actions.scenarios import save_scenario as save_evacuation
from .actions.shelters import ShelterDraft, SpaceDraft, save_shelter
from .actions.stock.items import ItemDraft, PlaceDraft, save_item, save_place
from .actions.stock.lots import LotDraft, receive_lot
from .actions.stock_plans.targets import TargetDraft, save_target
from .formats.geojson import read_hazards
from .formats.scenario import checked
from .models import CertificateApplication, District, House, HouseSurvey, Incident, Mode, Shelter
from .models.certificates import Kind

FORMAT: Final = "keniki-disaster-sample/1"


@dataclass
class _Sample:
    """The file while it is put in: records by the names the file uses."""

    actor: Actor
    region: Region
    towns: dict[str, Municipality]
    source: str
    shelters: dict[str, Shelter] = field(default_factory=dict)
    districts: dict[str, District] = field(default_factory=dict)

    def town(self, code: str) -> Municipality:
        if code not in self.towns:
            raise WrongInput(f"「{code}」は、この圏域の市町村のコードではありません。", column="town")
        return self.towns[code]


def load_sample(actor: Actor, region: Region, folder: Path, officers: Mapping[str, Actor]) -> bool:
    """Put in what `work.yaml` in the folder tells, unless the region has disaster work; whether it was.

    Only a fictional region takes it (`WrongInput`). `officers` act for their towns, by code: persons are entered by
    their own town only, and without its officer not at all.
    """
    file = folder / "work.yaml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise WrongInput(f"防災の見本（{FORMAT}）ではありません。", file=str(file), column="format")
    if not region.fictional:
        raise WrongInput("防災の見本は、架空の圏域だけに入れられます。", file=str(file))
    with scope(region=region):
        if Incident.objects.filter(region=region).exists() or Shelter.objects.filter(region=region).exists():
            return False
        towns = {row.municipality.code: row.municipality for row in members_on(region)}
        sample = _Sample(actor, region, towns, str(said["source"]))
        _places(sample, said, folder)
        _plan(sample, said["scenario"])
        _stock(sample, said["stock"])
        _contacts(sample, said["contacts"])
        incident = _exercise(sample, said["exercise"])
        _persons(sample, incident, said["persons"], officers)
        _houses(sample, incident, said["houses"], officers)
        _drill(sample, said["drill"])
    return True


def _places(sample: _Sample, said: Mapping[str, Any], folder: Path) -> None:
    for each in said["shelters"]:
        draft = ShelterDraft(
            sample.town(each["town"]),
            each["name"],
            address=each.get("address", ""),
            latitude=Decimal(str(each["latitude"])),
            longitude=Decimal(str(each["longitude"])),
            is_site=True,
            is_shelter=True,
            is_welfare=each.get("welfare", False),
            hazards=tuple(each["hazards"]),
            source_text=sample.source,
        )
        spaces = [
            SpaceDraft(
                space["name"],
                space.get("kind", "hall"),
                Decimal(space["floor_area"]),
                heated=space.get("heated"),
                accessible=space.get("accessible", False),
                welfare=space.get("welfare", False),
            )
            for space in each["spaces"]
        ]
        sample.shelters[each["name"]] = save_shelter(sample.actor, sample.region, draft, spaces)
    layer = said["hazard"]
    data = (folder / layer["file"]).read_bytes()
    told = LayerDraft(layer["kind"], layer["title"], sample.source)
    read = read_hazards(data, layer["file"], on=today())
    save_layer(sample.actor, sample.region, told, LayerFile.of(read, data))
    for each in said["districts"]:
        district = DistrictDraft(
            sample.town(each["town"]),
            each["name"],
            residents=each["residents"],
            vulnerable=each["vulnerable"],
            target=each.get("target", False),
            latitude=Decimal(str(each["latitude"])),
            longitude=Decimal(str(each["longitude"])),
            source_text=sample.source,
        )
        sample.districts[each["name"]] = save_district(sample.actor, sample.region, district)


def _plan(sample: _Sample, said: Mapping[str, Any]) -> None:
    districts = [{**each, "district": sample.districts[each["district"]].slug} for each in said["districts"]]
    scenario = save_evacuation(sample.actor, sample.region, checked({**said, "districts": districts}))
    run_plan(start_plan(sample.actor, scenario).pk)


def _stock(sample: _Sample, said: Mapping[str, Any]) -> None:
    actor, region, day = sample.actor, sample.region, today()
    items = {
        each["title"]: save_item(
            actor,
            region,
            ItemDraft(
                each["title"],
                each["unit"],
                each.get("standard", ""),
                each.get("pack_size", 1),
                each.get("shelf_life_months"),
            ),
        )
        for each in said["items"]
    }
    places = {
        each["name"]: save_place(actor, region, PlaceDraft(each["name"], sample.town(each["town"])))
        for each in said["places"]
    }
    for each in said["lots"]:
        expires = day + timedelta(days=each["expires_in_days"]) if "expires_in_days" in each else None
        draft = LotDraft(
            items[each["item"]],
            day - timedelta(days=30),
            {sample.town(code): part for code, part in each["owners"].items()},
            each["code"],
            expires,
            each["price"],
            note=sample.source,
            quantities={places[each["place"]]: each["number"]},
        )
        receive_lot(actor, region, draft, str(uuid.uuid4()))
    for each in said["targets"]:
        year = int(FiscalYear.of(day))
        target = TargetDraft(sample.town(each["town"]), year, each["people"], each["basis"])
        save_target(actor, region, target)


def _contacts(sample: _Sample, rows: list[Mapping[str, Any]]) -> None:
    for each in rows:
        town = sample.town(each["town"]) if "town" in each else None
        draft = ContactDraft(each["body"], town, each["post"], reach={"phone": each["phone"]})
        save_contact(sample.actor, sample.region, draft)


def _exercise(sample: _Sample, said: Mapping[str, Any]) -> Incident:
    """An exercise that goes on, with what towns wrote so far."""
    began = timezone.now() - timedelta(minutes=said["minutes_ago"])
    draft = IncidentDraft(
        Mode.EXERCISE, said["title"], said["hazard"], began, public=True, note=sample.source
    )
    incident = save_incident(sample.actor, sample.region, draft)
    seen: dict[str, dict[str, list[str]]] = {}
    for each in said["entries"]:
        at = began + timedelta(minutes=each["after"])
        entity, values = _entry(sample, each, at)
        shown = seen.setdefault(entity, {})
        kind = _KINDS[each["entity"]]
        receipt = record(sample.actor, incident, entity, kind, values, seen=shown, at=at)
        shown |= {name: list(receipt.stored) for name in values}
    day = timezone.localtime(began).date()
    _procedures(sample, incident, said, day)
    return incident


_KINDS: Final = {
    "town": "town.update",
    "shelter": "shelter.update",
    "district": "district.order",
    "road": "road.update",
    "request": "request.make",
    "damage": "damage.report",
    "note": "note.write",
}


def _entry(sample: _Sample, said: Mapping[str, Any], at: datetime) -> tuple[str, dict[str, Any]]:
    """What an entry of the board is about, and what it says."""
    kind, values = said["entity"], dict(said["values"])
    moment = timezone.localtime(at).isoformat(timespec="seconds")
    if kind in ("town", "damage"):
        if "headquarters" in values:
            values["headquarters"] = {**values["headquarters"], "at": moment}
        return f"{kind}:{sample.town(said['town']).code}", values
    if kind == "shelter":
        if "count" in said:
            values["count"] = {"people": said["count"], "counted_at": moment}
        return f"shelter:{sample.shelters[said['shelter']].slug}", values
    if kind == "district":
        values["order"] = {**values["order"], "at": moment}
        return f"district:{sample.districts[said['district']].slug}", values
    return f"{kind}:{uuid.uuid4()}", {**values, "town": sample.town(said["town"]).code}


def _procedures(sample: _Sample, incident: Incident, said: Mapping[str, Any], day: date) -> None:
    """Residents who stay in another town, and staff who help: asked and answered."""
    stay, aid = said["stay"], said["aid"]
    asked = StayDraft(
        "evacuation",
        Between(sample.town(stay["asker"]), sample.town(stay["helper"])),
        stay["reason"],
        stay["people"],
        day,
        stay["vulnerable"],
    )
    made = ask_stay(sample.actor, incident, asked, StepDraft("request", day, "訓練第1号"))
    take_step(sample.actor, made, StepDraft("acceptance", day, "訓練第2号"), None)
    places = ((sample.shelters[stay["shelter"]].slug, stay["people"]),)
    take_step(sample.actor, made, StepDraft("shelters", day, places=places), None)
    help_ = AidDraft(
        "staff",
        Between(sample.town(aid["asker"]), sample.town(aid["helper"])),
        aid["content"],
        day,
        aid["quantity"],
        aid["unit"],
    )
    wanted = ask_aid(sample.actor, incident, help_, StepDraft("request", day, "訓練第3号"))
    take_step(sample.actor, wanted, StepDraft("acceptance", day), None)


def _persons(
    sample: _Sample, incident: Incident, said: Mapping[str, Any], officers: Mapping[str, Actor]
) -> None:
    """Made-up people at the reception of a shelter, entered by its own town."""
    officer = officers.get(said["town"])
    if officer is None:
        return
    place, now = f"shelter:{sample.shelters[said['shelter']].slug}", timezone.now()
    household = f"household:{uuid.uuid4()}"
    people = said["people"]
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("household.update", household, {"head": people[0]["name"], "people": len(people), "place": place})
    ]
    for number, each in enumerate(people, 1):
        at = timezone.localtime(now - timedelta(minutes=30 - number)).isoformat(timespec="seconds")
        fields = {
            "name": each["name"],
            "kana": each["kana"],
            "age": each["age"],
            "home": said["home"],
            "household": household,
            "presence": {"state": "in", "place": place, "since": at},
            "memo": "架空の人物（訓練）",
        }
        told.append(("person.check_in", f"person:{uuid.uuid4()}", fields))
    batch = [
        {
            "id": str(uuid.uuid4()),
            "incident": str(incident.uid),
            "mode": incident.mode,
            "kind": kind,
            "entity": entity,
            "device": "sample",
            "seq": number,
            "at": timezone.localtime(now - timedelta(minutes=30 - number)).isoformat(timespec="seconds"),
            "fields": {name: {"value": value, "seen": []} for name, value in fields.items()},
            "note": "",
        }
        for number, (kind, entity, fields) in enumerate(told)
    ]
    refused = take_events(officer, sample.region, batch).refused
    if refused:
        raise WrongInput(refused[0].reason)


def _drill(sample: _Sample, said: Mapping[str, Any]) -> None:
    """A drill that was played and is over."""
    draft = ScenarioDraft(said["title"], said["hazard"], tuple(said["injects"]), said["purpose"])
    scenario = save_scenario(sample.actor, sample.region, draft)
    run = start_drill(sample.actor, scenario, said["title"])
    run.region = run.incident.region = sample.region
    for each in said["answers"]:
        answer_inject(sample.actor, run, each["number"], sample.town(each["town"]), each["text"])
    end_drill(sample.actor, run, EndDraft(said["participants"], said["evaluation"]), None)


def _houses(
    sample: _Sample, incident: Incident, said: Mapping[str, Any], officers: Mapping[str, Actor]
) -> None:
    """Made-up houses of a town: waiting, surveyed, decided on; who applied for a certificate stands in the ledger."""
    officer, town = officers.get(said["town"]), sample.town(said["town"])
    if officer is None:
        return
    with scope(region=sample.region, towns={town.pk}):
        for each in said["rows"]:
            known = ("address", "owner", "latitude", "longitude")
            draft = HouseDraft(
                incident.hazard,
                today(),
                each["district"],
                structure=each.get("structure", "wood"),
                storeys=each.get("storeys", 1),
                sealed={key: str(each[key]) for key in known},
            )
            house = save_house(officer, incident, town, draft)
            if "depths" in each:
                _surveyed(officer, house, each)
            if each.get("applied"):
                application = apply(
                    officer,
                    incident,
                    town,
                    ApplicationDraft(
                        Kind.DAMAGE,
                        CertificateApplication.Via.WINDOW,
                        today(),
                        today(),
                        each["owner"],
                        each["address"],
                        each["address"],
                        head=each["owner"],
                        head_address=each["address"],
                    ),
                )
                link_house(officer, application, house.number, today(), application.version)
        take_applications(officer, incident, town)


def _surveyed(officer: Actor, house: House, said: Mapping[str, Any]) -> None:
    record = {
        "structure": house.structure,
        "hazard": house.hazard,
        "storeys": house.storeys,
        "external_force": True,
        "depths_above_floor_m": said["depths"],
    }
    draft = SurveyDraft(uuid.uuid4(), HouseSurvey.Round.FIRST, today(), said["assessors"], record)
    survey, _ = submit_survey(officer, house, draft)
    if "decided_by" in said:
        survey = settle_survey(officer, survey, HouseSurvey.State.CONFIRMED)
        ticked = frozenset(each["rule"] for each in survey.result["needs_confirmation"])
        house.refresh_from_db()
        decide(officer, house, survey, Decision(today(), said["decided_by"], ticked=ticked), house.version)

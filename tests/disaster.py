"""Disaster work of 青葉圏域: one record of every kind that an address can name."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from keniki.apps.disaster.actions.contacts import ContactDraft, DutyDraft, save_contact, save_duty
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
from keniki.apps.disaster.models import Hazard, Incident, Mode

if TYPE_CHECKING:
    from .world import World

TOKYO = ZoneInfo("Asia/Tokyo")
DRILL, ENDED = "2024-09-01-exercise", "2024-08-05-real"


def disaster_records(world: World) -> None:
    """A drill that goes on, and a real incident that is over."""
    _incidents(world)
    _contacts(world)
    _procedures(world)


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

"""Disaster work of 青葉圏域: one record of every kind that an address can name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from keniki.apps.disaster.actions.contacts import ContactDraft, DutyDraft, save_contact, save_duty
from keniki.apps.disaster.actions.incidents import IncidentDraft, end_incident, save_incident
from keniki.apps.disaster.models import Hazard, Mode

if TYPE_CHECKING:
    from .world import World

TOKYO = ZoneInfo("Asia/Tokyo")
DRILL, ENDED = "2024-09-01-exercise", "2024-08-05-real"


def disaster_records(world: World) -> None:
    """A drill that goes on, and a real incident that is over."""
    _incidents(world)
    _contacts(world)


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

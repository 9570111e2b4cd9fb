"""Incidents of a region: a drill, a real one that is over, contacts, procedures between two towns, a played drill."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from keniki.apps.disaster.actions.contacts import ContactDraft, DutyDraft, save_contact, save_duty
from keniki.apps.disaster.actions.drills import ScenarioDraft, save_scenario, start_drill
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
from keniki.apps.disaster.actions.warnings.taking import take_telegram
from keniki.apps.disaster.models import Cause, Incident, Mode
from keniki.apps.disaster.tests.jma_samples import kind, weather
from keniki.apps.regions.queries import operator

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

TOKYO = ZoneInfo("Asia/Tokyo")
DRILL, ENDED = "2024-09-01-exercise", "2024-08-05-real"


def incident_records(
    actor: Actor, region: Region, own: Municipality, beside: Municipality
) -> tuple[dict[str, str], dict[str, int]]:
    """All of them; the slugs and numbers addresses need."""
    drill = _incidents(actor, region)
    numbers = _contacts(actor, region, own, beside) | _procedures(actor, drill, own, beside)
    numbers["telegram"] = _telegram(own)
    return {"played": _drills(actor, region)}, numbers


def _incidents(actor: Actor, region: Region) -> Incident:
    began = datetime(2024, 9, 1, 9, tzinfo=TOKYO)
    drill = save_incident(
        actor, region, IncidentDraft(Mode.EXERCISE, "図上訓練（架空）", Cause.FLOOD, began, public=True)
    )
    rain = IncidentDraft(Mode.REAL, "大雨（架空）", Cause.FLOOD, datetime(2024, 8, 5, 18, tzinfo=TOKYO))
    over = save_incident(actor, region, rain)
    end_incident(actor, over, over.version, datetime(2024, 8, 7, 12, tzinfo=TOKYO))
    return drill


def _contacts(actor: Actor, region: Region, own: Municipality, beside: Municipality) -> dict[str, int]:
    """An office that is on duty for a hundred years, one nobody needs, and one of the other town."""
    reach = {"name": "山田花子", "phone": "0126-00-0000"}
    office = save_contact(actor, region, ContactDraft("防災課", own, "当直", reach=reach))
    spare = save_contact(actor, region, ContactDraft("水防団", own, reach=reach))
    other = save_contact(actor, region, ContactDraft("総務課", beside, reach=reach))
    turn = DutyDraft(datetime(2024, 1, 1, tzinfo=TOKYO), datetime(2124, 1, 1, tzinfo=TOKYO), "当直（架空）")
    duty = save_duty(actor, office, turn)
    return {
        "contact": office.pk, "spare_contact": spare.pk, "duty": duty.pk, "hoshino_contact": other.pk,
    }  # fmt: skip


def _telegram(own: Municipality) -> int:
    """A telegram of the weather agency about a town; one that cannot be read where no agency knows the town."""
    data = telegram_of(own.code, "通常")
    name = "20240805_0_VPWW53_019000.xml"
    taken = take_telegram(operator(), data, name).telegram
    found = taken or take_telegram(operator(), b"<Report>", name).telegram
    assert found is not None
    return int(found.pk)


def telegram_of(code: str, status: str) -> bytes:
    """A warning of heavy rain for a town."""
    at = "2024-08-05T18:00:00+09:00"
    rain = kind("大雨警報", "03")
    return weather({f"{code[:5]}00": rain}, title="気象特別警報・警報・注意報", status=status, at=at)


def _procedures(actor: Actor, drill: Incident, own: Municipality, beside: Municipality) -> dict[str, int]:
    """One town asks the other to take people in, which was answered, and for help, which was given and cost."""
    between, day = Between(own, beside), date(2024, 9, 1)
    first = StepDraft("request", day, "架防第1号")
    ask_stay(actor, drill, StayDraft("evacuation", between, "河川の氾濫（架空）", 120, day, 30), first)
    stay = ask_stay(actor, drill, StayDraft("evacuation", between, "停電（架空）", 8, day), first)
    take_step(actor, stay, StepDraft("acceptance", day, "架防第2号"), None)
    ask_aid(actor, drill, AidDraft("vehicles", between, "給水車", day, 1, "台"), first)
    aid = ask_aid(actor, drill, AidDraft("staff", between, "避難所の運営", day, 5, "人"), first)
    for key in ("acceptance", "dispatch"):
        take_step(actor, aid, StepDraft(key, day), None)
    save_costs(actor, aid, [CostDraft("fuel", "軽油（架空）", 12_000)], None)
    return {"stay": 1, "answered_stay": 2, "aid": 1, "helped_aid": 2}


def _drills(actor: Actor, region: Region) -> str:
    """A scenario that nobody played, and one that is played: its first inject is told."""
    injects = ({"after": 0, "title": "大雨警報（架空）"}, {"after": 600, "title": "停電（架空）"})
    save_scenario(actor, region, ScenarioDraft("夜間の訓練（架空）", Cause.FLOOD, injects))
    played = save_scenario(actor, region, ScenarioDraft("図上の訓練（架空）", Cause.FLOOD, injects))
    return str(start_drill(actor, played, "シナリオの訓練（架空）").incident.slug)

"""Disaster work of 青葉圏域: one record of every kind that an address can name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from keniki.apps.disaster.actions.incidents import IncidentDraft, end_incident, save_incident
from keniki.apps.disaster.models import Hazard, Mode

if TYPE_CHECKING:
    from .world import World

TOKYO = ZoneInfo("Asia/Tokyo")
DRILL, ENDED = "2024-09-01-exercise", "2024-08-05-real"


def disaster_records(world: World) -> None:
    """A drill that goes on, and a real incident that is over."""
    _incidents(world)


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

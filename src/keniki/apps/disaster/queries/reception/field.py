"""What a device of the reception is given: its own town's people, in order of receipt, from where it left off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from ...models import BundleRead, Device, Event, Incident
from ..states import event_of

MOST: Final = 500
#: What commits this long after its moment of receipt is still given to everybody.
_LATE: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Cursor:
    """How far a device has read: events up to `at` and `ident`; `known` is how far it had been counted as read."""

    at: datetime | None = None
    ident: str = ""
    known: datetime | None = None

    def text(self) -> str:
        """As it is given to devices."""
        known = self.known.isoformat() if self.known else ""
        return f"{self.at.isoformat() if self.at else ''}|{self.ident}|{known}"


@dataclass(frozen=True)
class Given:
    """A part of the events: as they were sent, where to go on, how many persons are new in it."""

    events: list[dict[str, Any]]
    cursor: str
    more: bool
    people: int


def read_cursor(text: str) -> Cursor:
    """Raises `WrongInput` for what was never given out."""
    if not text:
        return Cursor()
    try:
        at, ident, known = text.split("|")
        found = Cursor(
            parse_datetime(at), str(UUID(ident)) if ident else "", parse_datetime(known) if known else None
        )
        if found.at is None or found.at.tzinfo is None or (found.known and found.known.tzinfo is None):
            raise ValueError
    except ValueError:
        raise WrongInput(
            "続きの位置が読み取れません。はじめから読み直してください。", column="after"
        ) from None
    return found


def events_since(incident: Incident, after: Cursor) -> Given:
    """The next events about persons (of the towns in scope) and shelters, in order of receipt."""
    kinds = (
        Q(entity__startswith="person:")
        | Q(entity__startswith="household:")
        | Q(entity__startswith="shelter:")
    )
    rows = Event.objects.filter(kinds, incident=incident).select_related("incident")
    if after.at is not None:
        later = Q(received_at__gt=after.at)
        if after.ident:
            later |= Q(received_at=after.at, pk__gt=after.ident)
        rows = rows.filter(later)
    found = list(rows.order_by("received_at", "pk")[: MOST + 1])
    more, found = len(found) > MOST, found[:MOST]
    fresh = [row for row in found if row.personal and (after.known is None or row.received_at > after.known)]
    last = max((row.received_at for row in found), default=None)
    known = max((each for each in (last, after.known) if each is not None), default=None)
    if more:
        cursor = Cursor(found[-1].received_at, str(found[-1].pk), known)
    else:
        start = known - _LATE if known is not None else None
        cursor = Cursor(start, "", known) if start is not None else after
    events = [event_of(row).as_json() for row in found if not row.personal or row.sealed is not None]
    return Given(events, cursor.text() if cursor.at else "", more, len({row.entity for row in fresh}))


def device_for(region: Region, ident: str) -> Device | None:
    """A device by its id in events, whether struck off or not."""
    return Device.objects.filter(region=region, device=ident).select_related("municipality").first()


def devices_of(region: Region) -> list[Device]:
    """All devices of the region, those in use first."""
    rows = Device.objects.filter(region=region).select_related("municipality")
    return sorted(rows, key=lambda each: (each.is_revoked, each.municipality_id, each.name, each.pk))


def serials_of(region: Region) -> dict[int, list[tuple[Incident, int]]]:
    """The serials of files that were read, with their incidents, by device."""
    found: dict[int, list[tuple[Incident, int]]] = {}
    for row in BundleRead.objects.filter(region=region).select_related("incident"):
        found.setdefault(row.device_id, []).append((row.incident, row.serial))
    return found


def bundles_of(incident: Incident, towns: list[Municipality]) -> list[BundleRead]:
    """The files that were read into an incident, of devices of these towns, the newest first."""
    rows = BundleRead.objects.filter(incident=incident, device__municipality__in=towns)
    return list(rows.select_related("device__municipality")[:200])

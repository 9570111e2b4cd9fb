"""Events of incidents: a batch as devices send it, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .basics import In, Out, Slug


class EventsIn(In):
    region: Slug | None = None
    events: list[Any]


class RefusedEventOut(Out):
    number: int
    id: str
    reason: str


class DisagreementOut(Out):
    entity: str
    field: str


class EventsOut(Out):
    stored: list[str]
    known: list[str]
    quarantined: int
    refused: list[RefusedEventOut]
    conflicts: list[DisagreementOut]


class IncidentOut(Out):
    id: str
    slug: str
    mode: str
    title: str
    hazard: str
    began_at: datetime
    ended_at: datetime | None
    public: bool

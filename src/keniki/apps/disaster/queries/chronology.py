"""The chronology of an incident (クロノロジー): every event that is about no person, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from keniki.analysis import merging

from ..board_words import RECORDED, kind_words
from ..models import Event, Incident
from .board import words
from .board.places import Known
from .states import state_of

_TITLE: Final = {"road": "name", "request": "item", "warning": "title", "shelter": "name", "district": "name"}
#: Kinds whose names have to be read from what was told.
_TOLD: Final = ("road", "request", "warning", "shelter", "district")


@dataclass(frozen=True)
class ChronologyFilter:
    """What the list is narrowed by; empty is everything. `since` is exclusive, `until` inclusive."""

    town: str = ""
    kind: str = ""
    important: bool = False
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Line:
    """A line of the chronology."""

    id: str
    received_at: datetime
    at: datetime
    town: str
    kind: str
    entity: str
    title: str
    changes: tuple[tuple[str, str], ...]
    note: str
    important: bool
    source: str
    who: str
    post: str
    behalf: str
    via: str

    @property
    def told(self) -> str:
        """What was written, in one text."""
        written = "、".join(f"{label}：{text}" for label, text in self.changes)
        return "　".join(part for part in (written, self.note) if part)

    @property
    def by(self) -> str:
        """Who wrote it."""
        written = " ".join(part for part in (self.post, self.who) if part)
        return f"{written}（代理入力：{self.behalf}）" if self.behalf else written


def chronology_of(incident: Incident, narrowed: ChronologyFilter) -> QuerySet[Event]:
    """The events of the chronology, the newest first."""
    rows = Event.objects.filter(incident=incident, personal=False).select_related("municipality")
    if narrowed.town:
        rows = rows.filter(municipality__code=narrowed.town)
    if narrowed.kind in RECORDED:
        rows = rows.filter(kind=narrowed.kind)
    elif narrowed.kind in merging.KINDS:
        rows = rows.filter(entity__startswith=f"{narrowed.kind}:")
    if narrowed.important:
        important = Event.objects.filter(
            incident=incident, personal=False, entity__startswith="note:", fields__important__value=True
        )
        rows = rows.filter(entity__in=important.values("entity"))
    if narrowed.since is not None:
        rows = rows.filter(received_at__gt=narrowed.since)
    if narrowed.until is not None:
        rows = rows.filter(received_at__lte=narrowed.until)
    if text := narrowed.text.strip():
        rows = rows.filter(
            Q(note__icontains=text)
            | Q(fields__icontains=text)
            | Q(actor_name__icontains=text)
            | Q(post_label__icontains=text)
        )
    return rows.order_by("-received_at", "-id")


def lines_of(
    incident: Incident, rows: Sequence[Event], known: Known, *, names: dict[str, str] | None = None
) -> list[Line]:
    """Events as lines; two queries whatever their number."""
    told = names if names is not None else names_told(incident, known)
    return list(_lines(rows, known, told))


def names_told(incident: Incident, known: Known) -> dict[str, str]:
    """What entities are called, by entity: registered places and what was told in the incident."""
    found = {f"{kind}:{code}": town.name for code, town in known.towns.items() for kind in ("town", "damage")}
    found |= {f"shelter:{key}": place.name for key, place in known.shelters.items()}
    found |= {f"district:{key}": place.name for key, place in known.districts.items()}
    state = state_of(incident, _TOLD)
    for name, entity in state.entities.items():
        register = entity.registers.get(_TITLE[entity.kind])
        values = [value for value in register.values if value] if register is not None else []
        if values:
            found.setdefault(name, str(values[0]))
    return found


def _lines(rows: Sequence[Event], known: Known, names: dict[str, str]) -> Iterator[Line]:
    vias = dict(Event.Via.choices)
    for row in rows:
        kind = row.entity.partition(":")[0]
        fields: dict[str, Any] = row.fields
        source = fields.get("source", {}).get("value")
        yield Line(
            id=str(row.pk),
            received_at=row.received_at,
            at=row.at,
            town=str(row.municipality.name) if row.municipality is not None else "",
            kind=kind_words(row.kind, row.entity),
            entity=row.entity,
            title=str(names.get(row.entity, "" if kind == "note" else merging.KINDS[kind].label)),
            changes=tuple(
                (words.label(kind, name), _told(kind, name, write["value"], known, names))
                for name, write in fields.items()
                if name not in ("source", "source_note")
            ),
            note=row.note,
            important=bool(fields.get("important", {}).get("value")),
            source=_source(source, fields.get("source_note", {}).get("value")),
            who=row.actor_name,
            post=row.post_label,
            behalf=row.on_behalf_of,
            via=str(vias[row.via]),
        )


def _told(kind: str, name: str, value: Any, known: Known, names: dict[str, str]) -> str:
    """A value in words; towns and other entities by their names."""
    if isinstance(value, str) and name in ("town", "partner", "home", "at_town"):
        return known.town_name(value)
    if isinstance(value, str) and value in names:
        return names[value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "、".join(names.get(str(each), str(each)) for each in value)
    return words.value(kind, name, value)


def _source(source: Any, detail: Any) -> str:
    if source is None and detail is None:
        return ""
    said = words.value("note", "source", source) if source else ""
    return f"{said}（{detail}）" if said and detail else said or str(detail or "")

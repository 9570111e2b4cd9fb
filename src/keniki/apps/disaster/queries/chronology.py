"""The chronology of an incident (クロノロジー): events about no person, steps of procedures and transfers, answers to
injects, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from keniki.analysis import merging

from ..board_words import RECORDED, kind_words
from ..models import Event, Incident
from .board import words
from .board.places import Known
from .chronology_deeds import DEEDS, ROOMS, Deed
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


class Entry(NamedTuple):
    """Where a line comes from: when it came in, the kind of record, its key."""

    moment: datetime
    source: str
    key: str


class Chronology:
    """The entries of a chronology, the newest first: counted and cut in the database."""

    def __init__(self, parts: Sequence[QuerySet[Any]]) -> None:
        first, *others = parts
        whole = first.union(*others, all=True) if others else first
        self._rows = whole.order_by("-moment", "source", "-key_text")

    def count(self) -> int:
        """How many there are."""
        return int(self._rows.count())

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, cut: slice) -> list[Entry]:
        return [Entry(*row) for row in self._rows[cut]]


def chronology_of(incident: Incident, narrowed: ChronologyFilter) -> Chronology:
    """What the chronology has, the newest first."""
    parts = []
    if narrowed.kind not in DEEDS:
        parts.append(_keys(_events_of(incident, narrowed), "received_at", "event"))
    if not narrowed.important and (not narrowed.kind or narrowed.kind in DEEDS):
        parts += [
            _keys(_deeds_of(incident, narrowed, name), "made_at", name)
            for name in ROOMS
            if narrowed.kind in ("", name)
        ]
    return Chronology(parts)


def _keys(rows: QuerySet[Any], moment: str, source: str) -> QuerySet[Any]:
    keyed: QuerySet[Any] = rows.order_by().annotate(
        moment=F(moment), source=Value(source, CharField()), key_text=Cast("pk", CharField())
    )
    return keyed.values_list("moment", "source", "key_text")


def _deeds_of(incident: Incident, narrowed: ChronologyFilter, name: str) -> QuerySet[Any]:
    room = ROOMS[name]
    rows = room.rows(incident)
    if narrowed.town:
        rows = rows.filter(room.about(narrowed.town))
    if narrowed.since is not None:
        rows = rows.filter(made_at__gt=narrowed.since)
    if narrowed.until is not None:
        rows = rows.filter(made_at__lte=narrowed.until)
    if text := narrowed.text.strip():
        rows = rows.filter(room.saying(text))
    return rows


def _events_of(incident: Incident, narrowed: ChronologyFilter) -> QuerySet[Event]:
    rows = Event.objects.filter(incident=incident, personal=False)
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
    return rows


def lines_of(
    incident: Incident, entries: Sequence[Entry], known: Known, *, names: dict[str, str] | None = None
) -> list[Line]:
    """Entries as lines, in their order; a query for each kind of record, whatever their number."""
    keys: dict[str, list[str]] = {}
    for entry in entries:
        keys.setdefault(entry.source, []).append(entry.key)
    found: dict[tuple[str, str], Line] = {}
    if events := keys.get("event"):
        told = names if names is not None else names_told(incident, known)
        rows = Event.objects.filter(incident=incident, pk__in=events).select_related("municipality")
        found = {("event", line.id): line for line in _lines(list(rows), known, told)}
    for source, room in ROOMS.items():
        if source in keys:
            for key, deed in room.told(map(int, keys[source])).items():
                found[source, str(key)] = _deed_line(source, deed)
    return [found[entry.source, entry.key] for entry in entries if (entry.source, entry.key) in found]


def _deed_line(source: str, deed: Deed) -> Line:
    row = deed.row
    return Line(
        id=f"{source}-{row.pk}",
        received_at=row.made_at,
        at=row.made_at,
        town=deed.town,
        kind=DEEDS[source],
        entity="",
        title=deed.title,
        changes=deed.changes,
        note=deed.note,
        important=False,
        source=f"文書番号 {deed.source}" if deed.source else "",
        who=row.user.name if row.user else "システム管理者",
        post=row.post_label,
        behalf="",
        via=str(Event.Via.PAGE.label),
    )


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

"""The board composed from a state, headcounts and what is registered: pure, the same for the same events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from keniki.analysis import merging
from keniki.analysis.merging import SAME_AS, VOID

from . import words
from .data import Datum, Mark, Marked, Split
from .places import Known, Place
from .rows import (
    OPEN_REQUESTS,
    DamageRow,
    DistrictRow,
    Match,
    NoteRow,
    RequestRow,
    RoadRow,
    ShelterRow,
    TownRow,
    WarningRow,
)

#: The kinds the board shows: none is about a person.
KINDS: Final = ("town", "shelter", "district", "road", "request", "damage", "note", "warning")
_NOBODY: Final = merging.Headcount(0, 0, 0, 0, ())


@dataclass(frozen=True)
class Board:
    """The board as of `at` (None: now). Lists are in the order they are shown in; `outside` are the people who are at
    no shelter; `total` counts everybody once."""

    mode: str
    at: datetime | None
    splits: tuple[Split, ...]
    towns: tuple[TownRow, ...]
    districts: tuple[DistrictRow, ...]
    shelters: tuple[ShelterRow, ...]
    roads: tuple[RoadRow, ...]
    requests: tuple[RequestRow, ...]
    damage: tuple[DamageRow, ...]
    warnings: tuple[WarningRow, ...]
    notes: tuple[NoteRow, ...]
    total: merging.Headcount
    outside: merging.Headcount
    elsewhere: merging.Headcount
    last: Mark | None

    @property
    def active_shelters(self) -> list[ShelterRow]:
        """Shelters of which anything was said."""
        return [each for each in self.shelters if each.active]

    @property
    def ordered_districts(self) -> list[DistrictRow]:
        """Districts under an order or with one that was lifted."""
        return [each for each in self.districts if each.order]

    @property
    def sure_damage(self) -> dict[str, int]:
        """The sums of the figures people agree on, by field; a field in dispute anywhere is left out."""
        sums: dict[str, int] = {}
        disputed: set[str] = set()
        for row in self.damage:
            for name, datum in row.figures.items():
                if datum.conflict:
                    disputed.add(name)
                elif datum.value is not None:
                    sums[name] = sums.get(name, 0) + datum.value
        return {name: number for name, number in sums.items() if name not in disputed}


def composed(
    state: merging.State,
    counts: merging.Headcounts,
    known: Known,
    marks: Mapping[str, Mark],
    at: datetime | None = None,
) -> Board:
    """The board of a state."""
    making = _Composing(state, counts, known, Marked(marks))
    shelters = making.shelters()
    districts = making.districts()
    shown = {each.entity for each in shelters}
    places = [(place, each) for place, each in counts.places.items() if place is not None]
    return Board(
        mode=state.mode,
        at=at,
        splits=making.splits(),
        towns=making.towns(shelters, districts),
        districts=districts,
        shelters=shelters,
        roads=making.roads(),
        requests=making.requests(),
        damage=making.damage(),
        warnings=making.warnings(),
        notes=making.notes(),
        total=counts.total,
        outside=counts.places.get(None, _NOBODY),
        elsewhere=_sum(each for place, each in places if place not in shown),
        last=max(marks.values(), key=lambda each: each.at, default=None),
    )


def _sum(every: Iterable[merging.Headcount]) -> merging.Headcount:
    found = list(every)
    return merging.Headcount(
        sum(each.low for each in found),
        sum(each.high for each in found),
        sum(each.away for each in found),
        sum(each.expected for each in found),
        (),
    )


class _Composing:
    def __init__(
        self, state: merging.State, counts: merging.Headcounts, known: Known, marked: Marked
    ) -> None:
        self.state, self.counts, self.known, self.marked = state, counts, known, marked
        self.order = {code: at for at, code in enumerate(known.towns)}
        self.by_name = {name: each for name, each in state.joined.items() if not each.void}

    def towns(
        self, shelters: tuple[ShelterRow, ...], districts: tuple[DistrictRow, ...]
    ) -> tuple[TownRow, ...]:
        rows = []
        for code, town in self.known.towns.items():
            joined = self.by_name.get(f"town:{code}")
            own = [each for each in shelters if each.town == code]
            ordered = [each for each in districts if each.town == code and each.level]
            headquarters, level = self.datum(joined, "headquarters"), self.datum(joined, "warning_level")
            outages = self.marked.members(joined, "utilities")
            message, dispatch = self.datum(joined, "message"), self.datum(joined, "dispatch")
            rows.append(
                TownRow(
                    entity=f"town:{code}",
                    town=code,
                    town_name=town.name,
                    mark=self.marked.last(headquarters, level, message, dispatch, *outages.values()),
                    name=town.name,
                    headquarters=headquarters,
                    level=level,
                    dispatch=dispatch,
                    outages=outages,
                    message=message,
                    ordered=len(ordered),
                    highest=max((each.level for each in ordered), default=0),
                    people_ordered=sum(_people(each) for each in ordered),
                    open_shelters=sum(each.is_open for each in own),
                    full_shelters=sum("full" in each.states for each in own),
                    low=sum(each.low for each in own),
                    high=sum(each.high for each in own),
                    registered_shelters=sum(each.registered for each in own),
                )
            )
        return tuple(rows)

    def shelters(self) -> tuple[ShelterRow, ...]:
        rows = []
        for slug, place in self.known.shelters.items():
            joined = self.by_name.get(self.state.name_of(f"shelter:{slug}"))
            if joined is not None and joined.name != f"shelter:{slug}":
                continue
            if place.ended and joined is None and f"shelter:{slug}" not in self.counts.places:
                continue
            rows.append(self._shelter(f"shelter:{slug}", joined, place))
        rows += [
            self._shelter(joined.name, joined, self._registered(joined))
            for joined in self.state.of_kind("shelter")
            if joined.name.partition(":")[2] not in self.known.shelters
        ]
        return tuple(sorted(rows, key=lambda each: self._by_town(each.town)))

    def _registered(self, joined: merging.Joined) -> Place | None:
        """The registered place among what was said to be the same."""
        keys = [member.partition(":")[2] for member in joined.members]
        return next((self.known.shelters[key] for key in keys if key in self.known.shelters), None)

    def _shelter(self, entity: str, joined: merging.Joined | None, place: Place | None) -> ShelterRow:
        said = {
            name: self.datum(joined, name)
            for name in ("status", "count", "capacity", "wanted", "staff", "opened_at")
        }
        utilities = self.marked.members(joined, "utilities")
        told = self._text(joined, "town")
        code = place.town if place is not None and place.town else told
        counted = self.counts.places.get(entity, _NOBODY)
        position = self._position(joined)
        return ShelterRow(
            entity=entity,
            town=code,
            town_name=self.known.town_name(code),
            mark=self.marked.last(*said.values(), *utilities.values()),
            slug=entity.partition(":")[2],
            name=place.name if place is not None else self._text(joined, "name"),
            registered=place is not None,
            low=counted.low,
            high=counted.high,
            away=counted.away,
            expected=counted.expected,
            holds=place.people if place is not None else None,
            position=place.position if place is not None and place.position else position,
            utilities=utilities,
            address=self._text(joined, "address"),
            **said,
        )

    def districts(self) -> tuple[DistrictRow, ...]:
        rows = []
        for joined in self.state.of_kind("district"):
            place = self.known.districts.get(joined.name.partition(":")[2])
            said = {
                name: self.datum(joined, name)
                for name in ("order", "people", "households", "evacuated", "destinations")
            }
            code = place.town if place is not None and place.town else self._text(joined, "town")
            destinations = said["destinations"].value or ()
            rows.append(
                DistrictRow(
                    entity=joined.name,
                    town=code,
                    town_name=self.known.town_name(code),
                    mark=self.marked.last(*said.values()),
                    name=place.name if place is not None else self._text(joined, "name"),
                    residents=place.people if place is not None else None,
                    destination_names=tuple(self.name_of(each) for each in destinations),
                    **said,
                )
            )
        return tuple(sorted(rows, key=lambda each: (-each.level, self._by_town(each.town), each.name)))

    def roads(self) -> tuple[RoadRow, ...]:
        names = ("name", "state", "reason", "since", "until", "manager", "detour")
        rows = []
        for joined in self.state.of_kind("road"):
            said: dict[str, Any] = {name: self.datum(joined, name) for name in names}
            position = self._position(joined)
            rows.append(RoadRow(**self._frame(joined, said), position=position, **said))
        return tuple(
            sorted(
                rows,
                key=lambda each: (
                    each.state.value == "open",
                    self._by_town(each.town),
                    str(each.name.value),
                    each.entity,
                ),
            )
        )

    def requests(self) -> tuple[RequestRow, ...]:
        names = (
            "direction", "what", "item", "quantity", "unit", "partner", "place", "needed_by", "state", "promised",
            "delivered", "answers", "memo",
        )  # fmt: skip
        every: list[tuple[merging.Joined, dict[str, Any]]] = [
            (joined, {name: self.datum(joined, name) for name in names})
            for joined in self.state.of_kind("request")
        ]
        waiting: dict[tuple[Any, Any], list[tuple[merging.Joined, dict[str, Any]]]] = {}
        answered: dict[str, list[str]] = {}
        for joined, said in every:
            if not said["state"].values or said["state"].value in OPEN_REQUESTS:
                waiting.setdefault((said["direction"].value, said["what"].value), []).append((joined, said))
            for answer in said["answers"].values:
                if answer:
                    name = self.state.name_of(answer)
                    answered.setdefault(name, []).append(joined.name)
                    answered.setdefault(joined.name, []).append(name)
        rows = []
        for joined, said in every:
            partner = said["partner"].value
            shelter = self.datum(joined, "shelter").value
            rows.append(
                RequestRow(
                    **self._frame(joined, said),
                    partner_name=self.known.town_name(partner) if partner else "",
                    shelter_name=self.name_of(shelter) if shelter else "",
                    matches=self._matches(joined, said, waiting, answered.get(joined.name, [])),
                    **said,
                )
            )
        return tuple(
            sorted(
                rows,
                key=lambda each: (
                    not each.is_open,
                    each.direction.value == "offer",
                    each.needed_by.value or "9",
                    self._by_town(each.town),
                    each.entity,
                ),
            )
        )

    def _matches(
        self,
        joined: merging.Joined,
        said: Mapping[str, Datum],
        waiting: Mapping[tuple[Any, Any], list[tuple[merging.Joined, dict[str, Any]]]],
        sure: list[str],
    ) -> tuple[Match, ...]:
        """What was said to answer it; while it waits, also what waits in the other direction of the same kind and
        with a word of the item in common."""
        found = [
            Match(name, self._town_name(other), self._item(other), True)
            for name in dict.fromkeys(sure)
            if (other := self.by_name.get(name)) is not None
        ]
        if found or (said["state"].values and said["state"].value not in ("open", None)):
            return tuple(found)
        direction, item = said["direction"].value, said["item"].value
        opposite = {"request": "offer", "offer": "request"}.get(direction or "")
        for other, theirs in waiting.get((opposite, said["what"].value), []):
            if self._text(other, "town") == self._text(joined, "town"):
                continue
            if theirs["answers"].value is None and _alike(item, theirs["item"].value):
                found.append(Match(other.name, self._town_name(other), self._item(other), False))
        return tuple(found[:5])

    def _item(self, joined: merging.Joined) -> str:
        quantity, unit = joined.value("quantity"), joined.value("unit") or ""
        number = f"{quantity:,g}{unit}" if quantity is not None else ""
        return " ".join(part for part in (joined.value("item") or "", number) if part)

    def damage(self) -> tuple[DamageRow, ...]:
        rows = []
        for code in self.known.towns:
            joined = self.by_name.get(f"damage:{code}")
            if joined is None:
                continue
            figures = {
                name: datum
                for name in sorted(joined.registers)
                if name not in ("town", "as_of", "memo") and (datum := self.datum(joined, name))
            }
            rows.append(
                DamageRow(
                    entity=f"damage:{code}",
                    town=code,
                    town_name=self.known.town_name(code),
                    mark=self.marked.last(*figures.values(), self.datum(joined, "memo")),
                    figures=figures,
                    as_of=self.datum(joined, "as_of"),
                    memo=self.datum(joined, "memo"),
                )
            )
        return tuple(rows)

    def warnings(self) -> tuple[WarningRow, ...]:
        names = ("title", "level", "state", "issued_at", "source", "text")
        rows = []
        for joined in self.state.of_kind("warning"):
            said: dict[str, Any] = {name: self.datum(joined, name) for name in names}
            rows.append(WarningRow(**self._frame(joined, said), **said))
        return tuple(
            sorted(
                rows,
                key=lambda each: (
                    not each.in_force,
                    -(each.level.value or 0),
                    self._by_town(each.town),
                    each.entity,
                ),
            )
        )

    def notes(self) -> tuple[NoteRow, ...]:
        names = ("text", "source", "source_note", "happened_at", "important", "state", "action")
        rows = []
        for joined in self.state.of_kind("note"):
            said: dict[str, Any] = {name: self.datum(joined, name) for name in names}
            about = self._text(joined, "about")
            frame = self._frame(joined, said)
            rows.append(
                NoteRow(**frame, about=about, about_name=self.name_of(about) if about else "", **said)
            )
        return tuple(
            sorted(rows, key=lambda each: (each.mark.at if each.mark else _LONG_AGO, each.entity))[::-1]
        )

    def splits(self) -> tuple[Split, ...]:
        """Every disagreement; of who was taken back or is whom, on the entity where it was written."""
        found = []
        for name, joined in self.state.joined.items():
            registers = [(name, field, joined.registers[field]) for field in joined.registers]
            registers += [
                (member, field, self.state.entities[member].registers[field])
                for member in joined.members
                if member in self.state.entities
                for field in (VOID, SAME_AS)
                if field in self.state.entities[member].registers
            ]
            for entity, field, register in registers:
                if joined.void and field != VOID:
                    continue
                if register.conflict:
                    found.append(self._split(entity, field, register))
        return tuple(found)

    def _split(self, entity: str, field: str, register: merging.Register) -> Split:
        kind = entity.partition(":")[0]
        code = self._code(entity)
        return Split(
            entity,
            field,
            words.label(kind, field),
            self.name_of(entity),
            code,
            self.known.town_name(code) if code else "",
            self.marked.options(kind, field, register),
            tuple(register.heads),
        )

    def name_of(self, entity: str) -> str:
        """What people call an entity."""
        kind, _, key = entity.partition(":")
        joined = self.by_name.get(self.state.name_of(entity))
        if kind in ("town", "damage"):
            return self.known.town_name(key)
        if kind in ("shelter", "district"):
            place = (self.known.shelters if kind == "shelter" else self.known.districts).get(key)
            return place.name if place is not None else self._text(joined, "name") or key
        title = {"road": "name", "request": "item", "warning": "title", "note": "text"}.get(kind, "name")
        return self._text(joined, title)[:60] or merging.KINDS[kind].label

    def datum(self, joined: merging.Joined | None, name: str) -> Datum:
        return self.marked.datum(joined, name)

    def _code(self, entity: str) -> str:
        kind, _, key = entity.partition(":")
        if kind in ("town", "damage"):
            return key
        places = {"shelter": self.known.shelters, "district": self.known.districts}.get(kind, {})
        if key in places:
            return places[key].town
        return self._text(self.by_name.get(self.state.name_of(entity)), "town")

    def _text(self, joined: merging.Joined | None, name: str) -> str:
        """The text in a field; of several that stand the first, so that nothing is without a name."""
        register = joined.registers.get(name) if joined is not None else None
        values = [value for value in register.values if value] if register is not None else []
        return str(values[0]) if values else ""

    def _town_name(self, joined: merging.Joined) -> str:
        code = self._text(joined, "town")
        return self.known.town_name(code) if code else ""

    def _frame(self, joined: merging.Joined, said: Mapping[str, Any]) -> dict[str, Any]:
        code = self._text(joined, "town")
        return {
            "entity": joined.name,
            "town": code,
            "town_name": self.known.town_name(code) if code else "",
            "mark": self.marked.last(*said.values()),
        }

    def _position(self, joined: merging.Joined | None) -> tuple[float, float] | None:
        value = joined.value("position") if joined is not None else None
        return (float(value["lon"]), float(value["lat"])) if value else None

    def _by_town(self, code: str) -> int:
        return self.order.get(code, len(self.order))


_LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _people(row: DistrictRow) -> int:
    """The people an order is for: as said, else the residents that are registered."""
    return row.people.value if row.people.value is not None else row.residents or 0


def _alike(one: str | None, other: str | None) -> bool:
    """Whether two items share a word of two letters or more."""
    first, second = (one or "").strip(), (other or "").strip()
    if not first or not second:
        return False
    return first in second or second in first or bool(_pairs(first) & _pairs(second))


def _pairs(text: str) -> set[str]:
    """Every three letters in a row (all of a shorter text)."""
    flat = "".join(text.split())
    return {flat[at : at + 3] for at in range(max(1, len(flat) - 2))}

"""How many people are where (滞在者数), from who is present: a range wherever people disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .joining import merged, voided
from .registers import Register
from .states import State

PRESENCE: Final = "presence"


@dataclass(frozen=True)
class Headcount:
    """The people of a place: at least `low`, at most `high`; `unsure` names those in between, to be looked at.

    `away` (外出中) and `expected` (受入予定) are others, as far as nobody disagrees; they stand in no sum.
    """

    low: int
    high: int
    away: int
    expected: int
    unsure: tuple[str, ...]


@dataclass(frozen=True)
class Headcounts:
    """The people of every place by its name; None stands for those who are at no shelter (指定避難所以外).

    In `total` everybody counts once: who is in one of two places, unsure in which, is surely somewhere.
    """

    places: Mapping[str | None, Headcount]
    total: Headcount


def headcounts(state: State) -> Headcounts:
    """The headcounts of an incident: who is in at each place (`presence`), not what was counted by hand.

    A person who is joined from several entries counts once. Where it is disputed that they are one, the most is
    counted as if they were several.

    >>> from keniki.analysis.merging.examples import INCIDENT, event
    >>> from keniki.analysis.merging.states import fold
    >>> here = event("a", presence={"state": "in", "place": "shelter:kita"})
    >>> gone = event("b", presence={"state": "left"})
    >>> counts = headcounts(fold([here, gone], incident=INCIDENT, mode="exercise"))
    >>> (counts.places["shelter:kita"].low, counts.places["shelter:kita"].high)
    (0, 1)
    """
    places: dict[str | None, _Tally] = defaultdict(_Tally)
    total = _Tally()
    for person in state.of_kind("person"):
        said = _said(person.registers.get(PRESENCE), state)
        if not said:
            continue
        parts = [said]
        if person.unsure_join:
            parts = [_said(_presence(part, state), state) for part in person.parts]
        sure = not person.unsure_void
        here = {where for where, _ in said}
        possible = sum(any(where == "in" for where, _ in part) for part in parts)
        total.count(person.name, sure and here == {"in"}, possible)
        for place in {place for part in [said, *parts] for where, place in part if where == "in"}:
            possible = sum(("in", place) in part for part in parts)
            places[place].count(person.name, sure and said == {("in", place)}, possible)
        if sure and len(said) == 1 and not person.unsure_join:
            [(where, place)] = said
            for tally in (places[place], total) if where in ("away", "expected") else ():
                tally.away += where == "away"
                tally.expected += where == "expected"
    ordered = sorted(places, key=lambda place: (place is None, place or ""))
    return Headcounts({place: places[place].headcount() for place in ordered}, total.headcount())


@dataclass
class _Tally:
    low: int = 0
    high: int = 0
    away: int = 0
    expected: int = 0
    unsure: list[str] = field(default_factory=list)

    def count(self, name: str, low: bool, high: int) -> None:
        """At least `low` (nobody or one) and at most `high` of what is entered as `name`."""
        self.low += low
        self.high += high
        if low != high:
            self.unsure.append(name)

    def headcount(self) -> Headcount:
        return Headcount(self.low, self.high, self.away, self.expected, tuple(self.unsure))


def _presence(part: tuple[str, ...], state: State) -> Register | None:
    """The presence of the members of a part, as if they were one and apart from the others."""
    known = [state.entities[name] for name in part if name in state.entities]
    return merged([each for each in known if not voided(each)[0]]).get(PRESENCE)


def _said(register: Register | None, state: State) -> set[tuple[str, str | None]]:
    """The different states and places people wrote: since when does not make two presences of one."""
    found: set[tuple[str, str | None]] = set()
    for value in () if register is None else register.heads.values():
        if value is None:
            found.add(("left", None))
        else:
            place = value.get("place")
            found.add((value["state"], state.name_of(place) if place else None))
    return found

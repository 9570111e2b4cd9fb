"""The rows of the board: towns, districts, shelters, roads, damage, requests, warnings, notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from keniki.analysis.merging.kinds import ROADS, SHELTER_STATES

from .data import Datum, Mark
from .words import OUTAGES, UTILITIES, when

#: The warning level (警戒レベル) an order of evacuation stands for.
LEVEL_OF_ORDER: Final = {"elderly": 3, "evacuate": 4, "safety": 5}
LEVEL_WORDS: Final = {
    1: "早期注意情報", 2: "注意報", 3: "高齢者等避難", 4: "避難指示", 5: "緊急安全確保",
}  # fmt: skip
ORDER_WORDS: Final = {
    "none": "発令なし", "elderly": "高齢者等避難", "evacuate": "避難指示", "safety": "緊急安全確保", "lifted": "解除",
}  # fmt: skip
SHELTER_WORDS: Final = SHELTER_STATES
ROAD_WORDS: Final = ROADS
OPEN_STATES: Final = ("open", "full")
OPEN_REQUESTS: Final = ("open", "matched", "accepted", "sent", None)


@dataclass(frozen=True)
class Row:
    """What every row has: the entity it is about, its town's code and name, the last that was written of it."""

    entity: str
    town: str
    town_name: str
    mark: Mark | None

    @property
    def key(self) -> str:
        """The key of the entity."""
        return self.entity.partition(":")[2]


@dataclass(frozen=True)
class DistrictRow(Row):
    """A district under an order: `order` is the mayor's; Keniki never issues one."""

    name: str
    order: Datum
    people: Datum
    households: Datum
    evacuated: Datum
    destinations: Datum
    residents: int | None
    destination_names: tuple[str, ...]

    @property
    def issued(self) -> str:
        """When the mayor decided, in words."""
        return when(self.order.part("at"))

    @property
    def issuer(self) -> str:
        """Who issued the order."""
        return str(self.order.part("by") or "")

    @property
    def document(self) -> str:
        """The document's number and the means by which it was told."""
        return str(self.order.part("document") or "")

    @property
    def levels(self) -> tuple[int, ...]:
        """The warning levels that stand, the highest first: several where people disagree; 0 without an order."""
        found = {LEVEL_OF_ORDER.get(value.get("level"), 0) for value in self.order.values if value}
        return tuple(sorted(found, reverse=True))

    @property
    def order_words(self) -> tuple[tuple[int, str], ...]:
        """The orders that stand, each with its level (0 without one) and words."""
        found = [
            (LEVEL_OF_ORDER.get(value.get("level"), 0), ORDER_WORDS.get(value.get("level"), ""))
            for value in self.order.values
            if value
        ]
        return tuple(sorted(found, reverse=True))

    @property
    def level(self) -> int:
        """The warning level of the order, 0 without one; of several that stand the highest, to be on the safe side."""
        return max(self.levels, default=0)


@dataclass(frozen=True)
class ShelterRow(Row):
    """A shelter. `low` to `high` people are registered as in; `counts` were counted by hand and stand beside it."""

    slug: str
    name: str
    registered: bool
    status: Datum
    low: int
    high: int
    away: int
    expected: int
    count: Datum
    capacity: Datum
    holds: int | None
    position: tuple[float, float] | None
    wanted: Datum
    utilities: Mapping[str, Datum]
    staff: Datum
    opened_at: Datum
    address: str

    @property
    def states(self) -> tuple[str, ...]:
        """The states that stand; 未開設 where nobody said anything."""
        return tuple(str(value) for value in self.status.values if value) or ("unopened",)

    @property
    def state_words(self) -> tuple[tuple[str, str], ...]:
        """The states that stand, each with its words."""
        return tuple((state, SHELTER_WORDS.get(state, state)) for state in self.states)

    @property
    def utility_words(self) -> tuple[tuple[str, Datum], ...]:
        """What works and what does not, each with its name."""
        return tuple((UTILITIES.get(name, name), datum) for name, datum in self.utilities.items())

    @property
    def is_open(self) -> bool:
        """Whether somebody says it is open."""
        return any(state in OPEN_STATES for state in self.states)

    @property
    def active(self) -> bool:
        """Whether anything was said of it beside that it is not open, or somebody is there."""
        return self.states != ("unopened",) or self.high > 0 or bool(self.count)

    @property
    def counted(self) -> tuple[int, ...]:
        """The numbers of people that were counted by hand and stand, the smallest first."""
        return tuple(sorted(value["people"] for value in self.count.values if value))

    @property
    def limit(self) -> int | None:
        """How many it takes: as said in the incident, else as registered."""
        return self.capacity.value if self.capacity.value is not None else self.holds


@dataclass(frozen=True)
class TownRow(Row):
    """A town: headquarters, warning level, what its districts and shelters add up to."""

    name: str
    headquarters: Datum
    level: Datum
    dispatch: Datum
    outages: Mapping[str, Datum]
    message: Datum
    ordered: int
    highest: int
    people_ordered: int
    open_shelters: int
    full_shelters: int
    low: int
    high: int
    registered_shelters: int

    @property
    def levels(self) -> tuple[int, ...]:
        """The warning levels that stand, the highest first."""
        return tuple(sorted((value for value in self.level.values if value), reverse=True))

    @property
    def level_words(self) -> tuple[tuple[int, str], ...]:
        """The warning levels that stand, each with its words."""
        return tuple((level, LEVEL_WORDS[level]) for level in self.levels)

    @property
    def outage_words(self) -> tuple[tuple[str, Datum], ...]:
        """How many households lack what."""
        return tuple((OUTAGES.get(name, name), datum) for name, datum in self.outages.items())


@dataclass(frozen=True)
class RoadRow(Row):
    """A road with what is known of its passability."""

    name: Datum
    state: Datum
    reason: Datum
    since: Datum
    until: Datum
    manager: Datum
    detour: Datum
    position: tuple[float, float] | None

    @property
    def states(self) -> tuple[str, ...]:
        """The states that stand."""
        return tuple(str(value) for value in self.state.values if value)


@dataclass(frozen=True)
class RequestRow(Row):
    """A request (要請) or an offer (申出), with those of the other direction that may answer it."""

    direction: Datum
    what: Datum
    item: Datum
    quantity: Datum
    unit: Datum
    partner: Datum
    partner_name: str
    place: Datum
    shelter_name: str
    needed_by: Datum
    state: Datum
    promised: Datum
    delivered: Datum
    answers: Datum
    memo: Datum
    matches: tuple[Match, ...]

    @property
    def needed_words(self) -> str:
        """By when it is needed, in words."""
        return self.needed_by.words

    @property
    def is_open(self) -> bool:
        """Whether it waits for something."""
        return not self.state.values or any(value in OPEN_REQUESTS for value in self.state.values)


@dataclass(frozen=True)
class Match:
    """A request or offer that may answer another; `sure` where somebody said so."""

    entity: str
    town_name: str
    words: str
    sure: bool


@dataclass(frozen=True)
class DamageRow(Row):
    """A town's figures of damage, by field."""

    figures: Mapping[str, Datum]
    as_of: Datum
    memo: Datum


@dataclass(frozen=True)
class WarningRow(Row):
    """A warning of the weather service for a town."""

    title: Datum
    level: Datum
    state: Datum
    issued_at: Datum
    source: Datum
    text: Datum

    @property
    def in_force(self) -> bool:
        """Whether it was not lifted."""
        return not self.state.values or any(value != "lifted" for value in self.state.values)


@dataclass(frozen=True)
class NoteRow(Row):
    """A note of the chronology."""

    text: Datum
    source: Datum
    source_note: Datum
    happened_at: Datum
    important: Datum
    state: Datum
    action: Datum
    about: str
    about_name: str

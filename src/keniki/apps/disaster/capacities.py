"""How many people shelters hold: their spaces by a dated standard, season and time of day, with the arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from keniki.analysis import needs
from keniki.analysis.needs.spaces import At, Kind
from keniki.apps.regions.policies import today
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import SEASONS, Season, SpaceStandard
from keniki.rulebooks.loader import Rule

from .models import ShelterSpace

_KINDS: Final[Mapping[str, Kind]] = {"hall": "hall", "room": "room", "tent": "tent"}
TIMES: Final[Mapping[At, str]] = {"day": "昼", "night": "夜"}


@dataclass(frozen=True)
class Basis:
    """What a capacity is reckoned by: the standard of floor area, the season, the time of day, the day of the rule."""

    standard: str
    season: Season
    at: At
    on: date

    @classmethod
    def of(cls, standard: str = "", season: str = "", at: str = "", on: date | None = None) -> Basis:
        """The basis with what is named; the rest as it is on that day (at night). Unknown names count as none."""
        day = on or today()
        known = standards.space_standards(day)
        winter: Season = standards.winter(day).value.season(day)
        return cls(
            standard if standard in known else standards.default_space(day),
            next((each for each in SEASONS if each == season), winter),
            next((each for each in TIMES if each == at), "night"),
            day,
        )

    @property
    def rule(self) -> Rule[SpaceStandard]:
        """The standard with its source."""
        return standards.space_standard(self.standard, self.on)

    @property
    def words(self) -> str:
        """In words, as a heading has it."""
        return f"{SEASONS[self.season]}・{TIMES[self.at]}"

    def other(self, season: Season, at: At) -> Basis:
        """The same standard in another season or at another time."""
        return Basis(self.standard, season, at, self.on)


@dataclass(frozen=True)
class Counted:
    """A space and how many it holds; None where nobody said how large it is. `cars` stand outside the sum."""

    space: ShelterSpace
    people: int | None
    uncounted: int
    arithmetic: str
    reason: str


@dataclass(frozen=True)
class Held:
    """A shelter's spaces together: `people` is None where nothing is known of any of them.

    `uncounted_halls` and `uncounted_tents` would hold so many more if they were heated; `unknown` spaces lack their
    size; `accessible`, `welfare` and `in_tents` are parts of `people`; `cars` stay in their cars and are no part.
    """

    spaces: tuple[Counted, ...]
    people: int | None
    accessible: int
    welfare: int
    in_tents: int
    uncounted_halls: int
    uncounted_tents: int
    unknown: int
    cars: int


@dataclass(frozen=True)
class Sums:
    """Several shelters together; `lacking` of them have no size at all."""

    shelters: int
    people: int
    uncounted_halls: int
    uncounted_tents: int
    lacking: int
    cars: int

    @property
    def is_known(self) -> bool:
        """Whether the size of any of them is known: else the sum says nothing."""
        return self.lacking < self.shelters


NOTHING: Final = Held((), None, 0, 0, 0, 0, 0, 0, 0)


def held(spaces: Mapping[int, Sequence[ShelterSpace]], basis: Basis) -> dict[int, Held]:
    """What each shelter (by its id) holds by this basis."""
    known = [each for several in spaces.values() for each in several if _is_sized(each)]
    found = needs.capacity(
        [_as_space(each, basis.standard) for each in known],
        basis.on,
        season=basis.season,
        at=basis.at,
        standard=basis.standard,
    )
    by_space = {space.pk: one for space, one in zip(known, found.spaces, strict=True)}
    return {
        pk: _together([_counted(each, by_space.get(each.pk)) for each in several])
        for pk, several in spaces.items()
    }


def summed(every: Sequence[Held]) -> Sums:
    """The sums over shelters."""
    return Sums(
        len(every),
        sum(each.people or 0 for each in every),
        sum(each.uncounted_halls for each in every),
        sum(each.uncounted_tents for each in every),
        sum(each.people is None for each in every),
        sum(each.cars for each in every),
    )


def _is_sized(space: ShelterSpace) -> bool:
    return space.kind in _KINDS and (space.floor_area is not None or space.capacity is not None)


def _as_space(space: ShelterSpace, standard: str) -> needs.Space:
    # A number that was set for the space counts instead of the division; the floor only says then that there is one.
    floor = Fraction(space.floor_area) if space.floor_area is not None else Fraction(1)
    closed = Fraction(0)
    return needs.Space(
        key=str(space.pk),
        floor_m2=floor,
        kind=_KINDS[space.kind],
        name=space.name,
        heated=bool(space.heated),
        day_m2=None if space.by_day else closed,
        night_m2=None if space.by_night else closed,
        laid_out={standard: space.capacity} if space.capacity is not None else {},
        accessible=space.accessible,
    )


def _counted(space: ShelterSpace, one: needs.Held | None) -> Counted:
    if space.kind == ShelterSpace.Kind.CAR:
        text = f"個別に定めた {space.capacity:,}人" if space.capacity is not None else ""
        return Counted(space, None, 0, text, "車の中で過ごす人は、建物の収容人数に数えない")
    if one is None:
        return Counted(space, None, 0, "", "面積も人数も入力されていない")
    text = one.arithmetic if space.capacity is None else f"個別に定めた {space.capacity:,}人"
    reason = one.reason
    if one.uncounted and space.heated is None:
        reason = f"{reason}（暖房の有無が未入力のため、ないものとして扱う）"
    return Counted(space, one.people, one.uncounted, text, reason)


def _together(every: Sequence[Counted]) -> Held:
    sized = [each for each in every if each.people is not None]
    tents = [each for each in sized if each.space.kind == ShelterSpace.Kind.TENT]
    cars = [each.space for each in every if each.space.kind == ShelterSpace.Kind.CAR]
    return Held(
        spaces=tuple(every),
        people=sum(each.people or 0 for each in sized) if sized else None,
        accessible=sum(each.people or 0 for each in sized if each.space.accessible),
        welfare=sum(each.people or 0 for each in sized if each.space.welfare),
        in_tents=sum(each.people or 0 for each in tents),
        uncounted_halls=sum(each.uncounted for each in sized) - sum(each.uncounted for each in tents),
        uncounted_tents=sum(each.uncounted for each in tents),
        unknown=len(every) - len(sized) - len(cars),
        cars=sum(each.capacity or 0 for each in cars),
    )

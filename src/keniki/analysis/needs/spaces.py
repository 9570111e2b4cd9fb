"""How many people a shelter's spaces hold: floor ÷ m² by standard, day or night, season; what does not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import SEASONS, Season, SpaceStandard, Winter

from .quantities import counted, measured, percent, share, shown, written

#: What a space is: a heated or heatable room, a gymnasium or other hall, a tent.
Kind: TypeAlias = Literal["room", "hall", "tent"]
At: TypeAlias = Literal["day", "night"]
KINDS: Final[dict[Kind, str]] = {"room": "室", "hall": "屋内運動場・ホール", "tent": "テント"}
TIMES: Final[dict[At, str]] = {"day": "昼間", "night": "夜間"}
#: A floor larger than any hall's is a slip of the finger.
_MOST_M2: Final = 10**6


@dataclass(frozen=True)
class Space:
    """A room, hall or tent of a shelter.

    `floor_m2` is the floor people may use; `usable` the part of it that aisles and equipment leave (有効面積率).
    `day_m2` and `night_m2` replace the floor where a space is only partly free then (0: closed). `laid_out` is the
    number of places counted on the floor plan by standard: it counts instead of the division.
    """

    key: str
    floor_m2: Fraction
    kind: Kind = "room"
    name: str = ""
    heated: bool = False
    usable: Fraction = Fraction(1)
    day_m2: Fraction | None = None
    night_m2: Fraction | None = None
    laid_out: Mapping[str, int] = field(default_factory=dict)
    accessible: bool = False


@dataclass(frozen=True)
class Held:
    """How many people a space holds: `people` count, `uncounted` would if it were heated; why, and the arithmetic."""

    key: str
    people: int
    uncounted: int
    kind: Kind
    accessible: bool
    arithmetic: str
    reason: str = ""


@dataclass(frozen=True)
class Capacity:
    """The capacity (収容可能人数) of spaces together; `in_tents` and `accessible` are parts of `people`.

    `uncounted_halls` and `uncounted_tents` stand beside it: people they would hold with heating.
    """

    standard: str
    season: Season
    at: At
    spaces: tuple[Held, ...]

    @property
    def people(self) -> int:
        return sum(each.people for each in self.spaces)

    @property
    def in_tents(self) -> int:
        return sum(each.people for each in self.spaces if each.kind == "tent")

    @property
    def accessible(self) -> int:
        return sum(each.people for each in self.spaces if each.accessible)

    @property
    def uncounted_halls(self) -> int:
        return sum(each.uncounted for each in self.spaces if each.kind != "tent")

    @property
    def uncounted_tents(self) -> int:
        return sum(each.uncounted for each in self.spaces if each.kind == "tent")


def capacity(
    spaces: Sequence[Space],
    on: date,
    *,
    season: Season | None = None,
    at: At = "night",
    standard: str | None = None,
) -> Capacity:
    """The capacity of `spaces`, in their order, by the standard in force on `on`.

    Each space holds the whole persons its usable floor divided by the standard's m² gives. In winter (`season`, else by
    the month of `on`) an unheated hall or tent holds nobody and its number stands beside. WrongInput names the space
    with a floor that cannot be, a share beyond 1, a key given twice. Rules: `space.*`, `winter`.

    >>> hall = Space("gym", Fraction(700), "hall")
    >>> found = capacity([hall, Space("room", Fraction(64))], date(2026, 1, 15))
    >>> found.people, found.uncounted_halls
    (18, 200)
    >>> capacity([hall], date(2026, 7, 1), standard="council_2018").people
    424
    """
    key = standard or standards.default_space(on)
    rule = standards.space_standard(key, on).value
    cold = standards.winter(on).value
    now = season or cold.season(on)
    if now not in SEASONS or at not in TIMES:
        raise WrongInput("季節は winter か mild、時間は day か night で指定してください。", column="season")
    seen: set[str] = set()
    held = []
    for space in spaces:
        if space.key in seen:
            raise WrongInput(f"スペース「{space.key}」が2回あります。1つにしてください。", column=space.key)
        seen.add(space.key)
        held.append(_held(space, key, rule, cold, now, at))
    return Capacity(key, now, at, tuple(held))


def people_missing(wanted: int, found: Capacity) -> int:
    """People for whom the spaces have no room.

    >>> people_missing(30, capacity([Space("room", Fraction(35))], date(2026, 7, 1)))
    20
    """
    return max(0, counted(wanted, "避難者数", "people") - found.people)


def _held(space: Space, key: str, rule: SpaceStandard, cold: Winter, season: Season, at: At) -> Held:
    label = space.name or space.key
    if space.kind not in KINDS:
        raise WrongInput(f"「{label}」の種類は {'、'.join(KINDS)} のどれかにしてください。", column=space.key)
    floor, part = _floor(space, label, at), share(space.usable, f"「{label}」の有効面積率", space.key)
    net = floor * part
    plan = space.laid_out.get(key)
    if plan is not None:
        number = counted(plan, f"「{label}」の図面上の人数", space.key)
        number = number if net else 0
        text = f"図面に置いた区画 {number:,}人分"
    else:
        number = int(net / rule.m2)
        usable = "" if part == 1 else f" × {percent(part)}"
        text = f"{shown(floor)}㎡{usable} ÷ {written(rule.m2)}㎡（切捨て） = {number:,}人"
    if rule.aisle_m is not None and plan is None:
        text += f"。通路幅{written(rule.aisle_m)}mは引いていないため、間取図で数えた人数に改める"
    reason = "" if net else f"{TIMES[at]}は使えない"
    if season == "winter" and not space.heated and space.kind in cold.uncounted_unheated:
        return Held(
            space.key,
            0,
            number,
            space.kind,
            space.accessible,
            text,
            reason or f"暖房がない{KINDS[space.kind]}のため、{SEASONS[season]}は数えない",
        )
    return Held(space.key, number, 0, space.kind, space.accessible, text, reason)


def _floor(space: Space, label: str, at: At) -> Fraction:
    floor = measured(space.floor_m2, f"「{label}」の床面積", space.key)
    if floor > _MOST_M2:
        raise WrongInput(f"「{label}」の床面積は{_MOST_M2:,}㎡までにしてください。", column=space.key)
    given = space.day_m2 if at == "day" else space.night_m2
    if given is None:
        return floor
    found = measured(given, f"「{label}」の{TIMES[at]}の床面積", space.key)
    if found > floor:
        raise WrongInput(f"「{label}」の{TIMES[at]}の床面積が、床面積を超えています。", column=space.key)
    return found

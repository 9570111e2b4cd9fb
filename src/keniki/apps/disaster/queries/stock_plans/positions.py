"""How the towns and the region stand: need against what is there, item by item, and who could lend to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Final

from keniki.analysis.needs import Joint, Line, Standing, lending, minimums, minimums_apart, standings
from keniki.apps.regions.models import Municipality, Region
from keniki.rulebooks.disaster.standards import GROUPS

from .holdings import Held, Uncounted, as_lots, held_on
from .targets import TownNeed, joint_people, town_needs

#: How the least of each town is reckoned.
MODES: Final = {
    "apart": "市町村ごとに切り上げる",
    "joint": "圏域の合計から分ける",
}


@dataclass(frozen=True)
class Lend:
    """A town that could lend so much to another and keep its own least."""

    giver: Municipality
    taker: Municipality
    quantity: int


@dataclass(frozen=True)
class ItemRow:
    """An item: what the region needs and has, and how each town stands (None: it needs none of it)."""

    key: str
    name: str
    unit: str
    group: str
    joint: Joint
    cells: tuple[Standing | None, ...]
    lends: tuple[Lend, ...]
    confirmed: bool

    @property
    def covered(self) -> int:
        """How much of the need is there, in whole per cent, rounded down."""
        return self.joint.has * 100 // self.joint.minimum if self.joint.minimum else 100

    @property
    def after_lending(self) -> int:
        """What the towns lack once whoever can has lent."""
        return self.joint.missing_apart - sum(each.quantity for each in self.lends)


@dataclass(frozen=True)
class Position:
    """The stockpile on a day against the needs of a fiscal year."""

    year: int
    day: date
    mode: str
    towns: tuple[TownNeed, ...]
    rows: tuple[ItemRow, ...]
    uncounted: tuple[Uncounted, ...]
    expired: tuple[Held, ...]
    held: tuple[Held, ...] = field(repr=False)

    @property
    def people(self) -> int:
        """The one denominator of the region."""
        return joint_people(self.towns)

    @cached_property
    def without_target(self) -> list[Municipality]:
        return [each.town for each in self.towns if each.target is None]

    @cached_property
    def problems(self) -> list[TownNeed]:
        return [each for each in self.towns if each.problem]

    @cached_property
    def grouped(self) -> list[tuple[str, list[ItemRow]]]:
        """The rows under the names of their groups."""
        found = [(title, [row for row in self.rows if row.group == group]) for group, title in GROUPS.items()]
        return [(title, rows) for title, rows in found if rows]

    @property
    def short(self) -> int:
        """How many items the region lacks."""
        return sum(bool(row.joint.missing) for row in self.rows)


def position_of(
    region: Region,
    year: int,
    day: date,
    *,
    mode: str = "apart",
    towns: list[TownNeed] | None = None,
    held: list[Held] | None = None,
) -> Position:
    """How the region stands on `day` against the targets of a fiscal year. Constant number of queries."""
    found = town_needs(region, year) if towns is None else towns
    there = held_on(region, day) if held is None else held
    reckoned = [each for each in found if each.needs is not None]
    lots, uncounted = as_lots(region, there, day, day=day)
    least = leasts(reckoned, mode)
    joints = standings(lots, {code: dict(each) for code, each in least.items()}, day)
    of = {each.town.code: each.town for each in found}
    lines = lines_of(reckoned)
    rows = []
    for key, lines_by_town in lines.items():
        joint = joints[key]
        cells = {each.owner: each for each in joint.standings}
        line = next(iter(lines_by_town.values()))
        rows.append(
            ItemRow(
                key,
                line.name,
                line.unit,
                line.group,
                joint,
                tuple(cells.get(each.town.code) for each in found),
                tuple(Lend(of[a], of[b], number) for a, b, number in lending(joint)),
                all(each.confirmed for each in lines_by_town.values()),
            )
        )
    return Position(
        year,
        day,
        mode,
        tuple(found),
        tuple(rows),
        tuple(uncounted),
        tuple(each for each in there if not each.is_usable(day)),
        tuple(there),
    )


def lines_of(found: list[TownNeed]) -> dict[str, dict[str, Line]]:
    """The lines of all towns by item, then code; items in the order of the standards."""
    lines: dict[str, dict[str, Line]] = {}
    for each in found:
        for line in each.needs.lines if each.needs is not None else ():
            lines.setdefault(line.key, {})[each.town.code] = line
    return lines


def leasts(found: list[TownNeed], mode: str) -> dict[str, dict[str, int]]:
    """The least of every town by its code, then item.

    `apart`: each town's own need, rounded up by itself. `joint`: the exact needs of all towns added up, rounded up
    once, and divided in proportion to them (the same as one reckoning for all people where the towns' days and
    figures are the same).
    """
    if mode == "apart":
        return minimums_apart({each.town.code: each.needs for each in found if each.needs is not None})
    least: dict[str, dict[str, int]] = {each.town.code: {} for each in found}
    for key, lines in lines_of(found).items():
        exact = {code: line.exact for code, line in lines.items()}
        whole = sum(exact.values(), Fraction(0))
        wanted = -(-whole.numerator // whole.denominator)
        if not wanted:
            continue
        for code, parts in minimums({key: wanted}, dict(exact)).items():
            least[code] |= parts
    return least


def wanted(found: list[TownNeed], mode: str) -> dict[str, int]:
    """The units of each item that all towns together need."""
    total: dict[str, int] = {}
    for each in leasts(found, mode).values():
        for key, number in each.items():
            total[key] = total.get(key, 0) + number
    return {key: total[key] for key in lines_of(found) if total.get(key)}

"""Exact parts of a bill made whole: they always add up to it (端数処理)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Final, Literal, TypeAlias

Yen: TypeAlias = int
#: How a part that somebody else's rounding makes up for is rounded.
Direction: TypeAlias = Literal["down", "half_up", "up"]
#: The rule of the largest remainder; any other word is the one who takes what is left.
LARGEST: Final = "largest"


def whole(
    parts: Mapping[str, Fraction],
    total: Yen,
    *,
    unit: Yen = 1,
    remainder: str = LARGEST,
    direction: Direction = "down",
) -> dict[str, Yen]:
    """Parts in whole multiples of `unit` yen that add up to `total`, in the order given.

    With the rule of the largest remainder every part is rounded down, and the units left go one by one to those who
    lost most (of equal ones to the larger part, then to the first by name); what is left below a unit goes to the
    first of these. With a name in `remainder` the others are rounded in `direction` and the named one takes the rest.
    ValueError where the parts don't add up to the total, for a negative part or unit, for a name that is not there,
    and where rounding the others would leave the named one less than nothing.

    >>> third = Fraction(100, 3)
    >>> whole({"A": third, "B": third, "C": third}, 100)
    {'A': 34, 'B': 33, 'C': 33}
    >>> whole({"A": third, "B": third, "C": third}, 100, remainder="C")
    {'A': 33, 'B': 33, 'C': 34}
    """
    if unit < 1:
        raise ValueError(f"a unit of rounding has to be a yen at least, not {unit}")
    yen = lcm(*(part.denominator for part in parts.values()))
    counted = {name: part.numerator * (yen // part.denominator) for name, part in parts.items()}
    if sum(counted.values()) != total * yen:
        raise ValueError(f"the parts add up to {sum(parts.values())}, not to {total}")
    if any(count < 0 for count in counted.values()):
        raise ValueError("a part is negative")
    if remainder != LARGEST:
        return _taken_by(remainder, parts, total, unit, direction)
    found = {name: count // (unit * yen) * unit for name, count in counted.items()}
    left, below = divmod(total - sum(found.values()), unit)
    order = sorted(parts, key=lambda name: (found[name] * yen - counted[name], -counted[name], name))
    paying = [name for name in order if counted[name] > 0] or order
    for name in paying[:left]:
        found[name] += unit
    if below:
        found[paying[left % len(paying)]] += below
    return found


def _taken_by(
    name: str, parts: Mapping[str, Fraction], total: Yen, unit: Yen, direction: Direction
) -> dict[str, Yen]:
    if name not in parts:
        raise ValueError(f"{name} takes the remainder but has no part")
    found = {each: _rounded(part, unit, direction) for each, part in parts.items()}
    found[name] = total - sum(value for each, value in found.items() if each != name)
    if found[name] < 0:
        raise ValueError(f"rounding the others leaves {name} less than nothing")
    return found


def _rounded(part: Fraction, unit: Yen, direction: Direction) -> Yen:
    units = part / unit
    down = units.numerator // units.denominator
    over = units - down
    up = over > 0 if direction == "up" else direction == "half_up" and over >= Fraction(1, 2)
    return (down + int(up)) * unit

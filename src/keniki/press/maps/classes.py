"""Classes of a map: at most five, between limits as round as the values allow."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Final

from keniki.press.book_charts import common as c

MOST: Final = 5
NO_VALUE: Final = "値なし"
NO_VALUE_COLOUR: Final = "#f0f0f0"
_BLUES = ("#e3eef9", "#b3d0ec", "#74a9dc", "#2f78c0", "#00418a")
#: Of so many classes, which of the blues.
_CHOSEN = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
_DIVERGING = ("#a63a00", "#f2b48a", "#a5c9ea", "#00529f")
#: An even step is taken only where no class holds more than this part of the values.
_EVEN_MOST = 0.6


class Classes:
    """Limits, names and colours; `of` says which class a value is in."""

    def __init__(self, values: Sequence[float | None], diverging_at: float | None = None) -> None:
        numbers = sorted(number for value in values if (number := _number(value)) is not None)
        self.limits: list[Decimal]
        if diverging_at is not None and numbers:
            self.limits, colours = _diverging(numbers, diverging_at)
        else:
            self.limits = _limits(numbers)
            colours = [_BLUES[place] for place in _CHOSEN[len(self.limits) + 1]]
        names = _names(numbers, self.limits) if numbers else []
        self.names = names
        self.colours = colours[: len(names)]
        if len(numbers) < len(values) or not values:
            self.names, self.colours = [NO_VALUE, *names], [NO_VALUE_COLOUR, *self.colours]
        self._first = len(self.names) - len(names)

    def of(self, value: float | None) -> int:
        """The place of the value's class among the names."""
        number = _number(value)
        if number is None:
            return 0
        return self._first + sum(number >= float(limit) for limit in self.limits)


def _number(value: float | None) -> float | None:
    """The value as it can be written: no more decimals than a limit may have."""
    number = c.known(value)
    return None if number is None else round(number, c.MOST_DECIMALS)


def _limits(numbers: Sequence[float]) -> list[Decimal]:
    """Even steps where the values are spread evenly, else limits between about as many values each."""
    distinct = sorted(set(numbers))
    if len(distinct) < 2:
        return []
    for steps in (MOST, MOST - 1):
        if even := _even(numbers, steps):
            return even
    count = min(MOST, len(distinct))
    found: list[Decimal] = []
    for part in range(1, count):
        at = min(max(round(part * len(distinct) / count), 1), len(distinct) - 1)
        limit = roundest(distinct[at - 1], distinct[at])
        if limit not in found and distinct[0] < float(limit) <= distinct[-1]:
            found.append(limit)
    return sorted(found)


def _even(numbers: Sequence[float], steps: int) -> list[Decimal]:
    """Limits that make so many steps or fewer; none where a class would be empty or hold most of the values."""
    low, high = Decimal(repr(numbers[0])), Decimal(repr(numbers[-1]))
    size = Decimal(str(c.step(float(high - low), steps)))
    first = (low / size).to_integral_value(ROUND_FLOOR) + 1
    limits: list[Decimal] = []
    while first * size <= high and len(limits) < MOST:
        limits.append(first * size)
        first += 1
    if not 1 < len(limits) < MOST:
        return []
    edges = [float("-inf"), *map(float, limits), float("inf")]
    counts = [sum(low <= number < high for number in numbers) for low, high in pairwise(edges)]
    return limits if min(counts) and max(counts) <= _EVEN_MOST * len(numbers) else []


def roundest(low: float, high: float) -> Decimal:
    """The roundest number above `low` and not above `high`."""
    above, to = Decimal(repr(low)), Decimal(repr(high))
    power = max(abs(above), abs(to)).adjusted() + 1
    for exponent in range(power, power - 40, -1):
        for factor in (1, Decimal("0.5"), Decimal("0.2")):
            size = Decimal(1).scaleb(exponent) * factor
            found = (to / size).to_integral_value(ROUND_FLOOR) * size
            if found > above:
                return found
    return to


def _diverging(numbers: Sequence[float], at: float) -> tuple[list[Decimal], list[str]]:
    """Two classes on each side of `at`; those beyond all values are left out."""
    middle = Decimal(repr(float(at)))
    farthest = max(abs(number - float(middle)) for number in numbers)
    if not farthest:
        return [], [_DIVERGING[2]]
    size = roundest(farthest * 0.3, farthest * 0.6)
    limits = [middle - size, middle, middle + size]
    first = sum(numbers[0] >= float(limit) for limit in limits)
    last = sum(numbers[-1] >= float(limit) for limit in limits)
    return limits[first:last], list(_DIVERGING[first : last + 1])


def _names(numbers: Sequence[float], limits: Sequence[Decimal]) -> list[str]:
    if not limits:
        if len(set(numbers)) == 1:
            return [c.fixed(numbers[0], c.decimals_of([numbers[0]]))]
        decimals = c.decimals_of(list(numbers))
        return [f"{c.fixed(numbers[0], decimals)}～{c.fixed(numbers[-1], decimals)}"]
    decimals = max(max(0, -int(limit.normalize().as_tuple().exponent)) for limit in limits)
    shown = [c.fixed(limit, decimals) for limit in limits]
    between = [f"{low}以上{high}未満" for low, high in pairwise(shown)]
    return [f"{shown[0]}未満", *between, f"{shown[-1]}以上"]

"""Natural regions beside actual ones: how far two divisions of the same municipalities agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """How two divisions of `n` municipalities agree, by the pairs of municipalities each puts together.

    `adjusted_rand` is 1 where they are the same and about 0 where they agree no more than by chance; `precision` is
    the part of the found pairs that are together in fact, `recall` the part of those in fact that were found, each
    None without such pairs.
    """

    n: int
    adjusted_rand: float
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class Beside:
    """An actual region beside the found area that shares most of its municipalities: those in both, only in the
    region, only in the area. `area` is None where no municipality of the region was divided.
    """

    region: str
    area: str | None
    both: tuple[str, ...]
    only_region: tuple[str, ...]
    only_area: tuple[str, ...]


def agreement(found: Mapping[str, str], actual: Mapping[str, str]) -> Agreement:
    """Hold a division (area by municipality) against another, over the municipalities that are in both.

    Source: Hubert & Arabie (1985), Comparing partitions.

    >>> agreement({"a": "1", "b": "1", "c": "2", "d": "2"}, {"a": "x", "b": "x", "c": "x", "e": "y"})
    Agreement(n=3, adjusted_rand=0.0, precision=1.0, recall=0.3333333333333333)
    """
    codes = sorted(found.keys() & actual.keys())
    both = _pairs(Counter((found[code], actual[code]) for code in codes))
    one = _pairs(Counter(found[code] for code in codes))
    other = _pairs(Counter(actual[code] for code in codes))
    every = len(codes) * (len(codes) - 1) // 2
    by_chance = one * other / every if every else 0.0
    at_most = (one + other) / 2
    return Agreement(
        n=len(codes),
        adjusted_rand=1.0 if at_most == by_chance else (both - by_chance) / (at_most - by_chance),
        precision=both / one if one else None,
        recall=both / other if other else None,
    )


def beside(found: Mapping[str, str], actual: Mapping[str, str]) -> tuple[Beside, ...]:
    """Every actual region with the area nearest to it, by the regions' names.

    Of areas that share equally many municipalities the smaller one is taken, then that of the lower name.

    >>> beside({"a": "a", "b": "a", "c": "a", "d": "d"}, {"a": "x", "b": "x", "d": "x"})[0]
    Beside(region='x', area='a', both=('a', 'b'), only_region=('d',), only_area=('c',))
    """
    areas: dict[str, set[str]] = {}
    for code, area in found.items():
        areas.setdefault(area, set()).add(code)
    regions: dict[str, set[str]] = {}
    for code, region in actual.items():
        regions.setdefault(region, set()).add(code)
    made = []
    for region in sorted(regions):
        members = regions[region]
        shared = Counter(found[code] for code in members if code in found)
        nearest = min(shared, key=lambda area: (-shared[area], len(areas[area]), area), default=None)
        inside = areas[nearest] if nearest is not None else set()
        made.append(
            Beside(
                region,
                nearest,
                tuple(sorted(members & inside)),
                tuple(sorted(members - inside)),
                tuple(sorted(inside - members)),
            )
        )
    return tuple(made)


def _pairs(sizes: Mapping[object, int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())

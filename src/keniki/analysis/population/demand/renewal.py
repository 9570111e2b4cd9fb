"""What it costs to renew public buildings as they grow old (公共施設の更新費用)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keniki.analysis.arrays import Array

from ..people import InputError


@dataclass(frozen=True)
class Building:
    """A public building: its use as the unit costs name it, the year it was built, floor area in m²."""

    use: str
    built: int
    area: float


@dataclass(frozen=True)
class UnitCost:
    """Yen per m² of floor: of major repair (大規模改修) and of rebuilding (建替え)."""

    repair: float
    rebuild: float


@dataclass(frozen=True)
class Cycle:
    """When buildings are renewed: major repair in their `repair`th year over so many years, rebuilding likewise.

    Buildings that were `overdue` (first and last age at the start) without repair are repaired, and those past their
    rebuilding rebuilt, evenly in the first `backlog` years. Default: 総務省の更新費用試算ソフトの条件.
    """

    repair: int = 30
    repair_years: int = 2
    rebuild: int = 60
    rebuild_years: int = 3
    overdue: tuple[int, int] = (31, 50)
    backlog: int = 10


def renewal_costs(
    buildings: Sequence[Building],
    costs: Mapping[str, UnitCost],
    start: int,
    years: int,
    *,
    cycle: Cycle | None = None,
    price: float = 1.0,
) -> Array:
    """Yen in each of `years` years from `start`, (years,), every building rebuilt at its size.

    `price` is the index of construction prices against the year the unit costs are of. InputError names the building
    (its number from 1) with an unknown use or a negative area.

    >>> one = [Building("school", 1995, 1000.0)]
    >>> renewal_costs(one, {"school": UnitCost(170_000, 330_000)}, 2025, 33).nonzero()[0].tolist()
    [0, 1, 30, 31, 32]
    >>> float(renewal_costs(one, {"school": UnitCost(170_000, 330_000)}, 2025, 40).sum())
    500000000.0
    """
    rule = cycle or Cycle()
    if price <= 0 or not np.isfinite(price):
        raise InputError("an index of prices is above 0")
    found = np.zeros(years)
    for number, building in enumerate(buildings, 1):
        if building.use not in costs:
            raise InputError(f"building {number}: no unit costs for the use {building.use!r}")
        if not np.isfinite(building.area) or building.area < 0:
            raise InputError(f"building {number}: the floor area is negative or missing")
        unit = costs[building.use]
        repair, rebuild = unit.repair * building.area, unit.rebuild * building.area
        age = start - building.built
        if rule.overdue[0] <= age <= rule.overdue[1]:
            _spread(found, 0, rule.backlog, repair)
        new = rule.rebuild - age
        if new < 0:
            _spread(found, 0, rule.backlog, rebuild)
            new = 0
        else:
            _spread(found, rule.repair - age, rule.repair_years, repair)
            _spread(found, new, rule.rebuild_years, rebuild)
        for again in range(new, years, rule.rebuild):
            _spread(found, again + rule.repair, rule.repair_years, repair)
            _spread(found, again + rule.rebuild, rule.rebuild_years, rebuild)
    return found * price


def _spread(found: Array, start: int, years: int, cost: float) -> None:
    """A cost in equal parts over years that are not before the first one."""
    if start >= 0:
        found[start : start + years] += cost / years

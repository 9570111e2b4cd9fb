"""Populations by age: 年齢不詳 distributed, broad groups, mean age, dependency ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, divided, floats, not_negative

#: Completed years, both ends included; the open class ends in None.
AgeClass: TypeAlias = tuple[int, int | None]

FIVE_YEAR_CLASSES: Final[tuple[AgeClass, ...]] = (*((age, age + 4) for age in range(0, 100, 5)), (100, None))
BROAD_GROUPS: Final[tuple[AgeClass, ...]] = ((0, 14), (15, 64), (65, None))
PROPORTIONAL: Final = (
    "年齢「不詳」の人数を、市区町村ごと、男女ごとに、年齢の分かる人口の構成比で各年齢階級に按分した。"
)


@dataclass(frozen=True)
class Distributed:
    """Populations with 年齢不詳 distributed: `values` = `published` + `added`, all (…, k); `unknown` (…).

    `method` is the sentence to print below the table.
    """

    values: Array
    published: Array
    added: Array
    unknown: Array
    method: str = PROPORTIONAL


def distribute_unknown(published: ArrayLike, unknown: ArrayLike, *, whole: bool = False) -> Distributed:
    """Give the persons of unknown age to the classes in proportion to those of known age.

    `published` (…, k) persons by age class, one row for each municipality and sex; `unknown` (…) persons. The sum of
    each row grows by exactly its unknown. With `whole`, persons stay whole (largest remainder; the lower age first
    among equal ones); then the input has to be whole too. ValueError for negative figures, for shapes that don't fit,
    and for a row with unknown but no known ages, which nothing can be said about. NaN stays NaN in its row.
    Method: 按分 by municipality and sex, as the census office's 不詳補完 does for tables of totals, without its further
    characteristics (配偶関係, 国籍).

    >>> result = distribute_unknown([[30, 50, 20], [10, 10, 20]], [5, 0])
    >>> result.values
    array([[31.5, 52.5, 21. ],
           [10. , 10. , 20. ]])
    >>> distribute_unknown([[30, 50, 20]], [5], whole=True).added
    array([[2., 2., 1.]])
    """
    known, lost = not_negative("published", published), not_negative("unknown", unknown)
    if known.ndim < 1 or known.shape[:-1] != lost.shape:
        raise ValueError(f"unknown {lost.shape} does not fit published {known.shape}")
    totals = known.sum(axis=-1)
    if np.any((totals == 0) & (lost > 0)):
        raise ValueError("a row has persons of unknown age but none of known age")
    added = np.where(totals[..., None] == 0, 0.0, known * divided(lost, totals)[..., None])
    if whole:
        if np.any(known != np.round(known)) or np.any(lost != np.round(lost)):
            raise ValueError("whole persons need whole figures")
        added = _largest_remainder(added, lost)
    return Distributed(known + added, known, added, lost)


def group_ages(
    values: ArrayLike, ages: Sequence[AgeClass], groups: Sequence[AgeClass] = BROAD_GROUPS
) -> Array:
    """Sums of classes by broader group: `values` (…, k) to (…, number of groups).

    ValueError for a class that lies in a group only partly: nothing is split silently. A group that no class lies in
    is 0; classes in no group are left out.

    >>> group_ages([5, 6, 7, 8], [(0, 4), (5, 14), (15, 64), (65, None)])
    array([11.,  7.,  8.])
    """
    found = _by_class(values, ages)
    picked = np.zeros((len(groups), len(ages)), dtype=bool)
    for at, group in enumerate(groups):
        for position, age in enumerate(ages):
            inside = _inside(age, group)
            if not inside and _touches(age, group):
                raise ValueError(f"the class {age} lies only partly in {group}")
            picked[at, position] = inside
    return np.stack([found[..., mask].sum(axis=-1) for mask in picked], axis=-1)


def mean_age(values: ArrayLike, ages: Sequence[AgeClass], *, open_class_adds: float = 2.5) -> Array:
    """Mean age in years: `values` (…, k) persons by class to (…); NaN for nobody.

    Each class stands for the middle of its span ((from + to + 1) ÷ 2, so 0–4 is 2.5), the open one for its first year
    plus `open_class_adds`. The census publishes the mean from single years, which may differ by some hundredths.

    >>> mean_age([10, 10], [(0, 4), (100, None)]).item()
    52.5
    """
    found = _by_class(values, ages)
    middles = np.array(
        [first + open_class_adds if last is None else (first + last + 1) / 2 for first, last in ages]
    )
    return divided((found * middles).sum(axis=-1), found.sum(axis=-1))


@dataclass(frozen=True)
class Dependency:
    """年少人口指数, 老年人口指数, 従属人口指数: per 100 persons of 15–64, arrays (…)."""

    youth: Array
    old: Array
    total: Array


def dependency_ratios(values: ArrayLike, ages: Sequence[AgeClass]) -> Dependency:
    """Ratios of 0–14, of 65+ and of both to 15–64, × 100: `values` (…, k). ValueError as in `group_ages`.

    Source: 国勢調査の用語（年少人口指数・老年人口指数・従属人口指数）.

    >>> ratios = dependency_ratios([20, 50, 30], [(0, 14), (15, 64), (65, None)])
    >>> ratios.youth.item(), ratios.old.item(), ratios.total.item()
    (40.0, 60.0, 100.0)
    """
    young, working, old = np.moveaxis(group_ages(values, ages), -1, 0)
    return Dependency(
        divided(young * 100, working), divided(old * 100, working), divided((young + old) * 100, working)
    )


def _by_class(values: ArrayLike, ages: Sequence[AgeClass]) -> Array:
    found = floats(values)
    if found.ndim < 1 or found.shape[-1] != len(ages):
        raise ValueError(f"{found.shape} figures for {len(ages)} age classes")
    return found


def _inside(age: AgeClass, group: AgeClass) -> bool:
    if age[0] < group[0]:
        return False
    return group[1] is None or (age[1] is not None and age[1] <= group[1])


def _touches(age: AgeClass, group: AgeClass) -> bool:
    return (group[1] is None or age[0] <= group[1]) and (age[1] is None or age[1] >= group[0])


def _largest_remainder(added: Array, totals: Array) -> Array:
    down = np.floor(added + 1e-9)
    left = np.nan_to_num(totals - down.sum(axis=-1))
    order = np.argsort(-(added - down).round(9), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    return floats(down + (rank < left[..., None]))

"""Shares, quotients and rates. Arrays broadcast; a missing figure or a denominator of 0 gives NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, divided, floats, not_negative


def share(parts: ArrayLike, total: ArrayLike | None = None) -> Array:
    """Each part's fraction of the total: `parts` (…, k), `total` (…) or None for the sum over k.

    A published total may be larger than the sum of the parts (classes left out, 分類不能); then give it.

    >>> share([30, 10])
    array([0.75, 0.25])
    >>> share([30, 10], 50)
    array([0.6, 0.2])
    """
    found = floats(parts)
    whole = found.sum(axis=-1) if total is None else floats(total)
    return divided(found, whole[..., None])


def location_quotient(
    local: ArrayLike,
    nation: ArrayLike,
    *,
    local_total: ArrayLike | None = None,
    nation_total: ArrayLike | None = None,
) -> Array:
    """特化係数 of shares: (xᵢᵣ / xᵣ) ÷ (xᵢₙ / xₙ), pure number; above 1 the place is specialised in i.

    `local` (…, k) and `nation` (k,) are in one unit; totals as in `share`. ValueError where the numbers of classes
    differ. Source: 地域経済分析システムの特化係数（域内の比率÷全国の比率）.

    >>> location_quotient([30, 10], [300, 300])
    array([1.5, 0.5])
    """
    here, there = floats(local), floats(nation)
    _same_classes(here, there)
    return divided(share(here, local_total), share(there, nation_total))


def productivity_quotient(
    local_output: ArrayLike,
    local_workers: ArrayLike,
    nation_output: ArrayLike,
    nation_workers: ArrayLike,
) -> Array:
    """特化係数 of productivity: (Vᵢᵣ / Lᵢᵣ) ÷ (Vᵢₙ / Lᵢₙ), pure number; it is no quotient of shares.

    Local arrays (…, k), national ones (k,); both outputs in one unit, both workers in persons.
    Source: 地域経済分析システムの労働生産性の特化係数（全国の当該産業を1とした値）.

    >>> productivity_quotient([400, 90], [100, 30], [8000, 6000], [1000, 1000])
    array([0.5, 0.5])
    """
    here = divided(local_output, local_workers)
    there = divided(nation_output, nation_workers)
    _same_classes(here, there)
    return divided(here, there)


def rate(count: ArrayLike, base: ArrayLike, per: float = 1.0) -> Array:
    """count ÷ base × per, broadcast. ValueError for a negative base.

    >>> rate(12, 4000, per=1000)
    array(3.)
    """
    return divided(floats(count) * per, not_negative("base", base))


def per_100k(count: ArrayLike, population: ArrayLike) -> Array:
    """人口10万対: count ÷ population × 100,000. The population's source belongs beside the figure.

    >>> per_100k(7481, 2600875).round(1).item()
    287.6
    """
    return rate(count, population, 100_000)


def density(population: ArrayLike, area_km2: ArrayLike) -> Array:
    """Persons per km²; the area in km² (a table in ha has to be divided by 100 first).

    >>> density(152486, 2562.25).round(2).item()
    59.51
    """
    return rate(population, area_km2)


def relative_change(before: ArrayLike, after: ArrayLike) -> Array:
    """(after − before) ÷ before as a fraction, broadcast.

    >>> relative_change(152486, 102289).round(4).item()
    -0.3292
    """
    earlier = floats(before)
    return divided(floats(after) - earlier, earlier)


def openings_rate(opened: ArrayLike, at_beginning: ArrayLike, years: float) -> Array:
    """開業率 as a fraction per year: opened in the period ÷ years ÷ establishments at its beginning.

    `years` is the period's length (months ÷ 12 where it is no whole number), above 0, else ValueError.
    Source: 中小企業白書の開業率（期間中の新設事業所を年平均にし、期首の事業所数で除す）.

    >>> openings_rate(30, 200, 2).item()
    0.075
    """
    if years <= 0:
        raise ValueError("years must be above 0")
    return divided(not_negative("opened", opened) / years, not_negative("at_beginning", at_beginning))


def closings_rate(closed: ArrayLike, at_beginning: ArrayLike, years: float) -> Array:
    """廃業率 as a fraction per year: closed in the period ÷ years ÷ establishments at its beginning.

    Errors and source as in `openings_rate`.

    >>> closings_rate([16, 0], [200, 0], 2)
    array([0.04,  nan])
    """
    if years <= 0:
        raise ValueError("years must be above 0")
    return divided(not_negative("closed", closed) / years, not_negative("at_beginning", at_beginning))


def _same_classes(here: Array, there: Array) -> None:
    if here.ndim and there.ndim and here.shape[-1] != there.shape[-1] and 1 not in np.shape(there)[-1:]:
        raise ValueError(f"{here.shape[-1]} classes here, {there.shape[-1]} in the reference")

"""Demand in 1,000 drawn futures of nine towns: twenty rates by age, of which some cut the classes.

Beside it (a) a plain loop over draws and years that splits the whole population and multiplies it, and (b) one pass
over the drawn cells, the bytes each rate cannot do without.
"""

from __future__ import annotations

import numpy as np

from _limits import Limits, median
from keniki.analysis.population import five_year_ages
from keniki.analysis.population.demand import AgeRates, People, single_years

DRAWS, YEARS, TOWNS, RATES = 1000, 7, 9, 20
AGES = five_year_ages(90)


def main() -> None:
    rng = np.random.default_rng(1)
    people = rng.uniform(50, 3000, (DRAWS, YEARS, TOWNS, 2, len(AGES)))
    rates = [_rate(rng, number).by_year(90)[None] for number in range(RATES)]
    with Limits() as limits:
        print(f"{DRAWS} draws, {YEARS} years, {TOWNS} towns, {RATES} rates: {people.size:,} cells")
        limits.hold("every rate in every draw", median(lambda: demands(people, rates), 3), 1)
        some = people[:10]
        quick = median(lambda: demands(some, rates), 3)
        loop = median(lambda: one_by_one(some, rates), 1)
        apart = np.abs(demands(some, rates) - one_by_one(some, rates)).max()
        print(f"against a loop draw by draw: {loop / quick:.0f} times as fast, apart {apart:.0e}")
        once = median(lambda: people.sum(), 3)
        print(
            f"against one pass over the cells a rate: {median(lambda: demands(people, rates), 3) / once / RATES:.1f}"
        )


def _rate(rng: np.random.Generator, number: int) -> AgeRates:
    """Every fourth rate cuts classes of children, as those of schools and nurseries do."""
    ages = ((0, 6), (7, 17), (18, 64), (65, None)) if number % 4 == 0 else AGES
    return AgeRates(ages, rng.uniform(0, 1, (2, len(ages))))


def demands(people: np.ndarray, rates: list[np.ndarray]) -> np.ndarray:
    """The demands of all towns together, (rates, draws, years)."""
    split = People(people, AGES)
    return np.stack([split.needing(rate).sum(axis=-1) for rate in rates])


def one_by_one(people: np.ndarray, rates: list[np.ndarray]) -> np.ndarray:
    """The same for one draw and year after another."""
    found = np.empty((len(rates), *people.shape[:2]))
    for draw in range(people.shape[0]):
        for year in range(people.shape[1]):
            years = single_years(people[draw, year], AGES)
            for at, rate in enumerate(rates):
                found[at, draw, year] = (years * rate).sum()
    return found


if __name__ == "__main__":
    main()

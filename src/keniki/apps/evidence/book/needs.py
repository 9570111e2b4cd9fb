"""Which indicators others rest on, and which of them have to be read by age."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.apps.regions.policies import today
from keniki.rulebooks.indicators import MeanAge, RateTimesPopulation, catalogue


def needed(indicators: Iterable[str]) -> set[str]:
    """These indicators and all their recipes rest on."""
    book = catalogue(today())
    left, found = set(indicators), set[str]()
    while left:
        indicator = book[left.pop()]
        found.add(indicator.id)
        used = {term.of for term in indicator.recipe.used} if indicator.recipe is not None else set()
        left |= (used | ({indicator.weight} if indicator.weight else set())) - found
    return found


def undivided(wanted: Iterable[str], by_age: Iterable[str] = ()) -> set[str]:
    """Those of the indicators that no recipe of them asks by age, nor an exhibit: `by_age`."""
    book = catalogue(today())
    every = set(wanted)
    left, divided = set(by_age), set[str]()
    for name in every:
        recipe = book[name].recipe
        if recipe is not None:
            whole = isinstance(recipe, MeanAge | RateTimesPopulation)
            left |= {term.of for term in recipe.used if whole or term.age is not None}
    while left:
        name = left.pop()
        divided.add(name)
        recipe = book[name].recipe
        left |= ({term.of for term in recipe.used} if recipe is not None else set()) - divided
    return every - divided

"""A municipality's own rates and totals among the figures that are held, and its prefecture's rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keniki.analysis.population import InputError
from keniki.analysis.population.demand import AgeRates
from keniki.apps.regions.models import Region
from keniki.rulebooks.indicators import Catalogue

from ..book.holdings import Holdings, Place, Vintage, fits
from ..models import Edition
from .held import Used, used_of

_PER: Final = {"persons_per_100k": 100_000.0}
_BY_SEX: Final = ("male", "female")


@dataclass(frozen=True)
class Total:
    """A figure of one municipality with its year and the sentence where it stands."""

    value: float
    year: int
    source: str


@dataclass(frozen=True)
class Found:
    """Rates by age of a municipality, or of its prefecture (`of` is its code), and the sentence where they stand."""

    rates: AgeRates
    of: str
    source: str


class OwnFigures:
    """What is held of some municipalities: the newest year first, of one year the official edition.

    `totals` and `rates` are the indicators that will be asked for; `region` adds its own statistics.
    """

    def __init__(
        self,
        places: Sequence[Place],
        region: Region | None,
        book: Catalogue,
        *,
        totals: Iterable[str],
        rates: Iterable[str],
    ) -> None:
        self.book = book
        self._used: dict[int, Edition] = {}
        self._places = {place.code[:5]: place for place in places}
        self._totals = Holdings(places, region, indicators=totals, compared=False)
        self._rates = Holdings(places, region, indicators=rates)

    def total(self, code: str, indicators: Sequence[str], parts: str = "") -> Total | None:
        """The sum of some indicators in the newest year that has the first of them; the others may be missing.

        With `parts` the sum over a kind of parts counts where no whole is given.
        """
        place = self._places[code]
        for vintage in self._totals.vintages.get(indicators[0], ()):
            value = _whole(vintage, place.code, parts)
            if value is None:
                continue
            for other in indicators[1:]:
                same = [
                    each for each in self._totals.vintages.get(other, ()) if each.edition == vintage.edition
                ]
                value += next((_whole(each, place.code, "") or 0.0 for each in same), 0.0)
            return Total(value, vintage.year, self._source(vintage))
        return None

    def rates(self, code: str, indicator: str) -> Found | None:
        """Rates by age of the municipality itself, else of its prefecture."""
        place = self._places[code]
        prefecture = next(
            (each for each in self._rates.references if each.prefecture == place.prefecture), None
        )
        per = _PER.get(self.book[indicator].unit, 1.0)
        for of in (place.code, *((prefecture.code,) if prefecture is not None else ())):
            for vintage in self._rates.vintages.get(indicator, ()):
                made = _by_age(vintage, of, per)
                if made is not None:
                    return Found(made, of, self._source(vintage))
        return None

    def flat(self, code: str, indicator: str) -> Total | None:
        """A rate without age of the municipality itself, in the catalogue's unit."""
        place = self._places[code]
        for vintage in self._rates.vintages.get(indicator, ()):
            value = _whole(vintage, place.code, "")
            if value is not None:
                return Total(value, vintage.year, self._source(vintage))
        return None

    def used(self) -> tuple[Used, ...]:
        """The editions of everything found so far."""
        return tuple(used_of(self._used[pk]) for pk in sorted(self._used))

    def _source(self, vintage: Vintage) -> str:
        edition = vintage.edition
        self._used[edition.pk] = edition
        return f"{edition.source.title}「{edition.title}」（{vintage.year}年）"


def _whole(vintage: Vintage, code: str, parts: str) -> float | None:
    plain = [line for line in vintage.lines if not line.sex and line.age is None]
    for line in plain:
        if not line.part and line.value(code) is not None:
            return line.value(code)
    found = [line.value(code) for line in plain if parts and line.part and fits(line.part, parts)]
    given = [value for value in found if value is not None]
    return sum(given) if given else None


def _by_age(vintage: Vintage, code: str, per: float) -> AgeRates | None:
    """The rates of both sexes, or of each, in the narrowest classes that follow one another; None without any."""
    by_sex: dict[str, dict[tuple[int, int | None], float]] = {}
    for line in vintage.lines:
        value = line.value(code)
        if line.age is not None and not line.part and value is not None:
            by_sex.setdefault(line.sex, {})[line.age] = value / per
    sexes = _BY_SEX if all(sex in by_sex for sex in _BY_SEX) else ("",)
    if any(sex not in by_sex for sex in sexes):
        return None
    common = set.intersection(*(set(by_sex[sex]) for sex in sexes))
    first = min((age[0] for age in common), default=0)
    ages = _following(common, first)
    if not ages:
        return None
    try:
        return AgeRates(ages, np.array([[by_sex[sex][age] for age in ages] for sex in sexes]).squeeze())
    except InputError:
        return None


def _following(ages: Iterable[tuple[int, int | None]], first: int) -> tuple[tuple[int, int | None], ...]:
    """The narrowest classes from `first` on that follow one another, up to the last there is."""
    there = list(ages)
    found: list[tuple[int, int | None]] = []
    while starting := [age for age in there if age[0] == first]:
        age = min(starting, key=lambda each: float("inf") if each[1] is None else each[1])
        found.append(age)
        if age[1] is None:
            break
        first = age[1] + 1
    return tuple(found) if len(found) > 1 else ()

"""What the store holds of some areas, by table: the light form in which it is checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from django.db.models import QuerySet

from keniki.analysis.checks import Printed
from keniki.rulebooks.indicators import Aggregation, Catalogue

from ..book.holdings import NOTHING
from ..models import Area, Figure, Series
from ..queries import printed
from ..queries.words import ages_shown, indicator_name, sex_shown

#: First and last year, both inclusive; the last is None in an open class. Below 0: not stated (不詳).
Age = tuple[int, int | None]


class Key(NamedTuple):
    """What a figure of a table counts, and of whom."""

    indicator: str
    sex: str = ""
    age: Age | None = None
    part: str = ""

    @property
    def of_whom(self) -> str:
        """The division in words; empty for the whole."""
        ages = ages_shown(*self.age) if self.age else ""
        return "・".join(word for word in (sex_shown(self.sex), ages, self.part) if word)

    @property
    def said(self) -> str:
        """The indicator with the division."""
        return (
            f"{indicator_name(self.indicator)}（{self.of_whom}）"
            if self.of_whom
            else indicator_name(self.indicator)
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A figure: its row in the store, its series and area, what stands there."""

    pk: int
    series: Series
    area: Area
    value: float | None
    text: str

    @property
    def known(self) -> bool:
        """Whether there is a number; a mark for nothing counts as 0."""
        return self.value is not None or self.text in NOTHING

    @property
    def shown(self) -> str:
        """As it is printed."""
        return printed(self.value, self.text)


class Table(NamedTuple):
    """Where figures stand together: one area in one edition, at one time."""

    area: int
    edition: int
    year: int
    period: str


class Store:
    """The figures of some areas in their last form."""

    def __init__(self, series: QuerySet[Series], areas: QuerySet[Area], book: Catalogue) -> None:
        self.book = book
        self.series = {row.pk: row for row in series.select_related("edition__source")}
        self.areas = {row.pk: row for row in areas}
        self.figures = list(self._read())

    def _read(self) -> Iterable[Held]:
        columns = ("pk", "series_id", "area_id", "value", "text", "corrects_id")
        found = Figure.objects.filter(series__in=list(self.series), area__in=list(self.areas)).values_list(
            *columns
        )
        rows = {row[0]: row for row in found}
        corrected = {row[5] for row in rows.values() if row[5] is not None}
        for pk, line, area, value, text, _ in rows.values():
            if pk not in corrected:
                yield Held(pk, self.series[line], self.areas[area], value, text)

    @cached_property
    def tables(self) -> Mapping[Table, Mapping[Key, Held]]:
        """The figures by table."""
        found: dict[Table, dict[Key, Held]] = defaultdict(dict)
        for held in self.figures:
            line = held.series
            place = Table(held.area.pk, line.edition_id, line.year, line.period)
            found[place][key_of(line)] = held
        return found

    @cached_property
    def by_area(self) -> Mapping[tuple[int, Key], list[Held]]:
        """All figures of an area that count the same."""
        found: dict[tuple[int, Key], list[Held]] = defaultdict(list)
        for held in self.figures:
            found[held.area.pk, key_of(held.series)].append(held)
        return found

    @cached_property
    def decimals(self) -> Mapping[int, int]:
        """How many decimals the values of a series are printed with: the most any of them has."""
        found: dict[int, int] = defaultdict(int)
        for held in self.figures:
            if held.value is not None and held.value != int(held.value):
                exponent = Decimal(repr(held.value)).normalize().as_tuple().exponent
                found[held.series.pk] = max(found[held.series.pk], -int(exponent))
        return found

    def printed(self, held: Held, unit: str = "") -> Printed:
        """The figure with the half of its last digit, in another unit of the same kind. WrongInput where there is none.

        Counts are exact; estimates, rates and figures in thousands are rounded.
        """
        value = held.value or 0.0
        places = self.decimals.get(held.series.pk, 0)
        half = Fraction(0) if self._exact(held, places) else Fraction(1, 2 * 10**places)
        number = Fraction(int(value)) if value == int(value) else Fraction(repr(value))
        if unit and unit != held.series.unit:
            times = Fraction(repr(self.book.converted(1.0, held.series.unit, unit)))
            number, half = number * times, half * times
        return Printed(number, half, held.shown)

    def _exact(self, held: Held, places: int) -> bool:
        line = held.series
        unit = self.book.units.get(line.unit)
        counted = line.indicator not in self.book or self.book[line.indicator].aggregation is Aggregation.SUM
        whole = unit is None or not unit.base
        return places == 0 and whole and counted and line.status != Series.Status.ESTIMATED

    def unit_of(self, indicator: str, unit: str) -> str:
        """The unit a named figure is reckoned in: as asked, else the catalogue's, else its own."""
        return unit or (self.book[indicator].unit if indicator in self.book else "")


def key_of(line: Series) -> Key:
    """What a series counts."""
    age = None if line.age_from is None else (line.age_from, line.age_to)
    return Key(line.indicator, line.sex, age, line.part)

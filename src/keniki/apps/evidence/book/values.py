"""An indicator in every place: as published or by its recipe, the region's own recomputed, never averaged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.rulebooks.indicators import Catalogue, Term, catalogue

from ..models import Edition
from .holdings import Holdings, Line, Place, Vintage, fits, narrowest
from .reckoning import Base
from .rows import REGION, Row, Used

if TYPE_CHECKING:
    from .forecasts import Shown


@dataclass
class Values:
    """Reckons indicators of some members from what is held."""

    holdings: Holdings
    members: tuple[Place, ...] = ()
    book: Catalogue = field(default_factory=lambda: catalogue(today()))

    def __post_init__(self) -> None:
        self.members = self.members or self.holdings.members
        self._covered: dict[tuple[str, str], list[tuple[Vintage, int]]] = {}
        self._arrays: dict[tuple[int, tuple[str, ...]], dict[Term, np.ndarray]] = {}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The members' codes in their order."""
        return tuple(place.code for place in self.members)

    @cached_property
    def of_region(self) -> bool:
        """Whether these are the members of the region today, and not other municipalities in its book."""
        region = self.holdings.region
        return region is not None and set(self.codes) == {row.municipality.code for row in members_on(region)}

    @cached_property
    def forecast(self) -> Shown | None:
        """The forecast that the region shows in its book; None in the book of other municipalities."""
        from .forecasts import shown_of

        region = self.holdings.region
        return shown_of(region) if region is not None and self.of_region else None

    def compared_in(self, rows: Iterable[Row]) -> list[Place]:
        """The prefectures and the nation, where any of these rows has a figure of them."""
        there = {code for row in rows for code in row.cells}
        return [place for place in self.holdings.references if place.code in there]

    def vintage(
        self,
        indicator: str,
        *,
        part: str = "",
        near: int | None = None,
        before: int | None = None,
        same_as: Edition | None = None,
        estimated: bool = False,
    ) -> Vintage | None:
        """The lines of an indicator to reckon with: the newest year in which most members have a figure.

        `near` asks for the year closest to it instead (of equal distance the later), `before` for one earlier than it;
        of one year `same_as` is preferred, and where that is an estimate every year of it before another's: two
        projections are not put together.
        """
        found = [
            (row, covered)
            for row, covered in self.covered(indicator, part)
            if covered and (before is None or row.year < before)
        ]
        if not found:
            return None
        most = max(covered for _, covered in found)
        rows = [row for row, covered in found if covered == most]
        if estimated:
            rows = [row for row in rows if row.edition == same_as] or rows
        if near is not None:
            rows.sort(key=lambda row: (abs(row.year - near), -row.year, row.edition != same_as))
        elif same_as is not None:
            rows.sort(key=lambda row: (-row.year, row.edition != same_as))
        return rows[0]

    def years(self, indicator: str, part: str = "") -> list[Vintage]:
        """One vintage for every year in which as many members as ever have a figure, the oldest first."""
        rows = self.covered(indicator, part)
        most = max((covered for _, covered in rows), default=0)
        found: dict[int, Vintage] = {}
        for row, covered in rows:
            if most and covered == most:
                found.setdefault(row.year, row)
        return [found[year] for year in sorted(found)]

    def every(self, indicator: str) -> list[Vintage]:
        """All vintages in which as many members as ever have a figure, the newest year first: of one year several.

        One edition of a year may have the ages another lacks.
        """
        rows = self.covered(indicator)
        most = max((covered for _, covered in rows), default=0)
        return [row for row, covered in rows if most and covered == most]

    def covered(self, indicator: str, part: str = "") -> list[tuple[Vintage, int]]:
        """Every vintage of an indicator, the newest first, and how many members have a figure in it."""
        key = indicator, part
        if key not in self._covered:
            rows = self.holdings.vintages.get(indicator, ())
            self._covered[key] = [(row, row.covers(self.codes, part)) for row in rows]
        return self._covered[key]

    def arrays(self, vintage: Vintage, codes: Sequence[str]) -> dict[Term, np.ndarray]:
        """Every line of a vintage as a term with its figures in these places (n,), NaN where there is none."""
        key = id(vintage), tuple(codes)
        if key not in self._arrays:
            self._arrays[key] = dict(_terms(vintage, codes))
        return self._arrays[key]

    def parts(self, indicator: str, kind: str) -> list[str]:
        """The parts of a kind any member has figures of, in the catalogue's order, unknown ones last."""
        row = self.vintage(indicator, part=kind)
        if row is None:
            return []
        there = {line.part for line in row.lines if fits(line.part, kind) and line.part}
        known = [f"{kind}:{member}" for member in self.book.part_kinds[kind].members]
        return [part for part in known if part in there] + sorted(there - set(known))

    def row(
        self, indicator_id: str, part: str = "", *, year: int | None = None, earlier: int | None = None
    ) -> Row | None:
        """An indicator in every place; None where nothing is held that would give it.

        `year` asks for figures of the year closest to it, `earlier` for the year a change is counted from.
        """
        indicator = self.book[indicator_id]
        base = Base(self, indicator, part, year, earlier)
        if not base.found:
            return None
        return base.row()

    def classes(
        self, indicator: str, year: int, edition: int, sex: str, age: AgeClass, code: str
    ) -> list[Used]:
        """The age classes that make up an age of a sex (empty: men and women) in an edition's year, place by place."""
        vintage = next(
            (row for row in self.every(indicator) if (row.year, row.edition.pk) == (year, edition)), None
        )
        if vintage is None:
            return []
        found = []
        for each in (sex,) if sex or _of_sex(vintage, "") else ("male", "female"):
            lines = {line.age: line for line in _of_sex(vintage, each)}
            inside = (
                [age]
                if age in lines
                else [one for one in narrowest(filter(None, lines)) if _within(one, age)]
            )
            for place in self.codes if code == REGION else (code,):
                for one in inside:
                    held = lines[one].cells.get(place)
                    if held is not None:
                        found.append(Used(lines[one], vintage.edition, place, held))
        return found

    def used(
        self,
        indicator_id: str,
        part: str = "",
        *,
        code: str,
        year: int | None = None,
        earlier: int | None = None,
    ) -> list[Used]:
        """The published figures an indicator of a place rests on; of all members with the code `region`."""
        base = Base(self, self.book[indicator_id], part, year, earlier)
        codes = self.codes if code == REGION else (code,)
        together = code == REGION
        return [each for one in codes for each in base.used(one, together=together)] if base.found else []


def _terms(vintage: Vintage, codes: Sequence[str]) -> Iterable[tuple[Term, np.ndarray]]:
    for line in vintage.lines:
        values = [line.value(code) for code in codes]
        if any(value is not None for value in values):
            yield (
                Term(of=line.of, sex=line.sex, age=line.age, part=line.part),  # type: ignore[arg-type]
                np.array([np.nan if value is None else value for value in values]),
            )


def _of_sex(vintage: Vintage, sex: str) -> list[Line]:
    return [line for line in vintage.lines if line.sex == sex and line.age is not None and not line.part]


def _within(age: AgeClass, whole: AgeClass) -> bool:
    return age[0] >= whole[0] and (whole[1] is None or (age[1] is not None and age[1] <= whole[1]))

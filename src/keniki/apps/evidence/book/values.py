"""An indicator in every place: as published or by its recipe, the region's own recomputed, never averaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isnan
from typing import Final

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.indicators import CannotAggregate, Figures, aggregate, compute, interval
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import (
    SAME,
    Catalogue,
    Change,
    Indicator,
    Interval,
    MeanAge,
    PeriodRate,
    RateTimesPopulation,
    ShiftComponent,
    Term,
    catalogue,
)

from ..models import Edition
from .holdings import Held, Holdings, Line, Place, Vintage, fits, narrowest
from .rows import REGION, Reckoned, Row, Shown, Used

#: A denominator may be so many years away from its numerator; beyond that the rate is not reckoned.
YEARS_APART: Final = 5


#: Said where a recipe refuses its figures: negative ones, an industry the place has and the nation has not.
CONTRADICTING: Final = "元の値どうしが合わないため、圏域の値は求められません。"


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
    ) -> Vintage | None:
        """The lines of an indicator to reckon with: the newest year in which most members have a figure.

        `near` asks for the year closest to it instead (of equal distance the later), `before` for one earlier than it;
        of one year `same_as` is preferred.
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
        base = _Base(self, indicator, part, year, earlier)
        if not base.found:
            return None
        return base.row()

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
        base = _Base(self, self.book[indicator_id], part, year, earlier)
        codes = self.codes if code == REGION else (code,)
        return [each for one in codes for each in base.used(one)] if base.found else []


@dataclass
class _Base:
    """What one indicator is reckoned from: for every indicator of its recipe the lines of one vintage."""

    values: Values
    indicator: Indicator
    part: str
    year: int | None
    since: int | None

    def __post_init__(self) -> None:
        own = self.values.vintage(self.indicator.id, part=self.part, near=self.year)
        self.now: dict[str, Vintage] = {self.indicator.id: own} if own else {}
        self.before: dict[str, Vintage] = {}
        self.leaves = self._leaves(self.indicator)
        lead = own.year if own else None
        edition = own.edition if own else None
        for name in self.leaves:
            if name in self.now:
                continue
            found = self.values.vintage(
                name, part=self._part_of(name), near=lead if lead is not None else self.year, same_as=edition
            )
            if found is None or (lead is not None and abs(found.year - lead) > YEARS_APART):
                continue
            self.now[name] = found
            if lead is None:
                lead, edition = found.year, found.edition
        if self._spans and lead is not None:
            for name in self.leaves:
                found = self.values.vintage(
                    name,
                    part=self._part_of(name),
                    near=lead if self.since is None else self.since,
                    before=lead,
                )
                if found is not None:
                    self.before[name] = found

    @property
    def _spans(self) -> bool:
        return isinstance(self.indicator.recipe, Change | PeriodRate | ShiftComponent)

    @property
    def found(self) -> bool:
        """Whether there is enough: its own figures, or all that its recipe needs."""
        if self.indicator.id in self.now:
            return True
        if isinstance(self.indicator.recipe, MeanAge) and not self._classes():
            return False
        whole = bool(self.leaves) and all(name in self.now for name in self.leaves)
        return whole and (not self._spans or all(name in self.before for name in self.leaves))

    def _leaves(self, indicator: Indicator) -> tuple[str, ...]:
        """The indicators its recipe rests on, down to those that are held themselves or only published."""
        if indicator.recipe is None:
            return ()
        found: dict[str, None] = {}
        for term in indicator.recipe.used:
            below = self.values.book[term.of]
            divided = bool(term.age or term.sex or (term.part and term.part != SAME))
            if divided or below.recipe is None or self.values.vintage(below.id, part=self._part_of(below.id)):
                found.setdefault(below.id)
            if not divided and below.recipe is not None and below.id not in found:
                found |= dict.fromkeys(self._leaves(below))
        return tuple(found)

    def _part_of(self, name: str) -> str:
        return self.part if self.part and self.part.partition(":")[0] in self.values.book[name].parts else ""

    def row(self) -> Row:
        """The figures of all places."""
        own = self.now.get(self.indicator.id)
        direct = self._line(own) if own else None
        codes = self.values.codes
        above = [place.code for place in self.values.holdings.references]
        cells: dict[str, Shown] = {}
        for some in (codes, above):
            reckoned = self._reckoned(some, [code for code in some if not _stands(direct, code)])
            for code in some:
                shown = (
                    _shown(direct, code)
                    if direct is not None and _stands(direct, code)
                    else reckoned.get(code)
                )
                if shown is not None:
                    cells[code] = shown
        cells |= self._with_intervals(cells)
        total, why = self._total(cells)
        lead = own or next(iter(self.now.values()))
        vintages = list({id(row): row for row in [*self.now.values(), *self.before.values()]}.values())
        return Row(
            self.indicator,
            self.part,
            lead.year,
            cells,
            total,
            why,
            tuple(
                f"{self.values.book[name].name} {row.year}年"
                for name, row in self.now.items()
                if row.year != lead.year
            ),
            tuple(dict.fromkeys(row.edition for row in vintages)),
            any(row.estimated for row in vintages),
            min((row.year for row in self.before.values()), default=None),
        )

    def used(self, code: str) -> Iterator[Used]:
        """The figures of a place that the recipe takes, the earlier year's first."""
        terms = set(self.values.book.needs(self.indicator.id, self.part))
        for vintages in (self.before, self.now):
            for name, row in vintages.items():
                for line in row.lines:
                    held = line.cells.get(code)
                    if held is not None and (
                        name == self.indicator.id or any(_takes(line, term) for term in terms)
                    ):
                        yield Used(line, row.edition, code, held)

    def _about(self, code: str) -> Reckoned:
        lead = self.now.get(self.indicator.id) or next(iter(self.now.values()))
        return Reckoned(
            self.indicator.id,
            self.part,
            code,
            lead.year,
            min((row.year for row in self.before.values()), default=None),
        )

    def _line(self, vintage: Vintage) -> Line | None:
        """The line of the whole, or of the part asked for."""
        return next(
            (line for line in vintage.lines if line.part == self.part and not line.sex and line.age is None),
            None,
        )

    def _terms(self, vintages: Iterable[Vintage], codes: Sequence[str]) -> dict[Term, np.ndarray]:
        """The lines of these vintages together; nothing for no place."""
        found: dict[Term, np.ndarray] = {}
        for row in vintages if codes else ():
            found |= self.values.arrays(row, codes)
        return found

    def _figures(self, codes: Sequence[str]) -> Figures:
        above = [place.code for place in self.values.holdings.references]
        nation = above[-1:]
        names = {place.code: place.name for place in self.values.members}
        years = 1.0
        if self.before and self.now:
            years = float(
                max(row.year for row in self.now.values()) - min(row.year for row in self.before.values())
            )
        now = [row for name, row in self.now.items() if name in self.leaves or name == self.indicator.id]
        given = self._terms(now, codes)
        ages: tuple[AgeClass, ...] = ()
        if isinstance(self.indicator.recipe, MeanAge):
            ages = self._classes()
            given |= self._by_age(ages, codes)
        return Figures(
            values=given,
            earlier=self._terms(self.before.values(), codes),
            reference={term: float(array[0]) for term, array in self._terms(now, nation).items()},
            reference_earlier={
                term: float(array[0]) for term, array in self._terms(self.before.values(), nation).items()
            },
            ages=ages,
            names=[names.get(code, code) for code in codes],
            years=years,
        )

    def _classes(self) -> tuple[AgeClass, ...]:
        """The narrowest age classes that follow one another up to an open one."""
        lines = [line for row in self.now.values() for line in row.lines]
        return tuple(narrowest({line.age for line in lines if line.age and not line.sex and not line.part}))

    def _by_age(self, ages: Sequence[AgeClass], codes: Sequence[str]) -> dict[Term, np.ndarray]:
        recipe = self.indicator.recipe
        if not ages or recipe is None:
            return {}
        of = recipe.used[0].of
        rows = self.values.arrays(self.now[of], codes)
        columns = [rows.get(Term(of=of, age=age), np.full(len(codes), np.nan)) for age in ages]
        return {Term(of=of): np.stack(columns, axis=-1)}

    def _reckoned(self, codes: Sequence[str], wanted: Sequence[str]) -> dict[str, Shown]:
        """The recipe's result in these places; nothing where it cannot be reckoned."""
        if (
            not wanted
            or self.indicator.recipe is None
            or isinstance(self.indicator.recipe, RateTimesPopulation)
        ):
            return {}
        figures = self._figures(codes)
        rest = {term: array for term, array in figures.values.items() if term.of != self.indicator.id}
        try:
            found = compute(
                self.indicator,
                Figures(
                    rest,
                    figures.earlier,
                    figures.reference,
                    figures.reference_earlier,
                    figures.ages,
                    names=figures.names,
                    years=figures.years,
                ),
                self.values.book,
                part=self.part,
            )
        except (WrongInput, ValueError):
            return {}
        return {
            code: Shown(None if isnan(value) else float(value), about=self._about(code))
            for code, value in zip(codes, found, strict=True)
            if code in wanted and not isnan(value)
        }

    def _with_intervals(self, cells: Mapping[str, Shown]) -> dict[str, Shown]:
        """The members' figures with the interval the catalogue asks for."""
        if not self.leaves or self.indicator.interval is Interval.NONE:
            return {}
        try:
            found = interval(
                self.indicator, self._figures(self.values.codes), self.values.book, part=self.part
            )
        except (WrongInput, ValueError):
            return {}
        if found is None:
            return {}
        made = {}
        for at, code in enumerate(self.values.codes):
            if code in cells and not isnan(found.low[at]):
                held = cells[code]
                made[code] = replace(held, low=float(found.low[at]), high=float(found.high[at]))
        return made

    def _total(self, cells: Mapping[str, Shown]) -> tuple[Shown, str]:
        """The region's figure by the catalogue's rule, or why there is none."""
        if len(self.values.codes) == 1:
            only = cells.get(self.values.codes[0])
            return (only, "") if only is not None else (Shown(None), "値がありません。")
        try:
            found = aggregate(
                self.indicator, self._figures(self.values.codes), self.values.book, part=self.part
            )
        except CannotAggregate as refused:
            return Shown(None), str(refused)
        except WrongInput:
            return Shown(None), self._what_total_needs()
        except ValueError:
            return Shown(None), CONTRADICTING
        if found.missing:
            names = "、".join(self.values.members[at].name for at in found.missing)
            return Shown(None), f"{names}の値がないため、圏域の値は求められません。"
        if isnan(found.value):
            return Shown(None), "圏域の値は求められません。"
        return Shown(found.value, about=self._about(REGION)), ""

    def _what_total_needs(self) -> str:
        lacking = [
            self.values.book[name].name for name in self._leaves(self.indicator) if name not in self.now
        ]
        if not lacking:
            return "圏域の値を計算し直すための内訳がありません。"
        return f"圏域の値は計算し直して求めるため、「{'」「'.join(lacking)}」が要ります。"


def _terms(vintage: Vintage, codes: Sequence[str]) -> Iterable[tuple[Term, np.ndarray]]:
    for line in vintage.lines:
        values = [line.value(code) for code in codes]
        if any(value is not None for value in values):
            yield (
                Term(of=line.of, sex=line.sex, age=line.age, part=line.part),  # type: ignore[arg-type]
                np.array([np.nan if value is None else value for value in values]),
            )


def _takes(line: Line, term: Term) -> bool:
    """Whether a line is the term's figure, or one of the age classes it is added up from."""
    if line.of != term.of or line.sex != term.sex or (term.part != SAME and line.part != term.part):
        return False
    if term.age is None or line.age is None:
        return line.age == term.age
    first, last = term.age
    return line.age[0] >= first and (last is None or (line.age[1] is not None and line.age[1] <= last))


def _stands(line: Line | None, code: str) -> bool:
    return line is not None and code in line.cells


def _shown(line: Line, code: str) -> Shown:
    held: Held = line.cells[code]
    return Shown(held.value, held.text, held.pks, added=code in line.added)

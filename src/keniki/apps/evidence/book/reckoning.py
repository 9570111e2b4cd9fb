"""One indicator reckoned in all places: which vintages its recipe takes, what follows, what the region's own is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING, Final

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.indicators import CannotAggregate, Figures, aggregate, compute, interval
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import (
    SAME,
    Aggregation,
    Change,
    Indicator,
    Interval,
    MeanAge,
    PeriodRate,
    RateTimesPopulation,
    ShiftComponent,
    Term,
)

from .holdings import Held, Line, Vintage, narrowest
from .rows import REGION, Reckoned, Row, Shown, Used

if TYPE_CHECKING:
    from .values import Values

#: A denominator may be so many years away from its numerator; beyond that the rate is not reckoned.
YEARS_APART: Final = 5
#: Said where a recipe refuses its figures: negative ones, an industry the place has and the nation has not.
CONTRADICTING: Final = "元の値どうしが合わないため、圏域の値は求められません。"


@dataclass
class Base:
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
                now = self.now.get(name)
                estimated = now is not None and now.estimated
                # The change of a projection is that from its first year, of figures that from the last ones.
                nearest = 0 if estimated else lead
                found = self.values.vintage(
                    name,
                    part=self._part_of(name),
                    near=nearest if self.since is None else self.since,
                    before=lead,
                    same_as=now.edition if now else None,
                    estimated=estimated,
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
                    self._shown(direct, code)
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

    def used(self, code: str, *, together: bool = False) -> Iterator[Used]:
        """The figures of a place that its own figure, or with `together` the region's, rests on.

        The published one where it stands as it is, else those the recipe takes, the earlier year's first.
        """
        own = self.now.get(self.indicator.id)
        direct = self._line(own) if own else None
        recomputed = together and self.indicator.aggregation != Aggregation.SUM
        if own is not None and direct is not None and code in direct.cells and not recomputed:
            if code not in direct.added:
                yield Used(direct, own.edition, code, direct.cells[code])
            return
        terms = set(self.values.book.needs(self.indicator.id, self.part))
        for vintages in (self.before, self.now):
            for row in vintages.values():
                for line in row.lines:
                    held = line.cells.get(code)
                    if held is not None and (line is direct or any(_takes(line, term) for term in terms)):
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

    def _shown(self, line: Line, code: str) -> Shown:
        """A published figure; one that was added up says how it can be found again."""
        held: Held = line.cells[code]
        about = self._about(code) if len(held.pks) != 1 and held.value is not None else None
        return Shown(held.value, held.text, held.pks, added=code in line.added, about=about)

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

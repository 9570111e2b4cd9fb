"""Checks within the members' own tables: sexes, ages, parts, named indicators, rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from keniki.rulebooks.checks import ANY, Check, Each, Named, Scope

from ..importers.base import UNKNOWN_AGE
from ..queries.words import ages_shown
from .held import Age, Held, Key, Store, Table
from .judging import Case, judged
from .results import Checked

#: The age class of those who did not state theirs (年齢不詳).
NOT_STATED: Final[Age] = (UNKNOWN_AGE, UNKNOWN_AGE)


class Over:
    """A check over the tables of the members."""

    def __init__(self, store: Store, check: Check) -> None:
        self.store = store
        self.check = check

    def findings(self) -> Iterator[Checked]:
        """One for every printed figure it applies to."""
        for table, figures in self.store.tables.items():
            for case in self._cases(table, figures):
                yield judged(self.store, self.check, case)

    @cached_property
    def _divides(self) -> Named:
        """The first of the names beside the printed one: it says by what a table is divided."""
        return list(self.check.figures.values())[1]

    def _cases(self, table: Table, figures: Mapping[Key, Held]) -> Iterator[Case]:
        check = self.check
        if not check.structural:
            held = figures.get(Key(check.figures[check.printed].of))
            if held is not None and held.known:
                yield from self._named(table, figures, held)
            return
        by_age: dict[Key, dict[Age, Held]] = defaultdict(dict)
        by_part: dict[Key, dict[str, Held]] = defaultdict(dict)
        for key, held in figures.items():
            if key.age is not None and self._divides.each is Each.AGE:
                by_age[key._replace(age=None)][key.age] = held
            elif key.part and self._divides.each is Each.PART:
                by_part[key._replace(part="")][key.part] = held
        name = list(self.check.figures)[1]
        for key, held in figures.items():
            if not held.known or not self._wanted(key):
                continue
            if self._divides.each is Each.AGE:
                yield from self._ages(by_age[key._replace(age=None)], table, key, held, name)
            elif self._divides.each is Each.PART:
                yield from self._parts(by_part[key], held, name)
            else:
                yield from self._sexes(figures, key, held)

    def _wanted(self, key: Key) -> bool:
        over = self.check.over
        return (
            (ANY in over or key.indicator in over)
            and not key.part
            and (not key.sex or self.check.by_sex)
            and (key.age is None or (self.check.by_age and key.age[0] >= 0))
        )

    def _named(self, table: Table, figures: Mapping[Key, Held], held: Held) -> Iterator[Case]:
        """The printed figure of a named indicator, and the others of its table or year."""
        given: dict[str, Sequence[tuple[str, Held]]] = {}
        lacking = []
        for name, named in list(self.check.figures.items())[1:]:
            key = Key(named.of, named.sex)
            one = figures.get(key)
            if one is None and self.check.scope is Scope.YEAR:
                one = self._elsewhere(table, key)
            if one is None:
                lacking.append(named.of)
            else:
                given[name] = [(name, one)]
        if not given and self.check.scope is Scope.TABLE:
            return  # a table that is not divided so has nothing to check
        yield Case(held, given, lacking, whole=not self.check.remainder)

    def _elsewhere(self, table: Table, key: Key) -> Held | None:
        """A figure of the same area in another table of the year, or of one near by."""
        near = [
            one
            for one in self.store.by_area.get((table.area, key), ())
            if abs(one.series.year - table.year) <= self.check.years_apart and one.known
        ]
        near.sort(
            key=lambda one: (abs(one.series.year - table.year), -one.series.edition.imported_at.timestamp())
        )
        return near[0] if near else None

    def _sexes(self, figures: Mapping[Key, Held], key: Key, held: Held) -> Iterator[Case]:
        given = {
            name: [(name, one)]
            for name, named in list(self.check.figures.items())[1:]
            if (one := figures.get(key._replace(sex=named.sex))) is not None
        }
        if len(given) == len(self.check.figures) - 1:
            yield Case(held, given)

    def _ages(
        self, there: Mapping[Age, Held], table: Table, key: Key, held: Held, name: str
    ) -> Iterator[Case]:
        chain = narrowest([age for age in there if age[0] >= 0], key.age or (0, None))
        if not chain:
            return
        unknown = [there[age] for age in there if age[0] < 0]
        whole = bool(unknown) or key.age is not None
        if not whole:
            # Another table of the year may say how many did not state their age.
            elsewhere = self._elsewhere(table, key._replace(age=NOT_STATED))
            unknown = [elsewhere] if elsewhere is not None else []
        given = [(ages_shown(*age), there[age]) for age in chain]
        if key.age is None:
            given += [(ages_shown(*NOT_STATED), one) for one in unknown]
        yield Case(held, {name: given}, whole=whole)

    def _parts(self, there: Mapping[str, Held], held: Held, name: str) -> Iterator[Case]:
        kinds: dict[str, dict[str, Held]] = defaultdict(dict)
        for part, one in there.items():
            kind, _, member = part.partition(":")
            kinds[kind][member] = one
        for kind, given in kinds.items():
            members = self.store.book.part_kinds[kind].members if kind in self.store.book.part_kinds else {}
            if len(given) > 1:
                named = [(members.get(member, member), one) for member, one in given.items()]
                complete = kind not in self.check.open_kinds and bool(members) and set(members) <= set(given)
                yield Case(held, {name: named}, whole=complete)


def narrowest(there: Sequence[Age], whole: Age) -> list[Age]:
    """The narrowest classes that follow one another from the first to the last age; empty where they do not."""
    found: list[Age] = []
    first: int = whole[0]
    while True:
        starting = [age for age in there if age[0] == first and age != whole and _ends_within(age, whole)]
        if not starting:
            return []
        found.append(min(starting, key=lambda age: float("inf") if age[1] is None else age[1]))
        last = found[-1][1]
        if last == whole[1]:
            return found
        if last is None:
            return []
        first = last + 1


def _ends_within(age: Age, whole: Age) -> bool:
    return whole[1] is None or (age[1] is not None and age[1] <= whole[1])

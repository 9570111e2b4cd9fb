"""What official tables must satisfy in general (出典の検算): sums, differences and rates, as data."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, Literal

from pydantic import model_validator

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

#: In `over`: whatever is counted.
ANY: Final = "*"


class Scope(StrEnum):
    """Where the figures of a check are looked for: in the printed one's own table, or in any of the same year."""

    TABLE = "table"
    YEAR = "year"


class Each(StrEnum):
    """A name that stands for several figures: one per age class, per part, per area within."""

    NO = ""
    AGE = "age"
    PART = "part"
    AREA = "area"


class Within(StrEnum):
    """Which areas an area's figure is the sum of."""

    NO = ""
    NATION = "nation"
    PREFECTURE = "prefecture"
    CITY = "city"
    FORMER = "former"
    AREA = "area"


class Named(Entry):
    """A name of a rule: an indicator (empty: the one the check runs over), a sex, in which unit it is reckoned."""

    of: str = ""
    sex: Literal["", "male", "female"] = ""
    each: Each = Each.NO
    unit: str = ""


class Check(Entry):
    """A check: what it says, its rule in the syntax of `keniki.analysis.checks`, whose names `figures` explains.

    The first name is the printed figure; without it there is nothing to check. `over` are the indicators it runs
    over; `by_sex` and `by_age` add their divisions. `remainder` is what the printed figure may contain besides: a
    printed figure that is larger cannot be judged then, and `remedy` says which file would allow it. `years_apart`
    is how far the year of another figure may be away. `open_kinds` are kinds of parts that leave some out (分類不能).
    """

    title: str
    statement: str
    rule: str
    figures: dict[str, Named]
    over: tuple[str, ...] = ()
    by_sex: bool = False
    by_age: bool = False
    scope: Scope = Scope.TABLE
    years_apart: int = 0
    within: Within = Within.NO
    remainder: str = ""
    remedy: str = ""
    open_kinds: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _runs_over_something(self) -> Check:
        open_names = [name for name, named in self.figures.items() if not named.of]
        if open_names and not self.over and self.within is Within.NO:
            raise ValueError(f"「{open_names[0]}」の指標（of）か over が要ります")
        if not self.figures:
            raise ValueError("figures が要ります")
        return self

    @property
    def printed(self) -> str:
        """The name of the figure that is held against the others."""
        return next(iter(self.figures))

    @property
    def structural(self) -> bool:
        """Whether it says how a table is divided: a table that is not divided so has nothing to check."""
        return any(not named.of for named in self.figures.values())


def checks(on: date) -> dict[str, Rule[Check]]:
    """The checks in force, in the order they are shown."""
    return _checks().in_force(on)


@cache
def _checks() -> Rulebook[Check]:
    return load("checks/checks.yaml", Check)

"""Survival from the national life tables of the rule books."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array
from keniki.analysis.population import STEP, LifeTable, survival_between
from keniki.core.errors import WrongInput
from keniki.rulebooks.population import life_tables


def tables_for(ages: Sequence[AgeClass]) -> list[LifeTable]:
    """The tables that reach five years above the open class. WrongInput where none does."""
    found = []
    for rule in life_tables():
        table = rule.value
        if ages[-1][0] + STEP in table.ages:
            found.append(LifeTable(table.year, table.ages, np.array([table.male, table.female])))
    if not found:
        raise WrongInput(f"{ages[-1][0]}歳以上まで生残率を求められる生命表がありません。")
    return found


def survival_from(year: int, steps: int, ages: Sequence[AgeClass]) -> Array:
    """Survival of each of so many steps of five years from `year`, (steps, 2, K)."""
    tables = tables_for(ages)
    return np.stack([survival_between(tables, year + STEP * step, ages) for step in range(max(steps, 1))])


def past_survival(years: Sequence[int], ages: Sequence[AgeClass]) -> list[Array]:
    """Survival of each period between some censuses, the newest first, (2, K) each."""
    tables = tables_for(ages)
    return [survival_between(tables, year, ages) for year in reversed(years[:-1])]

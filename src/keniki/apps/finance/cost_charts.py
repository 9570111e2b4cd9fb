"""What a joint cost comes to year by year and class by class, and its picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from keniki.core.fiscal_year import format_short
from keniki.core.money import in_unit
from keniki.press.charts import Chart, stacked_by_municipality, year_bars

from .models import CostItem
from .queries.costs import counts_at, total_at
from .sharing import StageOf, stages_of

#: More classes than this cannot be told apart by colour.
_COLOURS = 12


@dataclass(frozen=True)
class YearSum:
    """A fiscal year at the last stage that has items: yen of cost by class, of the revenue meant for it."""

    year: int
    stage: StageOf
    by_class: Mapping[str, int]
    gross: int
    earmarked: int

    @property
    def net(self) -> int:
        """Yen that the municipalities bear."""
        return self.gross - self.earmarked


def sums_by_year(items: Iterable[CostItem]) -> list[YearSum]:
    """Every fiscal year with items, the oldest first."""
    by_year: dict[int, list[CostItem]] = {}
    for item in items:
        by_year.setdefault(item.fiscal_year, []).append(item)
    found = []
    for year in sorted(by_year):
        rows = by_year[year]
        stage = stages_of(rows)[-1]
        classes: dict[str, int] = {}
        for row in rows:
            if row.kind == CostItem.Kind.EXPENSE and counts_at(row, stage):
                classes[row.cost_class] = classes.get(row.cost_class, 0) + row.amount
        earmarked = total_at(rows, stage, CostItem.Kind.REVENUE)
        found.append(YearSum(year, stage, classes, sum(classes.values()), earmarked))
    return found


def classes_in(sums: Iterable[YearSum]) -> list[str]:
    """The classes that occur in any year, in the order of their first."""
    return list(dict.fromkeys(key for each in sums for key in each.by_class))


def cost_chart(title: str, sums: list[YearSum], labels: Mapping[str, str]) -> Chart:
    """A bar for each fiscal year, in 千円, stacked by class of cost where there are several; `labels` name them."""
    years = [f"{format_short(each.year)} {each.stage.label}" for each in sums]
    classes = classes_in(sums)
    negative = any(value < 0 for each in sums for value in each.by_class.values())
    if negative or not 1 < len(classes) <= _COLOURS:
        bars = [(year, _thousand(each.gross)) for year, each in zip(years, sums, strict=True)]
        return year_bars(title, "千円", bars)
    values = {labels[key]: [_thousand(each.by_class.get(key, 0)) for each in sums] for key in classes}
    if len(values) < len(classes):
        values = {
            f"{labels[key]}（{key}）": [_thousand(each.by_class.get(key, 0)) for each in sums]
            for key in classes
        }
    made = stacked_by_municipality(title, "千円", years, values)
    listed = "、".join(f"{year} 計{_thousand(each.gross):,}" for year, each in zip(years, sums, strict=True))
    return replace(
        made,
        columns=("経費の区分", *made.columns[1:]),
        alt=f"{title}の区分別積み上げ棒グラフ（千円）：{listed}",
    )


def _thousand(yen: int) -> int:
    return int(in_unit(yen))

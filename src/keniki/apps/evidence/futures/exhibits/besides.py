"""Forecasts beside each other: scenarios of one region, or several regions."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.analysis.arrays import Array
from keniki.press.book_charts import lines
from keniki.press.charts import Chart

from ...book.tables import Entry, Exhibit, Table, TableRow
from ..results import Result
from .common import ALL, CHAPTER, GROUPS, LIMITS, View, change, group_name, persons, share


def beside(results: Sequence[tuple[str, Result]]) -> list[Exhibit]:
    """Named forecasts compared: totals, indices, groups of ages, demands; empty for none.

    Scenarios of the same municipalities are drawn in persons, others as indices of their own base year.
    """
    if not results:
        return []
    named = [(name, View(result)) for name, result in results]
    made = [_totals(named), _groups(named), _demands(named)]
    return [each for each in made if each is not None]


def _years(named: Sequence[tuple[str, View]]) -> list[int]:
    return sorted({year for _, view in named for year in view.years})


def _same(named: Sequence[tuple[str, View]]) -> bool:
    return len({frozenset(place.code for place in view.result.places) for _, view in named}) == 1


def _at(view: View, values: Array, year: int) -> float | None:
    return float(values[view.years.index(year)]) if year in view.years else None


def _totals(named: Sequence[tuple[str, View]]) -> Exhibit:
    title = "総人口の見通しの比較"
    years = _years(named)
    same, drawn = _same(named), any(view.bands(ALL) for _, view in named)
    series: dict[str, list[float | None]] = {}
    rows = []
    for name, view in named:
        total = view.total()
        row = [_at(view, total, year) for year in years]
        if same:
            series[name] = [None if value is None else float(round(value)) for value in row]
        else:
            series[name] = [
                None if value is None or not total[0] else round(value / total[0] * 100, 1) for value in row
            ]
        band = view.bands(ALL)[-1:]
        edges = [
            Entry(float(values[-1]) if values and values[-1] is not None else None)
            for each in band
            for values in (each.low, each.high)
        ] or [Entry(None), Entry(None)]
        cells = (*(persons(value) for value in row), change(total[-1], total[0]))
        rows.append(TableRow(name, (*cells, *edges) if drawn else cells))
    heads = (*(f"{year}年" for year in years), "最初から最後の年までの増減率")
    units = (*("人" for _ in years), "％")
    if drawn:
        heads += ("最後の年の80 %区間の下限", "最後の年の80 %区間の上限")
        units += ("人", "人")
    table = Table("推計", heads, tuple(rows), units)
    labels = [f"{year}" for year in years]
    if same:
        chart = lines(title, "人", labels, series)
    else:
        chart = lines(f"{title}（基準の年＝100）", "", labels, series, 1, base=100)
    return _made("future_total", title, table, (chart,), named)


def _groups(named: Sequence[tuple[str, View]]) -> Exhibit:
    title = "年齢区分別の割合の比較"
    years = _years(named)
    rows = []
    series: dict[str, list[float | None]] = {}
    for name, view in named:
        total = view.total()
        for group in GROUPS:
            values = view.group(group)
            shares = {year: share(values[at], total[at]) for at, year in enumerate(view.years)}
            rows.append(
                TableRow(
                    f"{name}　{group_name(group)}",
                    tuple(shares.get(year, Entry(None)) for year in years),
                )
            )
            if group == (65, None):
                series[name] = [
                    None
                    if year not in shares or shares[year].value is None
                    else round(shares[year].value or 0, 1)
                    for year in years
                ]
    table = Table("推計・区分", tuple(f"{year}年" for year in years), tuple(rows), ("％",) * len(years))
    chart = lines("65歳以上の割合の比較", "％", [f"{year}" for year in years], series, 1)
    return _made("future_groups", title, table, (chart,), named)


def _demands(named: Sequence[tuple[str, View]]) -> Exhibit | None:
    """Every demand of the first forecast's list in each of them: first and last year, change."""
    found = [(name, view.result.demands) for name, view in named if view.result.demands is not None]
    if not found:
        return None
    ids = {each.id: each for _, demands in found if demands is not None for each in demands.demands}
    if not ids:
        return None
    rows = []
    for id, one in ids.items():
        cells: list[Entry] = []
        for _, demands in found:
            if demands is None or id not in demands:
                cells += [Entry(None), Entry(None)]
                continue
            values = demands[id].values
            cells += [Entry(values[-1], decimals=one.decimals), change(values[-1], values[0])]
        rows.append(TableRow(one.name, tuple(cells), below=one.unit_label))
    heads = tuple(
        head
        for name, demands in found
        if demands is not None
        for head in (f"{name} {demands.years[-1]}年", f"{name} 増減率")
    )
    units = tuple(unit for _ in found for unit in ("", "％"))
    return _made("future_demands", "需要の見通しの比較", Table("需要", heads, tuple(rows), units), (), named)


def _made(
    id: str, title: str, table: Table, charts: Sequence[Chart], named: Sequence[tuple[str, View]]
) -> Exhibit:
    notes = dict.fromkeys([LIMITS])
    for name, view in named:
        notes |= dict.fromkeys(f"{name}：{note}" for note in view.said)
    credits = dict.fromkeys(credit for _, view in named for credit in view.credits)
    return Exhibit(id, title, CHAPTER, table, tuple(charts), notes=tuple(notes), credits=tuple(credits))

"""The municipalities of a forecast beside each other: a table with their changes, a small fan of each."""

from __future__ import annotations

from keniki.press.book_charts import bars, fans
from keniki.press.charts import Chart

from ...book.tables import Entry, Exhibit, Table, TableRow
from .common import ALL, View, change, persons, share

#: Small fans and bars in one picture, and more municipalities than this get none.
IN_ONE, ROWS, MOST = 12, 24, 60


def places(view: View) -> Exhibit | None:
    """Every municipality: persons by year, change, share of 65 and over; None for one municipality alone."""
    result, title = view.result, "市区町村別人口の見通し"
    if view.place is not None or len(result.places) < 2:
        return None
    first, last = view.years[0], view.years[-1]
    bands = [view.bands(ALL, at)[-1:] for at in range(len(result.places))]
    banded = all(bands) and len(view.years) > 1
    rows = [_row(view, place.name, at, "body", banded) for at, place in enumerate(result.places)]
    rows.append(_row(view, "計", None, "sum", banded))
    heads = [f"{first}年（基準）", *(f"{year}年" for year in view.years[1:])]
    units = ["人"] * len(heads)
    if banded:
        heads += [f"{last}年 80 %下限", f"{last}年 80 %上限"]
        units += ["人", "人"]
    heads += ["増減率", f"{first}年 65歳以上", f"{last}年 65歳以上"]
    units += ["％", "％", "％"]
    table = Table("市区町村", tuple(heads), tuple(rows), tuple(units))
    said = f"増減率は、{first}年から{last}年まで。65歳以上は、総人口に占める割合。"
    more = [] if len(result.places) <= MOST else [f"市区町村ごとの図は、{MOST}市区町村までの推計に付ける。"]
    return view.made(
        "future_places", title, table, _charts(view, banded), view.notes(said, *more, bands=True)
    )


def _row(view: View, name: str, at: int | None, kind: str, banded: bool) -> TableRow:
    now, old = view.total(at), view.group((65, None), at)
    band = view.bands(ALL, at)[-1:] if banded else ()
    edges = tuple(
        Entry(None if values[-1] is None else float(values[-1]))
        for each in band
        for values in (each.low, each.high)
    )
    return TableRow(
        name,
        (
            *(persons(value) for value in now),
            *edges,
            change(now[-1], now[0]),
            share(old[0], now[0]),
            share(old[-1], now[-1]),
        ),
        "sum" if kind == "sum" else "body",
    )


def _charts(view: View, banded: bool) -> list[Chart]:
    result = view.result
    first, last = view.years[0], view.years[-1]
    if len(result.places) > MOST:
        return []
    names = [place.name for place in result.places]
    rates, spans = [], []
    for at in range(len(names)):
        now = view.total(at)
        rates.append(change(now[-1], now[0]).number)
        spans.append(_span(view, at, float(now[0])))
    total = view.total()
    whole = change(total[-1], total[0]).number
    charts = []
    title = f"{first}～{last}年の人口増減率" + ("（横線は80 %区間）" if banded else "")
    parts = [range(start, min(start + ROWS, len(names))) for start in range(0, len(names), ROWS)]
    for number, rows in enumerate(parts, 1):
        charts.append(
            bars(
                title + _numbered(number, len(parts)),
                "％",
                [names[at] for at in rows],
                [rates[at] for at in rows],
                references={"計": whole} if whole is not None else None,
                intervals=[spans[at] for at in rows] if banded else None,
                decimals=1,
            )
        )
    groups = [range(start, min(start + IN_ONE, len(names))) for start in range(0, len(names), IN_ONE)]
    for number, group in enumerate(groups, 1):
        panels = [view.fan(names[at], ALL, at) for at in group]
        title = f"市区町村別の総人口{_numbered(number, len(groups))}"
        charts.append(fans(title, "人", panels, checked=view.checked))
    return charts


def _span(view: View, at: int, base: float) -> tuple[float, float] | None:
    """The narrowest band of a municipality's last year as changes in percent."""
    for band in view.bands(ALL, at)[-1:]:
        low, high = band.low[-1], band.high[-1]
        if base and low is not None and high is not None:
            return (float(low) / base - 1) * 100, (float(high) / base - 1) * 100
    return None


def _numbered(number: int, of: int) -> str:
    return f"（{number}／{of}）" if of > 1 else ""

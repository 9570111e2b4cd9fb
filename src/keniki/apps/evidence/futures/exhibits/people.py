"""Exhibits of the people to come: total with its fan, groups of ages, pyramids, what the change is made of."""

from __future__ import annotations

from keniki.press.book_charts import components, fan, fans, pyramid
from keniki.press.charts import Number

from ...book.tables import Entry, Exhibit, Table, TableRow
from ...queries.words import ages_shown
from .common import ALL, BANDS, GROUPS, MIDDLE, View, change, group_name, listed, persons, share

TITLE_TOTAL = "総人口の推移と見通し"


def total(view: View) -> Exhibit:
    """Everybody by year: earlier censuses, the projection, its bands and quantiles."""
    shown = view.fan(view.name, ALL)
    chart = fan(f"{TITLE_TOTAL}（{view.name}）", "人", shown, checked=view.checked)
    base = float(view.total()[0])
    drawn = view.result.bands
    shares = (*(low for _, low, _ in BANDS), MIDDLE, *(high for _, _, high in reversed(BANDS)))
    kept = [each for each in shares if drawn is not None and each in drawn.shares]
    names = {
        BANDS[0][1]: "95 %下限",
        BANDS[1][1]: "80 %下限",
        MIDDLE: "中位",
        BANDS[1][2]: "80 %上限",
        BANDS[0][2]: "95 %上限",
    }
    rows = [
        TableRow(
            f"{year}年",
            (persons(value), Entry(None), _index(value, base), *(Entry(None) for _ in kept)),
        )
        for year, value in shown.past
    ]
    for at, (year, value) in enumerate(shown.ahead):
        quantiles = [
            persons(drawn.of(each, ALL, view.place)[at]) if drawn is not None else Entry(None)
            for each in kept
        ]
        rows.append(TableRow(f"{year}年", (Entry(None), persons(value), _index(value, base), *quantiles)))
    heads = ("国勢調査", "推計", "指数", *(names[each] for each in kept))
    units = ("人", "人", f"{view.years[0]}年＝100", *("人" for _ in kept))
    table = Table("年", heads, tuple(rows), units)
    return view.made("future_total", TITLE_TOTAL, table, (chart,), view.notes(bands=True))


def _index(value: Number | None, base: float) -> Entry:
    return Entry(None if value is None or not base else float(value) / base * 100, decimals=1)


def groups(view: View) -> Exhibit:
    """Broad groups of ages by year, with shares and bands."""
    title = "年齢区分別人口の推移と見通し"
    chart = fans(
        f"{title}（{view.name}）",
        "人",
        [view.fan(group_name(each), each) for each in GROUPS],
        checked=view.checked,
    )
    everybody = view.total()
    rows = []
    for each in GROUPS:
        name = group_name(each)
        now = view.group(each)
        rows.append(TableRow(name, tuple(persons(value) for value in now), below="人"))
        rows.append(
            TableRow(
                f"{name}の割合",
                tuple(share(value, whole) for value, whole in zip(now, everybody, strict=True)),
                below="％",
            )
        )
        for band in view.bands(each)[-1:]:
            for edge, values in (("下限", band.low), ("上限", band.high)):
                rows.append(
                    TableRow(
                        f"{name}の{band.name}の{edge}",
                        (Entry(None), *(persons(None if v is None else float(v)) for v in values)),
                        below="人",
                    )
                )
    heads = (f"{view.years[0]}年（基準）", *(f"{year}年" for year in view.years[1:]))
    table = Table("区分", heads, tuple(rows))
    notes = view.notes("75歳以上は、65歳以上の内数。", bands=True)
    return view.made("future_groups", title, table, (chart,), notes)


def pyramids(view: View) -> Exhibit:
    """Men and women by age in the base year, half-way and at the end."""
    title = "男女・年齢別人口"
    result = view.result
    labels = [ages_shown(*age) for age in result.ages]
    years = tuple(dict.fromkeys(view.shown_years))
    people = {year: result.pyramid(year, view.place) for year in years}
    base = people[years[0]]
    outline = (f"{years[0]}年", listed(base[0]), listed(base[1]))
    charts = [
        pyramid(
            f"{title}（{year}年、{view.name}）",
            labels,
            [round(value) for value in listed(people[year][0])],
            [round(value) for value in listed(people[year][1])],
            outline=outline,
        )
        for year in years[1:] or years[:1]
    ]
    heads = tuple(f"{sex} {year}年" for year in years for sex in ("男", "女"))
    rows = tuple(
        TableRow(label, tuple(persons(people[year][sex, at]) for year in years for sex in (0, 1)))
        for at, label in enumerate(labels)
    )
    sums = tuple(persons(people[year][sex].sum()) for year in years for sex in (0, 1))
    table = Table("年齢", heads, (*rows, TableRow("計", sums, "sum")), ("人",) * len(heads))
    return view.made("future_pyramids", title, table, charts, view.notes())


def balance(view: View) -> Exhibit | None:
    """The change of every step by its causes: children, deaths, moves."""
    result, title = view.result, "人口の増減の内訳"
    if len(view.years) < 2:
        return None
    parts = {
        name: listed(values.sum(axis=1) if view.place is None else values[:, view.place])
        for name, values in (
            ("出生", result.children),
            ("死亡", -result.deaths),
            ("転入－転出", result.moves),
        )
    }
    periods = [f"{first}～{last}年" for first, last in zip(view.years[:-1], view.years[1:], strict=True)]
    chart = components(
        f"{title}（{view.name}、5年間ごと）",
        "人",
        periods,
        {name: [round(value) for value in values] for name, values in parts.items()},
    )
    total = view.total()
    rows = tuple(
        TableRow(
            period,
            (
                *(persons(values[at]) for values in parts.values()),
                persons(total[at + 1] - total[at]),
                change(total[at + 1], total[at]),
            ),
        )
        for at, period in enumerate(periods)
    )
    whole = TableRow(
        "計",
        (
            *(persons(sum(values)) for values in parts.values()),
            persons(total[-1] - total[0]),
            change(total[-1], total[0]),
        ),
        "sum",
    )
    table = Table("期間", (*parts, "増減", "増減率"), (*rows, whole), ("人", "人", "人", "人", "％"))
    notes = view.notes(
        "出生は、期間に生まれ、期末に生存する子ども（0～4歳）。死亡は、期首にいた人の死亡。"
        "転入－転出は、増減から両者を除いた残りで、公表された総数への補正を含む。"
    )
    return view.made("future_balance", title, table, (chart,), notes)

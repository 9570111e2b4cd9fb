"""Exhibits by municipality and by industry: bars and maps, components, shares, quotients, shift-share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from keniki.apps.regions.arrangements import arrangements_of
from keniki.press.book_charts import bars, components, paired, quotients, shares
from keniki.press.charts import Chart
from keniki.press.maps import Shape, choropleth
from keniki.rulebooks.book import ExhibitForm
from keniki.rulebooks.indicators import SAME, Indicator, Ratio

from .holdings import Place
from .rows import Row, part_name
from .tables import Entry, Exhibit, Notes, Table, TableRow, entry
from .values import Values

#: Percent of a whole that is worth a part of its own.
_UNASSIGNED = 0.05


def places(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """An indicator of every municipality beside region, prefecture and nation: bars, a map, the table."""
    indicator = values.book[form.indicators[0]]
    row = values.row(indicator.id, earlier=0 if form.since_first else None)
    if row is None:
        return None
    notes = Notes()
    notes.take(row)
    notes.say(form.note)
    title = f"{form.title}（{row.when}）"
    references = _references(values, row)
    cells = [row.cells.get(place.code) for place in values.members]
    charts = [
        bars(
            title,
            row.unit,
            [place.name for place in values.members],
            [None if cell is None else cell.value for cell in cells],
            references=references,
            intervals=[
                None if cell is None or cell.low is None or cell.high is None else (cell.low, cell.high)
                for cell in cells
            ],
            decimals=indicator.decimals,
        )
    ]
    if (drawn := mapped(values, row, title)) is not None:
        charts.append(drawn)
        notes.editions.extend(values.holdings.borders.editions)
        notes.say(values.holdings.borders.remark)
    with_interval = any(cell is not None and cell.low is not None for cell in cells)
    rows = [
        _one(place.name, entry(cell, indicator.decimals), with_interval)
        for place, cell in zip(values.members, cells, strict=True)
    ]
    if len(rows) > 1:
        rows.append(_one("圏域", entry(row.total, indicator.decimals), with_interval, "sum"))
    rows.extend(
        _one(place.name, entry(row.cells[place.code], indicator.decimals), with_interval, "reference")
        for place in values.holdings.references
        if place.code in row.cells
    )
    heads, units = [row.indicator.name], [row.unit]
    if with_interval:
        heads.append("95％信頼区間")
        units.append(row.unit)
        notes.say("小さな市町村の値は偶然の動きが大きいため、95％信頼区間（ポアソン分布）を添えた。")
    table = Table("市町村", tuple(heads), tuple(rows), tuple(units))
    return Exhibit(form.id, title, chapter, table, tuple(charts), tuple(notes.editions), tuple(notes.remarks))


def _one(label: str, cell: Entry, with_interval: bool, kind: Any = "body") -> TableRow:
    if not with_interval:
        return TableRow(label, (cell,), kind)
    return TableRow(label, (replace(cell, low=None, high=None), Entry(None, cell.interval)), kind)


def _references(values: Values, row: Row) -> dict[str, float]:
    """The region's, prefectures' and the nation's figure, where they can stand beside a municipality's.

    An amount that adds up says nothing beside its sum.
    """
    if row.indicator.aggregation == "sum":
        return {}
    found = {"圏域": row.total.value} if len(values.members) > 1 else {}
    found |= {place.name: row.value(place.code) for place in values.holdings.references}
    return {name: value for name, value in found.items() if value is not None}


def mapped(values: Values, row: Row, title: str) -> Chart | None:
    """The figures on the borders there are; None where no member has one."""
    borders = values.holdings.borders
    if not borders.shapes:
        return None
    drawn = [
        Shape(place.code, place.name, borders.shapes.get(place.code, {}), row.value(place.code))
        for place in values.members
    ]
    known = [shape.value for shape in drawn if shape.value is not None]
    split = 0 if known and min(known) < 0 < max(known) else None
    return choropleth(title, row.unit, drawn, decimals=row.indicator.decimals, diverging_at=split)


def by_components(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Several indicators that add up, by municipality."""
    rows = [row for name in form.indicators if (row := values.row(name)) is not None]
    if len(rows) < len(form.indicators):
        return None
    notes = Notes()
    notes.take(*rows)
    notes.say(form.note)
    if len({row.when for row in rows}) > 1:
        notes.say(f"計は、年の違う値の和（{'、'.join(f'{row.name} {row.when}' for row in rows)}）。")
    decimals = rows[0].indicator.decimals
    title = f"{form.title}（{'、'.join(dict.fromkeys(row.when for row in rows))}）"
    chart = components(
        title,
        rows[0].unit,
        [place.name for place in values.members],
        {row.indicator.name: [row.value(place.code) for place in values.members] for row in rows},
        decimals=decimals,
    )
    body = [
        TableRow(
            place.name, _with_sum([entry(row.cells.get(place.code), decimals) for row in rows], decimals)
        )
        for place in values.members
    ]
    if len(body) > 1:
        body.append(
            TableRow("圏域", _with_sum([entry(row.total, decimals) for row in rows], decimals), "sum")
        )
    heads = (*(f"{row.indicator.name}（{row.when}）" for row in rows), "計")
    table = Table("市町村", heads, tuple(body), (rows[0].unit,) * len(heads))
    return Exhibit(form.id, title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


def _with_sum(cells: list[Entry], decimals: int) -> tuple[Entry, ...]:
    known = [cell.value for cell in cells if cell.value is not None]
    return (*cells, Entry(sum(known) if len(known) == len(cells) else None, decimals=decimals))


def composition(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """An indicator by industry (or another division): region beside prefecture and nation, members in the table."""
    indicator = values.book[form.indicators[0]]
    of = indicator.recipe.used[0].of if indicator.recipe is not None else indicator.id
    parts = values.parts(of, form.by)
    rows = [row for part in parts if (row := values.row(indicator.id, part)) is not None]
    if not rows:
        return None
    notes = Notes()
    notes.take(*rows)
    notes.say(form.note)
    title = f"{form.title}（{rows[0].when}）"
    alone = len(values.members) == 1
    series = {} if alone else {"圏域": [row.total.value for row in rows]}
    above = values.compared_in(rows)
    compared = [*(values.members if alone else ()), *above]
    for place in compared:
        column = [row.value(place.code) for row in rows]
        if any(value is not None for value in column) and (alone or indicator.aggregation != "sum"):
            series[place.name] = column
    labels = [part_name(row.part) for row in rows]
    charts = [paired(title, rows[0].unit, labels, series, decimals=indicator.decimals)]
    if not alone and _is_whole(indicator):
        charts.append(_by_place(title, values, rows, labels, above))
    columns = [*values.members, *above]
    body = tuple(
        TableRow(
            label,
            (
                *(() if alone else (entry(row.total, indicator.decimals),)),
                *(entry(row.cells.get(place.code), indicator.decimals) for place in columns),
            ),
        )
        for label, row in zip(labels, rows, strict=True)
    )
    heads = (*(() if alone else ("圏域",)), *(place.name for place in columns))
    whose = (*(() if alone else (None,)), *range(len(values.members)), *(None for _ in above))
    table = Table(values.book.part_kinds[form.by].name, heads, body, (rows[0].unit,) * len(heads), of=whose)
    return Exhibit(form.id, title, chapter, table, tuple(charts), tuple(notes.editions), tuple(notes.remarks))


def _is_whole(indicator: Indicator) -> bool:
    """Whether its parts make up a whole: the share of each in all of them."""
    recipe = indicator.recipe
    if not isinstance(recipe, Ratio) or len(recipe.numerator) != 1 or len(recipe.denominator) != 1:
        return False
    above, below = recipe.numerator[0], recipe.denominator[0]
    return above.of == below.of and above.part == SAME and not below.part


def _by_place(
    title: str, values: Values, rows: Sequence[Row], labels: Sequence[str], above: Sequence[Place]
) -> Chart:
    """A bar of 100 % for every member, the region, prefecture and nation; what belongs to no part apart."""
    shown = [place.name for place in values.members] + ["圏域"] + [place.name for place in above]
    parts: dict[str, list[float | None]] = {
        label: [
            *(row.value(place.code) for place in values.members),
            row.total.value,
            *(row.value(place.code) for place in above),
        ]
        for label, row in zip(labels, rows, strict=True)
    }
    rest = [_rest([column[at] for column in parts.values()]) for at in range(len(shown))]
    if max((each for each in rest if each is not None), default=0.0) >= _UNASSIGNED:
        parts["分類不能など"] = rest
    return shares(f"{title}：市町村別", shown, parts)


def _rest(percents: Sequence[float | None]) -> float | None:
    """What is left of 100 %; None where a part is missing."""
    known = [percent for percent in percents if percent is not None]
    return max(100.0 - sum(known), 0.0) if len(known) == len(percents) else None


def quotient(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """特化係数 of the region by industry; the members' in the table."""
    found: dict[str, list[Row]] = {}
    for name in form.indicators:
        recipe = values.book[name].recipe
        if recipe is None:
            continue
        parts = values.parts(recipe.used[0].of, form.by)
        rows = [row for part in parts if (row := values.row(name, part)) is not None]
        if rows:
            found[name] = rows
    if not found:
        return None
    notes = Notes()
    notes.say(form.note)
    parts = list(dict.fromkeys(row.part for rows in found.values() for row in rows))
    series: dict[str, list[float | None]] = {}
    for name, rows in found.items():
        notes.take(*rows)
        by_part = {row.part: row.total.value for row in rows}
        series[values.book[name].name] = [by_part.get(part) for part in parts]
    first = next(iter(found.values()))
    title = f"{form.title}（{first[0].when}）"
    labels = [part_name(part) for part in parts]
    heads: list[str] = []
    columns: list[dict[str, Entry]] = []
    of: list[int | None] = []
    for name, rows in found.items():
        short = values.book[name].name if len(found) > 1 else ""
        for at, place in enumerate((None, *values.members)):
            if place is not None and len(values.members) == 1:
                continue
            of.append(None if place is None else at - 1)
            where = "圏域" if place is None else place.name
            heads.append(f"{where} {short}".strip())
            columns.append(
                {
                    row.part: entry(
                        row.total if place is None else row.cells.get(place.code), row.indicator.decimals
                    )
                    for row in rows
                }
            )
    body = tuple(
        TableRow(label, tuple(column.get(part, Entry(None)) for column in columns))
        for part, label in zip(parts, labels, strict=True)
    )
    table = Table(values.book.part_kinds[form.by].name, tuple(heads), body, of=tuple(of))
    chart = quotients(title, labels, series)
    return Exhibit(form.id, title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


def shift(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Shift-share: what the change owes to nation, mix and place, by municipality, added up over the industries."""
    recipe = values.book[form.indicators[0]].recipe
    if recipe is None:
        return None
    parts = values.parts(recipe.used[0].of, form.by)
    rows = {
        name: [row for part in parts if (row := values.row(name, part)) is not None]
        for name in form.indicators
    }
    if not parts or any(not found for found in rows.values()):
        return None
    notes = Notes()
    notes.say(form.note)
    for found in rows.values():
        notes.take(*found)
    first = next(iter(rows.values()))[0]
    title = f"{form.title}（{first.when}）"
    sums = {
        _factor(values.book[name].name): [
            _added([row.value(place.code) for row in found]) for place in values.members
        ]
        for name, found in rows.items()
    }
    chart = components(title, first.unit, [place.name for place in values.members], sums)
    body = [
        TableRow(place.name, _with_sum([Entry(column[at]) for column in sums.values()], 0))
        for at, place in enumerate(values.members)
    ]
    if len(body) > 1:
        totals = [_added([row.total.value for row in found]) for found in rows.values()]
        body.append(TableRow("圏域", _with_sum([Entry(total) for total in totals], 0), "sum"))
    heads = (*sums, "計（実際の増減）")
    table = Table("市町村", heads, tuple(body), (first.unit,) * len(heads))
    return Exhibit(form.id, title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


def _factor(name: str) -> str:
    """「全国成長要因」 of 「従業者数の増減の要因（全国成長要因）」: the title has said the rest."""
    return name.rpartition("（")[2].rstrip("）") or name


def _added(values: Sequence[float | None]) -> float | None:
    """The sum; what is missing in an industry nobody works in counts as nothing, all missing as missing."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def words(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Facts in words by municipality."""
    row = values.row(form.indicators[0])
    if row is None:
        return None
    notes = Notes()
    notes.take(row)
    body = tuple(
        TableRow(place.name, (entry(row.cells.get(place.code), row.indicator.decimals),))
        for place in values.members
    )
    table = Table("市町村", (f"{row.indicator.name}（{row.when}）",), body)
    return Exhibit(form.id, form.title, chapter, table, (), tuple(notes.editions), ())


def arrangements(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """The joint arrangements any of the municipalities is in today; only the region's own register knows them."""
    if values.holdings.region is None:
        return None
    joined = arrangements_of(values.codes)
    if not joined:
        return None
    heads = ("形式", "根拠", "共同で処理する事務", "構成", "出典")
    rows = tuple(
        TableRow(
            each.arrangement.name,
            tuple(
                Entry(None, words)
                for words in (
                    each.form_name,
                    each.article,
                    each.arrangement.office,
                    each.members_text,
                    " ".join(
                        filter(None, (str(each.arrangement.source or ""), each.arrangement.source_place))
                    ),
                )
            ),
            below="圏域外を含む" if each.beyond else "",
        )
        for each in joined
    )
    return Exhibit(form.id, form.title, chapter, Table("名称", heads, rows))

"""Exhibits by municipality and by industry: bars and maps, components, shares, quotients, shift-share, other areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from keniki.apps.regions.arrangements import arrangements_of
from keniki.press.book_charts import bars, components, paired, quotients
from keniki.press.charts import Chart
from keniki.press.maps import Shape, choropleth
from keniki.rulebooks.book import ExhibitForm

from ..models import Area, AreaMember, Boundary, Edition
from ..queries import visible_editions
from .rows import Row, part_name
from .tables import Entry, Exhibit, Notes, Table, TableRow, entry
from .values import Values


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
    if (found := mapped(values, row, title)) is not None:
        chart, edition = found
        charts.append(chart)
        notes.editions.append(edition)
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


def mapped(values: Values, row: Row, title: str) -> tuple[Chart, Edition] | None:
    """The figures on the newest boundaries that have every member; None where there are none."""
    rows = list(
        Boundary.objects.filter(
            area__kind=Area.Kind.MUNICIPALITY,
            area__code__in=values.codes,
            edition__in=visible_editions(values.holdings.region),
        )
        .order_by("-edition__published_on", "-edition__imported_at")
        .values_list("edition_id", "area__code", "geometry")
    )
    by_edition: dict[int, dict[str, Mapping[str, Any]]] = {}
    for edition, code, geometry in rows:
        by_edition.setdefault(edition, {})[code] = geometry
    for edition, shapes in by_edition.items():
        if len(shapes) == len(values.codes):
            drawn = [
                Shape(place.code, place.name, shapes[place.code], row.value(place.code))
                for place in values.members
            ]
            negative = any((shape.value or 0) < 0 for shape in drawn)
            chart = choropleth(
                title,
                row.unit,
                drawn,
                decimals=row.indicator.decimals,
                diverging_at=0 if negative and any((shape.value or 0) > 0 for shape in drawn) else None,
            )
            return chart, values.holdings.editions[edition]
    return None


def by_components(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Several indicators that add up, by municipality."""
    rows = [row for name in form.indicators if (row := values.row(name)) is not None]
    if len(rows) < len(form.indicators):
        return None
    notes = Notes()
    notes.take(*rows)
    notes.say(form.note)
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
    chart = paired(title, rows[0].unit, labels, series, decimals=indicator.decimals)
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
    table = Table(values.book.part_kinds[form.by].name, heads, body, (rows[0].unit,) * len(heads))
    return Exhibit(form.id, title, chapter, table, (chart,), tuple(notes.editions), tuple(notes.remarks))


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
    for name, rows in found.items():
        short = values.book[name].name if len(found) > 1 else ""
        for place in (None, *values.members):
            if place is not None and len(values.members) == 1:
                continue
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
    table = Table(values.book.part_kinds[form.by].name, tuple(heads), body)
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
        values.book[name].name: [_added([row.value(place.code) for row in found]) for place in values.members]
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


def areas(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """Indicators by medical area, fire union …: its own figures where published, its members' below, never added up.

    An area that reaches beyond the region says so and is in no sum.
    """
    touching = list(
        AreaMember.objects.filter(area__kind=form.area, code__in=values.codes)
        .select_related("area")
        .order_by("area__code")
    )
    if not touching:
        return None
    found = {row.area_id: row.area for row in touching}
    everyone: dict[int, list[AreaMember]] = {}
    for member in AreaMember.objects.filter(area__in=found):
        everyone.setdefault(member.area_id, []).append(member)
    published = _published(values, list(found.values()), form.indicators)
    rows: list[TableRow] = []
    notes = Notes()
    notes.say(form.note)
    indicators = [row for name in form.indicators if (row := values.row(name)) is not None]
    notes.take(*indicators)
    if not indicators and not published:
        return None
    names = [values.book[name] for name in form.indicators]
    by_name = {row.indicator.id: row for row in indicators}
    for pk, area in found.items():
        beyond = [row for row in everyone[pk] if row.code not in values.codes]
        cells = tuple(published.get((pk, each.id), Entry(None)) for each in names)
        rows.append(
            TableRow(area.name, cells, "sum", "一部圏域外を含む" if beyond or area.beyond_region else "")
        )
        rows.extend(
            TableRow(
                f"　{place.name}",
                tuple(
                    entry(by_name[each.id].cells.get(place.code), each.decimals)
                    if each.id in by_name
                    else Entry(None)
                    for each in names
                ),
            )
            for place in values.members
            if any(row.code == place.code for row in everyone[pk])
        )
    table = Table(
        str(Area.Kind(form.area).label),
        tuple(each.name for each in names),
        tuple(rows),
        tuple(values.book.unit_label(each.id) for each in names),
    )
    return Exhibit(form.id, form.title, chapter, table, (), tuple(notes.editions), tuple(notes.remarks))


def _published(
    values: Values, found: Sequence[Area], indicators: Sequence[str]
) -> dict[tuple[int, str], Entry]:
    """The areas' own newest figures."""
    from ..queries import figures

    rows = figures(
        [area.code for area in found],
        indicators,
        region=values.holdings.region,
        kinds=list({area.kind for area in found}),
    )
    by_code = {(area.kind, area.code): area.pk for area in found}
    made: dict[tuple[int, str], Entry] = {}
    for row in rows:
        decimals = values.book[row.indicator].decimals
        made.setdefault(
            (by_code[row.area_kind, row.code], row.indicator), Entry(row.value, row.text, decimals, (row.pk,))
        )
    return made

"""Exhibits by medical area, fire union and the like: what each publishes, else what its municipalities make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keniki.analysis.indicators import Figures, compute
from keniki.rulebooks.book import ExhibitForm
from keniki.rulebooks.indicators import Term

from ..models import Area, AreaMember
from ..queries import figures
from .holdings import Holdings, Place
from .needs import needed, undivided
from .tables import Entry, Exhibit, Notes, Table, TableRow, entry
from .values import Values


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
    reckoned = _of_members(values, everyone, form.indicators, published)
    rows: list[TableRow] = []
    notes = Notes()
    notes.say(form.note)
    indicators = [row for name in form.indicators if (row := values.row(name)) is not None]
    notes.take(*indicators)
    if not indicators and not published:
        return None
    if reckoned.keys() - published.keys():
        notes.say("公表値のない地域の値は、その構成市町村（圏域外も含む）の値から計算した。")
    names = [values.book[name] for name in form.indicators]
    by_name = {row.indicator.id: row for row in indicators}
    for pk, area in found.items():
        beyond = [row for row in everyone[pk] if row.code not in values.codes]
        cells = tuple(
            published.get((pk, each.id)) or reckoned.get((pk, each.id), Entry(None)) for each in names
        )
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


def _of_members(
    values: Values,
    everyone: Mapping[int, Sequence[AreaMember]],
    indicators: Sequence[str],
    published: Mapping[tuple[int, str], Entry],
) -> dict[tuple[int, str], Entry]:
    """The areas' figures from those of all their municipalities, also outside the region; none for one partly in it.

    A rate is reckoned from what is published of the area itself, as far as there is any.
    """
    whole = {pk: rows for pk, rows in everyone.items() if not any(row.partly for row in rows)}
    codes = {row.code for rows in whole.values() for row in rows}
    named = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=codes).values_list("code", "name")
    places = {code: Place(code, name) for code, name in named}
    wanted = needed(indicators)
    holdings = Holdings(
        list(places.values()), values.holdings.region, indicators=wanted, undivided=undivided(wanted)
    )
    made = {}
    for pk, rows in whole.items():
        if any(row.code not in places for row in rows):
            continue
        some = Values(holdings, tuple(places[row.code] for row in rows))
        for name in indicators:
            value = _of_area(
                some, name, {of: cell.value for (area, of), cell in published.items() if area == pk}
            )
            if value is not None:
                made[pk, name] = Entry(value, decimals=values.book[name].decimals)
    return made


def _of_area(values: Values, name: str, published: Mapping[str, float | None]) -> float | None:
    """An indicator of an area: of its members, or by its recipe where it publishes a figure that this takes."""
    indicator = values.book[name]
    terms = values.book.needs(name)
    if not any(term.of in published for term in terms):
        row = values.row(name)
        return None if row is None else row.total.value
    figures: dict[Term, np.ndarray] = {}
    for term in terms:
        row = values.row(term.of)
        value = published.get(term.of, row.total.value if row is not None else None)
        if value is None or term.age or term.sex or term.part:
            return None
        figures[term] = np.array([value])
    return float(compute(indicator, Figures(figures), values.book)[0])


def _published(
    values: Values, found: Sequence[Area], indicators: Sequence[str]
) -> dict[tuple[int, str], Entry]:
    """The areas' own newest figures."""
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

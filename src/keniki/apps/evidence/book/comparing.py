"""This region beside others of the installation and beside prefecture and nation, by the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.press.book_charts import bars
from keniki.rulebooks.book import compared_indicators

from .holdings import Holdings, Place
from .needs import needed, undivided
from .rows import Row
from .tables import Exhibit, Notes, Table, TableRow, entry
from .values import Values

#: So many regions stand in one table.
MOST_REGIONS = 60


def compared(regions: Mapping[Region, Sequence[Place]], own: Region) -> Exhibit | None:
    """Official figures of several regions, each with its members of today: a table, the first indicator as a chart.

    Only what is everybody's is compared: a region's own statistics stay its own. Prefecture and nation are those of
    `own`. None where there is nothing to compare.
    """
    indicators = compared_indicators(today())
    others = [region for region in regions if region != own][: MOST_REGIONS - 1]
    shown = [region for region in (own, *others) if regions[region]]
    if not shown or own not in shown:
        return None
    holdings = _held([regions[region] for region in shown], indicators)
    notes = Notes()
    rows = {region: _rows(holdings, regions[region], indicators) for region in shown}
    for found in rows.values():
        notes.take(*found.values())
    named = [name for name in indicators if any(name in found for found in rows.values())]
    if not named:
        return None
    book = Values(holdings).book
    body = [
        TableRow(
            region.name,
            tuple(
                entry(rows[region][name].total, book[name].decimals)
                if name in rows[region]
                else entry(None, 0)
                for name in named
            ),
            "sum" if region == own else "body",
            below=f"{len(regions[region])}市町村",
        )
        for region in shown
    ]
    prefectures = {place.prefecture for place in regions[own]} | {"00"}
    body.extend(
        TableRow(
            place.name,
            tuple(
                entry(
                    rows[own][name].cells.get(place.code) if name in rows[own] else None, book[name].decimals
                )
                for name in named
            ),
            "reference",
        )
        for place in holdings.references
        if place.prefecture in prefectures
    )
    heads = tuple(
        f"{book[name].name}（{_when([found[name] for found in rows.values() if name in found])}）"
        for name in named
    )
    table = Table("圏域", heads, tuple(body), tuple(book.unit_label(name) for name in named))
    first = named[0]
    chart = bars(
        book[first].name,
        book.unit_label(first),
        [region.name for region in shown],
        [rows[region][first].total.value if first in rows[region] else None for region in shown],
        decimals=book[first].decimals,
        highlight=(own.name,),
    )
    return Exhibit(
        "regions", "他の圏域との比較", "", table, (chart,), tuple(notes.editions), tuple(notes.remarks)
    )


def totals(
    regions: Mapping[Region, Sequence[Place]], indicators: Sequence[str]
) -> dict[Region, dict[str, Row]]:
    """Official figures of several regions by indicator, each with its members given; without those there are none of.

    The same figures as `compared` and the book show. A constant number of queries, however many regions there are.
    """
    shown = {region: members for region, members in regions.items() if members}
    holdings = _held(list(shown.values()), indicators, compared=False)
    rows = {region: _rows(holdings, members, indicators) for region, members in shown.items()}
    return {
        region: {name: row for name, row in rows.get(region, {}).items() if row.total.value is not None}
        for region in regions
    }


def _held(groups: Sequence[Sequence[Place]], indicators: Sequence[str], *, compared: bool = True) -> Holdings:
    every = list({place.code: place for group in groups for place in group}.values())
    wanted = needed(indicators)
    return Holdings(every, None, indicators=wanted, undivided=undivided(wanted), compared=compared)


def _rows(holdings: Holdings, members: Sequence[Place], indicators: Sequence[str]) -> dict[str, Row]:
    values = Values(holdings, tuple(members))
    return {name: row for name in indicators if (row := values.row(name)) is not None}


def _when(rows: Sequence[Row]) -> str:
    return "、".join(dict.fromkeys(row.when for row in rows))

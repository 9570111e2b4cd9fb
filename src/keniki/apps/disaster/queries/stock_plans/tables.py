"""The yearly table of the stock (備蓄状況の公表): what every town owns and stores of the published items on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from keniki.apps.regions.models import Municipality, Region
from keniki.core.fiscal_year import FiscalYear

from ...models import StockItem, StockTable
from .holdings import Held, held_on
from .targets import TownNeed, town_needs

#: The columns of the table: key, heading.
COLUMNS: Final = (
    ("municipality_code", "全国地方公共団体コード"),
    ("municipality", "市町村名"),
    ("item_id", "品目ID"),
    ("item", "品目"),
    ("unit", "単位"),
    ("owned", "保有数量"),
    ("stored", "保管数量"),
)


@dataclass(frozen=True)
class TableRow:
    """An item of a town: usable units it owns (持分) and units that lie in it."""

    town: Municipality
    item: StockItem
    owned: int
    stored: int


@dataclass(frozen=True)
class Table:
    """The table of a day. Only published items; what has expired by then counts nowhere."""

    as_of: date
    towns: tuple[TownNeed, ...]
    items: tuple[StockItem, ...]
    rows: tuple[TableRow, ...]
    unpublished: tuple[StockItem, ...]
    expired: int

    def to_json(self) -> dict[str, Any]:
        """What is kept when the table is made public."""
        return {
            "towns": [
                {
                    "code": each.town.code,
                    "name": each.town.name,
                    "people": each.needs.people.count if each.needs is not None else None,
                    "days": each.needs.days if each.needs is not None else None,
                    "steps": list(each.needs.people.steps) if each.needs is not None else [],
                    "basis": each.target.basis if each.target is not None else "",
                }
                for each in self.towns
            ],
            "items": [{"slug": each.slug, "title": each.title, "unit": each.unit} for each in self.items],
            "rows": [[row.town.code, row.item.slug, row.owned, row.stored] for row in self.rows],
        }


def table_on(region: Region, day: date) -> Table:
    """The table as the records give it for a day. Constant number of queries."""
    towns = town_needs(region, int(FiscalYear.of(day)))
    items = list(StockItem.objects.filter(region=region))
    shown = tuple(each for each in items if each.published)
    held = held_on(region, day)
    usable = [each for each in held if each.is_usable(day)]
    owned, stored = _sums(usable, "owners"), _sums(usable, "lies_in")
    rows = tuple(
        TableRow(
            each.town,
            item,
            owned.get((item.pk, each.town.code), 0),
            stored.get((item.pk, each.town.code), 0),
        )
        for each in towns
        for item in shown
    )
    hidden = tuple(each for each in items if not each.published)
    return Table(day, tuple(towns), shown, rows, hidden, sum(not each.is_usable(day) for each in held))


def published_rows(table: StockTable) -> list[dict[str, Any]]:
    """The rows of a table that was made public, with names, target people and days."""
    towns = {each["code"]: each for each in table.content["towns"]}
    items = {each["slug"]: each for each in table.content["items"]}
    return [
        {
            "fiscal_year": table.fiscal_year,
            "as_of": table.as_of,
            "municipality_code": code,
            "municipality": towns[code]["name"],
            "item_id": slug,
            "item": items[slug]["title"],
            "unit": items[slug]["unit"],
            "owned": owned,
            "stored": stored,
            "people": towns[code]["people"],
            "days": towns[code]["days"],
        }
        for code, slug, owned, stored in table.content["rows"]
    ]


def _sums(held: list[Held], of: str) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for each in held:
        for code, number in getattr(each, of).items():
            key = (each.lot.item_id, code)
            found[key] = found.get(key, 0) + number
    return found

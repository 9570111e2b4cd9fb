"""The stock of disaster supplies that towns made public (備蓄状況), each table as it was published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keniki.apps.disaster.queries.stock_plans.plans import tables_of
from keniki.apps.disaster.queries.stock_plans.tables import published_rows
from keniki.apps.regions.models import Region

from .columns import CODE, TOWN, YEAR, Column, Dataset, Row

_KEYS: Final = (
    "fiscal_year",
    "as_of",
    "municipality_code",
    "municipality",
    "item_id",
    "item",
    "unit",
    "owned",
    "stored",
    "people",
    "days",
)


def _stock(region: Region) -> Iterator[Row]:
    for table in tables_of(region):
        for row in published_rows(table):
            yield tuple(row[key] for key in _KEYS)


STOCK: tuple[Dataset, ...] = (
    Dataset(
        "stock",
        "備蓄状況",
        "災害に備えて市町村が備蓄する物資の数量。年度に1回公表した表で、基準日に使用期限内のもの（1行に1市町村の1品目）",
        (
            YEAR,
            Column("as_of", "基準日", "date"),
            CODE,
            TOWN,
            Column("item_id", "品目ID"),
            Column("item", "品目"),
            Column("unit", "単位"),
            Column("owned", "保有数量", "integer", text="市町村の持分の数量。単位は「単位」の列"),
            Column(
                "stored",
                "保管数量",
                "integer",
                text="その市町村にある数量。単位は「単位」の列。保有数量と足さない",
            ),
            Column(
                "people", "備蓄の対象人数_人", "integer", "人", "備蓄目標のもとになる人数。目標がないときは空"
            ),
            Column("days", "日数_日", "integer", "日", "備蓄目標の日数。目標がないときは空"),
        ),
        _stock,
    ),
)

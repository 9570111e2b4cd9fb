"""The yearly table of the stock as a paper and as data."""

from __future__ import annotations

from datetime import UTC, datetime, time

from keniki.apps.finance.papers.common import Paper
from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.core.fiscal_year import FiscalYear, format_table
from keniki.press import blocks as b
from keniki.press.excel import DataSheet

from ..queries.stock_plans.tables import COLUMNS, Table

#: What the numbers mean, under every table.
NOTES = (
    "※保有数量は市町村の持分の数量（持分を定めていないロットは、保管する市町村の数量）、保管数量はその市町村内にある数量。",
    "※使用期限を過ぎたもの、輸送中のもの、訓練の記録は含まない。",
)


def stock_sheet(table: Table) -> DataSheet:
    """One row for each town and item, for machines."""
    targets = {
        each.town.pk: (each.needs.people.count, each.needs.days) if each.needs is not None else (None, None)
        for each in table.towns
    }
    return DataSheet(
        "備蓄状況",
        ("基準日", *(title for _, title in COLUMNS), "対象人数（人）", "日数"),
        [
            (
                table.as_of,
                row.town.code,
                row.town.name,
                row.item.slug,
                row.item.title,
                row.item.unit,
                row.owned,
                row.stored,
                *targets[row.town.pk],
            )
            for row in table.rows
        ],
    )


def stock_paper(region: Region, table: Table) -> Paper:
    """The table town by town on A4, with the sheet for machines. Equal records give equal bytes."""
    year = format_table(FiscalYear.of(table.as_of))
    title = f"{region.name} 備蓄状況（{era.format_date(table.as_of)}現在）"
    body: list[b.Block] = [b.Heading(1, title)]
    rows: dict[int, list[tuple[str, str, int, int]]] = {}
    for row in table.rows:
        rows.setdefault(row.town.pk, []).append((row.item.title, row.item.unit, row.owned, row.stored))
    columns = (
        b.Column("品目", width=3),
        b.Column("単位"),
        b.Column("保有数量", align="right"),
        b.Column("保管数量", align="right"),
    )
    for each in table.towns:
        needs = each.needs
        said = (
            f"備蓄の対象 {needs.people.count:,}人・{needs.days}日分（{'、'.join(needs.people.steps)}）"
            if needs is not None
            else "備蓄目標は登録されていない。"
        )
        body.append(b.Heading(2, each.town.name))
        body.append(b.Paragraph(said, role="small"))
        body.append(b.DataTable(columns, tuple(rows.get(each.town.pk, ()))))
    body += [b.Note(text) for text in NOTES]
    document = b.Document(
        title=title,
        subject=f"{year} 備蓄状況",
        author=region.name,
        keywords=(region.name, "備蓄"),
        blocks=tuple(body),
        dated=datetime.combine(table.as_of, time(), tzinfo=UTC),
        fictional=region.fictional,
    )
    return Paper(document, f"{region.name}_備蓄状況_{table.as_of.isoformat()}", (stock_sheet(table),))

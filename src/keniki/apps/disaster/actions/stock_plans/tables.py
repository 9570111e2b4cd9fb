"""Making the yearly table of the stock public, and taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table

from ... import policies
from ...models import StockTable
from ...queries.stock_plans.tables import table_on


def publish_table(
    actor: Actor, region: Region, as_of: date, note: str = "", version: int | None = None
) -> StockTable:
    """Make the table of a day public as that of its fiscal year; one that is public already is brought up to date.

    `version` is that of the table the user saw as public, 0 for none. Raises `WrongInput`, `Denied` or `Stale`.
    """
    ruling = policies.write_shared(actor, region).require()
    day, year = today(), int(FiscalYear.of(as_of))
    if as_of > day:
        raise WrongInput("基準日は、今日までの日にしてください。", column="as_of")
    with verb(actor, "disaster.publish_stock_table", region=region.slug, ruling=ruling, quiet=True) as act:
        known = StockTable.objects.filter(region=region, fiscal_year=year).first()
        if known is not None and version == 0:
            raise WrongInput(
                f"{format_table(year)}の備蓄状況は、ほかの人が先に公表していました。画面を読み直して確かめてください。"
            )
        table = table_on(region, as_of)
        if not any(row.owned or row.stored for row in table.rows):
            raise WrongInput(
                f"{era.format_date(as_of)}に公表できる備蓄がありません。ロットの受入れと、品目の「公表する」を確かめてください。",
                column="as_of",
            )
        saved = StockTable(region=region, fiscal_year=year) if known is None else act.lock(known, version)
        saved.region = region
        content = table.to_json()
        if known is not None and (saved.as_of, saved.content, saved.note) == (as_of, content, note.strip()):
            return saved
        before = _content(saved) if known is not None else None
        saved.as_of, saved.content, saved.note = as_of, content, note.strip()
        saved.published_on = day
        act.save(saved)
        text = f"{format_table(year)}の備蓄状況（{era.format_date(as_of)}現在）を公表"
        act.log(saved, before, _content(saved), text)
        return saved


def withdraw_table(actor: Actor, table: StockTable, version: int | None) -> None:
    """Take a table back from the public pages."""
    ruling = policies.write_shared(actor, table.region).require()
    with verb(actor, "disaster.withdraw_stock_table", region=table.region.slug, ruling=ruling) as act:
        current = act.lock(table, version)
        text = f"{format_table(current.fiscal_year)}の備蓄状況の公表を取下げ"
        act.log(current, _content(current), None, text)
        current.delete()


def _content(table: StockTable) -> dict[str, Any]:
    return {"as_of": table.as_of.isoformat(), "rows": len(table.content["rows"]), "note": table.note}

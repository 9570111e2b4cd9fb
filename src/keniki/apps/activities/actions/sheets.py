"""Storing a filled-in workbook: one bulk action, all or nothing, one log entry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities.models import Activity
from keniki.apps.activities.sheets.plan import Plan, read_sheet
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

from .activities import store
from .figures import breakdown_of, write_figure
from .writing import reread, writing


def store_sheet(
    actor: Actor, region: Region, content: bytes, *, file: str = "", fingerprint: str = ""
) -> Plan:
    """Store what the workbook changes and return it.

    With `fingerprint` it is stored only if it changes what the user was shown.
    """
    first = read_sheet(actor, region, content, file=file)
    if first.is_empty:
        return first
    ruling = replace(first.rulings[0], on_behalf_of="")
    with writing(actor, "activities.store_sheet", region, first.year, ruling=ruling, quiet=True) as act:
        plan = read_sheet(actor, region, content, file=file)
        if fingerprint and plan.fingerprint != fingerprint:
            raise WrongInput(
                "確認した後に記録が変わりました。もう一度ファイルを選んで、確認してください。", file=file
            )
        if plan.is_empty:
            return plan
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        last: Activity | None = None
        for change in plan.activities:
            version = change.activity.version if change.activity is not None else None
            last = store(
                act,
                region,
                change.draft,
                change.activity,
                version,
                proxy=bool(change.ruling.on_behalf_of),
                log=False,
            )
            for name, was, now in change.differences:
                before[f"{last.slug} {name}"], after[f"{last.slug} {name}"] = was, now
        touched: dict[int, Activity] = {}
        for cell in plan.figures:
            current = act.lock(cell.activity, None)
            whole = reread(current)
            write_figure(
                act,
                whole,
                breakdown_of(whole, cell.key),
                cell.town,
                cell.after,
                proxy=bool(cell.ruling.on_behalf_of),
                log=False,
            )
            touched[current.pk] = current
            name = f"{cell.activity.slug} {cell.label} {cell.town.name}"
            before[name], after[name] = cell.before_words, cell.after_words
        for current in touched.values():
            last = act.save(current)
        parts = [
            f"活動の登録{plan.new}件" if plan.new else "",
            f"活動の変更{plan.changed}件" if plan.changed else "",
            f"団体別の数値{len(plan.figures)}件" if plan.figures else "",
        ]
        proxies = {ruling.on_behalf_of for ruling in plan.rulings} - {""}
        proxy = f"、代理入力 {'・'.join(sorted(proxies))}分" if proxies else ""
        year = fiscal_year.format_table(plan.year)
        assert last is not None
        text = f"{year}の様式を取込({'、'.join(filter(None, parts))}{proxy})"
        act.log(last, before, after, text)
        return plan

"""Closing a fiscal year, and reopening it for a correction that everybody sees."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.activities import policies
from keniki.apps.activities.models import YearClosing
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

from .writing import hold_year


def close_year(actor: Actor, region: Region, year: int, *, version: int | None = None) -> YearClosing:
    """Close the year: its activities, photos, grants and budget lines stay as they are."""
    with verb(
        actor, "activities.close_year", region=region.slug, ruling=policies.close_year(actor, region)
    ) as act:
        hold_year(region, year, alone=True)
        row = _row(region, year)
        if row.state == YearClosing.State.CLOSED:
            raise WrongInput(f"{fiscal_year.format_table(year)}は、すでに締め切られています。")
        if version is not None and row.pk is not None and row.version != version:
            raise Stale(row)
        before = row.get_state_display()
        if row.pk is None:
            act.save(row)
        row.state = YearClosing.State.CLOSED
        act.save(row)
        text = f"{fiscal_year.format_table(year)} を締切({before}→{row.get_state_display()})"
        act.log(row, {"state": before}, {"state": row.get_state_display()}, text)
        return row


def reopen_year(
    actor: Actor, region: Region, year: int, reason: str, *, version: int | None = None
) -> YearClosing:
    """Open a closed year again for a correction; the reason is shown wherever the year is."""
    reason = reason.strip()
    if not reason:
        raise WrongInput("再開する理由を入力してください。", column="reason")
    with verb(
        actor, "activities.reopen_year", region=region.slug, ruling=policies.close_year(actor, region)
    ) as act:
        hold_year(region, year, alone=True)
        row = _row(region, year)
        if row.state != YearClosing.State.CLOSED:
            raise WrongInput(f"{fiscal_year.format_table(year)}は締め切られていません。")
        if version is not None and row.version != version:
            raise Stale(row)
        before = row.get_state_display()
        row.state, row.reason = YearClosing.State.REOPENED, reason
        act.save(row)
        text = f"{fiscal_year.format_table(year)} を訂正のため再開(理由：{reason})"
        act.log(row, {"state": before}, {"state": row.get_state_display(), "reason": reason}, text)
        return row


def _row(region: Region, year: int) -> YearClosing:
    row: YearClosing | None = (
        YearClosing.objects.select_for_update().filter(region=region, fiscal_year=year).first()
    )
    return row or YearClosing(region=region, fiscal_year=year)

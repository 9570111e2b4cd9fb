"""Writing one party's way through its assembly, to the conclusion or to the dissolution of an agreement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, TypeVar

from keniki.apps.accounts.verbs import Act, changes, snapshot
from keniki.apps.compacts.models import Agreement, AssemblyWay, Dissolution, Resolution
from keniki.core import era
from keniki.core.errors import WrongInput

from .common import check_day, differences, label_of

W = TypeVar("W", Resolution, Dissolution)


def write_way(
    act: Act,
    agreement: Agreement,
    row: W,
    values: Mapping[str, Any],
    open_fields: Collection[str],
    what: str = "",
) -> W:
    """Save `values` on a locked (or new) row and log them; WrongInput for fields the state closes. `what` is 廃止."""
    closed = set(values) - set(open_fields)
    if closed:
        names = "、".join(label_of(type(row), name) for name in sorted(closed))
        raise WrongInput(
            f"「{agreement.get_state_display()}」の間は、{names}を記録できません。", column=names
        )
    lines = differences(row, dict(values))
    if not lines:
        return row
    before = snapshot(row, *values)
    for name, value in values.items():
        setattr(row, name, value)
    row.proxy = bool(act.on_behalf_of)
    _check(row)
    act.save(row)
    town = row.municipality
    act.log(
        row,
        *changes(before, snapshot(row, *values)),
        f"「{agreement}」の{what and what + 'の'}{town.name}分について、{'、'.join(lines)} と記録",
        municipality=town.code,
    )
    return row


def clear_way(act: Act, row: W) -> None:
    """Empty bill and vote of a row whose bill is withdrawn; the ordinance stays."""
    row.bill_no, row.submitted_on, row.resolved_on = "", None, None
    row.result = AssemblyWay.Result.OPEN
    act.save(row)


def _check(row: Resolution | Dissolution) -> None:
    for name in ("submitted_on", "resolved_on", "partner_noticed_on", "public_notice_on", "notified_on"):
        check_day(getattr(row, name, None), label_of(Dissolution, name))
    if row.result and row.resolved_on is None:
        raise WrongInput("議決日（撤回は撤回の日）を入力してください。", column="議決日")
    if row.resolved_on and not row.result:
        raise WrongInput("議決の結果を選んでください。", column="結果")
    _not_before(row.resolved_on, row.submitted_on, "議案の提出日", "議決日")
    if isinstance(row, Dissolution):
        _not_before(row.partner_noticed_on, row.resolved_on, "議決日", "相手方への通告日")
    after, what = (
        (row.resolved_on, "議決日")
        if isinstance(row, Dissolution)
        else (row.agreement.concluded_on, "締結日")
    )
    _not_before(row.public_notice_on, after, what, "告示日")
    _not_before(row.notified_on, after, what, "届出日")


def _not_before(day: date | None, limit: date | None, what: str, column: str) -> None:
    if day and limit and day < limit:
        raise WrongInput(f"{what}（{era.format_date(limit)}）より前です。", column=column)

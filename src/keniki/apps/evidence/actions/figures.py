"""Correcting a figure by a new one beside it."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .. import policies
from ..models import (
    Figure,
)
from ..queries import printed


def correct_figure(
    actor: Actor, figure: Figure, value: float | None, reason: str, *, region: Region | None = None
) -> Figure:
    """Put a corrected value beside a figure, with the reason; the first one stays as it was read.

    `WrongInput` without a reason, without a change, or where it has been corrected already.
    """
    reason = reason.strip()
    edition = figure.series.edition
    ruling = policies.correct_figure(actor, edition, region)
    with verb(actor, "evidence.correct", region=region.slug if region else "", ruling=ruling) as act:
        locked = Figure.objects.select_for_update(of=("self",)).select_related("area").get(pk=figure.pk)
        if edition.withdrawn_at:
            raise WrongInput("この値の版は取り下げられています。取下げを取り消してから訂正してください。")
        if locked.corrections.exists():
            raise WrongInput("この値は、ほかの人が先に訂正しました。画面を読み直して確かめてください。")
        if not reason:
            raise WrongInput("訂正の理由を入力してください。", column="reason")
        if value == locked.value:
            raise WrongInput("元の値と同じです。正しい値を入力してください。", column="value")
        corrected = Figure.objects.create(
            series=figure.series,
            area=locked.area,
            value=value,
            text="" if value is not None else "不明",
            file=figure.file,
            row=locked.row,
            column=locked.column,
            corrects=locked,
            reason=reason[:300],
        )
        before, after = (printed(row.value, row.text) for row in (locked, corrected))
        act.log(
            edition,
            {"value": before},
            {"value": after, "reason": reason},
            f"統計「{edition}」{locked.area.name}の {figure.series} を {before}→{after} に訂正（{reason}）",
        )
    return corrected

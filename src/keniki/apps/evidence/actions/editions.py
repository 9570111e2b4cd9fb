"""Withdrawing an edition that was loaded by mistake, and putting it back: figures stay, only their reading ends."""

from __future__ import annotations

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .. import policies
from ..models import Edition


def withdraw_edition(actor: Actor, edition: Edition, reason: str, *, region: Region | None = None) -> Edition:
    """Have an edition read nowhere from now on (取下げ), with the reason; it stays visible as withdrawn."""
    ruling = policies.withdraw_edition(actor, edition, region)
    reason = reason.strip()
    with verb(actor, "evidence.withdraw", region=region.slug if region else "", ruling=ruling) as act:
        row = Edition.objects.select_for_update(of=("self",)).get(pk=edition.pk)
        if row.withdrawn_at is not None:
            raise WrongInput("この版は、ほかの人が先に取り下げました。画面を読み直して確かめてください。")
        if not reason:
            raise WrongInput("取下げの理由を入力してください。", column="reason")
        row.withdrawn_at, row.withdrawn_reason = timezone.now(), reason[:300]
        row.save()
        act.log(row, None, {"reason": reason}, f"統計の版「{row}」を取下げ（{reason}）")
    return row


def restore_edition(actor: Actor, edition: Edition, *, region: Region | None = None) -> Edition:
    """Have a withdrawn edition read again."""
    ruling = policies.withdraw_edition(actor, edition, region)
    with verb(actor, "evidence.restore", region=region.slug if region else "", ruling=ruling) as act:
        row = Edition.objects.select_for_update(of=("self",)).get(pk=edition.pk)
        if row.withdrawn_at is None:
            raise WrongInput("この版は取り下げられていません。画面を読み直して確かめてください。")
        before = row.withdrawn_reason
        row.withdrawn_at, row.withdrawn_reason = None, ""
        row.save()
        act.log(row, {"reason": before}, None, f"統計の版「{row}」の取下げを取消し")
    return row

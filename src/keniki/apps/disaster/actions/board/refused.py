"""Settling events that were refused (保留したできごと)."""

from __future__ import annotations

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.core.errors import WrongInput

from ... import policies
from ...models import RefusedEvent


def settle_refused(actor: Actor, refused: RefusedEvent, note: str) -> RefusedEvent:
    """Say what was done about an event that could not be taken. Raises `WrongInput`, `Denied`."""
    region = refused.region
    ruling = policies.settle_refused(actor, refused).require()
    if not note.strip():
        raise WrongInput("どのように処理したかを入力してください。", column="note")
    with verb(actor, "disaster.settle_refused", region=region.slug, ruling=ruling) as act:
        # Two who settle the same wait for each other.
        current = RefusedEvent.objects.select_for_update(of=("self",)).get(pk=refused.pk)
        if current.settled_at is not None:
            raise WrongInput("この保留は、ほかの人が先に処理しました。")
        current.settled_at, current.settled_note = timezone.now(), note.strip()[:300]
        current.save(update_fields=["settled_at", "settled_note"])
        town = refused.municipality.code if refused.municipality is not None else ""
        act.log(
            current,
            None,
            {"settled_note": current.settled_note},
            "保留したできごとを処理",
            municipality=town,
        )
        return current

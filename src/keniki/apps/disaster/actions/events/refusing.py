"""Keeping what could not be taken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django_scopes import scope

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput
from keniki.core.text import unstorable

from ...models import Incident, RefusedEvent
from .receipts import Refused


def words(refusal: WrongInput | Denied) -> str:
    """A refusal in one sentence with the field it is about."""
    if isinstance(refusal, WrongInput):
        return f"{refusal.column}：{refusal.message}" if refusal.column else refusal.message
    return str(refusal)


def keep_aside(
    actor: Actor,
    region: Region,
    incidents: Mapping[str, Incident],
    raws: Sequence[Any],
    refused: Sequence[Refused],
) -> None:
    """Keep what was refused, sealed, with its reason, so that nothing that was sent is lost; the same thing once.

    What is about persons is kept for the sender's own town; of a sender without one only the reason stays.
    """
    towns = [post.municipality_id for post in actor.posts if post.municipality_id is not None]
    with (
        scope(region=region, towns=EVERY_TOWN),
        verb(actor, "disaster.refuse_events", region=region.slug, quiet=True),
    ):
        rows = []
        for each in refused:
            raw = raws[each.number - 1]
            open_ = isinstance(raw, dict) and _open_kind(raw.get("entity"))
            incident = incidents.get(str(raw.get("incident"))) if isinstance(raw, dict) else None
            rows.append(
                RefusedEvent(
                    region=region,
                    incident=incident,
                    municipality_id=towns[0] if towns else None,
                    personal=not open_ and bool(towns),
                    event_id=_storable(each.id)[:64],
                    raw={"sent": _storable(raw)} if open_ or towns else {},
                    digest=merging.digest({"raw": repr(raw), "reason": _storable(each.reason)}),
                    reason=_storable(each.reason),
                    device=_storable(str(raw.get("device", "")))[:64] if isinstance(raw, dict) else "",
                    user=actor.user,
                )
            )
        RefusedEvent.objects.bulk_create(rows, ignore_conflicts=True)


def _storable(raw: Any) -> Any:
    """What was sent; where no record can hold its text, its JSON with that text escaped."""
    return raw if unstorable(raw) is None else json.dumps(raw)


def _open_kind(entity: Any) -> bool:
    try:
        kind = merging.KINDS[merging.split_entity(entity)[0]]
    except WrongInput:
        return False
    return not kind.personal and not any(each.personal for each in kind.fields.values())

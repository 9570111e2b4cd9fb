"""What is kept about persons: every look is written down, and what has run out is erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pgtrigger
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor, allow
from keniki.apps.accounts.verbs import changes, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..models import EntityState, Event, Incident, PersonalAccess, RefusedEvent, Retention
from ..queries.states import COUNTED, counted_value

Deed = PersonalAccess.Deed
#: Events that are erased in one statement.
_AT_ONCE: Final = 500
#: What else a town's retention erases, by its name in Japanese: (incident, municipality) → number of records.
ERASERS: Final[dict[str, Callable[[Incident, Municipality], int]]] = {}


def erases(
    name: str,
) -> Callable[[Callable[[Incident, Municipality], int]], Callable[[Incident, Municipality], int]]:
    """Name a function that erases a room's records about the persons of a town in an incident; it returns how many."""

    def register(eraser: Callable[[Incident, Municipality], int]) -> Callable[[Incident, Municipality], int]:
        ERASERS[name] = eraser
        return eraser

    return register


def looked(
    actor: Actor,
    region: Region,
    municipality: Municipality,
    deed: str,
    what: str,
    *,
    key: str = "",
    people: int = 1,
    purpose: str = "",
    incident: Incident | None = None,
) -> None:
    """Write down that the actor was shown something about persons. Call it before showing; raises `Denied`."""
    ruling = policies.see_person(actor, region, municipality).require()
    with verb(actor, "disaster.look", region=region.slug, ruling=ruling, quiet=True) as act:
        PersonalAccess(
            region=region,
            municipality=municipality,
            incident=incident,
            deed=deed,
            what=what,
            key=key,
            people=people,
            purpose=purpose.strip()[:200],
            user=actor.user,
            actor_name=actor.name,
            post_label=act.post.label if act.post else "",
        ).save()


@dataclass(frozen=True)
class RetentionDraft:
    """The day after which a town's persons are erased from an incident, and the rule that says so."""

    purge_on: date
    basis: str


def save_retention(
    actor: Actor,
    incident: Incident,
    municipality: Municipality,
    draft: RetentionDraft,
    version: int | None = None,
) -> Retention:
    """Set the day a town erases what an incident holds about its persons. Raises `WrongInput`, `Denied`, `Stale`."""
    region = incident.region
    ruling = policies.record_person(actor, region, municipality).require()
    if draft.purge_on <= today():
        raise WrongInput("消去する日は、あす以降の日にしてください。", column="purge_on")
    if not draft.basis.strip():
        raise WrongInput("保存期限の根拠（規程など）を入力してください。", column="basis")
    with verb(actor, "disaster.save_retention", region=region.slug, ruling=ruling, quiet=True) as act:
        found = Retention.objects.filter(incident=incident, municipality=municipality).first()
        if found is None:
            saved = Retention(region=region, incident=incident, municipality=municipality)
            old: dict[str, Any] = {}
        else:
            saved = act.lock(found, version)
            old = _content(saved)
        if saved.purged_at is not None:
            raise WrongInput("この事案の個人に関する記録は、既に消去しました。")
        saved.purge_on, saved.basis = draft.purge_on, draft.basis.strip()
        before, after = changes(old, _content(saved)) if old else (None, _content(saved))
        if old and not after:
            return saved
        act.save(saved)
        said = f"{incident} の個人に関する記録を{era.format_date(saved.purge_on)}に消去することに決定"
        act.log(saved, before, after, said, municipality=municipality.code)
        return saved


def purge_due(actor: Actor = SYSTEM) -> int:
    """Erase what has run out, of every region; how many retentions were carried out."""
    done = 0
    for region in Region.objects.order_by("pk"):
        with scope(region=region):
            due = Retention.objects.filter(purged_at=None, purge_on__lte=today())
            for each in due.select_related("incident", "municipality"):
                each.region = each.incident.region = region
                done += purge(actor, each)
    return done


def purge(actor: Actor, retention: Retention) -> bool:
    """Erase the sealed parts of a town's events and states in an incident, and what other rooms keep of its persons.

    False when somebody was faster, or moved the day.
    """
    incident, town = retention.incident, retention.municipality
    ruling = allow("保存期限が過ぎました。")
    with (
        scope(region=retention.region, towns={town.pk}),
        verb(actor, "disaster.purge", region=retention.region.slug, ruling=ruling, quiet=True) as act,
    ):
        current = act.lock(retention, None)
        if current.purged_at is not None or current.purge_on > today():
            return False
        own = Q(incident=incident, personal=True) & (Q(municipality=town) | Q(municipality=None, home=town))
        erased = {"できごと": _forget(Event.objects.filter(own, sealed__isnull=False))}
        erased["対象の状態"] = EntityState.objects.filter(own, sealed__isnull=False).update(sealed=None)
        refused = RefusedEvent.objects.filter(incident=incident, municipality=town, personal=True)
        erased["保留したできごと"] = refused.delete()[0]
        for name, eraser in ERASERS.items():
            erased[name] = eraser(incident, town)
        current.purged_at, current.purged = timezone.now(), erased
        act.save(current)
        counts = "、".join(f"{name}{number}件" for name, number in erased.items())
        act.log(
            current,
            None,
            erased,
            f"{incident} の{town.name}の個人に関する記録を消去（{counts}）",
            municipality=town.code,
        )
    return True


def _forget(events: QuerySet[Event]) -> int:
    """Erase what events say of persons but where somebody was, so that the numbers of the past stay; how many."""
    done = 0
    while rows := list(events.order_by("pk")[:_AT_ONCE]):
        for row in rows:
            counted = {name: write for name, write in (row.sealed or {}).items() if name in COUNTED}
            kept = {
                name: {**write, "value": counted_value(write["value"])} for name, write in counted.items()
            }
            row.fields, row.sealed, row.note = {**row.fields, **kept}, None, ""
        with pgtrigger.ignore("disaster.Event:append_only"):
            done += Event.objects.bulk_update(rows, ["fields", "sealed", "note"])
    return done


def _content(retention: Retention) -> dict[str, Any]:
    return {"purge_on": retention.purge_on.isoformat(), "basis": retention.basis}

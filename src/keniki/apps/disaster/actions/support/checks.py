"""How the persons of the list are in an incident (安否確認)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.core.errors import WrongInput

from ... import policies
from ...models import EntityState, Incident, SafetyCheck, SupportPerson


@dataclass(frozen=True)
class CheckDraft:
    """What somebody found out; `person` is the entity of the reception that is the same person, if somebody said so."""

    state: str
    checked_at: datetime
    where: str = ""
    by: str = ""
    note: str = ""
    person: str = ""


def save_check(
    actor: Actor, incident: Incident, person: SupportPerson, draft: CheckDraft, version: int | None = None
) -> SafetyCheck:
    """Write down how a person of the list is. Raises `WrongInput`, `Denied` or `Stale`."""
    region, town = incident.region, person.municipality
    policies.record_on_page(actor, incident, town).require()
    ruling = policies.record_person(actor, region, town).require()
    if draft.state not in SafetyCheck.State.values:
        raise WrongInput("状況を選んでください。", column="state")
    if draft.checked_at > timezone.now():
        raise WrongInput("まだ来ていない日時です。", column="checked_at")
    if draft.state == SafetyCheck.State.EVACUATED and not (draft.where.strip() or draft.person):
        raise WrongInput("避難した先を入力してください。", column="where")
    if person.erased_on is not None or person.removed_on is not None:
        raise WrongInput("名簿から外した人の安否は記録できません。")
    with verb(actor, "disaster.save_safety_check", region=region.slug, ruling=ruling) as act:
        lock("safety-check", person.pk)
        if draft.person and not _is_received(incident, person, draft.person):
            raise WrongInput("受付の記録が見つかりません。選び直してください。", column="person")
        found = SafetyCheck.objects.filter(incident=incident, person=person).first()
        saved = (
            act.lock(found, version or 0)
            if found
            else SafetyCheck(
                region=region, incident=incident, mode=incident.mode, municipality=town, person=person
            )
        )
        saved.state, saved.checked_at = draft.state, draft.checked_at
        saved.sealed = {
            "where": draft.where.strip(), "by": draft.by.strip(), "note": draft.note.strip(), "person": draft.person,
        }  # fmt: skip
        act.save(saved)
        said = f"【{incident.get_mode_display()}】{town.name}の{person}の安否（{saved.get_state_display()}）を記録"
        act.log(saved, None, None, said, municipality=town.code)
        return saved


def _is_received(incident: Incident, person: SupportPerson, entity: str) -> bool:
    return EntityState.objects.filter(
        Q(municipality=person.municipality) | Q(home=person.municipality),
        incident=incident, kind="person", entity=entity, void=False,
    ).exists()  # fmt: skip

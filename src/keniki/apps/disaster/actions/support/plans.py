"""The plan how one person evacuates (個別避難計画)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Consent, Shelter, SupportPerson, SupportPlan

LABELS: Final = {
    "destination": "避難先", "route": "避難の経路", "transport": "移動の方法", "equipment": "必要な用具・機器",
    "medicines": "薬・医療", "contact": "本人・家族への連絡", "care": "避難先で必要な配慮", "note": "備考",
}  # fmt: skip
MOST: Final = 1000


@dataclass(frozen=True)
class Helper:
    """Who helps the person (避難支援等実施者); `consent`: agreed that name and contact are given on."""

    name: str
    body: str = ""
    phone: str = ""
    role: str = ""
    consent: bool = False


@dataclass(frozen=True)
class PlanDraft:
    """A plan as it shall be. Without `agreed_on` the person did not agree yet, and there is no plan to give."""

    destination: str
    route: str = ""
    transport: str = ""
    equipment: str = ""
    medicines: str = ""
    contact: str = ""
    care: str = ""
    note: str = ""
    welfare_shelter: Shelter | None = None
    agreed_on: date | None = None
    share: str = Consent.UNKNOWN
    share_on: date | None = None
    revised_on: date | None = None
    review_on: date | None = None
    helpers: tuple[Helper, ...] = ()


def save_plan(
    actor: Actor, person: SupportPerson, draft: PlanDraft, version: int | None = None
) -> SupportPlan:
    """Make the person's plan or change it. Raises `WrongInput`, `Denied` or `Stale`."""
    region, town = person.region, person.municipality
    ruling = policies.record_person(actor, region, town).require()
    _check(draft, person)
    with verb(actor, "disaster.save_support_plan", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("support-plan", person.pk)
        found = SupportPlan.objects.filter(person=person).first()
        saved = (
            act.lock(found, version)
            if found
            else SupportPlan(region=region, municipality=town, person=person)
        )
        content: dict[str, Any] = {name: getattr(draft, name).strip() for name in LABELS}
        content["helpers"] = [asdict(each) for each in draft.helpers]
        values = {
            "sealed": content,
            "welfare_shelter_id": draft.welfare_shelter.pk if draft.welfare_shelter else None,
            "agreed_on": draft.agreed_on,
            "share": draft.share,
            "share_on": draft.share_on if draft.share != Consent.UNKNOWN else None,
            "helpers_agree": all(each.consent for each in draft.helpers),
            "revised_on": draft.revised_on or today(),
            "review_on": draft.review_on,
        }
        if found and all(getattr(saved, name) == value for name, value in values.items()):
            return saved
        for name, value in values.items():
            setattr(saved, name, value)
        act.save(saved)
        said = f"{town.name}の{person}の個別避難計画を{'変更' if found else '作成'}"
        act.log(saved, None, None, said, municipality=town.code)
        return saved


def _check(draft: PlanDraft, person: SupportPerson) -> None:
    if person.removed_on is not None:
        raise WrongInput("名簿から外した人の計画は作れません。")
    if not draft.destination.strip():
        raise WrongInput("避難先を入力してください。", column="destination")
    for name in LABELS:
        if len(getattr(draft, name)) > MOST:
            raise WrongInput(f"{LABELS[name]}は{MOST:,}文字までにしてください。", column=name)
    for name in ("agreed_on", "share_on", "revised_on"):
        day = getattr(draft, name)
        if day is not None and day > today():
            raise WrongInput("まだ来ていない日です。", column=name)
    if draft.share not in Consent.values:
        raise WrongInput("計画の提供への同意を選んでください。", column="share")
    if draft.share != Consent.UNKNOWN and draft.share_on is None:
        raise WrongInput("同意・不同意を確認した日を入力してください。", column="share_on")
    if draft.share == Consent.GIVEN and draft.agreed_on is None:
        raise WrongInput(
            "計画の作成に同意した日がないため、提供への同意は記録できません。", column="agreed_on"
        )
    shelter = draft.welfare_shelter
    if shelter is not None and (not shelter.is_welfare or shelter.ended_on is not None):
        raise WrongInput(f"「{shelter.name}」は福祉避難所ではありません。", column="welfare_shelter")
    for row, each in enumerate(draft.helpers, start=1):
        if not each.name.strip():
            raise WrongInput("支援する人の氏名か名称を入力してください。", row=row, column="name")

"""The list of people who need help to evacuate: entered, read from a file, taken off it, erased; the town's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Max
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor, allow
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.accounts.sealing import fingerprint
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.text import search_key
from keniki.rulebooks.disaster.support import reasons

from ... import policies
from ...models import Consent, District, SafetyCheck, SupportPerson, SupportPlan, SupportTown
from ..districts import draft_of, save_district

#: The parts of a person's record as forms, files and the log name them.
LABELS: Final = {
    "name": "氏名", "kana": "氏名カナ", "birth": "生年月日", "sex": "性別", "address": "住所", "phone": "電話番号",
    "contact": "緊急連絡先", "reasons": "支援を要する事由", "family": "家族・同居の状況", "needs": "必要な支援",
    "note": "備考",
}  # fmt: skip
SEXES: Final = {"": "", "male": "男", "female": "女", "other": "その他", "unanswered": "回答しない"}
LENGTHS: Final = {
    "name": 120, "kana": 120, "address": 300, "phone": 40, "contact": 200, "family": 300, "needs": 500, "note": 1000,
}  # fmt: skip
#: Why somebody is on the list no more.
REMOVED: Final = {
    "moved": "転出", "died": "死亡", "facility": "施設への入所", "better": "要件に当たらなくなった",
    "wish": "本人の申出", "error": "誤り",
}  # fmt: skip
#: So many persons one file may hold.
MOST: Final = 20_000
_FIELD: Final = "disaster.supportperson.own_id"


@dataclass(frozen=True)
class PersonDraft:
    """A person as the list shall have it. `own_id` is the town's own number, kept as a fingerprint; `row` is where the
    person stands in a file."""

    name: str
    kana: str = ""
    birth: date | None = None
    sex: str = ""
    address: str = ""
    phone: str = ""
    contact: str = ""
    reasons: tuple[str, ...] = ()
    family: str = ""
    needs: str = ""
    note: str = ""
    district: District | None = None
    consent: str = Consent.UNKNOWN
    consent_on: date | None = None
    listed_on: date | None = None
    own_id: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Loaded:
    """How many persons of a file were new, changed, the same."""

    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class TownDraft:
    """A town's rules for its list."""

    ordinance: str = ""
    ordinance_plan: str = ""
    ordinance_refused: bool = False
    keep_days: int | None = None
    keep_basis: str = ""
    web_inquiries: bool = False
    inquiry_place: str = ""


def save_town(
    actor: Actor, region: Region, town: Municipality, draft: TownDraft, version: int | None = None
) -> SupportTown:
    """Write the town's rules. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.record_person(actor, region, town).require()
    if draft.ordinance_refused and not draft.ordinance.strip():
        raise WrongInput(
            "不同意の人も含めるには、根拠となる条例を入力してください。", column="ordinance_refused"
        )
    if (draft.keep_days is None) != (not draft.keep_basis.strip()):
        raise WrongInput("日数と根拠は、両方を入力してください。", column="keep_basis")
    if draft.web_inquiries and not draft.inquiry_place.strip():
        raise WrongInput(
            "ウェブで受け付けるときは、本人確認をする窓口を入力してください。", column="inquiry_place"
        )
    names = tuple(TownDraft.__dataclass_fields__)
    with verb(actor, "disaster.save_support_town", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("support-town", town.pk)
        found = SupportTown.objects.filter(region=region, municipality=town).first()
        saved = act.lock(found, version) if found else SupportTown(region=region, municipality=town)
        old = {name: getattr(saved, name) for name in names}
        for name in names:
            value = getattr(draft, name)
            setattr(saved, name, value.strip() if isinstance(value, str) else value)
        before, after = changes(old, {name: getattr(saved, name) for name in names})
        if found and not after:
            return saved
        act.save(saved)
        act.log(saved, before, after, f"{town.name}の要支援者名簿の決まりを変更", municipality=town.code)
        return saved


def save_person(
    actor: Actor,
    region: Region,
    town: Municipality,
    draft: PersonDraft,
    person: SupportPerson | None = None,
    version: int | None = None,
) -> SupportPerson:
    """Put a person on the list, or change what it says. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.record_person(actor, region, town).require()
    check_person(draft, town)
    with verb(actor, "disaster.save_support_person", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("support-person", town.pk)
        if person is not None:
            saved = act.lock(person, version)
            saved.region, saved.municipality = region, town
            if saved.removed_on is not None:
                raise WrongInput("名簿から外した人の記録は変えられません。")
        else:
            saved = SupportPerson(region=region, municipality=town, number=_next(region, town))
        key = _own(draft.own_id, town) or saved.own_id
        twin = SupportPerson.objects.filter(
            region=region, municipality=town, own_id=key, removed_on=None
        ).exclude(own_id="")
        if twin.exclude(pk=saved.pk).exists():
            raise WrongInput("同じ番号の人が名簿にあります。", column="own_id")
        if person is None:
            _refuse_twin(region, town, draft)
        changed = _fill(saved, draft)
        if person is not None and not changed:
            return saved
        act.save(saved)
        said = f"{town.name}の避難行動要支援者名簿の{saved}を" + (
            f"変更（{'・'.join(changed)}）" if person is not None else "登録"
        )
        act.log(saved, None, None, said, municipality=town.code)
        return saved


def load_people(actor: Actor, region: Region, town: Municipality, drafts: Sequence[PersonDraft]) -> Loaded:
    """Put the persons of a file on the list, all or none, with one entry in the log.

    Who has the same own number, without one the same name and day of birth, is brought up to date. Raises `WrongInput`
    with the row, or `Denied`.
    """
    ruling = policies.record_person(actor, region, town).require()
    if not drafts:
        raise WrongInput("名簿に載せる人の行がありません。")
    if len(drafts) > MOST:
        raise WrongInput(f"1つのファイルは{MOST:,}人までです。分けて読み込んでください。")
    for draft in drafts:
        try:
            check_person(draft, town)
        except WrongInput as wrong:
            raise wrong.at(row=draft.row) from None
    with verb(actor, "disaster.load_support_people", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("support-person", town.pk)
        known = list(
            SupportPerson.objects.filter(region=region, municipality=town, removed_on=None).select_for_update(
                of=("self",)
            )
        )
        by_id = {each.own_id: each for each in known if each.own_id}
        by_name: dict[tuple[str, str], list[SupportPerson]] = {}
        for each in known:
            by_name.setdefault(_named(each.sealed or {}), []).append(each)
        number = _next(region, town)
        counts = {"new": 0, "changed": 0, "unchanged": 0}
        seen: dict[object, int | None] = {}
        for draft in drafts:
            key = _own(draft.own_id, town)
            named = (search_key(draft.name), draft.birth.isoformat() if draft.birth else "")
            mark: object = key or named
            if mark in seen:
                raise WrongInput(f"{seen[mark]}行目と同じ人です。1行にしてください。", row=draft.row)
            seen[mark] = draft.row
            alike = [each for each in by_name.get(named, []) if not (key and each.own_id)]
            if not (key and key in by_id) and len(alike) > 1:
                raise WrongInput(
                    "氏名と生年月日が同じ人が名簿に2人以上います。市町村の番号を付けてください。",
                    row=draft.row,
                )
            found = by_id.get(key) if key else None
            found = found or (alike[0] if alike else None)
            new = found is None
            if found is None:
                found = SupportPerson(region=region, municipality=town, number=number)
                number += 1
            changed = _fill(found, draft)
            if new or changed:
                act.save(found)
            counts["new" if new else "changed" if changed else "unchanged"] += 1
        if counts["new"] or counts["changed"]:
            said = (
                f"{town.name}の避難行動要支援者名簿を読み込み（新規{counts['new']}人、変更{counts['changed']}人、"
                f"変更なし{counts['unchanged']}人）"
            )
            act.log(region, None, counts, said, municipality=town.code)
        return Loaded(**counts)


def remove_person(actor: Actor, person: SupportPerson, why: str, version: int | None) -> SupportPerson:
    """Take a person off the list; the content is erased when the town's days are over.

    Raises `WrongInput`, `Denied` or `Stale`.
    """
    region, town = person.region, person.municipality
    ruling = policies.record_person(actor, region, town).require()
    if why not in REMOVED:
        raise WrongInput("名簿から外す理由を選んでください。", column="why")
    with verb(actor, "disaster.remove_support_person", region=region.slug, ruling=ruling) as act:
        current = act.lock(person, version)
        if current.removed_on is not None:
            raise WrongInput("この人は、既に名簿から外しています。")
        current.removed_on, current.removed_why, current.own_id = today(), why, ""
        act.save(current)
        act.log(
            current,
            None,
            {"why": REMOVED[why]},
            f"{town.name}の避難行動要支援者名簿から{current}を外した（{REMOVED[why]}）",
            municipality=town.code,
        )
        return current


def erase_due(actor: Actor = SYSTEM) -> int:
    """Erase who left the list longer ago than the town keeps them, in every region; how many persons."""
    done = 0
    for region in Region.objects.order_by("pk"):
        with scope(region=region):
            towns = list(SupportTown.objects.filter(keep_days__isnull=False).select_related("municipality"))
        for each in towns:
            done += _erase_town(actor, region, each)
    return done


def _erase_town(actor: Actor, region: Region, rules: SupportTown) -> int:
    town = rules.municipality
    last = today() - timedelta(days=rules.keep_days or 0)
    with (
        scope(region=region, towns={town.pk}),
        verb(
            actor,
            "disaster.erase_support_people",
            region=region.slug,
            ruling=allow("保存する日数が過ぎました。"),
            quiet=True,
        ) as act,
    ):
        due = SupportPerson.objects.filter(
            region=region, municipality=town, removed_on__lte=last, erased_on=None
        ).select_for_update(of=("self",))
        keys = list(due.values_list("pk", flat=True))
        if not keys:
            return 0
        SupportPlan.objects.filter(person_id__in=keys).delete()
        SafetyCheck.objects.filter(person_id__in=keys).update(sealed=None)
        SupportPerson.objects.filter(pk__in=keys).update(sealed=None, own_id="", erased_on=today())
        act.log(
            rules,
            None,
            {"people": len(keys)},
            f"{town.name}の避難行動要支援者名簿から外した{len(keys)}人の内容を消去（{rules.keep_basis}）",
            municipality=town.code,
        )
        return len(keys)


def take_count(actor: Actor, district: District, people: int, version: int | None) -> District:
    """Make the number of the list the district's figure of vulnerable people. `WrongInput`, `Denied` or `Stale`."""
    region, town = district.region, district.municipality
    policies.record_person(actor, region, town).require()
    if people > district.residents:
        raise WrongInput(
            f"{district}の居住者（{district.residents:,}人）より多いため、反映できません。居住者の数を確かめてください。"
        )
    said = draft_of(district, vulnerable=people, as_of=today(), source_text="避難行動要支援者名簿（人数）")
    return save_district(actor, region, said, district, version)


def check_person(draft: PersonDraft, town: Municipality) -> None:
    """What no person of the list may be."""
    if not draft.name.strip():
        raise WrongInput("氏名を入力してください。", column="name")
    if not draft.address.strip():
        raise WrongInput("住所を入力してください。", column="address")
    for name, most in LENGTHS.items():
        if len(getattr(draft, name)) > most:
            raise WrongInput(f"{LABELS[name]}は{most}文字までにしてください。", column=name)
    if draft.birth is not None and not date(1880, 1, 1) <= draft.birth <= today():
        raise WrongInput("生年月日を確かめてください。", column="birth")
    if draft.sex not in SEXES:
        raise WrongInput("性別を選んでください。", column="sex")
    known = reasons(today())
    if not draft.reasons or any(each not in known for each in draft.reasons):
        raise WrongInput("支援を要する事由を選んでください。", column="reasons")
    if draft.consent not in Consent.values:
        raise WrongInput("同意を選んでください。", column="consent")
    if draft.consent != Consent.UNKNOWN and draft.consent_on is None:
        raise WrongInput("同意・不同意を確認した日を入力してください。", column="consent_on")
    for name in ("consent_on", "listed_on"):
        day = getattr(draft, name)
        if day is not None and day > today():
            raise WrongInput("まだ来ていない日です。", column=name)
    if draft.district is not None and draft.district.municipality_id != town.pk:
        raise WrongInput(f"{town.name}の地区を選んでください。", column="district")


def _fill(person: SupportPerson, draft: PersonDraft) -> list[str]:
    """Fill the record; the labels of what changed (all of a new one)."""
    told: dict[str, Any] = {name: getattr(draft, name) for name in LABELS}
    told["birth"] = draft.birth.isoformat() if draft.birth else ""
    told["reasons"] = sorted(draft.reasons)
    told = {name: value.strip() if isinstance(value, str) else value for name, value in told.items()}
    old: Mapping[str, Any] = person.sealed or {}
    changed = [LABELS[name] for name in LABELS if old.get(name) != told[name]]
    consent_on = draft.consent_on if draft.consent != Consent.UNKNOWN else None
    key = _own(draft.own_id, person.municipality) or person.own_id
    listed = draft.listed_on or person.listed_on or today()
    rest: dict[str, tuple[str, Any]] = {
        "district_id": ("地区", draft.district.pk if draft.district else None),
        "consent": ("平時の提供への同意", draft.consent),
        "consent_on": ("同意を確認した日", consent_on),
        "listed_on": ("名簿に載せた日", listed),
        "own_id": ("市町村の番号", key),
    }
    for name, (label, value) in rest.items():
        if getattr(person, name) != value:
            changed.append(label)
            setattr(person, name, value)
    person.sealed = told
    return changed


def _refuse_twin(region: Region, town: Municipality, draft: PersonDraft) -> None:
    named = (search_key(draft.name), draft.birth.isoformat() if draft.birth else "")
    for each in SupportPerson.objects.filter(region=region, municipality=town, removed_on=None):
        sealed = each.sealed or {}
        if _named(sealed) == named and search_key(sealed.get("address", "")) == search_key(draft.address):
            raise WrongInput(f"同じ氏名・生年月日・住所の人が名簿にいます（{each}）。", column="name")


def _own(own_id: str, town: Municipality) -> str:
    return fingerprint(f"{town.code}/{search_key(own_id)}", _FIELD) if own_id.strip() else ""


def _named(sealed: Mapping[str, Any]) -> tuple[str, str]:
    return search_key(sealed.get("name", "")), sealed.get("birth", "")


def _next(region: Region, town: Municipality) -> int:
    with scope(region=region, towns=EVERY_TOWN):
        last = SupportPerson.objects.filter(region=region, municipality=town).aggregate(last=Max("number"))
    return (last["last"] or 0) + 1

"""Stricken houses are registered by their town: one by one, or many from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from ... import policies
from ...models import House, Incident

#: What stands sealed of a house, as pages and files name it.
SEALED: Final = {
    "address": "所在地",
    "owner": "所有者",
    "household": "居住者",
    "phone": "電話",
    "latitude": "緯度",
    "longitude": "経度",
    "note": "備考",
}
LABELS: Final = {
    "district": "地区・町字", "use": "用途", "structure": "構造", "storeys": "階数", "detached": "戸建て",
    "hazard": "災害の種類", "struck_on": "被災した日", "team": "調査班",
}  # fmt: skip


@dataclass(frozen=True)
class HouseDraft:
    """A house as it shall be; `sealed` has the keys of SEALED, `number` is None for the next free one."""

    hazard: str
    struck_on: date
    district: str = ""
    use: str = House.Use.RESIDENCE
    structure: str = "wood"
    storeys: int = 1
    detached: bool = True
    team: str = ""
    sealed: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None


@dataclass(frozen=True)
class Loaded:
    """What a file came to: how many houses are new, changed, and already known as they are."""

    new: int
    changed: int
    known: int


def save_house(
    actor: Actor,
    incident: Incident,
    town: Municipality,
    draft: HouseDraft,
    house: House | None = None,
    version: int | None = None,
) -> House:
    """Register a house, or change what is known of it. Raises `WrongInput`, `Denied`, `Stale`."""
    ruling = policies.record_person(actor, incident.region, town).require()
    check_house(draft, incident)
    with verb(actor, "disaster.save_house", region=incident.region.slug, ruling=ruling, quiet=True) as act:
        saved, text = _store(act, incident, town, draft, house, version)
        if text:
            act.log(saved, None, None, f"{_called(saved)}{text}", municipality=town.code)
        return saved


def load_houses(actor: Actor, incident: Incident, town: Municipality, drafts: Sequence[HouseDraft]) -> Loaded:
    """Register many houses, all or none: a number that is known changes that house, an address with the same owner that
    is known is not registered again. Raises `WrongInput` with the row, or `Denied`."""
    ruling = policies.record_person(actor, incident.region, town).require()
    for row, draft in enumerate(drafts, start=2):
        try:
            check_house(draft, incident)
        except WrongInput as wrong:
            raise WrongInput(wrong.message, row=row, column=wrong.column) from None
    numbers = [draft.number for draft in drafts if draft.number is not None]
    for row, draft in enumerate(drafts, start=2):
        if draft.number is not None and numbers.count(draft.number) > 1:
            raise WrongInput(f"整理番号{draft.number}が二度あります。", row=row, column="整理番号")
    with verb(actor, "disaster.load_houses", region=incident.region.slug, ruling=ruling, quiet=True) as act:
        lock("disaster-house", incident.pk, town.pk)
        rows = list(House.objects.filter(incident=incident, municipality=town))
        by_number = {each.number: each for each in rows}
        known = {_who(each.sealed or {}) for each in rows if each.sealed}
        counted = {"new": 0, "changed": 0, "known": 0}
        last = None
        for draft in drafts:
            found = by_number.get(draft.number) if draft.number is not None else None
            if found is None and draft.number is None and _who(draft.sealed) in known:
                counted["known"] += 1
                continue
            last, text = _store(act, incident, town, draft, found, None)
            by_number[last.number] = last
            known.add(_who(draft.sealed))
            counted["known" if not text else "changed" if found else "new"] += 1
        if last is not None:
            said = f"{town.name}の家屋を{counted['new']}件登録、{counted['changed']}件変更"
            act.log(last, None, counted, f"【{incident.get_mode_display()}】{said}", municipality=town.code)
        return Loaded(**counted)


def check_house(draft: HouseDraft, incident: Incident) -> None:
    """Raise `WrongInput` where a house cannot be as the draft says."""
    if not str(draft.sealed.get("address", "")).strip():
        raise WrongInput("所在地を入力してください。", column="address")
    if not 1 <= draft.storeys <= 60:
        raise WrongInput("階数は1から60までで入力してください。", column="storeys")
    if draft.struck_on > today():
        raise WrongInput("まだ来ていない日です。被災した日を入力してください。", column="struck_on")
    if draft.number is not None and not 1 <= draft.number <= 9_999_999:
        raise WrongInput("整理番号は1以上の整数で入力してください。", column="整理番号")
    place = [str(draft.sealed.get(key, "")).strip() for key in ("latitude", "longitude")]
    if any(place):
        try:
            latitude, longitude = (float(each) for each in place)
        except ValueError:
            raise WrongInput("緯度と経度は、両方を数で入力してください。", column="latitude") from None
        if not (20 <= latitude <= 46 and 122 <= longitude <= 154):
            raise WrongInput("緯度と経度が日本の範囲にありません。", column="latitude")


def _store(
    act: Act,
    incident: Incident,
    town: Municipality,
    draft: HouseDraft,
    house: House | None,
    version: int | None,
) -> tuple[House, str]:
    """The stored house, and what to say of it; nothing where it was so already."""
    sealed = {key: str(draft.sealed.get(key, "")).strip() for key in SEALED}
    sealed = {key: value for key, value in sealed.items() if value}
    if house is None:
        lock("disaster-house", incident.pk, town.pk)
        own = House.objects.filter(incident=incident, municipality=town)
        number = draft.number or (own.aggregate(last=Max("number"))["last"] or 0) + 1
        saved = House(
            region=incident.region, incident=incident, mode=incident.mode, municipality=town, number=number
        )
        old: dict[str, Any] = {}
    else:
        saved = act.lock(house, version)
        saved.region, saved.incident, saved.municipality = incident.region, incident, town
        old = _content(saved)
        if saved.sealed is None:
            raise WrongInput("保存期限が過ぎて個人に関する内容を消去した家屋は、変えられません。")
        if draft.use == House.Use.OTHER and saved.surveys.exists():
            raise WrongInput("調査のある家屋は、非住家に変えられません。", column="use")
    for name in LABELS:
        value = getattr(draft, name)
        setattr(saved, name, value.strip() if isinstance(value, str) else value)
    new = _content(saved)
    differing = [LABELS[key] for key in changes(old, new)[1]]
    if house is not None and (saved.sealed or {}) != sealed:
        differing.append("所在地・居住者など")
    saved.sealed = sealed
    if house is not None and not differing:
        return saved, ""
    act.save(saved)
    return saved, "を登録" if house is None else f"の{'・'.join(differing)}を変更"


def _called(house: House) -> str:
    return f"【{house.get_mode_display()}】{house.municipality.name}の{house}"


def _content(house: House) -> dict[str, Any]:
    found = {name: getattr(house, name) for name in LABELS}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in found.items()}


def _who(sealed: Mapping[str, Any]) -> tuple[str, str]:
    return str(sealed.get("address", "")).strip(), str(sealed.get("owner", "")).strip()

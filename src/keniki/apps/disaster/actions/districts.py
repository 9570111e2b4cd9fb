"""Writing districts (地区): one by one, from a file, or from a town's census figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from .. import policies
from ..models import District
from .shelters import check_position

LABELS: Final = {
    "municipality": "市町村", "code": "地区コード", "name": "名称", "residents": "居住者（人）",
    "vulnerable": "要配慮者（人）", "night_people": "夜間人口（人）", "day_people": "昼間人口（人）",
    "target": "広域避難の対象地区", "latitude": "緯度", "longitude": "経度", "geometry": "形", "as_of": "時点",
    "source_text": "出典", "note": "備考",
}  # fmt: skip
#: No district has more people; the column holds no more.
MOST_PEOPLE: Final = 10_000_000


@dataclass(frozen=True)
class DistrictDraft:
    """A district as it shall be. `row` is where it stands in a file; None of a number of people: nobody said."""

    municipality: Municipality
    name: str
    code: str = ""
    residents: int = 0
    vulnerable: int = 0
    night_people: int | None = None
    day_people: int | None = None
    target: bool = False
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    geometry: Mapping[str, Any] | None = None
    as_of: date | None = None
    source_text: str = ""
    note: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Loaded:
    """How many districts of a file were new, changed, the same."""

    new: int
    changed: int
    unchanged: int


def save_district(
    actor: Actor,
    region: Region,
    draft: DistrictDraft,
    district: District | None = None,
    version: int | None = None,
) -> District:
    """Register a district or change it. Raises `WrongInput`, `Denied` or `Stale`."""
    if district is not None:
        policies.write_place(actor, region, district.municipality).require()
    ruling = policies.write_place(actor, region, draft.municipality).require()
    check_district(draft)
    with verb(actor, "disaster.save_district", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("district-slug", region.pk)
        twin = _known(region).get(_key(draft))
        if twin is not None and (district is None or twin.pk != district.pk):
            column = "code" if draft.code else "name"
            raise WrongInput(f"{draft.municipality.name}に同じ地区「{twin}」があります。", column=column)
        saved, words = _store(act, region, draft, district, version, set())
        if words:
            before, after = words
            text = f"{draft.municipality.name}の地区「{saved}」を" + ("登録" if district is None else "変更")
            if district is not None and after:
                text = (
                    f"{draft.municipality.name}の地区「{saved}」の{'・'.join(LABELS[n] for n in after)}を変更"
                )
            act.log(saved, before or None, after, text, municipality=draft.municipality.code)
        return saved


def load_districts(
    actor: Actor, region: Region, drafts: Sequence[DistrictDraft], *, given: Collection[str] | None = None
) -> Loaded:
    """Store many districts, all or none, with one entry in the log; one of the same town and code (without a code: of
    the same name) is brought up to date, in the fields that are `given` (None: all of them).

    Raises `WrongInput` with the row, or `Denied`.
    """
    for draft in drafts:
        policies.write_place(actor, region, draft.municipality).require()
        try:
            check_district(draft)
        except WrongInput as wrong:
            raise WrongInput(wrong.message, row=draft.row, column=wrong.column) from None
    ruling = policies.write_some_place(actor, region).require()
    with verb(actor, "disaster.load_districts", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("district-slug", region.pk)
        known = _known(region)
        taken = {each.slug for each in known.values()} | set(
            District.objects.filter(region=region).values_list("slug", flat=True)
        )
        counts = {"new": 0, "changed": 0, "unchanged": 0}
        seen: set[tuple[int, str, str]] = set()
        for draft in drafts:
            key = _key(draft)
            if key in seen:
                raise WrongInput(
                    "同じ地区の行が2つあります。1つにしてください。", row=draft.row, column="名称"
                )
            seen.add(key)
            old = known.get(key)
            _, words = _store(act, region, draft, old, None, taken, given)
            counts["new" if old is None else "changed" if words else "unchanged"] += 1
        if counts["new"] or counts["changed"]:
            text = f"地区を読み込み（新規{counts['new']}、変更{counts['changed']}、変更なし{counts['unchanged']}）"
            act.log(region, None, counts, text)
        return Loaded(**counts)


def remove_district(actor: Actor, district: District, version: int | None) -> None:
    """Remove a district."""
    ruling = policies.write_place(actor, district.region, district.municipality).require()
    with verb(actor, "disaster.remove_district", region=district.region.slug, ruling=ruling) as act:
        current = act.lock(district, version)
        town = district.municipality
        act.log(
            current, content(current), None, f"{town.name}の地区「{current}」を削除", municipality=town.code
        )
        current.delete()


def mark_targets(actor: Actor, region: Region, municipality: Municipality, chosen: Collection[int]) -> int:
    """Make these districts of a town, and no others of it, the targets of wide-area evacuation (広域避難の対象地区).

    How many changed.
    """
    ruling = policies.write_place(actor, region, municipality).require()
    with verb(actor, "disaster.mark_targets", region=region.slug, ruling=ruling, quiet=True) as act:
        rows = District.objects.filter(region=region, municipality=municipality).select_for_update(
            of=("self",)
        )
        moved = [each for each in rows if each.target != (each.pk in chosen)]
        for each in moved:
            each.target = not each.target
            act.save(each)
        if moved:
            now = [each.name for each in rows if each.target]
            act.log(
                region,
                {"changed": [each.name for each in moved]},
                {"target": now},
                f"{municipality.name}の広域避難の対象地区を{len(now)}地区に変更",
                municipality=municipality.code,
            )
        return len(moved)


def check_district(draft: DistrictDraft) -> None:
    """What no district may be."""
    if not draft.name.strip():
        raise WrongInput("地区の名称を入力してください。", column="name")
    numbers = {
        name: getattr(draft, name) for name in ("residents", "vulnerable", "night_people", "day_people")
    }
    for name, number in numbers.items():
        if number is not None and not 0 <= number <= MOST_PEOPLE:
            raise WrongInput(f"{LABELS[name]}は0以上{MOST_PEOPLE:,}以下にしてください。", column=name)
    if draft.vulnerable > draft.residents:
        raise WrongInput("要配慮者が居住者より多くなっています。", column="vulnerable")
    check_position(draft.latitude, draft.longitude)


def draft_of(district: District, **changed: Any) -> DistrictDraft:
    """A district as it is, as a draft; `changed` fields are as given."""
    values = {name: getattr(district, name) for name in DistrictDraft.__dataclass_fields__ if name != "row"}
    return DistrictDraft(**(values | changed))


def content(district: District) -> dict[str, Any]:
    """What the log keeps of a district; of its shape, that there is one."""
    found: dict[str, Any] = {name: getattr(district, name) for name in LABELS}
    found["municipality"] = district.municipality.name
    found["as_of"] = district.as_of.isoformat() if district.as_of else ""
    found["geometry"] = "あり" if district.geometry else ""
    for name in ("latitude", "longitude"):
        found[name] = f"{found[name].normalize():f}" if found[name] is not None else ""
    return found


def _store(
    act: Act,
    region: Region,
    draft: DistrictDraft,
    district: District | None,
    version: int | None,
    taken: set[str],
    given: Collection[str] | None = None,
) -> tuple[District, tuple[dict[str, Any], dict[str, Any]] | None]:
    """The district as stored, and what changed of it (None: nothing)."""
    if district is None:
        saved = District(region=region, slug=_free_slug(region, draft, taken))
        old, shape = {}, None
    else:
        saved = act.lock(district, version)
        saved.region = region
        old, shape = content(saved), saved.geometry
    for name in LABELS:
        if district is not None and given is not None and name not in given:
            continue
        value = getattr(draft, name)
        setattr(saved, name, value.strip() if isinstance(value, str) else value)
    if district is None:
        act.save(saved)
        return saved, ({}, content(saved))
    before, after = changes(old, content(saved))
    if not after and shape == saved.geometry:
        return saved, None
    act.save(saved)
    return saved, (before, after or {"geometry": "変更"})


def _known(region: Region) -> dict[tuple[int, str, str], District]:
    rows = District.objects.filter(region=region).select_related("municipality")
    return {_key(each): each for each in rows}


def _key(one: District | DistrictDraft) -> tuple[int, str, str]:
    """What a district is known by within its region: its town with its code, else with its name."""
    code = one.code.strip()
    return one.municipality.pk, code, "" if code else one.name.strip()


def _free_slug(region: Region, draft: DistrictDraft, taken: set[str]) -> str:
    if not taken:
        taken.update(District.objects.filter(region=region).values_list("slug", flat=True))
    number = 1
    while (slug := f"{draft.municipality.code}-{number}") in taken:
        number += 1
    taken.add(slug)
    return slug

"""Writing shelters with their spaces, one by one. Files of many are read in `shelter_files`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..formats.cells import LATITUDES, LONGITUDES, MOST_AREA, MOST_PEOPLE, Wrong, common_id
from ..formats.columns import STANDARD, WRITTEN_FROM
from ..models import Hazard, Shelter, ShelterSpace

#: The parts of a shelter as pages and the log name them.
LABELS: Final = {
    "municipality": "市町村",
    "name": "名称",
    "kana": "名称（カナ）",
    "address": "所在地",
    "latitude": "緯度",
    "longitude": "経度",
    "elevation": "標高（m）",
    "is_site": "指定緊急避難場所",
    "is_shelter": "指定避難所",
    "is_welfare": "福祉避難所",
    "hazards": "災害種別",
    "stated_capacity": "想定収容人数",
    "takes": "受入対象者",
    "communities": "対象となる町会・自治会",
    "contact": "電話番号",
    "common_id": "共通ID",
    "other_ids": "ほかの共通ID",
    "local_id": "市町村のID",
    "standard": "標準データセットの項目",
    "source_text": "出典",
    "note": "備考",
    "ended_on": "指定を取り消した日",
    "spaces": "スペース",
}


@dataclass(frozen=True)
class SpaceDraft:
    """A space as it shall be; `id` names the one it is now, None for a new one. None of a field: nobody said."""

    name: str
    kind: str = ShelterSpace.Kind.HALL
    floor_area: Decimal | None = None
    capacity: int | None = None
    heated: bool | None = None
    by_day: bool = True
    by_night: bool = True
    accessible: bool = False
    welfare: bool = False
    note: str = ""
    id: int | None = None


@dataclass(frozen=True)
class ShelterDraft:
    """A shelter as it shall be. `hazards` are keys of `Hazard`; `standard` further columns of the standard data set."""

    municipality: Municipality
    name: str
    kana: str = ""
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    elevation: Decimal | None = None
    is_site: bool = False
    is_shelter: bool = False
    is_welfare: bool = False
    hazards: tuple[str, ...] = ()
    stated_capacity: str = ""
    takes: str = ""
    communities: str = ""
    contact: str = ""
    common_id: str = ""
    other_ids: tuple[str, ...] = ()
    local_id: str = ""
    standard: Mapping[str, str] = field(default_factory=dict)
    source_text: str = ""
    note: str = ""


def save_shelter(
    actor: Actor,
    region: Region,
    draft: ShelterDraft,
    spaces: Sequence[SpaceDraft] | None = None,
    shelter: Shelter | None = None,
    version: int | None = None,
) -> Shelter:
    """Register a shelter or change it; `spaces` replace those it has (None: they stay).

    Raises `WrongInput` with the field or the row of the space, `Denied` or `Stale`.
    """
    if shelter is not None:
        policies.write_place(actor, region, shelter.municipality).require()
    ruling = policies.write_place(actor, region, draft.municipality).require()
    check_shelter(draft)
    if spaces is not None:
        check_spaces(spaces)
    with verb(actor, "disaster.save_shelter", region=region.slug, ruling=ruling, quiet=True) as act:
        if shelter is None:
            lock("shelter-slug", region.pk)
            saved = Shelter(region=region, slug=Slugs(region).free(draft))
            old: dict[str, Any] = {}
            kept: list[ShelterSpace] = []
        else:
            saved = act.lock(shelter, version)
            kept = list(saved.spaces.all())
            old = content(saved, kept)
        _no_other_has(region, draft, saved)
        apply(saved, draft)
        made = arranged(saved, kept, spaces) if spaces is not None else kept
        if shelter is None:
            town = saved.municipality
            act.save(saved)
            _store(act, saved, [], made)
            act.log(
                saved,
                None,
                content(saved, made),
                f"{town.name}の避難所「{saved}」を登録",
                municipality=town.code,
            )
        else:
            store_changed(act, saved, old, kept, made)
        return saved


def store_changed(
    act: Act,
    shelter: Shelter,
    old: Mapping[str, Any],
    kept: Sequence[ShelterSpace],
    spaces: Sequence[ShelterSpace],
) -> bool:
    """Write a shelter with its spaces as they shall be, and what differs from `old` into the log; False: nothing does.

    `old` is the content before, `kept` the spaces that are stored.
    """
    before, after = changes(old, content(shelter, spaces))
    if not after:
        return False
    act.save(shelter)
    _store(act, shelter, kept, spaces)
    town, said = shelter.municipality, "・".join(LABELS[name] for name in after)
    act.log(shelter, before, after, f"{town.name}の避難所「{shelter}」の{said}を変更", municipality=town.code)
    return True


def end_shelter(actor: Actor, shelter: Shelter, version: int | None, on: date | None) -> Shelter:
    """Take the designation (指定) away from a day on; without a day, give it back."""
    ruling = policies.write_place(actor, shelter.region, shelter.municipality).require()
    name = "disaster.end_shelter" if on is not None else "disaster.restore_shelter"
    with verb(actor, name, region=shelter.region.slug, ruling=ruling, quiet=True) as act:
        saved = act.lock(shelter, version)
        saved.region = shelter.region
        if saved.ended_on == on:
            return saved
        before, saved.ended_on = saved.ended_on, on
        act.save(saved)
        words = f"を{era.format_date(on)}で取消し" if on is not None else "の取消しを撤回"
        act.log(
            saved,
            {"ended_on": before.isoformat() if before else ""},
            {"ended_on": on.isoformat() if on else ""},
            f"避難所「{saved}」の指定{words}",
            municipality=shelter.municipality.code,
        )
        return saved


def remove_shelter(actor: Actor, shelter: Shelter, version: int | None) -> None:
    """Remove a shelter that was registered by mistake, with its spaces. One that was designated is ended instead."""
    ruling = policies.write_place(actor, shelter.region, shelter.municipality).require()
    with verb(actor, "disaster.remove_shelter", region=shelter.region.slug, ruling=ruling) as act:
        current = act.lock(shelter, version)
        if current.imported:
            raise WrongInput(
                "公表されたファイルから読み込んだ避難所は削除できません。指定がなくなったときは「指定の取消し」を"
                "記録してください。"
            )
        town = current.municipality
        act.log(
            current,
            content(current, list(current.spaces.all())),
            None,
            f"{town.name}の避難所「{current}」を削除",
            municipality=town.code,
        )
        current.delete()


def check_shelter(draft: ShelterDraft) -> None:
    """What no shelter may be, whether typed or read from a file."""
    if not draft.name.strip():
        raise WrongInput("名称を入力してください。", column="name")
    check_position(draft.latitude, draft.longitude)
    unknown = [each for each in draft.hazards if each not in Hazard.values]
    if unknown:
        raise WrongInput(f"災害種別「{unknown[0]}」はありません。", column="hazards")
    unknown = [column for column in draft.standard if column not in STANDARD]
    if unknown:
        raise WrongInput(f"標準データセットに「{unknown[0]}」という項目はありません。", column="standard")
    for each in (draft.common_id, *draft.other_ids):
        try:
            common_id(each)
        except Wrong as wrong:
            raise WrongInput(str(wrong), column="common_id") from None


def check_position(latitude: Decimal | None, longitude: Decimal | None) -> None:
    """Both coordinates or none of them, within Japan."""
    if latitude is None and longitude is None:
        return
    if latitude is None or longitude is None:
        column = "latitude" if latitude is None else "longitude"
        raise WrongInput("緯度と経度は、両方を入力するか、両方を空欄にしてください。", column=column)
    if LATITUDES[0] <= latitude <= LATITUDES[1] and LONGITUDES[0] <= longitude <= LONGITUDES[1]:
        return
    if LATITUDES[0] <= longitude <= LATITUDES[1] and LONGITUDES[0] <= latitude <= LONGITUDES[1]:
        raise WrongInput("緯度と経度が入れ替わっています。", column="latitude")
    raise WrongInput(f"緯度 {latitude}、経度 {longitude} は日本の範囲にありません。", column="latitude")


def check_spaces(spaces: Sequence[SpaceDraft]) -> None:
    """What no space may be; the row is its number in the list."""
    names = Counter(each.name.strip() for each in spaces)
    for number, each in enumerate(spaces, start=1):
        if not each.name.strip():
            raise WrongInput("スペースの名称を入力してください。", row=number, column="スペース")
        if names[each.name.strip()] > 1:
            raise WrongInput(
                f"スペース「{each.name}」が2つあります。別の名称にしてください。",
                row=number,
                column="スペース",
            )
        if each.kind not in ShelterSpace.Kind.values:
            raise WrongInput(
                f"「{each.name}」の種類「{each.kind}」はありません。", row=number, column="スペース"
            )
        if each.floor_area is not None and not 0 < each.floor_area <= MOST_AREA:
            raise WrongInput(
                f"「{each.name}」の面積は、0より大きく{MOST_AREA:,f}m²以下にしてください。",
                row=number,
                column="スペース",
            )
        if each.capacity is not None and not 0 <= each.capacity <= MOST_PEOPLE:
            raise WrongInput(
                f"「{each.name}」の人数は、0から{MOST_PEOPLE:,}までにしてください。",
                row=number,
                column="スペース",
            )


def apply(shelter: Shelter, draft: ShelterDraft, *, fresh: bool = True) -> None:
    """Write a draft into a record. Cells of the standard data set that repeat a field follow it when it
    changes, unless they came with it (`fresh` false).
    """
    before = {name: getattr(shelter, name) for name in WRITTEN_FROM if hasattr(shelter, name)}
    cells = dict(shelter.standard)
    for name in ("municipality", "latitude", "longitude", "elevation", "is_site", "is_shelter", "is_welfare"):
        setattr(shelter, name, getattr(draft, name))
    for name in (
        "name", "kana", "address", "stated_capacity", "takes", "communities", "contact", "common_id", "local_id",
        "source_text", "note",
    ):  # fmt: skip
        setattr(shelter, name, getattr(draft, name).strip())
    shelter.hazards = [each for each in Hazard.values if each in draft.hazards]
    shelter.other_ids = [each for each in draft.other_ids if each and each != shelter.common_id]
    stale = {
        column
        for name, value in before.items()
        if getattr(shelter, name) != value
        for column in WRITTEN_FROM[name]
        if draft.standard.get(column) == cells.get(column)
    }
    shelter.standard = {name: text for name, text in draft.standard.items() if not (fresh and name in stale)}


def draft_of(shelter: Shelter, **changed: Any) -> ShelterDraft:
    """A shelter as it is, as a draft; `changed` fields are as given."""
    names = ShelterDraft.__dataclass_fields__
    values: dict[str, Any] = {name: getattr(shelter, name) for name in names}
    values |= {"hazards": tuple(shelter.hazards), "other_ids": tuple(shelter.other_ids)}
    return ShelterDraft(**(values | changed))


def space_draft_of(space: ShelterSpace, **changed: Any) -> SpaceDraft:
    """A space as it is, as a draft; `changed` fields are as given."""
    values = {name: getattr(space, name) for name in SpaceDraft.__dataclass_fields__}
    return SpaceDraft(**(values | changed))


def content(shelter: Shelter, spaces: Iterable[ShelterSpace]) -> dict[str, Any]:
    """What the log keeps of a shelter."""
    found: dict[str, Any] = {"municipality": shelter.municipality.name}
    for name in LABELS:
        if name in ("municipality", "hazards", "spaces"):
            continue
        value = getattr(shelter, name)
        found[name] = _number(value) if isinstance(value, Decimal) else value
    found["hazards"] = [Hazard(each).label for each in shelter.hazards]
    found["ended_on"] = shelter.ended_on.isoformat() if shelter.ended_on else ""
    found["spaces"] = [_space_text(each) for each in spaces]
    return found


class Slugs:
    """Free slugs of a region's shelters: the common ID where there is one, else the town's code and a number."""

    def __init__(self, region: Region) -> None:
        self.taken = set(Shelter.objects.filter(region=region).values_list("slug", flat=True))
        self.numbers: Counter[str] = Counter()

    def free(self, draft: ShelterDraft) -> str:
        slug = draft.common_id.lower()
        while not slug or slug in self.taken:
            code = draft.municipality.code
            self.numbers[code] += 1
            slug = f"{code}-{self.numbers[code]}"
        self.taken.add(slug)
        return slug


def _no_other_has(region: Region, draft: ShelterDraft, own: Shelter) -> None:
    ids = {each for each in (draft.common_id, *draft.other_ids) if each}
    if not ids:
        return
    rows = Shelter.objects.filter(region=region).exclude(pk=own.pk).select_related("municipality")
    for each in rows.filter(common_id__in=ids) | rows.filter(other_ids__has_any_keys=sorted(ids)):
        raise WrongInput(
            f"この共通IDは、{each.municipality.name}の「{each}」に登録されています。共通IDを確かめてください。",
            column="common_id",
        )


def arranged(
    shelter: Shelter, kept: Sequence[ShelterSpace], drafts: Sequence[SpaceDraft]
) -> list[ShelterSpace]:
    """The spaces as they shall be, unsaved; those that stay are copies, so that `kept` still says what was."""
    known = {each.pk: each for each in kept}
    found = []
    for order, draft in enumerate(drafts):
        old = known.get(draft.id or 0)
        space = ShelterSpace(region=shelter.region, shelter=shelter)
        if old is not None:
            space.pk, space.version, space._state.adding = old.pk, old.version, False
        space.name, space.note, space.order = draft.name.strip(), draft.note.strip(), order
        for name in (
            "kind",
            "floor_area",
            "capacity",
            "heated",
            "by_day",
            "by_night",
            "accessible",
            "welfare",
        ):
            setattr(space, name, getattr(draft, name))
        found.append(space)
    return found


def _store(act: Act, shelter: Shelter, kept: Sequence[ShelterSpace], spaces: Sequence[ShelterSpace]) -> None:
    """Write the spaces that are new or differ; those that are gone go first, so that their names are free."""
    stay = {each.pk for each in spaces if not each._state.adding}
    known = {each.pk: each for each in kept}
    for each in kept:
        if each.pk not in stay:
            each.delete()
    moved = [
        each
        for each in spaces
        if not each._state.adding and (_space_text(each), each.order) != _as_was(known[each.pk])
    ]
    names = {each.name for each in moved}
    for each in moved:
        old = known[each.pk]
        if old.name != each.name and old.name in names:
            ShelterSpace.objects.filter(pk=old.pk).update(name=f"\N{BULLET}{old.pk}")
    for each in moved:
        act.save(each)
    for each in spaces:
        if each._state.adding:
            each.shelter = shelter
            act.save(each)


def _as_was(space: ShelterSpace) -> tuple[str, int]:
    return _space_text(space), space.order


def _space_text(space: ShelterSpace) -> str:
    parts = [
        space.name,
        space.get_kind_display(),
        f"{_number(space.floor_area)}m²" if space.floor_area is not None else "",
        f"{space.capacity}人" if space.capacity is not None else "",
        {True: "暖房あり", False: "暖房なし", None: ""}[space.heated],
        "" if space.by_day else "昼は使えない",
        "" if space.by_night else "夜は使えない",
        "バリアフリー" if space.accessible else "",
        "要配慮者" if space.welfare else "",
        space.note,
    ]
    return "／".join(part for part in parts if part)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"

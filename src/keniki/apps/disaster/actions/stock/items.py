"""Writing items and places of the stockpile."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards

from ... import policies
from ...models import StockItem, StockPlace
from ...queries.stock.on_hand import stock_of

#: The parts of an item and of a place as pages and the log name them.
ITEM_LABELS: Final = {
    "title": "品目",
    "standard": "基準の品目",
    "unit": "単位",
    "pack_size": "1箱の入数",
    "shelf_life_months": "使用期間（月）",
    "published": "公表する",
    "order": "順",
    "note": "備考",
}
PLACE_LABELS: Final = {
    "name": "名称",
    "municipality": "市町村",
    "address": "所在地",
    "latitude": "緯度",
    "longitude": "経度",
    "ended_on": "廃止日",
    "note": "備考",
}


@dataclass(frozen=True)
class ItemDraft:
    """An item as it shall be; `standard` is its key in the dated standards, empty for one of the region's own."""

    title: str
    unit: str
    standard: str = ""
    pack_size: int = 1
    shelf_life_months: int | None = None
    published: bool = True
    order: int = 0
    note: str = ""


@dataclass(frozen=True)
class PlaceDraft:
    """A place as it shall be."""

    name: str
    municipality: Municipality
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    ended_on: date | None = None
    note: str = ""


def save_item(
    actor: Actor, region: Region, draft: ItemDraft, item: StockItem | None = None, version: int | None = None
) -> StockItem:
    """Register an item, or change one. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.write_shared(actor, region).require()
    with verb(
        actor, "disaster.save_stock_item", region=region.slug, ruling=ruling, quiet=item is not None
    ) as act:
        return store_item(act, region, draft, item, version)


def add_standard_items(actor: Actor, region: Region, keys: Sequence[str], on: date) -> list[StockItem]:
    """Register items of the dated standards at once; those that are registered already stay as they are."""
    ruling = policies.write_shared(actor, region).require()
    rules = standards.items(on)
    unknown = [key for key in keys if key not in rules]
    if unknown or not keys:
        raise WrongInput(
            f"基準にない品目です（{'・'.join(unknown)}）。" if unknown else "品目を選んでください。",
            column="standard",
        )
    with verb(actor, "disaster.add_standard_items", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stock-item", region.pk)
        have = set(StockItem.objects.filter(region=region).values_list("standard", flat=True))
        made = []
        for order, (key, rule) in enumerate(rules.items(), 1):
            if key not in keys or key in have:
                continue
            value = rule.value
            draft = ItemDraft(value.name, value.unit, key, value.pack, value.shelf_months, order=order)
            made.append(store_item(act, region, draft, None, None))
        return made


def remove_item(actor: Actor, item: StockItem, version: int | None) -> None:
    """Remove an item nothing was kept of. Raises `WrongInput` where there are lots."""
    ruling = policies.write_shared(actor, item.region).require()
    with verb(actor, "disaster.remove_stock_item", region=item.region.slug, ruling=ruling) as act:
        current = act.lock(item, version)
        if current.lots.exists():
            raise WrongInput(
                f"「{current.title}」にはロットの記録があるため、削除できません。"
                "使わない品目は、「公表する」を外し、順を大きくして残します。"
            )
        act.log(current, item_content(current), None, f"備蓄品目「{current.title}」を削除")
        current.delete()


def save_place(
    actor: Actor,
    region: Region,
    draft: PlaceDraft,
    place: StockPlace | None = None,
    version: int | None = None,
) -> StockPlace:
    """Register a place, or change one. It stays in its town. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.write_place(actor, region, draft.municipality).require()
    with verb(
        actor, "disaster.save_stock_place", region=region.slug, ruling=ruling, quiet=place is not None
    ) as act:
        return store_place(act, region, draft, place, version)


def store_item(
    act: Act, region: Region, draft: ItemDraft, item: StockItem | None, version: int | None
) -> StockItem:
    """The part of `save_item` that other verbs do inside theirs."""
    title = draft.title.strip()
    if not title:
        raise WrongInput("品目を入力してください。", column="title")
    if not draft.unit.strip():
        raise WrongInput("単位を入力してください。例：食、枚、L", column="unit")
    if draft.pack_size < 1:
        raise WrongInput("1箱の入数は1以上で入力してください。", column="pack_size")
    lock("stock-item", region.pk)
    same = StockItem.objects.filter(region=region, title=title)
    if (item is None and same.exists()) or (item is not None and same.exclude(pk=item.pk).exists()):
        raise WrongInput(f"品目「{title}」は既に登録されています。", column="title")
    if draft.standard:
        standards.item(draft.standard, today())
        taken = StockItem.objects.filter(region=region, standard=draft.standard)
        if (taken if item is None else taken.exclude(pk=item.pk)).exists():
            raise WrongInput("この基準の品目は、別の品目に既に割り当てられています。", column="standard")
    if item is None:
        saved = StockItem(region=region, slug=free_slug(StockItem, region, draft.standard or "item"))
        old: dict[str, Any] = {}
    else:
        saved = act.lock(item, version)
        saved.region = region
        old = item_content(saved)
        if saved.unit != draft.unit.strip() and saved.lots.exists():
            raise WrongInput(
                "ロットの記録がある品目の単位は変えられません。単位の違う品目は、別に登録してください。",
                column="unit",
            )
    saved.title, saved.unit, saved.standard = title, draft.unit.strip(), draft.standard
    saved.pack_size, saved.shelf_life_months = draft.pack_size, draft.shelf_life_months
    saved.published, saved.order, saved.note = draft.published, draft.order, draft.note.strip()
    _log(act, saved, old, item_content(saved), ITEM_LABELS, f"備蓄品目「{saved.title}」")
    return saved


def store_place(
    act: Act, region: Region, draft: PlaceDraft, place: StockPlace | None, version: int | None
) -> StockPlace:
    """The part of `save_place` that other verbs do inside theirs."""
    name = draft.name.strip()
    if not name:
        raise WrongInput("名称を入力してください。", column="name")
    if (draft.latitude is None) != (draft.longitude is None):
        raise WrongInput("緯度と経度は、両方を入力してください。", column="latitude")
    lock("stock-place", region.pk)
    same = StockPlace.objects.filter(region=region, municipality=draft.municipality, name=name)
    if (same if place is None else same.exclude(pk=place.pk)).exists():
        raise WrongInput(f"{draft.municipality.name}の「{name}」は既に登録されています。", column="name")
    code = draft.municipality.code
    if place is None:
        saved = StockPlace(
            region=region,
            municipality=draft.municipality,
            slug=free_slug(StockPlace, region, f"place-{code}"),
        )
        old: dict[str, Any] = {}
    else:
        saved = act.lock(place, version)
        saved.region = region
        old = place_content(saved)
        if saved.municipality_id != draft.municipality.pk:
            raise WrongInput("備蓄場所の市町村は変えられません。", column="municipality")
    saved.name, saved.address, saved.note = name, draft.address.strip(), draft.note.strip()
    saved.latitude, saved.longitude, saved.ended_on = draft.latitude, draft.longitude, draft.ended_on
    new = place_content(saved)
    if place is not None and draft.ended_on is not None:
        _check_empty(saved)
    said = f"備蓄場所「{saved.name}」"
    _log(act, saved, old, new, PLACE_LABELS, said, municipality=code)
    return saved


def free_slug(model: Any, region: Region, stem: str) -> str:
    """`stem`, or with the first free number behind it; the caller holds the lock."""
    clean = re.sub(r"[^a-z0-9-]+", "-", stem.lower().replace("_", "-")).strip("-") or "x"
    taken = set(model.objects.filter(region=region, slug__startswith=clean).values_list("slug", flat=True))
    if clean not in taken and not clean.startswith(("item", "place")):
        return clean
    number = 1
    while f"{clean}-{number}" in taken:
        number += 1
    return f"{clean}-{number}"


def item_content(item: StockItem) -> dict[str, Any]:
    """All of an item that people edit, as the log keeps it."""
    return {
        "title": item.title,
        "standard": item.standard,
        "unit": item.unit,
        "pack_size": item.pack_size,
        "shelf_life_months": item.shelf_life_months,
        "published": "する" if item.published else "しない",
        "order": item.order,
        "note": item.note,
    }


def place_content(place: StockPlace) -> dict[str, Any]:
    """All of a place that people edit, as the log keeps it."""
    return {
        "name": place.name,
        "municipality": place.municipality.name,
        "address": place.address,
        "latitude": _degrees(place.latitude),
        "longitude": _degrees(place.longitude),
        "ended_on": place.ended_on.isoformat() if place.ended_on else "",
        "note": place.note,
    }


def _degrees(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _check_empty(place: StockPlace) -> None:
    held = stock_of(place.region, place=place).held
    if held:
        raise WrongInput(
            f"「{place.name}」には在庫が{len(held)}ロットあるため、廃止できません。先に移動か廃棄を登録してください。",
            column="ended_on",
        )


def _log(
    act: Act,
    saved: StockItem | StockPlace,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    labels: Mapping[str, str],
    called: str,
    *,
    municipality: str = "",
) -> None:
    """Save what differs from `old` (nothing: it is new), and write the line."""
    if not old:
        act.save(saved)
        act.log(saved, None, new, f"{called}を登録", municipality=municipality)
        return
    before, after = changes(old, new)
    if not after:
        return
    act.save(saved)
    said = "、".join(f"{labels[name]}を {before[name] or 'なし'}→{after[name] or 'なし'}" for name in after)
    act.log(saved, before, after, f"{called}の{said} に変更", municipality=municipality)

"""Writing lots: what came in together, with expiry, price and owners (持分)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core import era
from keniki.core.errors import WrongInput

from ... import policies
from ...models import LotOwner, StockItem, StockLot, StockMovement, StockPlace
from ...queries.stock.finding import members_of
from .ledger import MOST, Change, Slip, check_day, post, posted, token_of

LABELS: Final = {
    "item": "品目",
    "expires_on": "使用期限",
    "acquired_on": "取得日",
    "unit_price": "単価（円）",
    "funding": "財源",
    "owners": "持分",
    "note": "備考",
}
_CODE: Final = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_]{0,39}")
#: Parts never grow beyond what the database holds.
_MOST_PARTS: Final = 10**15


@dataclass(frozen=True)
class LotDraft:
    """A lot as it shall be. `owners` are parts by town; `code` empty lets one be made."""

    item: StockItem
    acquired_on: date
    owners: Mapping[Municipality, int]
    code: str = ""
    expires_on: date | None = None
    unit_price: int | None = None
    funding: str = StockLot.Funding.JOINT
    note: str = ""
    #: Units by place, for a lot that comes in.
    quantities: Mapping[StockPlace, int] = field(default_factory=dict)


def receive_lot(
    actor: Actor, region: Region, draft: LotDraft, token: str, on: date | None = None
) -> StockLot:
    """Register a lot with what came in of it (受入). The same token again gives the lot it made.

    Raises `WrongInput`, or `Denied` unless every place is the actor's to write.
    """
    origin = token_of(token)
    if not draft.quantities:
        raise WrongInput("備蓄場所と数量を入力してください。", column="place")
    rulings = [policies.write_place(actor, region, each.municipality).require() for each in draft.quantities]
    ruling = next((each for each in rulings if each.on_behalf_of), rulings[0])
    with verb(actor, "disaster.receive_stock", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stock-deed", region.pk, origin)
        if before := posted(region, origin):
            return before[0].lot
        return store_lot(act, region, draft, origin, on or draft.acquired_on)


def receive_more(
    actor: Actor, lot: StockLot, place: StockPlace, quantity: int, on: date, token: str, note: str = ""
) -> list[StockMovement]:
    """More of a lot came in. Its owners' parts stay as they are."""
    origin = token_of(token)
    region = lot.region
    ruling = policies.write_place(actor, region, place.municipality).require()
    _check_place(place)
    if on < lot.acquired_on:
        raise WrongInput("日付が、ロットの取得日より前です。", column="日付")
    with verb(actor, "disaster.receive_stock", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stock-deed", region.pk, origin)
        if before := posted(region, origin):
            return before
        made = post(
            act,
            region,
            Slip(StockMovement.Kind.RECEIVE, on, origin, note=note),
            [Change(lot, place, quantity)],
        )
        act.log(
            lot,
            None,
            {"place": place.name, "quantity": quantity},
            f"{lot} を「{place.name}」に{quantity:,}{lot.item.unit}受入",
            municipality=place.municipality.code,
        )
        return made


def save_lot(actor: Actor, lot: StockLot, draft: LotDraft, version: int | None) -> StockLot:
    """Correct a lot: expiry, price, funding, owners, remark. Its item and number stay."""
    region = lot.region
    ruling = policies.write_lot(actor, lot).require()
    _check(region, draft)
    with verb(actor, "disaster.save_stock_lot", region=region.slug, ruling=ruling, quiet=True) as act:
        saved = act.lock(lot, version)
        saved.region, saved.item = region, lot.item
        if draft.item.pk != saved.item_id:
            raise WrongInput("ロットの品目は変えられません。", column="item")
        first = saved.movements.order_by("on").values_list("on", flat=True).first()
        if first is not None and draft.acquired_on > first:
            raise WrongInput(
                f"{era.format_date(first)}の受払があるため、取得日をそれより後にはできません。",
                column="acquired_on",
            )
        old = lot_content(saved)
        _put(saved, draft)
        owners = {town: parts for town, parts in draft.owners.items() if parts}
        new = lot_content(saved) | {"owners": _owners_words(owners)}
        before, after = changes(old, new)
        if not after:
            return saved
        act.save(saved)
        if "owners" in after:
            put_owners(saved, owners)
        said = "、".join(
            f"{LABELS[name]}を {before[name] or 'なし'}→{after[name] or 'なし'}" for name in after
        )
        act.log(saved, before, after, f"備蓄ロット「{saved.code}」の{said} に変更")
        return saved


def store_lot(act: Act, region: Region, draft: LotDraft, origin: str, on: date) -> StockLot:
    """The part of `receive_lot` that other verbs do inside theirs."""
    _check(region, draft)
    check_day(on)
    for place, number in draft.quantities.items():
        _check_place(place)
        if not 0 < number <= MOST:
            raise WrongInput("数量は1以上、10億以下で入力してください。", column="quantity")
    lock("stock-lot", region.pk)
    saved = StockLot(region=region, item=draft.item, code=_code_for(region, draft))
    _put(saved, draft)
    act.save(saved)
    owners = {town: parts for town, parts in draft.owners.items() if parts}
    put_owners(saved, owners)
    rows = [Change(saved, place, number) for place, number in draft.quantities.items()]
    post(act, region, Slip(StockMovement.Kind.RECEIVE, on, origin, note=draft.note[:300]), rows)
    total = sum(draft.quantities.values())
    where = "・".join(f"「{place.name}」{number:,}" for place, number in draft.quantities.items())
    towns = {place.municipality.code for place in draft.quantities}
    act.log(
        saved,
        None,
        lot_content(saved) | {"owners": _owners_words(owners)},
        f"備蓄ロット「{saved.code}」（{saved.item.title} {total:,}{saved.item.unit}）を受入：{where}",
        municipality=next(iter(towns)) if len(towns) == 1 else "",
    )
    return saved


def put_owners(lot: StockLot, owners: Mapping[Municipality, int]) -> None:
    """Write down whose a lot is, inside a verb."""
    have = {each.municipality_id: each for each in LotOwner.objects.filter(lot=lot)}
    for town, parts in owners.items():
        row = have.pop(town.pk, None) or LotOwner(lot=lot, municipality=town)
        row.parts = parts
        row.save()
    for row in have.values():
        row.delete()
    lot.__dict__.get("_prefetched_objects_cache", {}).pop("owners", None)


def hand_over(
    lot: StockLot, total: int, giver: Municipality, taken: int, taker: Municipality, kept: int
) -> None:
    """Of `total` units, `taken` are no longer `giver`'s and `kept` are now `taker`'s: the owners' parts, exactly.

    What is `taken` and not `kept` has been used up. Inside a verb; nothing changes where nobody owns the lot. The
    giver's part goes down to 0 at most: what it has given beyond was not its own.
    """
    rows = {each.municipality: each.parts for each in lot.owners.select_related("municipality")}
    if not rows or not total:
        return
    whole = sum(rows.values())
    exact = {town: Fraction(total * parts, whole) for town, parts in rows.items()}
    exact[giver] = max(Fraction(0), exact.get(giver, Fraction(0)) - taken)
    exact[taker] = exact.get(taker, Fraction(0)) + kept
    put_owners(lot, whole_parts(exact) or rows)


def whole_parts(exact: Mapping[Municipality, Fraction]) -> dict[Municipality, int]:
    """The smallest whole numbers in the same ratio, without those that are 0.

    Where they would become too large to be stored they are rounded to a millionth of a millionth.
    """
    left = {town: part for town, part in exact.items() if part > 0}
    if not left:
        return {}
    scale = math.lcm(*(part.denominator for part in left.values()))
    numbers = {town: int(part * scale) for town, part in left.items()}
    common = math.gcd(*numbers.values())
    numbers = {town: number // common for town, number in numbers.items()}
    if sum(numbers.values()) <= _MOST_PARTS:
        return numbers
    among = sum(left.values())
    return {town: max(1, round(part / among * 10**12)) for town, part in left.items()}


def lot_content(lot: StockLot) -> dict[str, Any]:
    """All of a lot that people edit, as the log keeps it."""
    owners = {each.municipality: each.parts for each in lot.owners.select_related("municipality")}
    return {
        "item": lot.item.title,
        "expires_on": era.format_date(lot.expires_on) if lot.expires_on else "",
        "acquired_on": era.format_date(lot.acquired_on),
        "unit_price": lot.unit_price,
        "funding": lot.get_funding_display(),
        "owners": _owners_words(owners),
        "note": lot.note,
    }


def _owners_words(owners: Mapping[Municipality, int]) -> str:
    ordered = sorted(owners.items(), key=lambda each: each[0].code)
    return "・".join(f"{town.name} {parts:,}" for town, parts in ordered)


def _put(lot: StockLot, draft: LotDraft) -> None:
    lot.expires_on, lot.acquired_on = draft.expires_on, draft.acquired_on
    lot.unit_price, lot.funding, lot.note = draft.unit_price, draft.funding, draft.note.strip()


def _check(region: Region, draft: LotDraft) -> None:
    if draft.item.region_id != region.pk:
        raise WrongInput("ほかの圏域の品目です。", column="item")
    if draft.expires_on is not None and draft.expires_on < draft.acquired_on:
        raise WrongInput("使用期限が取得日より前です。", column="expires_on")
    check_day(draft.acquired_on)
    if draft.code and not _CODE.fullmatch(draft.code):
        raise WrongInput(
            f"ロット番号「{draft.code}」は、半角の英数字・ハイフン・下線だけ、40字までにしてください。",
            column="code",
        )
    if draft.funding not in StockLot.Funding.values:
        raise WrongInput("財源を選んでください。", column="funding")
    if not any(draft.owners.values()):
        raise WrongInput("持分を1市町村以上に入力してください。", column="owners")
    if any(parts < 0 or parts > MOST for parts in draft.owners.values()):
        raise WrongInput("持分は0以上、10億以下で入力してください。", column="owners")
    members = {town.pk for town in members_of(region)}
    strange = [town.name for town, parts in draft.owners.items() if parts and town.pk not in members]
    if strange:
        raise WrongInput(f"{'・'.join(strange)}は、圏域の市町村ではありません。", column="owners")


def _check_place(place: StockPlace) -> None:
    if place.ended_on is not None:
        raise WrongInput(f"「{place.name}」は廃止した場所です。ほかの場所を選んでください。", column="place")


def _code_for(region: Region, draft: LotDraft) -> str:
    if draft.code:
        if StockLot.objects.filter(region=region, code=draft.code).exists():
            raise WrongInput(
                f"ロット番号「{draft.code}」は既に登録されています。別の番号にしてください。", column="code"
            )
        return draft.code
    until = f"{draft.expires_on:%Y%m}" if draft.expires_on else f"r{draft.acquired_on:%Y%m}"
    stem = f"{draft.item.slug[:28]}-{until}"
    used = set(StockLot.objects.filter(region=region, code__startswith=stem).values_list("code", flat=True))
    number = 1
    while f"{stem}-{number}" in used:
        number += 1
    return f"{stem}-{number}"

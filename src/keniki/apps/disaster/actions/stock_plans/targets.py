"""Writing how many people towns prepare for, and what a unit of an item is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, verb
from keniki.apps.activities.queries import check_year
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import towns_in
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table

from ... import policies
from ...models import ItemMeasure, StockItem, StockTarget
from ...queries.stock_plans.targets import reckon_target, targets_until

LABELS: Final = {
    "municipality": "市町村", "fiscal_year": "年度", "people": "想定避難者", "basis": "想定の根拠",
    "basis_url": "根拠の画面", "days": "日数", "winter": "冬期の装備", "share": "公的備蓄の割合",
    "share_basis": "公的備蓄の割合の根拠", "places": "避難所の数", "area": "暖房する床面積", "shares": "内訳の割合",
    "shares_basis": "内訳の割合の根拠", "overrides": "基準と異なる数量",
}  # fmt: skip
_COPIED: Final = tuple(name for name in LABELS if name not in ("municipality", "fiscal_year"))


@dataclass(frozen=True)
class TargetDraft:
    """A target as it shall be; `shares` by group and `overrides` by item as texts of exact numbers."""

    municipality: Municipality
    fiscal_year: int
    people: int
    basis: str
    basis_url: str = ""
    days: int = 3
    winter: bool = True
    share: Decimal = Decimal(1)
    share_basis: str = ""
    places: int = 1
    area: Decimal | None = None
    shares: Mapping[str, str] = field(default_factory=dict)
    shares_basis: str = ""
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def save_target(
    actor: Actor,
    region: Region,
    draft: TargetDraft,
    target: StockTarget | None = None,
    version: int | None = None,
) -> StockTarget:
    """Store a town's target of a fiscal year. Raises `WrongInput`, `Denied` or `Stale`."""
    if target is not None:
        policies.write_place(actor, region, target.municipality).require()
    ruling = policies.write_place(actor, region, draft.municipality).require()
    _check(region, draft, target)
    with verb(actor, "disaster.save_stock_target", region=region.slug, ruling=ruling, quiet=True) as act:
        saved = StockTarget(region=region) if target is None else act.lock(target, version)
        old = _content(saved) if target is not None else {}
        saved.region = region
        for name in LABELS:
            value = getattr(draft, name)
            setattr(saved, name, _stored(value))
        reckon_target(saved)
        new = _content(saved)
        called = f"{draft.municipality.name} {format_table(draft.fiscal_year)}の備蓄目標"
        before, after = changes(old, new)
        if target is not None and not after:
            return saved
        act.save(saved)
        text = (
            f"{called}（{saved.people:,}人・{saved.days}日）を登録"
            if target is None
            else f"{called}の{'・'.join(LABELS[name] for name in after)}を変更"
        )
        act.log(saved, before or None, after, text, municipality=draft.municipality.code)
        return saved


def remove_target(actor: Actor, target: StockTarget, version: int | None) -> None:
    """Remove a target; an earlier one of the town counts again."""
    town = target.municipality
    ruling = policies.write_place(actor, target.region, town).require()
    with verb(actor, "disaster.remove_stock_target", region=target.region.slug, ruling=ruling) as act:
        current = act.lock(target, version)
        text = f"{town.name} {format_table(current.fiscal_year)}の備蓄目標を削除"
        act.log(current, _content(current), None, text, municipality=town.code)
        current.delete()


def copy_targets(actor: Actor, region: Region, year: int) -> int:
    """Give every town that has none of this fiscal year its last one before; how many were made."""
    ruling = policies.write_shared(actor, region).require()
    check_year(region, year)
    with verb(actor, "disaster.copy_stock_targets", region=region.slug, ruling=ruling, quiet=True) as act:
        members = {town.pk for town in towns_in(region, year)}
        made = 0
        for row in targets_until(region, year):
            if row.fiscal_year == year or row.municipality_id not in members:
                continue
            saved = StockTarget(region=region, municipality=row.municipality, fiscal_year=year)
            for name in _COPIED:
                setattr(saved, name, getattr(row, name))
            act.save(saved)
            made += 1
        if made:
            act.log(region, None, None, f"{format_table(year)}の備蓄目標を、前の年度から{made}件写して登録")
        return made


def save_measure(
    actor: Actor, item: StockItem, amount: Decimal | None, basis: str = "", version: int | None = None
) -> ItemMeasure | None:
    """Say how much of its standard's unit one unit of an item is; without an amount it is no longer said."""
    region = item.region
    ruling = policies.write_shared(actor, region).require()
    if amount is not None and amount <= 0:
        raise WrongInput("1単位の量は0より大きい値で入力してください。", column="amount")
    with verb(actor, "disaster.save_item_measure", region=region.slug, ruling=ruling, quiet=True) as act:
        known = ItemMeasure.objects.filter(item=item).first()
        if amount is None:
            if known is not None:
                current = act.lock(known, version)
                act.log(item, {"amount": str(current.amount)}, None, f"備蓄品目「{item.title}」の換算を削除")
                current.delete()
            return None
        saved = ItemMeasure(region=region, item=item) if known is None else act.lock(known, version)
        before = {"amount": f"{saved.amount.normalize():f}", "basis": saved.basis} if known else None
        saved.amount, saved.basis = amount, basis.strip()
        after = {"amount": f"{amount.normalize():f}", "basis": saved.basis}
        if before != after:
            act.save(saved)
            act.log(item, before, after, f"備蓄品目「{item.title}」の1{item.unit}を{after['amount']}と換算")
        return saved


def _check(region: Region, draft: TargetDraft, target: StockTarget | None) -> None:
    check_year(region, draft.fiscal_year)
    if draft.municipality.pk not in {town.pk for town in towns_in(region, draft.fiscal_year)}:
        raise WrongInput(
            f"{draft.municipality.name}は、{format_table(draft.fiscal_year)}の構成市町村ではありません。",
            column="town",
        )
    if not draft.basis.strip():
        raise WrongInput("想定の根拠を入力してください（被害想定の名称、算出の方法など）。", column="basis")
    if not 0 < draft.share <= 1:
        raise WrongInput("公的備蓄の割合は、0より大きく100％以下で入力してください。", column="share")
    if draft.share != 1 and not draft.share_basis.strip():
        raise WrongInput("公的備蓄の割合の根拠を入力してください。", column="share_basis")
    if draft.shares and not draft.shares_basis.strip():
        raise WrongInput("内訳の割合の根拠を入力してください。", column="shares_basis")
    rows = StockTarget.objects.filter(
        region=region, municipality=draft.municipality, fiscal_year=draft.fiscal_year
    )
    if target is not None:
        rows = rows.exclude(pk=target.pk)
    if rows.exists():
        raise WrongInput(
            f"{draft.municipality.name}の{format_table(draft.fiscal_year)}の備蓄目標は、既に登録されています。"
            "その目標を変更してください。",
            column="fiscal_year",
        )


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    return dict(value) if isinstance(value, Mapping) else value


def _content(target: StockTarget) -> dict[str, Any]:
    found = {name: getattr(target, name) for name in LABELS if name != "municipality"}
    found["municipality"] = target.municipality.name
    found["share"] = f"{target.share.normalize():f}"
    found["area"] = f"{target.area.normalize():f}" if target.area is not None else ""
    return found

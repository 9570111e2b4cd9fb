"""Writing what towns have of a rule's bases (按分の基礎数値): each town its own, the secretariat for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.verbs import Act, Stale, lock
from keniki.apps.activities.actions.writing import writing
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table

from .. import policies
from ..models import BasisFigure, JointCost
from ..queries.cost_figures import plain_number
from ..queries.costs import bases_in
from ..sharing import digest_of, towns_of

_FIELDS: Final = ("value", "source", "as_of", "edition", "cell")
_PLACES: Final = Decimal("0.0001")
_MOST: Final = Decimal(10) ** 15
_NAMED: Final = 3


@dataclass(frozen=True)
class FigureDraft:
    """A figure as it shall be; without a value there shall be none. `edition` and `cell` where it comes from a
    statistic."""

    basis: str
    municipality: Municipality
    value: Decimal | None
    source: str = ""
    as_of: str = ""
    edition: str = ""
    cell: str = ""


def save_figures(
    actor: Actor, cost: JointCost, year: int, drafts: Sequence[FigureDraft], shown: str | None = None
) -> int:
    """Store figures of a fiscal year; those without a draft stay. Returns how many changed.

    A value that stays the same keeps the edition it was read from. `shown` is `figures_digest` of what the user saw
    of the drafts' towns; `Stale` where it is something else by now. A value typed by somebody else for
    a town is marked (代理入力). Raises `WrongInput`, `Denied`.
    """
    region = cost.region
    towns = {draft.municipality.pk: draft.municipality for draft in drafts}
    _check(cost, year, drafts)
    rulings = policies.write_figures(actor, region, year, towns.values())
    typed = {draft.municipality.pk for draft in drafts if not draft.edition}
    ruling = _ruling(actor, cost, year, rulings, _changed_towns(cost, year, drafts), typed)
    with writing(actor, "finance.save_figures", region, year, ruling=ruling, quiet=True) as act:
        lock("basis-figures", cost.pk, year)
        rows = list(BasisFigure.objects.filter(cost=cost, fiscal_year=year).select_related("municipality"))
        if shown is not None and shown != figures_digest(rows, towns):
            raise Stale(cost)
        return _store(act, cost, year, rows, drafts, rulings)


def figures_digest(rows: Iterable[BasisFigure], towns: Collection[int]) -> str:
    """A hash of the figures of these towns (by id): another one when anybody changed one of them."""
    return digest_of(sorted([row.pk, row.version] for row in rows if row.municipality_id in towns))


def _check(cost: JointCost, year: int, drafts: Sequence[FigureDraft]) -> None:
    known = {town.pk for town in towns_of(cost, year)}
    bases = bases_in(cost, year)
    for draft in drafts:
        name = draft.municipality.name
        if draft.municipality.pk not in known:
            raise WrongInput(f"{name}は、{format_table(year)}にこの経費を負担する団体ではありません。")
        if draft.basis not in bases:
            labels = "、".join(basis.label for basis in bases.values()) or "なし"
            raise WrongInput(f"「{draft.basis}」は、負担割合の定めの基準にありません（基準：{labels}）。")
        if draft.value is None:
            continue
        if not 0 <= draft.value < _MOST:
            raise WrongInput(f"{name}の値は0以上、1,000兆未満の数にしてください。")
        if draft.value != draft.value.quantize(_PLACES):
            raise WrongInput(f"{name}の値の小数は4桁までにしてください。")


def _changed_towns(cost: JointCost, year: int, drafts: Sequence[FigureDraft]) -> list[Municipality]:
    have = {
        (row.basis, row.municipality_id): row
        for row in BasisFigure.objects.filter(cost=cost, fiscal_year=year)
    }
    return list(
        {
            draft.municipality.pk: draft.municipality
            for draft in drafts
            if _differs(have.get((draft.basis, draft.municipality.pk)), draft)
        }.values()
    )


def _ruling(
    actor: Actor,
    cost: JointCost,
    year: int,
    rulings: Mapping[int, Ruling],
    changed: Sequence[Municipality],
    typed: Collection[int],
) -> Ruling:
    """The ruling for the verb: every changed town's has to be a yes; for whom values were typed is named."""
    for town in changed:
        rulings[town.pk].require()
    if not changed:
        return next((each for each in rulings.values() if each), None) or policies.write_cost_of(
            actor, cost.region, year
        )
    proxied = [town.name for town in changed if town.pk in typed and rulings[town.pk].on_behalf_of]
    more = f"ほか{len(proxied) - _NAMED}団体" if len(proxied) > _NAMED else ""
    return replace(rulings[changed[0].pk], on_behalf_of=f"{'・'.join(proxied[:_NAMED])}{more}"[:80])


def _differs(row: BasisFigure | None, draft: FigureDraft) -> bool:
    if row is None or draft.value is None:
        return (row is None) != (draft.value is None)
    if row.value != draft.value:
        return True
    if draft.edition:
        return (row.edition, row.cell) != (draft.edition, draft.cell)
    return not row.edition and (row.source, row.as_of) != (draft.source, draft.as_of)


def _store(
    act: Act,
    cost: JointCost,
    year: int,
    rows: Sequence[BasisFigure],
    drafts: Sequence[FigureDraft],
    rulings: Mapping[int, Ruling],
) -> int:
    have = {(row.basis, row.municipality_id): row for row in rows}
    bases = bases_in(cost, year)
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    codes: set[str] = set()
    for draft in drafts:
        town = draft.municipality
        row = have.get((draft.basis, town.pk))
        if not _differs(row, draft):
            continue
        rulings[town.pk].require()
        key = f"{bases[draft.basis].label} {town.name}"
        before[key], after[key] = _words(row), _number(draft.value)
        codes.add(town.code)
        if draft.value is None:
            if row is not None:
                row.delete()
            continue
        if row is None:
            row = BasisFigure(
                region=cost.region, cost=cost, fiscal_year=year, basis=draft.basis, municipality=town
            )
        for name in _FIELDS:
            setattr(row, name, getattr(draft, name))
        row.proxy = bool(rulings[town.pk].on_behalf_of) and not draft.edition
        act.save(row)
    if after:
        text = f"共同経費「{cost.title}」{format_table(year)}の基礎数値 {len(after)}件を変更"
        if len(after) == 1:
            ((key, value),) = after.items()
            text = (
                f"共同経費「{cost.title}」{format_table(year)}の基礎数値 {key}を {before[key]}→{value} に変更"
            )
        act.log(cost, before, after, text, municipality=codes.pop() if len(codes) == 1 else "")
    return len(after)


def _words(row: BasisFigure | None) -> str:
    return _number(row.value if row is not None else None)


def _number(value: Decimal | None) -> str:
    return "未入力" if value is None else f"{plain_number(value):,}"

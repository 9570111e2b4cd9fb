"""Writing the items of a joint cost: all of one fiscal year at one stage at once, or copied from another stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, Stale, lock
from keniki.apps.activities.actions.writing import writing
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.core.money import format_money
from keniki.rulebooks.sharing import RuleSpec

from .. import policies
from ..models import COSTED, BudgetLine, CostItem, JointCost
from ..queries.costs import counts_at, governing_rule, item_lines, spec_or_none
from ..sharing import StageOf, digest_of

Stage = BudgetLine.Stage
_FIELDS: Final = ("kind", "cost_class", "loan_year", "municipality", "title", "amount", "reckoning")


@dataclass(frozen=True)
class ItemDraft:
    """An item as it shall be, whole yen; `id` is that of the item it changes."""

    title: str
    amount: int
    kind: str = CostItem.Kind.EXPENSE
    cost_class: str = ""
    loan_year: int | None = None
    municipality: Municipality | None = None
    reckoning: str = ""
    id: int | None = None


def save_items(
    actor: Actor,
    cost: JointCost,
    year: int,
    stage: StageOf,
    drafts: Sequence[ItemDraft],
    shown: str | None = None,
) -> list[CostItem]:
    """Make the items of a fiscal year at a stage what the drafts say, in their order; others of the stage go.

    `shown` is `items_digest` of what the user saw; `Stale` where it is something else by now. Raises `WrongInput` with
    the draft's number as `row`, and `Denied`.
    """
    ruling = policies.write_cost_of(actor, cost.region, year).require()
    check_items(cost, year, stage, drafts)
    with writing(actor, "finance.save_items", cost.region, year, ruling=ruling, quiet=True) as act:
        lock("cost-items", cost.pk, year)
        have = items_at(cost, year, stage)
        if shown is not None and shown != items_digest(have):
            raise Stale(cost)
        return _store(act, cost, year, stage, have, drafts)


def copy_items(
    actor: Actor, cost: JointCost, year: int, stage: StageOf, source: tuple[int, StageOf]
) -> list[CostItem]:
    """Copy the items of another stage or fiscal year into a stage that has none; of a 補正 the amounts after it.

    `WrongInput` where there is nothing to copy, where the stage has items, and into a 補正, which holds changes.
    """
    ruling = policies.write_cost_of(actor, cost.region, year).require()
    from_year, from_stage = source
    if stage.stage == Stage.SUPPLEMENTARY:
        raise WrongInput("補正には増減だけを入力するため、ほかの段階の内訳は写せません。")
    drafts = drafts_from(cost, from_year, from_stage)
    if not drafts:
        raise WrongInput(f"{format_table(from_year)} {from_stage.label}の内訳がまだありません。")
    check_items(cost, year, stage, drafts)
    with writing(actor, "finance.copy_items", cost.region, year, ruling=ruling) as act:
        lock("cost-items", cost.pk, year)
        if items_at(cost, year, stage):
            raise WrongInput(
                f"{format_table(year)} {stage.label}にはもう内訳があります。写すのは内訳がないときだけです。"
            )
        return _store(act, cost, year, stage, [], drafts, how=f"{_called(from_year, from_stage)}から写して ")


def drafts_from(cost: JointCost, year: int, stage: StageOf) -> list[ItemDraft]:
    """The items of a stage as drafts; after a 補正 the 当初 with its changes, the same content added up."""
    rows = CostItem.objects.filter(cost=cost, fiscal_year=year).select_related("municipality")
    counted = [row for row in _in_order(rows) if counts_at(row, stage)]
    drafts = []
    for line in item_lines(counted):
        amount = sum(line.amounts.values())
        if not amount and stage.stage == Stage.SUPPLEMENTARY:
            continue
        drafts.append(
            ItemDraft(
                line.title,
                amount,
                line.kind,
                line.cost_class,
                line.loan_year,
                line.municipality,
                line.reckonings[0] if len(line.reckonings) == 1 else "",
            )
        )
    return drafts


def check_items(cost: JointCost, year: int, stage: StageOf, drafts: Sequence[ItemDraft]) -> None:
    """`WrongInput` for the first draft that cannot be stored: its number as `row`, the field as `column`."""
    if stage.stage not in COSTED or (stage.round > 0) != (stage.stage == Stage.SUPPLEMENTARY):
        raise WrongInput("この段階には内訳を入力できません。要求・当初・補正・決算のどれかを選んでください。")
    spec = spec_or_none(governing_rule(cost, year))
    known = set(
        CostItem.objects.filter(cost=cost)
        .order_by()
        .values_list("kind", "cost_class", "loan_year")
        .distinct()
    )
    for row, draft in enumerate(drafts, 1):
        try:
            _check(draft, stage, spec, (draft.kind, draft.cost_class, draft.loan_year) in known)
        except WrongInput as wrong:
            raise wrong.at(row=row) from None


def items_at(cost: JointCost, year: int, stage: StageOf) -> list[CostItem]:
    """The items entered for exactly this stage, in order."""
    rows = CostItem.objects.filter(cost=cost, fiscal_year=year, stage=stage.stage, round=stage.round)
    return _in_order(rows.select_related("municipality"))


def items_digest(items: Iterable[CostItem]) -> str:
    """A hash of what a page shows of items: another one when anybody changed them."""
    return digest_of([[item.pk, item.version, item.order] for item in items])


def item_words(item: CostItem | ItemDraft) -> str:
    """An item as the log and a conflict show it, in one line."""
    kind = str(CostItem.Kind(item.kind).label)
    parts = (
        kind,
        item.cost_class,
        f"{item.loan_year}年度借入" if item.loan_year else "",
        item.municipality.name if item.municipality else "",
        item.title,
        format_money(item.amount, with_unit=True),
        item.reckoning,
    )
    return "／".join(part for part in parts if part)


def _check(draft: ItemDraft, stage: StageOf, spec: RuleSpec | None, kept: bool) -> None:
    if draft.amount < 0 and stage.stage != Stage.SUPPLEMENTARY:
        raise WrongInput("0円以上で入力してください。▲は補正で使います。", column="amount")
    if spec is None or kept:
        return
    if not spec.classes:
        if draft.cost_class:
            raise WrongInput(
                "負担割合の定めに経費の区分がないため、区分は空欄にしてください。", column="cost_class"
            )
        return
    part = spec.classes.get(draft.cost_class)
    if part is None:
        names = "、".join(each.label or key for key, each in spec.classes.items())
        raise WrongInput(f"負担割合の定めにある区分から選んでください（{names}）。", column="cost_class")
    if part.by_year and draft.loan_year is None:
        raise WrongInput("借入年度の率で分ける区分です。借入年度を入力してください。", column="loan_year")
    if part.by_year and draft.loan_year not in part.by_year:
        years = "、".join(str(each) for each in part.by_year)
        raise WrongInput(f"定めに率のある借入年度にしてください（{years}）。", column="loan_year")
    if not part.by_year and draft.loan_year is not None:
        raise WrongInput("借入年度で分ける区分ではないため、空欄にしてください。", column="loan_year")


def _store(
    act: Act,
    cost: JointCost,
    year: int,
    stage: StageOf,
    have: Sequence[CostItem],
    drafts: Sequence[ItemDraft],
    *,
    how: str = "",
) -> list[CostItem]:
    by_id = {item.pk: item for item in have}
    before = [item_words(item) for item in have]
    taken: set[int] = set()
    stored = []
    for order, draft in enumerate(drafts):
        item = by_id.get(draft.id) if draft.id is not None and draft.id not in taken else None
        if item is None:
            item = CostItem(
                region=cost.region, cost=cost, fiscal_year=year, stage=stage.stage, round=stage.round
            )
        else:
            taken.add(item.pk)
        said = {name: getattr(draft, name) for name in _FIELDS} | {"order": order}
        if item.pk is None or any(getattr(item, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(item, name, value)
            act.save(item)
        stored.append(item)
    for item in have:
        if item.pk not in taken:
            item.delete()
    after = [item_words(item) for item in stored]
    if before != after:
        label = _called(year, stage)
        yen = sum(item.amount for item in stored if item.kind == CostItem.Kind.EXPENSE)
        text = (
            f"共同経費「{cost.title}」{label}の内訳を {how}{len(stored)}件・経費"
            f"{format_money(yen, with_unit=True)} に変更"
        )
        act.log(cost, {"items": before}, {"items": after}, text)
    return stored


def _called(year: int, stage: StageOf) -> str:
    word = f"第{stage.round}号補正" if stage.stage == Stage.SUPPLEMENTARY else stage.label
    return f"{format_table(year)} {word}"


def _in_order(rows: Iterable[CostItem]) -> list[CostItem]:
    return sorted(rows, key=lambda row: (row.kind, row.order, row.pk))

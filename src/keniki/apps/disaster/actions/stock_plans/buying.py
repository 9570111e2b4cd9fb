"""Writing purchase plans, reckoning them, and putting a year of one into the items of a joint cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.activities.actions.writing import writing
from keniki.apps.activities.queries import check_year
from keniki.apps.finance import policies as finance
from keniki.apps.finance.actions.cost_items import ItemDraft, items_at, save_items
from keniki.apps.finance.models import BudgetLine, CostItem, JointCost
from keniki.apps.finance.queries.costs import governing_rule, spec_or_none
from keniki.apps.finance.sharing import StageOf
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.rulebooks.disaster import standards

from ... import policies
from ...models import PlanPosting, PurchasePlan
from ...queries.stock_plans import rules_on
from ...queries.stock_plans.buying import SPLITS, Settings, inputs_of, reckon_plan

#: The stages at which a plan is put into a joint cost: a 補正 holds changes, a 決算 what was really paid.
STAGES: Final = (BudgetLine.Stage.REQUEST, BudgetLine.Stage.INITIAL)
LABELS: Final = {
    "title": "名称", "first_year": "最初の年度", "years": "年数", "cost": "共同経費", "note": "備考",
    "content": "条件",
}  # fmt: skip
_STEM: Final = "konyu"


@dataclass(frozen=True)
class PlanDraft:
    """A purchase plan as it shall be."""

    title: str
    first_year: int
    years: int
    settings: Settings
    cost: JointCost | None = None
    note: str = ""


def save_plan(
    actor: Actor,
    region: Region,
    draft: PlanDraft,
    plan: PurchasePlan | None = None,
    version: int | None = None,
) -> PurchasePlan:
    """Store a plan and reckon it in the same deed. Raises `WrongInput`, `Denied` or `Stale`; then nothing is stored."""
    ruling = policies.write_shared(actor, region).require()
    _check(region, draft)
    with verb(actor, "disaster.save_purchase_plan", region=region.slug, ruling=ruling, quiet=True) as act:
        if plan is None:
            lock("purchase-plan-slug", region.pk)
            saved = PurchasePlan(region=region, slug=_free_slug(region))
        else:
            saved = act.lock(plan, version)
            saved.region = region
        old = _content(saved) if plan is not None else {}
        for name in ("title", "first_year", "years", "cost", "note"):
            setattr(saved, name, getattr(draft, name))
        saved.content = draft.settings.to_json()
        new = _content(saved)
        before, after = changes(old, new)
        if plan is not None and not after:
            return saved
        _reckon(saved)
        act.save(saved)
        text = (
            f"購入計画「{saved.title}」を登録"
            if plan is None
            else f"購入計画「{saved.title}」の{'・'.join(LABELS[name] for name in after)}を変更"
        )
        act.log(saved, before or None, after, text)
        return saved


def reckon_again(actor: Actor, plan: PurchasePlan, version: int | None = None) -> PurchasePlan:
    """Reckon a plan with today's targets, stock and rules. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.write_shared(actor, plan.region).require()
    with verb(
        actor, "disaster.reckon_purchase_plan", region=plan.region.slug, ruling=ruling, quiet=True
    ) as act:
        saved = act.lock(plan, version)
        saved.region = plan.region
        if saved.cost is not None:
            saved.cost.region = plan.region
        old = (saved.digest, saved.result.get("cost"))
        _reckon(saved)
        if saved.digest == old[0]:
            return saved
        act.save(saved)
        text = f"購入計画「{saved.title}」を計算し直した（{plan.years}年間 {saved.result['cost']:,}円）"
        act.log(saved, {"cost": old[1]}, {"cost": saved.result["cost"]}, text)
        return saved


def remove_plan(actor: Actor, plan: PurchasePlan, version: int | None) -> None:
    """Remove a plan that posts nothing."""
    ruling = policies.write_shared(actor, plan.region).require()
    with verb(actor, "disaster.remove_purchase_plan", region=plan.region.slug, ruling=ruling) as act:
        current = act.lock(plan, version)
        current.region = plan.region
        if PlanPosting.objects.filter(plan=current).exists():
            raise WrongInput(
                f"「{current.title}」は共同経費に計上しているため、削除できません。先に計上を取り消してください。"
            )
        act.log(current, _content(current), None, f"購入計画「{current.title}」を削除")
        current.delete()


def post_year(
    actor: Actor,
    plan: PurchasePlan,
    year: int,
    stage: StageOf,
    version: int | None = None,
) -> PlanPosting:
    """Put a year of the plan into the items of its joint cost at a stage, or bring what it put there up to date.

    Other items of the stage stay as they are. Posted twice it is there once. `WrongInput` for a plan that is out of
    date, for a stage that another plan has; `Denied` with the remedy where the fiscal year is closed.
    """
    region, cost = plan.region, plan.cost
    policies.write_shared(actor, region).require()
    if cost is None:
        raise WrongInput("共同経費が選ばれていません。計画の条件で選んでください。", column="cost")
    ruling = finance.write_cost_of(actor, region, year).require()
    with writing(actor, "disaster.post_purchases", region, year, ruling=ruling, quiet=True) as act:
        lock("cost-items", cost.pk, year)
        current = act.lock(plan, version)
        current.region, current.cost = region, cost
        bought = _purchases(current, year, stage)
        row = PlanPosting.objects.filter(
            cost=cost, fiscal_year=year, stage=stage.stage, round=stage.round
        ).first()
        if row is not None and row.plan_id != current.pk:
            raise WrongInput(
                f"{format_table(year)} {stage.label}には、購入計画「{row.plan.title}」が既に計上しています。"
                "先にその計画の計上を取り消してください。",
                column="stage",
            )
        posting = row or PlanPosting(
            region=region, plan=current, cost=cost, fiscal_year=year, stage=stage.stage, round=stage.round
        )
        there = items_at(cost, year, stage)
        drafts, keys = _merged(there, posting.items, bought, current)
        stored = save_items(actor, cost, year, stage, drafts)
        items = {key: item.pk for key, item in zip(keys, stored, strict=True) if key}
        amount = sum(each["cost"] for each in bought)
        said = (items, amount, current.digest, current.content["cost_class"])
        if row is not None and (row.items, row.amount, row.digest, row.cost_class) == said:
            return row
        posting.items, posting.amount, posting.digest, posting.cost_class = said
        posting.made_by(act)
        posting.save()
        before = {"amount": row.amount} if row is not None else None
        act.log(
            current,
            before,
            {"amount": amount},
            f"購入計画「{current.title}」の{format_table(year)}分 {amount:,}円（{len(items)}品目）を"
            f"共同経費「{cost.title}」の{stage.label}に計上",
        )
        return posting


def withdraw_posting(actor: Actor, posting: PlanPosting) -> None:
    """Take what a plan put into a joint cost out again; the other items of the stage stay."""
    region, cost, year = posting.region, posting.cost, posting.fiscal_year
    policies.write_shared(actor, region).require()
    ruling = finance.write_cost_of(actor, region, year).require()
    stage = StageOf(posting.stage, posting.round)
    with writing(actor, "disaster.withdraw_purchases", region, year, ruling=ruling) as act:
        lock("cost-items", cost.pk, year)
        row = PlanPosting.objects.select_for_update(of=("self",)).filter(pk=posting.pk).first()
        if row is None:
            raise WrongInput("この計上は、ほかの人が先に取り消していました。")
        gone = set(row.items.values())
        save_items(
            actor,
            cost,
            year,
            stage,
            [_draft(item) for item in items_at(cost, year, stage) if item.pk not in gone],
        )
        act.log(
            posting.plan,
            {"amount": row.amount},
            None,
            f"購入計画「{posting.plan.title}」の{format_table(year)}分を"
            f"共同経費「{cost.title}」の{stage.label}から取消し",
        )
        row.delete()


def _purchases(plan: PurchasePlan, year: int, stage: StageOf) -> list[dict[str, Any]]:
    if stage.stage not in STAGES:
        raise WrongInput(
            "計上できる段階は、要求と当初です。補正には増減だけを、決算には支払った額を、共同経費の内訳に入力します。",
            column="stage",
        )
    if inputs_of(plan).digest != plan.digest:
        raise WrongInput(
            "計算した後に、備蓄目標・在庫・負担割合の定めのどれかが変わっています。計算し直してから計上してください。"
        )
    found = next((each for each in plan.result["years"] if each["year"] == year), None)
    if found is None:
        raise WrongInput(f"{format_table(year)}は、この計画の年度ではありません。", column="year")
    bought = [each for each in found["purchases"] if each["cost"]]
    if not bought:
        raise WrongInput(f"{format_table(year)}に購入するものがありません。", column="year")
    return bought


def _merged(
    there: list[CostItem], kept: dict[str, int], bought: list[dict[str, Any]], plan: PurchasePlan
) -> tuple[list[ItemDraft], list[str]]:
    """All items of the stage as they shall be, in their order, and beside each the key of the plan's item, if it is."""
    own = {pk: key for key, pk in kept.items()}
    left = {each["item"]: each for each in bought}
    drafts, keys = [], []
    for item in there:
        key = own.get(item.pk)
        if key is None:
            drafts.append(_draft(item))
            keys.append("")
        elif key in left:
            drafts.append(_bought(left.pop(key), plan, item.pk))
            keys.append(key)
    for key, each in left.items():
        drafts.append(_bought(each, plan, None))
        keys.append(key)
    return drafts, keys


def _bought(each: dict[str, Any], plan: PurchasePlan, pk: int | None) -> ItemDraft:
    name, unit = plan.result["names"][each["item"]], plan.result["units"][each["item"]]
    price = each["cost"] // each["packs"]
    pack = each["quantity"] // each["packs"]
    packs = f"{each['packs']:,}個" if pack == 1 else f"{each['packs']:,}箱（1箱{pack:,}{unit}）"
    return ItemDraft(
        title=f"共同備蓄　{name}"[:200],
        amount=each["cost"],
        cost_class=plan.content["cost_class"],
        reckoning=f"{packs}×{price:,}円＝{each['quantity']:,}{unit}分。購入計画「{plan.title}」"[:300],
        id=pk,
    )


def _draft(item: CostItem) -> ItemDraft:
    return ItemDraft(
        item.title,
        item.amount,
        item.kind,
        item.cost_class,
        item.loan_year,
        item.municipality,
        item.reckoning,
        item.pk,
    )


def _reckon(plan: PurchasePlan) -> None:
    inputs = inputs_of(plan)
    plan.result = reckon_plan(inputs)
    plan.digest = inputs.digest
    plan.reckoned_at = timezone.now()


def _check(region: Region, draft: PlanDraft) -> None:
    check_year(region, draft.first_year, column="first_year")
    if not draft.title.strip():
        raise WrongInput("名称を入力してください。", column="title")
    settings = draft.settings
    _check_lines(draft)
    if settings.split not in SPLITS:
        raise WrongInput("負担の分け方を選んでください。", column="split")
    if settings.split == "rule" and draft.cost is None:
        raise WrongInput("定めで分けるときは、共同経費を選んでください。", column="cost")
    if settings.split == "weights" and not settings.weights:
        raise WrongInput("割合を入力してください。", column="split")
    if draft.cost is not None and draft.cost.region_id != region.pk:
        raise WrongInput("ほかの圏域の共同経費です。", column="cost")
    if draft.cost is not None:
        _check_class(draft.cost, draft.first_year, settings.cost_class)


def _check_lines(draft: PlanDraft) -> None:
    rules = standards.items(rules_on(draft.first_year))
    seen: set[str] = set()
    for line in draft.settings.lines:
        if line.item not in rules:
            raise WrongInput(
                f"品目「{line.item}」は、{format_table(draft.first_year)}の基準にありません。", column="lines"
            )
        if line.item in seen:
            name = rules[line.item].value.name
            raise WrongInput(f"品目「{name}」が2回あります。1つにしてください。", column="lines")
        seen.add(line.item)


def _check_class(cost: JointCost, year: int, cost_class: str) -> None:
    spec = spec_or_none(governing_rule(cost, year))
    if spec is None:
        return
    if not spec.classes and cost_class:
        raise WrongInput(
            "負担割合の定めに経費の区分がないため、区分は空欄にしてください。", column="cost_class"
        )
    if spec.classes and cost_class not in spec.classes:
        names = "、".join(f"{key}（{each.label or key}）" for key, each in spec.classes.items())
        raise WrongInput(f"負担割合の定めにある区分を入力してください：{names}", column="cost_class")


def _content(plan: PurchasePlan) -> dict[str, Any]:
    return {
        "title": plan.title,
        "first_year": format_table(plan.first_year),
        "years": plan.years,
        "cost": plan.cost.title if plan.cost is not None else "",
        "note": plan.note,
        "content": plan.content,
    }


def _free_slug(region: Region) -> str:
    taken = set(PurchasePlan.objects.filter(region=region).values_list("slug", flat=True))
    number = 1
    while f"{_STEM}-{number}" in taken:
        number += 1
    return f"{_STEM}-{number}"

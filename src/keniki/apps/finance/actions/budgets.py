"""What towns budget for their shares (負担金の予算), and their general revenue handed to the special-tax basis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Stale, changes, lock
from keniki.apps.activities.actions.writing import writing
from keniki.apps.activities.checks import check_member
from keniki.apps.activities.queries import check_year
from keniki.apps.programmes.actions import ClaimDraft, save_claim
from keniki.apps.regions.models import Municipality
from keniki.apps.workflow.actions.dues import end_dues
from keniki.apps.workflow.models import DueItem
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.core.money import format_money

from .. import policies
from ..models import BudgetLine, JointCost, TownBudget
from ..queries.allocations import allocations_of, newest
from ..queries.budgets import SIGNED, claim_rows, told_at
from ..sharing import StageOf, towns_of
from .allocating import Moved, open_requests
from .joint_lines import drop_budget, follow_budget

Stage = BudgetLine.Stage

#: The parts of a town's budget as pages and the log name them.
LABELS = {
    "amount": "金額",
    "earmarked": "うち特定財源",
    "account": "予算科目",
    "document_no": "議案番号・文書番号",
    "decided_on": "決定日・議決日",
    "note": "備考",
}
#: What a town enters; who entered it stays shown while only words beside it change.
_FIGURE = ("amount", "earmarked")


@dataclass(frozen=True)
class BudgetDraft:
    """What a town budgets at a stage, whole yen: 補正, 流用 and 繰越 are changes, with a sign."""

    stage: StageOf
    amount: int
    earmarked: int = 0
    account: str = ""
    document_no: str = ""
    decided_on: date | None = None
    note: str = ""


def save_town_budget(
    actor: Actor,
    cost: JointCost,
    year: int,
    town: Municipality,
    draft: BudgetDraft,
    version: int | None = None,
    *,
    shown: bool = True,
) -> TownBudget:
    """Store what a town budgets for its share at a stage; its budget lines follow, and what asked for it ends.

    `version` is that of the budget the actor saw, None where there was none; with `shown=False` nobody saw any. Raises
    `WrongInput`, `Denied`, and `Stale` where somebody else entered it since.
    """
    region, stage = cost.region, draft.stage
    ruling = policies.write_town_budget(actor, region, year, town).require()
    with writing(actor, "finance.save_town_budget", region, year, ruling=ruling, quiet=True) as act:
        lock("town-budget", cost.pk, year, town.pk)
        check_year(region, year)
        check_member(region, town, year)
        check_budget(draft)
        if year < cost.first_year or year > (cost.last_year or year):
            raise WrongInput(f"{format_table(year)}は、この共同経費の年度ではありません。")
        found = _budget(cost, year, town, stage)
        if found is None:
            if town not in towns_of(cost, year):
                raise WrongInput(f"{town.name}は、この共同経費を負担する市町村ではありません。")
            saved = TownBudget(
                region=region,
                cost=cost,
                fiscal_year=year,
                municipality=town,
                stage=stage.stage,
                round=stage.round,
            )
            old: dict[str, Any] = {}
        else:
            saved = act.lock(found, version if shown else None)
            if shown and version is None:
                raise Stale(saved)
            saved.cost, saved.municipality, saved.region = cost, town, region
            old = content_of_budget(saved)
        same = found is not None and all(getattr(saved, name) == getattr(draft, name) for name in _FIGURE)
        told = told_at(newest(allocations_of(cost, year)), stage)
        saved.amount, saved.earmarked, saved.decided_on = draft.amount, draft.earmarked, draft.decided_on
        for name in ("account", "document_no", "note"):
            setattr(saved, name, getattr(draft, name).strip())
        new = content_of_budget(saved)
        before, after = changes(old, new)
        if found is not None and not after and saved.expected_id == (told.pk if told else None):
            return saved
        saved.expected = told
        saved.proxy = bool(act.on_behalf_of) or (saved.proxy and same)
        act.save(saved)
        follow_budget(act, saved)
        if stage.stage == Stage.ASSESSED:
            end_dues(act, open_requests(cost, year, town), DueItem.State.DONE)
        text = (
            f"{called(saved)} を登録"
            if found is None
            else f"{called(saved)} に変更（{_change_words(before, after) or '負担額の決定を更新'}）"
        )
        act.log(saved, before if found is not None else None, after, text, municipality=town.code)
        return saved


def remove_town_budget(actor: Actor, budget: TownBudget, version: int | None) -> None:
    """Take what a town budgets at a stage out, with its budget lines. Raises `Denied` or `Stale`."""
    region, year = budget.region, budget.fiscal_year
    ruling = policies.remove_town_budget(actor, budget)
    with writing(actor, "finance.remove_town_budget", region, year, ruling=ruling) as act:
        lock("town-budget", budget.cost_id, year, budget.municipality_id)
        current = act.lock(budget, version)
        drop_budget(act, current)
        act.log(
            current,
            content_of_budget(current),
            None,
            f"{called(current)} を削除",
            municipality=current.municipality.code,
        )
        current.delete()


def claim_revenue(
    actor: Actor, cost: JointCost, year: int, chosen: Mapping[str, tuple[int, int | None]]
) -> int:
    """Write the towns' general revenue for the cost's initiative into the special-tax basis; how many were written.

    `chosen` has, by six-digit code, the yen and the version of the claim that were shown (None for no claim). All or
    nothing: `Denied` for a town that is not the actor's or a confirmed year, `Moved` where the yen are others by now,
    `Stale` where somebody changed the claim since.
    """
    rows = {row.town.code: row for row in claim_rows(actor, cost, year)}
    if not chosen:
        raise WrongInput("計上する市町村を選んでください。", column="towns")
    with transaction.atomic():
        for code, (yen, version) in chosen.items():
            row = rows.get(code)
            if row is None or row.proposed is None:
                raise WrongInput("選んだ市町村には、計上する一般財源がありません。画面を読み直してください。")
            row.may.require()
            if row.proposed != yen:
                raise Moved(
                    f"{row.town.name}の一般財源が、画面に表示した後に変わりました。いまの額を確かめてください。"
                )
            if row.claim is not None and version is None:
                raise Stale(row.claim)
            kept = row.claim
            save_claim(
                actor,
                cost.region,
                ClaimDraft(
                    year,
                    row.town,
                    cost.initiative.title,
                    row.proposed,
                    initiative_slug=cost.initiative.slug,
                    programme=kept.programme if kept is not None else "",
                    origin=kept.origin if kept is not None else "",
                    origin_total=kept.origin_total if kept is not None else None,
                    apart=kept.apart if kept is not None else "",
                    note=row.note,
                ),
                kept,
                version,
            )
    return len(chosen)


def check_budget(draft: BudgetDraft) -> None:
    """Raise `WrongInput` for a budget that cannot be, naming the field as `column`."""
    if draft.stage.stage in SIGNED:
        return
    label = draft.stage.label
    if draft.amount < 0:
        raise WrongInput(
            f"{label}は0円以上で入力してください。▲は補正・流用・繰越で使います。", column="amount"
        )
    if draft.earmarked < 0:
        raise WrongInput("特定財源は0円以上で入力してください。", column="earmarked")
    if draft.earmarked > draft.amount:
        raise WrongInput("特定財源が金額を超えています。", column="earmarked")


def called(budget: TownBudget) -> str:
    """How the log names it: 「令和6年度 川北町 合同訓練の共同経費 当初 400,000円」."""
    year, town = format_table(budget.fiscal_year), budget.municipality.name
    return f"{year} {town} {budget.cost.title} {stage_words(budget)} {budget.amount:,}円"


def stage_words(budget: TownBudget) -> str:
    """「第1号補正」, 「当初」."""
    label = budget.get_stage_display()
    return f"第{budget.round}号{label}" if budget.round else label


def content_of_budget(budget: TownBudget) -> dict[str, Any]:
    """All of a town's budget that people edit, as the log keeps it."""
    return {
        "amount": format_money(budget.amount, with_unit=True),
        "earmarked": format_money(budget.earmarked, with_unit=True),
        "account": budget.account,
        "document_no": budget.document_no,
        "decided_on": budget.decided_on.isoformat() if budget.decided_on else "",
        "note": budget.note,
    }


def _budget(cost: JointCost, year: int, town: Municipality, stage: StageOf) -> TownBudget | None:
    found: TownBudget | None = TownBudget.objects.filter(
        cost=cost, fiscal_year=year, municipality=town, stage=stage.stage, round=stage.round
    ).first()
    return found


def _change_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return "、".join(f"{LABELS[name]}を {before[name] or 'なし'}→{after[name] or 'なし'}" for name in after)

"""Making a joint cost's shares known (負担額の決定・通知): stored as they were reckoned, numbered, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.contenttypes.models import ContentType

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, lock
from keniki.apps.activities.actions.writing import writing
from keniki.apps.activities.queries import check_year
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality
from keniki.apps.workflow.actions.dues import add_dues, end_dues
from keniki.apps.workflow.models import DueItem
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table

from .. import policies
from ..models import Allocation, BudgetLine, JointCost, Share
from ..queries.allocations import issue_of
from ..sharing import StageOf
from .joint_lines import follow_revenue

Stage = BudgetLine.Stage


@dataclass(frozen=True)
class IssueDraft:
    """What is made known: the stage, the letter's day and number, for 要求 the day by which the towns answer.

    `shown` is the digest of the reckoning the actor saw; empty where nobody was shown any.
    """

    stage: StageOf
    issued_on: date
    document_no: str = ""
    answer_by: date | None = None
    shown: str = ""


class Moved(WrongInput):
    """Costs, figures or the rule changed since the reckoning was shown."""


def issue(actor: Actor, cost: JointCost, year: int, draft: IssueDraft) -> Allocation:
    """Store the shares of a stage as a decision and make the revenue's budget lines follow.

    Raises `Denied`, `Moved` where it is no longer what was shown, and `WrongInput`: without an adopted rule of the
    year, where the cost cannot be shared, for the same decision a second time, without a day to answer a request.
    """
    ruling = policies.write_cost_of(actor, cost.region, year)
    with writing(actor, "finance.issue", cost.region, year, ruling=ruling) as act:
        lock("allocation", cost.pk, year)
        cost = act.lock(cost, None)
        check_year(cost.region, year)
        _check_days(draft)
        found = issue_of(cost, year, draft.stage)
        if found.problem or found.rule is None or found.found is None or found.found.shared is None:
            raise WrongInput(found.problem)
        if found.is_repeated and found.earlier is not None:
            raise WrongInput(
                f"同じ内容の負担額を、既に第{found.earlier.number}号として決定しています"
                f"（{era.format_date(found.earlier.issued_on)}）。変わったことがないため、決定していません。"
            )
        if draft.shown and draft.shown != found.digest:
            raise Moved(
                "画面に表示した後に、経費・基礎数値・定めのどれかが変わりました。"
                "いまの計算を確かめてから、もう一度決定してください。"
            )
        last = Allocation.objects.filter(cost=cost, fiscal_year=year).order_by("-number").first()
        made = Allocation(
            region=cost.region,
            cost=cost,
            rule=found.rule,
            fiscal_year=year,
            stage=draft.stage.stage,
            round=draft.stage.round,
            number=last.number + 1 if last is not None else 1,
            total=found.found.shared.cost,
            deducted=found.found.shared.deducted,
            content=found.found.to_json(),
            digest=found.digest,
            issued_on=draft.issued_on,
            document_no=draft.document_no.strip()[:80],
            answer_by=draft.answer_by if draft.stage.stage == Stage.REQUEST else None,
        )
        made.made_by(act)
        made.save()
        towns = {town.code: town for town in found.found.gathered.towns}
        for code, amount in found.found.shares.items():
            Share(allocation=made, municipality=towns[code], amount=amount).save()
        if draft.stage.stage == Stage.REQUEST:
            end_dues(act, open_requests(cost, year), DueItem.State.DROPPED)
            _ask(act, made, [(towns[code], amount) for code, amount in found.found.shares.items() if amount])
        follow_revenue(act, cost, year)
        act.log(
            made,
            None,
            {
                "stage": draft.stage.label,
                "total": made.total,
                "deducted": made.deducted,
                "shares": dict(found.found.shares),
                "rule": found.rule.number,
                "digest": made.digest,
            },
            f"{called(made)}を決定（負担額の計 {made.total - made.deducted:,}円、{len(towns)}団体）",
        )
        return made


def called(allocation: Allocation) -> str:
    """How the log names a decision: 「令和6年度 合同訓練の共同経費 当初の負担額（第1号）」."""
    stage = StageOf(allocation.stage, allocation.round).label
    year = format_table(allocation.fiscal_year)
    return f"{year} {allocation.cost.title} {stage}の負担額（第{allocation.number}号）"


def open_requests(cost: JointCost, year: int, town: Municipality | None = None) -> list[DueItem]:
    """The due items that ask for the assessed result (査定結果) of a year, still open; of one town or all."""
    asked = Allocation.objects.filter(cost=cost, fiscal_year=year, stage=Stage.REQUEST).values("pk")
    rows = DueItem.objects.filter(
        region=cost.region,
        object_type=ContentType.objects.get_for_model(Allocation),
        object_id__in=asked,
        state=DueItem.State.OPEN,
    )
    return list(rows if town is None else rows.filter(municipality=town))


def _check_days(draft: IssueDraft) -> None:
    if draft.stage.stage != Stage.REQUEST:
        return
    if draft.answer_by is None:
        raise WrongInput("要求の負担額には、査定結果の回答期限を入力してください。", column="answer_by")
    if draft.answer_by < draft.issued_on:
        raise WrongInput("回答期限が通知日より前です。日付を確かめてください。", column="answer_by")


def _ask(act: Act, made: Allocation, shares: Iterable[tuple[Municipality, int]]) -> None:
    assert made.answer_by is not None
    title = f"負担金の査定結果：{format_table(made.fiscal_year)} {made.cost.title}"
    for town, amount in shares:
        text = f"負担見込額は{amount:,}円です。予算の査定の結果を入力してください。"
        add_dues(act, made, title, made.answer_by, [town_organisation(town)], text=text)

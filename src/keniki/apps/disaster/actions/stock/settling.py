"""What a settled transfer costs goes one of two ways: mutual aid into the claim for help, the project of peacetime into
the budget of its initiative. Neither way takes the other's."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.compacts.models import Initiative
from keniki.apps.finance import policies as finance
from keniki.apps.finance.actions.money import post_cost
from keniki.apps.finance.models import BudgetLine
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from ... import policies
from ...models import AidCost, AidRequest, StockTransfer
from ...procedures import Side
from ...queries.stock.settling import day_settled, origin_of
from ...queries.stock.transfers import lines_of

Ledger = StockTransfer.Ledger


def claim_settlement(actor: Actor, transfer: StockTransfer, aid: AidRequest, version: int | None) -> AidCost:
    """Put what a transfer of mutual aid was settled for into the claim for help between the same two towns, once.

    Raises `WrongInput` for a transfer of the peacetime project, of an exercise or not settled in yen, for another
    incident or other towns, and once the costs are claimed; `Denied`, `Stale`.
    """
    yen = _check(transfer, Ledger.AID)
    ruling = policies.take_step(actor, aid, Side.HELPER).require()
    if (aid.incident_id, aid.helper_id, aid.asker_id) != (
        transfer.incident_id,
        transfer.lender_id,
        transfer.borrower_id,
    ):
        raise WrongInput("同じ事案で、同じ2つの市町村の間の応援を選んでください。", column="aid")
    with verb(actor, "disaster.claim_settlement", region=aid.region.slug, ruling=ruling) as act:
        current = act.lock(aid, version)
        current.region, current.incident = aid.region, aid.incident
        _check_open(current)
        lock("stock-settlement", transfer.pk)
        if AidCost.objects.filter(transfer=transfer).exists():
            raise WrongInput(f"備蓄{transfer}の精算額は、既に応援の費用に入っています。")
        line = AidCost(
            aid=current,
            kind=AidCost.Kind.SUPPLIES,
            title=f"備蓄{transfer}の精算（{_goods(transfer)}）"[:200],
            amount=yen,
            evidence=f"備蓄{transfer}"[:200],
            transfer=transfer,
            order=999,
        )
        line.save()
        act.save(current)
        mode = aid.incident.get_mode_display()
        said = f"【{mode}】{aid}の費用に、備蓄{transfer}の精算 {yen:,}円を加える"
        act.log(current, None, {"transfer": transfer.number, "amount": yen}, said)
        return line


def release_settlement(actor: Actor, transfer: StockTransfer, aid: AidRequest, version: int | None) -> None:
    """Take the settlement of a transfer out of a claim that was not sent yet. `WrongInput`, `Denied`, `Stale`."""
    ruling = policies.take_step(actor, aid, Side.HELPER).require()
    with verb(actor, "disaster.release_settlement", region=aid.region.slug, ruling=ruling) as act:
        current = act.lock(aid, version)
        current.region, current.incident = aid.region, aid.incident
        _check_open(current)
        line = AidCost.objects.filter(aid=current, transfer=transfer).first()
        if line is None:
            raise WrongInput("この精算額は、ほかの人が先に外していました。")
        amount = line.amount
        line.delete()
        act.save(current)
        mode = aid.incident.get_mode_display()
        said = f"【{mode}】{aid}の費用から、備蓄{transfer}の精算 {amount:,}円を外す"
        act.log(current, {"transfer": transfer.number, "amount": amount}, None, said)


def post_settlement(actor: Actor, transfer: StockTransfer, initiative: Initiative) -> BudgetLine:
    """Post what a transfer of the peacetime project was settled for as money the receiving town spent under an
    initiative, in the fiscal year of the settlement. Posted again it is the same line, under the new initiative.

    Raises `WrongInput` for a transfer of mutual aid or not settled in yen; `Denied`.
    """
    yen = _check(transfer, Ledger.PROJECT)
    region = transfer.region
    if initiative.region_id != region.pk:
        raise WrongInput("ほかの圏域の取組です。", column="initiative")
    year = int(FiscalYear.of(day_settled(transfer)))
    finance.write_line(actor, region, year, transfer.borrower).require()
    return post_cost(
        actor,
        origin=origin_of(transfer),
        initiative=initiative,
        fiscal_year=year,
        amount=yen,
        municipality=transfer.borrower,
        note=f"備蓄{transfer}の精算（平時の共同事業。{transfer.lender.name}から、{_goods(transfer)}）"[:300],
    )


def _check(transfer: StockTransfer, ledger: str) -> int:
    """The yen a transfer was settled for. Raises `WrongInput` where it is not to go this way."""
    if transfer.is_exercise:
        raise WrongInput("訓練の精算は、請求にも予算にも計上しません。")
    if transfer.ledger != ledger:
        other = StockTransfer.Ledger(transfer.ledger).label
        raise WrongInput(
            f"この{transfer.get_kind_display()}の費用の区分は「{other}」です。区分を越えて計上できません。"
        )
    if transfer.state != StockTransfer.State.SETTLED or transfer.settled_yen is None:
        raise WrongInput("金額で精算した記録がありません。先に精算を記録してください。")
    return int(transfer.settled_yen)


def _check_open(aid: AidRequest) -> None:
    taken = [step.key for step in aid.steps.all()]
    if "dispatch" not in taken:
        raise WrongInput("派遣・提供の記録がありません。先に応援の手続を記録してください。", column="aid")
    if "claim" in taken:
        raise WrongInput("この応援の費用は請求済みです。請求した費用は変えられません。", column="aid")


def _goods(transfer: StockTransfer) -> str:
    return "、".join(
        f"{line.item.title} {line.approved:,}{line.item.unit}" for line in lines_of(transfer) if line.approved
    )

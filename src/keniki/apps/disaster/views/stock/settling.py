"""The page on which the cost of a settled transfer is put where it belongs."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from keniki.apps.accounts.actor import Ruling
from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts.models import Initiative
from keniki.apps.finance import policies as finance
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from ... import policies
from ...actions.stock import settling as actions
from ...forms.stock.settling import ClaimForm, PostForm
from ...models import StockTransfer
from ...procedures import Side
from ...queries.stock import finding
from ...queries.stock import settling as queries
from .frame import crumbs_to, stock_page


@region_page
@require_http_methods(["GET", "POST"])
def cost(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """Into the claim for help (mutual aid), or into the budget of an initiative (the peacetime project)."""
    transfer = finding.transfer_for(region, number)
    if not queries.has_cost(transfer):
        raise Http404("金額で精算した、訓練でない貸出・応援だけが計上の対象です。")
    found = queries.settlement_of(transfer)
    aid = transfer.ledger == StockTransfer.Ledger.AID
    ruling = _ruling(request, transfer)
    form = _form(request, transfer, found, aid)
    if request.method == "POST":
        ruling.require()
        if form.is_valid():
            try:
                said = _save(request, transfer, found, form)
            except WrongInput as wrong:
                put_error(form, wrong)
            except Stale:
                put_error(
                    form, WrongInput("ほかの人が先にこの応援を更新しました。画面を開き直してください。")
                )
            else:
                messages.success(request, said)
                return redirect(transfer)
    return stock_page(
        request,
        "settlement.html",
        status=422 if request.method == "POST" else 200,
        transfer=transfer,
        found=found,
        aid=aid,
        form=form,
        ruling=ruling,
        year=FiscalYear.of(queries.day_settled(transfer)),
        crumbs=crumbs_to(region),
    )


def _ruling(request: StaffRequest, transfer: StockTransfer) -> Ruling:
    if transfer.ledger == StockTransfer.Ledger.AID:
        return policies.step_transfer(request.actor, transfer.region, transfer.lender)
    year = int(FiscalYear.of(queries.day_settled(transfer)))
    return finance.write_line(request.actor, transfer.region, year, transfer.borrower)


def _form(
    request: StaffRequest, transfer: StockTransfer, found: queries.Settlement, aid: bool
) -> ClaimForm | PostForm:
    data = request.POST if request.method == "POST" else None
    if aid:
        return ClaimForm(data, aids=queries.claims_for(transfer), claimed=found.claimed)
    initiatives = Initiative.objects.filter(region=transfer.region).order_by("pk")
    chosen = found.posted.initiative.slug if found.posted is not None else ""
    return PostForm(data, initiatives=list(initiatives), initial={"initiative": chosen})


def _save(request: StaffRequest, transfer: StockTransfer, found: queries.Settlement, form: forms.Form) -> str:
    if isinstance(form, PostForm):
        line = actions.post_settlement(request.actor, transfer, form.initiative_chosen())
        return f"備蓄{transfer}の精算 {line.amount:,}円を「{line.initiative.title}」に計上しました。"
    assert isinstance(form, ClaimForm)
    if found.claimed is not None:
        aid = found.claimed.aid
        policies.take_step(request.actor, aid, Side.HELPER).require()
        actions.release_settlement(request.actor, transfer, aid, form.cleaned_data.get("version") or 0)
        return f"備蓄{transfer}の精算額を、{aid}の費用から外しました。"
    chosen = form.aid_chosen()
    actions.claim_settlement(request.actor, transfer, chosen, chosen.version)
    return f"備蓄{transfer}の精算額を、{chosen}の費用に加えました。"

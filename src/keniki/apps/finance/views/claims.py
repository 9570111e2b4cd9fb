"""Pages of bills: the list, assessing an allocation, one assessment with its deeds, the settlement of a year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import check_year
from keniki.apps.activities.queries.history import Entry as LogRow
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import (
    Conflict,
    StaffRequest,
    chosen,
    conflict_of,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.apps.regions.queries import former_members, members_on
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import assessing
from ..actions import claims as actions
from ..actions.posting import Deed, entry_no
from ..forms.claims import (
    AssessForm,
    AssessmentFilter,
    CorrectionForm,
    DunForm,
    NotifyForm,
    PostingForm,
    ReceiveForm,
)
from ..models import Assessment, Entry, JointCost
from ..postings import POSTINGS, Side
from ..queries import claims as queries
from ..queries.costs import cost_for, costs_of
from ..queries.ledger import entries_of
from ..standing import Standing

Kind = Entry.Kind

#: The deeds that post an entry of a kind for the whole assessment, by the name of their address.
_POSTED: Final[dict[str, tuple[Kind, Callable[[Actor, Assessment, Deed], Entry]]]] = {
    "commit": (Kind.COMMIT, actions.commit),
    "order": (Kind.ORDER, actions.order),
    "pay": (Kind.PAY, actions.pay),
    "pay-refund": (Kind.REFUND_PAY, actions.pay_refund),
    "assess-refund": (Kind.REFUND_ASSESS, actions.assess_refund),
    "receive-refund": (Kind.REFUND_RECEIVE, actions.receive_refund),
}
_HOLDERS: Final = {False: ("notify", "receive", "dun", "cancel"), True: ("notify", "pay-refund", "cancel")}
_TOWNS: Final = {False: ("commit", "order", "pay"), True: ("assess-refund", "receive-refund")}
#: The deeds whose address is not called like themselves.
ADDRESSES: Final = {"notify": "notify-assessment", "cancel": "cancel-assessment"}
DEEDS: Final = ("notify", "receive", "dun", "cancel", *_POSTED)


@dataclass(frozen=True)
class Offer:
    """A deed that may be done now: its name, form and address; open where the form was refused."""

    name: str
    label: str
    form: forms.Form
    url: str
    help: str
    is_open: bool
    version: int | None = None


@region_page
@require_GET
def assessments(request: StaffRequest, region: Region) -> HttpResponse:
    """What is claimed of the towns and given back to them, and how it stands."""
    years, costs = queries.years_with_claims(region), costs_of(region)
    towns = [member.municipality for member in (*members_on(region), *former_members(region))]
    form = AssessmentFilter(request.GET or None, years=years, costs=costs, towns=towns)
    only = form.chosen
    cost = next((each for each in costs if each.slug == only.get("cost")), None)
    rows = queries.assessments_of(region, year=only.get("year"), cost=cost, town=only.get("town") or "")
    if only.get("state"):
        rows = [row for row in rows if row.state.name == only["state"]]
    return page(
        request,
        "finance/assessments.html",
        nav_active="finance",
        rows=rows,
        totals=queries.totals_of(rows),
        form=form,
        any_cost=bool(costs),
        unassessed=queries.unassessed(region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def assess(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """Each town's share, what of it is claimed already, and the difference to claim or give back."""
    cost = _cost(region, slug, year)
    return _assessing(request, region, cost, year, "finance/assess.html", {})


@region_page
@require_http_methods(["GET", "POST"])
def settlement(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """The year's end: the settled shares against what was claimed and received, and what is made of the difference."""
    cost = _cost(region, slug, year)
    found = queries.settlement(cost, year)
    return _assessing(request, region, cost, year, "finance/settlement.html", {"found": found})


@region_page
@require_GET
def assessment(request: StaffRequest, region: Region, year: int, number: int) -> HttpResponse:
    """One assessment: where it stands, its dates of payment, both sides' entries, what can be done now."""
    return _page(request, region, queries.assessment_for(region, year, number))


@region_page
@require_POST
def do(request: StaffRequest, region: Region, year: int, number: int, deed: str) -> HttpResponse:
    """Do one deed on an assessment; what is refused stays in its form."""
    row = queries.assessment_for(region, year, number)
    _ruling(request.actor, row, deed).require()
    state = queries.standing(row)
    form = _form(deed, state, chosen(request, row))
    conflict: Conflict | None = None
    if form.is_valid():
        try:
            said = _done(request, row, deed, form)
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, said)
            return redirect("finance:assessment", region.slug, year, number)
    return _page(request, region, row, deed, form, conflict)


# --- parts ------------------------------------------------------------------------------------------------


def _cost(region: Region, slug: str, year: int) -> JointCost:
    cost = cost_for(region, slug)
    try:
        check_year(region, year)
    except WrongInput as wrong:
        raise Http404(wrong.message) from wrong
    return cost


def _assessing(
    request: StaffRequest, region: Region, cost: JointCost, year: int, template: str, more: dict[str, Any]
) -> HttpResponse:
    ruling = policies.keep_account(request.actor, cost)
    if request.method == "POST":
        ruling.require()
    allocation = queries.billed_allocation(cost, year)
    rows: list[queries.Position] = []
    form: AssessForm | None = None
    if allocation is not None:
        allocation.cost = cost
        rows = queries.positions(allocation)
        form = AssessForm(request.POST if request.method == "POST" else None, year=year, rows=rows)
    if request.method == "POST" and form is not None and allocation is not None and form.is_valid():
        try:
            made = assessing.assess(request.actor, allocation, form.draft())
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"{len(made)}件を調定しました。次に、納入通知書を送付します。")
            return redirect(
                f"{reverse('finance:assessments', args=[region.slug])}?year={year}&cost={cost.slug}"
            )
    return page(
        request,
        template,
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        allocation=allocation,
        rows=form.town_rows(rows) if form is not None else [],
        to_assess=form is not None and bool(form.rows),
        form=form,
        ruling=ruling,
        each=cost.manner == JointCost.Manner.EACH,
        status=422 if form is not None and form.errors else 200,
        **more,
    )


def _page(
    request: StaffRequest,
    region: Region,
    row: Assessment,
    deed: str = "",
    form: forms.Form | None = None,
    conflict: Conflict | None = None,
) -> HttpResponse:
    state = queries.standing(row)
    holder, town = _ruling(request.actor, row, "cancel"), policies.pay_share(request.actor, row)
    return page(
        request,
        "finance/assessment.html",
        nav_active="finance",
        row=row,
        state=state,
        entries=entries_of(region, assessment=row),
        notice_by=queries.notice_by(state),
        sides=_sides(region, state, (holder, town), deed, form),
        bound=form,
        conflict=conflict,
        history=[LogRow(each.at, each.text) for each in log_of(row)],
        status=409 if conflict else 422 if form is not None and form.errors else 200,
    )


def _ruling(actor: Actor, row: Assessment, deed: str) -> Ruling:
    if deed in _POSTED and POSTINGS[_POSTED[deed][0]].side is Side.TOWN:
        return policies.pay_share(actor, row)
    return policies.keep_claim(actor, row)


def _form(deed: str, state: Standing, data: Any = None) -> forms.Form:
    more: dict[str, Any] = {"auto_id": f"{deed}_%s"}
    if deed == "notify":
        return NotifyForm(data, standing=state, **more)
    if deed == "receive":
        return ReceiveForm(data, standing=state, **more)
    if deed == "dun":
        return DunForm(data, standing=state, **more)
    if deed == "cancel":
        return CorrectionForm(data, year=state.assessment.fiscal_year, **more)
    return PostingForm(data, standing=state, kind=_POSTED[deed][0], **more)


def _done(request: StaffRequest, row: Assessment, deed: str, form: Any) -> str:
    """Do it; what is said about it."""
    if deed == "notify":
        data = form.cleaned_data
        actions.notify(request.actor, row, version_of(request), data["notice_no"], data["notice_on"])
        return "通知の番号と日付を記録しました。"
    if deed == "receive":
        part = form.parts[form.cleaned_data["instalment"]]
        entry = actions.receive(request.actor, row, part, form.deed())
    elif deed == "dun":
        actions.dun(request.actor, row, form.parts[form.cleaned_data["instalment"]], form.draft())
        return "督促を記録しました。"
    elif deed == "cancel":
        assessing.cancel(request.actor, row, form.correction())
        return "調定を取り消しました。"
    else:
        entry = _POSTED[deed][1](request.actor, row, form.deed())
    return f"{entry.get_kind_display()}を記帳しました（仕訳 {entry_no(entry)}）。"


_LABELS: Final = {
    "notify": "納入通知書の番号と日付を記録",
    "receive": "収納を記帳",
    "dun": "督促を記録",
    "cancel": "この調定を取り消す",
    "commit": "支出負担行為を記帳",
    "order": "支出命令を記帳",
    "pay": "支出を記帳",
    "pay-refund": "返還の支払を記帳",
    "assess-refund": "返還金の調定を記帳",
    "receive-refund": "返還金の収納を記帳",
}
_HELPS: Final = {
    "notify": "送付した納入通知書の番号と日付です。市町村の「すること」に納期限が載ります。",
    "dun": "納期限を過ぎた未納について、新しい期限を定めて督促します。",
    "cancel": "収納も支出負担行為もまだない間だけ取り消せます。反対の仕訳を記帳し、記録は残ります。",
    "commit": "負担金（18節）の支出負担行為です。",
    "pay-refund": "会計システムで歳入の戻出とするか、歳出とするかは、団体の財務の規則によります。",
    "assess-refund": "会計システムで歳出の戻入とするか、歳入の調定とするかは、団体の財務の規則によります。",
}


def _offers(
    region: Region, state: Standing, names: tuple[str, ...], deed: str, form: forms.Form | None
) -> list[Offer]:
    row = state.assessment
    return [
        Offer(
            name,
            "返還の通知の番号と日付を記録" if name == "notify" and state.is_refund else _LABELS[name],
            form if name == deed and form is not None else _form(name, state),
            reverse(f"finance:{ADDRESSES.get(name, name)}", args=[region.slug, row.fiscal_year, row.number]),
            "" if name == "notify" and state.is_refund else _HELPS.get(name, ""),
            name == deed and form is not None,
            row.version if name == "notify" else None,
        )
        for name in names
        if name == deed or _is_open(name, state)
    ]


def _is_open(name: str, state: Standing) -> bool:
    """Whether there is anything to do of it now."""
    if state.assessment.cancelled_on is not None:
        return False
    if name == "receive":
        return state.outstanding > 0
    if name == "dun":
        return state.late > 0 and state.assessment.notice_on is not None
    if name == "cancel":
        return len([yen for yen in state.posted.values() if yen]) <= 1
    return name == "notify" or state.left(_POSTED[name][0]) > 0


@dataclass(frozen=True)
class SideOfIt:
    """One side of an assessment: how far its money has come, and what the actor may do there now."""

    label: str
    steps: list[dict[str, Any]]
    ruling: Ruling
    offers: list[Offer]


def _sides(
    region: Region, state: Standing, rulings: tuple[Ruling, Ruling], deed: str, form: forms.Form | None
) -> list[SideOfIt]:
    row = state.assessment
    names = (_HOLDERS[state.is_refund], _TOWNS[state.is_refund])
    labels = (f"{row.holder.name}（請求する側）", f"{row.municipality.name}（負担する側）")
    if state.is_refund:
        labels = (f"{row.holder.name}（返還する側）", f"{row.municipality.name}（返還を受ける側）")
    return [
        SideOfIt(label, steps, ruling, _offers(region, state, mine, deed, form) if ruling else [])
        for label, steps, ruling, mine in zip(labels, _steps(state), rulings, names, strict=True)
    ]


def _steps(state: Standing) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The way of the money in both books."""
    row = state.assessment
    notice: dict[str, Any] = {
        "label": "通知" if state.is_refund else "納入通知書",
        "state": "done" if row.notice_on else "todo",
        "date": row.notice_on,
        "note": row.notice_no,
    }
    if state.is_refund:
        first, settling = Kind.REFUND, Kind.REFUND_PAY
        town = [_step(state, kind) for kind in (Kind.REFUND_ASSESS, Kind.REFUND_RECEIVE)]
    else:
        first, settling = Kind.ASSESS, Kind.RECEIVE
        town = [_step(state, kind) for kind in (Kind.COMMIT, Kind.ORDER, Kind.PAY)]
    made: dict[str, Any] = {
        "label": first.label,
        "state": "done",
        "date": row.assessed_on,
        "note": row.assessment_no,
    }
    holder = [made, notice, _step(state, settling)]
    for steps in (holder, town):
        waiting = [step for step in steps if step["state"] == "todo"]
        if row.cancelled_on:
            for step in waiting:
                step["state"] = "skipped"
        elif waiting:
            waiting[0]["state"] = "current"
    return holder, town


def _step(state: Standing, kind: Kind) -> dict[str, Any]:
    yen = state.of(kind)
    done = yen >= state.amount and not state.assessment.cancelled_on
    return {"label": kind.label, "state": "done" if done else "todo", "note": f"{yen:,}円" if yen else ""}

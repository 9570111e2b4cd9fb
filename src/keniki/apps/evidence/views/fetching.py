"""The page of official sources: what is loaded of each, and which tables are fetched."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.regions.pages import StaffRequest, page, put_error, staff_page, version_of
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from .. import actions, policies, queries
from ..estat_client import CREDIT
from ..forms import TableForm


@staff_page
@require_http_methods(["GET", "POST"])
def sources(request: StaffRequest) -> HttpResponse:
    """Official sources with their editions; the operator switches on here what is fetched of them."""
    ruling = policies.fetch(request.actor)
    adding = request.method == "POST" and request.POST.get("verb") == "add"
    form = TableForm(request.POST if adding else None)
    if request.method == "POST":
        ruling.require()
        if request.POST.get("verb") == "fetch":
            return _started(request)
        if not adding:
            return _switched(request)
        if form.is_valid():
            data = form.cleaned_data
            try:
                row = actions.switch_table(request.actor, active=True, **data)
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"統計表「{row.title}」を取得することにしました。")
                return redirect("evidence:sources")
    return page(
        request,
        "evidence/sources.html",
        rows=queries.source_rows(),
        others=queries.unlisted_tables(),
        active=queries.tables(),
        last=queries.last_run(),
        form=form,
        ruling=ruling,
        has_id=bool(settings.ESTAT_APP_ID),
        credit=CREDIT,
        status=422 if form.errors else 200,
    )


@staff_page
@require_GET
def run(request: StaffRequest, pk: int) -> HttpResponse:
    """How far a fetch has come, and what each table brought."""
    found = queries.run_for(pk)
    polled = request.headers.get("HX-Request") is not None
    if polled and found.ended:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("evidence:fetch-run", args=[pk])
        return response
    return page(
        request,
        "evidence/_fetch_run.html" if polled else "evidence/fetch_run.html",
        run=found,
        ruling=policies.fetch(request.actor),
        credit=CREDIT,
    )


@staff_page
@require_POST
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Stop a fetch that is waiting or running."""
    actions.cancel_fetch(request.actor, queries.run_for(pk))
    messages.info(request, "取得を取り消しました。取得し終えた統計表は登録されています。")
    return redirect("evidence:fetch-run", pk)


def _started(request: StaffRequest) -> HttpResponse:
    """The tables that are switched on are fetched now, or one of them."""
    number = whole_number(request.POST.get("pk", ""))
    tables = queries.tables() if number is None else [queries.table_for(number)]
    try:
        started = actions.start_fetch(request.actor, tables)
    except WrongInput as wrong:
        messages.error(request, str(wrong))
        return redirect("evidence:sources")
    return redirect("evidence:fetch-run", started.pk)


def _switched(request: StaffRequest) -> HttpResponse:
    """A table of the list is switched on, or one that is there on or off."""
    active = request.POST.get("verb") == "on"
    number = whole_number(request.POST.get("pk", ""))
    table, source, narrowed = request.POST.get("table", ""), request.POST.get("source", ""), ""
    version = None
    if number is not None:
        known = queries.table_for(number)
        table, source, narrowed = known.table, known.source, known.narrowed
        version = version_of(request) or 0
    try:
        row = actions.switch_table(
            request.actor, table, active=active, source=source, narrowed=narrowed, version=version
        )
    except WrongInput as wrong:
        messages.error(request, str(wrong))
    else:
        done = "取得することにしました" if row.active else "取得しないことにしました"
        messages.success(request, f"統計表「{row.title}」を{done}。")
    return redirect("evidence:sources")

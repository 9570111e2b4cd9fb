"""The workbook of a year: download, upload with preview, store."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.forms import SheetForm
from keniki.apps.activities.sheets import Plan, read_sheet, write_sheet
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@region_page
@require_http_methods(["GET", "POST"])
def sheets(request: StaffRequest, region: Region) -> HttpResponse:
    """Download a year's form; upload the filled-in one and see what it would change."""
    ruling = policies.create(request.actor, region)
    form = SheetForm(request.POST or None, request.FILES or None)
    plan: Plan | None = None
    content, name = b"", ""
    if request.method == "POST":
        ruling.require()
        if form.is_valid():
            given = form.cleaned_data["file"]
            name, content = given.name or "様式.xlsx", given.read()
            try:
                plan = read_sheet(request.actor, region, content, file=name)
            except WrongInput as wrong:
                put_error(form, WrongInput(str(wrong), column="file"))
    now = fiscal_year.FiscalYear.of(timezone.localdate())
    first = min([*queries.years_with_activities(region), int(now)])
    years = list(range(now, first - 1, -1))
    return page(
        request,
        "activities/sheets.html",
        nav_active="activities",
        form=form,
        plan=plan,
        content=base64.b64encode(content).decode() if plan is not None and not plan.is_empty else "",
        name=name,
        years=queries.year_states(region, years).values(),
        ruling=ruling,
        status=422 if form.errors else 200,
    )


@region_page
@require_POST
def store(request: StaffRequest, region: Region) -> HttpResponse:
    """Store a workbook the user has seen the preview of."""
    policies.create(request.actor, region).require()
    try:
        content = base64.b64decode(request.POST.get("content", ""), validate=True)
    except binascii.Error as error:
        raise Http404("ファイルがありません。") from error
    try:
        plan = actions.store_sheet(
            request.actor,
            region,
            content,
            file=request.POST.get("name", "")[:200],
            fingerprint=request.POST.get("fingerprint", "-"),
        )
    except WrongInput as wrong:
        messages.error(request, f"取り込んでいません。{wrong}")
        return redirect("activities:sheets", region.slug)
    messages.success(
        request,
        f"取り込みました（登録{plan.new}件、変更{plan.changed}件、団体別の数値{len(plan.figures)}件）。",
    )
    return redirect(f"../../?year={plan.year}")


@region_page
@require_GET
def download(request: StaffRequest, region: Region, year: int) -> HttpResponse:
    """The workbook of one fiscal year."""
    if not 1989 <= year <= 2100:
        raise Http404("年度がありません。")
    response = HttpResponse(write_sheet(region, year), content_type=XLSX)
    name = f"{region.name}_{fiscal_year.format_table(year)}_活動.xlsx"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{region.slug}-activities-{year}.xlsx\"; filename*=UTF-8''{quote(name)}"
    )
    return response

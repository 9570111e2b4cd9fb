"""Fiscal years: which are open, closing them, reopening them with a reason."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.forms import ReasonForm
from keniki.apps.activities.models import YearClosing
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput


@region_page
@require_http_methods(["GET", "POST"])
def years(request: StaffRequest, region: Region) -> HttpResponse:
    """All fiscal years with something in them and whether they take entries."""
    known = queries.years_with_activities(region)
    states = queries.year_states(region, known)
    form = ReasonForm(prefix="reopen")
    asked = None
    if request.method == "POST":
        asked = fiscal_year.FiscalYear.named(request.POST.get("year"))
        if asked is None or asked not in states:
            raise Http404("年度がありません。")
        form = ReasonForm(request.POST, prefix="reopen")
        try:
            if _change(request, region, asked, form):
                return redirect("activities:years", region.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale:
            messages.error(
                request, "ほかの人が先にこの年度の状態を変えました。いまの状態を確かめてください。"
            )
            return redirect("activities:years", region.slug)
    kind = YearClosing._meta.label_lower
    return page(
        request,
        "activities/years.html",
        nav_active="activities",
        states=[states[year] for year in sorted(states, reverse=True)],
        closed=[states[year] for year in sorted(states, reverse=True) if states[year].is_closed],
        form=form,
        asked=asked,
        ruling=policies.close_year(request.actor, region),
        entries=LogEntry.objects.filter(region=region.slug, object_kind=kind),
        status=422 if form.errors else 200,
    )


def _change(request: StaffRequest, region: Region, year: int, form: ReasonForm) -> bool:
    label = fiscal_year.format_table(year)
    if request.POST.get("verb") == "close":
        actions.close_year(request.actor, region, year, version=version_of(request))
        messages.success(request, f"{label}を締め切りました。")
        return True
    policies.close_year(request.actor, region).require()
    if not form.is_valid():
        return False
    actions.reopen_year(request.actor, region, year, form.cleaned_data["reason"], version=version_of(request))
    messages.success(request, f"{label}を訂正のため再開しました。")
    return True

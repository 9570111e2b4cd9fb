"""Pages of figures: the newest of every indicator, where one comes from, correcting it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from .. import actions, policies, queries
from ..forms import CorrectionForm


@region_page
@require_GET
def evidence(request: StaffRequest, region: Region) -> HttpResponse:
    """The newest figure of every indicator for every member, and the editions they come from."""
    towns = [row.municipality for row in members_on(region)]
    rows = queries.newest(region, [town.code for town in towns])
    return page(
        request,
        "evidence/evidence.html",
        nav_active="evidence",
        towns=towns,
        any_figure=bool(rows),
        chapters=queries.chapters(rows),
        editions=queries.editions(region),
        ruling=policies.import_figures(request.actor, region),
    )


@region_page
@require_GET
def figure(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Where a figure comes from: source, edition, table, cell, and what other editions say of the same."""
    found = queries.figure_for(region, pk)
    edition = queries.edition_of(found)
    others = queries.same_elsewhere(region, found)
    ruling = policies.correct_figure(request.actor, edition, region)
    return page(
        request,
        "evidence/figure.html",
        nav_active="evidence",
        figure=found,
        edition=edition,
        others=others,
        disagreeing=queries.disagreeing(found, others),
        distributed=queries.distributed_for(region, found),
        earlier=queries.before_correction(found),
        later=queries.correction_of(found),
        ruling=ruling and not edition.withdrawn_at,
    )


@region_page
@require_http_methods(["GET", "POST"])
def correct(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Put a corrected value beside a figure of the region's own statistics."""
    found = queries.figure_for(region, pk)
    policies.correct_figure(request.actor, queries.edition_of(found), region).require()
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            corrected = actions.correct_figure(
                request.actor, queries.stored(found), data["value"], data["reason"], region=region
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, "訂正した値を登録しました。元の値も残っています。")
            return redirect("evidence:figure", region.slug, corrected.pk)
    return page(
        request,
        "evidence/correct.html",
        nav_active="evidence",
        figure=found,
        form=form,
        status=422 if form.errors else 200,
    )

"""The staff pages that join slices: desk, region, initiative, trace."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET
from django_scopes import scope

from keniki.apps.accounts.queries import log_of
from keniki.apps.activities import policies as activity_policies
from keniki.apps.activities import queries as activities
from keniki.apps.activities.views.photos import lead_photos
from keniki.apps.compacts.models import Kpi
from keniki.apps.compacts.queries.kpis import kpis, last_closed_year, standing, tally
from keniki.apps.regions import policies
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, staff_page

from . import queries
from .forms import TraceForm


@staff_page
@require_GET
def desk(request: StaffRequest) -> HttpResponse:
    """What is to do, what changed and what is missing in one region, and how much waits in the others.

    `?region=<slug>` chooses the region; without it the first one the actor may see is opened.
    """
    seen = list(regions.visible_regions(request.actor))
    wanted = request.GET.get("region", "")
    opened = next((region for region in seen if region.slug == wanted), None)
    if wanted and opened is None:
        raise Http404("圏域が見つかりません。")
    opened = opened or next(iter(seen), None)
    found = None
    request.region = opened
    if opened is not None:
        with scope(region=opened):
            found = queries.region_desk(request.actor, opened)
    return page(
        request,
        "portal/desk.html",
        nav_active="desk",
        desk=found,
        others=[other for other in queries.waiting(request.actor, seen) if other.region != opened],
        handover=regions.handover_for(request.actor),
        may_create=policies.create_region(request.actor),
    )


@region_page
@require_GET
def region(request: StaffRequest, region: Region) -> HttpResponse:
    """One region: members, programmes, initiatives by year, KPIs, documents, timeline."""
    return page(
        request,
        "portal/region.html",
        nav_active="region",
        overview=queries.overview(region),
        desk=queries.region_desk(request.actor, region),
        kpi_summary=tally([standing(kpi, last_closed_year()) for kpi in kpis(region)]),
        may_edit=policies.edit_shared(request.actor, region),
        may_create=activity_policies.create(request.actor, region),
        may_manage=policies.manage_region(request.actor, region),
    )


@region_page
@require_GET
def initiative(request: StaffRequest, region: Region, initiative: str) -> HttpResponse:
    """One initiative with its activities by year, KPIs, money, findings, outlook, photos and history."""
    found = queries.initiative_for(region, initiative)
    columns, costs = queries.costs_of(found)
    photos = list(found.photos.all())
    lead_photos(request.actor, region, photos)
    return page(
        request,
        "portal/initiative.html",
        nav_active="initiatives",
        initiative=found,
        years=queries.years_of(region, found),
        kpis=[standing(kpi, last_closed_year()) for kpi in found.kpis.all()],
        cost_columns=columns,
        costs=costs,
        log=log_of(found),
        trace=activities.trace(region, initiative=found),
        photos=photos,
        may_edit=policies.edit_shared(request.actor, region),
        may_create=activity_policies.create(request.actor, region),
        undecided=Kpi.Direction.UNDECIDED,
    )


@region_page
@require_GET
def trace(request: StaffRequest, region: Region) -> HttpResponse:
    """Promise to result: every measure and role of every annex against what was done, of all or of one town."""
    towns = queries.promising_towns(region)
    form = TraceForm(request.GET, towns=towns)
    chosen = form.cleaned_data if form.is_valid() else {"town": "", "came": ""}
    whole = activities.trace(region, town=chosen["town"])
    return page(
        request,
        "portal/trace.html",
        nav_active="trace",
        form=form,
        trace=whole.only(chosen["came"]) if chosen["came"] else whole,
        numbers={state: whole.number(state) for state in ("done", "studied", "none")},
        total=len(whole.items),
        town=next((town for town in towns if town.code == chosen["town"]), None),
        narrowed=bool(chosen["town"] or chosen["came"]),
    )

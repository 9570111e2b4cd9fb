"""The first page of disaster work, and the incidents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions import queries as regions
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, staff_page, version_of
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import incidents as actions
from ..forms.incidents import IncidentForm, incident_initial
from ..models import Incident
from ..queries import incidents as queries
from ..queries.drills import run_in
from ..queries.overview import overview_of
from ..queries.tasks import tasks_of
from ..queries.warnings import calling, calling_by_region, weather_of
from .frame import incident_page, marked


@staff_page
@require_GET
def desk(request: StaffRequest) -> HttpResponse:
    """What goes on in the regions the actor sees; from here one goes on to a region."""
    seen = list(regions.visible_regions(request.actor))
    called = calling_by_region(seen)
    rows = [(each, found, called.get(each.pk, ())) for each, found in queries.open_by_region(seen)]
    return page(request, "disaster/desk.html", nav_active="disaster", rows=rows)


@region_page
@require_GET
def overview(request: StaffRequest, region: Region) -> HttpResponse:
    """What goes on now, what waits for the actor, and what was prepared: incidents, places, plans, stock."""
    return page(
        request,
        "disaster/overview.html",
        nav_active="disaster",
        overview=overview_of(region),
        tasks=tasks_of(request.actor, region),
        calling=calling(region, weather_of(region)),
        ruling=policies.open_incident(request.actor, region),
    )


@region_page
@require_GET
def incidents(request: StaffRequest, region: Region) -> HttpResponse:
    """All incidents of the region."""
    return page(
        request,
        "disaster/incidents.html",
        nav_active="disaster",
        incidents=queries.incidents_of(region),
        ruling=policies.open_incident(request.actor, region),
    )


@region_page
@require_GET
def incident(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """An incident: what it is, since when, what was done with it."""
    found = queries.incident_for(region, slug)
    return incident_page(
        request,
        found,
        "disaster/incident.html",
        ruling=policies.edit_incident(request.actor, found),
        entries=log_of(found),
        drill_run=run_in(found) if found.is_exercise else None,
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_incident(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Open an incident, or change one; a second editor is shown both."""
    found = queries.incident_for(region, slug) if slug else None
    ruling = policies.open_incident(request.actor, region)
    if request.method == "POST":
        ruling.require()
    back = found.get_absolute_url() if found else reverse("disaster:incidents", args=[region.slug])

    def build(data: Any, record: Incident | None) -> Sheet:
        return Sheet(IncidentForm(data, incident=found, initial=incident_initial(record)))

    def save(sheet: Sheet) -> Incident:
        form = sheet.form
        assert isinstance(form, IncidentForm)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_incident(request.actor, region, form.draft(), found, version)

    def done(saved: Incident) -> tuple[str, str]:
        return f"{saved} を保存しました。", saved.get_absolute_url()

    crumbs = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("事案", reverse("disaster:incidents", args=[region.slug])),
        *([(found.title, back)] if found else []),
    ]
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        f"事案の設定（{found.get_mode_display()}）" if found else "事案を開設",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **(marked(found) if found else {}),
    )


@region_page
@require_POST
def end_incident(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """End an incident."""
    return _close(request, region, slug, actions.end_incident, "終了しました。")


@region_page
@require_POST
def reopen_incident(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Open an ended incident again."""
    return _close(request, region, slug, actions.reopen_incident, "再開しました。")


def _close(request: StaffRequest, region: Region, slug: str, action: Any, words: str) -> HttpResponse:
    found = queries.incident_for(region, slug)
    policies.edit_incident(request.actor, found).require()
    try:
        action(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの事案を更新しました。内容を確かめてください。")
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, f"{found} を{words}")
    return redirect(found)

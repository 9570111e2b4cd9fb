"""Pages about what is kept of persons: until when, and who looked at it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core import era

from .. import policies
from ..actions import privacy as actions
from ..forms.privacy import RetentionForm
from ..models import Retention
from ..queries import incidents
from ..queries import privacy as queries
from .frame import incident_page, incident_way, marked

_ROWS = 100


@region_page
@require_GET
def retentions(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Until when each town keeps what the incident holds about its persons."""
    found = incidents.incident_for(region, slug)
    return incident_page(
        request,
        found,
        "disaster/retentions.html",
        rows=[
            (town, row, policies.record_person(request.actor, region, town))
            for town, row in queries.retentions_of(found)
        ],
    )


@region_page
@require_http_methods(["GET", "POST"])
def retention(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Set the day on which a town's persons are erased from the incident."""
    incident = incidents.incident_for(region, slug)
    rows = {town.code: (town, row) for town, row in queries.retentions_of(incident)}
    if code not in rows:
        raise Http404("市町村が見つかりません。")
    town, found = rows[code]
    ruling = policies.record_person(request.actor, region, town)
    if request.method == "POST":
        ruling.require()
    back = reverse("disaster:retentions", args=[region.slug, slug])

    def build(data: Any, record: Retention | None) -> Sheet:
        names = ("purge_on", "basis", "version")
        initial = {name: getattr(record, name) for name in names} if record else {}
        return Sheet(RetentionForm(data, initial=initial))

    def save(sheet: Sheet) -> Retention:
        form = sheet.form
        assert isinstance(form, RetentionForm)
        version = form.cleaned_data.get("version") or 0
        return actions.save_retention(request.actor, incident, town, form.draft(), version)

    def done(saved: Retention) -> tuple[str, str]:
        day = era.format_date(saved.purge_on)
        return f"【{incident.get_mode_display()}】{town.name}の記録を{day}に消去します。", back

    crumbs = incident_way(incident, ("個人情報の保存期限", back))
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        f"{town.name}の保存期限（{incident.get_mode_display()}）",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(incident),
    )


@region_page
@require_GET
def looks(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """Who looked at what a town keeps about persons."""
    town = Municipality.objects.filter(code=code, memberships__region=region).first()
    if town is None or not policies.see_person(request.actor, region, town):
        raise Http404("この市町村の閲覧記録は見つかりません。")
    pages = Paginator(queries.looks_at(region, town), _ROWS)
    return page(
        request,
        "disaster/looks.html",
        nav_active="disaster",
        town=town,
        looks=pages.get_page(request.GET.get("page")),
    )

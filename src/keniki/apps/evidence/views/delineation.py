"""Pages of natural regions (自然な圏域): all rules on the flows held, beside the actual regions, to take away."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.errors import WrongInput

from ..book.book import members_of_every_region
from ..delineating.finding import DRAWS, Found, draw_part, draws_made, find, kept_stability
from ..delineating.forms import DelineationForm
from ..delineating.showing import Shown
from ..delineating.tables import tables
from .book import file_of


@region_page
@require_GET
def delineation(request: StaffRequest, region: Region) -> HttpResponse:
    """The areas of each rule around the region, who is in them and why; what is not held yet."""
    held = tables(region)
    form = DelineationForm(request.GET, held)
    found = _found(region, form) if held and form.is_valid() else None
    sure = kept_stability(found) if found is not None else None
    shown = None if found is None else Shown(region, members_of_every_region(), found, sure)
    wrong = bool(held and form.errors)
    return page(
        request,
        "evidence/delineation.html",
        nav_active="evidence",
        form=form,
        held=held,
        shown=shown,
        sure=sure,
        draws=DRAWS,
        done=draws_made(found) if found is not None and sure is None else 0,
        drawing="draws" in request.GET,
        query=_query(request),
        maps=shown is not None and shown.has_borders,
        status=422 if wrong else 200,
    )


@region_page
@require_GET
def stability(request: StaffRequest, region: Region) -> HttpResponse:
    """One more part of the resampling is made; how far it is, and the page anew when it is done."""
    found = _asked(request, region)
    done = draw_part(found)
    polled = request.headers.get("HX-Request") is not None
    if polled and done >= DRAWS:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = f"{reverse('evidence:delineation', args=[region.slug])}?{_query(request)}"
        return response
    return page(
        request,
        "evidence/_delineation_draws.html" if polled else "evidence/delineation_draws.html",
        nav_active="evidence",
        done=done,
        draws=DRAWS,
        query=_query(request),
    )


@region_page
@require_GET
def delineation_file(request: StaffRequest, region: Region, what: str, format: str) -> HttpResponse:
    """A map as SVG or PNG, or a table as CSV or Excel."""
    found = _asked(request, region)
    shown = Shown(region, members_of_every_region(), found, kept_stability(found))
    days = [row.imported_at for row in found.editions]
    return file_of(request, shown.exhibit(what), 1, format, max(days, default=timezone.now()))


def _found(region: Region, form: DelineationForm) -> Found | None:
    """What the form asks for; a centre that the table does not know is an error of the form."""
    try:
        return find(region, form.chosen_table, form.cleaned_data["purpose"], form.chosen)
    except WrongInput as wrong:
        form.add_error("ten_centres", str(wrong))
        return None


def _asked(request: StaffRequest, region: Region) -> Found:
    """What the address asks for; 404 where nothing is held or it says what no form sends."""
    form = DelineationForm(request.GET, tables(region))
    found = _found(region, form) if form.is_valid() else None
    if found is None:
        raise Http404("この条件の結果はありません。")
    return found


def _query(request: StaffRequest) -> str:
    """The figures of the form as they stand in the address."""
    asked = request.GET.copy()
    for name in ("draws", "download"):
        asked.pop(name, None)
    return asked.urlencode()

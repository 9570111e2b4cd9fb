"""The frames of the slice's edit pages: where they go back to and the crumbs above them."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from keniki.apps.compacts.models import Agreement, Declaration, Initiative, Kpi, Vision
from keniki.apps.regions.editing import Frame
from keniki.apps.regions.models import Region

#: How the pages of this slice look: the generic edit page with the slice's own style.
EDIT = "compacts/edit.html"


def agreement_frame(region: Region, found: Agreement | None = None, part: str = "") -> Frame:
    """An agreement's; `part` is the section of its page that was edited."""
    address = reverse("compacts:agreement", args=[region.slug, found.slug]) + part if found else ""
    return _frame(region, "agreements", "協定", "compacts:agreements", found, address)


def vision_frame(region: Region, found: Vision | None) -> Frame:
    """A vision's."""
    address = reverse("compacts:vision", args=[region.slug, found.slug]) if found else ""
    return _frame(region, "visions", "ビジョン・KPI", "compacts:visions", found, address)


def declaration_frame(region: Region, found: Declaration | None) -> Frame:
    """A declaration's."""
    address = reverse("compacts:declaration", args=[region.slug, found.slug]) if found else ""
    return _frame(region, "visions", "ビジョン・KPI", "compacts:visions", found, address)


def kpi_frame(region: Region, found: Kpi | None) -> Frame:
    """A KPI's."""
    address = reverse("compacts:kpi", args=[region.slug, found.slug]) if found else ""
    return _frame(region, "visions", "KPI", "compacts:kpis", found, address)


def initiative_frame(region: Region, found: Initiative | None, back: str = "") -> Frame:
    """An initiative's, or that of something below it which goes `back` elsewhere."""
    address = initiative_url(region, found) if found else ""
    frame = _frame(region, "initiatives", "取組", "compacts:initiatives", found, address)
    return Frame(back or frame.back, frame.crumbs, frame.nav_active, frame.eyebrow)


def initiative_url(region: Region, initiative: Initiative) -> str:
    """The initiative's page where one is installed, else its line in the list."""
    try:
        return reverse("portal:initiative", args=[region.slug, initiative.slug])
    except NoReverseMatch:
        return f"{reverse('compacts:initiatives', args=[region.slug])}#{initiative.slug}"


def _frame(region: Region, nav: str, label: str, listed_at: str, found: object, address: str) -> Frame:
    list_url = reverse(listed_at, args=[region.slug])
    if found is None:
        return Frame(list_url, [(label, list_url)], nav)
    return Frame(address, [(label, list_url), (str(found), address)], nav, str(found))

"""The public pages: for residents, without log-in, without a script."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_safe

from keniki.apps.portal import open_data
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import own_path, public_page
from keniki.apps.workflow import storage

from . import published, queries

FURIGANA = "keniki_furigana"
_YEAR = 365 * 24 * 3600
#: Pages of before the server's last start are not taken for the same: the program may have changed.
_STARTED = time.time_ns()
#: The pages asked for last, in the memory of each process.
_PAGES = LocMemCache("public-pages", {"TIMEOUT": 3600, "OPTIONS": {"MAX_ENTRIES": 200}})


@require_safe
def regions(request: HttpRequest) -> HttpResponse:
    """All regions of this installation."""
    return page(request, None, "regions", listed=queries.listed())


View = Callable[..., HttpResponseBase]


def forget_pages() -> None:
    """Forget what `remembered` keeps."""
    _PAGES.clear()


def remembered(view: View) -> View:
    """Make a page once for all readers, and answer 304 to one who has it as it is.

    Every deed in the region gives the page another tag, as does a new day. The pages of those who are logged in are
    made anew and kept by nobody.
    """

    @wraps(view)
    def asked(request: HttpRequest, region: Region, **names: str) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, region, **names)
        seen = (
            _STARTED,
            open_data.state(region).digest,
            request.get_full_path(),
            request.COOKIES.get(FURIGANA),
        )
        digest = hashlib.sha256(repr(seen).encode()).hexdigest()
        if _knows(request, digest):
            response = _not_modified(digest)
        elif (kept := _PAGES.get(digest)) is not None:
            response = _revalidated(HttpResponse(kept), digest)
        else:
            response = view(request, region, **names)
            if isinstance(response, HttpResponse) and response.status_code == 200:
                _PAGES.set(digest, response.content)
                _revalidated(response, digest)
        patch_vary_headers(response, ["Cookie"])
        return response

    return asked


@require_safe
@public_page
@remembered
def home(request: HttpRequest, region: Region) -> HttpResponse:
    """What the region is, who belongs to it, what it does."""
    return page(request, region, "home", home=queries.home(region))


@require_safe
@public_page
@remembered
def members(request: HttpRequest, region: Region) -> HttpResponse:
    """The members on a map and in a table."""
    rows, figures = queries.members_and_whole(region)
    return page(
        request,
        region,
        "members",
        rows=rows,
        known=queries.known_figures(rows),
        former=queries.former_members(region),
        maps=queries.both_maps(region, rows),
        figures=figures,
    )


@require_safe
@public_page
@remembered
def activities(request: HttpRequest, region: Region) -> HttpResponse:
    """What was done, by year and initiative."""
    wanted = (request.GET.get(name, "") for name in ("year", "initiative", "page"))
    found = queries.activity_page(region, *wanted)
    return page(request, region, "activities", list=found)


@require_safe
@public_page
@remembered
def activity(request: HttpRequest, region: Region, activity: str) -> HttpResponse:
    """One activity with its photos."""
    found = published.activity_for(region, activity)
    initiative = published.initiative_for(region, found.initiative.slug)
    return page(
        request,
        region,
        "activity",
        active="activities",
        card=queries.cards(region, [found])[0],
        initiative=initiative,
        origin=found.taken_from,
    )


@require_safe
@public_page
@remembered
def initiative(request: HttpRequest, region: Region, initiative: str) -> HttpResponse:
    """One initiative: what it is for, who does what, what was done."""
    found = published.initiative_for(region, initiative)
    photos = published.photos(region).filter(initiative=found, activity=None)
    return page(
        request,
        region,
        "initiative",
        active="activities",
        initiative=found,
        years=queries.initiative_years(region, found),
        photos=photos,
        kpis=[sheet for sheet in queries.kpi_sheets(region) if sheet.kpi.initiative_id == found.pk],
        agreements=_unique(
            link.agreement
            for link in found.annex_links.all()
            if link.agreement.state in published.AGREEMENT_STATES
        ),
    )


@require_safe
@public_page
@remembered
def vision(request: HttpRequest, region: Region) -> HttpResponse:
    """The region's visions with goals and KPIs."""
    pages = queries.vision_pages(region)
    loose = [] if pages else queries.kpi_sheets(region)
    return page(request, region, "vision", visions=pages, loose_kpis=loose, rule=queries.status_statement())


@require_safe
@public_page
def kpi_chart(request: HttpRequest, region: Region, kpi: str, shape: str) -> HttpResponseBase:
    """The chart of one KPI as SVG; its table stands on the page."""
    found = next((sheet for sheet in queries.kpi_sheets(region) if sheet.kpi.slug == kpi), None)
    if found is None:
        raise Http404("指標が見つかりません。")
    chart = queries.kpi_chart(found, queries.CHART_WIDTHS[shape])
    digest = hashlib.sha256(json.dumps(chart.spec, sort_keys=True).encode()).hexdigest()
    if _knows(request, digest):
        return _not_modified(digest)
    key = f"kpi-chart-{digest}"
    svg = cache.get(key)
    if svg is None:
        svg = chart.svg()
        cache.set(key, svg, _YEAR)
    return _revalidated(HttpResponse(svg, content_type="image/svg+xml"), digest)


@require_safe
@public_page
@remembered
def agreements(request: HttpRequest, region: Region) -> HttpResponse:
    """The region's agreements."""
    return page(request, region, "agreements", agreements=published.agreements(region))


@require_safe
@public_page
@remembered
def agreement(request: HttpRequest, region: Region, agreement: str) -> HttpResponse:
    """One agreement with its text, annex and signatories."""
    found = published.agreement_for(region, agreement)
    text = published.text_of(found)
    return page(
        request,
        region,
        "agreement",
        active="agreements",
        agreement=found,
        text=text,
        annex=queries.annex(region, text) if text is not None else [],
        origin=found.taken_from,
    )


@require_safe
@public_page
@remembered
def documents(request: HttpRequest, region: Region) -> HttpResponse:
    """The documents that were submitted and published."""
    return page(request, region, "documents", documents=queries.public_documents(region))


@require_safe
@public_page
@remembered
def data(request: HttpRequest, region: Region) -> HttpResponse:
    """The open data sets with what they hold."""
    return page(
        request, region, "data", datasets=open_data.described(region), licence=open_data.licence(region)
    )


@require_safe
@public_page
def catalogue(request: HttpRequest, region: Region) -> HttpResponseBase:
    """All data sets as a DCAT catalogue in JSON-LD."""
    return open_data.catalogue_response(request, region)


@require_safe
@public_page
def dataset(request: HttpRequest, region: Region, dataset: str, format: str) -> HttpResponseBase:
    """One data set as CSV or JSON."""
    return open_data.response(request, region, dataset, format)


@require_safe
@public_page
def photo(request: HttpRequest, region: Region, photo: str) -> HttpResponseBase:
    """The public copy of a photo; every visit asks again, since consent can be withdrawn."""
    found = published.photo_for(region, photo)
    if _knows(request, found.public_digest):
        return _not_modified(found.public_digest)
    try:
        content = storage.get(found.public_digest)
    except storage.LostFile:
        raise Http404("写真の画像がありません。") from None
    return _revalidated(HttpResponse(content, content_type=_media_type(content)), found.public_digest)


@require_safe
def furigana(request: HttpRequest) -> HttpResponse:
    """Show readings over kanji, or no more; back to the page the reader came from."""
    response = redirect(own_path(request, request.GET.get("next", "")) or "/")
    if request.GET.get("on") == "1":
        response.set_cookie(
            FURIGANA, "1", max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(FURIGANA, samesite="Lax")
    return response


_NAVIGATION = (
    ("home", "[圏域|けんいき]"),
    ("members", "まち"),
    ("activities", "[活動|かつどう]"),
    ("vision", "ビジョン"),
    ("agreements", "[協定|きょうてい]"),
    ("documents", "[文書|ぶんしょ]"),
    ("data", "データ"),
)


def page(
    request: HttpRequest, region: Region | None, name: str, *, active: str = "", **context: Any
) -> HttpResponse:
    """A public page inside the frame, with the ways to the others."""
    shown = request.COOKIES.get(FURIGANA) == "1"
    ways = []
    if region is not None:
        ways = [
            {
                "url": reverse(f"public:{key}", args=[region.slug]),
                "label": label,
                "current": key == (active or name),
            }
            for key, label in _NAVIGATION
        ]
    query = {"next": request.get_full_path(), "on": "0" if shown else "1"}
    context |= {
        "region": region,
        "public_url": reverse("public:home", args=[region.slug]) if region is not None else "",
        "public_nav": ways,
        "furigana": shown,
        "furigana_url": reverse("public:furigana", query=query),
    }
    response = render(request, f"portal/public/{name}.html", context)
    patch_vary_headers(response, ["Cookie"])
    return response


def _media_type(content: bytes) -> str:
    return "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"


def _unique(rows: Any) -> list[Any]:
    return list({row.pk: row for row in rows}.values())


def _knows(request: HttpRequest, digest: str) -> bool:
    return quote_etag(digest) in parse_etags(request.headers.get("If-None-Match", ""))


def _not_modified(digest: str) -> HttpResponseBase:
    return _revalidated(HttpResponseNotModified(), digest)


def _revalidated(response: HttpResponseBase, digest: str) -> HttpResponseBase:
    response.headers["ETag"] = quote_etag(digest)
    response.headers["Cache-Control"] = "no-cache"
    return response

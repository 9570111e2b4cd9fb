"""The reception page that works without network: the page, its worker, its manifest. None holds a record."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page

from ..field_pages import manifest_answer, worker_answer
from ..models import Incident
from ..queries import incidents as queries
from ..queries.towns import towns_seen
from .frame import marked


@region_page
@ensure_csrf_cookie
@require_GET
def reception_app(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The page for a shelter's reception. It is the same for everybody, and kept on the device."""
    incident = _incident(request, region, slug)
    return HttpResponse(_reception(region, incident))


@region_page
@require_GET
def reception_worker(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The worker that keeps the page."""
    incident = _incident(request, region, slug)
    return worker_answer(_address("app", incident), _reception(region, incident))


@region_page
@require_GET
def reception_manifest(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How the installed page is called."""
    incident = _incident(request, region, slug)
    return manifest_answer(incident, _address("app", incident), "避難所受付")


def _incident(request: StaffRequest, region: Region, slug: str) -> Incident:
    if not towns_seen(request.actor, region):
        raise Http404("この圏域に、受付を行う市町村がありません。")
    return queries.incident_for(region, slug)


def _address(name: str, incident: Incident) -> str:
    return reverse(f"disaster:reception-{name}", args=[incident.region.slug, incident.slug])


def _reception(region: Region, incident: Incident) -> str:
    names = ("app", "worker", "manifest", "data", "events", "send", "device", "bundles")
    return render_to_string(
        "disaster/field/reception.html",
        {
            **marked(incident),
            "region": region,
            "addresses": {name: _address(name, incident) for name in names},
            "login": f"{reverse('account_login')}?next={_address('app', incident)}",
        },
    )

"""The frame of the reception's pages: a town's own people only, and answers in JSON for the page without network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import Denied
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Incident
from ...queries import incidents
from ...queries.towns import towns_seen
from ..frame import incident_page, incident_way


@dataclass(frozen=True)
class Desk:
    """A town's reception in an incident."""

    incident: Incident
    town: Municipality

    @property
    def region(self) -> Region:
        return self.incident.region

    @property
    def home(self) -> str:
        """The first page of this reception."""
        return self.address("town")

    def address(self, name: str, *parts: object) -> str:
        """The address of a page of this reception."""
        return reverse(
            f"disaster:reception-{name}", args=[self.region.slug, self.incident.slug, self.town.code, *parts]
        )

    def crumbs(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """The way here."""
        return incident_way(
            self.incident,
            ("受付", reverse("disaster:reception", args=[self.region.slug, self.incident.slug])),
            (self.town.name, self.address("town")),
            *more,
        )


def desk_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page with a town's persons, `view(request, desk, …)`: 404 for everybody without a post in the town."""

    @wraps(view)
    def wrapped(
        request: StaffRequest, region: Region, slug: str, code: str, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        incident = incidents.incident_for(region, slug)
        town = Municipality.objects.filter(code=code, memberships__region=region).first()
        if town is None or not policies.see_person(request.actor, region, town):
            raise Http404("この市町村の受付は見つかりません。")
        with scope(region=region, towns={town.pk}):
            response = view(request, Desk(incident, town), *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            return response

    return region_page(wrapped)


def shown(
    request: StaffRequest, desk: Desk, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of a town's reception."""
    return incident_page(
        request,
        desk.incident,
        f"disaster/reception/{template}",
        status=status,
        town=desk.town,
        desk=desk,
        ruling=policies.record_on_page(request.actor, desk.incident, desk.town),
        **context,
    )


class Unknown(Exception):
    """A device that is none of the actor's towns."""


def json_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """An address of the page without network: `view(request, incident, towns, …)`, every refusal in JSON.

    `towns` are those whose persons the actor may be shown. Whoever has none gets 404; who asks for JSON without being
    logged in, 401 instead of the way to the log-in.
    """

    @wraps(view)
    def inside(
        request: StaffRequest, region: Region, slug: str, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        incident = incidents.incident_for(region, slug)
        towns = towns_seen(request.actor, region)
        if not towns:
            raise Http404("この圏域に、受付を行う市町村がありません。")
        try:
            return view(request, incident, towns, *args, **kwargs)
        except WrongInput as wrong:
            return refusal(wrong.message, 422, column=wrong.column)
        except Denied as denied:
            return refusal(str(denied), 403)
        except Unknown as unknown:
            return refusal(str(unknown), 404, code="unknown")

    page = region_page(inside)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asks = "application/json" in request.headers.get("Accept", "")
        if asks and not request.user.is_authenticated:
            return refusal("ログインの期限が切れました。もう一度ログインしてください。", 401)
        response = page(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return wrapped


def refusal(message: str, status: int, **more: str | None) -> JsonResponse:
    """A refusal in JSON."""
    said = {"message": message, **{name: value for name, value in more.items() if value}}
    return JsonResponse({"error": said}, status=status)

"""What the page without network asks for and sends: JSON for the session of whoever is logged in."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keniki.analysis import merging, reception
from keniki.analysis.merging.kinds import PRESENCE_STATES
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.pages import StaffRequest
from keniki.core.errors import WrongInput

from ...actions import privacy
from ...actions.events import take_events
from ...actions.reception.devices import DeviceDraft, register_device
from ...field_keys import server_public
from ...models import Device, Incident
from ...queries.board import known_places
from ...queries.reception import field
from ...queries.states import state_of
from .frame import Unknown, json_page, refusal


@require_GET
@json_page
def data(request: StaffRequest, incident: Incident, towns: list[Municipality]) -> HttpResponseBase:
    """Everything the page needs before the network goes: no person is in it."""
    region = incident.region
    known = known_places(region)
    own = {town.code for town in towns}
    told = state_of(incident, ["shelter"])
    device = field.device_for(region, request.GET.get("device", ""))
    places = [
        (f"shelter:{slug}", slug, place.name, place.town)
        for slug, place in known.shelters.items()
        if not place.ended
    ]
    registered = {entity for entity, *_ in places}
    for each in told.of_kind("shelter"):
        name, town = each.value("name"), each.value("town")
        if each.name not in registered and name and town in known.towns:
            places.append((each.name, each.name.partition(":")[2], name, town))
    shelters = [
        {
            "entity": entity,
            "slug": slug,
            "name": name,
            "town": town,
            "own": town in own,
            "status": told.joined[entity].value("status") if entity in told.joined else None,
        }
        for entity, slug, name, town in places
    ]
    return JsonResponse(
        {
            "incident": {
                "uid": str(incident.uid),
                "slug": incident.slug,
                "title": incident.title,
                "mode": incident.mode,
                "mode_words": incident.get_mode_display(),
                "ended": incident.ended_at is not None,
            },
            "region": region.slug,
            "towns": [
                {"code": code, "name": town.name, "own": code in own} for code, town in known.towns.items()
            ],
            "town": {"code": towns[0].code, "name": towns[0].name},
            "user": request.actor.name,
            "kinds": merging.described(),
            "shelters": sorted(shelters, key=lambda each: not each["own"]),
            "words": {
                "diet": reception.DIET,
                "care": reception.CARE,
                "pets": reception.PETS,
                "presence": PRESENCE_STATES,
                "languages": reception.LANGUAGES,
            },
            "server_key": server_public(),
            "device": _device(device) if device is not None and device.municipality in towns else None,
            "csrf": get_token(request),
            "now": timezone.localtime().isoformat(),
            "most": field.MOST,
        }
    )


@require_POST
@json_page
def register(request: StaffRequest, incident: Incident, towns: list[Municipality]) -> HttpResponseBase:
    """Register the device this page runs on, for the own town."""
    sent = _body(request)
    code = sent.get("town") or towns[0].code
    town = next((each for each in towns if each.code == code), None)
    if town is None:
        raise WrongInput("端末は、あなたの市町村の端末として登録してください。", column="town")
    draft = DeviceDraft(*(str(sent.get(name, "")) for name in ("device", "name", "public_key")))
    made = register_device(request.actor, incident.region, town, draft)
    return JsonResponse({"device": _device(made)})


@require_GET
@json_page
def events(request: StaffRequest, incident: Incident, towns: list[Municipality]) -> HttpResponseBase:
    """What happened since, of own persons and all shelters."""
    device = _own_device(incident, towns, request.GET.get("device", ""))
    if device.is_revoked:
        return refusal(_revoked(device), 403, code="revoked")
    given = field.events_since(incident, field.read_cursor(request.GET.get("after", "")))
    if given.people:
        privacy.looked(
            request.actor, incident.region, device.municipality, privacy.Deed.LIST, "受付の端末への配信",
            key=device.device, people=given.people, incident=incident,
        )  # fmt: skip
    return JsonResponse(
        {
            "events": given.events,
            "cursor": given.cursor,
            "more": given.more,
            "now": timezone.localtime().isoformat(),
        }
    )


@require_POST
@json_page
def send(request: StaffRequest, incident: Incident, towns: list[Municipality]) -> HttpResponseBase:
    """What a device recorded: stored or kept aside; of a device that was struck off all is kept aside."""
    sent = _body(request)
    device = _own_device(incident, towns, str(sent.get("device", "")))
    raws = sent.get("events")
    for raw in raws if isinstance(raws, list) else ():
        if isinstance(raw, dict) and raw.get("incident") != str(incident.uid):
            raise WrongInput("別の事案のできごとです。その事案の受付から送ってください。", column="incident")
    receipt = take_events(request.actor, incident.region, raws, device=device.device)
    if device.is_revoked:
        return refusal(_revoked(device), 403, code="revoked")
    return JsonResponse(
        {
            "stored": receipt.stored,
            "known": receipt.known,
            "refused": [
                {"number": each.number, "id": each.id, "reason": each.reason} for each in receipt.refused
            ],
            "conflicts": receipt.conflicts,
        }
    )


def _own_device(incident: Incident, towns: list[Municipality], ident: str) -> Device:
    """The device of one of these towns; 404 for any other."""
    device = field.device_for(incident.region, ident)
    if device is None or device.municipality not in towns:
        raise Unknown("この端末は登録されていません。端末を登録してください。")
    return device


def _revoked(device: Device) -> str:
    return f"この端末（{device.name}）は登録を抹消されています。送った内容は保留しました。"


def _device(device: Device) -> dict[str, Any]:
    return {
        "device": device.device,
        "name": device.name,
        "town": device.municipality.code,
        "revoked": device.is_revoked,
    }


def _body(request: StaffRequest) -> dict[str, Any]:
    try:
        if request.content_type == "application/json":
            found = json.loads(request.body)
        else:
            found = request.POST.dict()
            if "events" in found:
                found["events"] = json.loads(found["events"])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise WrongInput("送られた内容が読み取れません。")
    return found

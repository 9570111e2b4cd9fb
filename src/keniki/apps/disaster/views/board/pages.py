"""The board of an incident: everything at a glance, now or as it was known at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.apps.regions.fields import MomentField
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.apps.regions.policies import town_post

from ... import policies
from ...board_map import board_map
from ...damage_rows import sheet_rows
from ...models import Event, Incident
from ...queries import hazards, incidents
from ...queries.board import Board, board_of
from ..frame import incident_page

#: The board asks after so many seconds whether anything is new.
POLL_SECONDS: Final = 20
_NOTES: Final = 10


class AtForm(forms.Form):
    """As of when."""

    at = MomentField(label="いつの時点", required=False)


@region_page
@require_GET
def board(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The board with all its parts; `?at=` shows what was known then."""
    found = incidents.incident_for(region, slug)
    at, wrong = moment_asked(request, found)
    shown = board_of(found, at=at)
    own = town_post(request.actor, region)
    known = hazards.town_shapes(region)
    return incident_page(
        request,
        found,
        "disaster/board/board.html",
        **parts(request, found, shown, at),
        at_form=AtForm({"at": request.GET.get("at", "")}) if "at" in request.GET else AtForm(),
        at_wrong=wrong,
        at_query=f"?{urlencode({'at': request.GET['at']})}" if at else "",
        map=board_map(f"{found}の地図", known, shown, reverse_board(found)),
        known=known,
        own_town=own.municipality_id if own is not None else None,
        ruling=policies.record_on_page(request.actor, found, None),
    )


@region_page
@require_GET
def live(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """The changing parts of the board for a page that stays open; 204 while they are as its `?tag=` says."""
    found = incidents.incident_for(region, slug)
    if request.GET.get("tag") == tag_of(found):
        return HttpResponse(status=204)
    before = request.GET.get("tag", "").partition("-")[0]
    number = Event.objects.filter(incident=found, personal=False).count()
    fresh = number - int(before) if before.isdecimal() and len(before) < 10 else 0
    shown = board_of(found)
    return incident_page(
        request, found, "disaster/board/_live.html", **parts(request, found, shown, None), fresh=max(fresh, 0)
    )


def parts(request: HttpRequest, incident: Incident, shown: Board, at: datetime | None) -> dict[str, Any]:
    """What the changing parts of the board are given."""
    day = timezone.localtime(at or timezone.now()).date()
    rows = sheet_rows(day, [row.figures for row in shown.damage]) if shown.damage else []
    return {
        "board": shown,
        "damage": {
            "towns": [row.town_name for row in shown.damage],
            "rows": [row for row in rows if row.is_told],
        },
        "at": at,
        "made_at": timezone.now(),
        "tag": tag_of(incident),
        "seconds": POLL_SECONDS,
        "notes": shown.notes[:_NOTES],
        "polls": at is None,
    }


def tag_of(incident: Incident) -> str:
    """What changes when the board would look different: how many events there are, and each minute the ages."""
    rows = (
        Event.objects.filter(incident=incident).order_by("-received_at").values_list("received_at", flat=True)
    )
    last = rows.first()
    number = Event.objects.filter(incident=incident, personal=False).count()
    minute = int(timezone.now().timestamp() // 60)
    return f"{number}-{last.timestamp() if last else 0:.6f}-{minute}"


def moment_asked(request: HttpRequest, incident: Incident) -> tuple[datetime | None, str]:
    """The moment a page is asked for (None: now), and what is wrong with what was asked.

    Between a month before the incident began and now; the end of the minute, so that what came in it is in.
    """
    typed = request.GET.get("at", "").strip()
    if not typed:
        return None, ""
    form = AtForm({"at": typed})
    if not form.is_valid():
        return None, "日時が読み取れません。いまの状況を表示しています。"
    moment: datetime = form.cleaned_data["at"] + timedelta(seconds=59, microseconds=999_999)
    if moment >= timezone.now() + timedelta(minutes=1):
        return None, "まだ来ていない日時です。いまの状況を表示しています。"
    if moment < incident.began_at - timedelta(days=31):
        return None, "事案が始まるより前の日時です。いまの状況を表示しています。"
    return moment, ""


def reverse_board(incident: Incident) -> str:
    """The address of the board."""
    return reverse("disaster:board", args=[incident.region.slug, incident.slug])


@region_page
@require_GET
def shelters(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """All shelters, also those that are not open: from here they are opened."""
    found = incidents.incident_for(region, slug)
    shown = board_of(found)
    code = request.GET.get("town", "")
    return incident_page(
        request,
        found,
        "disaster/board/shelters.html",
        rows=[row for row in shown.shelters if not code or row.town == code],
        towns=shown.towns,
        code=code,
        made_at=timezone.now(),
        ruling=policies.record_on_page(request.actor, found, None),
    )

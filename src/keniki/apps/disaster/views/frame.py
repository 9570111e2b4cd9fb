"""The frame of an incident's pages: each says on top, in its title and on paper whether it is real or an exercise."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from keniki.apps.regions.pages import StaffRequest, page

from ..models import Incident


def marked(incident: Incident) -> dict[str, Any]:
    """What every template of an incident is given."""
    return {
        "incident": incident,
        "title_mark": f"【{incident.get_mode_display()}】",
        "drill": incident.is_exercise,
        "drill_text": f"{incident.title}　この画面は訓練です。実際の災害ではありません。",
        "real_incident": None if incident.is_exercise else incident,
    }


def incident_way(incident: Incident, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """The crumbs above a page of an incident: labels and addresses."""
    slug = incident.region.slug
    return [
        ("防災", reverse("disaster:overview", args=[slug])),
        ("事案", reverse("disaster:incidents", args=[slug])),
        (incident.title, incident.get_absolute_url()),
        *more,
    ]


def incident_page(
    request: StaffRequest, incident: Incident, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of an incident."""
    return page(request, template, status=status, nav_active="disaster", **{**marked(incident), **context})

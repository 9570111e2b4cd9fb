"""Where people ask whether somebody is safe."""

from __future__ import annotations

from dataclasses import dataclass

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from ...models import Incident, Mode, SupportTown


@dataclass(frozen=True)
class Window:
    """A town's window, and the incident its web form is open for (None: the window only)."""

    town: Municipality
    place: str
    incident: Incident | None


def windows_of(region: Region) -> list[Window]:
    """Every member town. The web form is open in a real incident that is shown to residents and not over."""
    rules = {row.municipality_id: row for row in SupportTown.objects.filter(region=region)}
    incident = Incident.objects.filter(region=region, mode=Mode.REAL, public=True, ended_at=None).first()
    if incident is not None:
        incident.region = region
    found = []
    for row in members_on(region):
        own = rules.get(row.municipality_id)
        opened = incident if own is not None and own.web_inquiries else None
        found.append(Window(row.municipality, own.inquiry_place if own else "", opened))
    return found

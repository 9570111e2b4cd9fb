"""What residents are told: of incidents that are shown to them, and where to flee to at any time. No person is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django_scopes import scope

from keniki.analysis import merging
from keniki.analysis.merging.kinds import HEADQUARTERS, ORDERS, ROADS, SHELTER_STATES
from keniki.apps.accounts.snapshots import stamp
from keniki.apps.regions.models import Region

from ..models import Hazard, Incident, Mode, Shelter
from .board import Datum, DistrictRow, Known, ShelterRow, TownRow, composed, known_places
from .states import headcounts_of, state_of
from .warnings import weather_of

#: The form of board.json; a change that a reader has to know of makes another number.
FORMAT: Final = "keniki.board/1"
_KINDS: Final = ("town", "district", "shelter", "road", "warning")
_OPEN: Final = ("preparing", "open", "full")
#: What residents read where two people said different things.
UNSURE: Final = "確認中"


def boards(regions: Sequence[Region], at: datetime) -> dict[str, Any]:
    """board.json of some regions: `real` and `exercise` apart, and each incident says which it is."""
    return {
        "format": FORMAT,
        "generated_at": stamp(at),
        "regions": [board_of(region) for region in regions],
    }


def board_of(region: Region) -> dict[str, Any]:
    """One region: its incidents that are shown to residents, and its shelters."""
    with scope(region=region, towns=()):
        known = known_places(region)
        shelters = list(Shelter.objects.filter(region=region, ended_on=None).select_related("municipality"))
        shown = list(
            Incident.objects.filter(region=region, public=True, ended_at=None).order_by("began_at", "pk")
        )
        by_slug = {each.slug: each for each in shelters}
        found: dict[str, list[dict[str, Any]]] = {Mode.REAL.value: [], Mode.EXERCISE.value: []}
        for incident in shown:
            incident.region = region
            found[incident.mode].append(_incident(incident, known, by_slug))
        return {
            "slug": region.slug,
            "name": region.name,
            "fictional": region.fictional,
            **found,
            "weather": _weather(region),
            "shelters": [_place(each) for each in shelters],
        }


def _weather(region: Region) -> dict[str, Any] | None:
    """What the weather agency says stands, with the moment it was last heard of; None where nothing is known, or the
    source has been silent for so long that it cannot be relied on."""
    weather = weather_of(region)
    if not weather.fresh or weather.heard_at is None:
        return None
    return {
        "source": "気象庁",
        "heard_at": stamp(weather.heard_at),
        "towns": [
            {
                "code": each.town.code,
                "name": each.town.name,
                "level": each.level,
                "warnings": [
                    {
                        "title": line.title,
                        "area": line.area,
                        "level": line.level,
                        "at": stamp(line.at),
                        "office": line.office,
                    }
                    for line in each.lines
                ],
            }
            for each in weather.towns
        ],
    }


def _incident(incident: Incident, known: Known, shelters: Mapping[str, Shelter]) -> dict[str, Any]:
    counts = headcounts_of(incident)
    board = composed(state_of(incident, _KINDS), counts, known, {})
    return {
        "id": str(incident.uid),
        "mode": incident.mode,
        "mode_label": incident.get_mode_display(),
        "title": incident.title,
        "hazard": incident.get_hazard_display(),
        "began_at": stamp(incident.began_at),
        "towns": [_town(row) for row in board.towns],
        "orders": _orders(board.districts),
        "shelters": [
            _shelter(row, shelters.get(row.slug), counts.places.get(row.entity))
            for row in sorted(board.shelters, key=lambda each: (each.town_name, each.name))
            if row.status.conflict or row.status.value in _OPEN
        ],
        "roads": [
            {
                "name": _text(row.name),
                "town": row.town_name,
                "state": UNSURE if row.state.conflict else ROADS[row.state.value],
                "reason": _text(row.reason),
                "detour": _text(row.detour),
            }
            for row in sorted(board.roads, key=lambda each: (each.town_name, _text(each.name)))
            if row.state.conflict or row.state.value not in (None, "open")
        ],
        "warnings": [
            {
                "title": _text(row.title),
                "town": row.town_name,
                "level": row.level.value,
                "at": row.issued_at.value,
                "source": _text(row.source),
            }
            for row in board.warnings
            if row.in_force
        ],
    }


def _town(row: TownRow) -> dict[str, Any]:
    state = row.headquarters.part("state")
    return {
        "code": row.town,
        "name": row.name,
        "headquarters": UNSURE if row.headquarters.conflict else HEADQUARTERS[state] if state else "",
        "warning_level": row.level.value,
        "message": _text(row.message),
    }


def _orders(districts: Sequence[DistrictRow]) -> list[dict[str, Any]]:
    """Orders that hold, the gravest first; one people disagree about before all others."""
    rows = [
        {
            "district": row.name,
            "town": row.town_name,
            "order": UNSURE if row.order.conflict else ORDERS[row.order.part("level")],
            "warning_level": row.level or None if not row.order.conflict else None,
            "at": row.order.part("at"),
            "reason": row.order.part("reason") or "",
        }
        for row in districts
        if row.order.conflict or row.order.part("level") not in (None, "none", "lifted")
    ]
    return sorted(rows, key=lambda row: (-(row["warning_level"] or 9), row["town"], row["district"]))


def _shelter(row: ShelterRow, registered: Shelter | None, people: merging.Headcount | None) -> dict[str, Any]:
    """A shelter that is open, full or being prepared, with how many people are there, as a range."""
    return {
        "slug": row.slug,
        "name": row.name,
        "town": row.town_name,
        "address": registered.address if registered is not None else row.address,
        "status": UNSURE if row.status.conflict else SHELTER_STATES[row.status.value],
        "full": row.status.value == "full",
        "people": {"low": people.low, "high": people.high} if people is not None else None,
        "counted": (
            {"people": row.count.part("people"), "at": row.count.part("counted_at")}
            if row.count.value
            else None
        ),
        "capacity": row.capacity.value,
    }


def _place(shelter: Shelter) -> dict[str, Any]:
    """A place to flee to, as it is registered."""
    return {
        "slug": shelter.slug,
        "name": shelter.name,
        "town": shelter.municipality.name,
        "address": shelter.address,
        "latitude": float(shelter.latitude) if shelter.latitude is not None else None,
        "longitude": float(shelter.longitude) if shelter.longitude is not None else None,
        "emergency_site": shelter.is_site,
        "shelter": shelter.is_shelter,
        "welfare_shelter": shelter.is_welfare,
        "hazards": [Hazard(each).label for each in shelter.hazards if each in Hazard.values],
    }


def _text(datum: Datum) -> str:
    return UNSURE if datum.conflict else str(datum.value or "")

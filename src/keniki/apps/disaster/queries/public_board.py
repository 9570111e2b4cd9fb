"""What residents are told: of incidents that are shown to them, and where to flee to at any time. No person is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django_scopes import scope

from keniki.analysis import merging
from keniki.analysis.merging.kinds import HEADQUARTERS, ORDERS, ROADS, SHELTER_STATES
from keniki.apps.accounts.snapshots import stamp
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from ..models import District, Hazard, Incident, Mode, Shelter
from .states import headcounts_of, state_of

#: The form of board.json; a change that a reader has to know of makes another number.
FORMAT: Final = "keniki.board/1"
_KINDS: Final = ("town", "district", "shelter", "road")
_LEVELS: Final = {"elderly": 3, "evacuate": 4, "safety": 5}
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
        towns = [row.municipality for row in members_on(region)]
        shelters = list(Shelter.objects.filter(region=region, ended_on=None).select_related("municipality"))
        shown = list(
            Incident.objects.filter(region=region, public=True, ended_at=None).order_by("began_at", "pk")
        )
        found: dict[str, list[dict[str, Any]]] = {Mode.REAL.value: [], Mode.EXERCISE.value: []}
        for incident in shown:
            incident.region = region
            found[incident.mode].append(_incident(incident, towns, shelters))
        return {
            "slug": region.slug,
            "name": region.name,
            "fictional": region.fictional,
            **found,
            "shelters": [_place(each) for each in shelters],
        }


def _incident(
    incident: Incident, towns: Sequence[Municipality], shelters: Sequence[Shelter]
) -> dict[str, Any]:
    state = state_of(incident, _KINDS)
    names = {town.code: town.name for town in towns}
    return {
        "id": str(incident.uid),
        "mode": incident.mode,
        "mode_label": incident.get_mode_display(),
        "title": incident.title,
        "hazard": incident.get_hazard_display(),
        "began_at": stamp(incident.began_at),
        "towns": [_town(town, state.joined.get(f"town:{town.code}")) for town in towns],
        "orders": _orders(incident, state, names),
        "shelters": _open_shelters(incident, state, shelters, names),
        "roads": _roads(state, names),
    }


def _town(town: Municipality, told: merging.Joined | None) -> dict[str, Any]:
    headquarters = _value(told, "headquarters")
    level = _value(told, "warning_level")
    return {
        "code": town.code,
        "name": town.name,
        "headquarters": UNSURE if headquarters is UNSURE else _word(HEADQUARTERS, headquarters, "state"),
        "warning_level": level if isinstance(level, int) else None,
        "message": _text(_value(told, "message")),
    }


def _orders(incident: Incident, state: merging.State, names: dict[str, str]) -> list[dict[str, Any]]:
    """Orders that hold, the gravest first."""
    known = {
        f"district:{slug}": (name, code)
        for slug, name, code in District.objects.filter(region=incident.region).values_list(
            "slug", "name", "municipality__code"
        )
    }
    rows = []
    for each in state.of_kind("district"):
        order = _value(each, "order")
        if order is None or (isinstance(order, dict) and order["level"] in ("none", "lifted")):
            continue
        name, code = known.get(each.name, (_text(_value(each, "name")), _text(_value(each, "town"))))
        sure = isinstance(order, dict)
        rows.append(
            {
                "district": name,
                "town": names.get(code, ""),
                "order": ORDERS[order["level"]] if sure else UNSURE,
                "warning_level": _LEVELS.get(order["level"]) if sure else None,
                "at": order.get("at") if sure else None,
                "reason": order.get("reason", "") if sure else "",
            }
        )
    return sorted(rows, key=lambda row: (-(row["warning_level"] or 9), row["town"], row["district"]))


def _open_shelters(
    incident: Incident, state: merging.State, shelters: Sequence[Shelter], names: dict[str, str]
) -> list[dict[str, Any]]:
    """Shelters that are open, full or being prepared, with how many people are there, as a range."""
    known = {f"shelter:{each.slug}": each for each in shelters}
    counts = headcounts_of(incident).places
    rows = []
    for each in state.of_kind("shelter"):
        status = _value(each, "status")
        if status is not UNSURE and status not in _OPEN:
            continue
        shelter = known.get(each.name)
        people = counts.get(each.name)
        counted = _value(each, "count")
        rows.append(
            {
                "slug": each.name.partition(":")[2],
                "name": shelter.name if shelter is not None else _text(_value(each, "name")),
                "town": (
                    shelter.municipality.name
                    if shelter is not None
                    else names.get(_text(_value(each, "town")), "")
                ),
                "address": shelter.address if shelter is not None else _text(_value(each, "address")),
                "status": UNSURE if status is UNSURE else SHELTER_STATES[status],
                "full": status == "full",
                "people": {"low": people.low, "high": people.high} if people is not None else None,
                "counted": (
                    {"people": counted["people"], "at": counted["counted_at"]}
                    if isinstance(counted, dict)
                    else None
                ),
                "capacity": _number(_value(each, "capacity")),
            }
        )
    return sorted(rows, key=lambda row: (row["town"], row["name"]))


def _roads(state: merging.State, names: dict[str, str]) -> list[dict[str, Any]]:
    rows = []
    for each in state.of_kind("road"):
        told = _value(each, "state")
        if told in (None, "open"):
            continue
        rows.append(
            {
                "name": _text(_value(each, "name")),
                "town": names.get(_text(_value(each, "town")), ""),
                "state": UNSURE if told is UNSURE else ROADS[told],
                "reason": _text(_value(each, "reason")),
                "detour": _text(_value(each, "detour")),
            }
        )
    return sorted(rows, key=lambda row: (row["town"], row["name"]))


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


def _value(told: merging.Joined | None, name: str) -> Any:
    """What is said of a field; UNSURE where people disagree."""
    register = told.registers.get(name) if told is not None else None
    if register is None:
        return None
    return UNSURE if register.conflict else register.value


def _word(words: dict[str, str], value: Any, key: str) -> str:
    return words[value[key]] if isinstance(value, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None

"""Of which towns somebody is shown records about persons, and for which they write."""

from __future__ import annotations

from collections.abc import Callable

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from .. import policies
from ..models import Incident


def towns_seen(actor: Actor, region: Region) -> list[Municipality]:
    """The towns whose persons and houses the actor may be shown, in the region's order."""
    return _where(region, lambda town: policies.see_person(actor, region, town))


def towns_placed(actor: Actor, region: Region, kept: Municipality | None = None) -> dict[str, Municipality]:
    """The towns whose shelters and districts the actor writes, by code; `kept` too when it is no member any more."""
    return _by_code(_where(region, lambda town: policies.write_place(actor, region, town), kept))


def towns_recorded(actor: Actor, incident: Incident) -> dict[str, Municipality]:
    """The towns for which the actor says on the board what they did, by code."""
    return _by_code(_where(incident.region, lambda town: policies.record_on_page(actor, incident, town)))


def _where(
    region: Region, allowed: Callable[[Municipality], object], kept: Municipality | None = None
) -> list[Municipality]:
    towns = [row.municipality for row in members_on(region)]
    if kept is not None and kept not in towns:
        towns.append(kept)
    return [town for town in towns if allowed(town)]


def _by_code(towns: list[Municipality]) -> dict[str, Municipality]:
    return {town.code: town for town in towns}

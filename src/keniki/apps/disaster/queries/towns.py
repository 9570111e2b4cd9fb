"""Which towns' records about persons somebody is shown."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from .. import policies


def towns_seen(actor: Actor, region: Region) -> list[Municipality]:
    """The towns whose persons and houses the actor may be shown, in the region's order."""
    towns = [row.municipality for row in members_on(region)]
    return [town for town in towns if policies.see_person(actor, region, town)]

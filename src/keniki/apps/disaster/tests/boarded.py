"""Shelters for the tests of the board."""

from __future__ import annotations

from collections.abc import Mapping

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.models import Shelter
from keniki.apps.regions.models import Municipality, Region


def halls(region: Region, towns: Mapping[str, Municipality], actor: Actor) -> dict[str, Shelter]:
    """A hall in each of two towns."""
    found = {}
    for slug, name in (("kita", "川北町"), ("hoshi", "星野町")):
        with verb(actor, "testing.shelter", quiet=True) as act:
            hall = Shelter(region=region, slug=slug, name=f"{name}体育館", is_shelter=True)
            hall.municipality = towns[name]
            found[slug] = act.save(hall)
    return found

"""What the people at each shelter need, in numbers only: for whoever sends meals, helpers and supplies."""

from __future__ import annotations

from dataclasses import dataclass

from django_scopes import get_scope, scope

from keniki.apps.accounts.scoping import EVERY_TOWN

from ...models import Incident
from .people import Person, Roll, needs_of


@dataclass(frozen=True)
class ShelterNeeds:
    """A shelter's needs: kind, words, number of people; nobody's name."""

    entity: str
    name: str
    town: str
    people: int
    rows: tuple[tuple[str, str, int], ...]


def needs_by_shelter(incident: Incident) -> list[ShelterNeeds]:
    """The needs of everybody who is in or away, by shelter, of all towns; the last row is those at no shelter.

    Everybody's record is read here, and nothing but sums leaves.
    """
    region = get_scope().get("region", incident.region)
    with scope(region=region, towns=EVERY_TOWN):
        roll = Roll(incident)
    groups: dict[str, list[Person]] = {}
    for person in roll.persons:
        at = {place.entity for place in person.places if place.state in ("in", "away")}
        if len(at) == 1:
            groups.setdefault(next(iter(at)), []).append(person)
    known = roll.known
    found = []
    for entity, persons in groups.items():
        place = known.shelters.get(entity.partition(":")[2])
        rows = tuple(needs_of(persons))
        name = roll.shelter_name(entity) if entity else "避難所以外"
        town = known.town_name(place.town) if place is not None else ""
        found.append(ShelterNeeds(entity, name, town, len(persons), rows))
    return sorted(found, key=lambda each: (not each.entity, each.town, each.name))

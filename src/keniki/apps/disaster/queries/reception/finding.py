"""Finding persons of a town for an inquiry about their safety (安否情報の照会)."""

from __future__ import annotations

from datetime import date

from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality
from keniki.core.text import search_key

from ... import policies
from ...models import Incident
from .people import Person, Roll


def find_persons(
    actor: Actor,
    incident: Incident,
    town: Municipality,
    *,
    name: str = "",
    kana: str = "",
    birth: date | None = None,
    address: str = "",
    phone: str = "",
) -> list[Person]:
    """The persons of a town (there, or at home there) that fit everything asked, by search keys; at most 50.

    Name or kana is needed: nobody leafs through. A record that says nothing of birthday, address or phone is kept,
    one that says otherwise is not. Raises `Denied` without a post in the town. The caller writes the look down
    (`looked(…, Deed.INQUIRY, …)`) and answers nothing about the protected (`person.joined.value("protected")`) or
    those who did not consent (`inquiry_consent`).
    """
    policies.see_person(actor, incident.region, town).require()
    if not search_key(name) and not search_key(kana):
        return []
    with scope(region=incident.region, towns={town.pk}):
        persons = Roll(incident).persons
    asked = {"name": name, "kana": kana}
    found = []
    for person in persons:
        said = {field: search_key(person.text(field)) for field in asked}
        wanted = {field: search_key(text) for field, text in asked.items() if search_key(text)}
        if not any(said[field] and wanted[field] in said[field] for field in wanted):
            continue
        if any(said[field] and wanted[field] not in said[field] for field in wanted):
            continue
        if _contradicts(person.text("birth"), birth.isoformat() if birth else ""):
            continue
        if _contradicts(person.text("address"), address) or _contradicts(person.text("phone"), phone):
            continue
        found.append(person)
    return found[:50]


def _contradicts(said: str, asked: str) -> bool:
    """Whether the record says something else than what was asked."""
    told, wanted = search_key(said), search_key(asked)
    return bool(told and wanted) and wanted not in told and told not in wanted

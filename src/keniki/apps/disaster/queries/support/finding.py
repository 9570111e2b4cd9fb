"""Finding persons of the reception who may be the one somebody asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from keniki.analysis import merging
from keniki.apps.regions.models import Municipality
from keniki.core.text import search_key

from ...models import EntityState, Incident
from ..states import entity_of


@dataclass(frozen=True)
class Found:
    """A person of the reception: the entity, name, day of birth, address, where it is, health, phone, and whether it
    agreed to be spoken of (None: nobody asked, or people wrote different things)."""

    entity: str
    name: str
    kana: str
    birth: str
    address: str
    where: str
    health: str
    phone: str
    consent: bool | None


def find(
    incident: Incident, town: Municipality, *, name: str, kana: str = "", birth: str = "", for_answer: bool
) -> list[Found]:
    """Persons received in this town, or from it, of this name (or its reading) and, where both say one, day of birth.

    `for_answer`: who is protected is not among them, nor who cannot be told apart from a protected person, whatever
    one of several writes says. Every row is opened and compared alike, so that it takes the same time whether somebody
    is protected, absent or found.
    """
    rows = EntityState.objects.filter(
        Q(municipality=town) | Q(home=town),
        incident=incident, kind="person", personal=True, sealed__isnull=False,
    )  # fmt: skip
    wanted = {key for key in (search_key(name), search_key(kana)) if key}
    alike: list[tuple[Found, bool, bool]] = []
    same: dict[str, str] = {}
    protected: set[str] = set()
    for row in rows.order_by("entity"):
        registers = entity_of(row).registers
        told = _told(row.entity, registers)
        for other in _values(registers, merging.SAME_AS):
            same[row.entity] = str(other)
        if any(value is True for value in _values(registers, "protected")):
            protected.add(row.entity)
        named = bool(wanted & ({search_key(told.name), search_key(told.kana)} - {""}))
        if named and (not birth or not told.birth or birth == told.birth):
            alike.append((told, row.void, row.entity in same))
    hidden = {_end(entity, same) for entity in protected}
    guarded = [told for told, _, _ in alike if _end(told.entity, same) in hidden]
    return [
        told
        for told, void, merged in alike
        if not void and not merged and not (for_answer and any(_one(told, each) for each in guarded))
    ]


def _end(entity: str, same: dict[str, str]) -> str:
    """The entity that stands for this one."""
    seen = {entity}
    while entity in same and same[entity] not in seen:
        entity = same[entity]
        seen.add(entity)
    return entity


def _one(one: Found, other: Found) -> bool:
    """Whether these may be one person: days of birth that differ tell them apart, nothing else does."""
    return one.entity == other.entity or not (one.birth and other.birth and one.birth != other.birth)


def _told(entity: str, registers: Any) -> Found:
    consents = _values(registers, "inquiry_consent")
    presence = [each for each in _values(registers, "presence") if isinstance(each, dict)]
    where = "、".join(dict.fromkeys(str(each.get("where") or each.get("place") or "") for each in presence))
    return Found(
        entity=entity,
        name=_text(registers, "name"),
        kana=_text(registers, "kana"),
        birth=_text(registers, "birth"),
        address=_text(registers, "address"),
        where=where,
        health=_text(registers, "health"),
        phone=_text(registers, "phone"),
        consent=False if False in consents else True if consents else None,
    )


def _values(registers: Any, name: str) -> list[Any]:
    found = registers.get(name)
    return [] if found is None else list(found.values)


def _text(registers: Any, name: str) -> str:
    return "／".join(str(each) for each in _values(registers, name) if each not in (None, ""))

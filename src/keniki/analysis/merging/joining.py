"""Entities entered twice, joined (名寄せ): one person at two receptions is one, with everything both wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .entities import Entity
from .kinds import SAME_AS, VOID
from .registers import Register, register_of


@dataclass(frozen=True)
class Joined:
    """One thing, entered once or several times. `name` is the smallest of its `members`.

    `registers` are the members' fields folded together: different single values are conflicts. `void`: taken
    back altogether. `unsure_void` and `unsure_join`: people disagree about that; `parts` are the members in the
    groups that nobody disputes.
    """

    name: str
    members: tuple[str, ...]
    registers: Mapping[str, Register]
    void: bool
    unsure_void: bool
    unsure_join: bool
    parts: tuple[tuple[str, ...], ...]

    @property
    def conflicts(self) -> list[str]:
        """The fields about which people disagree."""
        found = [name for name, register in self.registers.items() if register.conflict]
        if self.unsure_void:
            found.append(VOID)
        if self.unsure_join:
            found.append(SAME_AS)
        return sorted(set(found))

    def value(self, name: str) -> Any:
        """The value of a field; None when nothing stands or there is a conflict."""
        register = self.registers.get(name)
        return None if register is None else register.value

    def members_of(self, collection: str) -> dict[str, Any]:
        """The agreed values of a collection by member: `needs.diet` → {"egg": True}; what is empty is left out."""
        start = f"{collection}."
        return {
            name.removeprefix(start): register.value
            for name, register in self.registers.items()
            if name.startswith(start) and register.value is not None
        }


def nothing_said(name: str) -> Joined:
    """Something that others speak of and of which nothing has arrived itself.

    >>> nothing_said("household:1").registers
    {}
    """
    return Joined(name, (name,), {}, False, False, False, ((name,),))


def voided(entity: Entity) -> tuple[bool, bool]:
    """Whether the entity was taken back, and whether people disagree about it.

    >>> from keniki.analysis.merging.entities import fold_entity
    >>> from keniki.analysis.merging.examples import event
    >>> voided(fold_entity([event("a", void={"value": True, "reason": "二重登録"})]))
    (True, False)
    """
    register = entity.registers.get(VOID)
    if register is None:
        return False, False
    said = {value["value"] for value in register.heads.values()}
    return said == {True}, len(said) > 1


def join(entities: Mapping[str, Entity]) -> dict[str, Joined]:
    """What the entities are once those said to be the same are taken together, by name, sorted.

    Whatever value of `same_as` stands joins, also one that is disputed. An entity that was taken back joins
    nothing, and of several members only those not taken back give their fields.

    >>> from keniki.analysis.merging.entities import fold_entity
    >>> from keniki.analysis.merging.examples import event, person
    >>> one = fold_entity([event("a", person("one"), name="岩見 沢子", same_as=person("two"))])
    >>> two = fold_entity([event("b", person("two"), name="岩見 澤子")])
    >>> [each] = join({one.entity: one, two.entity: two}).values()
    >>> each.name == min(one.entity, two.entity), each.conflicts
    (True, ['name'])
    """
    sure: list[tuple[str, str]] = []
    unsure: list[tuple[str, str]] = []
    for name, entity in entities.items():
        register = entity.registers.get(SAME_AS)
        if register is None or voided(entity)[0]:
            continue
        pairs = [(name, other) for other in register.heads.values() if other is not None]
        (unsure if register.conflict else sure).extend(pairs)
    every = _grouped(sure + unsure)
    apart = _grouped(sure) if unsure else every
    alone = [(name,) for name in entities if name not in every]
    groups = sorted({*alone, *every.values()})
    disputed = {name for pair in unsure for name in pair}
    return {
        group[0]: _joined(group, entities, apart, unsure=not disputed.isdisjoint(group)) for group in groups
    }


def _joined(
    group: tuple[str, ...],
    entities: Mapping[str, Entity],
    apart: Mapping[str, tuple[str, ...]],
    *,
    unsure: bool,
) -> Joined:
    known = [entities[name] for name in group if name in entities]
    gone = [voided(entity) for entity in known]
    void = bool(known) and all(taken_back for taken_back, _ in gone)
    counting = (
        known if void else [each for each, (taken_back, _) in zip(known, gone, strict=True) if not taken_back]
    )
    unsure_void = not void and any(disputed for _, disputed in gone)
    parts = tuple(sorted({apart.get(name, (name,)) for name in group})) if unsure else (group,)
    return Joined(group[0], group, merged(counting), void, unsure_void, unsure, parts)


def merged(entities: Sequence[Entity]) -> dict[str, Register]:
    """The fields of several entities folded together; `void` and `same_as` stay with each of them.

    >>> from keniki.analysis.merging.entities import fold_entity
    >>> from keniki.analysis.merging.examples import event, person
    >>> one = fold_entity([event("a", person("one"), name="岩見 沢子")])
    >>> two = fold_entity([event("b", person("two"), phone="0126-00-0000")])
    >>> sorted(merged([one, two]))
    ['name', 'phone']
    """
    own = {VOID, SAME_AS}
    if len(entities) == 1:
        return {name: register for name, register in entities[0].registers.items() if name not in own}
    names = sorted({name for entity in entities for name in entity.writes} - own)
    return {
        name: register_of(
            {ident: write for entity in entities for ident, write in entity.writes.get(name, {}).items()}
        )
        for name in names
    }


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The group of everything named in the pairs, each group sorted."""
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        low, high = sorted((top(one), top(other)))
        parent[high] = low
    members: dict[str, list[str]] = {}
    for name in list(parent):
        members.setdefault(top(name), []).append(name)
    groups = [tuple(sorted(group)) for group in members.values()]
    return {name: group for group in groups for name in group}

"""Which town an event concerns, and whether the actor may say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from ... import policies
from ...models import District, EntityState, Incident, Shelter
from ...queries.states import entity_of

#: The fields of a request or an offer that the town answering it writes.
ANSWERS: Final = frozenset({"state", "partner", "promised", "delivered", "answers", "memo"})


@dataclass(frozen=True)
class Placed:
    """An event with the town it concerns, the town its person comes from, and the ruling that lets it in."""

    number: int
    event: merging.Event
    town: Municipality | None
    home: Municipality | None
    ruling: Ruling


class Placing:
    """Which town an event concerns, and whether the actor may say it."""

    def __init__(self, actor: Actor, incident: Incident, states: Mapping[str, EntityState]) -> None:
        self.actor, self.incident, self.states = actor, incident, states
        region = incident.region
        rows = Municipality.objects.filter(memberships__region=region).distinct()
        self.towns = {town.code: town for town in rows}
        self.by_id = {town.pk: town for town in rows}
        self.places: dict[str, Municipality | None] = {}
        self.rulings: dict[tuple[bool, int | None], Ruling] = {}
        self.new: dict[str, Municipality | None] = {}
        own = [post.municipality_id for post in actor.posts if post.municipality_id in self.by_id]
        self.own = self.by_id[own[0]] if own and own[0] is not None else None

    def place(self, number: int, event: merging.Event) -> Placed:
        """Raises `WrongInput` for an unknown place or town, `Denied` where the actor may not record."""
        kind, key = merging.split_entity(event.entity)
        if is_about_persons(event.entity):
            town, home = self._person_towns(event)
            ruling = self._person_ruling(event, town, home)
        else:
            town, home = self._town(event, kind, key), None
            ruling = self._ruling(False, town)
            if not ruling and kind == "request":
                ruling = self._partner_ruling(event) or ruling
        self.new[event.entity] = town
        return Placed(number, event, town, home, ruling.require())

    def _town(self, event: merging.Event, kind: str, key: str) -> Municipality | None:
        if kind in ("town", "damage"):
            return self._by_code(key, "entity")
        if kind in ("shelter", "district"):
            return self._of_place(event.entity) or self._new_place(event, kind)
        said = event.fields.get("town")
        if said is not None and said.value:
            return self._by_code(str(said.value), "fields.town")
        return self._before(event.entity) or (self.own if kind == "note" else None)

    def _new_place(self, event: merging.Event, kind: str) -> Municipality:
        """A place nobody registered tells its name and town with its first event."""
        label = merging.KINDS[kind].label
        name, town = event.fields.get("name"), event.fields.get("town")
        if name is None or not name.value or town is None or not town.value:
            raise WrongInput(
                f"{label}「{event.entity.partition(':')[2]}」は登録されていません。登録のない{label}は、"
                "名称と市町村も送ってください。",
                column="entity",
            )
        return self._by_code(str(town.value), "fields.town")

    def _person_towns(self, event: merging.Event) -> tuple[Municipality | None, Municipality | None]:
        presence, place, home = (event.fields.get(name) for name in ("presence", "place", "home"))
        where = None
        if presence is not None and isinstance(presence.value, dict):
            where = presence.value.get("place")
        if place is not None and isinstance(place.value, str):
            where = where or place.value
        there = self._of_place(where) if where else None
        if where and there is None:
            raise WrongInput(
                f"避難所「{where.partition(':')[2]}」は登録されていません。", column="fields.presence"
            )
        from_ = self.towns.get(str(home.value)) if home is not None and home.value else None
        state = self.states.get(event.entity)
        if from_ is None and state is not None and state.home_id is not None:
            from_ = self.by_id.get(state.home_id)
        return there or self._before(event.entity) or self.own, from_

    def _person_ruling(
        self, event: merging.Event, town: Municipality | None, home: Municipality | None
    ) -> Ruling:
        """Its own people: of the town of the place, of the home, or of where the person was before."""
        before = self._before(event.entity)
        towns = [each for each in (town, before, home) if each is not None]
        if not towns:
            return policies.record_person(self.actor, self.incident.region, next(iter(self.towns.values())))
        rulings = [self._ruling(True, each) for each in towns]
        return next((ruling for ruling in rulings if ruling), rulings[0])

    def _ruling(self, personal: bool, town: Municipality | None) -> Ruling:
        key = (personal, town.pk if town is not None else None)
        if key not in self.rulings:
            if personal and town is not None:
                self.rulings[key] = policies.record_person(self.actor, self.incident.region, town)
            else:
                self.rulings[key] = policies.record(self.actor, self.incident, town)
        return self.rulings[key]

    def _partner_ruling(self, event: merging.Event) -> Ruling | None:
        """The town that takes a request or an offer up says so itself, and what became of it."""
        if not set(event.fields) <= ANSWERS:
            return None
        said = event.fields.get("partner")
        state = self.states.get(event.entity)
        before = entity_of(state).registers.get("partner") if state is not None else None
        codes = [said.value] if said is not None else list(before.values) if before is not None else []
        rulings = [self._ruling(False, self.towns[code]) for code in codes if code in self.towns]
        return next((ruling for ruling in rulings if ruling), None)

    def _before(self, entity: str) -> Municipality | None:
        if entity in self.new:
            return self.new[entity]
        state = self.states.get(entity)
        return self.by_id.get(state.municipality_id) if state is not None and state.municipality_id else None

    def _of_place(self, entity: str) -> Municipality | None:
        """The town of a shelter or district, registered or told in this incident."""
        if entity not in self.places:
            kind, key = merging.split_entity(entity)
            model = Shelter if kind == "shelter" else District
            row = model.objects.filter(region=self.incident.region, slug=key).values_list(
                "municipality", flat=True
            )
            pk = row.first()
            if pk is None:
                told = EntityState.objects.filter(incident=self.incident, entity=entity)
                pk = told.values_list("municipality", flat=True).first()
            self.places[entity] = self.by_id.get(pk) if pk is not None else self.new.get(entity)
        return self.places[entity] or self.new.get(entity)

    def _by_code(self, code: str, column: str) -> Municipality:
        town = self.towns.get(code)
        if town is None:
            raise WrongInput(f"「{code}」は、この圏域の市町村のコードではありません。", column=column)
        return town


def is_about_persons(entity: str) -> bool:
    """Whether an entity is a person or a household."""
    return merging.KINDS[merging.split_entity(entity)[0]].personal


def named_town(incident: Incident, entity: str) -> Municipality | None:
    """The town an entity is named after."""
    kind, key = merging.split_entity(entity)
    if kind not in ("town", "damage"):
        return None
    return Municipality.objects.filter(code=key, memberships__region=incident.region).first()

"""The persons and households of a town's reception: who is where, what they need, what people disagree about.

To be called in a scope of towns: what is not of these towns is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.http import Http404
from django.utils.dateparse import parse_date

from keniki.analysis import merging, reception
from keniki.analysis.merging.kinds import PRESENCE_STATES
from keniki.apps.regions.policies import today
from keniki.core.text import search_key

from ...models import Event, Incident
from ..board import Known, Mark, known_places, words
from ..states import state_of

PRESENCE: Final = "presence"
#: Fields by which two entries may be one person: kana (or name) and, as far as both say it, the birthday.
_ALIKE: Final = ("kana", "name")


@dataclass(frozen=True)
class Place:
    """Where somebody is said to be: state, the shelter's name or where else, since when."""

    state: str
    entity: str
    name: str
    where: str
    since: str

    @property
    def words(self) -> str:
        """In one line."""
        state = PRESENCE_STATES.get(self.state, self.state)
        at = self.name or self.where
        return f"{state}（{at}）" if at else state


@dataclass(frozen=True)
class Person:
    """A person as the reception shows it; joined from several entries where people said so."""

    joined: merging.Joined
    household: str
    places: tuple[Place, ...]
    diet: tuple[str, ...]
    care: tuple[str, ...]

    @property
    def entity(self) -> str:
        return self.joined.name

    @property
    def key(self) -> str:
        return self.joined.name.partition(":")[2]

    def text(self, name: str) -> str:
        """A field in words; every value where people disagree."""
        register = self.joined.registers.get(name)
        return "／".join(str(value) for value in register.values if value is not None) if register else ""

    @property
    def name(self) -> str:
        return self.text("name") or self.text("kana") or "氏名未入力"

    @property
    def kana(self) -> str:
        return self.text("kana")

    @property
    def age(self) -> int | None:
        """In years today, from the birthday, else as told."""
        birth = self.joined.value("birth")
        day = parse_date(birth) if isinstance(birth, str) else None
        if day is not None:
            now = today()
            return now.year - day.year - ((now.month, now.day) < (day.month, day.day))
        age = self.joined.value("age")
        return age if isinstance(age, int) else None

    @property
    def presence(self) -> str:
        """Where the person is, every version where people disagree."""
        return "／".join(dict.fromkeys(place.words for place in self.places)) or "未入力"

    @property
    def state(self) -> str:
        """The one state people agree on, else empty."""
        found = {place.state for place in self.places}
        return next(iter(found)) if len(found) == 1 else ""

    @property
    def needs(self) -> str:
        """What has to be thought of, in one line."""
        parts = [reception.words(self.diet, reception.DIET), reception.words(self.care, reception.CARE)]
        parts += [self.text("needs.diet_note"), self.text("needs.care_note")]
        parts += ["服薬・医療あり" if self.text("needs.medicine") else "", self.text("needs.language")]
        return "、".join(part for part in parts if part)

    @property
    def has_needs(self) -> bool:
        return bool(self.needs)

    @property
    def conflicts(self) -> list[str]:
        return self.joined.conflicts

    @property
    def sort_key(self) -> tuple[str, str]:
        return (search_key(self.kana or self.name), self.key)


@dataclass(frozen=True)
class Household:
    """A household with its persons."""

    joined: merging.Joined
    persons: tuple[Person, ...]
    pets: Mapping[str, int]

    @property
    def key(self) -> str:
        return self.joined.name.partition(":")[2]

    @property
    def name(self) -> str:
        head = self.joined.value("head") or (self.persons[0].name if self.persons else "")
        return f"{head}の世帯" if head else "世帯"

    @property
    def pet_words(self) -> str:
        return "、".join(f"{reception.PETS.get(kind, kind)}{number}" for kind, number in self.pets.items())


@dataclass(frozen=True)
class Asked:
    """What a list is narrowed by: part of a name or kana (or a card's number), a shelter, a state, needs, whether
    people disagree."""

    q: str = ""
    shelter: str = ""
    state: str = ""
    needs: str = ""

    @property
    def is_search(self) -> bool:
        return bool(self.q)


class Roll:
    """Everybody in scope, once: three queries, whatever their number."""

    def __init__(self, incident: Incident) -> None:
        self.incident = incident
        self.state = state_of(incident, ["person", "household"])
        self.known: Known = known_places(incident.region)
        self.told = state_of(incident, ["shelter"])
        self.persons = sorted(
            (self._person(each) for each in self.state.of_kind("person")), key=lambda each: each.sort_key
        )

    def person(self, key: str, *, void: bool = True) -> Person:
        """A person by its key or that of an entry joined to it; 404 when there is none in scope."""
        name = self.state.name_of(f"person:{key}")
        joined = self.state.joined.get(name)
        if joined is None or (not joined.registers and not void):
            raise Http404("この人の記録は見つかりません。")
        return self._person(joined)

    @cached_property
    def households(self) -> list[Household]:
        """The households in scope, by name."""
        members: dict[str, list[Person]] = {}
        for person in self.persons:
            if person.household:
                members.setdefault(person.household, []).append(person)
        return [self._household(each, members) for each in self.state.of_kind("household")]

    def household(self, key: str) -> Household:
        """A household by its key, also one that only its persons name: its own record may arrive after theirs.

        404 when nobody in scope is in it and nothing was written of it.
        """
        name = self.state.name_of(f"household:{key}")
        joined = self.state.joined.get(name)
        members = [person for person in self.persons if person.household == name]
        if joined is None and not members:
            raise Http404("この世帯の記録は見つかりません。")
        return self._household(joined or merging.nothing_said(name), {name: members})

    def narrowed(self, asked: Asked) -> list[Person]:
        """The persons a list shows."""
        needle = search_key(asked.q)
        token = asked.q.replace("-", "").replace(" ", "").upper()
        return [
            person
            for person in self.persons
            if (
                not needle
                or needle in search_key(person.kana)
                or needle in search_key(person.name)
                or (len(token) >= 6 and token in (person.text("card") + person.text("line")).upper())
            )
            and (not asked.shelter or any(_at(place, asked.shelter) for place in person.places))
            and (not asked.state or any(place.state == asked.state for place in person.places))
            and (
                not asked.needs
                or (asked.needs == "any" and person.has_needs)
                or (asked.needs == "conflict" and person.conflicts)
                or asked.needs in person.diet
                or asked.needs in person.care
            )
        ]

    def outside(self) -> list[Person]:
        """Who is in, and at no shelter: in cars, at relatives'."""
        return [
            person
            for person in self.persons
            if any(place.state in ("in", "away") and not place.entity for place in person.places)
        ]

    def doubtful(self) -> list[Person]:
        """Whom people disagree about."""
        return [person for person in self.persons if person.conflicts]

    def doubles(self) -> list[tuple[Person, Person]]:
        """Pairs that may be one person: the same name or kana, and no birthday or age that says otherwise."""
        found: dict[tuple[str, str], tuple[Person, Person]] = {}
        for name in _ALIKE:
            groups: dict[str, list[Person]] = {}
            for person in self.persons:
                if key := search_key(person.text(name)):
                    groups.setdefault(key, []).append(person)
            for group in groups.values():
                for at, one in enumerate(group):
                    for other in group[at + 1 :]:
                        if not _differ(one, other):
                            low, high = sorted((one, other), key=lambda each: each.entity)
                            found.setdefault((low.entity, high.entity), (low, high))
        return list(found.values())

    def shelter_name(self, entity: str) -> str:
        """What a shelter is called."""
        place = self.known.shelters.get(entity.partition(":")[2])
        if place is not None:
            return place.name
        joined = self.told.joined.get(self.told.name_of(entity))
        return str((joined.value("name") if joined else "") or entity.partition(":")[2])

    def shelters(self, code: str) -> list[tuple[str, str]]:
        """The shelters of a town to choose from: entity and name, those told in this incident too."""
        found = {
            f"shelter:{slug}": place.name
            for slug, place in self.known.shelters.items()
            if place.town == code and not place.ended
        }
        for each in self.told.of_kind("shelter"):
            if each.value("town") == code and each.value("name"):
                found.setdefault(each.name, each.value("name"))
        return list(found.items())

    def all_shelters(self) -> list[tuple[str, str]]:
        """The shelters of all towns with the town's name, for a move."""
        return [
            (entity, f"{town.name} {name}")
            for code, town in self.known.towns.items()
            for entity, name in self.shelters(code)
        ]

    def told_words(self, kind: str, name: str, value: Any) -> str:
        """A field's value in words, with names for shelters and persons."""
        if name == PRESENCE and isinstance(value, dict):
            return self._place(value).words
        if isinstance(value, str) and value.startswith("shelter:"):
            return self.shelter_name(value)
        if isinstance(value, str) and value.startswith("person:"):
            joined = self.state.joined.get(self.state.name_of(value))
            return self._person(joined).name if joined else "ほかの記録"
        if isinstance(value, str) and value.startswith("household:"):
            joined = self.state.joined.get(self.state.name_of(value))
            return self.household(value.partition(":")[2]).name if joined else "世帯"
        return words.value(kind, name, value)

    def _person(self, joined: merging.Joined) -> Person:
        register = joined.registers.get(PRESENCE)
        places = tuple(
            self._place(value) for value in (register.values if register else ()) if isinstance(value, dict)
        )
        household = joined.value("household")
        return Person(
            joined,
            self.state.name_of(household) if isinstance(household, str) else "",
            places,
            tuple(joined.members_of("needs.diet")),
            tuple(joined.members_of("needs.care")),
        )

    def _household(self, joined: merging.Joined, members: Mapping[str, Sequence[Person]]) -> Household:
        pets = {kind: number for kind, number in joined.members_of("pets").items() if number}
        return Household(joined, tuple(members.get(joined.name, ())), pets)

    def _place(self, value: Mapping[str, Any]) -> Place:
        entity = value.get("place") or ""
        return Place(
            value.get("state", ""),
            entity,
            self.shelter_name(entity) if entity else "",
            value.get("where") or "",
            value.get("since") or "",
        )


@dataclass(frozen=True)
class Entry:
    """A line of a person's history: what was written, by whom, when; whether it still stands."""

    id: str
    field: str
    label: str
    words: str
    mark: Mark | None
    stands: bool
    note: str = ""


def label_of(kind: str, name: str) -> str:
    """What a field is called, members of the needs by their own words."""
    group, _, member = name.rpartition(".")
    known = {"needs.diet": reception.DIET, "needs.care": reception.CARE, "pets": reception.PETS}.get(group)
    label = merging.field_of(kind, name).label
    return f"{label}：{known.get(member, member)}" if known else label


def history_of(roll: Roll, joined: merging.Joined) -> list[Entry]:
    """Everything that was written of an entity and what it is joined with, the newest first."""
    members = [name for name in joined.members if name in roll.state.entities]
    rows = Event.objects.filter(incident=roll.incident, entity__in=members)
    marks, notes = _marks(rows)
    kind = joined.name.partition(":")[0]
    found: list[tuple[datetime | None, Entry]] = []
    names = sorted({name for member in members for name in roll.state.entities[member].writes})
    for name in names:
        own = name in (merging.VOID, merging.SAME_AS)
        for source in members if own else [joined.name]:
            pasts = roll.state.entities[source].history(name) if own else roll.state.history(source, name)
            for past in pasts:
                mark = marks.get(past.id)
                entry = Entry(
                    past.id, name, label_of(kind, name), roll.told_words(kind, name, past.value), mark, past.stands,
                    notes.get(past.id, ""),
                )  # fmt: skip
                found.append((mark.at if mark else None, entry))
    found.sort(key=lambda pair: (pair[0].timestamp() if pair[0] else 0, pair[1].label), reverse=True)
    return [entry for _, entry in found]


def options_of(roll: Roll, joined: merging.Joined, name: str) -> list[Entry]:
    """The different values that stand in a field people disagree about, each with who wrote it."""
    return [entry for entry in history_of(roll, joined) if entry.field == name and entry.stands]


def needs_of(persons: Iterable[Person], pets: Iterable[Household] = ()) -> list[tuple[str, str, int]]:
    """How many of those who are in or away need what: kind, words, number."""
    here = [person for person in persons if person.state in ("in", "away", "")]
    diet = Counter(each for person in here for each in person.diet)
    care = Counter(each for person in here for each in person.care)
    medicine = sum(bool(person.text("needs.medicine")) for person in here)
    tongues = Counter(
        person.text("needs.language")
        for person in here
        if person.text("needs.language") not in ("", "日本語")
    )
    animals: Counter[str] = Counter()
    for each in pets:
        animals.update(each.pets)
    found = [("食事", words_, diet[key]) for key, words_ in reception.DIET.items() if diet[key]]
    found += [("介助・設備", words_, care[key]) for key, words_ in reception.CARE.items() if care[key]]
    found += [("服薬・医療", "服薬・医療処置がある", medicine)] if medicine else []
    found += [("言語", tongue, number) for tongue, number in tongues.most_common()]
    found += [
        ("ペット（匹）", words_, animals[key]) for key, words_ in reception.PETS.items() if animals[key]
    ]
    return found


def _marks(rows: Any) -> tuple[dict[str, Mark], dict[str, str]]:
    labels = dict(Event.Via.choices)
    marks, notes = {}, {}
    for row in rows:
        marks[str(row.pk)] = Mark(
            row.received_at, row.actor_name, row.post_label, row.on_behalf_of, str(labels[row.via])
        )
        if note := (row.sealed or {}).get("note"):
            notes[str(row.pk)] = str(note)
    return marks, notes


def _at(place: Place, asked: str) -> bool:
    return place.entity == asked if asked != "none" else not place.entity and place.state in ("in", "away")


def _differ(one: Person, other: Person) -> bool:
    births = {person.text("birth") for person in (one, other)} - {""}
    if len(births) > 1:
        return True
    ages = [person.age for person in (one, other)]
    return None not in ages and abs(ages[0] - ages[1]) > 1  # type: ignore[operator]

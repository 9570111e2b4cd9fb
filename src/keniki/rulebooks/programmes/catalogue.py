"""Other regions and their practices: what the papers print, with what they leave open kept open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from pydantic import Field, field_validator, model_validator

from keniki.rulebooks.loader import Entry, Rule, Rulebook, check_evidence, load

#: A field since the declaration, and one added later.
FIRST, ADDED = "○", "●"
#: What a cell holds whose column the paper's text has lost.
UNKNOWN_COLUMN: Final = "列不明"


class FieldRow(Entry):
    """A region's marks from left to right as printed; in which columns they stand is not known.

    `marks` and `added` are the counts that any filling-in has to keep. `centres` are named without 市.
    """

    number: int
    name: str
    centres: tuple[str, ...]
    declared: int
    sequence: str
    marks: int
    added: int

    @model_validator(mode="after")
    def _counts(self) -> FieldRow:
        if set(self.sequence) - {FIRST, ADDED}:
            raise ValueError(f"{self.name} の印は {FIRST} と {ADDED} だけにしてください")
        if len(self.sequence) != self.marks or self.sequence.count(ADDED) != self.added:
            raise ValueError(f"{self.name} の印の数が合いません")
        return self

    def possible_columns(self, position: int, columns: int) -> range:
        """The columns (from 0) in which the mark at `position` (from 0) can stand among `columns`."""
        return range(position, columns - self.marks + position + 1)


class RegionCount(Entry):
    """How many centres, regions and members there were on a day."""

    programme: str
    area: str
    as_of: date
    centres: int
    regions: int | None = None
    members: int | None = None
    eligible: int | None = None
    place: str


class HubRegion(Entry):
    """One column of the comparison of designated cities; a city that had not declared has no dates."""

    city: str
    declared: date | None = None
    agreed: date | None = None
    vision: date | None = None
    partners: str
    population: int
    area: Decimal
    reference: bool = False

    @property
    def density(self) -> Decimal:
        """Persons per km²."""
        return Decimal(self.population) / self.area


class Practice(Entry):
    """An example of cooperation: the paper's own text, why it may serve others, and where it stands.

    `fields` are keys of the policy fields of 定住自立圏, assigned by Keniki.
    """

    id: str
    title: str
    body: str
    region: str = ""
    fields: tuple[str, ...] = ()
    text: str
    why: str = ""
    note: str = ""
    place: str
    evidence: tuple[str, ...]

    @field_validator("evidence")
    @classmethod
    def _evidence_exists(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return check_evidence(labels)


class Similarity(Entry):
    """What makes regions alike: classes of population and of the number of members, each by its lower limit."""

    population: tuple[int, ...]
    members: tuple[int, ...]

    def population_class(self, value: int) -> int:
        """The number of the class (from 0) that a population falls in."""
        return sum(value >= limit for limit in self.population)

    def members_class(self, value: int) -> int:
        """The number of the class (from 0) that a number of members falls in."""
        return sum(value >= limit for limit in self.members)


class Catalogue(Entry):
    """One part of the catalogue: regions with their fields, counts, a comparison or practices."""

    title: str
    programme: str = ""
    legend: dict[str, str] = Field(default_factory=dict)
    marks: int | None = None
    added: int | None = None
    regions: tuple[FieldRow, ...] = ()
    counts: tuple[RegionCount, ...] = ()
    comparison: tuple[HubRegion, ...] = ()
    practices: tuple[Practice, ...] = ()
    similarity: Similarity | None = None

    @model_validator(mode="after")
    def _totals(self) -> Catalogue:
        if self.marks is not None and self.marks != sum(row.marks for row in self.regions):
            raise ValueError("marks が各圏域の計と合いません")
        if self.added is not None and self.added != sum(row.added for row in self.regions):
            raise ValueError("added が各圏域の計と合いません")
        ids = [practice.id for practice in self.practices]
        if len(set(ids)) != len(ids):
            raise ValueError("practices の id が重なっています")
        return self


def fields_of_hokkaido(on: date) -> Rule[Catalogue]:
    """The 13 regions of Hokkaido and their fields as printed."""
    return _catalogue().on("fields_of_hokkaido", on)


def region_counts(on: date) -> Rule[Catalogue]:
    """How many regions there were, in Japan and in Hokkaido."""
    return _catalogue().on("status", on)


def similarity(on: date) -> Rule[Catalogue]:
    """By what regions are taken for alike."""
    return _catalogue().on("similarity", on)


def hub_regions(on: date) -> Rule[Catalogue]:
    """The hub-city regions of designated cities side by side."""
    return _catalogue().on("designated_cities", on)


def practices(on: date) -> Rule[Catalogue]:
    """The library of practices."""
    return _catalogue().on("practices", on)


@cache
def _catalogue() -> Rulebook[Catalogue]:
    return load("programmes/regions_catalogue.yaml", Catalogue)

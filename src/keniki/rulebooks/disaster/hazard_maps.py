"""What the properties of published hazard maps (ハザードマップ) say: the hazard, and depths and zones by code."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Self

from pydantic import Field, model_validator

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load


class DepthClass(Entry):
    """One class: its words, and the metres from (inclusive) and to (exclusive) where it is a depth."""

    words: str
    from_m: Annotated[float, Field(ge=0, le=100)] | None = None
    to_m: Annotated[float, Field(gt=0, le=100)] | None = None

    @model_validator(mode="after")
    def _upwards(self) -> Self:
        if self.to_m is not None and (self.from_m is None or self.from_m >= self.to_m):
            raise ValueError("from_m は to_m より小さくしてください")
        return self


class HazardMap(Entry):
    """One kind of map: its hazard, the properties that have the class (the first one there counts), those with a
    name, and the classes by code; without classes the property states the depth in words."""

    hazard: str
    properties: Annotated[tuple[str, ...], Field(min_length=1)]
    label: tuple[str, ...] = ()
    classes: dict[str, DepthClass] = {}


def hazard_maps(on: date) -> dict[str, Rule[HazardMap]]:
    """The kinds of maps known on a day, by key."""
    return _book().in_force(on)


@cache
def _book() -> Rulebook[HazardMap]:
    return load("disaster/hazard_maps.yaml", HazardMap)

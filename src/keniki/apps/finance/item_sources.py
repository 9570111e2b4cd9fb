"""Where items of a joint cost come from when another slice put them there: it registers how its pages are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from .models import CostItem


@dataclass(frozen=True)
class Source:
    """The record behind items of a joint cost: what it is called, and its page."""

    label: str
    url: str


#: The records behind these items; those of other slices are left out. A constant number of queries.
Finder: TypeAlias = Callable[[list[CostItem]], Iterable[Source]]
_FINDERS: list[Finder] = []


def register(finder: Finder) -> None:
    """Tell where items come from; a slice does so when it is loaded."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)


def sources_of(items: Iterable[CostItem]) -> list[Source]:
    """The records behind items, each once."""
    listed = list(items)
    return list(dict.fromkeys(source for find in _FINDERS for source in find(listed))) if listed else []

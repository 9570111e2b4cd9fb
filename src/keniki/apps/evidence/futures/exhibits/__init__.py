"""What a forecast shows: charts with their tables, methods and sources, as pages, book and document print them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...book.tables import Exhibit
from ..results import Result
from . import checks, needs, people, towns
from .besides import beside
from .common import CHAPTER, View

__all__ = ["CHAPTER", "IDS", "beside", "exhibit", "exhibits"]

_MADE: Final[dict[str, Callable[[View], Exhibit | None]]] = {
    "future_total": people.total,
    "future_groups": people.groups,
    "future_pyramids": people.pyramids,
    "future_places": towns.places,
    "future_balance": people.balance,
    "future_demands": needs.demands,
    "future_causes": needs.causes,
    "future_changes": needs.changes,
    "future_rates": needs.rates,
    "future_accuracy": checks.accuracy,
}
#: Ids of the exhibits in the order they are shown.
IDS: Final = tuple(_MADE)


def exhibits(result: Result, place: int | None = None) -> list[Exhibit]:
    """Every exhibit of a forecast: of all its municipalities together, or of one by its number.

    What there is nothing to show of is left out: demands without any, the municipalities where there is one.
    """
    view = View(result, place)
    return [made for make in _MADE.values() if (made := make(view)) is not None]


def exhibit(result: Result, id: str, place: int | None = None) -> Exhibit | None:
    """One exhibit by its id, None where there is nothing to show. KeyError for an id that is none."""
    return _MADE[id](View(result, place))

"""Which fiscal years take no entries: the slice that closes years registers how to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from keniki.apps.accounts.actor import Ruling
from keniki.apps.regions.models import Region

Source = Callable[[Region, Iterable[int]], Mapping[int, Ruling]]

_source: list[Source] = []


def register(source: Source) -> None:
    """`source(region, years)` gives the refusal of every closed year; the last one registered counts."""
    _source[:] = [source]


def refusals(region: Region, years: Iterable[int]) -> dict[int, Ruling]:
    """The refusal of every closed year among them; none where nobody closes years."""
    return dict(_source[0](region, years)) if _source else {}


def in_open_year(ruling: Ruling, region: Region, year: int) -> Ruling:
    """The ruling, or a no because the fiscal year is closed."""
    return ruling and refusals(region, [year]).get(year, ruling)

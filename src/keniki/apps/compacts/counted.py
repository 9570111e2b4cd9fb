"""Where counted actuals come from: a slice that knows the counts registers how to evaluate a KPI's count query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from .models import Kpi

Source = Callable[[Kpi, Iterable[int]], Mapping[int, Decimal]]

_source: list[Source] = []


def register(source: Source) -> None:
    """`source(kpi, years)` gives the counted values by fiscal year; the last one registered counts."""
    _source[:] = [source]


def actuals(kpi: Kpi, years: Iterable[int]) -> dict[int, Decimal] | None:
    """The counted values of a KPI with a count query; None where nobody can count."""
    if kpi.count_query is None or not _source:
        return None
    return dict(_source[0](kpi, years))

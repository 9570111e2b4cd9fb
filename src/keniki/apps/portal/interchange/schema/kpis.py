"""KPIs with baseline, targets, readings and the query of their counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from .base import Code, Key, Part, Slug, Sourced, SourceRef, Text, Year


class CountQuery(Part):
    """Which counts a KPI's actual adds up: by initiatives, quantity, counter, town and kind of activity."""

    initiatives: Annotated[list[Slug], Field(min_length=1)]
    quantity: Key
    counter: str = ""
    kinds: list[str] = Field(default_factory=list)
    municipality: Code | None = None


class KpiBaseline(Part):
    """`value` may be the average of `years`; `label` as printed ("H25–29平均")."""

    value: Decimal | None = None
    years: list[Year] = Field(default_factory=list)
    average: bool = False
    label: str = ""


class KpiTarget(Part):
    fiscal_year: Year
    value: Decimal


class KpiReading(Part):
    fiscal_year: Year
    value: Decimal
    comment: str = ""
    source: SourceRef | None = None


class Kpi(Sourced):
    """A KPI of an initiative or of a vision as a whole. `undecided` is 検討中: no target yet."""

    slug: Slug
    vision: Slug | None = None
    initiative: Slug | None = None
    order: int = 0
    name: Text
    unit: str = ""
    direction: Literal["increase", "decrease", "maintain", "ceiling", "floor", "cumulative", "undecided"]
    baseline: KpiBaseline | None = None
    count_query: CountQuery | None = None
    targets: list[KpiTarget] = Field(default_factory=list)
    readings: list[KpiReading] = Field(default_factory=list)
    note: str = ""

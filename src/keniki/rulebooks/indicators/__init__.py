"""The indicator catalogue (指標): what is counted, how it is computed, published, added up and shown."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final

from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators.catalogue import Catalogue, check
from keniki.rulebooks.indicators.model import (
    SAME,
    Aggregation,
    Change,
    Combination,
    Direction,
    FlowSum,
    Indicator,
    IndicatorGroup,
    Interval,
    MeanAge,
    PartKind,
    PeriodRate,
    ProductivityQuotient,
    Published,
    RateTimesPopulation,
    Ratio,
    Recipe,
    ShareQuotient,
    ShiftComponent,
    Statistic,
    Term,
    Theme,
    Timing,
    Unit,
)
from keniki.rulebooks.loader import Rulebook, load
from keniki.rulebooks.statistics import official_sources

__all__ = [
    "SAME",
    "Aggregation",
    "Catalogue",
    "Change",
    "Combination",
    "Direction",
    "FlowSum",
    "Indicator",
    "IndicatorGroup",
    "Interval",
    "MeanAge",
    "PartKind",
    "PeriodRate",
    "ProductivityQuotient",
    "Published",
    "RateTimesPopulation",
    "Ratio",
    "Recipe",
    "ShareQuotient",
    "ShiftComponent",
    "Statistic",
    "Term",
    "Theme",
    "Timing",
    "Unit",
    "catalogue",
]

FILES: Final = (
    "population.yaml",
    "movement.yaml",
    "work.yaml",
    "industry.yaml",
    "living.yaml",
    "medical.yaml",
    "finance.yaml",
    "future.yaml",
)


@cache
def catalogue(on: date) -> Catalogue:
    """The catalogue in force on a date, checked as a whole; WrongInput names file and indicator."""
    indicators: dict[str, Indicator] = {}
    for file in FILES:
        for rule in _groups(file).in_force(on).values():
            for indicator in rule.value.indicators:
                if indicator.id in indicators:
                    raise WrongInput(
                        f"指標「{indicator.id}」が2回書かれています。1つにしてください。",
                        file=f"indicators/{file}",
                        column=indicator.id,
                    )
                indicators[indicator.id] = indicator.model_copy(
                    update={"theme": rule.value.theme, "evidence": indicator.evidence or rule.evidence}
                )
    made = Catalogue(
        units=_units().on("units", on).value,
        sources={slug: _named(slug, source) for slug, source in _sources().on("sources", on).value.items()},
        themes=_themes().on("themes", on).value,
        part_kinds=_parts().on("parts", on).value,
        indicators=indicators,
    )
    check(made)
    return made


def _named(slug: str, source: Statistic) -> Statistic:
    for official in official_sources():
        if official.slug == slug:
            names = {"title": official.title, "publisher": official.publisher, "url": official.address}
            return source.model_copy(update=names)
    return source


@cache
def _groups(file: str) -> Rulebook[IndicatorGroup]:
    return load(f"indicators/{file}", IndicatorGroup)


@cache
def _units() -> Rulebook[dict[str, Unit]]:
    return load("indicators/units.yaml", dict[str, Unit])


@cache
def _sources() -> Rulebook[dict[str, Statistic]]:
    return load("indicators/sources.yaml", dict[str, Statistic])


@cache
def _themes() -> Rulebook[dict[str, Theme]]:
    return load("indicators/themes.yaml", dict[str, Theme])


@cache
def _parts() -> Rulebook[dict[str, PartKind]]:
    return load("indicators/parts.yaml", dict[str, PartKind])

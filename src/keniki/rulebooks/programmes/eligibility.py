"""Who may be a centre, which partners are counted as close, and where the metropolitan areas are: dated rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache

from pydantic import model_validator

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load


class Requirement(StrEnum):
    """What a rule is about; of the rules about one of the first four, one that is met is enough."""

    POPULATION = "population"
    KIND = "kind"
    RATIO = "ratio"
    REGION = "region"
    CONDITIONS = "conditions"
    FORM = "form"
    PARTNERS = "partners"
    CENSUS = "census"
    MANUAL = "manual"


class Comparison(StrEnum):
    """How a figure is held against a threshold."""

    GREATER = "gt"
    AT_LEAST = "ge"
    BELOW = "lt"
    AT_MOST = "le"

    def holds(self, value: Decimal, threshold: Decimal) -> bool:
        """Whether `value` meets `threshold`."""
        return {
            Comparison.GREATER: value > threshold,
            Comparison.AT_LEAST: value >= threshold,
            Comparison.BELOW: value < threshold,
            Comparison.AT_MOST: value <= threshold,
        }[self]


class Core(Entry):
    """A special ward or designated city: the first and last of the five-digit codes it and its wards have."""

    name: str
    first: str
    last: str


class Condition(Entry):
    """One condition of a rule that an installation has answered: a figure of the region against a threshold."""

    figure: str
    title: str = ""
    comparison: Comparison
    threshold: Decimal
    unit: str = ""


class EligibilityRule(Entry):
    """One rule. `guide` is a softer figure beside the threshold (5万人程度); ratios are fractions.

    `each_population` and `minutes` belong to the exception for two cities; `kinds` are the kinds of city that
    qualify; `census` is the year of the census the outline names.
    """

    programme: str
    requirement: Requirement
    title: str
    article: str
    statement: str
    comparison: Comparison | None = None
    threshold: Decimal | None = None
    guide: Decimal | None = None
    approximate: bool = False
    unit: str = ""
    kinds: tuple[str, ...] = ()
    each_population: Decimal | None = None
    minutes: Decimal | None = None
    census: int | None = None
    conditions: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _compares(self) -> EligibilityRule:
        if (self.comparison is None) != (self.threshold is None):
            raise ValueError("comparison と threshold は両方書くか、両方省いてください")
        return self

    def meets(self, value: Decimal) -> bool:
        """Whether `value` meets the threshold; ValueError for a rule without one."""
        if self.comparison is None or self.threshold is None:
            raise ValueError(self.title)
        return self.comparison.holds(value, self.threshold)


class PartnerGuide(Entry):
    """From which commuting share (a fraction) a municipality counts as close; `binding` where it is a hard rule."""

    rule: str
    title: str
    article: str
    statement: str
    at_least: Decimal
    binding: bool


class MetropolitanArea(Entry):
    """Prefectures by their two digits, the commuting share (a fraction) below which a city inside may qualify, or the
    special wards and designated cities that count there."""

    name: str
    prefectures: tuple[str, ...] = ()
    commuting_below: Decimal | None = None
    cores: tuple[Core, ...] = ()


class PublishedFinding(Entry):
    """A statement of a paper about one municipality."""

    programme: str
    census: int
    meets: bool
    statement: str


def eligibility_rules(settings: Mapping[str, object] | None = None) -> Rulebook[EligibilityRule]:
    """All rules of all programmes; those nobody knows raise RuleUnknown until `settings` answers them."""
    return load("programmes/eligibility.yaml", EligibilityRule, settings=settings) if settings else _rules()


def partner_guides(settings: Mapping[str, object] | None = None) -> Rulebook[PartnerGuide]:
    """The guides of all programmes."""
    return load("programmes/partners.yaml", PartnerGuide, settings=settings) if settings else _partners()


def partner_guide(
    programme: str, on: date, settings: Mapping[str, object] | None = None
) -> Rule[PartnerGuide]:
    """The guide for partners of `teiju`, `renkei` or `hokkaido`, or `near_miss`."""
    return partner_guides(settings).on(programme, on)


def metropolitan_prefectures(on: date) -> Rule[MetropolitanArea]:
    """The prefectures of the three metropolitan areas together."""
    return _metropolitan().on("prefectures", on)


def metropolitan_areas(on: date) -> dict[str, Rule[MetropolitanArea]]:
    """The areas one by one (`tokyo`, `nagoya`, `kansai`)."""
    return {key: _metropolitan().on(key, on) for key in ("tokyo", "nagoya", "kansai")}


def metropolitan_cores(on: date) -> Rule[MetropolitanArea]:
    """The special wards and designated cities inside the areas."""
    return _metropolitan().on("cores", on)


def metropolitan_exception(programme: str, on: date) -> Rule[MetropolitanArea]:
    """The exception for cities inside the areas, of `teiju` or `renkei`."""
    return _metropolitan().on(f"exception.{programme}", on)


def named_census(programme: str, on: date) -> int | None:
    """The census the outline names on a date; None where no text says it."""
    rule = _rules().in_force(on).get("A1-11")
    return rule.value.census if programme == "teiju" and rule is not None else None


def published_findings(code: str) -> tuple[Rule[PublishedFinding], ...]:
    """What papers say of the municipality with this code (six digits)."""
    return tuple(_findings().history(code))


@cache
def _rules() -> Rulebook[EligibilityRule]:
    return load("programmes/eligibility.yaml", EligibilityRule)


@cache
def _partners() -> Rulebook[PartnerGuide]:
    return load("programmes/partners.yaml", PartnerGuide)


@cache
def _metropolitan() -> Rulebook[MetropolitanArea]:
    return load("programmes/metropolitan.yaml", MetropolitanArea)


@cache
def _findings() -> Rulebook[PublishedFinding]:
    return load("programmes/findings.yaml", PublishedFinding)

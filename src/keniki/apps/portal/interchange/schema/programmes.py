"""What a region's people supplied to its programmes: answers to rules, facts of cities, claims, plans."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from .base import Code, Day, Part, Slug, Text, Year

_PROGRAMME = Literal["hokkaido", "teiju", "renkei"]
_YEN = Annotated[int, Field(ge=0)]
_PERSONS = Annotated[int, Field(ge=0, le=10**8)]


class RuleAnswer(Part):
    """The region's own answer to a rule that asks (回答値): its parts by name, numbers as text.

    `valid_to` is the last day.
    """

    parameter: Text
    value: dict[str, str]
    legal_basis: Text
    valid_from: Day
    valid_to: Day | None = None
    note: str = ""


class CityFact(Part):
    """A fact about a city that no official table holds; `kind` says which of the keys it uses."""

    municipality: Code
    kind: Literal["use", "twin", "former", "recognition"]
    basis: Text
    note: str = ""
    use: Literal["hospital", "shopping"] | Literal[""] = ""
    figure: str = ""
    second: Code | None = None
    adjacent: bool | None = None
    integrated: bool | None = None
    minutes: Decimal | None = None
    kilometres: Decimal | None = None
    former_name: str = ""
    census: Annotated[int, Field(ge=1920, le=2150)] | None = None
    day_population: _PERSONS | None = None
    night_population: _PERSONS | None = None
    programme: _PROGRAMME | Literal[""] = ""
    valid_from: Day | None = None


class RevenueClaim(Part):
    """General revenue (一般財源) of a municipality in a fiscal year.

    `initiative_slug` names one of `initiatives`, `initiative` is its title then, or a name of one's own.
    `proxy`: entered by the secretariat (代理入力).
    """

    fiscal_year: Year
    municipality: Code
    initiative: Text
    initiative_slug: Slug | Literal[""] = ""
    programme: _PROGRAMME | Literal[""] = ""
    general_revenue: _YEN
    origin: str = ""
    origin_total: _YEN | None = None
    apart: str = ""
    note: str = ""
    proxy: bool = False


class ClaimYear(Part):
    """A fiscal year whose claims are confirmed."""

    fiscal_year: Year
    confirmed_on: Day


class PlanStep(Part):
    """What is known of a step of a plan: of one municipality, or of all together without one."""

    step: Text
    municipality: Code | None = None
    moved_to: Day | None = None
    reason: str = ""
    done_on: Day | None = None
    document_no: str = ""
    note: str = ""
    proxy: bool = False


class ProcedurePlan(Part):
    """The procedure of a programme, counted from `start`."""

    programme: _PROGRAMME
    start: Day
    note: str = ""
    steps: list[PlanStep] = Field(default_factory=list)

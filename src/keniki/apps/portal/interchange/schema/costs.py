"""Joint costs: items by year and stage, rules, figures, what it would cost alone. Whole yen."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from .base import Code, Day, Part, Slug, Text, Year

_STAGE = Literal["request", "initial", "supplementary", "settled"]
_KEY = Annotated[str, Field(max_length=40)]


class CostItem(Part):
    """One item of a fiscal year at a stage; 補正 (`round` is its number) are changes with a sign.

    `cost_class` is a class of the rule, `loan_year` the year of borrowing, `municipality` who spends it.
    """

    fiscal_year: Year
    stage: _STAGE
    round: Annotated[int, Field(ge=0, le=99)] = 0
    kind: Literal["expense", "revenue"] = "expense"
    cost_class: _KEY = ""
    loan_year: Year | None = None
    municipality: Code | None = None
    title: Text
    amount: int
    reckoning: str = ""


class SharingRule(Part):
    """A version of the rule: `content` is written as `keniki share --rule` reads it. Adopted ones have their day."""

    number: Annotated[int, Field(ge=1, le=10_000)]
    content: dict[str, Any]
    state: Literal["draft", "adopted"] = "draft"
    first_year: Year
    last_year: Year | None = None
    adopted_on: Day | None = None
    taken_from: str = ""
    note: str = ""


class BasisFigure(Part):
    """What a municipality has of a basis of the rule in a fiscal year, with where it was read."""

    fiscal_year: Year
    basis: Annotated[str, Field(min_length=1, max_length=40)]
    municipality: Code
    value: Annotated[Decimal, Field(ge=0, lt=10**16)]
    source: str = ""
    as_of: str = ""
    edition: str = ""
    cell: str = ""
    proxy: bool = False


class CostGame(Part):
    """What towns would pay alone and in smaller groups in a fiscal year; `content` after its kind."""

    fiscal_year: Year
    kind: Literal["function", "quotes", "table"]
    content: dict[str, Any]
    note: str = ""


class JointCost(Part):
    """A joint work whose cost is shared. `holder` is one of the region's organisations, or `holder_town` a member.

    `places` are the municipalities that pay; with none every member of the year.
    """

    slug: Slug
    title: Text
    initiative: Slug
    project: Slug | None = None
    manner: Literal["centre", "each", "council", "union"] = "centre"
    holder: Slug | None = None
    holder_town: Code | None = None
    places: list[Code] = Field(default_factory=list)
    first_year: Year
    last_year: Year | None = None
    note: str = ""
    items: list[CostItem] = Field(default_factory=list)
    rules: list[SharingRule] = Field(default_factory=list)
    figures: list[BasisFigure] = Field(default_factory=list)
    games: list[CostGame] = Field(default_factory=list)

"""Grants with their steps, and budget lines; all amounts in yen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Code, Day, Part, Slug, Sourced, Year


class GrantStep(Part):
    """A step of a grant. `reported` is an amount a report states without its papers; `provisional` marks 予定額."""

    step: Literal[
        "wish",
        "informal_notice",
        "application",
        "decision",
        "change",
        "advance",
        "results_report",
        "final",
        "repayment",
        "reported",
    ]
    amount: Annotated[int, Field(ge=0)]
    on: Day | None = None
    document_no: str = ""
    provisional: bool = False


class Grant(Sourced):
    """A grant to the region in one fiscal year; amounts in yen."""

    slug: Slug
    programme: Literal["hokkaido", "teiju", "renkei"]
    fiscal_year: Year
    title: str = ""
    recipient: Code | None = None
    steps: Annotated[list[GrantStep], Field(min_length=1)]


class BudgetLine(Sourced):
    """Money of one project or initiative in one fiscal year at one stage, in yen.

    `origin` names the record that a line follows (a joint cost's budget), so that it is never made a second time.
    """

    slug: Slug
    initiative: Slug
    project: Slug | None = None
    fiscal_year: Year
    municipality: Code | None = None
    stage: Literal[
        "request",
        "assessed",
        "initial",
        "supplementary",
        "transfer",
        "carried_over",
        "available",
        "executed",
        "settled",
    ]
    round: int = 0
    amount: int
    funding: Literal["", "general_revenue", "grant", "bond", "fee", "share", "other"] = ""
    note: str = ""
    origin: str = ""

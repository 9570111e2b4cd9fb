"""Grants and budget lines, in yen."""

from __future__ import annotations

from datetime import date

from .basics import Out, TownRef


class GrantStepOut(Out):
    step: str
    amount: int
    on: date | None
    document_no: str
    provisional: bool


class GrantOut(Out):
    slug: str
    title: str
    programme: str
    fiscal_year: int
    recipient: TownRef | None
    unit: str = "円"
    steps: list[GrantStepOut]


class BudgetOut(Out):
    slug: str
    initiative: str
    project: str | None
    fiscal_year: int
    municipality: TownRef | None
    stage: str
    round: int
    amount: int
    unit: str = "円"
    funding: str
    proxy: bool

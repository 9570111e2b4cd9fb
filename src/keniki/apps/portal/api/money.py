"""Grants and budget lines, in yen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from keniki.apps.finance import queries as finance
from keniki.apps.finance.models import BudgetLine, Grant

from . import schemas as s
from .common import REFUSALS, page_of, region_of
from .regions import town

router = Router(tags=["交付金・予算"])


@router.get(
    "/regions/{region}/grants", response={200: s.Page[s.GrantOut], **REFUSALS}, summary="交付金の一覧"
)
def grants(
    request: HttpRequest,
    region: s.Slug,
    year: s.Year | None = None,
    limit: s.Limit = 50,
    offset: s.Offset = 0,
) -> Any:
    with region_of(request, region) as found:
        rows = [state.grant for state in finance.grants_of(found, year, year)]
        return page_of(rows, limit, offset, _grant)


@router.get(
    "/regions/{region}/budgets", response={200: s.Page[s.BudgetOut], **REFUSALS}, summary="予算・決算の一覧"
)
def budgets(
    request: HttpRequest,
    region: s.Slug,
    year: s.Year | None = None,
    initiative: s.Slug | None = None,
    limit: s.Limit = 50,
    offset: s.Offset = 0,
) -> Any:
    with region_of(request, region) as found:
        rows = finance.lines_of(found, year=year, initiative=initiative or "")
        return page_of(rows, limit, offset, _budget)


def _grant(row: Grant) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "programme": row.programme,
        "fiscal_year": row.fiscal_year,
        "recipient": town(row.recipient),
        "steps": [
            {
                "step": step.step,
                "amount": step.amount,
                "on": step.on,
                "document_no": step.document_no,
                "provisional": step.provisional,
            }
            for step in row.steps.all()
        ],
    }


def _budget(row: BudgetLine) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "initiative": row.initiative.slug,
        "project": row.project.slug if row.project else None,
        "fiscal_year": row.fiscal_year,
        "municipality": town(row.municipality),
        "stage": row.stage,
        "round": row.round,
        "amount": row.amount,
        "funding": row.funding,
        "proxy": row.proxy,
    }

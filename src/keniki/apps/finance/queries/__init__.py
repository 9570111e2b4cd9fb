"""What is read of money: grants and budget lines here; joint costs, bills and the book in their own modules."""

from .money import (
    BudgetRow,
    BudgetTable,
    GrantRow,
    GrantState,
    GrantTable,
    Money,
    Total,
    budget_table,
    grant_for,
    grant_table,
    grants_of,
    line_for,
    lines_of,
    state_of,
    total_of,
    years_with_money,
)

__all__ = [
    "BudgetRow",
    "BudgetTable",
    "GrantRow",
    "GrantState",
    "GrantTable",
    "Money",
    "Total",
    "budget_table",
    "grant_for",
    "grant_table",
    "grants_of",
    "line_for",
    "lines_of",
    "state_of",
    "total_of",
    "years_with_money",
]

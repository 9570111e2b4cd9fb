"""Where what is made known and what towns budget are reached."""

from __future__ import annotations

from typing import Final

from django.urls import path

from ..views import budgets as views
from .desk import COST

_YEAR: Final = f"{COST}/<int:year>"

patterns: Final = [
    path(f"{_YEAR}/issue/", views.issue, name="issue"),
    path(f"{_YEAR}/allocations/<int:number>/", views.allocation, name="allocation"),
    path(f"{_YEAR}/budgets/", views.budgets, name="budgets"),
    path(f"{_YEAR}/budgets/<str:code>/", views.town_budget, name="town-budget"),
    path(f"{_YEAR}/budgets/<str:code>/remove/", views.remove_town_budget, name="remove-town-budget"),
    path(f"{_YEAR}/revenue/", views.claim_revenue, name="claim-revenue"),
]

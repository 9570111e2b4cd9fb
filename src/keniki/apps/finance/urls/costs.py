"""Where joint costs, their items and figures are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import cost_figures, cost_items, costs
from .desk import COST, COSTS

_ITEMS: Final = f"{COST}/items/<int:year>"
_FIGURES: Final = f"{COST}/figures/<int:year>"
patterns: Final[list[URLPattern]] = [
    path(f"{COSTS}/", costs.costs, name="costs"),
    path(f"{COSTS}/new/", costs.edit_cost, name="new-cost"),
    path(f"{COST}/", costs.cost, name="cost"),
    path(f"{COST}/edit/", costs.edit_cost, name="edit-cost"),
    path(f"{COST}/remove/", costs.remove_cost, name="remove-cost"),
    path(f"{COST}/chart.svg", costs.chart, name="cost-chart"),
    path(f"{COST}/data/", costs.data, name="cost-csv"),
    path(f"{_ITEMS}/", cost_items.items, name="items"),
    path(f"{_ITEMS}/copy/", cost_items.copy, name="copy-items"),
    path(f"{_FIGURES}/", cost_figures.figures, name="figures"),
    path(f"{_FIGURES}/file/", cost_figures.figures_file, name="figures-file"),
    path(f"{_FIGURES}/fetch/", cost_figures.fetch, name="fetch-figures"),
]

"""Where targets, shortfall, purchase plans and the public table of the stockpile are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.stock_plans import buying, positions, tables, targets
from .desk import STOCK

_TARGETS: Final = f"{STOCK}/targets"
_SHORTFALL: Final = f"{STOCK}/shortfall"
_PLANS: Final = f"{STOCK}/purchases"
_PLAN: Final = f"{_PLANS}/<slug:slug>"
_TABLE: Final = f"{STOCK}/table"
patterns: Final[list[URLPattern]] = [
    path(f"{_TARGETS}/", targets.targets, name="stock-targets"),
    path(f"{_TARGETS}/new/", targets.edit_target, name="new-stock-target"),
    path(f"{_TARGETS}/copy/", targets.copy_targets, name="copy-stock-targets"),
    path(f"{_TARGETS}/<int:pk>/", targets.target, name="stock-target"),
    path(f"{_TARGETS}/<int:pk>/edit/", targets.edit_target, name="edit-stock-target"),
    path(f"{_TARGETS}/<int:pk>/remove/", targets.remove_target, name="remove-stock-target"),
    path(f"{_SHORTFALL}/", positions.shortfall, name="stock-shortfall"),
    path(f"{_SHORTFALL}/chart.svg", positions.shortfall_chart, name="stock-shortfall-chart"),
    path(f"{_SHORTFALL}/items/<slug:key>/", positions.shortfall_item, name="stock-shortfall-item"),
    path(f"{_SHORTFALL}/measures/<slug:slug>/", positions.edit_measure, name="item-measure"),
    path(f"{_PLANS}/", buying.plans, name="purchase-plans"),
    path(f"{_PLANS}/new/", buying.edit_plan, name="new-purchase-plan"),
    path(f"{_PLAN}/", buying.plan, name="purchase-plan"),
    path(f"{_PLAN}/<slug:key>.svg", buying.plan_chart, name="purchase-plan-chart"),
    path(f"{_PLAN}/edit/", buying.edit_plan, name="edit-purchase-plan"),
    path(f"{_PLAN}/remove/", buying.remove_plan, name="remove-purchase-plan"),
    path(f"{_PLAN}/reckon/", buying.reckon_plan, name="reckon-purchase-plan"),
    path(f"{_PLAN}/post/", buying.post_plan, name="post-purchase-plan"),
    path(f"{_PLAN}/postings/<int:pk>/withdraw/", buying.withdraw_plan, name="withdraw-purchase-plan"),
    path(f"{_TABLE}/", tables.table, name="stock-table"),
    path(f"{_TABLE}/files/<slug:form>/", tables.table_file, name="stock-table-file"),
    path(f"{_TABLE}/<int:year>/withdraw/", tables.withdraw_table, name="withdraw-stock-table"),
]

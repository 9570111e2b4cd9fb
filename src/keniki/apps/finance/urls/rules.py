"""Where the rules of sharing are reached."""

from __future__ import annotations

from typing import Final

from django.urls import path

from ..views import rules as views
from .desk import COST

_RULE: Final = f"{COST}/rules/<int:number>"

patterns: Final = [
    path(f"{COST}/rules/", views.rules, name="rules"),
    path(f"{COST}/rules/new/", views.new_rule, name="new-rule"),
    path(f"{_RULE}/", views.rule, name="rule"),
    path(f"{_RULE}/edit/", views.edit_rule, name="edit-rule"),
    path(f"{_RULE}/file/", views.rule_file, name="rule-file"),
    path(f"{_RULE}/propose/", views.propose_rule, name="propose-rule"),
    path(f"{_RULE}/adopt/", views.adopt_rule, name="adopt-rule"),
    path(f"{_RULE}/withdraw/", views.withdraw_rule, name="withdraw-rule"),
    path(f"{_RULE}/remove/", views.remove_rule, name="remove-rule"),
]

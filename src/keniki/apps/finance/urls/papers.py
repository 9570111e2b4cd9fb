"""Where the papers of sharing are reached."""

from __future__ import annotations

from typing import Final

from django.urls import path

from ..views import papers as views
from .desk import COST, DESK

_DECIDED: Final = f"{COST}/<int:year>/allocations/<int:number>"
_BILL: Final = f"{DESK}/assessments/<int:year>/<int:number>"

patterns: Final = [
    path(f"{_DECIDED}/explanation/<str:code>.<str:form>", views.explanation, name="explanation"),
    path(f"{_DECIDED}/calculation.<str:form>", views.calculation, name="calculation"),
    path(f"{_DECIDED}/request/<str:code>.<str:form>", views.request_letter, name="request-letter"),
    path(f"{_BILL}/notice.<str:form>", views.notice, name="notice"),
    path(f"{_BILL}/dunning/<int:nth>.<str:form>", views.dunning_letter, name="dunning-letter"),
]

"""Where bills and their payment are reached."""

from __future__ import annotations

from typing import Final

from django.urls import path

from ..views import claims as views
from .desk import COST, DESK

_BILL: Final = f"{DESK}/assessments/<int:year>/<int:number>"

patterns: Final = [
    path(f"{DESK}/assessments/", views.assessments, name="assessments"),
    path(f"{COST}/<int:year>/assess/", views.assess, name="assess"),
    path(f"{COST}/<int:year>/settlement/", views.settlement, name="settlement"),
    path(f"{_BILL}/", views.assessment, name="assessment"),
    *(
        path(f"{_BILL}/{deed}/", views.do, {"deed": deed}, name=views.ADDRESSES.get(deed, deed))
        for deed in views.DEEDS
    ),
]

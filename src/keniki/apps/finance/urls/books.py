"""Where the subsidiary book is reached."""

from __future__ import annotations

from typing import Final

from django.urls import path

from ..views import ledger as views
from .desk import COST, DESK

_BOOK: Final = f"{DESK}/ledger"

patterns: Final = [
    path(f"{_BOOK}/", views.ledger, name="ledger"),
    path(f"{_BOOK}/check/", views.ledger_check, name="ledger-check"),
    path(f"{_BOOK}/data/", views.ledger_csv, name="ledger-csv"),
    path(f"{_BOOK}/<int:year>/<int:number>/", views.entry, name="entry"),
    path(f"{_BOOK}/<int:year>/<int:number>/reverse/", views.reverse_entry, name="reverse-entry"),
    path(f"{COST}/<int:year>/spending/", views.spend, name="post-spending"),
]

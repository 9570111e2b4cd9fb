"""Where the victims' ledger is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import ledger
from .desk import INCIDENT

_ALL: Final = f"{INCIDENT}/ledger"
_TOWN: Final = f"{_ALL}/<slug:code>"
_ONE: Final = f"{_TOWN}/<int:number>"
patterns: Final[list[URLPattern]] = [
    path(f"{_ALL}/", ledger.ledgers, name="ledgers"),
    path(f"{_TOWN}/", ledger.ledger, name="ledger"),
    path(f"{_TOWN}/new/", ledger.edit_victim, name="new-victim"),
    path(f"{_TOWN}/take/", ledger.take, name="take-victims"),
    path(f"{_TOWN}/uses/", ledger.uses, name="ledger-uses"),
    path(f"{_TOWN}/uses/<int:number>.xlsx", ledger.use_file, name="ledger-use-file"),
    path(f"{_ONE}/", ledger.victim, name="victim"),
    path(f"{_ONE}/edit/", ledger.edit_victim, name="edit-victim"),
    path(f"{_ONE}/support/", ledger.add_support, name="add-victim-support"),
    path(f"{_ONE}/support/<uuid:uid>/withdraw/", ledger.withdraw_support, name="withdraw-victim-support"),
]

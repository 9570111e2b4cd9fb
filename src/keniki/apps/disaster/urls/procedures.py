"""Where wide-area evacuation and stay, and mutual aid are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import procedures
from .desk import INCIDENT

_STAY: Final = f"{INCIDENT}/stays/<int:number>"
_AID: Final = f"{INCIDENT}/aid/<int:number>"
patterns: Final[list[URLPattern]] = [
    path(f"{INCIDENT}/stays/", procedures.stays, name="stays"),
    path(f"{INCIDENT}/stays/new/", procedures.edit_stay, name="new-stay"),
    path(f"{_STAY}/", procedures.stay, name="stay"),
    path(f"{_STAY}/edit/", procedures.edit_stay, name="edit-stay"),
    path(f"{_STAY}/papers/<slug:key>.<slug:form>", procedures.stay_paper, name="stay-paper"),
    path(f"{INCIDENT}/aid/", procedures.aids, name="aids"),
    path(f"{INCIDENT}/aid/new/", procedures.edit_aid, name="new-aid"),
    path(f"{_AID}/", procedures.aid, name="aid"),
    path(f"{_AID}/edit/", procedures.edit_aid, name="edit-aid"),
    path(f"{_AID}/costs/", procedures.aid_costs, name="aid-costs"),
    path(f"{_AID}/papers/<slug:key>.<slug:form>", procedures.aid_paper, name="aid-paper"),
]

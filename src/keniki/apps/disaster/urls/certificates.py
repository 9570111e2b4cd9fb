"""Where certificates of damage are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.certificates import one, register
from .desk import INCIDENT

_ALL: Final = f"{INCIDENT}/certificates"
_TOWN: Final = f"{_ALL}/<slug:code>"
_ONE: Final = f"{_TOWN}/<int:number>"
patterns: Final[list[URLPattern]] = [
    path(f"{_ALL}/", register.certificates, name="certificates"),
    path(f"{_ALL}/classes.svg", register.certificates_chart, name="certificates-chart"),
    path(f"{_TOWN}/", register.register, name="certificate-register"),
    path(f"{_TOWN}/register.<slug:form>", register.register_file, name="certificate-register-file"),
    path(f"{_TOWN}/setting/", register.setting, name="certificate-setting"),
    path(f"{_TOWN}/check/", register.check, name="check-certificate"),
    path(f"{_TOWN}/new/", one.edit_application, name="new-certificate"),
    path(f"{_ONE}/", one.application, name="certificate"),
    path(f"{_ONE}/edit/", one.edit_application, name="edit-certificate"),
    path(f"{_ONE}/steps/<slug:key>/", one.deed, name="certificate-step"),
    path(f"{_ONE}/papers/<int:serial>.<slug:form>", one.paper, name="certificate-paper"),
]

"""Certificates of damage: asked for, told, issued, delivered, objected to, replaced, withdrawn, by the town alone."""

from .applying import ApplicationDraft, SettingDraft, apply, change, link_house, save_setting
from .erasing import erase_certificates, purge_kept
from .issuing import deliver, issue, object_to, revoke, tell, withdraw

__all__ = [
    "ApplicationDraft",
    "SettingDraft",
    "apply",
    "change",
    "deliver",
    "erase_certificates",
    "issue",
    "link_house",
    "object_to",
    "purge_kept",
    "revoke",
    "save_setting",
    "tell",
    "withdraw",
]

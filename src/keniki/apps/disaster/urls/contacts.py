"""Where contacts and turns of duty are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import contacts
from .desk import DESK

patterns: Final[list[URLPattern]] = [
    path(f"{DESK}/contacts/", contacts.contacts, name="contacts"),
    path(f"{DESK}/contacts/new/", contacts.edit_contact, name="new-contact"),
    path(f"{DESK}/contacts/load/", contacts.load_contacts, name="load-contacts"),
    path(f"{DESK}/contacts/data/", contacts.contacts_csv, name="contacts-csv"),
    path(f"{DESK}/contacts/<int:pk>/edit/", contacts.edit_contact, name="edit-contact"),
    path(f"{DESK}/contacts/<int:pk>/remove/", contacts.remove_contact, name="remove-contact"),
    path(f"{DESK}/duties/", contacts.duties, name="duties"),
    path(f"{DESK}/duties/<int:pk>/remove/", contacts.remove_duty, name="remove-duty"),
]

"""The references below `docs/reference`, generated from the code that they describe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from keniki.site.home import CHECKOUT

from . import commands, permissions, region_file, settings

FOLDER = CHECKOUT / "docs" / "reference"
EXAMPLE = FOLDER / "region-example.yaml"

#: File name below `FOLDER` and what makes its content.
REFERENCES: dict[str, Callable[[], str]] = {
    "cli.md": commands.page,
    "settings.md": settings.page,
    "region-file.md": lambda: region_file.page(EXAMPLE.read_text(encoding="utf-8")),
    "permissions.md": permissions.page,
    "openapi.json": lambda: openapi(),
}


def references() -> dict[Path, str]:
    """Every generated file with the content it should have now. Needs no database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keniki.site.settings")
    django.setup()
    return {FOLDER / name: make() for name, make in REFERENCES.items()}


def stale() -> list[Path]:
    """The files that differ from what the code says now, or are missing."""
    return [
        path
        for path, text in references().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def write() -> list[Path]:
    """Bring the stale files up to date and return them."""
    pages = references()
    changed = stale()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], encoding="utf-8")
    return changed


def openapi() -> str:
    """The API's description, as the API itself spells it."""
    from keniki.apps.portal import api

    return api.to_json(api.openapi())

"""The parts of a declaration as its programme asks for them, read from the rulebook."""

from __future__ import annotations

from datetime import date
from typing import Final

from keniki.apps.regions import policies as regions
from keniki.rulebooks import compacts as rulebook
from keniki.rulebooks.compacts import DeclarationPart
from keniki.rulebooks.loader import RuleNotInForce

#: Parts that list municipalities, with the label of the list; and the part that lists policy fields.
LISTS_TOWNS: Final = {
    "commuting": "通勤通学割合が10％以上の市町村",
    "partners": "連携の意思を有する市町村",
}
LISTS_FIELDS: Final = {"ideas": "想定する政策分野"}


def parts_of(programme: str, on: date | None = None) -> tuple[DeclarationPart, ...]:
    """The parts in order; none for a programme without a declaration."""
    try:
        return rulebook.declaration_form(programme, on or regions.today()).value.parts
    except RuleNotInForce:
        return ()

"""The words of each programme's documents, from the rulebooks on the document's day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from keniki.core.era import format_date, format_year
from keniki.rulebooks import programmes
from keniki.rulebooks.programmes import FieldGroup, Parties


@dataclass(frozen=True)
class ProgrammeWords:
    """How a programme calls things in its documents."""

    name: str
    centre: str
    partner: str
    members: str
    agreement: str
    vision: str
    declaration: str
    yearly_grant: bool


@dataclass(frozen=True)
class Field:
    """A policy field (政策分野) with its group's name."""

    code: str
    name: str
    group: str = ""


def words_of(programme: str, on: date) -> ProgrammeWords:
    """The words of this programme on that day."""
    words = programmes.programme(programme, on).value
    return ProgrammeWords(
        name=words.name,
        centre=words.centre,
        partner=words.partner,
        members=words.members,
        agreement="連携協定" if words.agreement_parties == Parties.MULTILATERAL else words.agreement,
        vision=words.vision,
        declaration=words.declaration,
        yearly_grant=words.yearly_grant,
    )


def fields(programme: str, on: date) -> tuple[Field, ...]:
    """The programme's policy fields in the order of its own forms."""
    return tuple(_flat(programmes.policy_fields(programme, on).value.groups))


def report_items(programme: str, on: date) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """連携する具体的事項: the left and the right column of the results report."""
    book = programmes.policy_fields(programme, on).value
    listed = fields(programme, on)
    left = book.columns[0] if book.columns else (len(listed) + 1) // 2
    return listed[:left], listed[left:]


def census_note(day: date) -> str:
    """Where a figure of that day comes from: the census of 1 October in years ending in 0 and 5, else its date."""
    if (day.month, day.day) == (10, 1) and day.year % 5 == 0:
        return f"{format_year(day.year)}国勢調査結果より"
    return f"{format_date(day)}現在"


def _flat(groups: Sequence[FieldGroup]) -> list[Field]:
    found: list[Field] = []
    for group in groups:
        if not group.fields and not group.groups:
            found.append(Field(group.key, group.name))
        found.extend(Field(entry.key, entry.name, group.name) for entry in group.fields)
        found.extend(_flat(group.groups))
    return found

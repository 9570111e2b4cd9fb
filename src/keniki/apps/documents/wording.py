"""The words of each programme's documents, from the rulebooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from keniki.core.era import format_date, format_year
from keniki.rulebooks.loader import Entry, load


class Words(Entry):
    """An entry of `programmes/programmes.yaml`."""

    name: str
    region: str
    members: str
    centre: str
    partner: str
    declaration: str = ""
    agreement: str
    agreement_kind: str
    agreement_parties: str
    vision: str
    vision_years: int | None = None
    panel: str = ""
    report: str = ""


class FieldEntry(Entry):
    key: str
    name: str
    short_name: str = ""


class FieldGroup(Entry):
    key: str
    name: str = ""
    examples: str = ""
    fields: tuple[FieldEntry, ...] = ()
    groups: tuple[FieldGroup, ...] = ()


class FieldBook(Entry):
    """An entry of `programmes/fields.yaml`; `columns` is how the report's two columns split the items."""

    columns: tuple[int, int] | None = None
    groups: tuple[FieldGroup, ...]


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


@dataclass(frozen=True)
class Field:
    """A policy field (政策分野) with its group's name."""

    code: str
    name: str
    group: str = ""


@cache
def words_of(programme: str) -> ProgrammeWords:
    """The words of this programme's newest rule."""
    words = load("programmes/programmes.yaml", Words).history(programme)[-1].value
    return ProgrammeWords(
        name=words.name,
        centre=words.centre,
        partner=words.partner,
        members=words.members,
        agreement="連携協定" if words.agreement_parties == "multilateral" else words.agreement,
        vision=words.vision,
        declaration=words.declaration,
    )


@cache
def fields(programme: str) -> tuple[Field, ...]:
    """The programme's policy fields in the order of its own forms."""
    book = load("programmes/fields.yaml", FieldBook).history(programme)[-1].value
    return tuple(_flat(book.groups))


@cache
def report_items(programme: str) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """連携する具体的事項: the left and the right column of the results report."""
    book = load("programmes/fields.yaml", FieldBook).history(programme)[-1].value
    listed = fields(programme)
    left = book.columns[0] if book.columns else (len(listed) + 1) // 2
    return listed[:left], listed[left:]


def census_note(day: date) -> str:
    """Where a figure of that day comes from: the census of 1 October in years ending in 0 and 5, else its date."""
    if (day.month, day.day) == (10, 1) and day.year % 5 == 0:
        return f"{format_year(day.year)}国勢調査結果より"
    return f"{format_date(day)}現在"


def _flat(groups: tuple[FieldGroup, ...]) -> list[Field]:
    found: list[Field] = []
    for group in groups:
        if not group.fields and not group.groups:
            found.append(Field(group.key, group.name))
        found.extend(Field(entry.key, entry.name, group.name) for entry in group.fields)
        found.extend(Field(entry.code, entry.name, group.name) for entry in _flat(group.groups))
    return found

"""Looking things up in the catalogue: practices by word and field, fields that others work in and we do not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from keniki.core.errors import WrongInput
from keniki.core.text import matches
from keniki.rulebooks.programmes import PolicyField
from keniki.rulebooks.programmes.catalogue import ADDED, FIRST, FieldRow, Practice


@dataclass(frozen=True, slots=True)
class FieldGap:
    """A field we do not work in: the regions known to do so, the latest additions marked, and how many of the
    regions compared may do so too, their columns being unknown."""

    field: PolicyField
    regions: tuple[str, ...]
    added_later: tuple[str, ...]
    unknown: int


def search_practices(
    practices: Iterable[Practice],
    words: str = "",
    *,
    field: str | None = None,
    body: str | None = None,
    evidence: str | None = None,
) -> list[Practice]:
    """Practices that contain every word (width, kana and old kanji folded), of a field, a body, a source."""
    return [
        practice
        for practice in practices
        if (field is None or field in practice.fields)
        and (body is None or matches(body, practice.body))
        and (evidence is None or evidence in practice.evidence)
        and matches(words, _all_text(practice))
    ]


def filled_in(row: FieldRow, cells: Mapping[str, str], fields: Sequence[PolicyField]) -> dict[str, str]:
    """A region's marks by field (`key` → ○ or ●) as somebody read them in its vision, in the order of the form.

    WrongInput unless the marks from left to right are those that were printed.
    """
    keys = [field.key for field in fields]
    unknown = [key for key in cells if key not in keys]
    if unknown:
        raise WrongInput(f"分野「{'、'.join(unknown)}」はありません。", column=row.name)
    if any(mark not in (FIRST, ADDED) for mark in cells.values()):
        raise WrongInput(f"印は {FIRST} か {ADDED} にしてください。", column=row.name)
    ordered = {key: cells[key] for key in keys if key in cells}
    given = "".join(ordered.values())
    if given != row.sequence:
        raise WrongInput(
            f"{row.name}の印は、資料では左から {row.sequence}（{row.marks}個、うち{ADDED} {row.added}個）です。"
            f"入力は {given or 'なし'}（{len(given)}個）です。分野の位置を確かめてください。",
            column=row.name,
        )
    return ordered


def field_gaps(
    own: Collection[str],
    fields: Sequence[PolicyField],
    regions: Sequence[FieldRow],
    known: Mapping[int, Mapping[str, str]],
) -> list[FieldGap]:
    """The fields we do not work in, those that most others work in first.

    `known` holds the filled-in marks by the region's number; regions without are counted where a mark is
    possible, never as working in a field.
    """
    gaps = []
    for position, field in enumerate(fields):
        if field.key in own:
            continue
        working = [row for row in regions if field.key in known.get(row.number, {})]
        gaps.append(
            FieldGap(
                field,
                tuple(row.name for row in working),
                tuple(row.name for row in working if known[row.number][field.key] == ADDED),
                sum(row.number not in known and _may_stand(row, position, len(fields)) for row in regions),
            )
        )
    return sorted(gaps, key=lambda gap: -len(gap.regions))


def _may_stand(row: FieldRow, column: int, columns: int) -> bool:
    return any(column in row.possible_columns(position, columns) for position in range(row.marks))


def _all_text(practice: Practice) -> str:
    return "\n".join(
        (
            practice.title,
            practice.body,
            practice.region,
            practice.text,
            practice.why,
            practice.note,
            practice.place,
        )
    )

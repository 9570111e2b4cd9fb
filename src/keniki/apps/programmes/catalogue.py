"""Looking things up in the catalogue: practices by word and field; the marks of a region as somebody read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from keniki.core.errors import WrongInput
from keniki.core.text import matches
from keniki.rulebooks.programmes import PolicyField
from keniki.rulebooks.programmes.catalogue import ADDED, FIRST, FieldRow, Practice


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

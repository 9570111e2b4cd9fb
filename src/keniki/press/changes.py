"""What changed between two texts, as runs for a 新旧対照表 or for tracked text (見え消し)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from keniki.press.blocks import Change, ComparisonRow, Run, Text

# Digits, Latin, katakana and 第n条 change as a whole; other letters one by one.
_TOKEN = re.compile(
    r"第[0-9０-９]+[条項号]?|[0-9０-９,，.．]+|[A-Za-zＡ-Ｚａ-ｚ]+|[ァ-ヶー]+|\s+|.", re.DOTALL
)
_LEADING = re.compile(r"\s*(第[0-9０-９]+条(の[0-9０-９]+)?|[(（]?[0-9０-９]+[)）]?)")
_SHORTEST_COMMON = 2
_ALIKE = 0.6
_SAME_NUMBER = 0.3


def compare(old: str, new: str) -> tuple[Text, Text]:
    """Both texts with their differing runs marked `changed` (underlined in a 新旧対照表)."""
    left: list[Run] = []
    right: list[Run] = []
    for before, after in _pairs(old, new):
        same = before == after
        _add(left, before, "" if same else "changed")
        _add(right, after, "" if same else "changed")
    return Text(tuple(left)), Text(tuple(right))


def tracked(old: str, new: str) -> Text:
    """One text in which what went is struck out and what came is underlined, the old before the new."""
    runs: list[Run] = []
    for before, after in _pairs(old, new):
        if before == after:
            _add(runs, before, "")
        else:
            _add(runs, before, "deleted")
            _add(runs, after, "inserted")
    return Text(tuple(runs))


def comparison_rows(old: Sequence[str], new: Sequence[str]) -> tuple[ComparisonRow, ...]:
    """Rows for two lists of passages (articles, paragraphs): alike ones side by side, changed ones only.

    A passage without a partner faces 「（新設）」 or 「（削除）」.
    """
    rows = []
    for before, after in _partners(old, new):
        if before == after:
            continue
        if before is None:
            rows.append(ComparisonRow("（新設）", Run(after or "", change="changed")))
        elif after is None:
            rows.append(ComparisonRow(Run(before, change="changed"), "（削除）"))
        else:
            rows.append(ComparisonRow(*compare(before, after)))
    return tuple(rows)


def tracked_paragraphs(old: Sequence[str], new: Sequence[str]) -> tuple[Text, ...]:
    """Two lists of passages as one list of tracked texts, nothing left out."""
    return tuple(tracked(before or "", after or "") for before, after in _partners(old, new))


def _partners(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from _alike(old[i1:i2], new[j1:j2])


def _alike(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Pair changed passages in order; one that resembles nothing on the other side stays alone."""
    start = 0
    for before in old:
        likeness = [_likeness(before, after) for after in new[start:]]
        best = max(range(len(likeness)), key=likeness.__getitem__, default=None)
        if best is None or likeness[best] < _ALIKE:
            yield before, None
            continue
        for alone in new[start : start + best]:
            yield None, alone
        yield before, new[start + best]
        start += best + 1
    for alone in new[start:]:
        yield None, alone


def _likeness(before: str, after: str) -> float:
    """0 to 1; passages under the same number (第5条) need less in common to be the same passage."""
    found = SequenceMatcher(None, before, after, autojunk=False).ratio()
    numbers = [match.group(1) if (match := _LEADING.match(words)) else None for words in (before, after)]
    return min(1.0, found + _SAME_NUMBER) if numbers[0] is not None and numbers[0] == numbers[1] else found


def _pairs(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Equal and differing stretches in turn; a very short common stretch joins the change around it."""
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    stretches = [
        ("".join(left[i1:i2]), "".join(right[j1:j2]), kind == "equal")
        for kind, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    ]
    merged: list[tuple[str, str]] = []
    for position, (before, after, same) in enumerate(stretches):
        inside = 0 < position < len(stretches) - 1
        differs = not same or (inside and len(before) < _SHORTEST_COMMON)
        if differs and merged and merged[-1][0] != merged[-1][1]:
            merged[-1] = (merged[-1][0] + before, merged[-1][1] + after)
        else:
            merged.append((before, after))
    yield from merged


def _add(runs: list[Run], words: str, change: Change) -> None:
    if not words:
        return
    if runs and runs[-1].change == change:
        runs[-1] = Run(runs[-1].text + words, change=change)
    else:
        runs.append(Run(words, change=change))

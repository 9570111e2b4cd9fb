"""Two versions of an agreement side by side (新旧対照表) and in one text (見え消し), as rows of marked runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from keniki.press import blocks as b
from keniki.press import changes

#: Articles at least this alike are the same article under another number.
ALIKE = 0.5


@dataclass(frozen=True)
class AnnexText:
    """An annex item as text; `key` joins it to itself in another version."""

    key: str
    heading: str
    text: str


@dataclass(frozen=True)
class VersionText:
    """All text of a version: `articles` as stored, `annex` in order."""

    preamble: str = ""
    articles: Sequence[Any] = ()
    closing: str = ""
    annex_heading: str = ""
    annex: Sequence[AnnexText] = field(default_factory=tuple)


@dataclass(frozen=True)
class ComparedRow:
    """One part of the text in both versions.

    In `old` and `new` what differs is marked `changed`; `tracked` holds both, marked `deleted` and `inserted`.
    """

    place: str
    old: b.Text
    new: b.Text
    tracked: b.Text

    @property
    def changed(self) -> bool:
        return any(isinstance(run, b.Run) and run.change for run in self.tracked.runs)

    @property
    def kind(self) -> str:
        """added, removed, changed or same."""
        if not self.changed:
            return "same"
        if not self.old:
            return "added"
        return "changed" if self.new else "removed"


def compare_versions(old: VersionText, new: VersionText) -> list[ComparedRow]:
    """Both versions part by part in the new one's order; what fell away stands where it stood."""
    rows = [_row("前文", old.preamble, new.preamble)]
    for before, after in _aligned(old.articles, new.articles):
        rows.append(_row(_place(before, after), _article_text(before), _article_text(after)))
    rows.append(_row("後文", old.closing, new.closing))
    rows.append(_row("別表の見出し", old.annex_heading, new.annex_heading))
    rows.extend(_annex_rows(old.annex, new.annex))
    return [row for row in rows if row.old or row.new]


def compare_texts(old: str, new: str, place: str = "") -> ComparedRow:
    """Two texts as one row."""
    return _row(place, old, new)


def comparison_blocks(rows: Sequence[ComparedRow], *, old_title: str, new_title: str) -> tuple[b.Block, ...]:
    """The 新旧対照表 of what changed, for press."""
    changed = [row for row in rows if row.changed]
    if not changed:
        return (b.Paragraph("変更はありません。"),)
    return (
        b.ComparisonTable(
            rows=tuple(b.ComparisonRow(old=row.old, new=row.new, note=row.place) for row in changed),
            old_title=old_title,
            new_title=new_title,
            note_title="箇所",
        ),
        b.Note("下線の部分は、変更した箇所である。"),
    )


def tracked_blocks(rows: Sequence[ComparedRow]) -> tuple[b.Block, ...]:
    """The whole text with its changes (見え消し), for press."""
    parts: list[b.Block] = []
    for row in rows:
        parts.extend(b.Paragraph(line) for line in _lines(row.tracked))
        parts.append(b.Spacer(0.5))
    return (*parts, b.Note("取消線は削除、下線は追加を示す。"))


# --- runs -------------------------------------------------------------------------------------------------


def _row(place: str, old: str, new: str) -> ComparedRow:
    was, now = changes.compare(old, new)
    return ComparedRow(place=place, old=was, new=now, tracked=changes.tracked(old, new))


def _lines(text: b.Text) -> list[b.Text]:
    """The text cut at its line breaks."""
    lines: list[list[b.Inline]] = [[]]
    for run in text.runs:
        if not isinstance(run, b.Run):
            lines[-1].append(run)
            continue
        first, *rest = run.text.split("\n")
        if first:
            lines[-1].append(b.Run(first, change=run.change))
        lines.extend([b.Run(more, change=run.change)] if more else [] for more in rest)
    return [b.Text(tuple(line)) for line in lines if line]


# --- parts ------------------------------------------------------------------------------------------------


def _article_text(article: Any | None) -> str:
    if article is None:
        return ""
    lines = [f"（{article['heading']}）"] if article.get("heading") else []
    for number, paragraph in enumerate(article["paragraphs"], 1):
        lead = f"第{article['number']}条" if number == 1 else str(number)
        lines.append(f"{lead}　{paragraph['text']}")
        lines.extend(f"　({n}) {item}" for n, item in enumerate(paragraph.get("items", ()), 1))
    return "\n".join(lines)


def _place(before: Any | None, after: Any | None) -> str:
    if before is None:
        return f"第{after['number']}条（新設）" if after else ""
    if after is None:
        return f"第{before['number']}条（削除）"
    if before["number"] != after["number"]:
        return f"第{after['number']}条（旧第{before['number']}条）"
    return f"第{after['number']}条"


def _likeness(one: Any, other: Any) -> float:
    if one.get("heading") and one.get("heading") == other.get("heading"):
        return 1.0
    first, second = ("".join(p["text"] for p in article["paragraphs"]) for article in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[Any | None, Any | None]]:
    """Pair the articles in order so that the likest meet; an article without a partner meets None."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likeness = [[_likeness(one, other) for other in new] for one in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            met = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] >= ALIKE else 0.0
            best[i][j] = max(met, best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[Any | None, Any | None]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if likeness[i][j] >= ALIKE and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return [*pairs, *((one, None) for one in old[i:]), *((None, other) for other in new[j:])]


def _annex_rows(old: Sequence[AnnexText], new: Sequence[AnnexText]) -> list[ComparedRow]:
    before = {item.key: item for item in old}
    after = {item.key: item for item in new}
    order = [item.key for item in new]
    for one, two in pairwise([None, *(item.key for item in old)]):
        if two is not None and two not in after:
            order.insert(order.index(one) + 1 if one in order else 0, two)
    rows = []
    for key in order:
        was, now = before.get(key), after.get(key)
        heading = (now or was).heading  # type: ignore[union-attr]
        note = "（新設）" if was is None else "（削除）" if now is None else ""
        rows.append(_row(f"別表 {heading}{note}", was.text if was else "", now.text if now else ""))
    return rows

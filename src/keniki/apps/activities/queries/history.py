"""Who changed what: the log of a record and of what belongs to it, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.queries.counts import quantity_label

_LABELS = {
    "initiative": "取組",
    "project": "事業",
    "fiscal_year": "年度",
    "municipality": "市町村",
    "title": "活動名",
    "kind": "種類",
    "state": "状態",
    "tally_only": "集計のみ",
    "starts_on": "開始日",
    "ends_on": "終了日",
    "place": "場所",
    "organiser": "主催",
    "text": "内容",
    "lines": "結果の行",
    "counts": "数量",
    "measures": "別表の取組内容",
    "roles": "果たした役割",
    "caption": "説明",
    "credit": "撮影・提供",
    "consent": "同意",
    "public": "公開",
    "reason": "理由",
}


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """A line of the log with what was changed by it."""

    at: datetime
    text: str
    changes: list[Change] = field(default_factory=list)


def label_of(name: str) -> str:
    """How a part of an activity is called on a page; the key of a count is called by its quantity."""
    return _LABELS.get(name) or quantity_label(name.split("_")[0])


def history_of(*records: Model) -> list[Entry]:
    """What was done to these records, newest first."""
    about = Q(pk__in=[])
    for record in records:
        about |= Q(object_kind=record._meta.label_lower, object_key=str(record.pk))
    return [Entry(row.at, row.text, changes_of(row)) for row in LogEntry.objects.filter(about)]


def changes_of(row: LogEntry) -> list[Change]:
    """Before and after of a change; what was created or removed as a whole has none."""
    if row.before is None or row.after is None:
        return []
    return [
        Change(label_of(name), _words(row.before.get(name)), _words(value))
        for name, value in row.after.items()
        if name not in ("digest", "file_name") and row.before.get(name) != value
    ]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    return "" if value is None else str(value)

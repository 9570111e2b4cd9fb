"""Values of events in words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from keniki.analysis import merging
from keniki.analysis.merging.values import Check, Choice, Many, Moment, Record, Whole, Yes
from keniki.core import era

#: What the parts of values that have several are called.
PARTS: Final = {
    "state": "状態", "at": "日時", "place": "設置場所", "level": "避難情報", "reason": "理由", "people": "人数",
    "households": "世帯数", "men": "男性", "women": "女性", "outside": "屋外・車中", "counted_at": "数えた日時",
    "lat": "緯度", "lon": "経度", "value": "取消", "since": "から", "where": "場所",
}  # fmt: skip
UTILITIES: Final = {
    "power": "電気", "water": "水道", "gas": "ガス", "heating": "暖房", "phone": "電話・通信", "toilet": "トイレ",
}  # fmt: skip
OUTAGES: Final = {
    "power": "停電（戸）",
    "water": "断水（戸）",
    "gas": "ガス停止（戸）",
    "phone": "電話不通（回線）",
}
MEMBERS: Final = UTILITIES


def value(kind: str, name: str, content: Any) -> str:
    """A field's value as people read it; 「空欄」 where it was emptied."""
    if content is None:
        return "空欄"
    return _told(merging.field_of(kind, name).check, content)


def label(kind: str, name: str) -> str:
    """What a field is called; a member of a collection with its own name."""
    declared = merging.field_of(kind, name).label
    group, dot, member = name.rpartition(".")
    return f"{declared}：{MEMBERS.get(member, member)}" if dot and group else declared


def when(content: Any) -> str:
    """A moment written in an event, in local time: 「R6.8.5 14:05」; empty without one."""
    moment = parse_datetime(content) if isinstance(content, str) else None
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return f"{era.format_date_short(local.date())} {local:%H:%M}"


def _told(check: Check, content: Any) -> str:
    if content is None:
        return ""
    if isinstance(check, Choice):
        return str(check.words.get(content, content))
    if isinstance(check, Yes):
        return "はい" if content else "いいえ"
    if isinstance(check, Moment):
        return when(content)
    if isinstance(check, Record) and isinstance(content, Mapping):
        parts = [
            (PARTS.get(name, name), _told(each, content[name]))
            for name, each in check.parts.items()
            if content.get(name) is not None
        ]
        plain = (PARTS["state"], PARTS["level"])
        return "、".join(words if title in plain else f"{title} {words}" for title, words in parts if words)
    if isinstance(check, Many) and isinstance(content, list):
        return "、".join(_told(check.each, each) for each in content)
    if isinstance(check, Whole):
        return f"{content:,}"
    return str(content)

"""What is recorded on the board (できごとの種類) in words: for the chronology, its filter and the files."""

from __future__ import annotations

from typing import Final

from keniki.analysis import merging

#: Kinds of events the pages of the board record.
RECORDED: Final = {
    "town.update": "本部・警戒レベル",
    "district.order": "避難情報",
    "shelter.update": "避難所",
    "damage.report": "被害の集計",
    "road.update": "道路",
    "request.make": "要請・申出",
    "request.answer": "要請・申出への対応",
    "note.write": "記録",
    "board.decide": "食い違いの決定",
    "board.void": "取消",
}


def kind_words(kind: str, entity: str) -> str:
    """What a kind of event is called; of one that came from elsewhere, what it is about."""
    known = RECORDED.get(kind)
    if known is not None:
        return known
    declared = merging.KINDS.get(entity.partition(":")[0])
    return declared.label if declared is not None else kind

"""The spaces of our own table: a row is a space, rows of one shelter become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from keniki.core.digits import plain
from keniki.core.text import search_key

from . import cells
from .base import SPACE_KINDS, Problem, ShelterRow, Space
from .cells import Wrong
from .columns import OWN_SPACE

#: Fields of a shelter that only its first row has to have.
_INHERITED = {
    "kana": "名称_カナ",
    "address": "所在地",
    "latitude": "緯度",
    "longitude": "経度",
    "elevation": "標高",
    "stated_capacity": "想定収容人数",
    "takes": "受入対象者",
    "communities": "対象となる町会・自治会",
    "contact": "電話番号",
    "note": "備考",
}
_FLAGS = {
    "is_site": "指定緊急避難場所",
    "is_shelter": "指定避難所",
    "is_welfare": "福祉避難所",
    "hazards": "災害種別",
}


def read_space(number: int, text: Callable[[str], str]) -> tuple[Space, ...]:
    """The space of a row, none where all its cells are empty."""
    if not any(text(column).strip() for column in OWN_SPACE):
        return ()
    name = text("スペース名").strip()
    if not name:
        raise Wrong("スペース名", "スペース名がありません。面積や人数の列に入力があるときは必要です。")
    area = cells.decimal(text("面積（m²）"), "面積（m²）")
    if area is not None and area <= 0:
        raise Wrong("面積（m²）", f"面積が0以下（{area}）です。0より大きい値にしてください。")
    if area is not None and area > cells.MOST_AREA:
        raise Wrong("面積（m²）", f"面積（{area}）は{cells.MOST_AREA:,f}m²以下にしてください。")
    day, night = (
        cells.choice(text(column), column, yes="可", no="不可") for column in ("昼に使える", "夜に使える")
    )
    return (
        Space(
            number,
            name,
            _kind(text("スペースの種類")),
            area,
            cells.whole(text("個別に定めた人数"), "個別に定めた人数"),
            cells.choice(text("暖房"), "暖房", yes="有", no="無"),
            day is not False,
            night is not False,
            bool(cells.choice(text("バリアフリー"), "バリアフリー", yes="有", no="無")),
            bool(cells.choice(text("要配慮者の部屋"), "要配慮者の部屋", yes="有", no="無")),
            text("スペースの備考").strip(),
        ),
    )


def joined_spaces(rows: Sequence[ShelterRow]) -> tuple[list[ShelterRow], list[Problem]]:
    """The rows of one shelter as one with all its spaces, and the rows that contradict the shelter's first.

    Rows are of one shelter by their common ID, else by town and 避難所ID, else by town and name. Cells left empty in
    later rows are those of the first.
    """
    found: dict[object, ShelterRow] = {}
    problems: list[Problem] = []
    for row in rows:
        key = _key(row)
        first = found.get(key)
        if first is None:
            found[key] = row
            continue
        wrong = _contradiction(first, row)
        if wrong is not None:
            problems.append(Problem(row.row, wrong.column, wrong.reason, row.name))
            continue
        found[key] = replace(first, spaces=first.spaces + row.spaces)
    return list(found.values()), problems


def _key(row: ShelterRow) -> object:
    if row.common_id:
        return row.common_id
    return row.code, row.local_id or ("", search_key(row.name))


def _contradiction(first: ShelterRow, row: ShelterRow) -> Wrong | None:
    if search_key(first.name) != search_key(row.name):
        return Wrong("名称", f"{first.row}行目と同じIDですが、名称が「{first.name}」と違います。")
    for field, column in _INHERITED.items():
        told, known = getattr(row, field), getattr(first, field)
        if told not in ("", None) and told != known:
            return Wrong(
                column,
                f"{first.row}行目の同じ避難所の値（{known}）と違います。同じにするか、空欄にしてください。",
            )
    for field, column in _FLAGS.items():
        told, known = getattr(row, field), getattr(first, field)
        if told and told != known:
            return Wrong(column, f"{first.row}行目の同じ避難所と違います。同じにするか、空欄にしてください。")
    names = {search_key(space.name): space.row for space in first.spaces}
    for space in row.spaces:
        if search_key(space.name) in names:
            return Wrong(
                "スペース名", f"{names[search_key(space.name)]}行目と同じスペース名「{space.name}」です。"
            )
    if not row.spaces:
        return Wrong("名称", f"{first.row}行目と同じ避難所です。")
    return None


def _kind(text: str) -> str:
    told = plain(text)
    if not told:
        return "hall"
    for key, words in SPACE_KINDS.items():
        if told == key or search_key(told) in (
            search_key(words),
            *(search_key(part) for part in words.split("・")),
        ):
            return key
    known = "、".join(SPACE_KINDS.values())
    raise Wrong(
        "スペースの種類", f"「{text[:20]}」はスペースの種類ではありません。次から選んでください：{known}"
    )

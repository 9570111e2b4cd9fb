"""What a town keys into the prefecture's disaster system, in the order of its parts, so that nothing is keyed twice."""

from __future__ import annotations

from datetime import date

from .damage_rows import sheet_rows
from .queries.board import Board
from .queries.board.rows import SHELTER_WORDS

_CHECKING = "確認中（食い違いあり）"


def copy_rows(board: Board, code: str, on: date) -> list[tuple[str, str, str]]:
    """Part, field and value: headquarters, orders, shelters, damage. An empty value was not reported."""
    rows: list[tuple[str, str, str]] = []
    for town in board.towns:
        if town.town == code:
            headquarters = _CHECKING if town.headquarters.conflict else town.headquarters.words
            level = _CHECKING if town.level.conflict else town.level.words
            rows += [
                ("災害対策本部", "設置の状況", headquarters),
                ("災害対策本部", "職員の配備", town.dispatch.words),
                ("災害対策本部", "警戒レベル", level),
                *(("ライフライン", name, datum.words) for name, datum in town.outage_words),
            ]
    for district in board.ordered_districts:
        if district.town == code:
            told = (
                _CHECKING if district.order.conflict else "".join(words for _, words in district.order_words)
            )
            rows += [
                ("避難情報", f"{district.name}：区分", told),
                ("避難情報", f"{district.name}：発令・解除の日時", district.issued),
                ("避難情報", f"{district.name}：対象世帯数", district.households.words),
                ("避難情報", f"{district.name}：対象人数", district.people.words),
                ("避難情報", f"{district.name}：理由", str(district.order.part("reason") or "")),
            ]
    for shelter in board.active_shelters:
        if shelter.town == code:
            status = _CHECKING if shelter.status.conflict else SHELTER_WORDS[shelter.states[0]]
            people = str(shelter.low) if shelter.low == shelter.high else f"{shelter.low}～{shelter.high}"
            rows += [
                ("避難所", f"{shelter.name}：状況", status),
                ("避難所", f"{shelter.name}：開設日時", shelter.opened_at.words),
                ("避難所", f"{shelter.name}：避難者数（受付の登録）", people),
                ("避難所", f"{shelter.name}：避難者数（数えた結果）", "／".join(map(str, shelter.counted))),
                ("避難所", f"{shelter.name}：必要なもの", shelter.wanted.words),
            ]
    figures = next((row.figures for row in board.damage if row.town == code), {})
    for row in sheet_rows(on, [figures]):
        value = _CHECKING if row.disputed[0] else "" if row.figures[0] is None else str(row.figures[0])
        rows.append(("被害", f"{row.group}　{row.name}（{row.unit}）", value))
    return rows

"""The public buildings of a ledger (公共施設の台帳) as a CSV, put among the rates of a region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from keniki.core.csv_dialect import Record, read_table
from keniki.core.errors import WrongInput
from keniki.core.hand_yaml import read_yaml
from keniki.core.municipality_code import parse_code
from keniki.rulebooks import demand as book

from .rate_files import BUILDINGS
from .rate_text import written

#: The columns by the names they may have.
COLUMNS: Final = {
    "use": ("use", "用途"),
    "built": ("built", "建築年"),
    "area": ("area", "延床面積"),
    "municipality_code": ("municipality_code", "団体コード"),
}
_MOST: Final = 5_000


def buildings_in(data: bytes, file: str, on: date, municipality: str = "") -> dict[str, list[dict[str, Any]]]:
    """The buildings of a CSV by six-digit code, in its order: use (id or Japanese name), year built, floor area in m².

    `municipality` is the code of them all where the file has no such column. WrongInput names row and column.
    """
    table = read_table(data, file=file)
    heads = {
        name: next((each for each in names if each in table.headings), "") for name, names in COLUMNS.items()
    }
    for name in ("use", "built", "area"):
        if not heads[name]:
            raise WrongInput(
                f"見出し「{'」か「'.join(COLUMNS[name])}」の列がありません。見出し：{'、'.join(table.headings)}",
                file=file,
                row=1,
                column=name,
            )
    if not heads["municipality_code"] and not municipality:
        raise WrongInput("団体コードの列がありません。市区町村を選んでください。", file=file, row=1)
    uses = {use: use for use in book.renewal(on).value.uses}
    uses |= {cost.name: use for use, cost in book.renewal(on).value.uses.items()}
    found: dict[str, list[dict[str, Any]]] = {}
    for record in table.records:
        use = record[heads["use"]].strip()
        if use not in uses:
            raise WrongInput(
                f"用途「{use[:40]}」はありません。使える用途：{'、'.join(uses)}",
                file=file,
                row=record.row,
                column=heads["use"],
            )
        code = municipality
        if heads["municipality_code"]:
            code = _code(record, heads["municipality_code"], file)
        built = _number(record, heads["built"], file, 1800, on.year + 10)
        area = _number(record, heads["area"], file, 0, 1e7)
        found.setdefault(code, []).append({"use": uses[use], "built": int(built), "area": area})
    if not found:
        raise WrongInput("建物が1件もありません。2行目以後に1棟ずつ書いてください。", file=file)
    if sum(len(rows) for rows in found.values()) > _MOST:
        raise WrongInput(f"建物が{_MOST:,}件を超えています。小さい建物をまとめてください。", file=file)
    return found


def with_buildings(text: str, there: dict[str, list[dict[str, Any]]], source: str, year: int) -> str:
    """A checked file of rates (or none) with these buildings in place of those it had for the same municipalities.

    What else it says stays; comments don't.
    """
    rules = (read_yaml(text)["rules"] or ()) if text else ()
    kept = [rest for rule in rules if (rest := _without(rule, list(there)))]
    added = [
        {
            "id": BUILDINGS,
            "source": source,
            "municipalities": [code],
            "value": {"kind": "buildings", "year": year, "rows": rows},
        }
        for code, rows in there.items()
    ]
    return written([*kept, *added])


def _without(rule: dict[str, Any], codes: Sequence[str]) -> dict[str, Any] | None:
    """A rule less the buildings of some municipalities; None where nobody is left."""
    if rule["id"] != BUILDINGS:
        return rule
    gone = {code[:5] for code in codes}
    left = [code for code in rule["municipalities"] if str(code)[:5] not in gone]
    return {**rule, "municipalities": left} if left else None


def _code(record: Record, column: str, file: str) -> str:
    try:
        return parse_code(record[column].strip())
    except WrongInput as wrong:
        raise WrongInput(wrong.message, file=file, row=record.row, column=column) from None


def _number(record: Record, column: str, file: str, low: float, high: float) -> float:
    typed = record[column].strip().replace(",", "")
    try:
        value = float(typed)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        said = "西暦の年" if column in COLUMNS["built"] else f"{low:,.0f}から{high:,.0f}までの数"
        raise WrongInput(
            f"「{typed[:40]}」は使えません。{said}を入力してください。",
            file=file,
            row=record.row,
            column=column,
        )
    return value

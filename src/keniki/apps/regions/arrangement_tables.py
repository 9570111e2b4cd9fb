"""Joint arrangements as tables for spreadsheets, and read back from one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from keniki.core import era
from keniki.core.csv_dialect import read_table, unguard_formula
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import is_code
from keniki.press.excel import DataSheet

from .arrangements import UNKNOWN_FORM, Joined, field_labels, legal_forms
from .models import Municipality

COLUMNS = (
    "名称",
    "形式",
    "根拠条文",
    "共同で処理する事務",
    "政策分野",
    "構成市町村",
    "登録にない構成団体",
    "受託・幹事の市町村",
    "開始日",
    "終了日",
    "事務所の所在地",
    "備考",
    "出典の箇所",
)
_BETWEEN = re.compile(r"[、,，;；\n]+")
_LIMITS = {"名称": 160, "事務所の所在地": 200, "出典の箇所": 300}
_MOST = 2000


def sheet(rows: Sequence[Joined]) -> DataSheet:
    """One arrangement a row; the same columns are read back (article, outside and bodies are for reading)."""
    names = field_labels()
    return DataSheet(
        "共同処理・連携の仕組み",
        (*COLUMNS, "圏域外を含む", "構成団体（市町村以外）", "出典"),
        [
            (
                each.arrangement.name,
                each.form_name,
                each.article,
                each.arrangement.office,
                "、".join(names.get(key, key) for key in each.arrangement.fields),
                "、".join(town.name for town in (*each.inside, *each.outside)),
                "、".join(each.arrangement.others),
                each.arrangement.lead.name if each.arrangement.lead else "",
                shown_day(each.arrangement.since, each.arrangement.since_precision),
                shown_day(each.arrangement.until, "day"),
                each.arrangement.seat,
                each.arrangement.note,
                each.arrangement.source_place,
                "含む" if each.beyond else "",
                "、".join(str(body) for body in each.arrangement.bodies.all()),
                each.arrangement.source.title if each.arrangement.source else "",
            )
            for each in rows
        ],
    )


def matrix_sheet(rows: Sequence[Joined], towns: Sequence[Municipality]) -> DataSheet:
    """Arrangements against the region's members: 1 for a member."""
    return DataSheet(
        "仕組みと市町村",
        ("名称", "形式", *(f"{town.code} {town.name}" for town in towns), "圏域外を含む"),
        [
            (
                each.arrangement.name,
                each.form_name,
                *(1 if town in each.inside else 0 for town in towns),
                "含む" if each.beyond else "",
            )
            for each in rows
        ],
    )


def template_rows() -> list[tuple[str, ...]]:
    """The head of the file."""
    return [COLUMNS]


def read_arrangements(
    data: bytes, members: Sequence[Municipality], *, file: str | None = None
) -> list[dict[str, Any]]:
    """The rows of a CSV file with the columns of `COLUMNS` (名称 and 構成市町村 have to be there).

    The region's members are known by name, others by name or code. WrongInput names the first row and column that
    cannot be read.
    """
    table = read_table(data, file=file, required=("名称", "構成市町村"))
    forms = {form.name: form.key for form in legal_forms().values()} | {UNKNOWN_FORM: "", "": ""}
    labels = field_labels()
    fields = {key: key for key in labels} | {name: key for key, name in labels.items()}
    here = {name: town for town in members for name in (town.name, town.code)}
    rows = []
    seen: dict[str, int] = {}
    for record in table.records:
        cells = {name: unguard_formula(record.get(name)).strip() for name in COLUMNS}
        try:
            first = seen.setdefault(cells["名称"], record.row)
            if first != record.row:
                raise WrongInput(f"{first}行目と同じ名称です。一つにしてください。", column="名称")
            for name, limit in _LIMITS.items():
                if len(cells[name]) > limit:
                    raise WrongInput(f"{limit}文字までにしてください。", column=name)
            lead = cells["受託・幹事の市町村"]
            since, precision = _day(cells["開始日"], "開始日")
            given: dict[str, dict[str, Any]] = {
                "形式": {"form": _one(cells["形式"], forms, "形式")},
                "共同で処理する事務": {"office": cells["共同で処理する事務"]},
                "政策分野": {
                    "fields": [_one(name, fields, "政策分野") for name in _parts(cells["政策分野"])]
                },
                "登録にない構成団体": {"others": _parts(cells["登録にない構成団体"])},
                "受託・幹事の市町村": {"lead": _town(lead, here, "受託・幹事の市町村") if lead else None},
                "開始日": {"since": since, "since_precision": precision},
                "終了日": {"until": _day(cells["終了日"], "終了日")[0]},
                "事務所の所在地": {"seat": cells["事務所の所在地"]},
                "備考": {"note": cells["備考"]},
                "出典の箇所": {"source_place": cells["出典の箇所"]},
            }
            row: dict[str, Any] = {
                "row": record.row,
                "name": cells["名称"],
                "members": [_town(name, here, "構成市町村") for name in _parts(cells["構成市町村"])],
            }
            for column, values in given.items():
                if column in table.headings:
                    row |= values
            rows.append(row)
        except WrongInput as wrong:
            raise wrong.at(file=file, row=record.row) from None
    if not rows:
        raise WrongInput("登録する行がありません。2行目から1行に1件ずつ入力してください。", file=file)
    if len(rows) > _MOST:
        raise WrongInput(f"行が多すぎます（{_MOST}行まで）。ファイルを分けてください。", file=file)
    return rows


def shown_day(day: date | None, precision: str) -> str:
    """A day as exact as it is known: 1991-01-01, 1991-01, 1991; empty for none."""
    if day is None:
        return ""
    return day.isoformat()[: {"month": 7, "year": 4}.get(precision, 10)]


def _day(cell: str, column: str) -> tuple[date | None, str]:
    if not cell:
        return None, "day"
    short = re.fullmatch(r"([0-9]{4})(?:[-/年]([0-9]{1,2})月?|年)?", cell)
    try:
        if short:
            return date(int(short[1]), int(short[2] or 1), 1), "month" if short[2] else "year"
        return era.parse_date(cell), "day"
    except (WrongInput, ValueError):
        raise WrongInput(
            f"「{cell}」は日付として読めません（例：1991-04-01、平成3年4月1日、1991）。", column=column
        ) from None


def _one(word: str, known: dict[str, str], column: str) -> str:
    if word not in known:
        words = "、".join(name for name in known if name and not name.isascii())
        raise WrongInput(f"「{word}」は登録にありません。次から選んでください：{words}", column=column)
    return known[word]


def _town(word: str, here: dict[str, Municipality], column: str) -> Municipality:
    if word in here:
        return here[word]
    field = "code" if is_code(word) else "name"
    found = list(Municipality.objects.filter(**{field: word})[:2])
    if len(found) != 1:
        how = (
            "は複数あります。団体コードで"
            if found
            else "は市町村の一覧にありません。名称か団体コードを確かめて"
        )
        raise WrongInput(f"「{word}」{how}入力してください。", column=column)
    return found[0]


def _parts(cell: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in _BETWEEN.split(cell) if part.strip()))

"""SSDSE-A (SSDSE-市区町村) of 統計センター as published: codes, years and Japanese headings in three head rows.

Columns are read by their code; `ssdse_a.yaml` says what a code means and under which headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput

from .areas import Places, area_of
from .base import NO_VALUE, EditionSpec, Parsed, RawBytes, Reader, Rejected, SeriesKey, Sex
from .cells import FIRST_YEAR, LAST_YEAR, MARKS, number_in
from .estat_classes import squeezed
from .sources import source_named

KIND: Final = "ssdse_a"


class Column(BaseModel):
    """What a code stands for: the series' indicator, unit, sex, ages (inclusive) and part; its headings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    indicator: str
    unit: str
    labels: tuple[str, ...]
    sex: Sex = ""
    age: tuple[int, int | None] | None = None
    part: str = ""
    timing: Literal["", "fiscal_year"] = ""

    def is_called(self, label: str) -> bool:
        """Whether a heading is one of the column's, whatever commas it has."""
        return _alike(label) in map(_alike, self.labels)

    def series(self, year: int) -> SeriesKey:
        """The series of a column of this year."""
        first, last = self.age or (None, None)
        period = f"FY{year}" if self.timing else ""
        return SeriesKey(self.indicator, self.unit, year, period, self.sex, first, last, self.part)


@cache
def columns() -> dict[str, Column]:
    """The known columns by code."""
    text = files(__package__).joinpath("ssdse_a.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Column]).validate_python(yaml.safe_load(text)["columns"])


def knows(file: RawBytes) -> float:
    """Sure by the first cell, `SSDSE-A-2025`."""
    return 1.0 if _EDITION.match(file.content[:32].decode("utf-8-sig", "ignore").lstrip('"')) else 0.0


def read(file: RawBytes) -> Parsed:
    """All columns with the years of the head; rows and cells that cannot be read are quarantined.

    WrongInput where a head row is missing. A code nobody knows, or one whose heading says something else, becomes
    the indicator `ssdse_a_<code>` without a unit, with a note.
    """
    rows = read_csv(file.content, file=file.name).rows
    edition = _edition(rows, file.name)
    parsed = Parsed(KIND, file, source_named("ssdse_a"), edition)
    series = _series(parsed, rows)
    codes, width, labels, places, blank = rows[0], len(rows[0]), parsed.column_labels, Places(), 0
    known: dict[str, float] = {}
    for number, row in enumerate(rows[_HEAD:], start=_HEAD + 1):
        if not any(row):
            continue
        if len(row) != width:
            reason = f"セルの数（{len(row)}）が見出しの数（{width}）と違います。"
            parsed.rejected.append(Rejected(number, "", reason, row))
            continue
        code = _AREA.fullmatch(row[0].strip())
        try:
            if code is None:
                raise WrongInput(f"「{row[0]}」は地域コード（R01100 など）ではありません。")
            area = places.number(area_of(code[1], row[2].strip() or row[1]))
        except WrongInput as wrong:
            parsed.rejected.append(Rejected(number, codes[0], wrong.message, row))
            continue
        parsed.row_labels[number] = " ".join(filter(None, (row[1].strip(), row[2].strip())))
        for column, place in series:
            cell = row[column]
            value = known.get(cell)
            if value is not None:
                parsed.add(place, area, value, number, column + 1)
                continue
            text = cell.strip()
            value = number_in(text)
            if value is not None:
                known[cell] = value
                parsed.add(place, area, value, number, column + 1)
            elif text in MARKS:
                parsed.add(place, area, NO_VALUE, number, column + 1, text)
            elif text:
                reason = f"「{text}」は数値でも記号でもありません。"
                parsed.rejected.append(Rejected(number, labels[column + 1], reason, row))
            else:
                blank += 1
    parsed.area_keys = places.keys
    if blank:
        parsed.notes.append(f"空欄の{blank:,}セルは登録していません。")
    if not len(parsed):
        raise WrongInput(
            "読み取れる値が1つもありません。4行目から市区町村の行を入れてください。", file=file.name
        )
    return parsed


READER: Final = Reader(KIND, "SSDSE-市区町村（SSDSE-A）のCSV", knows, read)

_HEAD: Final = 3
_FIRST: Final = 3
_EDITION: Final = re.compile(r"SSDSE-A-(\d{4})|SSDSE-(\d{4})A")
_AREA: Final = re.compile(r"R(\d{5})", re.ASCII)


def _edition(rows: Sequence[Sequence[str]], file: str) -> EditionSpec:
    found = _EDITION.fullmatch(rows[0][0].strip()) if rows and rows[0] else None
    if found is None:
        raise WrongInput(
            "1行1列目が「SSDSE-A-2025」のような版の名称ではありません。公表されたCSVをそのまま読み込んでください。",
            file=file,
            row=1,
        )
    for number, what in ((1, "項目コード"), (2, "年度"), (3, "項目名")):
        if len(rows) < number or len(rows[number - 1]) != len(rows[0]) or len(rows[0]) <= _FIRST:
            raise WrongInput(
                f"{number}行目の見出し（{what}）がないか、列の数が1行目と違います。"
                "公表されたCSVをそのまま読み込んでください。",
                file=file,
                row=number,
            )
    year = found[1] or found[2]
    return EditionSpec(f"ssdse-a-{year}", f"SSDSE-市区町村 {year}年版", "SSDSE-A", "市区町村別の基本素材")


def _series(parsed: Parsed, rows: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """The columns (from 0) with their series; those without a year are rejected."""
    found: dict[SeriesKey, int] = {}
    plan = []
    for column in range(_FIRST, len(rows[0])):
        code, year, label = (rows[line][column].strip() for line in range(_HEAD))
        if not code and not label:
            continue
        parsed.column_labels[column + 1] = label or code
        if not _YEAR.fullmatch(year) or not FIRST_YEAR <= int(year) <= LAST_YEAR:
            reason = f"2行目の年度「{year}」を読めないため、この列（{code}）は登録していません。"
            parsed.rejected.append(Rejected(None, label, reason, (code, year, label)))
            continue
        key = _meaning(parsed, code, label).series(int(year))
        plan.append((column, found.setdefault(key, len(found))))
    parsed.series_keys = list(found)
    return plan


_YEAR: Final = re.compile(r"\d{4}", re.ASCII)


def _meaning(parsed: Parsed, code: str, label: str) -> Column:
    known = columns().get(code)
    if known is not None and known.is_called(label):
        return known
    own = Column(indicator=f"ssdse_a_{re.sub(r'[^0-9a-z]+', '_', code.lower())}", unit="", labels=(label,))
    why = (
        f"項目コード {code} の項目名「{label}」が既知のもの（{'、'.join(known.labels)}）と違うため、"
        if known
        else f"項目コード {code}（{label}）は知られていないため、"
    )
    parsed.notes.append(f"{why}指標「{own.indicator}」（単位なし）として登録します。")
    return own


def _alike(label: str) -> str:
    """A heading without what editions write differently: commas, brackets, dots between words."""
    return re.sub(r"[,、，()（）「」『』・]", "", squeezed(label))

"""Any table of one's own (CSV or workbook), read as a mapping says; see `mapping_spec` for what it may say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue

from .base import NO_VALUE, Parsed, RawBytes, Reader, SeriesKey, Sex
from .cells import ages_in, indicator_id, number_in, sex_in, title_of, unit_id, without_year
from .grids import grid_of
from .mapping_flows import MappedFlows
from .mapping_spec import AreaColumns, MappingSpec, Place, Told, ValueColumns, spec_of
from .mapping_table import KIND, Codes, Heads, MappedTable, letter_of, number_of, when_in
from .names import NameBook
from .proposing import draft, named, propose

__all__ = [
    "KIND",
    "READER",
    "Heads",
    "MappingSpec",
    "draft",
    "has_head",
    "head_of",
    "letter_of",
    "named",
    "number_of",
    "propose",
    "read_mapped",
    "spec_of",
]

_LONGEST_TEXT: Final = 400


def read_mapped(file: RawBytes, spec: MappingSpec, codes: Codes | None = None) -> Parsed:
    """The figures or flows of the table; `codes` gives the code (or codes) of each municipality's name.

    Rows whose area, and cells whose value cannot be read are rejected. WrongInput names the key of the mapping
    that does not fit the file: a sheet, column or head row that is not there, a year that is none.
    """
    book = NameBook(codes or {})
    if spec.flow is not None:
        return MappedFlows(file, spec, spec.flow, book).parsed()
    assert spec.area is not None
    return _Mapped(file, spec, spec.area, book).parsed()


def head_of(file: RawBytes, spec: MappingSpec) -> str:
    """A hash of the file's headings, under which a mapping for it is found again.

    Sheet names and the head row that holds the year are left out: they change from edition to edition. A file
    without headings goes by its name (but for the year in it).
    """
    grid = grid_of(file, spec.sheet)
    told = [spec.year, *(column.year for column in spec.columns)]
    dated = {place.head_row for place in told if isinstance(place, Place)}
    rows = [
        [" ".join(cell.split()) for cell in grid.rows[number - 1]] if number <= len(grid.rows) else []
        for number in spec.head_rows
        if number not in dated
    ]
    for row in rows:
        while row and not row[-1]:
            row.pop()
    found: object = rows if any(rows) else without_year(title_of(file.name))
    return hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()


def has_head(file: RawBytes, spec: MappingSpec, head: str) -> bool:
    """Whether a remembered mapping is for this file: its sheet is there, with the headings of this hash."""
    try:
        return head_of(file, spec) == head
    except WrongInput:
        return False


@dataclass(frozen=True, eq=False)
class _Values:
    """One column of values of the mapping: its number, where it is written in the mapping, the columns it needs."""

    key: str
    number: int
    spec: ValueColumns
    beside: tuple[int, ...]


class _Mapped(MappedTable):
    """Reads one table of figures by its mapping."""

    def __init__(self, file: RawBytes, spec: MappingSpec, area: AreaColumns, book: NameBook) -> None:
        super().__init__(file, spec, book)
        self.area = area
        self.values = self._columns()
        self.keys: dict[tuple[_Values, tuple[str, ...]], SeriesKey | tuple[str, str]] = {}
        self.marks = {plain(mark) for mark in spec.marks}
        self.series: dict[SeriesKey, int] = {}
        self.cells: list[tuple[int, int, float, int, int, str]] = []

    def parsed(self) -> Parsed:
        """Everything the mapping takes from the table."""
        rows = self.rows()
        if self.area.in_head:
            self._by_column(rows)
        else:
            self._by_row(rows)
        return self._result()

    def _by_row(self, rows: Sequence[int]) -> None:
        """Each row is about one area."""
        areas = self.areas(self.area, "area", [(row, 0) for row in rows])
        for number, area in zip(rows, areas, strict=True):
            if isinstance(area, str):
                self.reject(number, str(_place_of(self.area)), area)
                continue
            self.labels[number] = area.name if not self.area.fixed else self._first_words(number)
            for values in self.values:
                self._cell(number, self.places.number(area), values)

    def _by_column(self, rows: Sequence[int]) -> None:
        """Each column is about one area."""
        cells = [(row, values) for row in rows for values in self.values]
        areas = self.areas(self.area, "area", [(row, values.number) for row, values in cells])
        for (row, values), area in zip(cells, areas, strict=True):
            self.labels.setdefault(row, self._first_words(row))
            if not self.grid.cell(row, values.number):
                continue
            if isinstance(area, str):
                self.reject(row, self.heads.title(values.number), area)
            else:
                self._cell(row, self.places.number(area), values)

    def _first_words(self, row: int) -> str:
        """What stands at the head of a row."""
        return next(filter(None, self.grid.rows[row - 1]), "")[:400]

    def _columns(self) -> list[_Values]:
        found = []
        for number, column in enumerate(self.spec.columns, start=1):
            key = f"columns.{number}"
            year = column.year if column.year is not None else self.spec.year
            told = (column.indicator, column.unit, column.part, column.sex, column.age, year)
            beside = tuple(
                self.column(place.column, key)
                for place in told
                if isinstance(place, Place) and place.column is not None
            )
            numbers = self.columns(column.column, column.through, key)
            found += [_Values(key, at, column, beside) for at in numbers]
        return found

    def _cell(self, row: int, place: int, values: _Values) -> None:
        text = self.grid.cell(row, values.number)
        if not text:
            return
        value, words = NO_VALUE, ""
        if values.spec.kind == "words" or plain(text) in self.marks:
            words = text[:_LONGEST_TEXT]
        elif (number := number_in(text)) is not None:
            value = number
        else:
            self.reject(row, self.heads.title(values.number), f"「{text}」は数値ではありません。")
            return
        beside = tuple(self.grid.cell(row, column) for column in values.beside)
        key = self.keys.get((values, beside))
        if key is None:
            key = self.keys[values, beside] = self._key(row, values)
        if isinstance(key, SeriesKey):
            series = self.series.setdefault(key, len(self.series))
            self.cells.append((series, place, value, row, values.number, words))
        else:
            self.reject(row, *key)

    def _key(self, row: int, values: _Values) -> SeriesKey | tuple[str, str]:
        """The series of a cell, or the column and the reason why there is none."""
        spec, key = values.spec, values.key
        told = {name: self._told(row, values, getattr(spec, name)) for name in ("indicator", "unit", "part")}
        if not told["indicator"]:
            return self._bad(key, spec.indicator, "indicator", "指標がありません。")
        if not told["unit"] and spec.kind == "number":
            return self._bad(key, spec.unit, "unit", "単位がありません。")
        year_told = spec.year if spec.year is not None else self.spec.year
        if year_told is None:
            raise self.wrong(
                "year", "がありません。年（2020、令和2年）か、年のある列・見出しの行を書いてください。"
            )
        texts = {
            "year": self._told(row, values, year_told),
            "sex": self._told(row, values, spec.sex),
            "age": self._told(row, values, spec.age),
        }
        when = when_in(texts["year"])
        if when is None:
            where = key if spec.year is not None else ""
            return self._bad(where, year_told, "year", f"「{texts['year']}」を年として読めません。")
        sex: Sex | None = sex_in(texts["sex"])
        if sex is None:
            return self._bad(key, spec.sex, "sex", f"「{texts['sex']}」を性別として読めません。")
        ages = ages_in(texts["age"])
        if ages is None:
            return self._bad(key, spec.age, "age", f"「{texts['age']}」を年齢として読めません。")
        indicator = indicator_id(told["indicator"])[:80]
        return SeriesKey(
            indicator,
            unit_id(told["unit"], indicator)[:40],
            *when,
            sex,
            *ages,
            part=told["part"][:120],
            status=spec.status or self.spec.status,
        )

    def _bad(self, key: str, told: Told, name: str, reason: str) -> tuple[str, str]:
        """A row's own mistake as column and reason; one of the mapping or the head as WrongInput."""
        if isinstance(told, Place) and told.column is not None:
            return str(told.column), reason
        where = f"{key}.{name}" if key else name
        raise self.wrong(where, f"：{reason}対応表か、見出しの行を直してください。")

    def _told(self, row: int, values: _Values, told: Told) -> str:
        return self.told(row, values.number, told, f"{values.key}.column")

    def _result(self) -> Parsed:
        parsed = self.result({key.year for key in self.series})
        parsed.series_keys, parsed.area_keys = list(self.series), self.places.keys
        parsed.column_labels = {values.number: self.heads.title(values.number) for values in self.values}
        for cell in self.cells:
            parsed.add(*cell)
        parsed.notes += _other_units(self.series)
        if not self.cells and not self.rejected:
            parsed.notes.append("データの行がありません。head_rows と first_row を確かめてください。")
        return parsed


def _other_units(series: Iterable[SeriesKey]) -> list[str]:
    """What to say of catalogue indicators in a unit that cannot be made theirs."""
    book, notes = catalogue(date.max), dict[str, None]()
    for key in series:
        if key.indicator not in book or not key.unit or key.unit == book[key.indicator].unit:
            continue
        try:
            book.converted(1.0, key.unit, book[key.indicator].unit)
        except WrongInput:
            name, own = book[key.indicator].name, book.unit_label(key.indicator)
            said = book.units[key.unit].label if key.unit in book.units else key.unit
            notes[f"指標「{name}」の単位は「{own}」です。「{said}」の値は、計算には使われません。"] = None
    return list(notes)


def _place_of(area: AreaColumns) -> str | int:
    """Which column of a row says its area."""
    told = area.code if area.code is not None else area.name
    return (told.column or "") if isinstance(told, Place) else told if told is not None else ""


def _never(file: RawBytes) -> float:
    return 0.0


def _read(file: RawBytes) -> Parsed:
    return read_mapped(file, propose(file))


READER: Final = Reader(KIND, "列の対応を付けた表（CSV・Excel）", _never, _read)

"""Any table of one's own (CSV or workbook), read as a mapping says; see `mapping_spec` for what it may say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.text import search_key
from keniki.rulebooks.indicators import catalogue

from .areas import Places, resolve
from .base import (
    NO_VALUE,
    AreaKey,
    EditionSpec,
    Parsed,
    RawBytes,
    Reader,
    Rejected,
    SeriesKey,
    Sex,
    SourceSpec,
)
from .cells import (
    ages_in,
    indicator_id,
    number_in,
    sex_in,
    span_of,
    title_of,
    unit_id,
    without_year,
    year_in,
)
from .grids import Grid, grid_of
from .mapping_spec import MappingSpec, Place, Told, ValueColumns, spec_of
from .names import NameBook
from .proposing import draft, named, propose
from .sources import named_after, source_named

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
    "propose",
    "read_mapped",
    "spec_of",
]

KIND: Final = "mapped"
_LONGEST_TEXT: Final = 400
Codes = Mapping[str, str | Sequence[str]]


def read_mapped(file: RawBytes, spec: MappingSpec, codes: Codes | None = None) -> Parsed:
    """The figures of the table; `codes` gives the code (or codes) of each municipality's name.

    Rows whose area, and cells whose value cannot be read are rejected. WrongInput names the key of the mapping
    that does not fit the file: a sheet, column or head row that is not there, a year that is none.
    """
    return _Mapped(file, spec, NameBook(codes or {})).parsed()


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


class _Mapped:
    """Reads one table by its mapping."""

    def __init__(self, file: RawBytes, spec: MappingSpec, book: NameBook) -> None:
        self.file, self.spec, self.book = file, spec, book
        self.grid = grid_of(file, spec.sheet)
        self.heads = Heads(self.grid, spec.head_rows)
        self.found: dict[str | int, int] = {}
        self.own = {search_key(area.name): area for area in spec.areas}
        self.values = self._columns()
        self.keys: dict[tuple[_Values, tuple[str, ...]], SeriesKey | tuple[str, str]] = {}
        self.skips = [
            (self._column(rule.column, f"skip.{number}.column"), rule)
            for number, rule in enumerate(spec.skip, start=1)
        ]
        self.marks = {plain(mark) for mark in spec.marks}
        self.places = Places()
        self.series: dict[SeriesKey, int] = {}
        self.cells: list[tuple[int, int, float, int, int, str]] = []
        self.rejected: list[Rejected] = []
        self.skipped = 0
        self.labels: dict[int, str] = {}

    def parsed(self) -> Parsed:
        """Everything the mapping takes from the table."""
        rows = self._rows()
        for number, area in zip(rows, self._areas(rows), strict=True):
            if isinstance(area, str):
                column = self.spec.area.code if self.spec.area.code is not None else self.spec.area.name
                self._reject(number, str(column), area)
                continue
            self.labels[number] = area.name
            for values in self.values:
                self._cell(number, self.places.number(area), values)
        return self._result()

    def _columns(self) -> list[_Values]:
        found = []
        for number, column in enumerate(self.spec.columns, start=1):
            key = f"columns.{number}"
            first = self._column(column.column, f"{key}.column")
            last = first if column.through is None else self._column(column.through, f"{key}.through")
            if last < first:
                raise self._wrong(f"{key}.through", "は column より右の列にしてください。")
            year = column.year if column.year is not None else self.spec.year
            told = (column.indicator, column.unit, column.part, column.sex, column.age, year)
            beside = tuple(
                self._column(place.column, key)
                for place in told
                if isinstance(place, Place) and place.column is not None
            )
            found += [_Values(key, at, column, beside) for at in range(first, last + 1)]
        return found

    def _column(self, named: str | int, key: str) -> int:
        if named not in self.found:
            try:
                self.found[named] = self.heads.column(named)
            except WrongInput as wrong:
                raise wrong.at(file=self.file.name, column=key) from None
        return self.found[named]

    def _wrong(self, key: str, says: str) -> WrongInput:
        return WrongInput(f"対応表の「{key}」{says}", file=self.file.name, column=key)

    def _rows(self) -> list[int]:
        """The rows to read, without blank ones and those the mapping skips."""
        last = min(self.spec.last_row or len(self.grid.rows), len(self.grid.rows))
        rows = []
        for number in range(self.spec.data_row, last + 1):
            if not any(self.grid.rows[number - 1]):
                continue
            if self._is_skipped(number):
                self.skipped += 1
            else:
                rows.append(number)
        return rows

    def _is_skipped(self, row: int) -> bool:
        for column, rule in self.skips:
            cell = self.grid.cell(row, column)
            if (rule.empty and not cell) or cell in rule.values:
                return True
            if rule.beginning and cell.startswith(rule.beginning):
                return True
        return False

    def _areas(self, rows: Sequence[int]) -> list[AreaKey | str]:
        area = self.spec.area
        code_at = self._column(area.code, "area.code") if area.code is not None else 0
        name_at = self._column(area.name, "area.name") if area.name is not None else 0
        cells = [(self.grid.cell(row, code_at), self.grid.cell(row, name_at)) for row in rows]
        if area.kind not in ("municipality", "ward", "prefecture", "nation", "former"):
            return [self._own_shape(*pair) for pair in cells]
        coded: list[tuple[str, str]] = [pair for pair in cells if code_at and not self._is_own(pair[1])]
        try:
            answers = dict(zip(coded, resolve(coded, self.book.names), strict=True))
        except WrongInput as wrong:
            raise wrong.at(file=self.file.name, column=str(area.code)) from None
        return [answers[pair] if pair in answers else self._by_name(pair[1]) for pair in cells]

    def _is_own(self, name: str) -> bool:
        return search_key(name) in self.own

    def _by_name(self, name: str) -> AreaKey | str:
        if not name:
            return "地域の名称がありません。"
        return (
            self._own_shape("", name)
            if self._is_own(name)
            else self.book.area(name, self.spec.area.prefecture)
        )

    def _own_shape(self, code: str, name: str) -> AreaKey | str:
        if not (code or name):
            return "地域の名称がありません。"
        found = self.own.get(search_key(name or code))
        if found is None:
            return AreaKey(self.spec.area.kind, (code or name)[:40], (name or code)[:120])
        members = []
        for member in found.members:
            area = resolve([(member, self.book.names.get(member, ""))], self.book.names)[0]
            if isinstance(area, str):
                raise self._wrong("areas", f"（{found.name}）の members：{area}")
            members.append(area.code)
        own_code = found.code or code or found.name
        return AreaKey(found.kind, own_code[:40], found.name, tuple(members), found.beyond_region, found.note)

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
            self._reject(row, self.heads.title(values.number), f"「{text}」は数値ではありません。")
            return
        beside = tuple(self.grid.cell(row, column) for column in values.beside)
        key = self.keys.get((values, beside))
        if key is None:
            key = self.keys[values, beside] = self._key(row, values)
        if isinstance(key, SeriesKey):
            series = self.series.setdefault(key, len(self.series))
            self.cells.append((series, place, value, row, values.number, words))
        else:
            self._reject(row, *key)

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
            raise self._wrong(
                "year", "がありません。年（2020、令和2年）か、年のある列・見出しの行を書いてください。"
            )
        texts = {
            "year": self._told(row, values, year_told),
            "sex": self._told(row, values, spec.sex),
            "age": self._told(row, values, spec.age),
        }
        when = year_in(texts["year"]) or _year_within(texts["year"])
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

    def _told(self, row: int, values: _Values, told: Told) -> str:
        if not isinstance(told, Place):
            return told.strip()
        if told.column is not None:
            return self.grid.cell(row, self._column(told.column, f"{values.key}.column"))
        return self.heads.cell(told.head_row or 0, values.number)

    def _bad(self, key: str, told: Told, name: str, reason: str) -> tuple[str, str]:
        """A row's own mistake as column and reason; one of the mapping or the head as WrongInput."""
        if isinstance(told, Place) and told.column is not None:
            return str(told.column), reason
        where = f"{key}.{name}" if key else name
        raise self._wrong(where, f"：{reason}対応表か、見出しの行を直してください。")

    def _reject(self, row: int, column: str, reason: str) -> None:
        self.rejected.append(Rejected(row, column, reason, tuple(self.grid.rows[row - 1])))

    def _result(self) -> Parsed:
        spec, edition = self.spec, self.spec.edition
        described = self._source()
        span = span_of({key.year for key in self.series})
        title = edition.title or spec.title or title_of(self.file.name)
        parsed = Parsed(
            KIND,
            self.file,
            described,
            EditionSpec(
                edition.key or span or title[:120],
                title if edition.title or not span else f"{title}（{span}）"[:200],
                edition.table,
                edition.table_title or self.grid.sheet[:400],
                edition.surveyed,
                edition.census_year,
                edition.published_on,
            ),
            series_keys=list(self.series),
            area_keys=self.places.keys,
            row_labels=self.labels,
            column_labels={values.number: self.heads.title(values.number) for values in self.values},
            rejected=self.rejected,
        )
        for cell in self.cells:
            parsed.add(*cell)
        if self.skipped:
            parsed.notes.append(f"対応表により {self.skipped}行を読み飛ばしました。")
        parsed.notes += _other_units(self.series)
        if not self.cells and not self.rejected:
            parsed.notes.append("データの行がありません。head_rows と first_row を確かめてください。")
        return parsed

    def _source(self) -> SourceSpec:
        said, named = self.spec.source, named_after(self.file.name)
        known = source_named(said.slug, said.title or self.spec.title) if said.slug else named
        title = said.title or ("" if said.slug else self.spec.title) or known.title
        return SourceSpec(
            known.slug,
            title,
            said.publisher or known.publisher,
            said.url or known.url,
            said.credit or known.credit,
            said.licence or known.licence,
        )


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


def _year_within(text: str) -> tuple[int, str] | None:
    """The one year in a heading such as `令和2年10月1日現在` or `人口（2020年）`."""
    found = {year_in(each) for each in _YEARS.findall(plain(text))} - {None}
    return found.pop() if len(found) == 1 else None


_YEARS = re.compile(r"(?:(?:明治|大正|昭和|平成|令和)\s*(?:元|\d{1,2})|(?:18|19|20)\d\d)\s*年度?")


class Heads:
    """The headings of a grid; a cell left empty in an upper row belongs to the heading at its left (merged cells)."""

    def __init__(self, grid: Grid, rows: Sequence[int]) -> None:
        self.grid, self.rows = grid, rows
        self.titles = [""] + [
            " ".join(dict.fromkeys(filter(None, (self.cell(row, column) for row in rows))))
            for column in range(1, grid.width + 1)
        ]
        last = max(rows, default=0)
        self.lowest = [""] + [grid.cell(last, column) for column in range(1, grid.width + 1)]

    def cell(self, row: int, column: int) -> str:
        """The heading in a row above a column."""
        found = self.grid.cell(row, column)
        if not found and row != max(self.rows, default=0):
            for at in range(column - 1, 0, -1):
                if left := self.grid.cell(row, at):
                    return left
        return found

    def title(self, column: int) -> str:
        """All headings above a column, from above."""
        return self.titles[column][:400] if column < len(self.titles) else ""

    def column(self, named: str | int) -> int:
        """The number of a column called by its number, its heading (all of it or the lowest row's) or its letter."""
        if isinstance(named, int):
            if 1 <= named <= self.grid.width:
                return named
            raise WrongInput(f"{named}番目の列がありません（列は {self.grid.width} まで）。")
        for titles in (self.titles, self.lowest):
            wanted = search_key(named)
            found = [at for at, title in enumerate(titles) if at and wanted and search_key(title) == wanted]
            if len(found) == 1:
                return found[0]
            if found:
                letters = "、".join(letter_of(at) for at in found)
                raise WrongInput(
                    f"見出し「{named}」の列が2つ以上あります（{letters}）。列の記号で書いてください。"
                )
        if re.fullmatch(r"[A-Za-z]{1,3}", named) and (at := number_of(named)) <= self.grid.width:
            return at
        listed = "、".join(dict.fromkeys(filter(None, self.titles)))
        raise WrongInput(f"見出し「{named}」の列がありません。見出し：{listed[:600]}")


def number_of(letters: str) -> int:
    """`A` → 1, `AA` → 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def letter_of(number: int) -> str:
    """1 → `A`, 27 → `AA`."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _never(file: RawBytes) -> float:
    return 0.0


def _read(file: RawBytes) -> Parsed:
    return read_mapped(file, propose(file))


READER: Final = Reader(KIND, "列の対応を付けた表（CSV・Excel）", _never, _read)

"""What all tables read by a mapping share: their headings, the rows that count, and the areas a cell is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from keniki.core.digits import plain
from keniki.core.era import parse_date
from keniki.core.errors import WrongInput
from keniki.core.text import search_key

from .areas import Places, is_area_code, resolve
from .base import AreaKey, EditionSpec, Parsed, RawBytes, Rejected, SourceSpec
from .cells import FIRST_YEAR, LAST_YEAR, span_of, title_of, year_in
from .grids import Grid, grid_of
from .mapping_spec import AreaColumns, AreaPlace, MappingSpec, Place, Told
from .names import NameBook
from .sources import named_after, source_named

KIND: Final = "mapped"
Codes = Mapping[str, str | Sequence[str]]
#: Kinds of areas that are called by their code; others have their own.
_CODED: Final = ("municipality", "ward", "prefecture", "nation", "former")


class MappedTable:
    """A table and its mapping."""

    def __init__(self, file: RawBytes, spec: MappingSpec, book: NameBook) -> None:
        self.file, self.spec, self.book = file, spec, book
        self.grid = grid_of(file, spec.sheet)
        self.heads = Heads(self.grid, spec.head_rows)
        self.found: dict[str | int, int] = {}
        self.own = {search_key(area.name): area for area in spec.areas}
        self.skips = [
            (self.column(rule.column, f"skip.{number}.column"), rule)
            for number, rule in enumerate(spec.skip, start=1)
        ]
        self.places = Places()
        self.rejected: list[Rejected] = []
        self.skipped = 0
        self.labels: dict[int, str] = {}

    def parsed(self) -> Parsed:
        """Everything the mapping takes from the table."""
        raise NotImplementedError

    def column(self, named: str | int, key: str) -> int:
        """The number of a column as the mapping calls it; WrongInput names the mapping's key."""
        if named not in self.found:
            try:
                self.found[named] = self.heads.column(named)
            except WrongInput as wrong:
                raise wrong.at(file=self.file.name, column=key) from None
        return self.found[named]

    def columns(self, first: str | int, through: str | int | None, key: str) -> range:
        """The numbers of one column, or of those side by side up to another one."""
        start = self.column(first, f"{key}.column")
        last = start if through is None else self.column(through, f"{key}.through")
        if last < start:
            raise self.wrong(f"{key}.through", "は column より右の列にしてください。")
        return range(start, last + 1)

    def wrong(self, key: str, says: str) -> WrongInput:
        """A mistake of the mapping, at its key."""
        return WrongInput(f"対応表の「{key}」{says}", file=self.file.name, column=key)

    def rows(self) -> list[int]:
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

    def areas(self, told: AreaColumns, key: str, cells: Sequence[tuple[int, int]]) -> list[AreaKey | str]:
        """The areas of cells (row and column), and in place of one why there is none."""
        if told.fixed:
            pair = (told.fixed, "") if is_area_code(told.fixed) else ("", told.fixed)
            area = self._of_pairs(told, [pair])[0]
            if isinstance(area, str):
                raise self.wrong(f"{key}.fixed", f"：{area}")
            return [area] * len(cells)
        pairs = [
            (self._said(told.code, f"{key}.code", cell), self._said(told.name, f"{key}.name", cell))
            for cell in cells
        ]
        try:
            return self._of_pairs(told, pairs)
        except WrongInput as wrong:
            raise wrong.at(file=self.file.name, column=str(_called(told.code))) from None

    def _said(self, told: AreaPlace | None, key: str, cell: tuple[int, int]) -> str:
        row, column = cell
        if told is None:
            return ""
        if isinstance(told, Place) and told.head_row:
            return self.heads.cell(told.head_row, column)
        return self.grid.cell(row, self.column(_called(told), key))

    def _of_pairs(self, told: AreaColumns, pairs: Sequence[tuple[str, str]]) -> list[AreaKey | str]:
        """The areas of pairs of code and name."""
        if told.kind not in _CODED:
            return [self._own_shape(told, *pair) for pair in pairs]
        coded = [pair for pair in dict.fromkeys(pairs) if self._has_code(told, pair)]
        answers = dict(zip(coded, resolve(coded, self.book.names), strict=True))
        return [answers[pair] if pair in answers else self._by_name(told, pair[1]) for pair in pairs]

    def _has_code(self, told: AreaColumns, pair: tuple[str, str]) -> bool:
        return (told.code is not None or bool(pair[0])) and not self._is_own(pair[1])

    def _is_own(self, name: str) -> bool:
        return search_key(name) in self.own

    def _by_name(self, told: AreaColumns, name: str) -> AreaKey | str:
        if not name:
            return "地域の名称がありません。"
        return (
            self._own_shape(told, "", name) if self._is_own(name) else self.book.area(name, told.prefecture)
        )

    def _own_shape(self, told: AreaColumns, code: str, name: str) -> AreaKey | str:
        if not (code or name):
            return "地域の名称がありません。"
        found = self.own.get(search_key(name or code))
        if found is None:
            return AreaKey(told.kind, (code or name)[:40], (name or code)[:120])
        members = []
        for member in found.members:
            area = self._member(member, told.prefecture)
            if isinstance(area, str):
                raise self.wrong("areas", f"（{found.name}）の members：{area}")
            members.append(area.code)
        own_code = found.code or code or found.name
        return AreaKey(found.kind, own_code[:40], found.name, tuple(members), found.beyond_region, found.note)

    def _member(self, member: str, prefecture: str) -> AreaKey | str:
        """A municipality of an area by its code or name."""
        if re.search(r"\d", plain(member)):
            return resolve([(member, self.book.names.get(member, ""))], self.book.names)[0]
        return self.book.area(member, prefecture)

    def told(self, row: int, column: int, told: Told, key: str) -> str:
        """What stands for a cell at the place the mapping names; else what the mapping itself says."""
        if not isinstance(told, Place):
            return told.strip()
        if told.column is not None:
            return self.grid.cell(row, self.column(told.column, key))
        return self.heads.cell(told.head_row or 0, column)

    def reject(self, row: int, column: str, reason: str) -> None:
        """Keep a row aside."""
        self.rejected.append(Rejected(row, column, reason, tuple(self.grid.rows[row - 1])))

    def result(self, years: set[int]) -> Parsed:
        """What was read, without its figures or flows, of the edition the mapping and these years say."""
        spec, edition = self.spec, self.spec.edition
        span = span_of(years)
        title = edition.title or spec.title or title_of(self.file.name)
        parsed = Parsed(
            KIND,
            self.file,
            self._source(),
            EditionSpec(
                edition.key or span or title[:120],
                title if edition.title or not span else f"{title}（{span}）"[:200],
                edition.table,
                edition.table_title or self.grid.sheet[:400],
                edition.surveyed,
                edition.census_year,
                edition.published_on,
            ),
            row_labels=self.labels,
            rejected=self.rejected,
        )
        if self.skipped:
            parsed.notes.append(f"対応表により {self.skipped}行を読み飛ばしました。")
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


def when_in(text: str) -> tuple[int, str] | None:
    """Year and period of a year (2020, 令和2年度), a day (2023/4/1), a month (令和5年4月), or a heading with a year."""
    found = year_in(text) or _day_in(text)
    if found is None and _DATE_ONLY.fullmatch(plain(text)):
        return None  # a day that does not exist is no year
    return found or _year_within(text)


def _day_in(text: str) -> tuple[int, str] | None:
    written = re.sub(r"[ T]00:00:00$", "", plain(text))
    try:
        day = parse_date(written)
    except WrongInput:
        month = _MONTH.fullmatch(written)
        year = year_in(month[1] or month[3]) if month else None
        number = int(month[2] or month[4]) if month else 0
        return (year[0], f"{year[0]}-{number:02}") if year and 1 <= number <= 12 else None
    return (day.year, day.isoformat()) if FIRST_YEAR <= day.year <= LAST_YEAR else None


_DATE_ONLY: Final = re.compile(r"(?:明治|大正|昭和|平成|令和|[MTSHR])?\s*[\d元]+\s*[年./-]\s*\d.*[\d日月]")
_MONTH: Final = re.compile(
    r"((?:明治|大正|昭和|平成|令和|[MTSHR])?\s*(?:元|\d{1,2})|\d{4})(?:年|[./-])\s*(\d{1,2})月?|(\d{4})(\d\d)",
    re.ASCII,
)


def _year_within(text: str) -> tuple[int, str] | None:
    """The one year in a heading such as `令和2年10月1日現在` or `人口（2020年）`."""
    found = {year_in(each) for each in _YEARS.findall(plain(text))} - {None}
    return found.pop() if len(found) == 1 else None


_YEARS = re.compile(r"(?:(?:明治|大正|昭和|平成|令和)\s*(?:元|\d{1,2})|(?:18|19|20)\d\d)\s*年度?")


def _called(told: AreaPlace | None) -> str | int:
    """The name or number of a column."""
    if isinstance(told, Place):
        return told.column if told.column is not None else f"見出しの{told.head_row}行目"
    return told if told is not None else ""


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

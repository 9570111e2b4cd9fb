"""A first guess at the mapping of a table, from its headings and what stands below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput

from .areas import is_area_code
from .base import RawBytes
from .cells import MARKS, number_in, sex_in, title_of, year_in, year_in_name
from .grids import Grid, grid_of, sheets_of
from .mapping_spec import MappingSpec, spec_of

UNKNOWN_UNIT: Final = "不明"
TOTALS: Final = ("合計", "計", "総数", "総計", "合　計", "合 計")
_NAME = re.compile(r"(?!(?:都道府県|市?区?市?町村?)$).+[都道府県市区町村]$")
_CODE = re.compile(r"コード$|^code$|[ _]code$", re.IGNORECASE)
_HIGHEST_HEAD: Final = 60
_FEW: Final = 3
_LOOKED_AT: Final = 400


def propose(file: RawBytes) -> MappingSpec:
    """A mapping to start from: the column of codes or names, the columns of numbers, the year where one is seen.

    Indicators are the headings as written, a unit is what stands in brackets, else `不明`: both are to be corrected
    before the mapping is kept. WrongInput where no column holds codes or names of municipalities.
    """
    for number, sheet in enumerate(sheets_of(file)):
        content = _guess(grid_of(file, sheet or None), file.name)
        if content is not None:
            # A sheet's name often holds the year: the first sheet is found without it.
            if number:
                content["sheet"] = sheet
            return spec_of(content, file=file.name)
    raise WrongInput(
        "団体コードの列も、市町村名の列も見つかりません。1行に1つの市町村がある表を選ぶか、"
        "対応表（area、columns、year）を書いてください。",
        file=file.name,
    )


def draft(
    file: RawBytes, *, sheet: str = "", heads: Sequence[int] | None = None, first: int | None = None
) -> dict[str, Any]:
    """What `propose` would say, for a person to put right: on a sheet and with head rows of their choice, and also
    where no column holds places (`area` is empty then)."""
    for number, name in enumerate(sheets_of(file)):
        if sheet and name != sheet:
            continue
        content = _guess(grid_of(file, name or None), file.name, heads, first)
        if content is not None:
            return content | ({"sheet": name} if sheet or number else {})
    grid = grid_of(file, sheet or None)
    filled = next((number for number, row in enumerate(grid.rows, start=1) if any(row)), 1)
    rows = list(heads) if heads is not None else [filled]
    content = {
        "title": title_of(file.name)[:120],
        "head_rows": rows,
        "first_row": first or max(rows, default=0) + 1,
        "area": {},
        "columns": [],
    }
    return content | ({"sheet": sheet} if sheet else {})


def _guess(
    grid: Grid, file: str, heads: Sequence[int] | None = None, first: int | None = None
) -> dict[str, Any] | None:
    code, name = _code_column(grid), _name_column(grid)
    column = code if code is not None else name
    if column is None:
        return None
    met = next(row for row in range(1, len(grid.rows) + 1) if _is_place(grid.cell(row, column)))
    heads = _head_rows(grid, met) if heads is None else list(heads)
    first = first or (heads[-1] + 1 if heads else met)
    numeric = [
        at
        for at in range(1, grid.width + 1)
        if at not in (code, name) and _is_numeric(grid, at, heads, first)
    ]
    years = _year_row(grid, heads, numeric)
    year_column = (
        next(
            (at for at in numeric if plain(grid.cell(heads[-1], at)) in ("年", "年度", "year", "西暦")), None
        )
        if heads
        else None
    )
    columns = [_column(grid, at, heads, years, file) for at in numeric if at != year_column]
    if not columns:
        return None
    area: dict[str, Any] = {}
    if code is not None:
        area["code"] = named(grid, code, heads)
    if name is not None:
        area["name"] = named(grid, name, heads)
    content: dict[str, Any] = {
        "title": title_of(file)[:120],
        "head_rows": heads,
        "first_row": first,
        "area": area,
        "columns": columns,
    }
    year = _year(grid, first, file)
    if years:
        content["year"] = {"head_row": years}
    elif year_column:
        content["year"] = {"column": named(grid, year_column, heads)}
    elif year:
        content["year"] = year
    if name is not None:
        content["skip"] = [{"column": area["name"], "values": list(TOTALS)}]
    return content


def _code_column(grid: Grid) -> int | None:
    """The column headed コード (code) that holds codes, else one of nothing but codes in their order."""
    found = None
    for column in range(1, grid.width + 1):
        cells = _filled(grid, column)
        first = next((number for number, cell in enumerate(cells) if is_area_code(cell)), len(cells))
        codes = [plain(cell) for cell in cells[first:] if is_area_code(cell)]
        if len(codes) < _FEW or len(codes) * 10 < len(cells[first:]) * 9:
            continue
        if any(_CODE.search(plain(cell)) for cell in cells[:first]):
            return column
        in_order = all(one < other for one, other in pairwise(codes)) and len(set(map(len, codes))) == 1
        if found is None and in_order:
            found = column
    return found


def _name_column(grid: Grid) -> int | None:
    """The column with most names of places, three at least and more than half of its cells."""
    best, most = None, _FEW - 1
    for column in range(1, grid.width + 1):
        cells = _filled(grid, column)
        different = len({cell for cell in cells if _NAME.match(cell)})
        if different > most and sum(bool(_NAME.match(cell)) for cell in cells) * 2 > len(cells):
            best, most = column, different
    return best


def _filled(grid: Grid, column: int, first: int = 1) -> list[str]:
    last = min(len(grid.rows), first + _LOOKED_AT)
    return [cell for row in range(first, last + 1) if (cell := grid.cell(row, column))]


def _is_place(cell: str) -> bool:
    return is_area_code(cell) or bool(_NAME.match(cell))


def _head_rows(grid: Grid, first: int) -> list[int]:
    """The rows above the first place that are headings: filled in more than one column, without a gap."""
    heads: list[int] = []
    for number in range(first - 1, max(0, first - 1 - _HIGHEST_HEAD), -1):
        cells = [cell for cell in grid.rows[number - 1] if cell]
        numbers = sum(number_in(cell) is not None and year_in(cell) is None for cell in cells)
        if len(cells) >= 2 and numbers * 5 <= len(cells):
            heads.append(number)
        elif heads:
            break
    return heads[::-1][-3:]


def _year_row(grid: Grid, heads: Sequence[int], numeric: Sequence[int]) -> int | None:
    """The head row with a year for each column: two years at least, or one above all columns of numbers."""
    for number in heads[:-1]:
        above = [_heading(grid, at, [number, heads[-1]], leave_out=heads[-1]) for at in numeric]
        if above and all(year_in(cell) is not None for cell in above):
            return number
    for number in heads:
        years = [cell for cell in grid.rows[number - 1] if cell and year_in(cell) is not None]
        if len(years) >= 2:
            return number
    return None


def _is_numeric(grid: Grid, column: int, heads: list[int], first: int) -> bool:
    if _CODE.search(plain(_heading(grid, column, heads))):
        return False
    cells = _filled(grid, column, first)
    numbers = sum(number_in(cell) is not None for cell in cells)
    marks = sum(plain(cell) in MARKS for cell in cells)
    return numbers > 0 and (numbers + marks) * 10 >= len(cells) * 7


def _heading(grid: Grid, column: int, heads: Sequence[int], leave_out: int | None = None) -> str:
    """The headings above a column, an upper empty cell filled from its left."""
    found = []
    for row in heads:
        if row == leave_out:
            continue
        at = column
        while not grid.cell(row, at) and row != heads[-1] and at > 1:
            at -= 1
        found.append(grid.cell(row, at))
    return " ".join(dict.fromkeys(filter(None, found)))


def named(grid: Grid, column: int, heads: Sequence[int]) -> str | int:
    """How the mapping calls a column: by its heading where that is its own, else by its number."""
    title = _heading(grid, column, heads)
    alike = [at for at in range(1, grid.width + 1) if _heading(grid, at, heads) == title]
    return title if title and len(alike) == 1 and number_in(title) is None else column


def _column(grid: Grid, column: int, heads: list[int], years: int | None, file: str) -> dict[str, Any]:
    title = _heading(grid, column, heads, leave_out=years)
    bracketed = re.search(r"[（(【\[]([^（）()【】\[\]]{1,20})[）)】\]]\s*$", title)
    indicator = title[: bracketed.start()].strip() if bracketed else title
    if bracketed and sex_in(bracketed[1]):
        return {
            "column": named(grid, column, heads),
            "indicator": (indicator or title_of(file))[:80],
            "unit": UNKNOWN_UNIT,
            "sex": bracketed[1],
        }
    return {
        "column": named(grid, column, heads),
        "indicator": (indicator or title_of(file))[:80],
        "unit": bracketed[1].removeprefix("単位").lstrip("：: ") if bracketed else UNKNOWN_UNIT,
    }


def _year(grid: Grid, first: int, file: str) -> str | None:
    """The year above the table or in the file's name, where there is one only."""
    years: set[str] = {
        found
        for row in grid.rows[: first - 1]
        for cell in row
        for found in re.findall(
            r"(?:(?:令和|平成|昭和)\s*(?:元|[0-9０-９]{1,2})|(?:19|20)\d\d)\s*年度?", cell
        )
    }
    if len(years) == 1:
        return years.pop()
    named = year_in_name(file)
    return str(named) if named else None

"""The grid of basis figures as a file, in the columns that `keniki share --basis` reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from keniki.apps.regions.models import Municipality
from keniki.core.csv_dialect import CsvTable, read_table, write_csv
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code, repair_column
from keniki.rulebooks.sharing import BasisSpec

from .models import BasisFigure

CODE: Final = "code"
NAME: Final = "name"
_LONGEST: Final = 30
_MOST: Final = Decimal(10) ** 15
_PLACES: Final = -4


def columns_of(bases: Mapping[str, BasisSpec]) -> dict[str, str]:
    """The column of each basis: its own name, its key where that is taken."""
    found: dict[str, str] = {}
    for key, basis in bases.items():
        column = basis.column or key
        found[key] = key if column in (CODE, NAME, *found.values()) else column
    return found


def write_figures(
    towns: Sequence[Municipality], bases: Mapping[str, BasisSpec], rows: Iterable[BasisFigure]
) -> bytes:
    """A row for each town: its code, its name, a column for each basis; empty where there is no figure."""
    have = {(row.basis, row.municipality_id): f"{row.value.normalize():f}" for row in rows}
    columns = columns_of(bases)
    table: list[list[str | None]] = [[CODE, NAME, *columns.values()]]
    table += [[town.code, town.name, *(have.get((key, town.pk)) for key in columns)] for town in towns]
    return write_csv(table).data


def read_figures(
    data: bytes,
    file: str,
    towns: Sequence[Municipality],
    bases: Mapping[str, BasisSpec],
    needed: Collection[str] | None = None,
) -> dict[tuple[str, str], Decimal]:
    """The figures of a file by basis and six-digit code; empty cells are none.

    Of the bases `needed` (all of them) the file has to have the column. WrongInput names row and column: a missing
    column, a municipality that does not take part or stands twice, a cell that is no number of 0 or more.
    """
    columns = columns_of(bases)
    required = [column for key, column in columns.items() if needed is None or key in needed]
    table = read_table(data, file=file, required=(CODE, *required))
    columns = {key: column for key, column in columns.items() if column in table.headings}
    if not table.records:
        raise WrongInput("市町村が1行もありません。2行目以後に入れてください。", file=file)
    names = {town.code: town.name for town in towns}
    codes = _codes(table, names, file)
    found: dict[tuple[str, str], Decimal] = {}
    seen: set[str] = set()
    for record, code in zip(table.records, codes, strict=True):
        if code not in names:
            raise WrongInput(
                f"{record[CODE].strip()} {record.get(NAME).strip()}".strip()
                + " は、この経費を負担する市町村ではありません。行を除くか、団体コードを確かめてください。",
                file=file,
                row=record.row,
                column=CODE,
            )
        if code in seen:
            raise WrongInput(
                f"{names[code]}が2回あります。1行にしてください。", file=file, row=record.row, column=CODE
            )
        seen.add(code)
        for key, column in columns.items():
            value = _number(record[column], file, record.row, column)
            if value is not None:
                found[key, code] = value
    return found


def _codes(table: CsvTable, names: Mapping[str, str], file: str) -> list[str]:
    """Six-digit codes; where every row has a name beside it, zeros that a spreadsheet dropped are put back."""
    if all(record.get(NAME).strip() for record in table.records):
        pairs = [(record[CODE], record[NAME]) for record in table.records]
        return repair_column(pairs, names, file=file, column=CODE)
    codes = []
    for record in table.records:
        try:
            codes.append(parse_code(record[CODE]))
        except WrongInput as wrong:
            raise wrong.at(file=file, row=record.row, column=CODE) from None
    return codes


def _number(text: str, file: str, row: int, column: str) -> Decimal | None:
    typed = plain(text).replace(",", "")
    if not typed:
        return None
    try:
        value = Decimal(typed if len(typed) <= _LONGEST else "NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < _MOST:
        raise WrongInput(
            f"「{text.strip()}」は0以上の数ではありません。数字で入力してください。",
            file=file,
            row=row,
            column=column,
        )
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < _PLACES:
        raise WrongInput("小数は4桁までにしてください。", file=file, row=row, column=column)
    return value

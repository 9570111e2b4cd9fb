"""Files of flows and of municipalities' figures as the pure commands read them, every mistake with its place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keniki.cli import console
from keniki.core.csv_dialect import CsvTable, Record, read_table
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import is_code, read_code

if TYPE_CHECKING:
    from keniki.analysis.delineation import Flows

NUMBERS: Final = ("did_population", "centre_share", "residents", "workers")
NAMES: Final = ("urban_centre",)
LARGEST: Final = 1e12


@dataclass(frozen=True)
class Attributes:
    """Figures of municipalities by heading (only those the files have), and the urban centre each belongs to."""

    numbers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


class Municipalities:
    """Reads the codes of one file: six digits where they are municipality codes, else as given.

    Where most are municipality codes a number that is none is a mistake, such as a wrong check digit.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        every = set(texts)
        self.known = {text: read_code(text).text for text in every if is_code(text)}
        self.strict = 2 * len(self.known) > len(every)

    def read(self, text: str) -> str:
        """The code. WrongInput where it is blank or has to be a municipality code and is none."""
        found = self.known.get(text)
        if found is None:
            found = plain(text)
            if not found:
                raise WrongInput("市区町村のコードがありません。コードを入力してください。")
            if is_code(found) or (self.strict and found.isdecimal()):
                found = read_code(found).text
            self.known[text] = found
        return found


def read_flows(path: Path, attributes: Path | None) -> tuple[Flows, Attributes]:
    """The table of flows with the figures of the municipalities, those of columns `origin_…` of it too.

    WrongInput for a missing column, a blank code, a value that is no number from 0 on, a pair given twice.
    """
    from keniki.analysis.delineation import flows_of

    name = str(path)
    table = read_table(console.read_bytes(path), file=name, required=("origin", "destination", "value"))
    if not table.records:
        raise WrongInput("流動が1行もありません。2行目以後に流動を入れてください。", file=name)
    reader = Municipalities(
        record[column] for record in table.records for column in ("origin", "destination")
    )
    origins, destinations, values = [], [], []
    seen: dict[tuple[str, str], int] = {}
    for record in table.records:
        origin, destination = (_code(reader, record, column, name) for column in ("origin", "destination"))
        before = seen.setdefault((origin, destination), record.row)
        if before != record.row:
            raise WrongInput(
                f"{origin} から {destination} への流動が {before}行目にもあります。1行に合計してください"
                "（年や目的の別があるときは、一つに絞るか足し合わせてください）。",
                file=name,
                row=record.row,
                column="destination",
            )
        origins.append(origin)
        destinations.append(destination)
        values.append(_number(record, "value", name))
    found = _attributes(attributes)
    numbers = {heading: dict(column) for heading, column in found.numbers.items()}
    names = dict(found.names)
    for heading in (*NUMBERS, *NAMES):
        if f"origin_{heading}" in table.headings:
            _from_origins(table, origins, heading, numbers, names, name)
    try:
        flows = flows_of(
            origins, destinations, values, residents=numbers.get("residents"), workers=numbers.get("workers")
        )
    except WrongInput as wrong:
        raise wrong.at(file=name if attributes is None else str(attributes)) from None
    if attributes is not None and not any(
        code in flows.places for column in (*found.numbers.values(), found.names) for code in column
    ):
        raise WrongInput(
            "流動の表にある市区町村が1つもありません。団体コードと列の見出しを確かめてください。",
            file=str(attributes),
            column="code",
        )
    return flows, Attributes(numbers, names)


def read_pairs(
    path: Path, headings: tuple[str, str], *, codes: bool = False, once: bool = False
) -> list[tuple[str, str]]:
    """The pairs of two columns, the first a code, the second too with `codes`; with `once` no code stands twice."""
    name = str(path)
    table = read_table(console.read_bytes(path), file=name, required=headings)
    one, other = headings
    columns = headings if codes else (one,)
    reader = Municipalities(record[column] for record in table.records for column in columns)
    found: list[tuple[str, str]] = []
    seen: dict[str, int] = {}
    for record in table.records:
        code = _code(reader, record, one, name)
        second = _code(reader, record, other, name) if codes else record[other].strip()
        if not second:
            raise WrongInput("空欄です。値を入力してください。", file=name, row=record.row, column=other)
        if once:
            _only_once(seen, code, record, one, name)
        found.append((code, second))
    if not found:
        raise WrongInput("1行もありません。2行目以後にデータを入れてください。", file=name)
    return found


def _attributes(path: Path | None) -> Attributes:
    if path is None:
        return Attributes()
    name = str(path)
    table = read_table(console.read_bytes(path), file=name, required=("code",))
    reader = Municipalities(record["code"] for record in table.records)
    numbers: dict[str, dict[str, float]] = {head: {} for head in NUMBERS if head in table.headings}
    names: dict[str, str] = {}
    seen: dict[str, int] = {}
    for record in table.records:
        code = _code(reader, record, "code", name)
        _only_once(seen, code, record, "code", name)
        for heading, column in numbers.items():
            if plain(record[heading]):
                column[code] = _attribute(record, heading, heading, name)
        if record.get("urban_centre").strip():
            names[code] = record["urban_centre"].strip()
    return Attributes(numbers, names)


def _from_origins(
    table: CsvTable,
    origins: list[str],
    heading: str,
    numbers: dict[str, dict[str, float]],
    names: dict[str, str],
    file: str,
) -> None:
    """The column `origin_<heading>` of a table of flows, which says the same in all rows of an origin."""
    column = f"origin_{heading}"
    found: dict[str, float | str] = {}
    for record, origin in zip(table.records, origins, strict=True):
        if not plain(record[column]):
            continue
        said = record[column].strip() if heading in NAMES else _attribute(record, heading, column, file)
        if found.setdefault(origin, said) != said:
            raise WrongInput(
                f"{origin} の値が、前の行の {found[origin]} と違います。同じ市区町村には同じ値を入れてください。",
                file=file,
                row=record.row,
                column=column,
            )
    for origin, value in found.items():
        if isinstance(value, str):
            names.setdefault(origin, value)
        else:
            numbers.setdefault(heading, {}).setdefault(origin, value)


def _code(reader: Municipalities, record: Record, column: str, file: str) -> str:
    try:
        return reader.read(record[column])
    except WrongInput as wrong:
        raise wrong.at(file=file, row=record.row, column=column) from None


def _only_once(seen: dict[str, int], code: str, record: Record, column: str, file: str) -> None:
    before = seen.setdefault(code, record.row)
    if before != record.row:
        raise WrongInput(
            f"{code} は {before}行目にもあります。1行にしてください。",
            file=file,
            row=record.row,
            column=column,
        )


def _attribute(record: Record, heading: str, column: str, file: str) -> float:
    number = _number(record, column, file)
    if heading == "centre_share" and number > 1:
        raise WrongInput(
            f"割合 {record[column].strip()} は1より大きい値です。50％は 0.5 と入力してください。",
            file=file,
            row=record.row,
            column=column,
        )
    return number


def _number(record: Record, column: str, file: str) -> float:
    typed = plain(record[column])
    try:
        number = float(typed.replace(",", ""))
    except ValueError:
        number = math.nan
    if not 0 <= number <= LARGEST or "_" in typed:
        said = "空欄です" if not typed else f"「{record[column].strip()}」は使えません"
        raise WrongInput(f"{said}。0以上の数を入力してください。", file=file, row=record.row, column=column)
    return number

"""A CSV of flows: `origin,destination,purpose,value`, optional `year,origin_name,destination_name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keniki.core.errors import WrongInput

from .areas import Places, resolve
from .base import AreaKey, EditionSpec, FlowRow, Parsed, RawBytes, Reader, Rejected
from .cells import number_in, span_of, title_of, year_in, year_in_name
from .sources import named_after
from .tables import Row, Table, headings_of, read_table

KIND: Final = "flows"
REQUIRED: Final = ("origin", "destination", "purpose", "value")
#: Purposes the indicators know; others are kept as typed.
PURPOSES: Final = ("commute", "school", "commute_school", "shopping", "hospital")
#: The year of flows of which neither the file nor its name says when they were.
NO_YEAR: Final = 0
_LONGEST_PURPOSE: Final = 40


def knows(file: RawBytes) -> float:
    """Sure where all required headings are there."""
    found = set(headings_of(file))
    if found.issuperset(REQUIRED):
        return 0.95
    return 0.6 if found.issuperset(("origin", "destination", "value")) else 0.0


def read(file: RawBytes, names: Mapping[str, str] | None = None) -> Parsed:
    """The flows of the file, in persons; `names` as in `areas.resolve`.

    A row without a year has the one in the file's name, else `NO_YEAR`. The same flow twice is taken once; with
    another number the later one is rejected.
    """
    table = read_table(file, REQUIRED)
    origins = _areas(table, "origin", names)
    destinations = _areas(table, "destination", names)
    year_column, assumed = table.column("year"), year_in_name(file.name) or NO_YEAR
    places, found, rejected = Places(), dict[tuple[str, str, str, str, str, int], FlowRow](), []
    for row, origin, destination in zip(table.rows, origins, destinations, strict=True):
        flow = _flow(table, row, origin, destination, year_column, assumed)
        if isinstance(flow, Rejected):
            rejected.append(flow)
            continue
        one, other = places.key(flow.origin), places.key(flow.destination)
        key = (one.kind, one.code, other.kind, other.code, flow.purpose, flow.year)
        first = found.setdefault(key, FlowRow(one, other, flow.purpose, flow.year, flow.value, flow.row))
        if first.value != flow.value:
            reason = f"同じ流動の値が2つあり、違います（{first.row}行目は {first.value:g}）。"
            rejected.append(Rejected(row.number, "value", reason, tuple(row.cells)))
    return _parsed(file, table, list(found.values()), rejected)


def _areas(table: Table, heading: str, names: Mapping[str, str] | None) -> list[AreaKey | str]:
    codes, beside = table.column(heading) or 0, table.column(f"{heading}_name")
    cells = [(row.cells[codes - 1], row.cells[beside - 1] if beside else "") for row in table.rows]
    try:
        return resolve(cells, names)
    except WrongInput as wrong:
        raise wrong.at(file=table.file, column=heading) from None


def _flow(
    table: Table,
    row: Row,
    origin: AreaKey | str,
    destination: AreaKey | str,
    year_column: int | None,
    assumed: int,
) -> FlowRow | Rejected:
    def reject(column: str, reason: str) -> Rejected:
        return Rejected(row.number, column, reason, tuple(row.cells))

    if row.too_long:
        return reject("", "見出しの数より多くのセルがあります。カンマを含むセルは引用符で囲んでください。")
    if isinstance(origin, str):
        return reject("origin", origin)
    if isinstance(destination, str):
        return reject("destination", destination)
    purpose = row.cells[(table.column("purpose") or 0) - 1]
    if not purpose:
        return reject("purpose", f"目的がありません。{'、'.join(PURPOSES)} などを入力してください。")
    if len(purpose) > _LONGEST_PURPOSE:
        return reject("purpose", f"目的は{_LONGEST_PURPOSE}字までで入力してください。")
    typed = row.cells[(table.column("value") or 0) - 1]
    value = number_in(typed)
    if value is None:
        return reject("value", f"「{typed}」は数値ではありません。")
    if value < 0:
        return reject("value", f"「{typed}」は負の数です。人数を入力してください。")
    year = assumed
    if year_column and row.cells[year_column - 1]:
        when = year_in(row.cells[year_column - 1])
        if when is None:
            return reject(
                "year",
                f"「{row.cells[year_column - 1]}」を年として読めません。2020 のように入力してください。",
            )
        year = when[0]
    return FlowRow(origin, destination, purpose, year, value, row.number)


def _parsed(file: RawBytes, table: Table, flows: list[FlowRow], rejected: list[Rejected]) -> Parsed:
    span = span_of({flow.year for flow in flows if flow.year != NO_YEAR})
    title = title_of(file.name)
    parsed = Parsed(
        KIND,
        file,
        named_after(file.name),
        EditionSpec(span or title[:120], f"{title}（{span}）" if span else title),
        column_labels=dict(enumerate(table.headings, start=1)),
        flows=flows,
        rejected=rejected,
    )
    unknown = sorted({flow.purpose for flow in flows} - set(PURPOSES))
    if unknown:
        parsed.notes.append(f"目的 {'、'.join(unknown)} は、入力されたとおりに登録します。")
    if any(flow.year == NO_YEAR for flow in flows):
        parsed.notes.append(
            "年が分からない流動があります。year の列を加えるか、ファイル名に年を入れてください。"
        )
    if not flows and not rejected:
        parsed.notes.append("データの行がありません。")
    return parsed


READER: Final = Reader(KIND, "流動のCSV（origin,destination,purpose,value）", knows, read)

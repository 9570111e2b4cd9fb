"""A tidy CSV: one value per row, `municipality_code,indicator,year,value,unit`, optional `sex,age,source,name`.

Marks of official tables in place of a value (`-`, `***`) are kept as they stand.

One source for the whole file is the statistic it belongs to. Several sources in one file stay apart as a part of
the series (`source:NAME`) of one statistic named after the file, so that none of their values covers another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keniki.core.errors import WrongInput

from .areas import Places, resolve
from .base import NO_VALUE, AreaKey, EditionSpec, Parsed, RawBytes, Reader, Rejected, SeriesKey, Status
from .cells import MARKS, ages_in, number_in, sex_in, slug_of, span_of, title_of, unit_id, year_in
from .sources import named_after, source_named
from .tables import Row, Table, headings_of, read_table

KIND: Final = "tidy"
REQUIRED: Final = ("municipality_code", "indicator", "year", "value", "unit")
NAMES: Final = ("municipality_name", "name")
#: Indicators of this beginning are projections (推計), whoever publishes them.
PROJECTED: Final = "projected_"
#: A small x is no mark where a person types the values.
_MARKS: Final = MARKS - {"x", "χ"}
LONGEST: Final = {"indicator": 80, "unit": 40, "source": 80}


def knows(file: RawBytes) -> float:
    """Sure where all required headings are there, not quite where the code, the indicator and the value are."""
    found = set(headings_of(file))
    if found.issuperset(REQUIRED):
        return 0.95
    return 0.6 if found.issuperset(("municipality_code", "indicator", "value")) else 0.0


def read(file: RawBytes, names: Mapping[str, str] | None = None) -> Parsed:
    """The figures of the file; `names` are those of six-digit codes, to restore lost zeros (see `areas.resolve`)."""
    table = read_table(file, REQUIRED)
    name_column = table.first_of(*NAMES)
    code_column = _need(table, "municipality_code")
    try:
        areas = resolve([(_cell(row, code_column), _cell(row, name_column)) for row in table.rows], names)
    except WrongInput as wrong:
        raise wrong.at(file=file.name, column="municipality_code") from None
    sources = {_cell(row, table.column("source")) for row in table.rows} - {""}
    single = next(iter(sources)) if len(sources) == 1 else ""
    reading = _Reading(table, several=len(sources) > 1)
    for row, area in zip(table.rows, areas, strict=True):
        reading.take(row, area)
    return reading.parsed(file, single)


def _need(table: Table, heading: str) -> int:
    column = table.column(heading)
    assert column is not None
    return column


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column - 1] if column else ""


class _Reading:
    """What has been read of a file so far."""

    def __init__(self, table: Table, *, several: bool) -> None:
        self.table, self.several = table, several
        self.columns = {heading: table.column(heading) for heading in (*REQUIRED, "sex", "age", "source")}
        self.series: dict[SeriesKey, int] = {}
        self.places = Places()
        self.cells: list[tuple[int, int, float, int, str]] = []
        self.row_labels: dict[int, str] = {}
        self.rejected: list[Rejected] = []

    def take(self, row: Row, area: AreaKey | str) -> None:
        read = self._series(row, area)
        if isinstance(read, Rejected):
            self.rejected.append(read)
            return
        key, where, value, mark = read
        series = self.series.setdefault(key, len(self.series))
        place = self.places.number(where)
        self.cells.append((series, place, value, row.number, mark))
        self.row_labels[row.number] = f"{where.name} {key.indicator} {key.period or key.year}"

    def _series(self, row: Row, area: AreaKey | str) -> tuple[SeriesKey, AreaKey, float, str] | Rejected:
        said = {heading: _cell(row, column) for heading, column in self.columns.items()}

        def reject(column: str, reason: str) -> Rejected:
            return Rejected(row.number, column, reason, tuple(row.cells))

        if row.too_long:
            return reject(
                "", "見出しの数より多くのセルがあります。カンマを含むセルは引用符で囲んでください。"
            )
        if isinstance(area, str):
            return reject("municipality_code", area)
        for heading, label in (("indicator", "指標"), ("unit", "単位")):
            if not said[heading]:
                return reject(heading, f"{label}がありません。")
        for heading, longest in LONGEST.items():
            if len(said[heading]) > longest:
                return reject(heading, f"{longest}字までで入力してください。")
        when = year_in(said["year"])
        if when is None:
            return reject("year", f"「{said['year']}」を年として読めません。2020 のように入力してください。")
        value = number_in(said["value"])
        mark = said["value"] if value is None and said["value"] in _MARKS else ""
        if value is None and not mark:
            return reject("value", f"「{said['value']}」は数値ではありません。")
        sex = sex_in(said["sex"])
        if sex is None:
            return reject(
                "sex", f"「{said['sex']}」を性別として読めません。男、女、male、female 又は空にしてください。"
            )
        ages = ages_in(said["age"])
        if ages is None:
            return reject(
                "age", f"「{said['age']}」を年齢として読めません。0-4、65、90+ のように入力してください。"
            )
        part = f"source:{said['source']}" if self.several and said["source"] else ""
        year, period = when
        status: Status = "estimated" if said["indicator"].startswith(PROJECTED) else "official"
        key = SeriesKey(
            said["indicator"],
            unit_id(said["unit"], said["indicator"]),
            year,
            period,
            sex,
            *ages,
            part=part,
            status=status,
        )
        return key, area, NO_VALUE if value is None else value, mark

    def parsed(self, file: RawBytes, source: str) -> Parsed:
        years = {key.year for key in self.series}
        span = span_of(years)
        described = source_named(slug_of(source), source) if source else named_after(file.name)
        title = source or title_of(file.name)
        parsed = Parsed(
            KIND,
            file,
            described,
            EditionSpec(span or title_of(file.name)[:120], f"{title}（{span}）" if span else title),
            series_keys=list(self.series),
            area_keys=self.places.keys,
            row_labels=self.row_labels,
            column_labels=dict(enumerate(self.table.headings, start=1)),
            rejected=self.rejected,
        )
        column = self.columns["value"] or 0
        for series, area, value, row, mark in self.cells:
            parsed.add(series, area, value, row, column, mark)
        if self.several:
            parsed.notes.append("出典が2つ以上あるため、出典ごとの内訳（source:出典）として登録します。")
        if not self.cells and not self.rejected:
            parsed.notes.append("データの行がありません。")
        return parsed


READER: Final = Reader(KIND, "整った形のCSV（municipality_code,indicator,year,value,unit）", knows, read)

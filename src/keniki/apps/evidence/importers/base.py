"""What a reader of one kind of file gives: series, areas, cells by number, and what it could not read.

A reader is pure: bytes in, `Parsed` out; it knows neither the database nor who asks.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from keniki.core.errors import WrongInput

AreaKind = Literal[
    "nation",
    "prefecture",
    "municipality",
    "ward",
    "former",
    "medical_area",
    "fire_union",
    "school_district",
    "other",
]
Sex = Literal["", "male", "female"]
Status = Literal["official", "estimated", "town_reported", "unknown"]

#: An age nobody stated (年齢「不詳」): both bounds of the class.
UNKNOWN_AGE: Final = -1
NO_VALUE: Final = float("nan")


@dataclass(frozen=True, slots=True)
class RawBytes:
    """A file as it came: its name and its content; `folder` is the one it lay in, where that says something."""

    name: str
    content: bytes
    folder: str = ""

    @property
    def place(self) -> str:
        """The name with its folder."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """The statistic an edition belongs to; `slug` is its name among the sources."""

    slug: str
    title: str
    publisher: str = ""
    url: str = ""
    credit: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class EditionSpec:
    """One edition of one table; `key` tells it from the source's other ones."""

    key: str
    title: str
    table: str = ""
    table_title: str = ""
    surveyed: str = ""
    census_year: int | None = None
    published_on: str = ""


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What is counted, of whom, when, in which unit.

    `year` is the calendar year, or the one a fiscal year begins in; `period` says which (`2020-10-01`, `FY2022`).
    An age class is `age_from`..`age_to` in completed years, both inclusive; an open class has no `age_to`, all ages
    neither, and `UNKNOWN_AGE` stands in both for 不詳. `part` is any further division (`industry:C`).
    """

    indicator: str
    unit: str
    year: int
    period: str = ""
    sex: Sex = ""
    age_from: int | None = None
    age_to: int | None = None
    part: str = ""
    status: Status = "official"


@dataclass(frozen=True, slots=True)
class AreaKey:
    """What a figure is about. `code` is six digits for municipalities, wards, prefectures and the nation (`000000`)."""

    kind: AreaKind
    code: str
    name: str
    members: tuple[str, ...] = ()
    beyond_region: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row or cell that was not taken: where, why, and what stood there."""

    row: int | None
    column: str
    reason: str
    raw: Sequence[str]


@dataclass(frozen=True, slots=True)
class FlowRow:
    """So many from one area to another."""

    origin: AreaKey
    destination: AreaKey
    purpose: str
    year: int
    value: float
    row: int | None = None


@dataclass(slots=True)
class Parsed:
    """One file, read. `cells` are parallel columns: `series[i]`/`areas[i]` number `series_keys` and `area_keys`.

    `values[i]` is NaN where the file had a word or mark; `texts` holds it by cell number. `rows` and `columns` are the
    cell's place in the file, from 1 (0: none); their headings are in `row_labels` and `column_labels`. `shapes` are
    GeoJSON geometries (MultiPolygon, degrees rounded to 5 decimals) by area number.
    """

    kind: str
    file: RawBytes
    source: SourceSpec
    edition: EditionSpec
    series_keys: list[SeriesKey] = field(default_factory=list)
    area_keys: list[AreaKey] = field(default_factory=list)
    series: array[int] = field(default_factory=lambda: array("i"))
    areas: array[int] = field(default_factory=lambda: array("i"))
    values: array[float] = field(default_factory=lambda: array("d"))
    rows: array[int] = field(default_factory=lambda: array("i"))
    columns: array[int] = field(default_factory=lambda: array("i"))
    texts: dict[int, str] = field(default_factory=dict)
    row_labels: dict[int, str] = field(default_factory=dict)
    column_labels: dict[int, str] = field(default_factory=dict)
    flows: list[FlowRow] = field(default_factory=list)
    shapes: dict[int, dict[str, Any]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, series: int, area: int, value: float, row: int, column: int, text: str = "") -> None:
        """Append one cell; `text` is what the file had instead of a number."""
        if text:
            self.texts[len(self.values)] = text
        self.series.append(series)
        self.areas.append(area)
        self.values.append(value)
        self.rows.append(row)
        self.columns.append(column)

    def __len__(self) -> int:
        return len(self.values)

    def only_row(self, row: int, file: RawBytes) -> Parsed:
        """What this one row of the file says, as a reading of its own of `file`."""
        kept = Parsed(
            self.kind,
            file,
            self.source,
            self.edition,
            series_keys=self.series_keys,
            area_keys=self.area_keys,
            row_labels={row: self.row_labels[row]} if row in self.row_labels else {},
            column_labels=self.column_labels,
            flows=[flow for flow in self.flows if flow.row == row],
        )
        for number, place in enumerate(self.rows):
            if place == row:
                kept.add(
                    self.series[number],
                    self.areas[number],
                    self.values[number],
                    row,
                    self.columns[number],
                    self.texts.get(number, ""),
                )
        return kept


@dataclass(frozen=True, slots=True)
class Reader:
    """A kind of file: how it is recognised and read.

    `knows` looks at the name and the beginning of a file and says how sure it is (0 to 1); `read` raises `WrongInput`
    with file, row and column where the file as a whole cannot be read, and quarantines single rows.
    """

    kind: str
    title: str
    knows: Callable[[RawBytes], float]
    read: Callable[[RawBytes], Parsed]


class UnknownKind(WrongInput):
    """No reader is sure of a file."""


def guess(file: RawBytes, readers: Sequence[Reader]) -> Reader:
    """The reader that is surest of the file; `UnknownKind` where none is, naming the kinds there are."""
    sure = sorted(((reader.knows(file), reader) for reader in readers), key=lambda pair: -pair[0])
    if not sure or sure[0][0] <= 0.5:
        kinds = "、".join(reader.title for reader in readers)
        raise UnknownKind(
            f"ファイルの種類を判定できません。読める種類は、{kinds} です。"
            "自由な形の表は、列の対応（--map FILE.yaml）を付けて読み込んでください。",
            file=file.name,
        )
    return sure[0][1]


def reader_of(file: RawBytes, readers: Sequence[Reader], kind: str = "") -> Reader:
    """The reader of this kind, or the one that is surest of the file where no kind is named."""
    if not kind:
        return guess(file, readers)
    for reader in readers:
        if reader.kind == kind:
            return reader
    kinds = "、".join(reader.kind for reader in readers)
    raise WrongInput(f"種類「{kind}」はありません。{kinds} から選んでください。", column="--kind")

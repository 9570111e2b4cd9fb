"""The layout of e-Stat's CSV tables: preamble, head of rows and columns, and the axes they name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeAlias

from keniki.core.errors import WrongInput

from . import estat_classes as classes
from .base import EditionSpec, SourceSpec
from .estat_classes import Moment, Role
from .sources import source_named

EXPORT: Final = (
    "e-Stat の「ダウンロード」で、ファイル形式を「CSV形式（クロス集計表形式）」、"
    "ヘッダの出力とコードの出力を「出力する」にして保存し直してください。"
)
Class: TypeAlias = tuple["Axis", str, str]


@dataclass(frozen=True, slots=True)
class _Statistic:
    slug: str
    title: str
    publisher: str


_STATISTICS: Final = (
    _Statistic("census", "国勢調査", "総務省統計局"),
    _Statistic("economic_census", "経済センサス", "総務省・経済産業省"),
    _Statistic("agricultural_census", "農林業センサス", "農林水産省"),
    _Statistic("housing_survey", "住宅・土地統計調査", "総務省統計局"),
    _Statistic("migration_report", "住民基本台帳人口移動報告", "総務省統計局"),
    _Statistic("ssds", "社会・人口統計体系", "総務省統計局"),
    _Statistic("vital_statistics", "人口動態調査", "厚生労働省"),
    _Statistic("school_survey", "学校基本調査", "文部科学省"),
)
_VOLUMES: Final = {
    "就業状態等基本集計": "employment",
    "従業地・通学地による人口・就業状態等集計": "commuting",
    "従業地・通学地集計": "commuting",
    "人口移動集計": "migration",
    "移動人口の就業状態等集計": "migration-employment",
    "抽出詳細集計": "detail",
    "人口速報集計": "preliminary",
}
_ERA_BEFORE: Final = re.compile(
    r"^((?:明治|大正|昭和|平成|令和)\s*(?:元|[0-9０-９]+)|[0-9０-９]{4})\s*年度?\s*"
)


@dataclass(frozen=True)
class Preamble:
    """What stands above the table."""

    statistic: str
    table: str
    title: str
    surveyed: Moment | None
    marks: dict[str, str]
    file: str

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], file: str) -> Preamble:
        said: dict[str, list[str]] = {}
        marks: dict[str, str] = {}
        for row in rows:
            cells = [cell.strip() for cell in row if cell.strip()]
            if cells and cells[0].endswith(("：", ":")):
                said[cells[0].rstrip("：:")] = cells[1:]
            elif len(cells) == 2:
                marks[cells[0]] = cells[1]
        name = "".join(said.get("統計名", ()))
        if not name:
            raise WrongInput(f"1行目の「統計名：」がありません。{EXPORT}", file=file, row=1)
        when = "".join(said.get("実施年月", said.get("調査年月", ())))
        surveyed = classes.moment_of(when) or classes.moment_of(name)
        return cls(
            re.split(r"[（(]主な内容", name)[0].strip(),
            "".join(said.get("表番号", ())),
            "".join(said.get("表題", ())),
            surveyed,
            marks,
            file,
        )

    @property
    def known(self) -> _Statistic | None:
        return next((each for each in _STATISTICS if each.title in self.statistic), None)

    @property
    def is_census(self) -> bool:
        return self.known is not None and self.known.slug == "census"

    @property
    def name(self) -> str:
        """The statistic's name without year and volume (国勢調査)."""
        found = self.known
        return found.title if found else re.split(r"[ 　]", _ERA_BEFORE.sub("", self.statistic))[0]

    def source(self) -> SourceSpec:
        """The statistic. A source lasts over its editions, so that its credit names no year; the edition does."""
        found = self.known
        slug = found.slug if found else f"estat-{_digest(self.name)}"
        listed = source_named(slug, self.name)
        if listed.publisher:
            return listed
        publisher = found.publisher if found else ""
        return SourceSpec(
            slug,
            self.name[:200],
            publisher,
            url="https://www.e-stat.go.jp/",
            credit=f"{publisher}「{self.name}」"[:300],
            licence="政府統計の総合窓口（e-Stat）の利用規約",
        )

    @property
    def volume(self) -> str:
        """What tells apart tables of one number in several volumes (集計) of a census; empty for the main one."""
        rest = classes.squeezed(self.statistic.partition(self.name)[2])
        return "" if rest in ("", "人口等基本集計") else _VOLUMES.get(rest) or _digest(rest)

    def edition(self, year: int) -> EditionSpec:
        """The edition that the table of this year belongs to."""
        table = re.sub(r"[^0-9A-Za-z]+", "-", classes.squeezed(self.table)).strip("-") or _digest(self.title)
        key = "-".join(filter(None, (self.source().slug, str(year), self.volume, table)))
        return EditionSpec(
            key=key[:120],
            title=self.statistic[:200],
            table=self.table[:40],
            table_title=self.title[:400],
            surveyed=(self.surveyed.period or str(self.surveyed.year)) if self.surveyed else "",
            census_year=year if self.is_census else None,
        )

    def moment(self, told: Moment | None) -> Moment | None:
        """The time of figures: that of their class, else of the survey. Every census is of 1 October (国勢調査令)."""
        survey = self.surveyed
        if told is None or (not told.period and survey is not None and survey.year == told.year):
            told = survey
        if told is not None and self.is_census and told.period in ("", f"{told.year}-10"):
            return Moment(told.year, f"{told.year}-10-01")
        return told


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


@dataclass(eq=False, slots=True)
class Axis:
    """A division of the table: where code and name of its classes stand (a column, or a row of the head)."""

    heading: str
    role: Role
    in_columns: bool
    code_at: int | None = None
    name_at: int | None = None
    total: str | None = None


@dataclass(slots=True)
class Head:
    """The rows between preamble and figures: `first`..`last` (from 0), `corner` the column before the figures."""

    first: int
    last: int
    corner: int
    axes: list[Axis]
    rows: Sequence[Sequence[str]]
    width: int

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], file: str) -> Head:
        first, corner = next(
            ((number, at) for number, row in enumerate(rows) if (at := _corner(row)) is not None), (-1, -1)
        )
        if first < 0:
            raise WrongInput(
                f"表頭の行（「/年齢」のように / で始まる見出し）が見つかりません。{EXPORT}", file=file
            )
        last = first
        while last + 1 < len(rows) and _corner(rows[last + 1]) == corner:
            last += 1
        axes = _Axes()
        for at, heading in enumerate(rows[last][:corner]):
            axes.see(heading, at, in_columns=False)
        for number in range(first, last + 1):
            axes.see(rows[number][corner].removeprefix("/"), number, in_columns=True)
        width = max(len(row) for row in rows[first : last + 1])
        head = cls(first, last, corner, axes.all, rows, width)
        if not any(not axis.in_columns for axis in head.axes):
            raise WrongInput(f"表側の見出しがありません。{EXPORT}", file=file, row=last + 1)
        head._settle_area(file)
        return head

    def _settle_area(self, file: str) -> None:
        """Leave one axis of areas: the first whose codes are codes; any other one is a division."""
        found = [axis for axis in self.axes if axis.role is Role.AREA]
        fitting = [axis for axis in found if self._has_area_codes(axis)]
        if not fitting:
            what = (
                f"「{found[0].heading}」に5桁の地域コード"
                if found
                else "地域（全国，都道府県，市区町村）の見出し"
            )
            raise WrongInput(f"{what}がありません。{EXPORT}", file=file, row=self.last + 1)
        for axis in found:
            if axis is not fitting[0]:
                axis.role = Role.OTHER

    def _has_area_codes(self, axis: Axis) -> bool:
        if axis.code_at is None:
            return False
        if axis.in_columns:
            codes = [cell for cell in self.rows[axis.code_at][self.corner + 1 :] if cell.strip()]
        else:
            at = axis.code_at
            codes = [row[at] for row in self.rows[self.last + 1 :] if len(row) > at]
        return not codes or sum(bool(_AREA_CODE.fullmatch(code.strip())) for code in codes) * 2 > len(codes)

    def row_classes(self, row: Sequence[str]) -> list[Class]:
        """The classes a row belongs to, but for its area."""
        return [
            (axis, cell_at(row, axis.code_at), cell_at(row, axis.name_at))
            for axis in self.axes
            if not axis.in_columns and axis.role is not Role.AREA
        ]

    def column_classes(self, column: int) -> list[Class]:
        """The classes a column belongs to."""
        return [
            (
                axis,
                cell_at(self.rows[axis.code_at], column) if axis.code_at is not None else "",
                cell_at(self.rows[axis.name_at], column) if axis.name_at is not None else "",
            )
            for axis in self.axes
            if axis.in_columns
        ]

    def columns(self) -> list[int]:
        """The columns (from 0) with a heading."""
        return [
            column
            for column in range(self.corner + 1, self.width)
            if any(name for _, _, name in self.column_classes(column))
        ]

    @property
    def area(self) -> Axis:
        return next(axis for axis in self.axes if axis.role is Role.AREA)


_AREA_CODE: Final = re.compile(r"\d{5,6}|\d{4}[A-Za-z]")
_CODES: Final = re.compile(r"^(.*?)[ 　]*((?:補助|階層)コード|階層レベル|コード)$")


@dataclass
class _Axes:
    """Pairs up the headings `男女 コード` and `男女`."""

    all: list[Axis] = field(default_factory=list)

    def see(self, heading: str, at: int, *, in_columns: bool) -> None:
        heading = heading.strip()
        found = _CODES.match(heading)
        name = found[1].lstrip("/") if found else heading
        if not name or (found and found[2] != "コード"):
            return
        axis = next(
            (each for each in self.all if each.heading == name and each.in_columns == in_columns), None
        )
        if axis is None:
            axis = Axis(name, classes.role_of(name), in_columns)
            self.all.append(axis)
        if found:
            axis.code_at = at
        else:
            axis.name_at = at


def _corner(row: Sequence[str]) -> int | None:
    return next((at for at, cell in enumerate(row) if len(cell) > 1 and cell.startswith("/")), None)


def cell_at(row: Sequence[str], at: int | None) -> str:
    """The cell at a place from 0, trimmed; empty where there is none."""
    return row[at].strip() if at is not None and at < len(row) else ""

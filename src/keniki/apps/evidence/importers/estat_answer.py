"""One page of an answer of the e-Stat API (getStatsData 3.0, JSON): its table, classes, notes and values.

The API writes a list of one as the thing itself, a mark of what is not there as text among the values, and may leave
out the survey's date (0) where the time is a class of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from . import estat_classes as classes
from .areas import is_area_code
from .base import EditionSpec, RawBytes, SourceSpec
from .cells import slug_of
from .estat_classes import Moment, Role
from .sources import official_titles, source_named, source_of_table

#: The line the terms of the API want shown wherever its data are used.
CREDIT: Final = (
    "このサービスは、政府統計総合窓口(e-Stat)のAPI機能を使用していますが、"
    "サービスの内容は国によって保証されたものではありません。"
)

_LAST_ROW: Final = 10**9


def answered(content: bytes, file: str | None = None) -> Mapping[str, Any]:
    """What stands below GET_STATS_DATA; WrongInput where it is no answer, or one that says no with its own words."""
    try:
        return agreed(json.loads(content.decode("utf-8-sig")), file)
    except (ValueError, RecursionError):
        raise _no_answer(file) from None


def agreed(root: Any, file: str | None = None) -> Mapping[str, Any]:
    """`answered` of JSON read already."""
    try:
        answer = root["GET_STATS_DATA"]
        result = answer["RESULT"]
        status = int(result["STATUS"])
    except (ValueError, KeyError, TypeError):
        raise _no_answer(file) from None
    if status != 0:
        said = str(result.get("ERROR_MSG") or "").strip() or "理由の記載なし"
        raise WrongInput(
            f"e-Stat のAPIの答え：{said}（STATUS {status}）。"
            "統計表ID、絞り込みの条件、アプリケーションIDを確かめてください。",
            file=file,
        )
    found: Mapping[str, Any] = answer
    return found


def _no_answer(file: str | None) -> WrongInput:
    return WrongInput(
        "e-Stat のAPIの答え（GET_STATS_DATA）として読めません。統計データ取得（getStatsData）をJSONで"
        "取得し直してください。",
        file=file,
    )


@dataclass(frozen=True)
class Class:
    code: str
    name: str
    unit: str


@dataclass(frozen=True, eq=False)
class Axis:
    """A class object: its id in the values (`cat01`), its name, its classes by code."""

    id: str
    name: str
    classes: dict[str, Class]

    @cached_property
    def role(self) -> Role:
        fixed = {"tab": Role.ITEM, "time": Role.TIME, "area": Role.AREA}.get(self.id)
        return fixed or (Role.AREA if self.is_areas else self._said_role)

    @property
    def _said_role(self) -> Role:
        said = classes.role_of(self.name)
        return Role.OTHER if said in (Role.ITEM, Role.TIME, Role.AREA) else said

    @cached_property
    def is_areas(self) -> bool:
        """Whether the classes are places: most codes are five digits and most names end like places' names.

        Of an axis that is called a residence or a destination some are enough: 県内, 他県 and the like stand beside.
        """
        codes = sum(is_area_code(code) for code in self.classes)
        named = sum(bool(_PLACE.search(each.name)) for each in self.classes.values())
        most = codes * 2 > len(self.classes) and named * 2 > len(self.classes)
        towns = sum(
            is_area_code(code) and bool(_PLACE.search(each.name)) for code, each in self.classes.items()
        )
        return bool(self.classes) and (most or (towns > 0 and classes.end_said(self.name) != ""))

    @cached_property
    def total(self) -> str | None:
        """The code of the class that stands for all of the axis, if there is one."""
        return next((code for code, each in self.classes.items() if self._is_whole(each.name)), None)

    def _is_whole(self, name: str) -> bool:
        if self.role is Role.SEX:
            return classes.sex_of(name) == ""
        if self.role is Role.NATIONALITY:
            return classes.nationality_of(name) == ""
        return classes.is_total(name)


_PLACE = re.compile(r"[都道府県市区町村]$")


class Answer:
    """One page: its table, classes, notes and values."""

    def __init__(self, file: RawBytes, root: Mapping[str, Any]) -> None:
        self.file = file
        data = root.get("STATISTICAL_DATA")
        if not isinstance(data, dict):
            raise self.wrong("統計データ（STATISTICAL_DATA）がありません。")
        self.table = _mapped(data.get("TABLE_INF"))
        self.axes = [self._axis(each) for each in listed(_mapped(data.get("CLASS_INF")).get("CLASS_OBJ"))]
        if not self.axes:
            raise self.wrong("分類の情報（CLASS_INF）がありません。metaGetFlg=Y で取得し直してください。")
        self._time = next(iter(self.with_role(Role.TIME)), None)
        self._moments: dict[str, Moment | None] = {}
        found = _mapped(data.get("DATA_INF"))
        self.notes = {str(note.get("@char")): str(note.get("$", "")) for note in listed(found.get("NOTE"))}
        self.annotations = [str(each.get("$", "")) for each in listed(found.get("ANNOTATION"))]
        self._values = listed(found.get("VALUE"))
        first = whole_number(str(_mapped(data.get("RESULT_INF")).get("FROM_NUMBER", 1)), highest=_LAST_ROW)
        self._first = first or 1

    @classmethod
    def of(cls, file: RawBytes) -> Answer:
        return cls(file, answered(file.content, file.name))

    def wrong(self, says: str) -> WrongInput:
        return WrongInput(says, file=self.file.name)

    def _axis(self, written: Mapping[str, Any]) -> Axis:
        found = {}
        for each in listed(written.get("CLASS")):
            code = str(each.get("@code", ""))
            found[code] = Class(code, str(each.get("@name", "")).strip(), str(each.get("@unit") or ""))
        return Axis(str(written.get("@id", "")), str(written.get("@name", "")), found)

    def values(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The values with their number in the whole table."""
        yield from enumerate(self._values, start=self._first)

    def with_role(self, role: Role) -> list[Axis]:
        return [axis for axis in self.axes if axis.role is role]

    @property
    def id(self) -> str:
        return str(self.table.get("@id", ""))

    @property
    def statistic(self) -> str:
        return _text(self.table.get("STAT_NAME"))

    @property
    def title(self) -> str:
        return _text(self.table.get("TITLE"))

    @property
    def is_census(self) -> bool:
        return self.statistic == "国勢調査"

    def flow_axes(self) -> tuple[Axis, Axis] | None:
        """The classes of origin and destination, where there are two of areas.

        WrongInput where neither their names nor the title's end (「…市区町村（常住地）」) tell them apart, or where
        the title contradicts the only name that says something.
        """
        areas = self.with_role(Role.AREA)
        if len(areas) < 2:
            return None
        if len(areas) > 2:
            raise self.wrong("地域の分類が3つ以上ある統計表は読めません。")
        by_names = [classes.end_said(axis.name) for axis in areas]
        if sorted(by_names) == ["home", "work"]:
            return areas[by_names.index("home")], areas[by_names.index("work")]
        found = {axis.id for axis in (self._named_origin(areas), self._titled_origin(areas)) if axis}
        if len(found) != 1:
            names = "」「".join(axis.name for axis in areas)
            raise self.wrong(
                f"地域の分類「{names}」のどちらが常住地（出発地）か分かりません。"
                "origin,destination,purpose,value のCSVにして読み込んでください。"
            )
        origin = next(axis for axis in areas if axis.id in found)
        return origin, _other(areas, origin)

    def _named_origin(self, areas: Sequence[Axis]) -> Axis | None:
        """The class of the residence, as far as the classes' names say."""
        said = {axis.id: classes.end_said(axis.name) for axis in areas}
        homes = [axis for axis in areas if said[axis.id] == "home"]
        works = [axis for axis in areas if said[axis.id] == "work"]
        if len(homes) == 1:
            return homes[0]
        return _other(areas, works[0]) if len(works) == 1 else None

    def _titled_origin(self, areas: Sequence[Axis]) -> Axis | None:
        """The same, as far as the title's end says whose areas (`area`) the table is of."""
        tail = _TAIL.search(self.title)
        said = classes.end_said(tail[1]) if tail else ""
        own = next((axis for axis in areas if axis.id == "area"), None)
        if own is None or not said:
            return None
        return own if said == "home" else _other(areas, own)

    def surveyed(self) -> Moment | None:
        """When the survey was: `202010` or `202001-202012` of the table."""
        written = re.fullmatch(r"(\d{4})(\d\d)?(?:-(\d{4})(\d\d)?)?", str(self.table.get("SURVEY_DATE", "")))
        if written is None or int(written[1]) < 1868:
            return None
        year = int(written[1])
        return Moment(year, f"{year}-{written[2]}" if written[2] and not written[3] else "")

    def moment(self, value: Mapping[str, Any]) -> Moment | None:
        """The time of a value: its class's, else the survey's; every census is of 1 October (国勢調査令)."""
        code = str(value.get(f"@{self._time.id}", "")) if self._time else ""
        if code not in self._moments:
            self._moments[code] = self._moment(code)
        return self._moments[code]

    def _moment(self, code: str) -> Moment | None:
        name = self._time.classes[code].name if self._time and code in self._time.classes else ""
        told = _moment_of(code, name) or self.surveyed()
        if told is not None and self.is_census and told.period in ("", f"{told.year}-10"):
            return Moment(told.year, f"{told.year}-10-01")
        return told

    def source(self) -> SourceSpec:
        """The official source that lists the table, else the statistic itself."""
        found = source_of_table(self.id)
        if found is None and (slug := official_titles().get(self.statistic)):
            found = source_named(slug)
        if found is None:
            number = str(_mapped(self.table.get("STAT_NAME")).get("@code", ""))
            title = self.statistic or self.id
            found = SourceSpec(slug_of(f"estat-{number or self.id}"), title, _text(self.table.get("GOV_ORG")))
        credit = f"{found.credit or f'{found.publisher}「{found.title}」'}。{CREDIT}"
        return SourceSpec(
            found.slug,
            found.title,
            found.publisher,
            found.url or "https://www.e-stat.go.jp/",
            credit,
            found.licence or "政府統計の総合窓口（e-Stat）の利用規約",
        )

    def edition(self) -> EditionSpec:
        """The edition all pages of the table share."""
        years = [
            moment.year
            for axis in self.with_role(Role.TIME)
            for code, each in axis.classes.items()
            if (moment := _moment_of(code, each.name))
        ]
        surveyed = self.surveyed()
        year = surveyed.year if surveyed else max(years, default=None)
        opened = str(self.table.get("OPEN_DATE", ""))
        return EditionSpec(
            "-".join(filter(None, (self.source().slug, str(year or ""), self.id)))[:120],
            (_text(self.table.get("STATISTICS_NAME")) or self.statistic or self.id)[:200],
            str(_mapped(self.table.get("TITLE")).get("@no", ""))[:40],
            self.title[:400],
            (surveyed.period or str(surveyed.year)) if surveyed else "",
            year if self.is_census else None,
            opened if _is_date(opened) else "",
        )


#: What the table's rows are, at the end of a title: `…－全国，都道府県，市区町村（常住地）`.
_TAIL = re.compile(r"[(（]([^()（）]+)[)）][^()（）]*$")


def _other(areas: Sequence[Axis], axis: Axis) -> Axis:
    return areas[1] if axis is areas[0] else areas[0]


def listed(value: Any) -> list[dict[str, Any]]:
    """What the API writes as a list, or as the thing itself where there is only one."""
    each = value if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, dict)]


def _mapped(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return str(value.get("$", "") if isinstance(value, dict) else value or "").strip()


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment_of(code: str, name: str) -> Moment | None:
    """The time of a class: as its name says, with what the code (`2020000000`, `2018000103`) says beyond the year."""
    told = classes.moment_of(name)
    found = re.match(r"(?:18|19|20|21)\d\d", code)
    if found is None or (told is not None and told.period):
        return told
    year = told.year if told else int(found[0])
    if re.fullmatch(r"\d{4}0*", code):
        return Moment(year)
    return Moment(year, f"FY{year}" if "年度" in name else name[:40])

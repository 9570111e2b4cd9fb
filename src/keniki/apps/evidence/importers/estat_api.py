"""Answers of the e-Stat API (getStatsData, version 3.0, JSON): figures, and flows where a table has two area classes.

One file is one page of an answer. Its classes (CLASS_INF) say what the codes of its values (VALUE) mean; where one of
two classes of areas is that of the residence (常住地), the values are flows from there to the other one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from keniki.core.errors import WrongInput

from . import estat_classes as classes
from .areas import NATION, Places, area_of, is_area_code
from .base import (
    NO_VALUE,
    AreaKey,
    FlowRow,
    Parsed,
    RawBytes,
    Reader,
    Rejected,
    SeriesKey,
    Sex,
)
from .cells import MARKS, number_in
from .estat_answer import Answer, Axis
from .estat_classes import Age, Item, Role

KIND: Final = "estat_api"
#: The mark of a cell that counts nobody, as a flow no flow.
NOBODY: Final = frozenset({"-", "－", "‐"})


def knows(file: RawBytes) -> float:
    """Sure of JSON that begins with the API's root."""
    return 0.95 if re.match(rb'\s*(?:\xef\xbb\xbf)?\{\s*"GET_STATS_DATA"', file.content[:200]) else 0.0


def read(file: RawBytes) -> Parsed:
    """Figures or flows of one page; WrongInput for an error the API answered and for a page without classes."""
    answer = Answer.of(file)
    flows = answer.flow_axes()
    reading = _Flows(answer, *flows) if flows else _Figures(answer)
    for number, value in answer.values():
        reading.take(number, value)
    return reading.parsed()


class _Reading:
    """What both kinds of tables share."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.page = Parsed(KIND, answer.file, answer.source(), answer.edition())
        self.page.notes += [f"注釈：{text}" for text in answer.annotations]
        self.places = Places()
        self._areas: dict[tuple[str, str], AreaKey | None] = {}

    def area(self, axis: Axis, value: Mapping[str, Any]) -> AreaKey | None:
        """The area of a value; one that has no municipality's code is the table's own. None for an unknown class."""
        code = str(value.get(f"@{axis.id}", ""))
        if (axis.id, code) not in self._areas:
            self._areas[axis.id, code] = self._named(axis, code)
        return self._areas[axis.id, code]

    def _named(self, axis: Axis, code: str) -> AreaKey | None:
        if code not in axis.classes:
            return None
        name = axis.classes[code].name
        own = AreaKey("other", f"{self.answer.id}:{code}"[:40], name[:120])
        if not is_area_code(code) and not re.fullmatch(r"\d{4}[A-Z]", code):
            return own
        # The names of a table of flows are those of its areas, not `同じ市区町村` or `総数` of the other side.
        for other in self.answer.with_role(Role.AREA):
            if other.id == "area" and code in other.classes:
                name = other.classes[code].name
        try:
            area = area_of(code, name)
        except WrongInput:
            return own
        if area.kind == "nation":
            return NATION
        return AreaKey("former", area.code, name) if name.lstrip("（(").startswith("旧") else area

    def reject(self, number: int, column: str, reason: str, value: Mapping[str, Any]) -> None:
        raw = tuple(f"{key}={each}" for key, each in value.items())
        self.page.rejected.append(Rejected(number, column, reason, raw))

    def take(self, number: int, value: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def parsed(self) -> Parsed:
        raise NotImplementedError


class _Figures(_Reading):
    """A table of figures."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        areas = answer.with_role(Role.AREA)
        self.areas = areas[0] if areas else None
        self.others = [axis for axis in answer.axes if axis.role is not Role.AREA]
        self.populations = {axis: _populations(axis) for axis in self.others}
        self.series: dict[SeriesKey, int] = {}
        self.known: dict[tuple[str, ...], SeriesKey | str] = {}
        self.marks = MARKS | answer.notes.keys()
        adults = re.search(r"(\d+)歳以上人口", classes.squeezed(answer.title))
        self.everybody = Age(int(adults[1])) if adults else Age()

    def take(self, number: int, value: Mapping[str, Any]) -> None:
        """Add a value to the page, or reject it."""
        area = self.area(self.areas, value) if self.areas else NATION
        if area is None:
            self.reject(number, "area", "地域の分類にないコードです。", value)
            return
        codes = tuple(str(value.get(f"@{axis.id}", "")) for axis in self.others)
        key = (*codes, str(value.get("@unit") or ""))
        series = self.known.get(key)
        if series is None:
            series = self.known[key] = self._series(codes, value)
        if isinstance(series, str):
            self.reject(number, "", series, value)
            return
        text = str(value.get("$", "")).strip()
        found = number_in(text)
        if found is None and text not in self.marks:
            if text:
                self.reject(number, "$", f"「{text}」は数値でも記号でもありません。", value)
            return
        at = self.series.setdefault(series, len(self.series))
        place = self.places.number(area)
        if at + 1 not in self.page.column_labels:
            self.page.column_labels[at + 1] = self._label(codes)
        if found is None:
            self.page.add(at, place, NO_VALUE, number, at + 1, text)
        else:
            self.page.add(at, place, found, number, at + 1)

    def _label(self, codes: tuple[str, ...]) -> str:
        names = [
            axis.classes[code].name
            for axis, code in zip(self.others, codes, strict=True)
            if code in axis.classes
        ]
        return "／".join(filter(None, names))

    def _series(self, codes: tuple[str, ...], value: Mapping[str, Any]) -> SeriesKey | str:
        item, own, unit = Item(classes.stable_name("estat", self.answer.id)), None, ""
        sex: Sex = ""
        age, parts = self.everybody, list[str]()
        for axis, code in zip(self.others, codes, strict=True):
            if not code or axis.role is Role.TIME:
                continue
            if code not in axis.classes:
                return f"分類「{axis.name}」にないコード「{code}」です。"
            name, unit = axis.classes[code].name, unit or axis.classes[code].unit
            if code in self.populations[axis]:
                own = self.populations[axis][code]
            elif axis.role is Role.ITEM:
                item = classes.item_of(name, table=self.answer.id, code=code)
            elif axis.role is Role.SEX and (said := classes.sex_of(name)) is not None:
                sex = said
            elif axis.role is Role.NATIONALITY and (nation := classes.nationality_of(name)) is not None:
                parts.append(nation)
            elif axis.role is Role.AGE and (measure := classes.class_item(name)) is not None:
                own, age = measure, Age()
            elif axis.role is Role.AGE and (ages := classes.age_of(name)) is not None:
                age = ages if ages != Age() else self.everybody
            elif code != axis.total:
                parts.append(classes.part_of(axis.name, name))
        moment = self.answer.moment(value)
        if moment is None:
            return "年が分かりません（時間軸も調査年月もありません）。"
        item = own or item
        written = classes.unit_of(str(value.get("@unit") or "") or unit) or item.unit
        if item.indicator != "population" and age == self.everybody:
            age = Age()
        return SeriesKey(
            item.indicator,
            written[:40],
            moment.year,
            moment.period,
            sex,
            age.first,
            age.last,
            classes.join_parts(parts),
        )

    def parsed(self) -> Parsed:
        """The page with its figures."""
        page = self.page
        page.series_keys, page.area_keys = list(self.series), self.places.keys
        used = dict.fromkeys(page.texts.values())
        page.notes += [
            f"記号「{mark}」：{self.answer.notes[mark]}" for mark in used if mark in self.answer.notes
        ]
        if self.areas is None:
            page.notes.append("地域の分類がないため、全国の値として登録します。")
        return page


def _populations(axis: Axis) -> dict[str, Item]:
    """The classes of the day and night tables that are a whole population, by code: of each the first one."""
    found: dict[str, Item] = {}
    for words, item in _POPULATIONS:
        for code, each in axis.classes.items():
            if code not in found and any(word in classes.squeezed(each.name) for word in words):
                found[code] = item
                break
    return found


_POPULATIONS: Final = (
    (("昼夜間人口比率",), Item("day_night_ratio", "percent")),
    (("夜間人口", "常住地による人口"), Item("nighttime_population", "persons")),
    (("昼間人口", "従業地・通学地による人口"), Item("daytime_population", "persons")),
)


class _Flows(_Reading):
    """A table of flows: of all sexes and ages, by purpose."""

    def __init__(self, answer: Answer, origin: Axis, destination: Axis) -> None:
        super().__init__(answer)
        self.origin, self.destination = origin, destination
        self.others = [axis for axis in answer.axes if axis.role not in (Role.AREA, Role.TIME)]
        self.purposes: dict[tuple[str, ...], str | None] = {}
        self.divided = self.nobody = 0
        self._check_totals()

    def _check_totals(self) -> None:
        for axis in self.others:
            if axis.role in (Role.SEX, Role.AGE) and axis.total is None:
                raise self.answer.wrong(
                    f"分類「{axis.name}」に総数がありません。流動は総数を登録するので、"
                    "総数を含めて取得し直してください。"
                )

    def take(self, number: int, value: Mapping[str, Any]) -> None:
        """Add a flow to the page; divided ones and those of nobody are counted only."""
        codes = tuple(str(value.get(f"@{axis.id}", "")) for axis in self.others)
        if codes not in self.purposes:
            self.purposes[codes] = self._purpose(codes)
        purpose = self.purposes[codes]
        if purpose is None:
            self.divided += 1
            return
        text = str(value.get("$", "")).strip()
        if text in NOBODY:
            self.nobody += 1
            return
        origin, destination = self.area(self.origin, value), self.area(self.destination, value)
        if origin is None or destination is None:
            self.reject(number, "area", "地域の分類にないコードです。", value)
            return
        found = number_in(text)
        moment = self.answer.moment(value)
        if found is None:
            meaning = self.answer.notes.get(text)
            said = f"「{text}」は数値ではありません{f'（{meaning}）' if meaning else ''}。"
            self.reject(number, "$", said, value)
        elif moment is None:
            self.reject(number, "time", "年が分かりません（時間軸も調査年月もありません）。", value)
        else:
            one, other = self.places.key(origin), self.places.key(destination)
            self.page.flows.append(FlowRow(one, other, purpose, moment.year, found, number))

    def _purpose(self, codes: tuple[str, ...]) -> str | None:
        """What the flow is for; None where it is a part of another one (男, 15～19歳)."""
        told, item = "", ""
        for axis, code in zip(self.others, codes, strict=True):
            name = axis.classes[code].name if code in axis.classes else ""
            if axis.role is Role.ITEM:
                item = name
            elif not name or code == axis.total:
                continue
            elif axis.role is Role.OTHER and (found := purpose_of(name)):
                told = found
            else:
                return None
        title = re.split("[－―‐-]", self.answer.title)[0]
        return told or purpose_of(item) or purpose_of(title) or item[:40] or "unknown"

    def parsed(self) -> Parsed:
        """The page with its flows."""
        page = self.page
        page.area_keys = self.places.keys
        page.notes.append(f"流動として読みました：「{self.origin.name}」から「{self.destination.name}」へ。")
        if self.divided:
            page.notes.append(f"男女別などの内訳 {self.divided:,}件は登録しません（総数だけを登録します）。")
        if self.nobody:
            page.notes.append(f"該当者のいない流動（-）{self.nobody:,}件は登録しません。")
        return page


def purpose_of(text: str) -> str:
    """`commute`, `school` or `commute_school` of a heading such as 通勤者・通学者数; empty for none."""
    works = re.search("通勤|就業者|従業", text) is not None
    learns = "通学" in text
    if works and learns:
        return "commute_school"
    return "commute" if works else "school" if learns else ""


READER: Final = Reader(KIND, "e-Stat のAPIの答え（getStatsData、JSON）", knows, read)

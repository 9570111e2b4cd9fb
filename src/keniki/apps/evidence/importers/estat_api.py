"""Answers of the e-Stat API (getStatsData, version 3.0, JSON): figures, and flows where a table has two area classes.

One file is one page of an answer. Its classes (CLASS_INF) say what the codes of its values (VALUE) mean; where one of
two classes of areas is that of the residence (常住地), the values are flows from there to the other one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from . import estat_classes as classes
from .areas import NATION
from .base import NO_VALUE, Parsed, RawBytes, Reader, SeriesKey, Sex
from .cells import MARKS, number_in
from .estat_answer import Answer, Axis
from .estat_classes import Age, Item, Role
from .estat_flows import Flows
from .estat_page import KIND, Page

__all__ = ["KIND", "READER", "Figures", "knows", "read"]


def knows(file: RawBytes) -> float:
    """Sure of JSON that begins with the API's root."""
    return 0.95 if re.match(rb'\s*(?:\xef\xbb\xbf)?\{\s*"GET_STATS_DATA"', file.content[:200]) else 0.0


def read(file: RawBytes) -> Parsed:
    """Figures or flows of one page; WrongInput for an error the API answered and for a page without classes."""
    answer = Answer.of(file)
    flows = answer.flow_axes()
    reading = Flows(answer, *flows) if flows else Figures(answer)
    for number, value in answer.values():
        reading.take(number, value)
    return reading.parsed()


class Figures(Page):
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


READER: Final = Reader(KIND, "e-Stat のAPIの答え（getStatsData、JSON）", knows, read)

"""Flows of an answer of the e-Stat API: a table with the residence on one axis and the destination on another.

Destinations are told apart by what the classes (CLASS_INF) say: places, all of them together, the residence itself,
what nobody knows, and groups of places (県内, 他県) that count the same people again. A table that gives more people
than it has in all, two values for the same flow or a class nobody can place is refused as a whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from . import estat_classes as classes
from .areas import NATION, is_counted_once
from .base import AreaKey, FlowRow, Parsed
from .cells import number_in
from .estat_answer import Answer, Axis
from .estat_classes import Role
from .estat_page import Page

#: The mark of a cell that counts nobody, as a flow no flow.
NOBODY: Final = frozenset({"-", "－", "‐"})
#: How the code of a destination nobody knows begins (「不詳」, 外国).
UNKNOWN: Final = "unknown:"


class End(Enum):
    """What a class of destinations stands for, where it is no place."""

    HERE = "here"
    PART_OF_HERE = "part_of_here"
    GROUP = "group"


class Flows(Page):
    """A table of flows: of all sexes and ages, by purpose."""

    def __init__(self, answer: Answer, origin: Axis, destination: Axis) -> None:
        super().__init__(answer)
        self.origin, self.destination = origin, destination
        self.others = [axis for axis in answer.axes if axis.role not in (Role.AREA, Role.TIME)]
        self.purposes: dict[tuple[str, ...], str | None] = {}
        self.ends: dict[str, AreaKey | End] = {}
        self.sums_here = any(_is_here(each.name) is End.HERE for each in destination.classes.values())
        self.found: dict[tuple[AreaKey, AreaKey, str, int], FlowRow] = {}
        self.divided = self.nobody = self.grouped = 0
        self._check_totals()

    def _check_totals(self) -> None:
        for axis in self.others:
            names = [each.name for each in axis.classes.values()]
            whole = axis.total is not None or len(names) == 1 or any(map(purpose_of, names))
            if axis.role is not Role.ITEM and names and not whole:
                raise self.answer.wrong(
                    f"分類「{axis.name}」に総数がありません。流動は総数を登録するので、"
                    "総数を含めて取得し直してください。"
                )

    def end(self, code: str) -> AreaKey | End | None:
        """What a destination is, None for a code that is no class; WrongInput for a class that is none."""
        if code not in self.ends and code in self.destination.classes:
            self.ends[code] = self._end(code)
        return self.ends.get(code)

    def _end(self, code: str) -> AreaKey | End:
        said = self.destination.classes[code].name
        name = classes.squeezed(said)
        if classes.is_total(name):
            return NATION
        if _NOBODY_KNOWS.search(name):
            return AreaKey("other", f"{UNKNOWN}{self.answer.id}:{code}"[:40], said[:120])
        if classes.without_repeat(name) != name or _GROUP.search(name):
            return End.GROUP
        if here := _is_here(name):
            return here
        area = self._named(self.destination, code)
        if area is None or (area.kind == "other" and area.code.startswith(f"{self.answer.id}:")):
            raise self.answer.wrong(
                f"分類「{self.destination.name}」の「{said}」（{code}）が、地域、総数、常住地と同じ市区町村、不詳の"
                "どれか分からないため、この表は登録しません。"
                "origin,destination,purpose,value のCSVにして読み込んでください。"
            )
        return area

    def take(self, number: int, value: Mapping[str, Any]) -> None:
        """Add a flow to the page; divided ones, groups and those of nobody are counted only."""
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
        origin = self.area(self.origin, value)
        end = self.end(str(value.get(f"@{self.destination.id}", "")))
        if origin is None or end is None:
            self.reject(number, "area", "地域の分類にないコードです。", value)
            return
        if end is End.GROUP or (end is End.PART_OF_HERE and self.sums_here):
            self.grouped += 1
            return
        destination = end if isinstance(end, AreaKey) else origin
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
            self._add(FlowRow(one, other, purpose, moment.year, found, number), added=end is End.PART_OF_HERE)

    def _add(self, flow: FlowRow, *, added: bool) -> None:
        """Keep a flow; a part of those who stay at their residence is `added` to what is known of them."""
        key = (flow.origin, flow.destination, flow.purpose, flow.year)
        known = self.found.get(key)
        if known is not None and not added and known.value != flow.value:
            raise self.answer.wrong(
                f"{flow.origin.name}から{flow.destination.name}への流動の値が2つあり、違います"
                f"（{known.row}件目は {known.value:g}、{flow.row}件目は {flow.value:g}）。"
                "分類の読み方が合わないため、この表は登録しません。総数だけに絞って取得し直してください。"
            )
        if known is None:
            self.found[key] = flow
        elif added:
            total = known.value + flow.value
            self.found[key] = FlowRow(*key, total, known.row)

    def _purpose(self, codes: tuple[str, ...]) -> str | None:
        """What the flow is for; None where it is a part of another one (男, 15～19歳) or no number of people."""
        told, item = "", ""
        for axis, code in zip(self.others, codes, strict=True):
            each = axis.classes.get(code)
            name = each.name if each else ""
            if axis.role is Role.ITEM:
                item = name
                if each and classes.unit_of(each.unit) not in ("", "persons"):
                    return None
            elif not name or code == axis.total or len(axis.classes) == 1:
                continue
            elif axis.role is Role.OTHER and (found := purpose_of(name)):
                told = found
            else:
                return None
        title = re.split("[－―‐-]", self.answer.title)[0]
        return told or purpose_of(item) or purpose_of(title) or item[:40] or "unknown"

    def _check_sums(self) -> None:
        """More people than there are in all means that some were counted twice: the classes were read wrongly."""
        there = {flow.destination.code for flow in self.found.values()}
        wholes: dict[tuple[AreaKey, str, int], float] = {}
        parts: dict[tuple[AreaKey, str, int], float] = defaultdict(float)
        for flow in self.found.values():
            key = (flow.origin, flow.purpose, flow.year)
            if flow.destination == NATION:
                wholes[key] = flow.value
            elif is_counted_once(flow.destination.kind, flow.destination.code, there):
                parts[key] += flow.value
        for key, whole in wholes.items():
            if parts[key] > whole + 0.5:
                raise self.answer.wrong(
                    f"{key[0].name}からの流動の合計（{parts[key]:,.0f}）が、総数（{whole:,.0f}）を上回ります。"
                    "分類の読み方が合わないため、この表は登録しません。"
                    "origin,destination,purpose,value のCSVにして読み込んでください。"
                )

    def parsed(self) -> Parsed:
        """The page with its flows."""
        self._check_sums()
        page = self.page
        page.flows, page.area_keys = list(self.found.values()), self.places.keys
        page.notes.append(f"流動として読みました：「{self.origin.name}」から「{self.destination.name}」へ。")
        unknown = [end.name for end in self.ends.values() if isinstance(end, AreaKey) and _is_unknown(end)]
        if unknown:
            page.notes.append(f"行き先が分からない流動：「{'」「'.join(unknown)}」として登録します。")
        if self.divided:
            page.notes.append(f"男女別などの内訳 {self.divided:,}件は登録しません（総数だけを登録します）。")
        if self.grouped:
            page.notes.append(
                f"県内、他県などのまとめ {self.grouped:,}件は登録しません（同じ人を2回数えるため）。"
            )
        if self.nobody:
            page.notes.append(f"該当者のいない流動（-）{self.nobody:,}件は登録しません。")
        if not page.flows and self.divided:
            raise self.answer.wrong(
                "この答えには流動の総数がなく、男女別などの内訳だけがあります。総数を含めて取得し直してください。"
            )
        return page


def purpose_of(text: str) -> str:
    """`commute`, `school` or `commute_school` of a heading such as 通勤者・通学者数; empty for none."""
    works = re.search("通勤|就業者|従業", text) is not None
    learns = "通学" in text
    if works and learns:
        return "commute_school"
    return "commute" if works else "school" if learns else ""


def _is_here(name: str) -> End | None:
    """Whether a class is the residence itself, or a part of those who stay there (自宅, 自宅外の自市区町村)."""
    squeezed = classes.squeezed(name)
    if _GROUP.search(squeezed) or not _HERE.search(squeezed):
        return None
    return End.PART_OF_HERE if _PART_OF_HERE.search(squeezed) else End.HERE


def _is_unknown(area: AreaKey) -> bool:
    return area.code.startswith(UNKNOWN)


_NOBODY_KNOWS: Final = re.compile("不詳|外国")
_GROUP: Final = re.compile(
    "他の?(市|区|町|村|県|都|道|府|地域)|自市内|(県|都|道|府|都道府県|市)(内|外)(の|他|で|$)|その他|以外"
)
_HERE: Final = re.compile(
    "自宅|自(市|区|町|村)|同(じ|一)の?(市|区|町|村)|(常住|居住)地と同|当該?(市|区|町|村)"
)
_PART_OF_HERE: Final = re.compile("自宅")

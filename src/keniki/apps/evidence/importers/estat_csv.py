"""Tables as e-Stat exports them to CSV (クロス集計表形式, with codes and a preamble).

Preamble (統計名, 表番号, 表題, 実施年月, marks), one or more rows for the classes of the columns, a row naming the
axes of the rows, then one row per combination of classes with a code and a name for each. UTF-8 or CP932.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput

from . import estat_classes as classes
from .areas import Places, area_of
from .base import (
    NO_VALUE,
    AreaKey,
    EditionSpec,
    Parsed,
    RawBytes,
    Reader,
    Rejected,
    SeriesKey,
    Sex,
)
from .cells import MARKS, number_in
from .estat_classes import Age, Item, Moment, Role
from .estat_csv_flows import flows_in
from .estat_layout import Axis, Class, Head, Preamble, cell_at

KIND: Final = "estat_csv"


def knows(file: RawBytes) -> float:
    """Sure where the first lines are e-Stat's preamble."""
    start = file.content[:3000]
    text = start.decode("utf-8-sig", "ignore")
    if "統計名" not in text:
        text = start.decode("cp932", "ignore")
    return 0.95 if "統計名" in text and ("表番号" in text or "表題" in text) else 0.0


def read(file: RawBytes) -> Parsed:
    """All figures (or flows) of a table; marks are kept as texts, rows and cells that cannot be read are quarantined.

    WrongInput where preamble, head, area codes or year are missing.
    """
    rows = read_csv(file.content, file=file.name).rows
    head = Head.of(rows, file.name)
    preamble = Preamble.of(rows[: head.first], file.name)
    flows = flows_in(file, preamble, head, rows)
    if flows is not None:
        flows.kind = KIND
        return flows
    table = _Table(file, preamble, head)
    table.read(rows)
    return table.parsed


READER: Final = Reader(KIND, "e-Stat の統計表（CSV）", knows, read)


class _Table:
    """Reads the rows of one table into a `Parsed`."""

    def __init__(self, file: RawBytes, preamble: Preamble, head: Head) -> None:
        self.preamble, self.head = preamble, head
        self.columns = head.columns()
        self.labels = {
            column: "／".join(name for _, _, name in head.column_classes(column) if name)
            for column in self.columns
        }
        self.numbers: dict[str, float] = {}
        self.series: dict[SeriesKey, int] = {}
        self.places = Places()
        self.areas: dict[tuple[str, str], int | str] = {}
        self.within = ""
        self.unnamed: dict[str, str] = {}
        self.blank = 0
        self.marks = MARKS | preamble.marks.keys()
        adults = re.search(r"(\d+)歳以上人口", classes.squeezed(preamble.title))
        self.everybody = Age(int(adults[1])) if adults else Age()
        self.parsed = Parsed(KIND, file, preamble.source(), EditionSpec("", ""))
        self.parsed.column_labels = {column + 1: label for column, label in self.labels.items()}

    def read(self, rows: Sequence[Sequence[str]]) -> None:
        """Take all rows below the head; WrongInput where no row could be read."""
        last = self.head.last
        column_areas = self._column_areas()
        plans: dict[tuple[str, ...], list[tuple[int, int]] | str] = {}
        area = self.head.area
        kept = [
            at
            for at in range(self.head.corner + 1)
            if area.in_columns or at not in (area.code_at, area.name_at)
        ]
        for number, row in enumerate(rows[last + 1 :], start=last + 2):
            if not any(row):
                continue
            if len(row) != self.head.width and not self._fits(row):
                self._reject(
                    number, "", f"セルの数（{len(row)}）が表頭（{self.head.width}）と違います。", row
                )
                continue
            key = tuple(map(row.__getitem__, kept))
            plan = plans.get(key)
            if plan is None:
                plan = plans[key] = self._plan(row)
            place = (
                None
                if area.in_columns
                else self._area(cell_at(row, area.code_at), cell_at(row, area.name_at))
            )
            problem = plan if isinstance(plan, str) else place if isinstance(place, str) else ""
            if problem or isinstance(plan, str) or isinstance(place, str):
                self._reject(number, "", problem, row)
                continue
            if place is not None and self.places.keys[place].kind == "municipality":
                self.within = self.places.keys[place].code
            self._cells(number, row, plan, place, column_areas)
            self.parsed.row_labels[number] = self._row_label(row)
        self._finish()

    def _cells(
        self,
        number: int,
        row: Sequence[str],
        plan: list[tuple[int, int]],
        place: int | None,
        column_areas: dict[int, int],
    ) -> None:
        known, add = self.numbers, self.parsed.add
        for column, series in plan:
            area = column_areas.get(column) if place is None else place
            if area is None:
                continue
            cell = row[column]
            value = known.get(cell)
            if value is None:
                text = cell.strip()
                if text in self.marks:
                    add(series, area, NO_VALUE, number, column + 1, text)
                    continue
                if not text:
                    self.blank += 1
                    continue
                value = number_in(text)
                if value is None:
                    reason = f"「{text}」は数値でも記号でもありません。"
                    self._reject(number, self.labels[column], reason, row)
                    continue
                known[cell] = value
            add(series, area, value, number, column + 1)

    def _plan(self, row: Sequence[str]) -> list[tuple[int, int]] | str:
        """The series of each column (from 0) for rows of these classes, or why there are none."""
        unit = classes.unit_of(cell_at(row, self.head.corner))
        across = self.head.row_classes(row)
        plan = []
        for column in self.columns:
            found = self._series([*across, *self.head.column_classes(column)], unit)
            if isinstance(found, str):
                return found
            plan.append((column, self.series.setdefault(found, len(self.series))))
        return plan

    def _series(self, found: Sequence[Class], unit: str) -> SeriesKey | str:
        item: Item | None = None
        moment: Moment | None = None
        sex: Sex = ""
        age, parts = self.everybody, list[str]()
        own: Item | None = None
        own_unit = ""
        for axis, code, name in found:
            if axis.role is Role.ITEM:
                item = self._item(code, name)
            elif axis.role is Role.TIME:
                moment = classes.moment_of(name) or (
                    Moment(int(code[:4])) if _TIME_CODE.match(code) else None
                )
                if moment is None:
                    return f"時間軸「{name}」から年が分かりません。"
            elif axis.role is Role.SEX and (said := classes.sex_of(name)) is not None:
                sex = said
            elif axis.role is Role.NATIONALITY and (nation := classes.nationality_of(name)) is not None:
                parts.append(nation)
            elif axis.role is Role.AGE and (own := classes.class_item(name)) is not None:
                age = Age()
            elif axis.role is Role.AGE and (ages := classes.age_of(name)) is not None:
                age = ages if ages != Age() else self.everybody
            elif axis.role is not Role.AREA and not self._is_total(axis, name):
                parts.append(classes.part_of(axis.heading, name))
                own_unit = classes.unit_in(name) or own_unit
        moment = self.preamble.moment(moment)
        if moment is None:
            return "年が分かりません（時間軸も実施年月もありません）。"
        item = own or item or self._item("", "")
        if item.indicator not in _OF_EVERYBODY and age == self.everybody:
            age = Age()
        return SeriesKey(
            item.indicator,
            (own_unit or item.unit or unit)[:40],
            moment.year,
            moment.period,
            sex,
            age.first,
            age.last,
            classes.join_parts(parts),
        )

    def _item(self, code: str, name: str) -> Item:
        item = classes.item_of(name, table=self.preamble.table, code=code)
        if item.indicator.startswith("estat_"):
            self.unnamed[item.indicator] = name
        return item

    def _is_total(self, axis: Axis, name: str) -> bool:
        """Whether a class is all of its axis; a second one that calls itself so is a division."""
        if not name or (axis.total is None and classes.is_total(name)):
            axis.total = axis.total or name or None
            return True
        return name == axis.total

    def _area(self, code: str, name: str) -> int | str:
        found = self.areas.get((code, name))
        if found is None:
            try:
                found = self.places.number(self._key_of(code, name))
            except WrongInput as wrong:
                found = wrong.message
            self.areas[code, name] = found
        return found

    def _key_of(self, code: str, name: str) -> AreaKey:
        """The area of a row; a former municipality's rows follow those of the one it is part of now."""
        key = _area_key(code, name)
        if key.kind == "former" and self.within:
            return replace(key, members=(self.within,))
        return key

    def _column_areas(self) -> dict[int, int]:
        axis = self.head.area
        if not axis.in_columns:
            return {}
        found: dict[int, int] = {}
        for column in self.columns:
            code, name = next(
                (code, name) for each, code, name in self.head.column_classes(column) if each is axis
            )
            place = self._area(code, name)
            if isinstance(place, str):
                self._reject(None, self.labels[column], place, (code, name))
            else:
                found[column] = place
        return found

    def _fits(self, row: Sequence[str]) -> bool:
        """Whether only empty cells are too many."""
        return len(row) > self.head.width and not any(row[self.head.width :])

    def _row_label(self, row: Sequence[str]) -> str:
        axes = self.head.axes
        names: Iterator[str] = (cell_at(row, axis.name_at) for axis in axes if not axis.in_columns)
        return "／".join(name for name in names if name)

    def _reject(self, row: int | None, column: str, reason: str, raw: Sequence[str]) -> None:
        self.parsed.rejected.append(Rejected(row, column, reason, list(raw)))

    def _finish(self) -> None:
        parsed, preamble = self.parsed, self.preamble
        if not len(parsed):
            why = parsed.rejected[0].reason if parsed.rejected else "表頭の下に行がありません。"
            where = parsed.rejected[0].row if parsed.rejected else self.head.last + 1
            raise WrongInput(f"読み取れる値が1つもありません。{why}", file=parsed.file.name, row=where)
        parsed.series_keys, parsed.area_keys = list(self.series), self.places.keys
        newest = max(key.year for key in self.series)
        parsed.edition = preamble.edition(preamble.surveyed.year if preamble.surveyed else newest)
        used = dict.fromkeys(parsed.texts.values())
        parsed.notes += [f"記号「{mark}」：{preamble.marks[mark]}" for mark in used if mark in preamble.marks]
        parsed.notes += [
            f"表章事項「{name}」は指標「{indicator}」として登録します。"
            for indicator, name in self.unnamed.items()
            if any(key.indicator == indicator for key in self.series)
        ]
        if self.blank:
            parsed.notes.append(f"空欄の{self.blank:,}セルは登録していません。")


#: Indicators that a table of persons of some age (15歳以上人口) counts only in part.
_OF_EVERYBODY: Final = {"population"}
_TIME_CODE: Final = re.compile(r"(?:18|19|20)\d{2}")


def _area_key(code: str, name: str) -> AreaKey:
    """The area of a code and the name beside it, kept as published; WrongInput for no code.

    A former municipality (「（旧：北村）」) often carries the five digits it had as a municipality: its name tells.
    市部 and 郡部 have codes like municipalities (01001) or of the nation (00001) and are none.
    """
    if _NATIONAL_PART.fullmatch(code):
        return AreaKey("other", code, name)
    area = area_of(code, name)
    if _FORMER_NAME.match(name):
        return replace(area, kind="former")
    if area.kind == "municipality" and area.code[2] == "0":
        return replace(area, kind="other")
    return area


_NATIONAL_PART: Final = re.compile(r"0000[1-9]")
_FORMER_NAME: Final = re.compile(r"[（(]?旧[：:]")

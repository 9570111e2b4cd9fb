"""Flows in a table e-Stat exports to CSV: the same table as its API answers, read by the same rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import estat_classes as classes
from .base import Parsed, RawBytes
from .estat_answer import Answer
from .estat_classes import Role
from .estat_flows import NOBODY, Flows
from .estat_layout import Axis, Head, Preamble, cell_at

_IDS = {Role.ITEM: "tab", Role.TIME: "time", Role.AREA: "area"}


def flows_in(file: RawBytes, preamble: Preamble, head: Head, rows: Sequence[Sequence[str]]) -> Parsed | None:
    """The flows of a table with a residence and a destination; None for a table of figures.

    WrongInput where the two cannot be told apart, or where what is read cannot be right.
    """
    if all(axis.role is Role.AREA or not classes.is_end(axis.heading) for axis in head.axes):
        return None
    table = _Table(preamble, head, rows)
    answer = Answer(file, {"STATISTICAL_DATA": table.described()})
    ends = answer.flow_axes()
    if ends is None:
        return None
    reading = Flows(answer, *ends)
    for number, value in table.values():
        reading.take(number, value)
    reading.nobody += table.nobody
    parsed = reading.parsed()
    parsed.source = preamble.source()
    years = [flow.year for flow in parsed.flows]
    newest = preamble.surveyed.year if preamble.surveyed else max(years, default=0)
    parsed.edition = preamble.edition(newest)
    return parsed


class _Table:
    """A table of e-Stat's CSV as its classes and values by code."""

    def __init__(self, preamble: Preamble, head: Head, rows: Sequence[Sequence[str]]) -> None:
        self.preamble, self.head, self.rows = preamble, head, rows
        self.nobody = 0
        others = iter(range(1, 100))
        self.ids = {axis: _IDS.get(axis.role) or f"cat{next(others):02}" for axis in head.axes}
        self.down = [axis for axis in head.axes if not axis.in_columns]
        self.across = {
            column: {axis: _code(code, name) for axis, code, name in head.column_classes(column)}
            for column in head.columns()
        }

    def described(self) -> dict[str, Any]:
        """The table and its classes as the API writes them."""
        survey = self.preamble.surveyed
        found: dict[Axis, dict[str, str]] = {axis: {} for axis in self.head.axes}
        for column in self.across:
            for axis, code, name in self.head.column_classes(column):
                found[axis].setdefault(_code(code, name), name)
        for _, row in self._body():
            for axis in self.down:
                name = cell_at(row, axis.name_at)
                found[axis].setdefault(_code(cell_at(row, axis.code_at), name), name)
        return {
            "TABLE_INF": {
                "@id": self.preamble.table,
                "STAT_NAME": self.preamble.name,
                "TITLE": self.preamble.title,
                "SURVEY_DATE": str(survey.year) if survey else "",
            },
            "CLASS_INF": {
                "CLASS_OBJ": [
                    {
                        "@id": self.ids[axis],
                        "@name": axis.heading,
                        "CLASS": [
                            {"@code": code, "@name": name, "@unit": classes.unit_in(name)}
                            for code, name in each.items()
                        ],
                    }
                    for axis, each in found.items()
                ]
            },
        }

    def values(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Every cell that counts somebody, with its row in the file and the codes of its classes."""
        ids = self.ids
        across = {
            column: {f"@{ids[axis]}": code for axis, code in found.items()}
            for column, found in self.across.items()
        }
        for number, row in self._body():
            down = {
                f"@{ids[axis]}": _code(cell_at(row, axis.code_at), cell_at(row, axis.name_at))
                for axis in self.down
            }
            for column, found in across.items():
                text = cell_at(row, column)
                if text in NOBODY:
                    self.nobody += 1
                elif text:
                    yield number, {**down, **found, "$": text}

    def _body(self) -> Iterator[tuple[int, Sequence[str]]]:
        first = self.head.last + 1
        yield from (
            (number, row) for number, row in enumerate(self.rows[first:], start=first + 1) if any(row)
        )


def _code(code: str, name: str) -> str:
    """The code of a class; its name where the table has no codes."""
    return code or name

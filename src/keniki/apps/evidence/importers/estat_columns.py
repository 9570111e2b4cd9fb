"""e-Stat's CSV with one value a row (列指向形式), as the database exports it and getSimpleStatsData answers.

`"tab_code","表章項目","cat01_code","男女",…,"unit","value","annotation"`: of each class its code and its name. The
API's answer has lines about the table above it (`"STAT_NAME","00200521","国勢調査"`), a downloaded file has none.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput

from .base import Parsed, RawBytes, Reader, Rejected
from .cells import slug_of, title_of
from .estat_answer import Answer
from .estat_api import Figures
from .estat_flows import Flows

KIND: Final = "estat_columns"
#: Statistics by the number in a downloaded file's name (`FEH_00200521_…csv`).
_STATISTICS: Final = {"00200521": "国勢調査"}
_HEAD: Final = re.compile(rb'"?(?:tab|cat\d\d|area|time)_code"?,')
_CODED: Final = re.compile(r"(tab|cat\d\d|area|time)_code")
_FILE: Final = re.compile(r"FE[HI]_(\d{8})_", re.IGNORECASE)


def knows(file: RawBytes) -> float:
    """Sure where a line begins with a class's code, at the start or below the lines about the table."""
    start = file.content[:8000]
    return 0.95 if re.search(rb"(?:^|[\r\n]|\xef\xbb\xbf)" + _HEAD.pattern, start) else 0.0


def read(file: RawBytes) -> Parsed:
    """Figures or flows, by the same rules as the API's JSON; rows that are too short are kept aside.

    WrongInput without the columns of classes and values.
    """
    rows = read_csv(file.content, file=file.name).rows
    head = next((at for at, row in enumerate(rows) if row and _CODED.fullmatch(row[0].strip())), None)
    if head is None or "value" not in [cell.strip() for cell in rows[head]]:
        raise WrongInput(
            "見出しの行（tab_code、…、value）がありません。e-Statの「CSV形式（列指向形式）」を、コードの出力を"
            "「出力する」にして保存し直してください。",
            file=file.name,
        )
    table = _Table(file, rows, head)
    answer = Answer(file, {"STATISTICAL_DATA": table.described()})
    ends = answer.flow_axes()
    reading = Flows(answer, *ends) if ends else Figures(answer)
    for number, value in table.values():
        reading.take(number, value)
    parsed = reading.parsed()
    parsed.kind = KIND
    parsed.rejected += table.rejected
    _place(parsed, table.value + 1)
    return parsed


READER: Final = Reader(KIND, "e-Stat の統計表（列指向形式のCSV）", knows, read)


class _Table:
    """The rows of a file as the classes and values the API answers."""

    def __init__(self, file: RawBytes, rows: Sequence[Sequence[str]], head: int) -> None:
        self.file, self.rows, self.head = file, rows, head
        cells = [cell.strip() for cell in rows[head]]
        self.axes = {found[1]: at for at, cell in enumerate(cells) if (found := _CODED.fullmatch(cell))}
        self.names = {axis: cells[at + 1] if at + 1 < len(cells) else axis for axis, at in self.axes.items()}
        self.value = cells.index("value")
        self.unit = cells.index("unit") if "unit" in cells else None
        self.rejected: list[Rejected] = []

    def described(self) -> dict[str, Any]:
        """The table, from the lines above its head or else the file's name, and its classes."""
        said = {row[0]: row[1:] for row in self.rows[: self.head] if len(row) > 1 and row[0]}
        found: dict[str, dict[str, str]] = {axis: {} for axis in self.axes}
        for _, row in self._body():
            for axis, at in self.axes.items():
                found[axis].setdefault(row[at], row[at + 1])
        named = _FILE.search(self.file.name)
        number = named[1] if named else ""
        title = title_of(self.file.name)
        return {
            "TABLE_INF": {
                "@id": _last(said, "TABLE_INF") or slug_of(title)[:30],
                "STAT_NAME": {
                    "@code": said.get("STAT_NAME", [number])[0],
                    "$": _last(said, "STAT_NAME") or _STATISTICS.get(number, title),
                },
                "GOV_ORG": _last(said, "GOV_ORG"),
                "STATISTICS_NAME": _last(said, "STATISTICS_NAME"),
                "TITLE": {"@no": said.get("TITLE", [""])[0], "$": _last(said, "TITLE")},
                "SURVEY_DATE": _last(said, "SURVEY_DATE"),
                "OPEN_DATE": _last(said, "OPEN_DATE"),
            },
            "CLASS_INF": {
                "CLASS_OBJ": [
                    {
                        "@id": axis,
                        "@name": self.names[axis],
                        "CLASS": [{"@code": code, "@name": name} for code, name in each.items()],
                    }
                    for axis, each in found.items()
                ]
            },
        }

    def values(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """The values with their row in the file."""
        for number, row in self._body(aside=True):
            value = {f"@{axis}": row[at] for axis, at in self.axes.items()}
            unit = row[self.unit] if self.unit is not None else ""
            yield number, {**value, "@unit": unit, "$": row[self.value]}

    def _body(self, *, aside: bool = False) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows that are long enough; others are kept aside where that is asked for."""
        enough = max(self.value, *(at + 1 for at in self.axes.values()), self.unit or 0) + 1
        for number, row in enumerate(self.rows[self.head + 1 :], start=self.head + 2):
            if len(row) >= enough:
                yield number, row
            elif aside and any(row):
                reason = f"セルの数（{len(row)}）が見出しの数（{len(self.rows[self.head])}）より少ないです。"
                self.rejected.append(Rejected(number, "", reason, row))


def _last(said: Mapping[str, Sequence[str]], key: str) -> str:
    """The last word of a line about the table."""
    return next((cell for cell in reversed(said.get(key, ())) if cell), "")


def _place(parsed: Parsed, column: int) -> None:
    """Let each figure stand where it does in the file: in the one column of values, in a row with its classes."""
    labels = parsed.column_labels
    for row, at, area in zip(parsed.rows, parsed.columns, parsed.areas, strict=True):
        parsed.row_labels[row] = f"{parsed.area_keys[area].name}／{labels.get(at, '')}"
    parsed.columns = array("i", [column]) * len(parsed.columns)
    parsed.column_labels = {column: "value"}

"""A table of flows of one's own, read by a mapping: a row for each flow, or origins down and destinations across."""

from __future__ import annotations

from typing import Final

from keniki.core.digits import plain

from .base import AreaKey, FlowRow, Parsed, RawBytes
from .cells import number_in
from .mapping_spec import FlowColumns, MappingSpec
from .mapping_table import MappedTable, when_in
from .names import NameBook

_LONGEST_PURPOSE: Final = 40
#: Purposes as tables call them; others are kept as typed.
PURPOSES: Final = {
    "通勤": "commute",
    "通学": "school",
    "通勤・通学": "commute_school",
    "通勤通学": "commute_school",
    "買物": "shopping",
    "買い物": "shopping",
    "通院": "hospital",
}


class MappedFlows(MappedTable):
    """Reads one table of flows by its mapping."""

    def __init__(self, file: RawBytes, spec: MappingSpec, flow: FlowColumns, book: NameBook) -> None:
        super().__init__(file, spec, book)
        self.flow = flow
        self.found_flows: dict[tuple[AreaKey, AreaKey, str, int], FlowRow] = {}

    def parsed(self) -> Parsed:
        """The flows; a row or cell whose ends, purpose, year or number cannot be read is kept aside."""
        numbers = self.columns(self.flow.column, self.flow.through, "flow")
        cells = [(row, column) for row in self.rows() for column in numbers if self.grid.cell(row, column)]
        origins = self.areas(self.flow.origin, "flow.origin", cells)
        destinations = self.areas(self.flow.destination, "flow.destination", cells)
        for cell, origin, destination in zip(cells, origins, destinations, strict=True):
            self._take(cell, origin, destination)
        parsed = self.result({flow.year for flow in self.found_flows.values()})
        parsed.flows, parsed.area_keys = list(self.found_flows.values()), self.places.keys
        parsed.column_labels = {number: self.heads.title(number) for number in numbers}
        if not parsed.flows and not self.rejected:
            parsed.notes.append("データの行がありません。head_rows と first_row を確かめてください。")
        return parsed

    def _take(self, cell: tuple[int, int], origin: AreaKey | str, destination: AreaKey | str) -> None:
        row, column = cell
        text, title = self.grid.cell(row, column), self.heads.title(column)
        for area in (origin, destination):
            if isinstance(area, str):
                self.reject(row, title, area)
                return
        assert isinstance(origin, AreaKey)
        assert isinstance(destination, AreaKey)
        if plain(text) in self.spec.marks:
            return
        value = number_in(text)
        if value is None or value < 0:
            self.reject(row, title, f"「{text}」は人数として読めません。")
            return
        said = self.told(row, column, self.flow.purpose, "flow.purpose")
        purpose = PURPOSES.get(plain(said), said)
        if not purpose or len(purpose) > _LONGEST_PURPOSE:
            self.reject(row, title, f"目的を{_LONGEST_PURPOSE}字までで書いてください。")
            return
        if self.spec.year is None:
            raise self.wrong(
                "year", "がありません。年（2020、令和2年）か、年のある列・見出しの行を書いてください。"
            )
        dated = self.told(row, column, self.spec.year, "year")
        when = when_in(dated)
        if when is None:
            self.reject(row, title, f"「{dated}」を年として読めません。")
            return
        self._add(
            FlowRow(self.places.key(origin), self.places.key(destination), purpose, when[0], value, row),
            title,
        )

    def _add(self, flow: FlowRow, title: str) -> None:
        key = (flow.origin, flow.destination, flow.purpose, flow.year)
        first = self.found_flows.setdefault(key, flow)
        if first.value != flow.value:
            reason = f"同じ流動の値が2つあり、違います（{first.row}行目は {first.value:g}）。"
            self.reject(flow.row or 0, title, reason)

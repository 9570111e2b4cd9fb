"""What reading a page of an answer of the e-Stat API shares, whether it holds figures or flows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from keniki.core.errors import WrongInput

from .areas import NATION, Places, area_of, is_area_code
from .base import AreaKey, Parsed, Rejected
from .estat_answer import Answer, Axis
from .estat_classes import Role

KIND: Final = "estat_api"


class Page:
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

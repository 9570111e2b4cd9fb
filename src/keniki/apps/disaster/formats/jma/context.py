"""What the readers of a telegram's body share: what its head said, and whose areas are wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Final

from keniki.analysis.merging.events import Mode
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import Codes, Telegram, codes

from ..base import Problem
from ..xml_reading import Node
from .areas import municipality_of
from .moments import moment
from .rows import AreaWarning, Told

JST: Final = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Context:
    """The telegram's head, the rule of its type, the municipalities that are wanted (none: all), rivers' towns."""

    file: str
    telegram: str
    rule: Telegram
    mode: Mode
    issued_at: datetime
    office: str
    members: Collection[str]
    rivers: Mapping[str, Sequence[str]]

    @property
    def day(self) -> date:
        """The day in Japan on which it was issued."""
        return self.issued_at.astimezone(JST).date()

    @property
    def codes(self) -> Codes:
        """The codes it is read by."""
        return codes(self.rule.codes, self.day).value

    def municipality(self, area_code: str) -> str:
        """The municipality of an area, empty where there is none or it is not wanted."""
        found = municipality_of(area_code, self.members)
        return found if not self.members or found in self.members else ""


@dataclass
class Found:
    """What a body gave."""

    warnings: list[AreaWarning] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, node: Node, column: str, reason: str) -> None:
        """Note what could not be read, with its row."""
        self.problems.append(Problem(node.row, column, reason, _raw(node)))


def moment_at(node: Node, name: str, file: str) -> datetime:
    """The moment in a child of this name; WrongInput with its place where it is none."""
    found = moment(node.said(name))
    if found is None:
        raise WrongInput(
            f"日時（{name}）「{node.said(name)[:40]}」は読めません。", file=file, row=node.row, column=name
        )
    return found


def _raw(node: Node) -> str:
    """The texts of an element, to show a person what stood there."""
    texts = [node.text, *(child.text for each in node.children for child in (each, *each.children))]
    return " ".join(text for text in texts if text)[:500]

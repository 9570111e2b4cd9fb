"""Outlooks (今後の視点) as plain lines and back: ■ a policy (方針), ・ a measure (取組), below it its text.

■地域防災体制の充実
・防災教育の共同実施
各層を対象とした防災教育を行う。
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from keniki.core.errors import WrongInput

from .articles import tidy


@dataclass
class MeasureAhead:
    """A measure ahead with its text."""

    title: str
    text: str = ""


@dataclass
class PolicyAhead:
    """A policy ahead with its measures."""

    title: str
    measures: list[MeasureAhead] = field(default_factory=list)


def parse_outlooks(notation: str) -> list[PolicyAhead]:
    """Read the notation; `WrongInput` names the row of a line that belongs to nothing."""
    policies: list[PolicyAhead] = []
    for row, line in enumerate(notation.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        shielded = line.startswith(_SHIELD)
        line = line[1:].rstrip() if shielded else line.strip()
        if not shielded and line.startswith(_POLICY):
            policies.append(PolicyAhead(_title(line, row)))
        elif not shielded and line.startswith(_MEASURE):
            if not policies:
                raise WrongInput("取組（・）の前に、方針（■）の行を入れてください。", row=row)
            policies[-1].measures.append(MeasureAhead(_title(line, row)))
        elif line or shielded:
            if not policies or not policies[-1].measures:
                raise WrongInput("文の前に、方針（■）と取組（・）の行を入れてください。", row=row)
            measure = policies[-1].measures[-1]
            measure.text = f"{measure.text}\n{line}" if measure.text else line
    for policy in policies:
        for measure in policy.measures:
            measure.text = tidy(measure.text)
    return policies


def format_outlooks(policies: Iterable[PolicyAhead]) -> str:
    """Write the notation; `parse_outlooks` gives the same outlooks back."""
    blocks = []
    for policy in policies:
        lines = [f"{_POLICY[0]}{policy.title}"]
        for measure in policy.measures:
            lines.append(f"{_MEASURE[0]}{measure.title}")
            lines.extend(_shielded(line) for line in tidy(measure.text).split("\n") if measure.text)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


_POLICY = ("■", "□")
_MEASURE = ("・", "･")
_SHIELD = "　"


def _title(line: str, row: int) -> str:
    title = line[1:].strip()
    if not title:
        raise WrongInput("記号の後に、方針又は取組の名称を入力してください。", row=row)
    return title


def _shielded(line: str) -> str:
    return _SHIELD + line if not line or line.startswith((*_POLICY, *_MEASURE, _SHIELD, " ", "\t")) else line

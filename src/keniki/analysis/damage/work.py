"""What is known in the middle of an assessment: the classes that each way came to, and the lines that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from keniki.rulebooks.disaster.damage import Classes, Rounding
from keniki.rulebooks.loader import Rule

from .inputs import House
from .results import Confirmation, Method, PartLoss, shown


@dataclass
class Candidate:
    """A class that one way of judging comes to."""

    method: Method
    class_key: str
    rule: Rule[Any] | None = None
    percent: Fraction | None = None


@dataclass
class Work:
    """What is known so far of one assessment."""

    house: House
    classes: Classes
    candidates: list[Candidate] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    used: dict[str, Rule[Any]] = field(default_factory=dict)
    confirm: list[Confirmation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: tuple[PartLoss, ...] = ()
    rounding: Rounding | None = None

    def name(self, key: str) -> str:
        """The name of a class on the day."""
        return self.classes.named(key).name

    def judge(
        self,
        method: Method,
        key: str,
        line: str,
        rule: Rule[Any] | None = None,
        percent: Fraction | None = None,
    ) -> None:
        """One way came to a class; `line` says how."""
        self.candidates.append(Candidate(method, key, rule, percent))
        self.lines.append(f"{line} → {self.name(key)}")
        if rule is not None:
            self.use(rule)

    def use(self, rule: Rule[Any]) -> None:
        """The assessment rests on this rule."""
        self.used.setdefault(rule.id, rule)

    def best(self, without: str = "") -> Candidate | None:
        """What counts, also where one rule were not there."""
        left = [one for one in self.candidates if one.rule is None or one.rule.id != without]
        return min(left, key=self._order, default=None)

    def _order(self, one: Candidate) -> tuple[int, Fraction]:
        """The worst class first; among equals the one with the greatest loss that was reckoned."""
        return self.classes.rank(one.class_key), -(one.percent if one.percent is not None else Fraction(0))

    @property
    def has_stopped(self) -> bool:
        """Whether a way whose rule was read has come to the worst class."""
        return any(
            self.classes.rank(one.class_key) == 0 and (one.rule is None or one.rule.confirmed)
            for one in self.candidates
        )


def mean_line(house: House, tilt: Fraction) -> str:
    """The arithmetic of the mean tilt.

    >>> from keniki.analysis.damage import read_house
    >>> house = read_house({"date": "2024-01-01", "structure": "wood", "hazard": "earthquake",
    ...                     "tilt_mm": [60, 60, 61, 59]})
    >>> mean_line(house, house.tilt)
    '傾斜：（60＋60＋61＋59）÷4 ＝ 60mm／1200mm ＝ 1/20'
    """
    said = "＋".join(shown(each) for each in house.tilt_mm)
    mean = tilt * house.plumb_mm
    return f"傾斜：（{said}）÷{len(house.tilt_mm)} ＝ {shown(mean)}mm／{shown(house.plumb_mm)}mm ＝ {ratio(tilt)}"


def ratio(tilt: Fraction) -> str:
    """A tilt as people write it.

    >>> ratio(Fraction(1, 60)), ratio(Fraction(0))
    ('1/60', '0')
    """
    return f"1/{shown(1 / tilt)}" if tilt else "0"

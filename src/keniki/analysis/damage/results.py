"""What an assessment comes to: class, loss, the arithmetic as lines, the rules it rests on, what to confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

from keniki.rulebooks.disaster.damage import (
    HAZARDS,
    ROUNDINGS,
    STRUCTURES,
    SURVEYS,
    Classes,
    DamageClass,
    Degree,
    Rounding,
)
from keniki.rulebooks.loader import Rule, evidence_titles

from .inputs import MODES, House

Method: TypeAlias = Literal[
    "collapsed",
    "washed_away",
    "tilt",
    "area_sampling",
    "depth",
    "ground_tilt",
    "sinking",
    "rate",
    "tilt_part",
    "parts",
    "lost_floor",
    "revision",
    "self_report",
]
METHODS: Final[dict[Method, str]] = {
    "collapsed": "外観による判定（倒壊）",
    "washed_away": "外観による判定（流失）",
    "tilt": "傾斜による判定",
    "area_sampling": "区域のサンプル調査による判定",
    "depth": "浸水深による判定",
    "ground_tilt": "地盤被害の傾斜による判定",
    "sinking": "地盤被害の潜り込みによる判定",
    "rate": "部位の損傷率による判定",
    "tilt_part": "傾斜の損害割合と部位による判定",
    "parts": "部位による判定",
    "lost_floor": "損壊した床面積による判定",
    "revision": "改定で加わった基準による判定",
    "self_report": "自己判定方式",
}
#: Methods that add up parts; every other one is a short way.
_ADDING: Final = ("parts", "tilt_part")


@dataclass(frozen=True)
class Cell:
    """So much of a part (0–1) damaged to a degree, and the loss in per cent of the house that comes of it.

    `counted` is the share after the form's columns, times the storey's weight.
    """

    degree: Degree
    storey: int | None
    share: Fraction
    counted: Fraction
    loss: Fraction


@dataclass(frozen=True)
class PartLoss:
    """One part: weight in per cent, rate of damage (損傷率, 0–1), loss (損害割合) in per cent of the house.

    `cells` are its degrees and areas; `entered` says where a length or the loss itself was entered instead.
    """

    key: str
    name: str
    weight: Fraction
    rate: Fraction
    loss: Fraction
    line: str
    cells: tuple[Cell, ...] = ()
    entered: Literal["", "length", "loss"] = ""


@dataclass(frozen=True)
class Confirmation:
    """What a person has to confirm; `otherwise` is the class (its name) if the rule did not hold."""

    rule: str
    what: str
    otherwise: str = ""


@dataclass(frozen=True)
class Assessment:
    """The class of a house, how it came about, and on which rules it rests.

    `percent` is exact where parts were added up, None where a short way decided; `span` is what the class stands for.
    """

    house: House
    classes: Classes
    verdict: DamageClass
    percent: Fraction | None
    method: Method
    parts: tuple[PartLoss, ...]
    lines: tuple[str, ...]
    rules: tuple[Rule[Any], ...]
    needs_confirmation: tuple[Confirmation, ...]
    notes: tuple[str, ...]
    rounding: Rounding | None

    @property
    def span(self) -> tuple[Fraction, Fraction | None]:
        """The loss in per cent the class stands for: from, and below."""
        return self.classes.span(self.verdict.key)

    @property
    def shortcut(self) -> str:
        """The name of the short way that decided; empty where parts were added up."""
        return "" if self.method in _ADDING else METHODS[self.method]

    def as_dict(self) -> Mapping[str, Any]:
        """The assessment as plain data; per cents are numbers, exact ones also text (`911/24`).

        >>> from keniki.analysis.damage import assess, read_house
        >>> found = assess(read_house({"structure": "wood", "hazard": "earthquake", "collapsed": "house",
        ...                            "date": "2024-01-01"})).as_dict()
        >>> found["class"], found["percent_range"], found["shortcut"]
        ('全壊', {'from': 50, 'below': None}, '外観による判定（倒壊）')
        """
        house = self.house
        low, high = self.span
        found: dict[str, Any] = {
            "class": self.verdict.name,
            "class_key": self.verdict.key,
            "percent": None if self.percent is None else number(self.percent),
            "percent_exact": None if self.percent is None else str(self.percent),
            "percent_range": {"from": number(low), "below": None if high is None else number(high)},
            "unit": "percent",
            "method": self.method,
            "method_name": METHODS[self.method],
            "shortcut": self.shortcut or None,
            "date": house.date.isoformat(),
            "structure": house.structure,
            "structure_name": STRUCTURES[house.structure],
            "hazard": house.hazard,
            "hazard_name": HAZARDS[house.hazard],
            "survey": house.survey,
            "survey_name": SURVEYS[house.survey],
            "parts": [_part(part) for part in self.parts],
            "lines": list(self.lines),
            "rules": [_rule(rule) for rule in self.rules],
            "needs_confirmation": [
                {"rule": one.rule, "what": one.what, "otherwise": one.otherwise or None}
                for one in self.needs_confirmation
            ],
            "rounding": self.rounding,
            "rounding_name": ROUNDINGS[self.rounding] if self.rounding else None,
            "notes": list(self.notes),
        }
        if house.label:
            found["label"] = house.label
        if house.mode:
            found["mode"] = house.mode
            found["mode_name"] = MODES[house.mode]
        return found


def number(value: Fraction) -> int | float:
    """A whole number as int, any other as float.

    >>> number(Fraction(50)), number(Fraction(75, 2))
    (50, 37.5)
    """
    return int(value) if value.denominator == 1 else float(value)


def shown(value: Fraction) -> str:
    """A number for people: all its decimals where they end, else three of them with 約.

    >>> shown(Fraction(45, 8)), shown(Fraction(7, 3)), shown(Fraction(30))
    ('5.625', '約2.333', '30')
    """
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or (value * 10**6).denominator != 1:
        return f"約{float(value):.3f}"
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def _part(part: PartLoss) -> dict[str, Any]:
    return {
        "part": part.key,
        "name": part.name,
        "weight": number(part.weight),
        "rate": number(part.rate),
        "loss": number(part.loss),
        "loss_exact": str(part.loss),
        "line": part.line,
    }


def _rule(rule: Rule[Any]) -> dict[str, Any]:
    titles = evidence_titles()
    return {
        "rule": rule.id,
        "source": rule.source,
        "evidence": list(rule.evidence),
        "evidence_titles": [titles[label] for label in rule.evidence],
        "valid_from": rule.valid_from.isoformat(),
        "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        "confirmed": rule.confirmed,
        "note": rule.note,
    }

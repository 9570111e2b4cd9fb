"""How a KPI's status is judged and the scales yearly evaluations use."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache

from pydantic import model_validator

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load


class StatusGrade(Entry):
    """A status from a degree of achievement on: 1 is the year's target met in full."""

    key: str
    label: str
    at_least: Decimal


class StatusRule(Entry):
    """How the status of a KPI follows from its reading.

    The first grade counts whose `at_least` the degree of achievement reaches. `statement` is the rule as
    printed under charts. `tolerance` is the share of the baseline that 現状維持 may miss. `undecided` is the
    label where reading, baseline or target are missing or the target is 検討中.
    """

    grades: tuple[StatusGrade, ...]
    undecided: str
    tolerance: Decimal
    statement: str

    @model_validator(mode="after")
    def _descending(self) -> StatusRule:
        limits = [grade.at_least for grade in self.grades]
        if not limits or limits != sorted(limits, reverse=True):
            raise ValueError("grades は at_least の大きい順に書いてください")
        return self

    def grade(self, achievement: Decimal) -> StatusGrade:
        """The grade of a degree of achievement; the last one below all limits."""
        return next((grade for grade in self.grades if achievement >= grade.at_least), self.grades[-1])


class ScaleBasis(StrEnum):
    """What a grade is given by."""

    SCORE_RATE = "score_rate"
    ACHIEVEMENT = "achievement"
    JUDGEMENT = "judgement"


class ScaleGrade(Entry):
    """A grade; `at_least` and `below` are fractions where the scale states them."""

    key: str
    label: str
    at_least: Decimal | None = None
    below: Decimal | None = None


class EvaluationScale(Entry):
    """A scale for yearly evaluations, the best grade first, and what may follow from it."""

    name: str
    basis: ScaleBasis
    grades: tuple[ScaleGrade, ...]
    next_steps: tuple[str, ...] = ()

    def grade_of(self, rate: Decimal) -> ScaleGrade | None:
        """The grade of a rate (a fraction); None where the scale leaves it to judgement."""
        return next(
            (grade for grade in self.grades if grade.at_least is not None and rate >= grade.at_least), None
        )


def status_rule(on: date) -> Rule[StatusRule]:
    """The rule for a KPI's status."""
    return _status().on("status", on)


def evaluation_scale(key: str, on: date) -> Rule[EvaluationScale]:
    """One scale; `default` is Keniki's own."""
    return _scales().on(key, on)


def evaluation_scales(on: date) -> dict[str, Rule[EvaluationScale]]:
    """All scales a region may choose from."""
    return _scales().in_force(on)


@cache
def _status() -> Rulebook[StatusRule]:
    return load("kpi/status.yaml", StatusRule)


@cache
def _scales() -> Rulebook[EvaluationScale]:
    return load("kpi/evaluation_scales.yaml", EvaluationScale)

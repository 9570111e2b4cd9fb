"""How a KPI stands in a fiscal year, by a stated rule: the actual against the way from the baseline to the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import pairwise

from keniki.rulebooks.kpi import StatusRule


class Direction(StrEnum):
    """What a KPI means to do; the names are those of `Kpi.Direction`."""

    INCREASE = "increase"
    DECREASE = "decrease"
    MAINTAIN = "maintain"
    CEILING = "ceiling"
    FLOOR = "floor"
    CUMULATIVE = "cumulative"
    UNDECIDED = "undecided"


class Status(StrEnum):
    """How a KPI stands: 達成, 順調, 遅れ, 判定不能, 検討中 (no target yet), 未入力 (no actual yet)."""

    ACHIEVED = "achieved"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    UNDECIDABLE = "undecidable"
    CONSIDERING = "considering"
    MISSING = "missing"


@dataclass(frozen=True)
class Goal:
    """What a KPI aims at. `baseline_year` is the last year of the baseline (an average of years ends there)."""

    direction: Direction
    targets: Mapping[int, Decimal] = field(default_factory=dict)
    baseline: Decimal | None = None
    baseline_year: int | None = None

    @property
    def final_year(self) -> int | None:
        return max(self.targets, default=None)

    @property
    def start(self) -> Decimal | None:
        """Where the way begins; what accumulates begins at zero."""
        return Decimal(0) if self.direction is Direction.CUMULATIVE else self.baseline


@dataclass(frozen=True)
class Verdict:
    """The status, the value due by that year where there is one, and why, in a sentence for the user."""

    status: Status
    due: Decimal | None
    reason: str


_KEPT = (Direction.MAINTAIN, Direction.CEILING, Direction.FLOOR)


def kpi_status(goal: Goal, year: int, actual: Decimal | None, rule: StatusRule) -> Verdict:
    """How the KPI stands in the fiscal year `year` with `actual` (for cumulative ones: the sum up to that year).

    The degree of achievement is (actual − baseline) ÷ (value due − baseline) for increase and decrease, actual ÷
    value due for cumulative; `rule.grade` makes it a status. floor and maintain are met by not falling below the
    value, ceiling by not exceeding it; `rule.tolerance` is what 維持 may fall short by.
    """
    if goal.direction is Direction.UNDECIDED or not goal.targets:
        return Verdict(Status.CONSIDERING, None, "目標値が決まっていません（検討中）。")
    due = due_in(goal, year)
    if actual is None:
        return Verdict(Status.MISSING, due, "実績値が入力されていません。")
    if due is None:
        return Verdict(
            Status.UNDECIDABLE, None, "この年度の目標値も、目安を求めるための基準値もないため判定できません。"
        )
    if goal.direction in _KEPT:
        return _kept(goal, actual, due, rule)
    return _covered(goal, actual, due, rule)


def due_in(goal: Goal, year: int) -> Decimal | None:
    """The value due by the end of the fiscal year.

    On the straight way from the baseline through the targets; the last target after its year; None before the
    first known point. What is to be kept is due in every year.
    """
    if not goal.targets:
        return None
    if goal.direction in _KEPT:
        return next(
            (goal.targets[y] for y in sorted(goal.targets) if y >= year), goal.targets[max(goal.targets)]
        )
    points = dict(goal.targets)
    begin = _start_year(goal)
    if goal.start is not None and begin is not None:
        points.setdefault(begin, goal.start)
    if year in points:
        return points[year]
    years = sorted(points)
    if year > years[-1]:
        return points[years[-1]]
    for before, after in pairwise(years):
        if before < year < after:
            return points[before] + (points[after] - points[before]) * (year - before) / (after - before)
    return None


def accumulated(yearly: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Yearly values as the sums up to each year, for cumulative KPIs."""
    total = Decimal(0)
    sums = {}
    for year in sorted(yearly):
        total += yearly[year]
        sums[year] = total
    return sums


def tallied(verdicts: Iterable[Verdict]) -> dict[Status, int]:
    """How many KPIs stand how, in the order of `Status`."""
    found = [verdict.status for verdict in verdicts]
    return {status: found.count(status) for status in Status}


def _start_year(goal: Goal) -> int | None:
    if goal.baseline_year is not None:
        return goal.baseline_year
    if goal.direction is Direction.CUMULATIVE and goal.targets:
        return min(goal.targets) - 1
    return None


def _kept(goal: Goal, actual: Decimal, due: Decimal, rule: StatusRule) -> Verdict:
    if goal.direction is Direction.CEILING:
        kept, words = actual <= due, f"{_text(due)}以内"
    elif goal.direction is Direction.FLOOR:
        kept, words = actual >= due, f"{_text(due)}以上"
    else:
        base = due if goal.baseline is None else goal.baseline
        kept, words = actual >= due - abs(base) * rule.tolerance, f"{_text(due)}の維持"
    if kept:
        return Verdict(Status.ACHIEVED, due, f"実績{_text(actual)}は、目標（{words}）を満たしています。")
    return Verdict(Status.BEHIND, due, f"実績{_text(actual)}は、目標（{words}）を満たしていません。")


def _covered(goal: Goal, actual: Decimal, due: Decimal, rule: StatusRule) -> Verdict:
    sign = -1 if goal.direction is Direction.DECREASE else 1
    assert goal.final_year is not None
    start = goal.start
    final = goal.targets[goal.final_year]
    if start is None:
        return Verdict(Status.UNDECIDABLE, due, "基準値がないため判定できません。")
    if (final - start) * sign < 0:
        return Verdict(
            Status.UNDECIDABLE,
            due,
            f"目標値{_text(final)}が、基準値{_text(start)}と逆の方向にあります。登録を確かめてください。",
        )
    way = (due - start) * sign
    if way <= 0:
        reached = (actual - due) * sign >= 0
        return Verdict(
            Status.ACHIEVED if reached else Status.BEHIND,
            due,
            f"実績{_text(actual)}は、この年度の目標{_text(due)}に達して{'います' if reached else 'いません'}。",
        )
    degree = (actual - start) * sign / way
    grade = rule.grade(degree)
    return Verdict(
        Status(grade.key),
        due,
        f"この年度の目標{_text(due)}に対する達成度は{_percent(degree)}（{grade.label}）です。",
    )


def _text(value: Decimal) -> str:
    rounded = round(value, 2)
    whole = rounded.to_integral_value()
    return f"{whole:,}" if rounded == whole else f"{rounded.normalize():,f}"


def _percent(value: Decimal) -> str:
    """Cut, not rounded: 79.99 % must not read as the 80 % it has not reached."""
    cut = (value * 100).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)
    return f"{_text(cut)}％"

"""The steps of a grant: their order, what cannot be, and which of them says the amount that holds now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from keniki.core.era import format_date
from keniki.core.errors import WrongInput
from keniki.core.money import format_money

from .models import GrantStep

Step = GrantStep.Step

#: Steps in the order they are taken. 変更, 概算払 and 返還 may come several times, 変更 and 概算払 in any order.
ORDER: tuple[str, ...] = (
    Step.WISH,
    Step.INFORMAL_NOTICE,
    Step.APPLICATION,
    Step.DECISION,
    Step.CHANGE,
    Step.ADVANCE,
    Step.RESULTS_REPORT,
    Step.FINAL,
    Step.REPAYMENT,
)
REPEATED = (Step.CHANGE, Step.ADVANCE, Step.REPAYMENT)

#: Steps that say what the grant is. The last one taken holds; 内示 only announces an amount (交付予定額).
BINDING = (Step.INFORMAL_NOTICE, Step.DECISION, Step.CHANGE, Step.FINAL)

_RANK = {step: position for position, step in enumerate(ORDER)} | {Step.ADVANCE: ORDER.index(Step.CHANGE)}


@dataclass(frozen=True)
class StepDraft:
    """One step as it shall be; `amount` in yen."""

    step: str
    amount: int
    on: date | None = None
    document_no: str = ""
    provisional: bool = False

    @property
    def label(self) -> str:
        return Step(self.step).label


def current(steps: Sequence[GrantStep] | Sequence[StepDraft]) -> GrantStep | StepDraft | None:
    """The step whose amount holds now: the last of 内示, 交付決定, 変更 and 額の確定.

    Where no such step is known, the amount a report states (報告書記載額); None when there is nothing binding.
    要望 and 交付申請 only ask, 概算払 and 返還 move money that was granted.
    """
    binding = [step for step in steps if step.step in BINDING]
    if binding:
        return binding[-1]
    reported = [step for step in steps if step.step == Step.REPORTED]
    return reported[-1] if reported else None


def in_order(steps: Sequence[StepDraft]) -> list[StepDraft]:
    """The steps in the order they are taken; 変更 and 概算払 among themselves by date."""
    return sorted(
        steps,
        key=lambda step: (
            _RANK.get(step.step, len(ORDER)),
            (step.on or date.max) if step.step in REPEATED else date.min,
        ),
    )


def check(steps: Sequence[StepDraft]) -> None:
    """Raise `WrongInput` for steps (in order) that cannot have happened like this."""
    if not steps:
        raise WrongInput("手続を1つ以上入力してください。")
    for step in steps:
        if step.amount < 0:
            raise WrongInput(f"{step.label}の金額は0円以上で入力してください。")
        if step.step not in REPEATED and sum(other.step == step.step for other in steps) > 1:
            raise WrongInput(f"{step.label}が2つあります。1つにしてください。")
    dated = [step for step in steps if step.on is not None and step.step != Step.REPORTED]
    for before, after in pairwise(dated):
        if before.on is not None and after.on is not None and after.on < before.on:
            raise WrongInput(
                f"{after.label}（{format_date(after.on)}）が、{before.label}（{format_date(before.on)}）より"
                "前の日付になっています。"
            )
    kinds = {step.step for step in steps}
    if Step.CHANGE in kinds and Step.DECISION not in kinds:
        raise WrongInput("変更の前の交付決定を入力してください。")
    if Step.REPAYMENT in kinds and Step.FINAL not in kinds:
        raise WrongInput("返還の前の額の確定を入力してください。")
    _check_amounts(steps)


def missing(steps: Sequence[GrantStep] | Sequence[StepDraft]) -> list[str]:
    """Labels of the steps that must have happened before the last one but are not recorded (未入力)."""
    kinds = [step.step for step in steps if step.step != Step.REPORTED]
    if not kinds:
        return []
    reached = max(ORDER.index(kind) for kind in kinds)
    asked = (Step.APPLICATION, Step.DECISION, Step.RESULTS_REPORT, Step.FINAL)
    return [Step(step).label for step in asked if ORDER.index(step) < reached and step not in kinds]


def _check_amounts(steps: Sequence[StepDraft]) -> None:
    decided: StepDraft | None = None
    final: StepDraft | None = None
    paid = returned = 0
    for step in steps:
        if step.step in (Step.DECISION, Step.CHANGE):
            decided = step
        elif step.step == Step.ADVANCE:
            paid += step.amount
        elif step.step == Step.FINAL:
            final = step
        elif step.step == Step.REPAYMENT:
            returned += step.amount
    if decided is not None and final is not None and final.amount > decided.amount:
        raise WrongInput(
            f"額の確定（{_yen(final.amount)}）が、{decided.label}の額（{_yen(decided.amount)}）を超えています。"
        )
    if decided is not None and paid > decided.amount:
        raise WrongInput(
            f"概算払の合計（{_yen(paid)}）が、{decided.label}の額（{_yen(decided.amount)}）を超えています。"
        )
    if paid and returned > paid:
        raise WrongInput(f"返還の合計（{_yen(returned)}）が、概算払の合計（{_yen(paid)}）を超えています。")


def _yen(amount: int) -> str:
    return format_money(amount, with_unit=True)

"""The steps of the procedures between towns: who takes them, what has to be there first, what ends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Final

from keniki.rulebooks.disaster import law
from keniki.rulebooks.loader import RuleNotInForce


class Side(Enum):
    """Which of the two towns takes a step."""

    ASKER = "求める市町村"
    HELPER = "応じる市町村"
    EITHER = "どちらの市町村も"


@dataclass(frozen=True)
class StepRule:
    """A step: its word, who takes it, the steps that have to be there, whether it may be taken again, and ends all."""

    label: str
    side: Side
    after: tuple[str, ...] = ("request",)
    again: bool = False
    last: bool = False


#: 広域避難・広域一時滞在: request → report to the governor → acceptance → shelters → managers → public notice → end.
STAY_STEPS: Final[Mapping[str, StepRule]] = {
    "request": StepRule("協議の申入れ", Side.ASKER, ()),
    "report": StepRule("知事への報告", Side.ASKER, again=True),
    "acceptance": StepRule("受入れの回答", Side.HELPER),
    "refusal": StepRule("受け入れない旨の回答", Side.HELPER, last=True),
    "shelters": StepRule("避難所の決定", Side.HELPER, ("acceptance",), again=True),
    "managers": StepRule("避難所の管理者への通知", Side.HELPER, ("shelters",), again=True),
    "notice": StepRule("公示と住民への周知", Side.ASKER, ("acceptance",), again=True),
    "end": StepRule("終了", Side.ASKER, ("acceptance",), last=True),
    "withdrawal": StepRule("取下げ", Side.ASKER, last=True),
}
#: 応援: request → acceptance → dispatch → end → claim → settlement.
AID_STEPS: Final[Mapping[str, StepRule]] = {
    "request": StepRule("応援の要請", Side.ASKER, ()),
    "acceptance": StepRule("応じる旨の回答", Side.HELPER),
    "refusal": StepRule("応じられない旨の回答", Side.HELPER, last=True),
    "dispatch": StepRule("派遣・提供", Side.HELPER, ("acceptance",), again=True),
    "end": StepRule("応援の終了", Side.EITHER, ("dispatch",)),
    "claim": StepRule("費用の請求", Side.HELPER, ("end",)),
    "settlement": StepRule("費用の支払", Side.ASKER, ("claim",), last=True),
    "withdrawal": StepRule("取下げ", Side.ASKER, last=True),
}
#: Steps that rule each other out: who accepted does not refuse, who sent help is not told that it is withdrawn.
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "acceptance": ("refusal",),
    "refusal": ("acceptance",),
    "withdrawal": ("end", "dispatch"),
}


def stay_steps(kind: str, on: date) -> Mapping[str, StepRule]:
    """The steps of a wide-area `evacuation` or `temporary_stay` with the words that the law has for them on a day.

    Before the law knew the procedure the steps keep their own words.

    >>> stay_steps("evacuation", date(2026, 8, 1))["shelters"].label
    '避難場所の決定'
    """
    found = _procedure(kind, on)
    words = {step.key: step.name for step in found.steps} if found is not None else {}
    return {key: replace(rule, label=words.get(key, rule.label)) for key, rule in STAY_STEPS.items()}


def stay_place(kind: str, on: date) -> str:
    """What the law calls the places in which people of a procedure are taken in."""
    found = _procedure(kind, on)
    return found.place if found is not None else "避難所"


def _procedure(kind: str, on: date) -> law.Procedure | None:
    try:
        return law.procedure(kind, on).value
    except RuleNotInForce:
        return None


def open_steps(rules: Mapping[str, StepRule], taken: list[str]) -> list[str]:
    """The steps that may be taken after those that were.

    >>> open_steps(STAY_STEPS, ["request"])
    ['report', 'acceptance', 'refusal', 'withdrawal']
    >>> open_steps(AID_STEPS, ["request", "refusal"])
    []
    """
    if any(rules[key].last for key in taken if key in rules):
        return []
    return [
        key
        for key, rule in rules.items()
        if all(each in taken for each in rule.after)
        and (rule.again or key not in taken)
        and not any(each in taken for each in AGAINST.get(key, ()))
    ]

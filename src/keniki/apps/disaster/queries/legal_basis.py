"""On which text of the law a deed rests (根拠), and whether anybody has read it: the user confirms what nobody did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keniki.rulebooks.disaster import law
from keniki.rulebooks.loader import UNCONFIRMED, Rule, RuleNotInForce

#: The articles of help between towns and its costs.
AID_ARTICLES = ("67", "68", "92")


@dataclass(frozen=True)
class BasisRow:
    """A step or paragraph: who does it, what, where it stands, and whether its text was read."""

    name: str
    who: str
    says: str
    cited: str
    confirmed: bool


@dataclass(frozen=True)
class Basis:
    """The rows of a deed's basis with source and note of the rule."""

    title: str
    source: str
    note: str
    rows: tuple[BasisRow, ...]

    @property
    def confirmed(self) -> bool:
        """Whether the text of every row was read."""
        return all(row.confirmed for row in self.rows)


def stay_basis(kind: str, on: date) -> Basis | None:
    """The steps of a wide-area evacuation (`evacuation`) or stay (`temporary_stay`); None before the law had it."""
    try:
        rule = law.procedure(kind, on)
    except RuleNotInForce:
        return None
    rows = tuple(
        BasisRow(
            step.name,
            law.SIDES[step.side],
            step.says,
            rule.value.basis(step.key),
            _read(step, rule),
        )
        for step in rule.value.steps
    )
    return Basis(f"{rule.value.name}の手順と根拠", rule.source, rule.note, rows)


def aid_basis(on: date) -> Basis | None:
    """What the law says of help between towns and of its costs; None before there is a text."""
    try:
        rules = [law.article(number, on) for number in AID_ARTICLES]
    except RuleNotInForce:
        return None
    rows = tuple(
        BasisRow(rule.value.title, rule.value.actor, rule.value.says, rule.value.name, rule.confirmed)
        for rule in rules
    )
    notes = [f"{rule.value.name}：{rule.note}" for rule in rules if rule.note]
    return Basis("応援の根拠", "、".join(rule.source for rule in rules), "".join(notes), rows)


def order_basis(on: date) -> Basis:
    """Which orders residents are given by whom, the mildest first. Raises `RuleNotInForce`."""
    rules = list(law.orders(on).values())
    rows = tuple(
        BasisRow(
            f"警戒レベル{rule.value.level} {rule.value.name}",
            rule.value.actor,
            "発令する。",
            rule.value.basis,
            rule.confirmed,
        )
        for rule in rules
    )
    notes = [f"{rule.value.name}：{rule.note}" for rule in rules if rule.note]
    return Basis("避難情報の根拠", law.ACT, "".join(notes), rows)


def _read(step: law.Step, rule: Rule[law.Procedure]) -> bool:
    return UNCONFIRMED not in step.evidence if step.evidence else rule.confirmed

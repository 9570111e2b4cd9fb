"""The rules that ask: what the public sources did not give, how it is answered, and where the answer is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Answered, Ask, Part, Rulebook
from keniki.rulebooks.programmes import grant_parameters, programme
from keniki.rulebooks.programmes.eligibility import eligibility_rules, partner_guides
from keniki.rulebooks.programmes.funding import support_rules

#: The page on which the answers of a rule file are used.
USED_ON = {
    "programmes/eligibility.yaml": "programmes:eligibility",
    "programmes/partners.yaml": "programmes:partners",
    "programmes/funding.yaml": "programmes:funding",
    "programmes/grants.yaml": "programmes:calculator",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """One rule that asks, over the days for which no text gives its content."""

    parameter: str
    programme: str
    question: str
    source: str
    note: str
    file: str
    ask: Ask
    valid_from: date
    valid_to: date | None

    @property
    def page(self) -> str:
        """The name of the page where the answer is used."""
        return USED_ON[self.file]

    @property
    def programme_name(self) -> str:
        """The programme's name when the rule began, at the latest when the programme did."""
        return programme_name(self.programme)


def programme_name(key: str) -> str:
    """A programme by its name today."""
    return programme(key, date.max).value.name


def asking() -> tuple[Asking, ...]:
    """Every rule that asks, in the order of the files."""
    found: list[Asking] = []
    for book in _books():
        found += [
            Asking(
                rule.parameter,
                rule.parameter.split(".")[0],
                rule.question,
                rule.source,
                rule.note,
                rule.file,
                rule.ask,
                rule.valid_from,
                rule.valid_to,
            )
            for rule in book.rules
            if rule.parameter and rule.ask is not None
        ]
    return tuple(found)


def asking_for(parameter: str) -> Asking | None:
    """The rule that asks for this parameter."""
    return next((rule for rule in asking() if rule.parameter == parameter), None)


def check(rule: Asking, answer: Answered) -> None:
    """Raise WrongInput for an answer that cannot be the rule's content or lies outside its days."""
    if not answer.legal_basis.strip():
        raise WrongInput("根拠（条文、通知など）を入力してください。", column="根拠")
    if answer.valid_to is not None and answer.valid_to < answer.valid_from:
        raise WrongInput("最後の日が、始まりの日より前です。日付を確かめてください。", column="いつまで")
    late = rule.valid_to is not None and answer.valid_from > rule.valid_to
    early = answer.valid_to is not None and answer.valid_to < rule.valid_from
    if late or early:
        raise WrongInput(
            f"この規則が値を尋ねる期間（{rule.valid_from}～{rule.valid_to or ''}）と重なりません。"
            "日付を確かめてください。",
            column="いつから",
        )
    for part in rule.ask.parts:
        if part.unit.startswith("率") and not _is_share(answer.value.get(part.field)):
            raise WrongInput("率は 0～1 で入力してください（10％は 0.1）。", column=part.label)
    probe = Answered(answer.value, answer.legal_basis, rule.valid_from, rule.valid_to)
    for book in _books({rule.parameter: (probe,)}):
        if any(each.parameter == rule.parameter and each.is_known for each in book.rules):
            return
    raise WrongInput("この規則の値として読めません。入力を確かめてください。")


def in_words(rule: Asking, value: Mapping[str, Any]) -> str:
    """An answer's parts as people read them: 「上限額 18,000,000円」."""
    return "、".join(f"{part.label} {_part(part, value.get(part.field))}" for part in rule.ask.parts)


def _books(settings: Mapping[str, object] | None = None) -> tuple[Rulebook[Any], ...]:
    return (
        eligibility_rules(settings),
        partner_guides(settings),
        support_rules(settings),
        grant_parameters(dict(settings or {})),
    )


def _part(part: Part, given: object) -> str:
    if given is None:
        return "（なし）"
    if part.choices:
        return part.choices.get(str(given), str(given))
    number = f"{int(str(given)):,}" if part.whole else str(given)
    return f"{number}{'' if part.unit.startswith('率') else part.unit}"


def _is_share(given: object) -> bool:
    try:
        return 0 <= float(str(given)) <= 1
    except ValueError:
        return False

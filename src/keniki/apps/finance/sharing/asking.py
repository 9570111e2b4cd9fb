"""What an address asks of the workbench: year, stage, rule. Whatever cannot be read is said, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from keniki.core.digits import plain, whole_number
from keniki.core.errors import WrongInput
from keniki.rulebooks.sharing import RuleSpec
from keniki.rulebooks.sharing.spec import EQUAL, TABLE

from .comparing import OWN, Candidate
from .reckoning import Gathered, StageOf
from .text import spec_of

_WHOLE: Final = Decimal(100)


@dataclass
class Said:
    """What was typed and could not be used, in sentences."""

    sentences: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Add a sentence, once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def year_in(typed: str, years: Sequence[int], shown: int | None, said: Said) -> int | None:
    """The year asked for, else the one shown by itself."""
    year = whole_number(typed)
    if year in years:
        return year
    if typed:
        said.say("指定された年度の経費はありません。別の年度を表示しています。")
    return shown


def stage_in(typed: str, number: str, stages: Sequence[StageOf], said: Said) -> StageOf | None:
    """The stage asked for as `supplementary-1`, or `supplementary` with its number; else the last that has items."""
    name, _, after = typed.partition("-")
    found = StageOf(name, whole_number(after or number) or 0)
    if found in stages:
        return found
    if typed:
        said.say("指定された段階の経費はありません。別の段階を表示しています。")
    return stages[-1] if stages else None


def stage_key(stage: StageOf) -> str:
    """A stage as addresses write it."""
    return f"{stage.stage}-{stage.round}" if stage.round else stage.stage


def number_in(typed: str, label: str, low: Decimal, high: Decimal, said: Said, otherwise: int = 0) -> Decimal:
    """A number between two ends, `otherwise` for none; what is no number or outside is said and taken as that."""
    text = plain(typed).replace(",", "").replace("▲", "-").replace("−", "-").strip()
    if not text:
        return Decimal(otherwise)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not low <= number <= high:
        said.say(
            f"{label}「{typed}」は使えません。{low}から{high}までの数にしてください。{otherwise}として表示しています。"
        )
        return Decimal(otherwise)
    return number


def bases_of(gathered: Gathered, rules: Iterable[Candidate]) -> dict[str, str]:
    """The bases that every town has a figure of, by key, as the cost's own rules call them."""
    names: dict[str, str] = {}
    for rule in rules:
        for key, basis in rule.spec.bases.items():
            names.setdefault(key, basis.label)
    return {
        key: names.get(key, key)
        for key, figures in gathered.bases.items()
        if set(gathered.codes) <= set(figures)
    }


def own_rule(weights: Mapping[str, str], bases: Mapping[str, str], unit: str, said: Said) -> Candidate | None:
    """A rule of typed weights in per cent by basis; None where they are no rule, which is said."""
    parts: list[tuple[str, Decimal]] = []
    for key, typed in weights.items():
        if key != EQUAL and key not in bases:
            continue
        weight = number_in(typed, f"「{bases.get(key, '均等割')}」の割合", Decimal(0), _WHOLE, said)
        if weight:
            parts.append((key, weight))
    total = sum((weight for _, weight in parts), Decimal(0))
    if total != _WHOLE:
        said.say(f"割合の合計が {total.normalize():f}％ です。100％にしてください。")
        return None
    names = {EQUAL: "均等割", **bases}
    name = "・".join(f"{names[key]}{weight.normalize():f}" for key, weight in parts)
    content: dict[str, Any] = {
        "name": name,
        "components": [{"basis": key, "weight": weight} for key, weight in parts],
        "bases": {key: {"label": names[key]} for key, _ in parts if key != EQUAL},
        "rounding": {"unit": int(number_in(unit, "端数の単位", Decimal(1), Decimal(10**6), said, 1))},
    }
    try:
        return Candidate(OWN, f"試算：{name}", spec_of(content), "own")
    except WrongInput as wrong:
        said.say(wrong.message)
        return None


def weights_of(spec: RuleSpec | None) -> dict[str, str]:
    """The weights of a rule to begin from, by basis; all in equal parts for one with other parts."""
    if spec is None or not spec.components or any(each.basis == TABLE for each in spec.components):
        return {EQUAL: "100"}
    found: dict[str, Decimal] = {}
    for each in spec.components:
        found[each.basis] = found.get(each.basis, Decimal(0)) + each.weight
    return {key: f"{weight.normalize():f}" for key, weight in found.items()}

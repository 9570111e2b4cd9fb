"""The answer: a verdict for every rule, for every requirement and for the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from keniki.rulebooks.loader import ANSWERED, Rule
from keniki.rulebooks.programmes.eligibility import Comparison, EligibilityRule, Requirement

from ..wording import in_unit
from .facts import Measured


class Verdict(StrEnum):
    """適合 meets, 不適合 does not, 要確認 to be checked, 手動認定 recognised by hand, 対象外 does not apply."""

    FIT = "適合"
    UNFIT = "不適合"
    CHECK = "要確認"
    MANUAL = "手動認定"
    NOT_APPLICABLE = "対象外"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict with its figure (ratios are fractions), threshold, edition, article and explanation."""

    id: str
    requirement: Requirement
    title: str
    verdict: Verdict
    explanation: str
    value: Decimal | str | None
    unit: str
    threshold: Decimal | None
    edition: str
    article: str
    source: str
    evidence: tuple[str, ...]
    confirmed: bool
    comparison: Comparison | None = None

    @property
    def margin(self) -> Decimal | None:
        """適合の程度: how far the figure lies beyond its threshold, in the rule's unit; negative below it."""
        if not isinstance(self.value, Decimal) or self.threshold is None or self.comparison is None:
            return None
        upwards = self.comparison in (Comparison.GREATER, Comparison.AT_LEAST)
        return self.value - self.threshold if upwards else self.threshold - self.value

    @property
    def margin_share(self) -> Decimal | None:
        """The margin as a fraction of the threshold."""
        return None if self.margin is None or not self.threshold else self.margin / self.threshold

    @property
    def margin_shown(self) -> str:
        """`＋2,306人`, `▲3.3ポイント`; empty without a threshold."""
        if self.margin is None:
            return ""
        sign = "▲" if self.margin < 0 else "＋"
        if self.unit == "ratio":
            points = round(abs(self.margin) * 100, 1) or round(abs(self.margin) * 100, 3)
            return f"{sign}{points.normalize() if points else 0:f}ポイント"
        return f"{sign}{in_unit(abs(self.margin), self.unit)}"

    @property
    def is_answered(self) -> bool:
        """Whether the rule is an answer of the installation, shown with its basis and never as official."""
        return ANSWERED in self.evidence

    @property
    def value_shown(self) -> str:
        """The figure with its unit, `96.7％`; empty where there is none."""
        return _shown(self.value, self.unit, self.threshold)

    @property
    def threshold_shown(self) -> str:
        """The threshold with its unit."""
        return _shown(self.threshold, self.unit, None)


@dataclass(frozen=True, slots=True)
class OtherEdition:
    """What another census would give; `verdict` is None where its figures are not loaded."""

    census: int
    verdict: Verdict | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on a programme; `census` is the one judged by, `named_census` the one the outline names.

    `requirements` gives, per requirement, the verdict of its rules together, of which one that is met is enough.
    `notes` are what a reader has to know beside the rules, `other_editions` what another census would change.
    """

    programme: str
    verdict: Verdict
    census: int | None
    named_census: int | None
    findings: tuple[Finding, ...]
    requirements: tuple[tuple[Requirement, Verdict], ...]
    notes: tuple[str, ...]
    other_editions: tuple[OtherEdition, ...]

    def finding(self, rule_id: str) -> Finding:
        """The finding of one rule; KeyError for a rule of another programme."""
        return {finding.id: finding for finding in self.findings}[rule_id]

    @property
    def would_change(self) -> tuple[OtherEdition, ...]:
        """The editions that give another verdict or may do so."""
        return tuple(other for other in self.other_editions if other.verdict is not self.verdict)


def found(
    rule: Rule[EligibilityRule],
    verdict: Verdict,
    explanation: str,
    *,
    figure: Measured | None = None,
    value: Decimal | str | None = None,
) -> Finding:
    """A finding on a rule whose content is known."""
    return Finding(
        rule.id,
        rule.value.requirement,
        rule.value.title,
        verdict,
        explanation,
        figure.value if figure else value,
        rule.value.unit,
        rule.value.threshold,
        figure.edition_name if figure else "",
        rule.value.article,
        rule.source,
        rule.evidence,
        rule.confirmed,
        rule.value.comparison,
    )


def _shown(value: Decimal | str | None, unit: str, against: Decimal | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return in_unit(value, unit, against)


def best(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Of rules of which one is enough: the most favourable that applies; None if none does."""
    return _first((Verdict.MANUAL, Verdict.FIT, Verdict.CHECK, Verdict.UNFIT), list(verdicts))


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Of requirements that all count: the least favourable; None for none."""
    return _first((Verdict.UNFIT, Verdict.CHECK, Verdict.MANUAL, Verdict.FIT), list(verdicts))


def _first(order: Sequence[Verdict], verdicts: Sequence[Verdict]) -> Verdict | None:
    return next((verdict for verdict in order if verdict in verdicts), None)

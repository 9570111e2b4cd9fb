"""What is read of the rules of a joint cost: its versions, what each town decided on them, where one may start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from django.contrib.contenttypes.models import ContentType
from django.http import Http404

from keniki.apps.regions.models import Municipality, RegionMembership
from keniki.apps.regions.queries import members_word
from keniki.apps.workflow.models import Approval, Inquiry
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table
from keniki.core.hand_yaml import read_yaml
from keniki.rulebooks.loader import Rule, evidence_titles
from keniki.rulebooks.sharing import PublishedRule, RuleSpec, published_rules

from ..models import Allocation, CostItem, JointCost, SharingRule
from ..sharing import StageOf, canonical, spec_of, stages_of
from ..sharing.described import Difference, Passage, described, differences, summary
from ..sharing.places import settled

State = SharingRule.State


@dataclass(frozen=True)
class TownDecision:
    """What a town that takes part decided on exactly this text; `is_asked` where an inquiry reached it."""

    municipality: Municipality
    approval: Approval | None
    is_asked: bool

    @property
    def state(self) -> str:
        """agreed, remarks, refused; waiting, or unasked."""
        if self.approval is not None:
            return str(self.approval.answer)
        return "waiting" if self.is_asked else "unasked"

    @property
    def label(self) -> str:
        if self.approval is not None:
            return self.approval.get_answer_display()
        return "未回答" if self.is_asked else "未照会"


@dataclass(frozen=True)
class Decisions:
    """How the towns that take part in a rule's first year stand towards its text."""

    towns: tuple[TownDecision, ...]
    inquiries: tuple[Inquiry, ...] = ()
    word: str = "構成市町村"

    @property
    def inquiry(self) -> Inquiry | None:
        """The newest inquiry about exactly this text."""
        return next(iter(self.inquiries), None)

    @property
    def is_open(self) -> bool:
        """Whether answers are taken."""
        return any(each.state == Inquiry.State.OPEN for each in self.inquiries)

    @property
    def answered(self) -> int:
        return sum(each.approval is not None for each in self.towns)

    @property
    def lacking(self) -> list[str]:
        """The names of those that have not decided."""
        return [each.municipality.name for each in self.towns if each.approval is None]

    @property
    def refusing(self) -> list[str]:
        """The names of those that refused."""
        return [each.municipality.name for each in self.towns if each.state == Approval.Answer.REFUSED]

    @property
    def problem(self) -> str:
        """Why the rule cannot be adopted, and what to do; empty where every town has decided and none refused."""
        if not self.towns:
            return "負担する市町村がありません。共同経費の「負担する市町村」を確かめてください。"
        if self.refusing:
            names = "・".join(self.refusing)
            return f"{names}が同意していません。この版を取り下げ、直した版をもう一度照会してください。"
        if self.lacking:
            unasked = [each.municipality.name for each in self.towns if each.state == "unasked"]
            if unasked and self.inquiries:
                names = "・".join(unasked)
                return f"{names}は照会日に{self.word}ではないため、機関決定がありません。加入の後に照会してください。"
            names = "・".join(self.lacking)
            return (
                f"機関決定が届いていない市町村があります：{names}。全ての市町村の決定がそろうと決定できます。"
            )
        return ""


@dataclass(frozen=True)
class RuleVersion:
    """A version of a cost's rule with what the towns decided; `spec` is None for one that cannot be read."""

    rule: SharingRule
    spec: RuleSpec | None
    decisions: Decisions
    is_used: bool

    @property
    def summary(self) -> str:
        return summary(self.spec) if self.spec is not None else "読めない定め"

    @property
    def state_kind(self) -> str:
        """How the badge of its state looks."""
        return {State.DRAFT: "warning draft", State.PROPOSED: "info", State.ADOPTED: "success"}.get(
            State(self.rule.state), "muted"
        )

    @property
    def period(self) -> str:
        """「令和6年度から」「令和6年度～令和7年度」"""
        return period_of(self.rule)


def period_of(rule: SharingRule) -> str:
    """The years in which a version holds, in words."""
    first = format_table(rule.first_year)
    if rule.last_year is None:
        return f"{first}から"
    return first if rule.last_year == rule.first_year else f"{first}～{format_table(rule.last_year)}"


def versions_of(cost: JointCost) -> list[RuleVersion]:
    """Every version of the cost's rule, the newest first, in a constant number of queries."""
    rules = list(SharingRule.objects.filter(cost=cost).select_related("user").order_by("-number"))
    used = set(Allocation.objects.filter(cost=cost).order_by().values_list("rule", flat=True).distinct())
    decisions = decisions_of(cost, rules)
    return [RuleVersion(rule, readable(rule), decisions[rule.pk], rule.pk in used) for rule in rules]


def rule_for(cost: JointCost, number: int) -> SharingRule:
    """One version; 404 when the cost has none of that number."""
    found = SharingRule.objects.filter(cost=cost, number=number).select_related("user").first()
    if found is None:
        raise Http404("負担割合の定めが見つかりません。")
    return _with(found, cost)


def version_for(cost: JointCost, number: int) -> tuple[RuleVersion, list[RuleVersion]]:
    """One version and all others, the newest first; 404 when the cost has none of that number."""
    every = versions_of(cost)
    found = next((each for each in every if each.rule.number == number), None)
    if found is None:
        raise Http404("負担割合の定めが見つかりません。")
    return found, [each for each in every if each is not found]


def before(found: RuleVersion, others: Sequence[RuleVersion]) -> RuleVersion | None:
    """The version it is compared with: the last decided one before it, else the last one before it."""
    earlier = [each for each in others if each.rule.number < found.rule.number and each.spec is not None]
    decided = [each for each in earlier if each.rule.state == State.ADOPTED]
    return next(iter(decided or earlier), None)


def compared(old: RuleVersion | None, new: RuleVersion, names: Mapping[str, str]) -> tuple[Difference, ...]:
    """新旧: what the new version says beside what the old one says; empty where there is none."""
    if old is None or old.spec is None or new.spec is None:
        return ()
    return differences(old.spec, new.spec, names)


def passages_of(spec: RuleSpec | None, names: Mapping[str, str]) -> tuple[Passage, ...]:
    """What a version says, in words."""
    return described(spec, names) if spec is not None else ()


def readable(rule: SharingRule) -> RuleSpec | None:
    """What a version says; None where its text cannot be read any more."""
    try:
        return spec_of(rule.content)
    except WrongInput:
        return None


def names_of(cost: JointCost) -> dict[str, str]:
    """The name of every municipality that is or was of the region, by code."""
    rows = RegionMembership.objects.filter(region=cost.region).select_related("municipality")
    return {row.municipality.code: row.municipality.name for row in rows}


def checkable(cost: JointCost) -> list[tuple[int, StageOf]]:
    """The years and stages with items, the newest year first: what a rule may be tried on."""
    rows: dict[int, list[CostItem]] = defaultdict(list)
    for item in CostItem.objects.filter(cost=cost).only("fiscal_year", "stage", "round"):
        rows[item.fiscal_year].append(item)
    return [(year, stage) for year in sorted(rows, reverse=True) for stage in stages_of(rows[year])]


def decisions_of(cost: JointCost, rules: Sequence[SharingRule]) -> dict[int, Decisions]:
    """How the towns that take part stand towards each of these versions, by the version's id."""
    kind = ContentType.objects.get_for_model(SharingRule)
    inquiries: dict[int, list[Inquiry]] = defaultdict(list)
    asked = Inquiry.objects.filter(object_type=kind, object_id__in=[rule.pk for rule in rules])
    for row in asked.exclude(state=Inquiry.State.WITHDRAWN):
        inquiries[row.object_id].append(row)
    approvals: dict[int, list[Approval]] = defaultdict(list)
    listed = [each.pk for rows in inquiries.values() for each in rows]
    for found in Approval.objects.filter(inquiry__in=listed).select_related("municipality", "reply"):
        approvals[found.inquiry_id].append(found)
    rules = [_with(rule, cost) for rule in rules]
    members = list(
        RegionMembership.objects.filter(region=cost.region)
        .select_related("municipality")
        .order_by("order", "valid")
    )
    return {
        rule.pk: _decisions(
            rule,
            [each for each in inquiries[rule.pk] if each.digest == rule.digest],
            approvals,
            members,
            _taking_part(cost, rule.first_year, members),
        )
        for rule in rules
    }


def _taking_part(cost: JointCost, year: int, members: Iterable[RegionMembership]) -> list[Municipality]:
    """`sharing.towns_of` from members that are at hand."""
    period = FiscalYear(year)
    found = dict.fromkeys(
        row.municipality
        for row in members
        if (row.valid.lower is None or row.valid.lower <= period.last_day)
        and (row.valid.upper is None or row.valid.upper > period.first_day)
    )
    return [town for town in found if not cost.places or town.code in cost.places]


def _decisions(
    rule: SharingRule,
    inquiries: list[Inquiry],
    approvals: Mapping[int, list[Approval]],
    members: Sequence[RegionMembership],
    towns: Iterable[Municipality],
) -> Decisions:
    given: dict[int | None, Approval] = {}
    reached: set[int] = set()
    for inquiry in inquiries:
        reached |= {row.municipality_id for row in members if inquiry.asked_on in row.valid}
        for each in approvals[inquiry.pk]:
            if each.digest == rule.digest:
                given.setdefault(each.municipality_id, each)
    return Decisions(
        tuple(TownDecision(town, given.get(town.pk), town.pk in reached) for town in towns),
        tuple(inquiries),
        members_word(rule.region),
    )


def _with(rule: SharingRule, cost: JointCost) -> SharingRule:
    rule.cost, rule.region = cost, cost.region
    return rule


@dataclass(frozen=True)
class Start:
    """A published rule one may begin with: whose it is, and what its evidence is worth."""

    rule: Rule[PublishedRule]

    @property
    def key(self) -> str:
        return self.rule.id

    @property
    def value(self) -> PublishedRule:
        return self.rule.value

    @property
    def summary(self) -> str:
        return summary(self.value.rule)

    @cached_property
    def evidence(self) -> list[str]:
        """What it rests on, in words."""
        titles = evidence_titles()
        return [f"{label}　{titles.get(label, '')}".strip() for label in self.rule.evidence]

    @property
    def origin(self) -> str:
        """How a rule made of it says where it comes from."""
        return f"{self.value.body}（{self.value.rule.name}）"[:200]


def starts() -> list[Start]:
    """The published rules in the order of their file."""
    return [Start(rule) for rule in published_rules()]


def read_rule(data: bytes, file: str) -> RuleSpec:
    """A rule's file as `keniki share --rule` reads it. WrongInput names file, line or field."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongInput(
            "文字コードがUTF-8ではありません。UTF-8で保存し直してください。", file=file
        ) from None
    spec = spec_of(read_yaml(text, file), file=file)
    try:
        return settled(spec)
    except WrongInput as wrong:
        raise wrong.at(file=file) from None


def written_rule(spec: RuleSpec) -> str:
    """The rule as YAML in its canonical text, which `keniki share --rule` reads.

    >>> print(written_rule(spec_of({"name": "均等", "components": [{"basis": "equal", "weight": 100}]})), end="")
    name: 均等
    components:
    - basis: equal
      weight: '100'
    """
    data: dict[str, Any] = canonical(spec)
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=200)
    return text

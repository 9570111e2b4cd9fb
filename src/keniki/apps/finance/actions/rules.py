"""Versions of a joint cost's rule: drafted, put to the towns that take part, decided when all have, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Municipality
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow.about import about
from keniki.apps.workflow.actions.dues import end_dues
from keniki.apps.workflow.models import DueItem, Inquiry
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.rulebooks.sharing import RuleSpec

from .. import policies
from ..models import Allocation, JointCost, SharingRule
from ..queries.rules import Decisions, decisions_of, period_of
from ..sharing import canonical, digest_of, spec_of, stored, towns_of
from ..sharing.places import foreign_to, settled

State = SharingRule.State
#: What the log keeps of a version.
FACTS = ("title", "state", "first_year", "last_year", "digest", "taken_from", "note")
#: What they are called.
LABELS: Mapping[str, str] = {
    "title": "名称",
    "first_year": "適用する最初の年度",
    "last_year": "適用する最後の年度",
    "taken_from": "もとにした定め",
    "note": "備考",
}
#: So many municipalities are named in a message.
_NAMED = 5


@dataclass(frozen=True)
class RuleDraft:
    """A version as it shall be: what it says, and the fiscal years in which it shall hold."""

    spec: RuleSpec
    first_year: int
    last_year: int | None = None
    taken_from: str = ""
    note: str = ""


def save_rule(
    actor: Actor,
    cost: JointCost,
    draft: RuleDraft,
    rule: SharingRule | None = None,
    version: int | None = None,
) -> SharingRule:
    """Store a draft: a new version with the next number, or a draft there is. Raises `WrongInput`, `Denied`, `Stale`.

    Codes are kept with six digits, and only those of towns that take part in the first year are taken.
    """
    ruling = policies.write_cost(actor, cost.region).require()
    with verb(
        actor, "finance.save_rule", region=cost.region.slug, ruling=ruling, quiet=rule is not None
    ) as act:
        _check_years(cost, draft)
        spec = _own(cost, draft)
        if rule is None:
            act.lock(cost, None)
            saved = SharingRule(region=cost.region, cost=cost, number=_next_number(cost))
            before: dict[str, Any] = {}
        else:
            saved = act.lock(rule, version)
            _require(
                saved,
                State.DRAFT,
                "変更できるのは案だけです。直すときは、この版をもとに新しい版を作ってください。",
            )
            before = snapshot(saved, *FACTS)
        saved.content = stored(spec)
        saved.digest = digest_of(canonical(spec))
        saved.title, saved.note = spec.name, draft.note.strip()
        saved.first_year, saved.last_year = draft.first_year, draft.last_year
        saved.taken_from = draft.taken_from.strip()
        after = snapshot(saved, *FACTS)
        if rule is None:
            saved.made_by(act)
            act.save(saved)
            act.log(saved, None, after, f"{called(saved)} の案を作成（{period_of(saved)}）")
            return saved
        old, new = changes(before, after)
        if new:
            act.save(saved)
            text = "内容" if "digest" in new else "、".join(LABELS[name] for name in new if name in LABELS)
            act.log(saved, old, new, f"{called(saved)} の案の{text}を変更")
    return saved


def remove_rule(actor: Actor, rule: SharingRule, version: int | None) -> None:
    """Remove a draft, which no town was asked about."""
    ruling = policies.write_cost(actor, rule.region)
    with verb(actor, "finance.remove_rule", region=rule.region.slug, ruling=ruling) as act:
        current = act.lock(rule, version)
        _require(current, State.DRAFT, "照会した版は、経過を残すため削除できません。")
        if Inquiry.objects.filter(**about(current)).exists():
            raise WrongInput("照会した版は、経過を残すため削除できません。")
        act.log(current, snapshot(current, *FACTS), None, f"{called(current)} の案を削除")
        current.delete()


def propose_rule(
    actor: Actor, rule: SharingRule, version: int | None, due_on: date | None = None
) -> SharingRule:
    """Ask the towns about exactly this text; from now on it stays. One whose inquiry was withdrawn is asked again."""
    ruling = policies.write_cost(actor, rule.region)
    with verb(actor, "finance.propose_rule", region=rule.region.slug, ruling=ruling) as act:
        act.lock(rule.cost, None)
        current = act.lock(rule, version)
        before = current.state
        if before not in (State.DRAFT, State.PROPOSED):
            raise WrongInput(
                f"「{current.get_state_display()}」の版は照会できません。新しい版を作ってください。"
            )
        asked = decisions_of(current.cost, [current])[current.pk]
        if before == State.PROPOSED and asked.inquiries:
            raise WrongInput(f"{called(current)} は照会しています。回答は照会の画面で記録します。")
        spec = spec_of(current.content)
        _own(current.cost, RuleDraft(spec, current.first_year))
        towns = towns_of(current.cost, current.first_year)
        if not towns:
            raise WrongInput("負担する市町村がありません。共同経費の「負担する市町村」を確かめてください。")
        _follows(current)
        if before == State.DRAFT:
            current.state = State.PROPOSED
            act.save(current)
        if not asked.is_open:
            _ask(act, actor, current, due_on, towns)
        until = f"（回答期限 {era.format_date(due_on)}）" if due_on else ""
        act.log(
            current,
            {"state": before},
            {"state": current.state, "digest": current.digest, "due_on": str(due_on or "")},
            f"{called(current)}（{period_of(current)}）を{_named(towns)}に照会{until}",
        )
    return current


def adopt_rule(actor: Actor, rule: SharingRule, version: int | None, adopted_on: date) -> SharingRule:
    """Decide on a version when every town that takes part in its first year has and none refused.

    The version that held before ends with the year before; one that was already used in a later year has to stay.
    """
    ruling = policies.write_cost(actor, rule.region)
    with verb(actor, "finance.adopt_rule", region=rule.region.slug, ruling=ruling) as act:
        act.lock(rule.cost, None)
        current = act.lock(rule, version)
        _require(current, State.PROPOSED, "決定できるのは、照会している版だけです。")
        decisions = _held(act, current)
        if decisions.problem:
            raise WrongInput(decisions.problem)
        _check_day(decisions, adopted_on)
        for earlier in _follows(current):
            _end(act, earlier, current.first_year - 1)
        current.state, current.adopted_on = State.ADOPTED, adopted_on
        act.save(current)
        for inquiry in decisions.inquiries:
            if inquiry.state == Inquiry.State.OPEN:
                workflow.close_inquiry(actor, inquiry, told=False)
        act.log(
            current,
            {"state": State.PROPOSED},
            {"state": State.ADOPTED, "adopted_on": adopted_on.isoformat(), "digest": current.digest},
            f"{called(current)}（{period_of(current)}）を{era.format_date(adopted_on)}に決定",
        )
    return current


def withdraw_rule(actor: Actor, rule: SharingRule, version: int | None) -> SharingRule:
    """Take a version back that was put to the towns; its inquiry ends and asks nobody any more."""
    ruling = policies.write_cost(actor, rule.region)
    with verb(actor, "finance.withdraw_rule", region=rule.region.slug, ruling=ruling) as act:
        act.lock(rule.cost, None)
        current = act.lock(rule, version)
        _require(current, State.PROPOSED, "取り下げられるのは、照会している版だけです。")
        for inquiry in _held(act, current).inquiries:
            if inquiry.state == Inquiry.State.OPEN:
                workflow.close_inquiry(actor, inquiry, told=False)
        current.state = State.WITHDRAWN
        act.save(current)
        act.log(
            current,
            {"state": State.PROPOSED},
            {"state": State.WITHDRAWN},
            f"{called(current)} の照会を取下げ",
        )
    return current


def called(rule: SharingRule) -> str:
    """How the log names a version: 「合同防災訓練の共同経費」の負担割合の定め 第2版."""
    return f"「{rule.cost.title}」の負担割合の定め 第{rule.number}版"


def _check_years(cost: JointCost, draft: RuleDraft) -> None:
    first, last = draft.first_year, draft.last_year
    if first < cost.first_year or (cost.last_year is not None and first > cost.last_year):
        until = format_table(cost.last_year) if cost.last_year is not None else ""
        raise WrongInput(
            f"{format_table(first)}は、この共同経費の年度（{format_table(cost.first_year)}～{until}）ではありません。",
            column="first_year",
        )
    if last is not None and last < first:
        raise WrongInput("最初の年度以後を選んでください。", column="last_year")


def _own(cost: JointCost, draft: RuleDraft) -> RuleSpec:
    """The rule in its one form. WrongInput where it names a municipality that does not take part."""
    towns = [town.code for town in towns_of(cost, draft.first_year)]
    spec = settled(draft.spec, towns)
    others = foreign_to(spec, towns)
    if others:
        raise WrongInput(
            f"{format_table(draft.first_year)}にこの共同経費を負担しない市町村のコード（{_few(others)}）が"
            "定めにあります。負担する市町村に置き換えてください。"
        )
    return spec


def _few(names: Sequence[str]) -> str:
    more = f" ほか{len(names) - _NAMED}" if len(names) > _NAMED else ""
    return "、".join(names[:_NAMED]) + more


def _next_number(cost: JointCost) -> int:
    last = SharingRule.objects.filter(cost=cost).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def _require(rule: SharingRule, state: str, otherwise: str) -> None:
    if rule.state != state:
        raise WrongInput(f"この版は「{rule.get_state_display()}」です。{otherwise}")


def _follows(rule: SharingRule) -> list[SharingRule]:
    """The decided versions that this one ends. WrongInput where one of them has to go on."""
    ending = []
    decided = SharingRule.objects.select_for_update(of=("self",)).filter(
        cost=rule.cost_id, state=State.ADOPTED
    )
    for other in decided.order_by("first_year"):
        if other.last_year is not None and other.last_year < rule.first_year:
            continue
        if rule.last_year is not None and other.first_year > rule.last_year:
            continue
        first = format_table(rule.first_year)
        if other.first_year >= rule.first_year:
            raise WrongInput(
                f"第{other.number}版が{period_of(other)}適用されるため、{first}からのこの版と重なります。"
                "適用する年度が重ならない版を作ってください。"
            )
        used = Allocation.objects.filter(rule=other, fiscal_year__gte=rule.first_year)
        if (year := used.order_by("fiscal_year").values_list("fiscal_year", flat=True).first()) is not None:
            raise WrongInput(
                f"第{other.number}版により{format_table(year)}の負担額を決定しています。"
                f"{format_table(year)}より後の年度から適用する版を作ってください。"
            )
        ending.append(other)
    return ending


def _end(act: Act, rule: SharingRule, last_year: int) -> None:
    earlier = act.lock(rule, None)
    before = earlier.last_year
    earlier.last_year = last_year
    act.save(earlier)
    act.log(
        earlier,
        {"last_year": before},
        {"last_year": last_year},
        f"{called(earlier)} の適用を{format_table(last_year)}までに変更",
    )


def _held(act: Act, rule: SharingRule) -> Decisions:
    """The decisions on the version's text; nobody records another until this verb is done."""
    for inquiry in decisions_of(rule.cost, [rule])[rule.pk].inquiries:
        act.lock(inquiry, None)
    return decisions_of(rule.cost, [rule])[rule.pk]


def _check_day(decisions: Decisions, adopted_on: date) -> None:
    if adopted_on > rights.today():
        raise WrongInput("決定日が未来の日です。決定した後に記録してください。", column="adopted_on")
    last = max(each.approval.decided_on for each in decisions.towns if each.approval is not None)
    if adopted_on < last:
        raise WrongInput(
            f"決定日が、最後の機関決定（{era.format_date(last)}）より前です。日付を確かめてください。",
            column="adopted_on",
        )


def _ask(
    act: Act, actor: Actor, rule: SharingRule, due_on: date | None, towns: Sequence[Municipality]
) -> None:
    """The inquiry about the version's text. It goes to every member; who takes no part has nothing to answer."""
    inquiry = workflow.ask(
        actor,
        rule,
        rule.digest,
        f"第{rule.number}版（{period_of(rule)}）",
        due_on,
        title=f"{rule.cost.title}の負担割合：{rule.title}",
        told=False,
    )
    others = DueItem.objects.filter(**about(inquiry), state=DueItem.State.OPEN).exclude(
        municipality__in=towns
    )
    end_dues(act, others, DueItem.State.DROPPED)


def _named(towns: Sequence[Municipality]) -> str:
    names = "・".join(town.name for town in towns[:20])
    return names if len(towns) <= 20 else f"{names}ほか計{len(towns)}団体"

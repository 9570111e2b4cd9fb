"""Whether what people supplied to the programmes fits the rules and the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keniki.apps.programmes.asking import asking_for
from keniki.apps.programmes.asking import check as check_answer
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.core.text import search_key
from keniki.rulebooks.loader import Answered, RuleNotInForce
from keniki.rulebooks.programmes import TEIJU
from keniki.rulebooks.programmes.procedures import Who, programme_procedure, single_city_procedure

from .. import schema
from ..places import Loc

if TYPE_CHECKING:
    from .references import _Check as Check

#: What each kind of fact cannot do without.
_NEEDED = {
    "use": ("use", "figure"),
    "twin": ("second",),
    "former": ("former_name", "census", "day_population", "night_population"),
    "recognition": ("programme",),
}


def supplied(document: schema.RegionFile, check: Check) -> None:
    _answers(document, check)
    _facts(document, check)
    _claims(document, check)
    _plans(document, check)


def _answers(document: schema.RegionFile, check: Check) -> None:
    for n, answer in enumerate(document.rule_answers):
        at = ("rule_answers", n)
        rule = asking_for(answer.parameter)
        if rule is None:
            raise check.wrong(f"値を尋ねる規則「{answer.parameter}」はありません。", *at, "parameter")
        check.in_order(answer.valid_from, answer.valid_to, *at, "valid_to")
        try:
            check_answer(rule, Answered(answer.value, answer.legal_basis, answer.valid_from, answer.valid_to))
        except WrongInput as wrong:
            raise check.wrong(wrong.message, *at, "value") from None
    periods = ((a.parameter, a.valid_from, a.valid_to) for a in document.rule_answers)
    check.apart(periods, "rule_answers")


def _facts(document: schema.RegionFile, check: Check) -> None:
    once = set()
    for n, fact in enumerate(document.city_facts):
        at = ("city_facts", n)
        check.town(fact.municipality, *at, "municipality")
        check.town(fact.second, *at, "second")
        for name in _NEEDED[fact.kind]:
            check.refuse(getattr(fact, name) in (None, ""), f"{name} が必要です。", *at, name)
        check.refuse(fact.second == fact.municipality, "同じ市どうしになっています。", *at, "second")
        check.refuse(
            fact.kind == "former" and not fact.night_population, "1人以上です。", *at, "night_population"
        )
        check.refuse(
            fact.census is not None and fact.census % 5 != 0,
            "国勢調査の年（2015、2020 など）にしてください。",
            *at,
            "census",
        )
        key = (fact.municipality, fact.kind, fact.use, fact.figure, fact.census, fact.programme)
        if fact.kind != "use":
            key = (fact.municipality, fact.kind, "", "", fact.census, fact.programme)
        check.refuse(key in once, "同じ資料が二度あります。一つにしてください。", *at)
        once.add(key)


def _claims(document: schema.RegionFile, check: Check) -> None:
    slugs: set[tuple[object, ...]] = set()
    names: set[tuple[object, ...]] = set()
    for n, claim in enumerate(document.revenue_claims):
        at = ("revenue_claims", n)
        check.town(claim.municipality, *at, "municipality")
        check.one_of(claim.initiative_slug or None, check.initiatives, "取組", *at, "initiative_slug")
        key = (claim.fiscal_year, claim.municipality)
        said = (*key, search_key(claim.initiative))
        twice = said in names or (bool(claim.initiative_slug) and (*key, claim.initiative_slug) in slugs)
        check.refuse(twice, "同じ年度・市町村・取組が二度あります。一つにしてください。", *at, "initiative")
        names.add(said)
        slugs.add((*key, claim.initiative_slug))
        check.refuse(
            claim.origin_total is not None and not claim.origin,
            "総額を書くときは、予算科目（origin）も書いてください。",
            *at,
            "origin",
        )
        check.refuse(
            claim.origin_total is not None and claim.origin_total < claim.general_revenue,
            "予算科目の総額が、この計上の一般財源より小さくなっています。",
            *at,
            "origin_total",
        )
    check.unique((y.fiscal_year for y in document.claim_years), "claim_years", field="fiscal_year")
    years = {claim.fiscal_year for claim in document.revenue_claims}
    for n, year in enumerate(document.claim_years):
        check.refuse(
            year.fiscal_year not in years,
            f"{format_table(year.fiscal_year)}の計上（revenue_claims）がありません。",
            *("claim_years", n, "fiscal_year"),
        )


def _plans(document: schema.RegionFile, check: Check) -> None:
    check.unique((plan.programme for plan in document.procedure_plans), "procedure_plans", field="programme")
    for n, plan in enumerate(document.procedure_plans):
        at = ("procedure_plans", n)
        try:
            procedure = (
                single_city_procedure(plan.start).value
                if plan.programme == TEIJU and len({row.municipality for row in document.members}) == 1
                else programme_procedure(plan.programme, plan.start).value
            )
        except RuleNotInForce:
            raise check.wrong("この日には、この制度の手続がありません。", *at, "start") from None
        steps = {step.id: step for step in procedure.steps}
        check.unique(((s.step, s.municipality) for s in plan.steps), *at, "steps")
        for k, row in enumerate(plan.steps):
            here: Loc = (*at, "steps", k)
            base, _, again = row.step.partition("-")
            step = steps.get(base)
            if step is None or (again and not (step.yearly and again.isdecimal())):
                raise check.wrong(f"工程 {row.step} はこの制度の手続にありません。", *here, "step")
            check.town(row.municipality, *here, "municipality")
            check.refuse(
                row.municipality is not None and (step.who is not Who.EACH_PARTY or row.moved_to is not None),
                "市町村ごとに書けるのは、市町村ごとの工程の、済んだ日と文書だけです。",
                *here,
                "municipality",
            )
            check.refuse(
                row.moved_to is not None and not row.reason,
                "日を変更した理由（reason）が必要です。",
                *here,
                "reason",
            )

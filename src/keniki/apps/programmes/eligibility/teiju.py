"""定住自立圏: the rules A1-1 to A1-11 on one city or two."""

from __future__ import annotations

from decimal import Decimal

from keniki.apps.programmes.codes import prefecture_name
from keniki.apps.programmes.wording import in_unit, limit, persons
from keniki.rulebooks.loader import Rule
from keniki.rulebooks.programmes.eligibility import EligibilityRule

from .facts import City, Facts, Measured, census_name
from .findings import Finding, Verdict, found, worst
from .ratio import (
    Question,
    Table,
    ask,
    region_findings,
    settlement_ratio,
    together,
)


def settlement_findings(question: Question, facts: Facts, *, census_asked: bool) -> tuple[Finding, ...]:
    """All findings in the order of the rules."""
    population = _population(question, facts)
    ratio = settlement_ratio(question, facts.city)
    region = region_findings(question, facts.city, "A1-5", "A1-6")
    twin = _twin(question, facts, population, together(ratio), together(region))
    return (
        population,
        *ratio,
        *region,
        twin,
        _single(question, ratio[1]),
        _cross_prefecture(question, facts),
        _manual(question, facts, population),
        _census(question, census_asked=census_asked),
    )


def _population(question: Question, facts: Facts) -> Finding:
    rule = question.rule("A1-1")
    city = facts.city
    figure = city.population(question.census)
    if city.kind is not None and not city.kind.is_city:
        return found(
            rule,
            Verdict.UNFIT,
            f"{city.name}は{city.kind.label}です。中心市は市に限られます。",
            figure=figure,
        )
    if figure is None:
        return found(rule, Verdict.CHECK, f"人口の数値がありません。{question.missing(Table.POPULATION)}")
    says = f"{figure.edition_name}で{persons(figure.value)}（基準 {limit(rule.value)}）です。"
    least = persons(rule.value.threshold) if rule.value.threshold is not None else ""
    if not rule.value.meets(figure.value):
        if question.rule_or_first("A1-10")[1]:
            says += (
                f"{least}以下でも中心市とみなされた例があります（平成25年4月の緩和）。"
                "該当するときは、根拠を記して手動で認定してください。"
            )
        return found(rule, Verdict.UNFIT, says, figure=figure)
    if rule.value.guide is not None and figure.value < rule.value.guide:
        says += f"{persons(rule.value.guide)}程度以上の目安を下回りますが、{least}を超えています。"
    return found(rule, Verdict.FIT, says, figure=figure)


def _twin(question: Question, facts: Facts, population: Finding, ratio: Verdict, region: Verdict) -> Finding:
    rule = question.rule("A1-7")
    second = facts.second
    if second is None:
        says = "隣接するもう1市を加えて一つの中心市とする場合の定めです。"
        if population.verdict is Verdict.UNFIT:
            says += "隣接する市があれば、その市を加えて判定できます。"
        return found(rule, Verdict.NOT_APPLICABLE, says)
    parts: list[tuple[Verdict, str]] = [_adjacent(facts), (ratio, f"{facts.city.name}の昼夜間人口比率")]
    parts += [
        (region, f"{facts.city.name}の区域"),
        (together(settlement_ratio(question, second)), f"{second.name}の昼夜間人口比率"),
        (together(region_findings(question, second, "A1-5", "A1-6")), f"{second.name}の区域"),
    ]
    total = sum_of(question, facts.city, second)
    parts.append(of_both(question, rule, total))
    parts.append(_distance(question, facts))
    verdict = worst(part for part, _ in parts) or Verdict.CHECK
    says = "、".join(f"{what}：{part.value}" for part, what in parts)
    return found(rule, verdict, f"{facts.city.name}と{second.name}。{says}", figure=total)


def _adjacent(facts: Facts) -> tuple[Verdict, str]:
    if facts.pair.adjacent is None:
        return Verdict.CHECK, "2市の隣接（入力されていません）"
    return (Verdict.FIT if facts.pair.adjacent else Verdict.UNFIT), "2市の隣接"


def _distance(question: Question, facts: Facts) -> tuple[Verdict, str]:
    rule, request = ask(question, "A1-7.distance")
    if facts.pair.integrated is not None:
        return (Verdict.FIT if facts.pair.integrated else Verdict.UNFIT), "2市の距離等の条件（職員の確認）"
    if request:
        return Verdict.CHECK, f"2市の距離等の条件（{request}）"
    measured = facts.pair.minutes if rule.value.unit == "分" else facts.pair.kilometres
    basis = f"回答値、根拠：{rule.legal_basis}" if rule.is_answered else rule.value.article
    title = f"{rule.value.title}（{basis}）"
    if rule.value.threshold is None or measured is None:
        return Verdict.CHECK, f"{title}：{rule.value.statement}"
    return (Verdict.FIT if rule.value.meets(measured) else Verdict.UNFIT), title


def _single(question: Question, merged: Finding) -> Finding:
    rule = question.rule("A1-8")
    if merged.verdict is Verdict.NOT_APPLICABLE:
        return found(rule, Verdict.NOT_APPLICABLE, "合併した市についての定めです。")
    if merged.value is None:
        return found(rule, Verdict.CHECK, "人口最大の旧市の昼夜間人口比率が分かれば判定できます。")
    says = {
        Verdict.FIT: "1市で圏域を形成することもできます。そのときは協定に代えて、議会の議決を経た形成方針を定めます。"
        "広域的な合併に当たるかを確かめてください。",
        Verdict.UNFIT: f"人口最大の旧市の昼夜間人口比率が基準（{limit(rule.value)}）に満たないため、"
        "1市での圏域は形成できません。",
    }[merged.verdict]
    return found(rule, merged.verdict, says, value=merged.value)


def _cross_prefecture(question: Question, facts: Facts) -> Finding:
    rule = question.rule("A1-9")
    numbers = list(dict.fromkeys((facts.city.prefecture, *facts.prefectures)))
    if len(numbers) == 1:
        return found(rule, Verdict.NOT_APPLICABLE, "一つの都道府県の中の圏域です。")
    names = "・".join(prefecture_name(number, question.on) for number in numbers)
    return found(rule, Verdict.FIT, f"{names}にまたがりますが、圏域を形成できます。", value=names)


def _manual(question: Question, facts: Facts, population: Finding) -> Finding:
    if facts.manual is not None:
        rule = question.rule("A1-10")
        note = f"（{facts.manual.note}）" if facts.manual.note else ""
        return found(
            rule,
            Verdict.MANUAL,
            f"根拠：{facts.manual.legal_basis}{note}",
            value=facts.manual.legal_basis,
        )
    rule, in_force = question.rule_or_first("A1-10")
    if not in_force:
        return found(rule, Verdict.NOT_APPLICABLE, f"この緩和は{rule.valid_from.isoformat()}からの定めです。")
    says = "手動の認定は入力されていません。"
    if population.verdict is Verdict.UNFIT:
        says += "基準は公表資料から確認できていないため、根拠を確かめて入力してください。"
    return found(rule, Verdict.NOT_APPLICABLE, says)


def _census(question: Question, *, census_asked: bool) -> Finding:
    rule, in_force = question.rule_or_first("A1-11")
    if not in_force:
        return found(
            rule,
            Verdict.NOT_APPLICABLE,
            f"{rule.valid_from.isoformat()}より前に要綱が指した国勢調査は、公表資料から確認できていません。",
        )
    named = rule.value.census
    assert named is not None
    value = Decimal(question.census) if question.census else None
    if question.census == named:
        return found(rule, Verdict.FIT, f"{census_name(named)}で判定します。", value=value)
    used = census_name(question.census) if question.census else "国勢調査"
    says = f"この日の要綱が指すのは{census_name(named)}です。"
    if census_asked:
        says += f"求められた{used}で判定しました。"
    return found(rule, Verdict.NOT_APPLICABLE, says, value=value)


def sum_of(question: Question, first: City, second: City) -> Measured | None:
    """The population of two cities together; None while one of them is missing."""
    one, other = first.population(question.census), second.population(question.census)
    if one is None or other is None:
        return None
    return Measured(one.value + other.value, one.census, one.edition)


def of_both(question: Question, rule: Rule[EligibilityRule], total: Measured | None) -> tuple[Verdict, str]:
    """The verdict on the population of two cities together, and on what."""
    if total is None:
        return Verdict.CHECK, f"2市の人口の計（{question.missing(Table.POPULATION)}）"
    verdict = Verdict.FIT if rule.value.meets(total.value) else Verdict.UNFIT
    return verdict, f"2市の人口の計 {in_unit(total.value, rule.value.unit)}（基準 {limit(rule.value)}）"

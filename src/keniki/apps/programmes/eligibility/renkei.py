"""連携中枢都市圏: the rules B1-1 to B1-5 on one city or two; and the Hokkaido programme, whose conditions ask."""

from __future__ import annotations

from decimal import Decimal

from keniki.apps.programmes.wording import WORDS, limit, percent, persons
from keniki.rulebooks.programmes import HOKKAIDO, programme
from keniki.rulebooks.programmes.eligibility import Requirement

from ..codes import prefecture_name
from .facts import City, Facts
from .findings import Finding, Verdict, found, worst
from .ratio import (
    Question,
    Table,
    ask,
    ratio_finding,
    region_findings,
    rounding_note,
)
from .teiju import of_both, sum_of

#: Figures of a region that a condition may name.
FIGURES = {
    "members": "構成市町村の数",
    "population": "圏域の人口",
    "population_decline": "圏域の人口の減少率（2040年まで）",
}


def hub_findings(question: Question, facts: Facts) -> tuple[Finding, ...]:
    """All findings in the order of the rules."""
    kind = _kind(question, facts.city)
    return (
        kind,
        _ratio(question, facts.city),
        *region_findings(question, facts.city, "B1-3", "B1-3"),
        _twin(question, facts, kind),
        found(
            question.rule("B1-5"),
            Verdict.NOT_APPLICABLE,
            "連携市町村の候補についての目安です。通勤通学割合の一覧で確かめてください。",
        ),
    )


def hokkaido_findings(question: Question, facts: Facts) -> tuple[Finding, ...]:
    """The conditions an installation has entered, else the request to enter them."""
    rule, request = ask(question, "C1-1")
    prefecture = programme(HOKKAIDO, question.on).value.prefecture
    outside = prefecture and facts.city.prefecture != prefecture
    if outside:
        place = prefecture_name(prefecture, question.on)
        request = (
            f"{facts.city.name}は{prefecture_name(facts.city.code, question.on)}の市町村です。"
            f"この事業は{place}の事業であり、{place}外の市町村は対象になりません。"
        )
    if request:
        return (
            Finding(
                rule.id,
                Requirement.CONDITIONS,
                "対象地域の要件",
                Verdict.NOT_APPLICABLE if outside else Verdict.CHECK,
                request,
                None,
                "",
                None,
                "",
                "広域連携加速化事業推進要綱（令和2年7月14日行連第67号。条文は原文未確認）",
                rule.source,
                rule.evidence,
                rule.confirmed,
            ),
        )
    parts: list[tuple[Verdict, str]] = []
    for condition in rule.value.conditions:
        value = facts.figures.get(condition.figure)
        title = condition.title or FIGURES.get(condition.figure, condition.figure)
        least = f"基準 {condition.threshold.normalize():f}{condition.unit}{WORDS[condition.comparison]}"
        if value is None:
            parts.append((Verdict.CHECK, f"{title}：数値がありません（{least}）"))
            continue
        verdict = Verdict.FIT if condition.comparison.holds(value, condition.threshold) else Verdict.UNFIT
        parts.append((verdict, f"{title}：{value.normalize():f}{condition.unit}（{least}）{verdict.value}"))
    verdict = worst(part for part, _ in parts) or Verdict.CHECK
    says = "、".join(what for _, what in parts) or rule.value.statement
    return (found(rule, verdict, says),)


def _kind(question: Question, city: City) -> Finding:
    rule = question.rule("B1-1")
    if city.kind is None:
        return found(
            rule,
            Verdict.CHECK,
            "指定都市・中核市かどうかが分かりません（市町村の一覧に中核市の別はありません）。"
            "「構成と制度」の名称・種別の変更の画面で、市の種別を登録してください。",
        )
    fits = city.kind.value in rule.value.kinds
    says = f"{city.name}は{city.kind.label}です。"
    if not fits:
        says += "連携中枢都市は指定都市又は中核市に限られます（隣接する2市の特例を除く）。"
    return found(rule, Verdict.FIT if fits else Verdict.UNFIT, says, value=city.kind.label)


def _ratio(question: Question, city: City) -> Finding:
    rule = question.rule("B1-2")
    figure = city.ratio(question.census)
    finding = ratio_finding(rule, figure, question.missing(Table.DAY_NIGHT))
    if figure is None or finding.verdict is Verdict.FIT:
        return finding
    floor, request = ask(question, "B1-2.floor")
    says = f"{figure.edition_name}で{percent(figure.value)}であり、1を下回ります。"
    if request:
        return found(rule, Verdict.CHECK, f"{says}要件は「おおむね1以上」です。{request}", figure=figure)
    fits = floor.value.meets(figure.value)
    least = percent(floor.value.threshold) if floor.value.threshold is not None else ""
    basis = f"回答値、根拠：{floor.legal_basis}" if floor.is_answered else floor.value.article
    return found(
        rule,
        Verdict.FIT if fits else Verdict.UNFIT,
        f"{says}「おおむね1以上」の下限は{least}としています（{basis}）。"
        + rounding_note(figure, floor.value.threshold),
        figure=figure,
    )


def _twin(question: Question, facts: Facts, kind: Finding) -> Finding:
    rule = question.rule("B1-4")
    second = facts.second
    if second is None:
        says = "隣接する2市で中心となる場合の定めです。"
        if kind.verdict is Verdict.UNFIT:
            says += "隣接する市があれば、その市を加えて判定できます。"
        return found(rule, Verdict.NOT_APPLICABLE, says)
    parts: list[tuple[Verdict, str]] = []
    if facts.pair.adjacent is None:
        parts.append((Verdict.CHECK, "2市の隣接（入力されていません）"))
    else:
        parts.append((Verdict.FIT if facts.pair.adjacent else Verdict.UNFIT, "2市の隣接"))
    for city in (facts.city, second):
        parts += [
            _each_ratio(question, city),
            _each_population(question, city, rule.value.each_population),
        ]
    (region,) = region_findings(question, second, "B1-3", "B1-3")
    parts.append((region.verdict, f"{second.name}の区域"))
    total = sum_of(question, facts.city, second)
    parts.append(of_both(question, rule, total))
    parts += [_minutes(facts, rule.value.minutes), _integrated(facts)]
    verdict = worst(part for part, _ in parts) or Verdict.CHECK
    says = "、".join(f"{what}：{part.value}" for part, what in parts)
    return found(rule, verdict, f"{facts.city.name}と{second.name}。{says}", figure=total)


def _each_ratio(question: Question, city: City) -> tuple[Verdict, str]:
    figure = city.ratio(question.census)
    rule = question.rule("B1-2").value
    if figure is None:
        return Verdict.CHECK, f"{city.name}の昼夜間人口比率（数値がありません）"
    verdict = Verdict.FIT if rule.meets(figure.value) else Verdict.UNFIT
    return verdict, f"{city.name}の昼夜間人口比率 {percent(figure.value)}（基準 {limit(rule)}）"


def _each_population(question: Question, city: City, least: Decimal | None) -> tuple[Verdict, str]:
    figure = city.population(question.census)
    if figure is None or least is None:
        return Verdict.CHECK, f"{city.name}の人口（数値がありません）"
    fits = figure.value >= least
    says = f"{city.name}の人口 {persons(figure.value)}（基準 {persons(least)}程度以上）"
    return (Verdict.FIT if fits else Verdict.CHECK), says


def _minutes(facts: Facts, most: Decimal | None) -> tuple[Verdict, str]:
    minutes = facts.pair.minutes
    if minutes is None or most is None:
        least = f"。基準 おおむね{most.normalize():f}分以内" if most is not None else ""
        return Verdict.CHECK, f"2市間の所要時間（入力されていません{least}）"
    verdict = Verdict.FIT if minutes <= most else Verdict.CHECK
    return verdict, f"2市間の所要時間 {minutes.normalize():f}分（基準 おおむね{most.normalize():f}分以内）"


def _integrated(facts: Facts) -> tuple[Verdict, str]:
    if facts.pair.integrated is None:
        return Verdict.CHECK, "一体の圏域をなすこと（確認が入力されていません）"
    return (Verdict.FIT if facts.pair.integrated else Verdict.UNFIT), "一体の圏域をなすこと"

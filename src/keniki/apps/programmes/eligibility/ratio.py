"""Rules about figures that both programmes share: the day/night ratio and the metropolitan areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from keniki.apps.programmes.codes import prefecture_name
from keniki.apps.programmes.wording import limit, percent
from keniki.rulebooks.loader import Rule, Rulebook, RuleUnknown
from keniki.rulebooks.programmes.eligibility import (
    EligibilityRule,
    eligibility_rules,
    metropolitan_prefectures,
)

from .facts import City, Measured, census_name
from .findings import Finding, Verdict, best, found


class Table(StrEnum):
    """The tables of a census that figures are read from."""

    POPULATION = "population"
    DAY_NIGHT = "day_night"
    COMMUTING = "commuting"

    def file(self, census: int | None) -> str:
        """The file as an office knows it; table numbers differ from census to census."""
        return _FILES[self] + _NUMBERS.get((census, self), "")


_FILES: Final = {
    Table.POPULATION: "人口等基本集計の男女・年齢（5歳階級）別人口の表",
    Table.DAY_NIGHT: "従業地・通学地による人口・就業状態等集計の昼夜間人口の表",
    Table.COMMUTING: "従業地・通学地による人口・就業状態等集計の常住地から従業地・通学地への移動の表",
}
_NUMBERS: Final[dict[tuple[int | None, Table], str]] = {
    (2020, Table.POPULATION): "（第2-7-1表）",
    (2020, Table.DAY_NIGHT): "（e-Stat 0004003060）",
    (2020, Table.COMMUTING): "（e-Stat 0003454527）",
}


def files_to_import(census: int | None, tables: Sequence[Table]) -> str:
    """A request for the files of a census."""
    name = census_name(census) if census else "国勢調査"
    files = "と、".join(table.file(census) for table in tables)
    return f"{name}の{files}を取り込んでください。"


@dataclass(frozen=True, slots=True)
class Question:
    """The rules of one date and the census to judge by."""

    on: date
    census: int | None
    book: Rulebook[EligibilityRule]

    @classmethod
    def of(cls, on: date, census: int | None, settings: Mapping[str, object] | None) -> Question:
        """A question with an installation's answers to the rules that ask."""
        return cls(on, census, eligibility_rules(settings))

    def rule(self, rule_id: str) -> Rule[EligibilityRule]:
        """The rule on the date; RuleNotInForce before it began."""
        return self.book.on(rule_id, self.on)

    def rule_or_first(self, rule_id: str) -> tuple[Rule[EligibilityRule], bool]:
        """The rule, or the version nearest to the date, and whether it is in force."""
        in_force = self.book.in_force(self.on).get(rule_id)
        if in_force is not None:
            return in_force, True
        versions = self.book.history(rule_id)
        earlier = [version for version in versions if version.valid_from <= self.on]
        return (earlier[-1] if earlier else versions[0]), False

    def missing(self, table: Table) -> str:
        """Says which file of which census has to be imported."""
        return files_to_import(self.census, (table,))


def ask(question: Question, rule_id: str) -> tuple[Rule[EligibilityRule], str]:
    """A rule that may have to be asked for, and the request for its parameter (empty once it is answered)."""
    rule = question.rule(rule_id)
    try:
        _ = rule.value
    except RuleUnknown as unknown:
        return rule, unknown.message
    return rule, ""


def ratio_finding(rule: Rule[EligibilityRule], figure: Measured | None, missing: str) -> Finding:
    """A ratio against the rule's threshold; without the figure 要確認."""
    if figure is None:
        return found(rule, Verdict.CHECK, f"{rule.value.title}の数値がありません。{missing}")
    fits = rule.value.meets(figure.value)
    least = f"{rule.value.threshold:f}" if rule.value.threshold is not None else ""
    says = f"{least}以上です。" if fits else f"{least}を下回ります。"
    explanation = f"{figure.edition_name}で{percent(figure.value)}（基準 {limit(rule.value)}）であり、{says}"
    return found(
        rule,
        Verdict.FIT if fits else Verdict.UNFIT,
        explanation + rounding_note(figure, rule.value.threshold),
        figure=figure,
    )


def rounding_note(figure: Measured, threshold: Decimal | None) -> str:
    """A warning where the figure was published so roughly that the exact one may lie on the other side."""
    if threshold is None or figure.step is None or abs(figure.value - threshold) > figure.step / 2:
        return ""
    return "公表値は端数を処理したものです。昼間人口と夜間人口の実数で確かめてください。"


def merged_finding(question: Question, city: City) -> Finding:
    """A1-3: the largest former municipality's ratio; a way that nobody has shown yet does not qualify."""
    rule = question.rule("A1-3")
    if not city.merged:
        reason = (
            "合併した市ではありません。"
            if city.merged is False
            else "合併した市かどうか入力されていません。合併した市なら、人口最大の旧市の比率を入力してください。"
        )
        return found(rule, Verdict.NOT_APPLICABLE, reason)
    former = city.largest_former
    name = former.name if former else "人口最大の旧市"
    says = (
        f"{'・'.join(former.towns)}が合併した市です（{former.edition}）。" if former and former.towns else ""
    )
    figure = city.former_ratio(question.census)
    if figure is not None:
        finding = ratio_finding(rule, figure, "")
        return replace(finding, explanation=f"{says}{name}は、{finding.explanation}")
    edition = census_name(question.census) if question.census else "国勢調査"
    return found(
        rule,
        Verdict.UNFIT,
        f"{says}{name}の昼間人口と夜間人口（{edition}）がありません。「市についての資料」の画面で入力すると、"
        "判定が変わる可能性があります。",
    )


def relaxed_finding(question: Question, city: City, ratio: Finding, merged: Finding) -> Finding:
    """A1-4: a ratio below 1 with data on the use of hospitals and shops."""
    rule, in_force = question.rule_or_first("A1-4")
    if not in_force:
        return found(
            rule,
            Verdict.NOT_APPLICABLE,
            f"通院・買物等の利用による緩和は{rule.valid_from.isoformat()}からです。",
        )
    if Verdict.FIT in (ratio.verdict, merged.verdict) or ratio.verdict is Verdict.CHECK:
        return found(rule, Verdict.NOT_APPLICABLE, "昼夜間人口比率が1を下回る市についての定めです。")
    if city.supporting is not None and city.supporting.exists:
        kinds = "・".join(
            name
            for name, exists in (
                ("通院", city.supporting.hospital_visits),
                ("買物", city.supporting.shopping),
            )
            if exists
        )
        source = f"（{city.supporting.source}）" if city.supporting.source else ""
        return found(
            rule,
            Verdict.CHECK,
            f"近隣市町村の住民の{kinds}の利用を示す資料があります{source}。"
            "1をわずかに下回る市として認められるか、総務省・都道府県に確認してください。",
            value=kinds,
        )
    return found(
        rule,
        Verdict.UNFIT,
        "近隣市町村の住民の通院・買物の利用を示す資料がありません。"
        "客観的なデータを加えると、判定が「要確認」に変わる可能性があります。",
    )


def region_findings(
    question: Question, city: City, outside_id: str, exception_id: str
) -> tuple[Finding, ...]:
    """The region rules: outside the metropolitan prefectures, or inside with few commuters to their cores.

    Where both stand in one rule, `exception_id` equals `outside_id`.
    """
    rule = question.rule(outside_id)
    area = metropolitan_prefectures(question.on).value
    prefecture = prefecture_name(city.code, question.on)
    exception = question.rule(exception_id)
    if city.prefecture not in area.prefectures:
        outside = found(
            rule, Verdict.FIT, f"{prefecture}は三大都市圏の都府県ではありません。", value=prefecture
        )
        if exception_id == outside_id:
            return (outside,)
        return outside, found(exception, Verdict.NOT_APPLICABLE, "区域内の市についての定めです。")
    inside = f"{prefecture}は三大都市圏の都府県です。"
    figure = city.commuting(question.census)
    if figure is None:
        verdict, says = (
            Verdict.CHECK,
            f"特別区・指定都市への通勤通学割合がありません。{question.missing(Table.COMMUTING)}",
        )
    else:
        below = exception.value.meets(figure.value)
        verdict = Verdict.UNFIT if not below else Verdict.FIT if exception.confirmed else Verdict.CHECK
        says = (
            f"{figure.edition_name}で特別区・指定都市への通勤通学割合は"
            f"{percent(figure.value, exception.value.threshold or Decimal(1))}"
            f"（基準 {limit(exception.value)}）です。{rounding_note(figure, exception.value.threshold)}"
        )
        if verdict is Verdict.CHECK:
            says += "この特例は要綱の原文で確認できていません。条文を確かめてください。"
    if exception_id == outside_id:
        return (found(rule, verdict, inside + says, figure=figure),)
    return (
        found(rule, Verdict.UNFIT, inside + "区域内の特例を満たすか確かめます。", value=prefecture),
        found(exception, verdict, says, figure=figure),
    )


def settlement_ratio(question: Question, city: City) -> tuple[Finding, ...]:
    """A1-2, A1-3 and A1-4 of one city."""
    ratio = ratio_finding(
        question.rule("A1-2"), city.ratio(question.census), question.missing(Table.DAY_NIGHT)
    )
    merged = merged_finding(question, city)
    return ratio, merged, relaxed_finding(question, city, ratio, merged)


def together(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict of rules of which one is enough."""
    return best(finding.verdict for finding in findings) or Verdict.CHECK

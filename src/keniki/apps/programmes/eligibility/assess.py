"""From findings to a verdict: one rule per requirement is enough, every requirement counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from keniki.apps.programmes.codes import six_digits
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import UNCONFIRMED
from keniki.rulebooks.programmes import HOKKAIDO, PROGRAMMES, RENKEI, TEIJU, programme
from keniki.rulebooks.programmes.eligibility import (
    Requirement,
    eligibility_rules,
    named_census,
    published_findings,
)

from .facts import Facts, Measured, census_name, was_taken
from .findings import Assessment, Finding, OtherEdition, Verdict, best, worst
from .ratio import Question, Table, files_to_import
from .renkei import hokkaido_findings, hub_findings
from .teiju import settlement_findings

#: Requirements that all have to be met.
_REQUIRED: Final = (
    Requirement.POPULATION,
    Requirement.KIND,
    Requirement.RATIO,
    Requirement.REGION,
    Requirement.CONDITIONS,
)


def assess(
    programme_key: str,
    on: date,
    facts: Facts,
    *,
    census: int | None = None,
    settings: Mapping[str, object] | None = None,
) -> Assessment:
    """The verdict on `teiju`, `renkei` or `hokkaido` on a date.

    `census` asks for one census whatever the outline names; `settings` answers the rules that ask.
    RuleNotInForce before the programme (or a rule the facts invoke) began, WrongInput for another programme and
    for a code that is none.
    """
    if programme_key not in PROGRAMMES:
        raise WrongInput(
            f"制度「{programme_key}」はありません。{'、'.join(PROGRAMMES)} のいずれかにしてください。"
        )
    programme(programme_key, on)
    six_digits(facts.city.code)
    used = census if census is not None else census_to_use(programme_key, on, facts)
    judged = _judge(programme_key, on, facts, used, settings, asked=census is not None)
    return Assessment(
        programme_key,
        judged.verdict,
        used,
        named_census(programme_key, on),
        judged.findings,
        judged.requirements,
        _notes(programme_key, on, facts, used, judged.findings),
        _other_editions(programme_key, on, facts, used, judged.verdict, settings),
    )


def census_to_use(programme_key: str, on: date, facts: Facts | None = None) -> int | None:
    """The census the outline names on the date; where no text names one, the latest given taken by then."""
    named = named_census(programme_key, on)
    if named is not None or facts is None:
        return named
    return max((census for census in facts.censuses() if was_taken(census, on)), default=None)


class _Judged:
    """Findings with the verdicts that follow from them."""

    def __init__(self, findings: tuple[Finding, ...], *, manual: bool) -> None:
        self.findings = findings
        verdicts = (
            (requirement, best(f.verdict for f in findings if _counts(f, requirement, findings)))
            for requirement in _REQUIRED
        )
        self.requirements = tuple(
            (requirement, verdict) for requirement, verdict in verdicts if verdict is not None
        )
        outside = all(finding.verdict is Verdict.NOT_APPLICABLE for finding in findings)
        overall = worst(verdict for _, verdict in self.requirements) or (
            Verdict.NOT_APPLICABLE if outside else Verdict.CHECK
        )
        self.verdict = Verdict.MANUAL if manual and overall is not Verdict.FIT else overall


def _counts(finding: Finding, requirement: Requirement, findings: tuple[Finding, ...]) -> bool:
    """Two cities that meet their exception need not meet the ratio one by one again: it is a part of it."""
    if finding.requirement is requirement:
        return True
    return (
        requirement is Requirement.RATIO
        and finding.id == "B1-4"
        and finding.verdict in (Verdict.FIT, Verdict.CHECK)
        and any(other.id == "B1-1" and other.verdict is not Verdict.FIT for other in findings)
    )


def _judge(
    programme_key: str,
    on: date,
    facts: Facts,
    census: int | None,
    settings: Mapping[str, object] | None,
    *,
    asked: bool,
) -> _Judged:
    question = Question.of(on, census, settings)
    if programme_key == TEIJU:
        findings = settlement_findings(question, facts, census_asked=asked)
    elif programme_key == RENKEI:
        findings = hub_findings(question, facts)
    else:
        findings = hokkaido_findings(question, facts)
    return _Judged(findings, manual=facts.manual is not None)


def _notes(
    programme_key: str, on: date, facts: Facts, census: int | None, findings: tuple[Finding, ...]
) -> tuple[str, ...]:
    notes: list[str] = []
    named = named_census(programme_key, on)
    if named is None and programme_key != HOKKAIDO:
        notes.append("この日の要綱が指す国勢調査は、公表資料から確認できていません。")
    if named is not None and census is not None and census != named:
        notes.append(f"{census_name(census)}による判定です。この日の要綱が指すのは{census_name(named)}です。")
    if census is not None and programme_key != HOKKAIDO:
        notes += _differing(facts, census)
    if census is not None and _missing(programme_key, facts, census):
        notes += [
            f"{rule.value.statement}（{rule.source}）。"
            for rule in published_findings(six_digits(facts.city.code))
            if rule.value.programme == programme_key and rule.value.census == census
        ]
    if facts.manual is not None:
        notes.append(f"手動認定の根拠：{facts.manual.legal_basis}")
    rules = eligibility_rules()
    unconfirmed = [
        finding.id
        for finding in findings
        if UNCONFIRMED in finding.evidence
        and finding.verdict is not Verdict.NOT_APPLICABLE
        and finding.id in rules.ids()
    ]
    if unconfirmed:
        notes.append(f"原文を確認していない規則があります：{'、'.join(unconfirmed)}")
    return tuple(notes)


def _other_editions(
    programme_key: str,
    on: date,
    facts: Facts,
    used: int | None,
    verdict: Verdict,
    settings: Mapping[str, object] | None,
) -> tuple[OtherEdition, ...]:
    if programme_key == HOKKAIDO:
        return ()
    others: dict[int, OtherEdition] = {}
    for census in sorted(facts.censuses() - {used}):
        if not _missing(programme_key, facts, census):
            other = _judge(programme_key, on, facts, census, settings, asked=True).verdict
            change = "同じ判定です" if other is verdict else f"「{other.value}」に変わります"
            others[census] = OtherEdition(census, other, f"{census_name(census)}では{change}。")
    published = {
        rule.value.census: rule
        for rule in published_findings(six_digits(facts.city.code))
        if rule.value.programme == programme_key and rule.value.census not in (used, *others)
    }
    named = named_census(programme_key, on)
    wanted = set(published) | ({named} if named is not None else set(_last_censuses(on)))
    for census in sorted(wanted - {used} - set(others)):
        said = (
            f"{published[census].value.statement}（{published[census].source}）。"
            if census in published
            else ""
        )
        others[census] = OtherEdition(
            census,
            None,
            f"{census_name(census)}の数値を取り込むと、判定が変わる可能性があります。{said}"
            f"{files_to_import(census, _missing(programme_key, facts, census))}",
        )
    return tuple(others[census] for census in sorted(others))


def _differing(facts: Facts, census: int) -> list[str]:
    """What other official editions say of the figures used."""
    notes = []
    for city in (facts.city, facts.second):
        if city is None:
            continue
        for title, figure in (("人口", city.population(census)), ("昼夜間人口比率", city.ratio(census))):
            if figure is not None and figure.differing:
                notes.append(
                    f"{city.name}の{title}（{census_name(census)}）は、公的統計の版によって異なります。"
                    f"判定には「{figure.edition_name}」を使いました。ほかの版：{'、'.join(figure.differing)}"
                )
    return notes


def _last_censuses(on: date) -> tuple[int, ...]:
    """The two censuses last taken by a date."""
    last = on.year - on.year % 5
    years = (last, last - 5, last - 10)
    return tuple(year for year in years if year > 0 and was_taken(year, on))[:2]


def _missing(programme_key: str, facts: Facts, census: int) -> tuple[Table, ...]:
    """The tables a verdict by that census still needs; a hub city is judged by its kind, not by its population."""
    given: dict[Table, Measured | None] = {Table.DAY_NIGHT: facts.city.ratio(census)}
    if programme_key == TEIJU or facts.second is not None:
        given = {Table.POPULATION: facts.city.population(census), **given}
    return tuple(table for table, figure in given.items() if figure is None)

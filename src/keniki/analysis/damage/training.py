"""Training of assessors (住家被害認定の研修): a case, an attempt at it, where the difference came from, agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import floor, sqrt
from typing import Any, Final, Literal, TypeAlias

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import CLASS_ORDER, DEGREES, Degree

from .assess import assess
from .inputs import House, exact, read_house
from .results import METHODS, Assessment, PartLoss, shown

Cause: TypeAlias = Literal[
    "missing", "extra", "degree", "area", "length", "loss", "weight", "sum", "class", "method", "measure"
]
CAUSES: Final[dict[Cause, str]] = {
    "missing": "部位の見落とし",
    "extra": "損傷のない部位",
    "degree": "損傷の程度",
    "area": "損傷の割合",
    "length": "損傷の長さ・数",
    "loss": "調査票の損害割合",
    "weight": "構成比の掛け忘れ",
    "sum": "合計の誤り",
    "class": "区分の読み誤り",
    "method": "判定の方法",
    "measure": "測った値",
}
_MEASURES: Final = {
    "collapsed": "倒壊",
    "washed_away": "流失",
    "external_force": "外力による損傷",
    "depths": "浸水深",
    "below_floor": "床下浸水",
    "tilt_mm": "傾斜",
    "plumb_mm": "下げ振りの長さ",
    "settlement_m": "沈下量",
    "sunk_to": "潜り込み",
    "lost_floor": "損壊した床面積",
}
_FACTS: Final = ("date", "structure", "hazard", "survey", "storeys", "detached")


@dataclass(frozen=True)
class Case:
    """A fictional house: what the assessor sees, the survey that is right, and the answer reckoned from it."""

    key: str
    title: str
    text: str
    trap: str
    house: House
    answer: Assessment


@dataclass(frozen=True)
class Finding:
    """One difference: where (`part` or empty), why, so many per cent of the house too much (+) or too little (−)."""

    cause: Cause
    part: str
    percent: Fraction
    said: str


@dataclass(frozen=True)
class Score:
    """An attempt's points of `most`, and every difference. `answer` is the right assessment, `own` the attempt's."""

    points: Fraction
    most: int
    class_right: bool
    method_right: bool
    findings: tuple[Finding, ...]
    answer: Assessment
    own: Assessment | None


@dataclass(frozen=True)
class Comparison:
    """Several assessors at one case: per cents they came to, and how many named the right class (0–1)."""

    count: int
    least: Fraction
    most: Fraction
    mean: Fraction
    deviation: float
    right: Fraction


@dataclass(frozen=True)
class Agreement:
    """Agreement of assessors over the same cases.

    `kappa` is the mean of weighted kappa over all pairs, `with_answer` that of each assessor with the right classes;
    None where everybody always names one class, so that chance explains all of it.
    """

    assessors: int
    cases: int
    kappa: float | None
    with_answer: Mapping[str, float | None]
    identical: Fraction


def case_of(key: str, title: str, text: str, survey: Mapping[str, Any], trap: str = "") -> Case:
    """A case from its survey; the answer is reckoned, never typed. WrongInput as of `read_house` and `assess`.

    >>> case_of("a", "倒壊", "全部が倒壊している。", {"date": "2024-01-01", "structure": "wood",
    ...         "hazard": "earthquake", "collapsed": "house"}).answer.verdict.name
    '全壊'
    """
    house = read_house(survey)
    return Case(key, title, text, trap, house, assess(house))


def cases() -> tuple[Case, ...]:
    """The cases that come with the rules, in their order; all houses in them are fictional (架空).

    >>> len(cases()) >= 8
    True
    """
    return tuple(
        case_of(key, rule.value.title, rule.value.text, rule.value.survey, rule.value.trap)
        for key, rule in rules.training_cases().items()
    )


def score(case: Case, attempt: Mapping[str, Any]) -> Score:
    """Score an attempt: `{"class": …, "survey": {…}, "percent": …, "losses": {part: per cent}, "method": …}`.

    `class` is a key or name; `survey` holds what the assessor found in the form of `read_house`, with the facts of the
    case (date, structure, hazard, survey, storeys) filled in. `percent`, `losses` and `method` are what the assessor
    wrote down; without a `method` the one that follows from the survey counts. A difference is traced to degree, area,
    a weight left out, a wrong sum, class or short way. Points by the rule of training. WrongInput names the field of
    the attempt.

    >>> wall = {"part": "wall", "degree": "III", "area": 0.4}
    >>> survey = {"date": "2022-01-01", "structure": "wood", "hazard": "earthquake", "parts": [wall]}
    >>> case = case_of("a", "外壁", "外壁の4割が程度Ⅲ。", survey)
    >>> found = score(case, {"class": "half", "survey": {"parts": [dict(wall, degree="IV")]}})
    >>> found.class_right, [(each.cause, each.part, str(each.percent)) for each in found.findings]
    (False, [('degree', 'wall', '15/2'), ('class', '', '0')])
    """
    known = ("class", "survey", "percent", "losses", "method", "assessor")
    for key in attempt:
        if key not in known:
            raise WrongInput(f"この項目はありません。書ける項目：{'、'.join(known)}", column=key)
    class_key = _class_key(case, attempt.get("class"))
    own_house, own = _own(case, attempt.get("survey"))
    answer = case.answer
    findings = [*_measured(case.house, own_house)] if own_house is not None else []
    part_findings: list[Finding] = []
    if answer.parts:
        part_findings = _part_findings(answer.parts, own.parts if own is not None else ())
    findings += part_findings
    method = _method(attempt.get("method"), own)
    method_right = method == answer.method
    if method is not None and not method_right:
        findings.append(
            Finding(
                "method",
                "",
                Fraction(0),
                f"正しくは{METHODS[answer.method]}です（{METHODS[method]}としています）。",
            )
        )
    stated = _number(attempt.get("percent"), "percent")
    points = rules.points(case.house.date).value
    findings += _sums(own, stated, _losses(attempt.get("losses")), points.percent_tolerance)
    class_right = class_key == answer.verdict.key
    if not class_right:
        findings.append(_class_finding(case, class_key, stated, own))
    return Score(
        _points(points, class_right, method_right, answer, part_findings),
        points.class_points + points.method_points + (points.part_points if answer.parts else 0),
        class_right,
        method_right,
        tuple(findings),
        answer,
        own,
    )


def _points(
    points: rules.Points, class_right: bool, method_right: bool, answer: Assessment, wrong: Sequence[Finding]
) -> Fraction:
    found = Fraction(points.class_points * class_right + points.method_points * method_right)
    if answer.parts:
        parts = {part.key for part in answer.parts}
        found += Fraction(points.part_points * len(parts - {each.part for each in wrong}), len(parts))
    return found


def _class_key(case: Case, given: object) -> str:
    rows = case.answer.classes.rows
    for row in rows:
        if given in (row.key, row.name):
            return row.key
    names = "、".join(f"{row.key}（{row.name}）" for row in rows)
    raise WrongInput(f"区分「{given}」はありません。区分：{names}", column="class")


def _own(case: Case, given: object) -> tuple[House | None, Assessment | None]:
    """The attempt's own survey and what it comes to; None where it holds too little to judge."""
    if given is None:
        return None, None
    if not isinstance(given, Mapping):
        raise WrongInput("調査の結果を {項目: 値} の形にしてください。", column="survey")
    facts: dict[str, Any] = {name: getattr(case.house, name) for name in _FACTS}
    for name in facts:
        if name in given and given[name] != facts[name] and name != "date":
            raise WrongInput("事例で決まっている項目は変えられません。", column=f"survey.{name}")
    if case.house.hazard == "flood":
        facts["external_force"] = case.house.external_force
    if case.house.weights is not None:
        facts["weights"] = dict(case.house.weights)
    if case.house.survey == "self":
        facts |= {"photos": True, "agreed": True}
    try:
        house = read_house({**facts, **{key: each for key, each in given.items() if key != "date"}})
        return house, assess(house)
    except WrongInput as wrong:
        column = f"survey.{wrong.column}" if wrong.column else "survey"
        raise WrongInput(wrong.message, column=column) from None


def _measured(right: House, own: House) -> list[Finding]:
    found = []
    for name, label in _MEASURES.items():
        if getattr(right, name) != getattr(own, name):
            found.append(Finding("measure", "", Fraction(0), f"{label}の値が事例と違います。"))
    return found


def _part_findings(right: Sequence[PartLoss], own: Sequence[PartLoss]) -> list[Finding]:
    mine = {part.key: part for part in own}
    found: list[Finding] = []
    for part in right:
        other = mine.get(part.key)
        if other is None or (not other.rate and part.rate):
            if part.rate:
                said = f"{part.name}の損傷 {shown(part.loss)}％ が入っていません。"
                found.append(Finding("missing", part.key, -part.loss, said))
        elif other.rate and not part.rate:
            said = f"{part.name}には損傷がありません（{shown(other.loss)}％ としています）。"
            found.append(Finding("extra", part.key, other.loss, said))
        elif part.cells and other.cells:
            found += _by_cells(part, other)
        elif other.rate != part.rate:
            right_rate, own_rate = shown(part.rate * 100), shown(other.rate * 100)
            said = f"{part.name}の損傷率は {right_rate}％ です（{own_rate}％ としています）。"
            found.append(
                Finding(
                    "loss" if part.entered == "loss" else "length", part.key, other.loss - part.loss, said
                )
            )
    return found


def _by_cells(right: PartLoss, own: PartLoss) -> list[Finding]:
    """The difference in a part as area × mean degree: what the area makes of it, and what the degree makes of it."""
    shares, mine = _by_degree(right), _by_degree(own)
    if shares == mine:
        return []
    area, own_area = sum(shares.values(), Fraction(0)), sum(mine.values(), Fraction(0))
    found = []
    if area != own_area:
        percent = (own_area - area) * (right.rate / area if area else Fraction(0)) * right.weight
        said = f"{right.name}の損傷の割合は {shown(area * 100)}％ です（{shown(own_area * 100)}％ としています）。"
        found.append(Finding("area", right.key, percent, said))
    if area and own_area and _spread(shares, area) != _spread(mine, own_area):
        percent = own_area * (own.rate / own_area - right.rate / area) * right.weight
        said = f"{right.name}の損傷の程度は {_degrees(shares)} です（{_degrees(mine)} としています）。"
        found.append(Finding("degree", right.key, percent, said))
    return found


def _by_degree(part: PartLoss) -> dict[Degree, Fraction]:
    found: dict[Degree, Fraction] = {}
    for cell in part.cells:
        found[cell.degree] = found.get(cell.degree, Fraction(0)) + cell.counted
    return {degree: share for degree, share in found.items() if share}


def _spread(shares: Mapping[Degree, Fraction], area: Fraction) -> dict[Degree, Fraction]:
    return {degree: share / area for degree, share in shares.items()}


def _degrees(shares: Mapping[Degree, Fraction]) -> str:
    order = list(DEGREES)
    return "、".join(
        f"程度{DEGREES[degree]} {shown(shares[degree] * 100)}％" for degree in sorted(shares, key=order.index)
    )


def _method(given: object, own: Assessment | None) -> Any:
    if given is None:
        return own.method if own is not None else None
    if given not in METHODS:
        raise WrongInput(f"判定の方法「{given}」はありません。方法：{'、'.join(METHODS)}", column="method")
    return given


def _sums(
    own: Assessment | None, stated: Fraction | None, losses: Mapping[str, Fraction], tolerance: Fraction
) -> list[Finding]:
    """What was written down against what follows from the attempt's own survey."""
    if own is None or not own.parts:
        return []
    found: list[Finding] = []
    parts = {part.key: part for part in own.parts}
    for key, written in losses.items():
        part = parts.get(key)
        if part is None:
            raise WrongInput(f"部位「{key}」はこの調査にありません。", column=f"losses.{key}")
        if _near(written, part.loss, tolerance) or written == floor(part.loss):
            continue
        if _near(written, part.rate * 100, tolerance) or written == floor(part.rate * 100):
            found.append(_forgotten(part))
        else:
            said = f"{part.name}の損害割合は {shown(part.loss)}％ です（{shown(written)}％ としています）。"
            found.append(Finding("sum", key, written - part.loss, said))
    if stated is None or own.percent is None or _near(stated, own.percent, tolerance) or found:
        return found
    left_out = _left_out(own.parts, stated, tolerance)
    if left_out:
        return [_forgotten(part) for part in left_out]
    said = f"入力した損傷からの合計は {shown(own.percent)}％ です（{shown(stated)}％ としています）。"
    return [Finding("sum", "", stated - own.percent, said)]


def _forgotten(part: PartLoss) -> Finding:
    over = part.rate * 100 - part.loss
    said = (
        f"{part.name}の損傷率 {shown(part.rate * 100)}％ に構成比 {shown(part.weight)}％ を掛けていません"
        f"（正しくは {shown(part.loss)}％）。"
    )
    return Finding("weight", part.key, over, said)


def _left_out(parts: Sequence[PartLoss], stated: Fraction, tolerance: Fraction) -> tuple[PartLoss, ...]:
    """The fewest parts whose weights, left out, explain the sum that was written down; also with losses cut off."""
    damaged = [part for part in parts if part.rate and part.weight != 100]
    whole = sum((part.loss for part in parts), Fraction(0))
    cut = sum((Fraction(floor(part.loss)) for part in parts), Fraction(0))
    for count in range(1, len(damaged) + 1):
        for some in combinations(damaged, count):
            exact = whole + sum((part.rate * 100 - part.loss for part in some), Fraction(0))
            floored = cut + sum(
                (Fraction(floor(part.rate * 100) - floor(part.loss)) for part in some), Fraction(0)
            )
            if _near(stated, exact, tolerance) or stated == floored:
                return some
    return ()


def _class_finding(case: Case, class_key: str, stated: Fraction | None, own: Assessment | None) -> Finding:
    classes = case.answer.classes
    name, right = classes.named(class_key).name, case.answer.verdict.name
    said = f"正しくは{right}です（{name}としています）。"
    if stated is not None and classes.of(stated).key != class_key:
        said += f"損害割合 {shown(stated)}％ は{classes.of(stated).name}です。"
    elif own is not None and own.verdict.key == case.answer.verdict.key:
        said += "入力した調査の結果からも正しい区分になります。"
    return Finding("class", "", Fraction(0), said)


def _losses(given: object) -> dict[str, Fraction]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise WrongInput("部位ごとの損害割合を {部位: ％} の形にしてください。", column="losses")
    return {str(key): _number(each, f"losses.{key}") or Fraction(0) for key, each in given.items()}


def _number(given: object, column: str) -> Fraction | None:
    if given is None:
        return None
    found = exact(given)
    if found is None or not 0 <= found <= 1000:
        raise WrongInput(f"「{given}」は0以上の数（％）にしてください。", column=column)
    return found


def _near(one: Fraction, other: Fraction, tolerance: Fraction) -> bool:
    return abs(one - other) <= tolerance


def compare(case: Case, scores: Sequence[Score]) -> Comparison | None:
    """How far assessors of one case lie apart, in per cent of loss; None where nobody came to a per cent.

    >>> survey = {"date": "2022-01-01", "structure": "wood", "hazard": "earthquake",
    ...           "parts": [{"part": "wall", "degree": "III", "area": 0.4}]}
    >>> case = case_of("a", "外壁", "", survey)
    >>> areas = ("0.4", "0.2")
    >>> tries = [score(case, {"class": "quasi_half", "survey": {"parts": [dict(survey["parts"][0], area=area)]}})
    ...          for area in areas]
    >>> found = compare(case, tries)
    >>> str(found.least), str(found.most), str(found.mean), str(found.right)
    ('15/2', '15', '45/4', '1')
    """
    percents = [each.own.percent for each in scores if each.own is not None and each.own.percent is not None]
    if not percents:
        return None
    mean = sum(percents, Fraction(0)) / len(percents)
    spread = sum(((each - mean) ** 2 for each in percents), Fraction(0)) / len(percents)
    right = Fraction(sum(each.class_right for each in scores), len(scores))
    return Comparison(len(percents), min(percents), max(percents), mean, sqrt(spread), right)


def weighted_kappa(
    one: Sequence[str], other: Sequence[str], order: Sequence[str] = CLASS_ORDER
) -> float | None:
    """Cohen's kappa with quadratic weights of two assessors' classes of the same cases, in the same order.

    1 is complete agreement, 0 what chance gives. None where both name one and the same class only. ValueError for
    sequences of different or no length and for a class that is not in `order`. Source: Cohen (1968), Psychological
    Bulletin 70(4).

    >>> weighted_kappa(["total", "half", "partial"], ["total", "half", "partial"])
    1.0
    >>> weighted_kappa(["total", "partial"], ["partial", "total"])
    -1.0
    """
    if len(one) != len(other) or not one:
        raise ValueError("two sequences of the same length are needed")
    rank = {key: number for number, key in enumerate(order)}
    try:
        first, second = [rank[each] for each in one], [rank[each] for each in other]
    except KeyError as error:
        raise ValueError(f"unknown class {error}") from None
    seen = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) * len(one)
    chance = sum((a - b) ** 2 for a in first for b in second)
    return None if chance == 0 else 1 - seen / chance


def agreement(named: Mapping[str, Sequence[str]], answers: Sequence[str]) -> Agreement:
    """Agreement of assessors: classes they named by assessor, over the cases whose right classes are `answers`.

    ValueError as of `weighted_kappa`, and where there is no assessor.

    >>> found = agreement({"a": ["total", "half"], "b": ["total", "half"]}, ["total", "quasi_half"])
    >>> found.kappa, str(found.identical), round(found.with_answer["a"], 3)
    (1.0, '1', 0.923)
    """
    if not named:
        raise ValueError("no assessor")
    with_answer = {name: weighted_kappa(each, answers) for name, each in named.items()}
    pairs = [weighted_kappa(one, other) for one, other in combinations(named.values(), 2)]
    known = [each for each in pairs if each is not None]
    same = sum(len({each[number] for each in named.values()}) == 1 for number in range(len(answers)))
    return Agreement(
        len(named),
        len(answers),
        sum(known) / len(known) if known else None,
        with_answer,
        Fraction(same, len(answers)),
    )

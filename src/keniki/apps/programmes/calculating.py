"""One calculation at a time: what is asked of a person, and the lines and notes of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from keniki.core.fiscal_year import FiscalYear
from keniki.core.money import format_money
from keniki.rulebooks.loader import RuleUnknown
from keniki.rulebooks.programmes.funding import Support, cap_rule, rate_rule, support

from . import funding

Lines = tuple[list[tuple[str, str]], list[str]]

#: What may be calculated, by its key.
CALCULATORS = {
    "revenue": "一般財源（特定財源を除いた額）",
    "bond": "地域活性化事業債",
    "hub": "普通交付税（連携中枢都市、参考）",
    "experts": "外部人材の活用",
    "medical": "地域医療の負担金",
    "fund_formation": "ファンドの形成",
    "fund_income": "基金の運用益",
    "grant": "交付金（広域連携加速化事業）",
}
ESTIMATED = "見込額です。実際の額は、国・都道府県の決定によります。"


def calculate(what: str, data: Mapping[str, Any], settings: Mapping[str, object]) -> Lines:
    """The answer to a question of `CALCULATORS`; WrongInput or RuleUnknown where it cannot be given."""
    lines, notes = _WAYS[what](data, FiscalYear(data["year"]), settings)
    return lines, notes


def _revenue(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    incomes = [
        funding.Income(kind, kind.label, year, data.get(kind.value) or 0) for kind in funding.IncomeKind
    ]
    other = data.get("earmarked") or 0
    revenue = funding.general_revenue(data["amount"], [*(income.yen for income in incomes), other])
    lines = [
        ("事業費", _yen(data["amount"])),
        *((kind.label, _yen(amount)) for kind, amount in funding.income_by_kind(incomes, year).items()),
        ("その他の特定財源", _yen(other)),
        ("一般財源", _yen(revenue)),
    ]
    role, programme = funding.Role(data["role"]), data["programme"]
    rate, cap = rate_rule(programme, year, settings), cap_rule(programme, role, year, settings)
    try:
        amount = funding.special_allocation(revenue, cap.value.cap, rate.value.factor)
    except RuleUnknown as unknown:
        return lines, [unknown.message]
    lines += [
        ("一般財源に乗じる率", _percent(rate.value.rate)),
        ("上限額", _yen(cap.value.cap)),
        ("特別交付税措置見込額（この事業だけの場合）", _yen(amount)),
    ]
    return lines, [ESTIMATED, *_rule(cap.value, cap.source), f"率：{rate.source}"]


def _bond(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    bond = funding.regional_bond(
        data["programme"],
        year,
        data["amount"],
        field=data.get("field") or "",
        earmarked=data.get("earmarked") or 0,
        interest=data.get("interest") or 0,
        settings=settings,
    )
    value = bond.rule.value
    lines = [
        ("事業費", _yen(bond.cost)),
        ("特定財源", _yen(bond.earmarked)),
        (f"地域活性化事業債（充当率 {_percent(value.rate)}）", _yen(bond.borrowed)),
        ("一般財源（当年度）", _yen(bond.cash)),
        ("利子", _yen(bond.interest)),
        (f"交付税算入（元利償還金の {_percent(value.supported)}）", _yen(bond.supported)),
        ("実質負担", _yen(bond.net)),
    ]
    return lines, [ESTIMATED, *_rule(value, bond.rule.source), bond.rule.note]


def _hub(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    found = funding.hub_reference(data["amount"], year, settings=settings)
    lines = [
        ("圏域人口", f"{found.population:,}人"),
        ("参考額（2点を結ぶ直線）", _yen(found.amount)),
        ("参考額の上（べき乗の曲線）", _yen(found.upper)),
    ]
    return lines, [found.statement, *_rule(found.rule.value, found.rule.source), found.rule.note]


def _experts(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    rule = support(f"{data['programme']}.experts", year, settings)
    nth = data.get("nth_year") or 1
    amount = funding.expert_support(data["programme"], year, data["amount"], nth, settings=settings)
    years = f"、{rule.value.years}年まで" if rule.value.years else ""
    lines = [
        ("経費", _yen(data["amount"])),
        (f"上限額（{nth}年目{years}）", _yen(rule.value.cap)),
        ("特別交付税措置見込額", _yen(amount)),
    ]
    return lines, [ESTIMATED, *_rule(rule.value, rule.source)]


def _medical(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    rule = support(f"{data['programme']}.medical", year, settings)
    amount = funding.medical_support(data["programme"], year, data["amount"], settings=settings)
    lines = [("負担金", _yen(data["amount"])), ("特別交付税措置見込額", _yen(amount))]
    return lines, [ESTIMATED, *_rule(rule.value, rule.source)]


def _fund_formation(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    fund = funding.fund_formation(year, data["amount"], data.get("interest") or 0, settings=settings)
    value = fund.rule.value
    lines = [
        ("ファンドの額", _yen(fund.size)),
        (f"一般単独事業債（充当率 {_percent(value.rate)}）", _yen(fund.borrowed)),
        ("償還利子", _yen(fund.interest)),
        (f"特別交付税措置見込額（利子の {_percent(value.supported)}）", _yen(fund.supported)),
    ]
    return lines, [ESTIMATED, *_rule(value, fund.rule.source)]


def _fund_income(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    rate = data.get("rate") or Decimal(0)
    income = funding.fund_income(data["amount"], rate)
    lines = [("基金の額", _yen(data["amount"])), ("利率", _percent(rate)), ("運用益（1年）", _yen(income))]
    return lines, ["運用益は特定財源です。事業費から除いた残りが一般財源になります。"]


def _grant(data: Mapping[str, Any], year: FiscalYear, settings: Mapping[str, object]) -> Lines:
    amount = funding.prefecture_grant(year, data["amount"], settings=settings)
    lines = [("対象経費", _yen(data["amount"])), ("交付金の見込額", _yen(amount))]
    return lines, [ESTIMATED, "交付率と限度額は回答値（「尋ねる規則」の画面）によります。"]


_WAYS: dict[str, Callable[[Mapping[str, Any], FiscalYear, Mapping[str, object]], Lines]] = {
    "revenue": _revenue,
    "bond": _bond,
    "hub": _hub,
    "experts": _experts,
    "medical": _medical,
    "fund_formation": _fund_formation,
    "fund_income": _fund_income,
    "grant": _grant,
}


def _rule(value: Support, source: str) -> list[str]:
    return [note for note in (value.article, value.condition, source) if note]


def _yen(amount: int) -> str:
    return format_money(amount, with_unit=True)


def _percent(rate: Decimal | None) -> str:
    return "" if rate is None else f"{(rate * 100).normalize():f}％"

"""How figures are written in explanations."""

from __future__ import annotations

from decimal import Decimal

from keniki.rulebooks.programmes.eligibility import Comparison, EligibilityRule

#: How a comparison is said after its threshold.
WORDS = {
    Comparison.GREATER: "を超えること",
    Comparison.AT_LEAST: "以上",
    Comparison.BELOW: "未満",
    Comparison.AT_MOST: "以下",
}


def percent(value: Decimal, against: Decimal = Decimal(1)) -> str:
    """A fraction as `96.7％`, with as many decimals (up to four) as tell it from the threshold `against`."""
    shown, limit = value * 100, against * 100
    for places in (1, 2, 3, 4):
        rounded = round(shown, places)
        if rounded != limit or shown == limit:
            break
    return f"{rounded}％"


def limit(rule: EligibilityRule) -> str:
    """A rule's threshold in words, `40,000人を超えること`; empty for a rule without one."""
    if rule.threshold is None or rule.comparison is None:
        return ""
    if rule.unit == "ratio":
        return f"{(rule.threshold * 100).normalize():f}％{WORDS[rule.comparison]}"
    return f"{in_unit(rule.threshold, rule.unit)}{WORDS[rule.comparison]}"


def in_unit(value: Decimal, unit: str, against: Decimal | None = None) -> str:
    """A figure as its unit is written: ratios as per cent, persons with commas, anything else with its unit."""
    if unit == "ratio":
        return percent(value) if against is None else percent(value, against)
    if unit == "人":
        return persons(value)
    shown = f"{value.normalize():f}" if value else "0"
    return f"{shown}{unit}"


def persons(value: Decimal) -> str:
    """`79,306人`."""
    return f"{int(value):,}人"

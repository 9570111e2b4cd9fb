"""How figures are written in explanations."""

from __future__ import annotations

from decimal import Decimal


def percent(value: Decimal, against: Decimal = Decimal(1)) -> str:
    """A fraction as `96.7％`, with as many decimals (up to four) as tell it from the threshold `against`."""
    shown, limit = value * 100, against * 100
    for places in (1, 2, 3, 4):
        rounded = round(shown, places)
        if rounded != limit or shown == limit:
            break
    return f"{rounded}％"


def persons(value: Decimal) -> str:
    """`79,306人`."""
    return f"{int(value):,}人"

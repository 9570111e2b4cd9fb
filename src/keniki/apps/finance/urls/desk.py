"""The addresses that all pages of money begin with."""

from __future__ import annotations

from typing import Final

DESK: Final = "desk/<slug:region>/finance"
COSTS: Final = f"{DESK}/costs"
COST: Final = f"{COSTS}/<slug:slug>"

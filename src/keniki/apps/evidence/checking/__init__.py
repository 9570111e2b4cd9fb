"""Checking the sources (出典の検算): whether stored tables and figures typed from a document add up."""

from __future__ import annotations

from .findings import sections
from .keeping import kept_sections
from .results import Checked, Section, Used, totals
from .typed import MOST_LINES, TypedFinding, WrongLine, check_lines, worst_first

__all__ = [
    "MOST_LINES",
    "Checked",
    "Section",
    "TypedFinding",
    "Used",
    "WrongLine",
    "check_lines",
    "kept_sections",
    "sections",
    "totals",
    "worst_first",
]

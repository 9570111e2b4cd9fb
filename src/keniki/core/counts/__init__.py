"""Typed counts (数量) in result lines: found, kept as typed, changed, added with nothing counted twice."""

from keniki.core.counts.add import leaves, total
from keniki.core.counts.find import CountText, FoundCount, find, parse_count, render, split
from keniki.core.counts.model import Basis, Count, Quantity, format_count, municipality_count, quantity_of

__all__ = [
    "Basis",
    "Count",
    "CountText",
    "FoundCount",
    "Quantity",
    "find",
    "format_count",
    "leaves",
    "municipality_count",
    "parse_count",
    "quantity_of",
    "render",
    "split",
    "total",
]

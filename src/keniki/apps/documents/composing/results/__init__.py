"""実績報告書: the multi-year results report, in the order and wording its reader at the prefecture checks."""

from .records import Gathered
from .report import compose

__all__ = ["Gathered", "compose"]

"""The papers of joint costs: explanation for an assembly, calculation, request, notice, dunning letter.

Each is composed from records alone into blocks of `keniki.press`: the same records give the same file.
"""

from .calculation import calculation
from .common import FORMS, Paper
from .explanation import explanation
from .letters import dunning_letter, request_letter
from .notice import notice

__all__ = [
    "FORMS",
    "Paper",
    "calculation",
    "dunning_letter",
    "explanation",
    "notice",
    "request_letter",
]

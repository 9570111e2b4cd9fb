"""What a joint cost's budget lines are posted for (登録元): `joint/<slug>/<year>/<code>/<stage>/<round>/<part>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from .models import BudgetLine, JointCost

JOINT: Final = "joint"
#: The parts: a town's general revenue, what other money pays of its share, the revenue meant for the cost.
GENERAL: Final = "general"
EARMARKED: Final = "earmarked"
REVENUE: Final = "revenue"
#: An origin has 120 characters, of which the rest of it takes up to 45.
_SLUG: Final = 75


@dataclass(frozen=True)
class Origin:
    """Where a line of a joint cost comes from; `code` is empty where no municipality bears it."""

    slug: str
    year: int
    code: str
    stage: str
    round: int
    part: str

    def __str__(self) -> str:
        return "/".join(
            (JOINT, self.slug, str(self.year), self.code or "0", self.stage, str(self.round), self.part)
        )

    def address(self, region: str) -> str:
        """The page on which it is entered or made: the town's budget, of revenue the cost's budgets."""
        if self.part == REVENUE:
            return reverse("finance:budgets", args=[region, self.slug, self.year])
        page = reverse("finance:town-budget", args=[region, self.slug, self.year, self.code])
        return f"{page}?{urlencode({'stage': self.stage, 'round': self.round})}"


def stem_of(cost: JointCost, year: int) -> str:
    """What the origins of all lines of a joint cost's fiscal year begin with."""
    return f"{JOINT}/{cost.slug[:_SLUG]}/{year}/"


def origin_of(cost: JointCost, year: int, code: str, stage: str, round_: int, part: str) -> str:
    """The origin of a line, in words of 120 characters at most."""
    return str(Origin(cost.slug[:_SLUG], year, code, stage, round_, part))


def joint_origin(line: BudgetLine) -> Origin | None:
    """Where a line of a joint cost comes from; None for every other line.

    >>> found = joint_origin(BudgetLine(origin="joint/kunren/2024/019020/supplementary/1/general"))
    >>> found.code, found.round, found.part
    ('019020', 1, 'general')
    >>> joint_origin(BudgetLine(origin="fees/2024-07")) is None
    True
    """
    parts = line.origin.split("/")
    if len(parts) != 7 or parts[0] != JOINT:
        return None
    _, slug, year, code, stage, round_, part = parts
    return Origin(slug, int(year), "" if code == "0" else code, stage, int(round_), part)

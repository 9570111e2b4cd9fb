"""What a rule found: every municipality in one area, by which flow, and what no area took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np

from keniki.analysis.arrays import Array

from .flows import Places

NOBODY: Final = -1


class Role(StrEnum):
    """What a municipality is in its area."""

    CENTRE = "centre"
    CORE = "core"
    SUBURB = "suburb"
    ALONE = "alone"


@dataclass(frozen=True)
class Member:
    """A municipality in its area, which is called by its centre's code.

    `order` is 0 in the centre, 1 where the flow to the centre decided, 2 where that to a suburb of order 1 did, and so
    on; None alone. `towards` is where that flow goes and `share` its part of the residents (in labour market areas
    the part who work anywhere in the area).
    """

    code: str
    area: str
    role: Role
    order: int | None
    towards: str | None
    share: float | None


@dataclass(frozen=True)
class Delineation:
    """The areas a rule made of n municipalities, as places among `codes` (n,).

    `centre` is the municipality each one's area is called by, itself where it stands alone; `order` as in `Member`, −1
    alone; `towards` −1 and `share` NaN where no flow decided. `facts` are figures of each area by its name, `notes`
    what a reader has to know, in Japanese.
    """

    rule: str
    codes: tuple[str, ...]
    centre: Places
    order: Places
    towards: Places
    share: Array
    facts: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def areas(self) -> dict[str, str]:
        """The area of each municipality."""
        return {
            code: self.codes[centre] for code, centre in zip(self.codes, self.centre.tolist(), strict=True)
        }

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Every municipality and why it is where it is."""
        return tuple(self._member(place) for place in range(len(self.codes)))

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The municipalities of each area, the centre first; areas by their names."""
        found: dict[str, list[str]] = {}
        for code, area in self.areas.items():
            found.setdefault(area, []).append(code)
        return {
            area: tuple(sorted(found[area], key=lambda code: (code != area, code))) for area in sorted(found)
        }

    @property
    def count(self) -> int:
        """The number of areas, with those of one municipality alone."""
        return len(np.unique(self.centre))

    @property
    def alone(self) -> tuple[str, ...]:
        """The municipalities no area took."""
        return tuple(self.codes[place] for place in np.flatnonzero(self.order < 0))

    def _member(self, place: int) -> Member:
        centre, order, towards = int(self.centre[place]), int(self.order[place]), int(self.towards[place])
        if order < 0:
            role = Role.ALONE
        elif order:
            role = Role.SUBURB
        else:
            role = Role.CENTRE if centre == place else Role.CORE
        share = float(self.share[place])
        return Member(
            code=self.codes[place],
            area=self.codes[centre],
            role=role,
            order=None if order < 0 else order,
            towards=None if towards < 0 else self.codes[towards],
            share=None if np.isnan(share) else share,
        )

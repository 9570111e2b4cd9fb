"""What was done: activities with their lines, counts, and the measures and roles they keep."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from keniki.apps.activities import kinds

from .base import Code, Day, Key, Part, Slug, Sourced, Text, Year

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[tuple(kinds.Kind.values)]


class MeasureRef(Part):
    agreement: Slug
    measure: Key


class RoleRef(Part):
    """A line of a party's role: the agreement, the annex item's key and the line's."""

    agreement: Slug
    item: Key
    role: Key


class CountIn(Part):
    """A typed count (数量). `key` is what a line's text names as `{key}`.

    `as_typed` is the wording of the source ("4市3町", "約300人") where it is not `value` + `counter`.
    A count with `part_of` is contained in the count of that key and is never added to it.
    """

    key: Key
    value: Annotated[Decimal, Field(ge=0)]
    counter: Text
    quantity: Key
    basis: Literal["exact", "cumulative", "about", "about_cumulative"] = "exact"
    as_typed: str = ""
    municipality: Code | None = None
    part_of: Key | None = None


class Line(Part):
    """A line under an activity: a result (→), a note (※) or a lecturer line; `{key}` stands for a count."""

    kind: Literal["result", "note", "lecturer"]
    text: Text


class Activity(Sourced):
    """What was done, or the record that nothing was (`state: none`, printed ―) in that fiscal year.

    In the trace `study`, `survey` and `meeting` count as studied only (検討); every other kind counts as done.
    """

    slug: Slug
    initiative: Slug
    project: Slug | None = None
    fiscal_year: Year
    order: Annotated[int, Field(ge=0)] = 0
    title: str = ""
    kind: Kind
    state: Literal["planned", "done", "none"]
    tally_only: bool = False
    municipality: Code | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    place: str = ""
    organiser: str = ""
    text: str = ""
    measures: list[MeasureRef] = Field(default_factory=list)
    roles: list[RoleRef] = Field(default_factory=list)
    lines: list[Line] = Field(default_factory=list)
    counts: list[CountIn] = Field(default_factory=list)
    origin: str = ""

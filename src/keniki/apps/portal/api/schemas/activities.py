"""Activities with their counts, and the trace."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from keniki.apps.activities.kinds import DONE

from .basics import (
    Amount,
    Code,
    Day,
    In,
    Key,
    Line,
    Name,
    Number,
    Out,
    Permission,
    Slug,
    SourceRef,
    Text,
    TownRef,
    Version,
    Year,
)


class LineOut(Out):
    kind: str
    text: str


class CountOut(Out):
    """A count. One that is `part_of` another is contained in it; `words` is how it is printed."""

    key: str
    quantity: str
    value: Number
    unit: str
    basis: str
    words: str
    municipality: TownRef | None
    part_of: str | None
    proxy: bool
    version: int


class MeasureRef(Out):
    agreement: str
    measure: str


class RoleRef(Out):
    """A line of a party's role: the agreement, the annex item's key and the line's."""

    agreement: str
    item: str
    role: str


class ActivityOut(Out):
    slug: str
    version: int
    initiative: str
    project: str | None
    fiscal_year: int
    title: str
    kind: str
    state: str
    tally_only: bool
    municipality: TownRef | None
    starts_on: date | None
    ends_on: date | None
    place: str
    organiser: str
    text: str
    proxy: bool
    lines: list[LineOut]
    counts: list[CountOut]
    measures: list[MeasureRef]
    roles: list[RoleRef]
    source: SourceRef | None


class ActivityDetail(ActivityOut):
    permission: Permission


class LineIn(In):
    kind: Literal["result", "note", "lecturer"] = "result"
    text: Line


class MeasureIn(In):
    agreement: Slug
    measure: Key


class RoleIn(In):
    agreement: Slug
    item: Key
    role: Key


if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[DONE]


class ActivityIn(In):
    """An activity as it shall be. `state` none records that nothing was done; title and kind are not used then.

    Numbers with their counters in `lines` become counts.
    """

    initiative: Slug
    fiscal_year: Year
    title: Line = ""
    kind: Kind = "other"
    state: Literal["planned", "done", "none"] = "done"
    project: Slug | None = None
    municipality: Code | None = None
    tally_only: bool = False
    starts_on: Day | None = None
    ends_on: Day | None = None
    place: Name = ""
    organiser: Name = ""
    text: Text = ""
    lines: Annotated[list[LineIn], Field(max_length=50)] = Field(default_factory=list)
    measures: Annotated[list[MeasureIn], Field(max_length=50)] = Field(default_factory=list)
    roles: Annotated[list[RoleIn], Field(max_length=100)] = Field(default_factory=list)


class ActivityChange(In):
    """What shall be different; names left out stay as they are. `version` is the one that was read."""

    version: Version
    fiscal_year: Year | None = None
    title: Line | None = None
    kind: Kind | None = None
    state: Literal["planned", "done"] | None = None
    project: Slug | None = None
    municipality: Code | None = None
    tally_only: bool | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    place: Name | None = None
    organiser: Name | None = None
    text: Text | None = None
    lines: Annotated[list[LineIn], Field(max_length=50)] | None = None
    measures: Annotated[list[MeasureIn], Field(max_length=50)] | None = None
    roles: Annotated[list[RoleIn], Field(max_length=100)] | None = None


class TownCountIn(In):
    """A town's figure within a total; null takes it back. `version` is the figure's, 0 without one."""

    value: Amount | None
    version: Version


class TraceCellOut(Out):
    fiscal_year: int
    state: str
    activities: list[str]


class TraceRowOut(Out):
    """A promise: a measure of all parties (`measure`), or a line of some parties' role (`role`, `whose`).

    A `draft` stands in an agreement that was never concluded: nobody has promised it yet.
    """

    agreement: str
    draft: bool
    item: str
    item_title: str
    kind: Literal["measure", "role"]
    measure: str | None
    role: str | None
    whose: str
    municipalities: list[str]
    text: str
    overall: str
    years: list[TraceCellOut]


class TraceOut(Out):
    years: list[int]
    rows: list[TraceRowOut]

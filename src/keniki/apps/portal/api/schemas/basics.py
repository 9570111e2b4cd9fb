"""Values that many shapes share, and how refusals look."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

#: A name in an address or a reference.
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=40)]
Year = Annotated[int, Field(ge=1868, le=2117, description="年度（始まりの年、西暦）")]
Version = Annotated[int, Field(ge=0, le=2_147_483_647)]
Id = Annotated[int, Field(ge=1, le=9_223_372_036_854_775_807)]
Limit = Annotated[int, Field(ge=1, le=200, description="1ページの件数（200まで）")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="何件目の次から（0で最初から）")]
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=200)]
Text = Annotated[str, StringConstraints(pattern=_PLAIN, max_length=20_000)]
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=100)]
Amount = Annotated[Decimal, Field(ge=0, lt=Decimal(10) ** 12, max_digits=15, decimal_places=3)]
Reading = Annotated[Decimal, Field(gt=-(Decimal(10) ** 12), lt=Decimal(10) ** 12, decimal_places=4)]
Day = Annotated[date, Field(ge=date(1868, 1, 1), le=date(2118, 3, 31))]
Number = int | float

T = TypeVar("T")


class Out(Schema):
    """What is answered."""


class Page(Out, Generic[T]):
    """A part of a list; `count` is how many there are in all."""

    count: int
    items: list[T]


class In(Schema):
    """What is sent: unknown names are refused."""

    model_config = ConfigDict(extra="forbid")


class Problem(Out):
    """What is wrong, where, what to do."""

    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None


class Refusal(Out):
    error: Problem


class ConflictOut(Out):
    """Two people, one record: what was sent and what is stored now."""

    error: Problem
    mine: dict[str, Any]
    current: dict[str, Any] | None


class Permission(Out):
    """Whether the actor may write this, and why (not)."""

    allowed: bool
    reason: str
    on_behalf_of: str = ""


class TownRef(Out):
    code: str
    name: str


class SourceRef(Out):
    title: str
    place: str = ""
    flag: str = ""

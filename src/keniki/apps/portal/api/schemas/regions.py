"""Regions, members, facts, municipalities, the actor, the log."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from .basics import Number, Out, Permission, SourceRef, TownRef


class PostOut(Out):
    label: str
    role: str
    organisation: str
    municipality: TownRef | None


class RegionRef(Out):
    slug: str
    name: str
    fictional: bool


class MyRegion(RegionRef):
    edit_shared: Permission


class MeOut(Out):
    """Who the token or session stands for, and what that may do where."""

    login: str | None
    name: str
    operator: bool
    posts: list[PostOut]
    regions: list[MyRegion]


class FactOut(Out):
    """A figure or text. A share is a fraction (`unit` 割合); `printed` is the number as in its source."""

    indicator: str
    label: str
    municipality: TownRef | None
    dimension: str
    as_of: date | None
    fiscal_year: int | None
    value: Number | None
    unit: str
    printed: str
    text: str
    source: SourceRef | None


class ProgrammeOut(Out):
    programme: str
    name: str
    valid_from: date | None
    valid_to: date | None
    legal_basis: str


class MemberOut(Out):
    code: str
    name: str
    kana: str
    role: str
    order: int
    valid_from: date | None
    valid_to: date | None


class RegionOut(RegionRef):
    secretariat: str
    members_term: str
    formation_history: str
    version: int
    programmes: list[ProgrammeOut]
    members: list[MemberOut]
    facts: list[FactOut]


class MunicipalityOut(Out):
    code: str
    name: str
    kana: str
    kind: str
    prefecture: str
    valid_from: date | None
    valid_to: date | None


class LogOut(Out):
    at: datetime
    actor: str
    post: str
    on_behalf_of: str
    via: str
    verb: str
    municipality: str
    text: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

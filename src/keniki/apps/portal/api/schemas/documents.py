"""Documents and their making."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from .basics import In, Out, Permission, Slug, Year


class FileOut(Out):
    format: str
    name: str
    size: int
    url: str


class DocumentRef(Out):
    kind: str
    kind_label: str
    number: int
    state: str
    state_label: str
    made_at: datetime
    missing: int
    public: bool
    parameters: dict[str, Any]


class GapOut(Out):
    place: str
    what: str


class ChangeOut(Out):
    change: str
    record: str


class DocumentOut(DocumentRef):
    version: int
    stale: bool
    problem: str
    changes: list[ChangeOut]
    gaps: list[GapOut]
    files: list[FileOut]
    permission: Permission


class DocumentIn(In):
    """What to build: years (and programme) for results, `slug` for the others."""

    kind: Literal["results", "agreement", "declaration", "vision"]
    first: Year | None = None
    last: Year | None = None
    programme: Slug | None = None
    slug: Slug | None = None


class RunOut(Out):
    id: int
    kind: str
    state: str
    done_steps: int
    all_steps: int
    step: str
    message: str
    document: int | None

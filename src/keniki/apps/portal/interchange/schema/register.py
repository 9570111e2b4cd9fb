"""The register from issue to project (課題から事業化へ)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Code, Day, Part, Slug, Sourced, Text

Stage = Literal["candidate", "studying", "trial", "project", "dropped"]


class Voice(Part):
    """A town that names a matter, or is interested in a candidate, with its own words if it has any."""

    municipality: Code
    text: str = ""


class Matter(Sourced):
    """An issue (課題), a field hoped for (期待する分野) or what is done jointly today (現状の取組).

    `municipality` says whose own entry it is. `surveyed_on` is as exact as `precision` says. `fields` are keys of the
    policy fields, `indicator` the catalogue's id.
    """

    slug: Slug
    order: Annotated[int, Field(ge=1)]
    kind: Literal["issue", "hope", "current"]
    title: Text
    text: str = ""
    fields: list[str] = Field(default_factory=list)
    body: str = ""
    survey: str = ""
    surveyed_on: Day | None = None
    precision: Literal["day", "month", "year"] = "day"
    indicator: str = ""
    municipality: Code | None = None
    voices: list[Voice] = Field(default_factory=list)


class CandidateStep(Part):
    """A stage the candidate came to."""

    stage: Stage
    on: Day | None = None
    reason: str = ""


class Candidate(Sourced):
    """A candidate for a measure (取組候補); `matters` are those it answers, `initiative` what it became."""

    slug: Slug
    order: Annotated[int, Field(ge=1)]
    title: Text
    text: str = ""
    fields: list[str] = Field(default_factory=list)
    #: Key of a heading under which the programme puts its fields.
    role: str = ""
    reach: str = ""
    effect: str = ""
    obstacle: str = ""
    responsible: str = ""
    matters: list[Slug] = Field(default_factory=list)
    interests: list[Voice] = Field(default_factory=list)
    stage: Stage = "candidate"
    stage_on: Day | None = None
    steps: list[CandidateStep] = Field(default_factory=list)
    trial_from: Day | None = None
    trial_to: Day | None = None
    trial_result: str = ""
    initiative: Slug | None = None

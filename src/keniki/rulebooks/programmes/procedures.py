"""The steps of each programme from the first preparation to the yearly review, with what each rests on."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache

from pydantic import Field, field_validator, model_validator

from keniki.rulebooks.loader import UNCONFIRMED, Entry, Rule, Rulebook, check_evidence, load


class Track(StrEnum):
    """The lines of a Gantt chart."""

    SURVEY = "survey"
    DECLARATION = "declaration"
    PANEL = "panel"
    WORKING_GROUP = "working_group"
    BUDGET = "budget"
    AGREEMENT = "agreement"
    VISION = "vision"
    GRANT = "grant"
    START = "start"
    REVIEW = "review"

    @property
    def label(self) -> str:
        """The line's Japanese name."""
        return _TRACK_LABELS[self]


_TRACK_LABELS = {
    Track.SURVEY: "調査",
    Track.DECLARATION: "宣言",
    Track.PANEL: "懇談会",
    Track.WORKING_GROUP: "部会",
    Track.BUDGET: "予算",
    Track.AGREEMENT: "協定・協約",
    Track.VISION: "ビジョン",
    Track.GRANT: "交付金",
    Track.START: "開始",
    Track.REVIEW: "見直し",
}


class Who(StrEnum):
    """Who takes a step; `EACH_PARTY` is done once every municipality has."""

    CENTRE = "centre"
    EACH_PARTY = "each_party"
    TOGETHER = "together"
    SECRETARIAT = "secretariat"
    PANEL = "panel"
    WORKING_GROUP = "working_group"

    @property
    def label(self) -> str:
        """Who it is, in words."""
        return _WHO_LABELS[self]


_WHO_LABELS = {
    Who.CENTRE: "中心となる市",
    Who.EACH_PARTY: "各市町村",
    Who.TOGETHER: "構成市町村",
    Who.SECRETARIAT: "事務局",
    Who.PANEL: "懇談会",
    Who.WORKING_GROUP: "部会",
}


class ProgrammeStep(Entry):
    """One step. `lag` days lie between the end of the last of `after` and its start (1: the next day), `days`
    is its usual length, `months` those it can lie in (none: any); `timing` is the evidence for these. A `yearly` one
    comes again on the same day of every year the programme lasts."""

    id: str
    name: str
    track: Track
    who: Who
    legal_basis: str = ""
    resolution: bool = False
    document: str = ""
    after: tuple[str, ...] = ()
    lag: int = Field(default=1, ge=0)
    days: int = Field(default=1, ge=1)
    months: tuple[int, ...] = ()
    yearly: bool = False
    required: bool = True
    evidence: tuple[str, ...]
    timing: tuple[str, ...]
    note: str = ""

    @field_validator("evidence", "timing")
    @classmethod
    def _evidence_exists(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return check_evidence(labels)

    @field_validator("months")
    @classmethod
    def _months_exist(cls, months: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= month <= 12 for month in months):
            raise ValueError("months は 1～12 で書いてください")
        return months

    @model_validator(mode="after")
    def _fits_a_month(self) -> ProgrammeStep:
        if self.months and self.days > 20:
            raise ValueError("months を定める手順の days は 20 以下にしてください")
        return self

    @property
    def confirmed(self) -> bool:
        """Whether the step rests on texts that were read."""
        return UNCONFIRMED not in self.evidence


class ProgrammeProcedure(Entry):
    """The steps in an order in which every step stands below those it follows.

    A plan forward begins with `anchor`, a plan back ends with `goal`; `example` is the anchor's day in the source.
    """

    name: str
    anchor: str
    goal: str
    example: date
    steps: tuple[ProgrammeStep, ...]

    @model_validator(mode="after")
    def _in_order(self) -> ProgrammeProcedure:
        seen: set[str] = set()
        for step in self.steps:
            unknown = [key for key in step.after if key not in seen]
            if unknown or step.id in seen:
                raise ValueError(
                    f"手順 {step.id} は、先行する手順 {'、'.join(unknown)} より後に一度だけ書いてください"
                )
            seen.add(step.id)
        if not {self.anchor, self.goal} <= seen:
            raise ValueError("anchor と goal は手順の名前にしてください")
        return self

    def step(self, step_id: str) -> ProgrammeStep:
        """The step of that name; KeyError for none."""
        return {step.id: step for step in self.steps}[step_id]

    def before(self, step_id: str) -> set[str]:
        """All steps that have to be done before a step, near or far."""
        found: set[str] = set()
        waiting = list(self.step(step_id).after)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += self.step(key).after
        return found


def programme_procedure(programme: str, on: date) -> Rule[ProgrammeProcedure]:
    """The procedure of `teiju`, `renkei` or `hokkaido` on a date."""
    return _procedures().on(programme, on)


def programme_procedures(on: date) -> dict[str, Rule[ProgrammeProcedure]]:
    """All procedures in force on a date."""
    return _procedures().in_force(on)


def single_city_procedure(on: date) -> Rule[ProgrammeProcedure]:
    """The procedure of `teiju` for a merged city that forms a region alone (合併1市圏域): a policy, no agreements."""
    return _single().on("teiju", on)


@cache
def _single() -> Rulebook[ProgrammeProcedure]:
    return load("programmes/procedures_single.yaml", ProgrammeProcedure)


@cache
def _procedures() -> Rulebook[ProgrammeProcedure]:
    return load("programmes/procedures.yaml", ProgrammeProcedure)

"""What each kind of agreement takes, step by step and per municipality, and the parts of a declaration."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache

from pydantic import field_validator

from keniki.rulebooks.loader import UNCONFIRMED, Entry, Rule, Rulebook, check_evidence, load
from keniki.rulebooks.programmes import Parties


class StepKind(StrEnum):
    """The kinds of steps, in the order they can come in."""

    CONSULTATION = "consultation"
    PRIOR_PUBLICATION = "prior_publication"
    ORDINANCE = "ordinance"
    BILL = "bill"
    RESOLUTION = "resolution"
    NOTICE_TO_PARTNER = "notice_to_partner"
    SIGNING = "signing"
    PUBLIC_NOTICE = "public_notice"
    NOTIFICATION = "notification"


class StepBy(StrEnum):
    """Who takes a step: every party for itself, or all parties together."""

    EACH_PARTY = "each_party"
    TOGETHER = "together"


class Action(StrEnum):
    """What is done with an agreement."""

    CONCLUDE = "conclude"
    CHANGE = "change"
    DISSOLVE = "dissolve"


class Step(Entry):
    """One step; `required` is false where it is only recommended."""

    kind: StepKind
    name: str
    by: StepBy
    required: bool = True
    legal_basis: str = ""
    evidence: tuple[str, ...]
    note: str = ""

    @field_validator("evidence")
    @classmethod
    def _evidence_exists(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return check_evidence(labels)

    @property
    def confirmed(self) -> bool:
        """Whether the step rests on texts that were read."""
        return UNCONFIRMED not in self.evidence


class Procedure(Entry):
    """The steps of one kind of agreement, in order."""

    name: str
    parties: Parties
    programme: str = ""
    conclude: tuple[Step, ...]
    change: tuple[Step, ...]
    dissolve: tuple[Step, ...]

    def steps(self, action: Action) -> tuple[Step, ...]:
        """The steps of one action."""
        return {Action.CONCLUDE: self.conclude, Action.CHANGE: self.change, Action.DISSOLVE: self.dissolve}[
            action
        ]

    def per_municipality(self, action: Action = Action.CONCLUDE) -> tuple[Step, ...]:
        """The steps that every party records for itself."""
        return tuple(step for step in self.steps(action) if step.by is StepBy.EACH_PARTY)

    def needs_resolution(self, action: Action = Action.CONCLUDE) -> bool:
        """Whether each party's assembly has to decide."""
        return any(step.kind is StepKind.RESOLUTION and step.required for step in self.steps(action))


class DeclarationPart(Entry):
    """A part of a declaration and the heading it has unless people type another."""

    key: str
    heading: str


class DeclarationForm(Entry):
    """The parts of a declaration in order."""

    parts: tuple[DeclarationPart, ...]


def declaration_form(programme: str, on: date) -> Rule[DeclarationForm]:
    """The parts of the declaration of `teiju` (中心市宣言) or `renkei` (連携中枢都市宣言)."""
    return _declarations().on(programme, on)


def declaring_programmes(on: date) -> tuple[str, ...]:
    """The programmes whose centre declares itself."""
    return tuple(_declarations().in_force(on))


def procedure(agreement_kind: str, on: date) -> Rule[Procedure]:
    """The procedure of `hokkaido_agreement`, `teiju_agreement`, `teiju_policy`, `renkei_pact`,
    `disaster_agreement` or `memorandum`; a change agreement (変更協定) takes the `change` steps of its kind.
    """
    return _procedures().on(agreement_kind, on)


def procedures(on: date) -> dict[str, Rule[Procedure]]:
    """All kinds of agreements on a date."""
    return _procedures().in_force(on)


@cache
def _declarations() -> Rulebook[DeclarationForm]:
    return load("compacts/declarations.yaml", DeclarationForm)


@cache
def _procedures() -> Rulebook[Procedure]:
    return load("compacts/procedures.yaml", Procedure)

"""What an agreement's kind asks of every party, read from the rulebook, and how far each one is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from keniki.apps.regions.queries import programme_words
from keniki.rulebooks import compacts as rulebook
from keniki.rulebooks.compacts import Action, Procedure, Step, StepKind
from keniki.rulebooks.loader import Rule

from .models import Agreement, AssemblyWay, Dissolution

#: The rulebook's name for each kind of agreement.
RULES: Final = {
    Agreement.Kind.MULTILATERAL: "hokkaido_agreement",
    Agreement.Kind.SETTLEMENT: "teiju_agreement",
    Agreement.Kind.PACT: "renkei_pact",
    Agreement.Kind.POLICY: "teiju_policy",
    Agreement.Kind.MUTUAL_AID: "disaster_agreement",
    Agreement.Kind.MEMORANDUM: "memorandum",
}

#: The steps a party's row records, in order.
RECORDED: Final = (
    StepKind.ORDINANCE,
    StepKind.BILL,
    StepKind.RESOLUTION,
    StepKind.NOTICE_TO_PARTNER,
    StepKind.PUBLIC_NOTICE,
    StepKind.NOTIFICATION,
)


@dataclass(frozen=True)
class StepState:
    """How far one party is with one step. `state`: done, todo, blocked (it failed) or skipped (not asked for)."""

    step: Step | None
    kind: StepKind
    state: str
    on: date | None
    note: str


def procedure_for(agreement: Agreement, on: date) -> Rule[Procedure]:
    """The rule of the agreement's kind on that day."""
    return rulebook.procedure(RULES[Agreement.Kind(agreement.kind)], on)


def action_of(agreement: Agreement) -> Action:
    """A 変更協定 takes the steps of a change, every other agreement those of its conclusion."""
    return Action.CHANGE if agreement.amends_id else Action.CONCLUDE


def town_steps(agreement: Agreement, on: date, action: Action | None = None) -> tuple[Step, ...]:
    """The required steps each party takes for itself and Keniki records (those of the conclusion by default)."""
    steps = procedure_for(agreement, on).value.per_municipality(action or action_of(agreement))
    return tuple(step for step in steps if step.required and step.kind in RECORDED)


def progress_of(row: AssemblyWay | None, steps: Iterable[Step]) -> list[StepState]:
    """One party's state in every recorded step; those its kind does not ask for are skipped."""
    asked = {step.kind: step for step in steps}
    return [_state(asked.get(kind), kind, row) for kind in RECORDED]


def open_towns(agreement: Agreement, kind: StepKind, on: date, action: Action | None = None) -> list[str]:
    """Names of the parties that have not taken a step the kind asks for; of a dissolution, those that decide."""
    steps = [step for step in town_steps(agreement, on, action) if step.kind is kind]
    if not steps:
        return []
    ways: Iterable[AssemblyWay]
    ways = agreement.dissolutions.all() if action is Action.DISSOLVE else agreement.resolutions.all()
    rows = {row.municipality_id: row for row in ways}
    return [
        party.municipality.name
        for party in agreement.parties.select_related("municipality")
        if (party.municipality_id in rows or action is not Action.DISSOLVE)
        and _state(steps[0], kind, rows.get(party.municipality_id)).state != "done"
    ]


def words_for(agreement_kind: str, on: date) -> dict[str, str]:
    """What the programme of the kind calls `centre` and `partner`; neutral words for kinds of no programme."""
    return programme_words(rulebook.procedure(RULES[Agreement.Kind(agreement_kind)], on).value.programme, on)


def _state(step: Step | None, kind: StepKind, row: AssemblyWay | None) -> StepState:
    if step is None:
        return StepState(None, kind, "skipped", None, "")
    if row is None:
        return StepState(step, kind, "todo", None, "")
    if kind is StepKind.ORDINANCE:
        state = {True: "done", False: "blocked", None: "todo"}[row.ordinance]
        return StepState(
            step, kind, state, None, row.ordinance_name or ("条例なし" if state == "blocked" else "")
        )
    if kind is StepKind.BILL:
        done = bool(row.bill_no and row.submitted_on)
        return StepState(step, kind, "done" if done else "todo", row.submitted_on, row.bill_no)
    if kind is StepKind.RESOLUTION:
        passed = row.result == AssemblyWay.Result.PASSED
        state = "done" if passed else "blocked" if row.result else "todo"
        return StepState(step, kind, state, row.resolved_on, row.get_result_display() if row.result else "")
    if kind is StepKind.NOTICE_TO_PARTNER:
        day = row.partner_noticed_on if isinstance(row, Dissolution) else None
    else:
        day = row.public_notice_on if kind is StepKind.PUBLIC_NOTICE else row.notified_on
    return StepState(step, kind, "done" if day else "todo", day, "")

"""What may be done in the programmes: answer rules, supply facts, claim general revenue, keep a plan."""

from .answers import AnswerDraft, answer_rule, remove_answer
from .claims import ClaimDraft, called, confirm_claims, import_claims, remove_claim, reopen_claims, save_claim
from .facts import FactDraft, remove_fact, supply_fact
from .plans import StepDraft, give_address, record_step, revoke_address, start_plan

__all__ = [
    "AnswerDraft",
    "ClaimDraft",
    "FactDraft",
    "StepDraft",
    "answer_rule",
    "called",
    "confirm_claims",
    "give_address",
    "import_claims",
    "record_step",
    "remove_answer",
    "remove_claim",
    "remove_fact",
    "reopen_claims",
    "revoke_address",
    "save_claim",
    "start_plan",
    "supply_fact",
]

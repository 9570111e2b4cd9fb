"""Answering the rules that ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, verb
from keniki.apps.programmes import policies
from keniki.apps.programmes.asking import Asking, asking_for, check, in_words
from keniki.apps.programmes.models import Answer
from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Answered


@dataclass(frozen=True)
class AnswerDraft:
    """An answer as it shall be: the parts by their field in the rule, numbers as text."""

    parameter: str
    value: Mapping[str, str]
    legal_basis: str
    valid_from: date
    valid_to: date | None = None
    note: str = ""


def answer_rule(
    actor: Actor,
    region: Region | None,
    draft: AnswerDraft,
    answer: Answer | None = None,
    version: int | None = None,
) -> Answer:
    """Store an answer for a region, or without one for everybody. Raises `WrongInput`, `Denied` or `Stale`."""
    rule = asking_for(draft.parameter)
    if rule is None:
        raise WrongInput(f"値を尋ねる規則「{draft.parameter}」はありません。", column="規則")
    basis = draft.legal_basis.strip()
    check(rule, Answered(draft.value, basis, draft.valid_from, draft.valid_to))
    owner = region if answer is None else answer.region
    ruling = policies.answer_rule(actor, owner)
    slug = owner.slug if owner is not None else ""
    with verb(actor, "programmes.answer_rule", region=slug, ruling=ruling, quiet=answer is not None) as act:
        if answer is None:
            saved, old = Answer(region=owner, parameter=draft.parameter), {}
        else:
            saved = act.lock(answer, version)
            old = content_of_answer(rule, saved)
        saved.value = dict(draft.value)
        saved.legal_basis = basis
        saved.note = draft.note.strip()
        saved.valid = DateRange(draft.valid_from, draft.valid_to, "[]")
        saved.made_by(act)
        new = content_of_answer(rule, saved)
        if answer is not None and new == old:
            return saved
        act.save(saved)
        saved.refresh_from_db(fields=["valid"])
        before, after = changes(old, new)
        act.log(
            saved,
            before if answer is not None else None,
            after,
            f"規則「{rule.ask.used_in}」への回答を {in_words(rule, saved.value)} に{'変更' if answer else '登録'}"
            f"（根拠：{basis}）",
        )
        return saved


def remove_answer(actor: Actor, region: Region, answer: Answer, version: int) -> None:
    """Take an answer back: the rule asks again."""
    ruling = policies.edit_answer(actor, answer)
    slug = region.slug if answer.region_id is not None else ""
    with verb(actor, "programmes.remove_answer", region=slug, ruling=ruling) as act:
        current = act.lock(answer, version)
        rule = asking_for(current.parameter)
        used_in = rule.ask.used_in if rule is not None else current.parameter
        before = content_of_answer(rule, current) if rule is not None else {"value": current.value}
        act.log(current, before, None, f"規則「{used_in}」への回答を取消し")
        current.delete()


def content_of_answer(rule: Asking, answer: Answer) -> dict[str, Any]:
    """All of an answer that people edit, as the log keeps it."""
    first, last = answer.valid.lower, answer.valid.upper
    if answer.valid.upper_inc is False:
        last = answer.last_day
    return {
        "value": in_words(rule, answer.value),
        "legal_basis": answer.legal_basis,
        "valid": f"{era.format_date(first)}から{era.format_date(last) + 'まで' if last else ''}",
        "note": answer.note,
    }

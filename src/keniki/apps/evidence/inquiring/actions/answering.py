"""A town's answer: typed on the page or read from its sheet, handed in as a version, decided by the town."""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, verb
from keniki.apps.workflow import actions as workflow
from keniki.core.errors import WrongInput

from ...models import AnswerVersion, FigureInquiry, TownAnswer
from .. import policies
from ..items import Slot, read_items, slots_of
from ..queries import decision_round
from ..sheets import read_sheet
from ..values import EMPTY, Content, Value, kept_content, read_content
from .sending import finish_due

State = FigureInquiry.State


@dataclass(frozen=True)
class Sheeted:
    """What came of a return sheet: how many cells it answers and which typed ones it replaced."""

    answer: TownAnswer
    answered: int
    replaced: list[Slot]


def save_answer(actor: Actor, answer: TownAnswer, version: int | None, content: Content) -> TownAnswer:
    """Keep what a town has typed so far; nothing is handed in by it."""
    with _answering(actor, answer, "evidence.save_answer") as act:
        answer = _open(act, answer, version)
        _keep(act, answer, content, "を入力")
    return answer


def take_sheet(
    actor: Actor, answer: TownAnswer, version: int | None, sheet: bytes, *, file: str = ""
) -> Sheeted:
    """Put what a return sheet says into the answer, to be looked at and handed in on the page.

    Cells the sheet leaves empty keep what was typed. `WrongInput` names sheet and cells, and nothing is kept.
    """
    with _answering(actor, answer, "evidence.take_sheet") as act:
        answer = _open(act, answer, version)
        read = read_sheet(answer, sheet, file=file)
        if read.handed_in != answer.versions.count():
            raise WrongInput(
                "この回答票を出力した後に、回答が提出されています。新しい回答票を出力して使ってください。",
                file=file,
            )
        slots = slots_of(read_items(answer.inquiry.items), answer.inquiry.years)
        typed = read_content(answer.content)
        replaced = [
            slot
            for slot in slots
            if slot.key in read.content and typed.get(slot.key, EMPTY) not in (EMPTY, read.content[slot.key])
        ]
        _keep(act, answer, {**typed, **read.content}, f"を回答票「{file[:80]}」から入力")
    return Sheeted(answer, sum(value.is_answered for value in read.content.values()), replaced)


def hand_in(actor: Actor, answer: TownAnswer, version: int | None) -> AnswerVersion:
    """Hand the typed answer in as its next version; the town is asked for its decision on exactly this version."""
    with _answering(actor, answer, "evidence.hand_in") as act:
        answer = _open(act, answer, version)
        inquiry = answer.inquiry
        last = answer.versions.order_by("-number").first()
        if not answer.content:
            raise WrongInput("まだ何も入力されていません。入力してから回答してください。")
        same = last is not None and last.content == answer.content
        if same and decision_round(answer, last) is not None:
            raise WrongInput(f"{last}から変わっていません。訂正してから回答してください。")
        number = 1 if last is None else last.number + 1
        made = AnswerVersion(
            answer=answer,
            number=number,
            content=answer.content,
            digest=_digest(answer, number),
            proxy=answer.proxy,
            made_by=actor.user,
        )
        made.save()
        act.save(answer)
        finish_due(act, answer)
        town = answer.municipality.name
        workflow.ask(
            actor,
            answer,
            made.digest,
            f"{town} {made}",
            inquiry.deadline,
            title=f"数値照会「{inquiry}」の回答案",
            asked_on=inquiry.asked_on,
            told=False,
        )
        act.log(
            inquiry,
            None,
            {"version": number, "digest": made.digest},
            f"数値照会「{inquiry}」への{town}の回答案（{made}）を提出",
            municipality=answer.municipality.code,
        )
    return made


def _answering(actor: Actor, answer: TownAnswer, name: str) -> AbstractContextManager[Act]:
    ruling = policies.answer(actor, answer)
    return verb(actor, name, region=answer.region.slug, ruling=ruling, quiet=True)


def _open(act: Act, answer: TownAnswer, version: int | None) -> TownAnswer:
    """The answer, locked, while its inquiry takes answers."""
    inquiry = act.lock(answer.inquiry, None)
    if inquiry.state != State.SENT:
        raise WrongInput(
            f"この照会は「{inquiry.get_state_display()}」です。事務局が再開すると、回答できます。"
        )
    found = act.lock(answer, version)
    found.inquiry = inquiry
    return found


def _keep(act: Act, answer: TownAnswer, content: Content, what: str) -> None:
    """Store the content with a line that says how much is answered; a town's figures stand in no log."""
    inquiry = answer.inquiry
    slots = slots_of(read_items(inquiry.items), inquiry.years)
    kept = kept_content(slots, content)
    if kept == answer.content:
        return
    answer.content, answer.proxy = kept, bool(act.on_behalf_of)
    act.save(answer)
    done = sum(content.get(slot.key, Value()).is_answered for slot in slots)
    act.log(
        inquiry,
        None,
        {"answered": done, "cells": len(slots)},
        f"数値照会「{inquiry}」への{answer.municipality.name}の回答{what}（{done}／{len(slots)}欄）",
        municipality=answer.municipality.code,
    )


def _digest(answer: TownAnswer, number: int) -> str:
    said = [answer.inquiry_id, answer.municipality_id, number, answer.content]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

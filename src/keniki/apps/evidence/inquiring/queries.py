"""Reading inquiries for figures: how far each town is, one town's answer, all answers in one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.http import Http404

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions import policies as rights
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.workflow import queries as workflow
from keniki.apps.workflow.models import Approval, Inquiry

from ..models import AnswerVersion, FigureInquiry, InquiryLetter, TownAnswer
from ..queries import printed
from . import policies
from .items import Slot, read_items, slots_of
from .references import Reference, References
from .values import EMPTY, Content, Value, doubt, read_content


class Stage(StrEnum):
    """How far a town's answer is."""

    UNTOUCHED = "untouched"
    TYPING = "typing"
    HANDED_IN = "handed_in"
    DECIDED = "decided"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return _STAGES[self]


_STAGES = {
    Stage.UNTOUCHED: "未着手",
    Stage.TYPING: "入力中",
    Stage.HANDED_IN: "回答済",
    Stage.DECIDED: "決裁済",
    Stage.REFUSED: "決裁で不同意",
}


@dataclass(frozen=True)
class TownState:
    """One town towards an inquiry: its answer, the version handed in last and the decision on exactly that one."""

    answer: TownAnswer
    last: AnswerVersion | None
    approval: Approval | None
    slots: Sequence[Slot]
    deadline: date | None
    asked: bool

    @property
    def town(self) -> Municipality:
        town: Municipality = self.answer.municipality
        return town

    @cached_property
    def heir(self) -> Municipality | None:
        """The municipality the town has gone into since it was asked: it answers for it."""
        return heir_of(self.town)

    @property
    def is_changed(self) -> bool:
        """Whether what is typed now is no longer what was handed in."""
        return self.last is not None and self.last.content != self.answer.content

    @property
    def stage(self) -> Stage:
        if self.last is None:
            return Stage.TYPING if self.answer.content else Stage.UNTOUCHED
        if self.is_changed:
            return Stage.TYPING
        if self.approval is None:
            return Stage.HANDED_IN
        return Stage.REFUSED if self.approval.answer == Approval.Answer.REFUSED else Stage.DECIDED

    @property
    def label(self) -> str:
        return f"{self.last}を訂正中" if self.is_changed else self.stage.label

    @property
    def overdue(self) -> bool:
        """Whether the day has passed and no decision is there."""
        late = self.deadline is not None and self.deadline < rights.today()
        return self.asked and late and self.stage is not Stage.DECIDED

    @cached_property
    def done(self) -> int:
        """How many cells are answered, as typed now."""
        content = read_content(self.answer.content)
        return sum(content.get(slot.key, EMPTY).is_answered for slot in self.slots)

    @property
    def is_taken(self) -> bool:
        """Whether the version decided on is in the store."""
        return self.last is not None and self.last.edition_id is not None


def heir_of(town: Municipality) -> Municipality | None:
    """The municipality that a town which is gone today went into; None while it exists."""
    heirs = rights.heirs_of(town)
    rows = Municipality.objects.filter(pk__in=heirs).order_by("-valid")
    return next((row for row in rows if rights.today() in row.valid), None) if heirs else None


@dataclass(frozen=True)
class Progress:
    """An inquiry with the state of every town asked, in the towns' order."""

    inquiry: FigureInquiry
    towns: list[TownState]

    def count(self, *stages: Stage) -> int:
        return sum(town.stage in stages for town in self.towns)

    @property
    def answered(self) -> int:
        """Towns that have handed in what they have typed."""
        return self.count(Stage.HANDED_IN, Stage.DECIDED, Stage.REFUSED)

    @property
    def decided(self) -> int:
        return self.count(Stage.DECIDED)

    @property
    def overdue(self) -> int:
        return sum(town.overdue for town in self.towns)

    @property
    def to_take(self) -> int:
        """Towns whose decided version is not in the store yet."""
        return sum(town.stage is Stage.DECIDED and not town.is_taken for town in self.towns)

    @property
    def behind(self) -> list[TownState]:
        """The towns to be reminded: no decision on an answer yet."""
        return [town for town in self.towns if town.stage is not Stage.DECIDED]


def inquiries_for(actor: Actor, region: Region) -> list[FigureInquiry]:
    """The inquiries of a region the actor sees, newest first."""
    rows = FigureInquiry.objects.filter(region=region).select_related("region__secretariat", "follows")
    return [row for row in rows if policies.see(actor, row)]


def inquiry_for(actor: Actor, region: Region, pk: int) -> FigureInquiry:
    """One inquiry of the region; 404 where the actor does not see it."""
    rows = FigureInquiry.objects.filter(region=region, pk=pk)
    found = rows.select_related("region__secretariat", "follows").first()
    if found is None or not policies.see(actor, found):
        raise Http404("照会が見つかりません。")
    return found


def answer_for(actor: Actor, region: Region, pk: int, code: str) -> TownAnswer:
    """A town's answer; 404 where the actor does not see it."""
    inquiry = inquiry_for(actor, region, pk)
    found = inquiry.answers.filter(municipality__code=code).select_related("municipality").first()
    if found is None:
        raise Http404("この照会の相手ではありません。")
    found.inquiry = inquiry
    if not policies.see_answer(actor, found):
        raise Http404("この照会の相手ではありません。")
    return found


def shown_content(actor: Actor, state: TownState) -> dict[str, Any]:
    """What the actor is shown of an answer: the town and the secretariat what is typed while it may be, others and
    later what was handed in last."""
    answer, last = state.answer, state.last
    own = rights.see_own(actor, answer.region, answer.municipality)
    if own and (state.asked or last is None):
        return dict(answer.content)
    return dict(last.content) if last is not None else {}


def letter_for(inquiry: FigureInquiry, pk: int) -> InquiryLetter:
    """A round of letters of the inquiry; 404 for any other."""
    found = inquiry.letters.filter(pk=pk).first()
    if found is None:
        raise Http404("文書が見つかりません。")
    found.inquiry = inquiry
    return found


def progress_of(inquiry: FigureInquiry) -> Progress:
    """How far every town is, in a constant number of queries."""
    return progress_of_each([inquiry])[inquiry.pk]


def progress_of_each(inquiries: Sequence[FigureInquiry]) -> dict[int, Progress]:
    """How far every town is with each of these inquiries, in a constant number of queries."""
    found = {inquiry.pk: inquiry for inquiry in inquiries}
    answers = (
        TownAnswer.objects.filter(inquiry__in=found)
        .select_related("municipality")
        .prefetch_related(Prefetch("versions", AnswerVersion.objects.order_by("number")))
    )
    lasts = {row.pk: next(reversed(list(row.versions.all())), None) for row in answers}
    approvals = workflow.decisions_on(last.digest for last in lasts.values() if last is not None)
    states: dict[int, list[TownState]] = {pk: [] for pk in found}
    slots = {pk: slots_of(read_items(row.items), row.years) for pk, row in found.items()}
    for row in answers:
        row.inquiry, last = found[row.inquiry_id], lasts[row.pk]
        states[row.inquiry_id].append(
            TownState(
                row,
                last,
                approvals.get(last.digest) if last is not None else None,
                slots[row.inquiry_id],
                row.inquiry.deadline,
                row.inquiry.state == FigureInquiry.State.SENT,
            )
        )
    return {pk: Progress(inquiry, states[pk]) for pk, inquiry in found.items()}


def state_of(answer: TownAnswer) -> TownState:
    """How far one town is."""
    last = answer.versions.order_by("-number").first()
    approval = workflow.decisions_on([last.digest]).get(last.digest) if last is not None else None
    inquiry = answer.inquiry
    return TownState(
        answer,
        last,
        approval,
        slots_of(read_items(inquiry.items), inquiry.years),
        inquiry.deadline,
        inquiry.state == FigureInquiry.State.SENT,
    )


def decision_round(answer: TownAnswer, last: AnswerVersion | None) -> Inquiry | None:
    """Where the town's decision on this version is recorded; None before the first, and where it was withdrawn."""
    rows = workflow.inquiries_about(answer)
    asked = (row for row in rows if row.state != Inquiry.State.WITHDRAWN)
    return next((row for row in asked if last is not None and row.digest == last.digest), None)


def confirmed_versions(inquiry: FigureInquiry) -> list[AnswerVersion]:
    """The newest version of each town that it has decided on, in the towns' order.

    A version that is being corrected counts until the next one is decided.
    """
    versions = list(
        AnswerVersion.objects.filter(answer__inquiry=inquiry)
        .select_related("answer__municipality", "answer__inquiry")
        .order_by("answer", "number")
    )
    approvals = workflow.decisions_on(version.digest for version in versions)
    newest: dict[int, AnswerVersion] = {}
    for version in versions:
        approval = approvals.get(version.digest)
        if approval is not None and approval.answer != Approval.Answer.REFUSED:
            newest[version.answer_id] = version
    return list(newest.values())


# --- one town's answer -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellView:
    """A cell of the answer page: what is known beside it and why its value should be looked at."""

    slot: Slot
    value: Value
    known: Reference
    doubt: str
    first: bool

    @property
    def is_open(self) -> bool:
        return not self.value.is_answered


def cells_of(answer: TownAnswer, content: Content, references: References) -> list[CellView]:
    """The cells of a town's answer with this content, in the order of the form."""
    inquiry, code = answer.inquiry, answer.municipality.code
    slots = slots_of(read_items(inquiry.items), inquiry.years)
    found = []
    for number, slot in enumerate(slots):
        value = content.get(slot.key, EMPTY)
        odd = doubt(slot, value, references.compared(code, slot, content))
        first = number == 0 or slots[number - 1].number != slot.number
        found.append(CellView(slot, value, references.of(code, slot), odd, first))
    return found


# --- all answers -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableRow:
    """One cell of the form over all towns: what each answers, and the sum where it may be added up."""

    slot: Slot
    values: list[Value]
    first: bool

    @property
    def total(self) -> float | None:
        """The sum of all towns; None where the item does not add up or a town's number is missing."""
        numbers = [value.number for value in self.values]
        if not self.slot.item.adds_up or not numbers:
            return None
        known = [
            0.0 if value.mark is not None and value.mark.value == "none" else number
            for value, number in zip(self.values, numbers, strict=True)
        ]
        return None if any(number is None for number in known) else sum(number or 0.0 for number in known)

    @property
    def partial(self) -> float | None:
        """What the towns that have answered add up to, where not all have."""
        numbers = [value.number for value in self.values if value.number is not None]
        if not self.slot.item.adds_up or self.total is not None or not numbers:
            return None
        return sum(numbers)

    @property
    def total_shown(self) -> str:
        return "" if self.total is None else printed(self.total, "")

    @property
    def partial_shown(self) -> str:
        return "" if self.partial is None else printed(self.partial, "")

    @property
    def answered(self) -> int:
        return sum(value.number is not None for value in self.values)


@dataclass(frozen=True)
class Table:
    """All answers of an inquiry: the versions handed in last, towns × cells."""

    towns: list[TownState]
    rows: list[TableRow]


def table_of(actor: Actor, progress: Progress) -> Table:
    """What the towns have handed in; Denied for who may not see the answers of all."""
    policies.see_all(actor, progress.inquiry).require()
    towns = progress.towns
    contents = [read_content(town.last.content) if town.last is not None else {} for town in towns]
    slots = slots_of(read_items(progress.inquiry.items), progress.inquiry.years)
    rows = [
        TableRow(
            slot,
            [content.get(slot.key, EMPTY) for content in contents],
            number == 0 or slots[number - 1].number != slot.number,
        )
        for number, slot in enumerate(slots)
    ]
    return Table(towns, rows)


def towns_to_ask(region: Region) -> list[Municipality]:
    """The members one may ask today, in their order."""
    return [row.municipality for row in regions.members_on(region)]


def doubts_in(cells: Iterable[CellView]) -> list[CellView]:
    """The cells to be looked at again before handing in."""
    return [cell for cell in cells if cell.doubt]

"""How an assessment stands: what was received, committed, ordered and paid of it, what is open and what is late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from .models import Assessment, Dunning, Entry, Instalment
from .postings import POSTINGS

Kind = Entry.Kind


class State(Enum):
    """Where an assessment stands; of a refund the money goes the other way."""

    ASSESSED = "調定済"
    NOTIFIED = "通知済"
    PARTLY = "一部収納"
    DONE = "収納済"
    LATE = "未納（期限経過）"
    CANCELLED = "取消"


#: The words for a refund (返還).
REFUND_WORDS = {
    State.ASSESSED: "返還決定済",
    State.NOTIFIED: "通知済",
    State.PARTLY: "一部支払",
    State.DONE: "支払済",
    State.LATE: "未払（期限経過）",
    State.CANCELLED: "取消",
}
BADGES = {
    State.ASSESSED: "warning",
    State.NOTIFIED: "info",
    State.PARTLY: "info",
    State.DONE: "success",
    State.LATE: "late",
    State.CANCELLED: "muted",
}


@dataclass(frozen=True)
class InstalmentState:
    """One date of payment: yen received of it (of a refund: paid), and the letters that asked for the rest."""

    instalment: Instalment
    received: int
    dunnings: tuple[Dunning, ...] = ()

    @property
    def outstanding(self) -> int:
        return self.instalment.amount - self.received

    @property
    def is_moved(self) -> bool:
        return self.instalment.due_on != self.instalment.nominal_on

    @property
    def pay_by(self) -> date:
        """The day that holds now: the last letter's where one was sent."""
        return self.dunnings[-1].pay_by if self.dunnings else self.instalment.due_on

    def is_late(self, on: date) -> bool:
        """Whether something is still open after the day it was due first."""
        return self.outstanding > 0 and self.instalment.due_on < on


@dataclass(frozen=True)
class Standing:
    """An assessment on a day. `posted` is yen by kind of entry, without what was taken back."""

    assessment: Assessment
    instalments: tuple[InstalmentState, ...]
    posted: Mapping[str, int]
    on: date

    @property
    def is_refund(self) -> bool:
        return self.assessment.kind == Assessment.Kind.REFUND

    @property
    def amount(self) -> int:
        """Yen that are claimed or given back; nothing once it is cancelled."""
        return 0 if self.assessment.cancelled_on else self.assessment.amount

    @property
    def settled(self) -> int:
        """Yen received by the holder, of a refund paid by it."""
        return self.of(Kind.REFUND_PAY if self.is_refund else Kind.RECEIVE)

    @property
    def outstanding(self) -> int:
        return self.amount - self.settled

    @property
    def late(self) -> int:
        """Yen that should have come by now."""
        if self.assessment.cancelled_on:
            return 0
        return sum(each.outstanding for each in self.instalments if each.is_late(self.on))

    @property
    def booked_by_town(self) -> int:
        """Yen that the town's own book holds of it: committed, of a refund assessed."""
        return self.of(Kind.REFUND_ASSESS if self.is_refund else Kind.COMMIT)

    @property
    def unbooked(self) -> int:
        """Yen that the town's book does not hold yet."""
        return self.amount - self.booked_by_town

    @property
    def parts(self) -> list[tuple[InstalmentState, list[tuple[int, Dunning]]]]:
        """The dates of payment with their letters, each with its number among all of the assessment as sent."""
        letters = [letter for part in self.instalments for letter in part.dunnings]
        order = [each.pk for each in sorted(letters, key=lambda each: (each.sent_on, each.pk))]
        return [
            (part, [(order.index(each.pk) + 1, each) for each in part.dunnings]) for part in self.instalments
        ]

    @property
    def state(self) -> State:
        if self.assessment.cancelled_on:
            return State.CANCELLED
        if self.outstanding == 0:
            return State.DONE
        if self.late:
            return State.LATE
        if self.settled:
            return State.PARTLY
        return State.NOTIFIED if self.assessment.notice_on else State.ASSESSED

    @property
    def label(self) -> str:
        return REFUND_WORDS[self.state] if self.is_refund else self.state.value

    @property
    def badge(self) -> str:
        return BADGES[self.state]

    @property
    def next_step(self) -> str:
        """What has to be done next, in a sentence; empty when all is done."""
        if self.assessment.cancelled_on:
            return ""
        if self.assessment.notice_on is None:
            return (
                "返還の通知をします。" if self.is_refund else "納入通知書を送付し、番号と日付を記録します。"
            )
        if self.late and not self.is_refund:
            return "納期限を過ぎた未納があります。市町村に確かめ、必要なら督促します。"
        return self._next_of_town or self._next_of_holder

    @property
    def _next_of_town(self) -> str:
        town = self.assessment.municipality.name
        if self.is_refund:
            return "" if self.of(Kind.REFUND_ASSESS) else f"{town}が返還金を調定します。"
        if self.of(Kind.COMMIT) < self.amount:
            return f"{town}が支出負担行為をします。"
        if self.of(Kind.ORDER) > self.of(Kind.PAY):
            return f"{town}が支出します。"
        return ""

    @property
    def _next_of_holder(self) -> str:
        if self.outstanding > 0:
            if self.is_refund:
                return "会計をもつ団体が返還金を支払います。"
            return "納期限までの収納を待ち、収納したら記録します。"
        town = self.assessment.municipality.name
        if self.is_refund and self.of(Kind.REFUND_RECEIVE) < self.amount:
            return f"{town}が返還金の収納を記録します。"
        if not self.is_refund and self.of(Kind.PAY) < self.amount:
            return f"{town}が支出（支出命令・支払）を記録します。"
        return ""

    def of(self, kind: Kind) -> int:
        """Yen posted of a kind."""
        return self.posted.get(kind, 0)

    def left(self, kind: Kind) -> int:
        """Yen that may still be posted of a kind: up to what it rests on."""
        within = POSTINGS[kind].within
        limit = self.amount if within is None else self.of(within)
        return limit - self.of(kind)


def standing_of(
    assessment: Assessment,
    instalments: Sequence[Instalment],
    posted: Mapping[tuple[str, int | None], int],
    dunnings: Mapping[int, Sequence[Dunning]],
    on: date,
) -> Standing:
    """From rows already read: `posted` is yen by kind of entry and instalment's id, `dunnings` by instalment's id."""
    by_kind: dict[str, int] = {}
    for (kind, _), yen in posted.items():
        by_kind[kind] = by_kind.get(kind, 0) + yen
    settling = Kind.REFUND_PAY if assessment.kind == Assessment.Kind.REFUND else Kind.RECEIVE
    states = tuple(
        InstalmentState(each, posted.get((settling, each.pk), 0), tuple(dunnings.get(each.pk, ())))
        for each in instalments
    )
    return Standing(assessment, states, by_kind, on)

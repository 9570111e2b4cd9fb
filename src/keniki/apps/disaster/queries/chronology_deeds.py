"""What the chronology tells beside events: steps of procedures between towns and of transfers, answers to injects.

They are records of their own; the chronology is composed of them and holds no copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, Q, QuerySet

from keniki.core import era

from ..drills import injects_of
from ..models import AidStep, Incident, InjectAnswer, StayStep, StockTransfer, TransferStep
from ..procedures import AID_STEPS, Side, stay_place, stay_steps

#: The kinds as the chronology's filter names them.
DEEDS: Final = {
    "stay": "広域避難・広域一時滞在の手続",
    "aid": "応援の手続",
    "transfer": "備蓄の応援・貸出",
    "inject": "状況付与への対応",
}


@dataclass(frozen=True)
class Deed:
    """A line in the making: which towns it is about, what it is, what was said."""

    row: Any
    town: str
    title: str
    changes: tuple[tuple[str, str], ...]
    note: str
    source: str


@dataclass(frozen=True)
class Room:
    """A kind of deeds: its rows in an incident, by which lookups they are narrowed, and how one is told."""

    model: type[Model]
    incident: str
    towns: tuple[str, ...]
    texts: tuple[str, ...]
    related: tuple[str, ...]
    tell: Callable[[Any], Deed]
    gathered: tuple[str, ...] = ()

    def rows(self, incident: Incident) -> QuerySet[Any]:
        """The rows of an incident."""
        return self.model._default_manager.filter(**{self.incident: incident}).order_by()

    def about(self, town: str) -> Q:
        """Rows about a town."""
        found = Q(pk__in=[])
        for path in self.towns:
            found |= Q(**{f"{path}__code": town})
        return found

    def saying(self, text: str) -> Q:
        """Rows in which something is written."""
        found = Q(user__name__icontains=text) | Q(post_label__icontains=text)
        for path in self.texts:
            found |= Q(**{f"{path}__icontains": text})
        return found

    def told(self, keys: Iterable[int]) -> dict[int, Deed]:
        """The deeds with these keys; at most three queries."""
        rows = self.model._default_manager.filter(pk__in=list(keys)).select_related("user", *self.related)
        return {row.pk: self.tell(row) for row in rows.prefetch_related(*self.gathered)}


def _stay(row: StayStep) -> Deed:
    stay = row.stay
    rule = stay_steps(stay.kind, stay.first_day)[row.key]
    places = "、".join(f"{each['name']} {each['people']:,}人" for each in row.places)
    said = [
        ("手続", rule.label),
        ("日付", era.format_date(row.on)),
        ("人数", f"{stay.people:,}人"),
        (stay_place(stay.kind, stay.first_day), places),
    ]
    return Deed(
        row,
        _side(rule.side, stay.asker_label, stay.helper_label),
        f"{stay}（{stay.asker_label}→{stay.helper_label}）",
        _given(said),
        row.note,
        row.document_no,
    )


def _aid(row: AidStep) -> Deed:
    rule, aid = AID_STEPS[row.key], row.aid
    said = [("手続", rule.label), ("日付", era.format_date(row.on)), ("内容", aid.content)]
    return Deed(
        row,
        _side(rule.side, aid.asker_label, aid.helper_label),
        f"{aid}（{aid.asker_label}→{aid.helper_label}）",
        _given(said),
        row.note,
        row.document_no,
    )


def _transfer(row: TransferStep) -> Deed:
    transfer = row.transfer
    state = StockTransfer.State
    items = "、".join(
        f"{line.item.title} {line.asked if row.state == state.REQUESTED else line.approved or 0:,}{line.item.unit}"
        for line in transfer.lines.all()
        if row.state == state.REQUESTED or line.approved
    )
    asks = row.state in (state.REQUESTED, state.WITHDRAWN, state.RECEIVED)
    yen = transfer.settled_yen if row.state == state.SETTLED else None
    said = [
        ("段階", row.get_state_display()),
        ("日付", era.format_date(row.on)),
        ("品目", items),
        ("精算額", f"{yen:,}円" if yen is not None else ""),
    ]
    return Deed(
        row,
        transfer.borrower.name if asks else transfer.lender.name,
        f"備蓄{transfer}（{transfer.lender.name}→{transfer.borrower.name}）",
        _given(said),
        row.note,
        row.document_no,
    )


def _inject(row: InjectAnswer) -> Deed:
    known = {each.number: each.title for each in injects_of(row.run.injects)}
    return Deed(
        row,
        row.municipality.name,
        f"状況付与{row.number}　{known.get(row.number, '')}".strip(),
        (("対応", row.get_kind_display()),),
        row.text,
        "",
    )


ROOMS: Final[Mapping[str, Room]] = {
    "stay": Room(
        StayStep,
        "stay__incident",
        ("stay__asker", "stay__helper"),
        ("note", "document_no", "stay__reason", "stay__districts"),
        ("stay__asker", "stay__helper"),
        _stay,
    ),
    "aid": Room(
        AidStep,
        "aid__incident",
        ("aid__asker", "aid__helper"),
        ("note", "document_no", "aid__content"),
        ("aid__asker", "aid__helper"),
        _aid,
    ),
    "transfer": Room(
        TransferStep,
        "transfer__incident",
        ("transfer__lender", "transfer__borrower"),
        ("note", "document_no", "transfer__reason"),
        ("transfer__lender", "transfer__borrower"),
        _transfer,
        ("transfer__lines__item",),
    ),
    "inject": Room(
        InjectAnswer, "run__incident", ("municipality",), ("text",), ("run", "municipality"), _inject
    ),
}


def _side(side: Side, asker: str, helper: str) -> str:
    """The town that took the step."""
    return asker if side == Side.ASKER else helper if side == Side.HELPER else f"{asker}・{helper}"


def _given(said: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in said if text)

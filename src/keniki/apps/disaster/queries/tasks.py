"""What waits in disaster work for somebody: stock that expires, steps of transfers, places without space, exercises
left open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on

from .. import policies
from ..models import Duty, Incident, Shelter, StockMovement, StockTransfer

#: Days ahead in which what expires or is to be given back is a task.
AHEAD: Final = 90
#: Days after which an exercise that is still open has been forgotten.
FORGOTTEN: Final = 3

State = StockTransfer.State
#: Whose step it is in each state, and what it is.
_STEPS: Final = {
    State.REQUESTED: ("lender", "備蓄の貸出・譲渡の求めに答える"),
    State.APPROVED: ("lender", "承認した備蓄を発送する"),
    State.SHIPPED: ("borrower", "届いた備蓄を受領する"),
    State.RECEIVED: ("borrower", "借りた備蓄を返す"),
}


@dataclass(frozen=True)
class Task:
    """Something to see to: what, how many of it, until when the first of them, where. `kind` as of a badge."""

    title: str
    number: int
    unit: str
    url: str
    kind: str
    until: date | None = None

    @property
    def said(self) -> str:
        """How many, with the counter."""
        return f"{self.number:,}{self.unit}"


def tasks_of(actor: Actor, region: Region) -> list[Task]:
    """What the actor may see to, overdue first; five queries besides those about rights."""
    members = [row.municipality for row in members_on(region)]
    own = {town.pk for town in members if policies.write_place(actor, region, town)}
    found = [*_expiring(region, own), *_transfers(region, own), *_without_space(region, own)]
    if policies.open_incident(actor, region):
        found += _forgotten(region)
    if policies.write_shared(actor, region):
        found += _nobody_on_duty(region)
    order = {"danger": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda each: (order[each.kind], each.until or date.max))


def _expiring(region: Region, own: Collection[int]) -> list[Task]:
    day = today()
    rows = (
        StockMovement.objects.filter(region=region, exercise=False, place__municipality__in=own)
        .filter(lot__expires_on__lte=day + timedelta(days=AHEAD))
        .order_by()
        .values_list("lot", "lot__expires_on")
        .annotate(units=Sum("quantity"))
        .filter(units__gt=0)
    )
    days = [expires for _, expires, _ in rows]
    url = reverse("disaster:stock", args=[region.slug])
    gone, soon = [each for each in days if each < day], [each for each in days if each >= day]
    found = []
    if gone:
        found.append(Task("使用期限が過ぎた備蓄を処分する", len(gone), "ロット", url, "danger", min(gone)))
    if soon:
        found.append(Task("期限が近い備蓄を訓練などで使う", len(soon), "ロット", url, "warning", min(soon)))
    return found


def _transfers(region: Region, own: Collection[int]) -> list[Task]:
    day = today()
    rows = (
        StockTransfer.objects.filter(region=region, state__in=_STEPS)
        .exclude(incident__mode="exercise")
        .filter(Q(lender__in=own) | Q(borrower__in=own))
        .values_list("state", "kind", "lender", "borrower", "due_on")
    )
    waiting: dict[str, list[date | None]] = {}
    for state, kind, lender, borrower, due_on in rows:
        side, _ = _STEPS[State(state)]
        if (lender if side == "lender" else borrower) not in own:
            continue
        if state == State.RECEIVED:
            if kind != StockTransfer.Kind.LOAN or due_on is None or due_on > day + timedelta(days=AHEAD):
                continue
            waiting.setdefault(state, []).append(due_on)
        else:
            waiting.setdefault(state, []).append(None)
    url = reverse("disaster:transfers", args=[region.slug])
    return [
        Task(
            _STEPS[State(state)][1],
            len(days),
            "件",
            url,
            "danger" if any(each is not None and each < day for each in days) else "warning",
            min((each for each in days if each is not None), default=None),
        )
        for state, days in waiting.items()
    ]


def _without_space(region: Region, own: Collection[int]) -> list[Task]:
    number = (
        Shelter.objects.filter(
            region=region, ended_on=None, is_shelter=True, spaces=None, municipality__in=own
        )
        .distinct()
        .count()
    )
    url = reverse("disaster:shelter-sizes", args=[region.slug]) + "?kind=shelter"
    title = "指定避難所の面積か人数を登録する（計画に収容人数が要ります）"
    return [Task(title, number, "か所", url, "warning")] if number else []


def _forgotten(region: Region) -> list[Task]:
    before = timezone.now() - timedelta(days=FORGOTTEN)
    rows = list(
        Incident.objects.filter(region=region, mode="exercise", ended_at=None, began_at__lt=before).order_by(
            "began_at"
        )
    )
    url = reverse("disaster:incidents", args=[region.slug])
    title = f"始めてから{FORGOTTEN}日を過ぎた訓練を終了する"
    return [Task(title, len(rows), "件", url, "warning")] if rows else []


def _nobody_on_duty(region: Region) -> list[Task]:
    """Where turns are kept, days without anybody are a gap; a region that keeps none is not told."""
    now = timezone.now()
    known = Duty.objects.filter(region=region).values_list("during", flat=True)
    turns = list(known.filter(during__endswith__gt=now - timedelta(days=31)))
    if not turns or any(now in turn for turn in turns):
        return []
    url = reverse("disaster:duties", args=[region.slug])
    return [Task("いまの当番を決める", 1, "件", url, "warning")]

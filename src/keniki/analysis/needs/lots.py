"""Lots of the stock with their expiry: first expired first out (FEFO), what is there and what will still be."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from keniki.core.errors import WrongInput

from .quantities import counted

#: How a lot is held: in a place of our own, as running stock (ランニングストック), or at a supplier (流通在庫備蓄).
Holding: TypeAlias = Literal["held", "running", "supplier"]
HOLDINGS: Final[dict[Holding, str]] = {
    "held": "現物備蓄",
    "running": "ランニングストック",
    "supplier": "流通在庫備蓄",
}


@dataclass(frozen=True)
class Lot:
    """So many units of an item that expire together.

    `expires_on` is the last day it may be used, None for what does not expire; `received_on` the first day it is
    there, None for always. `owner` is a municipality, `place` a storehouse; both only names here.
    """

    key: str
    item: str
    quantity: int
    expires_on: date | None = None
    received_on: date | None = None
    owner: str = ""
    place: str = ""
    holding: Holding = "held"

    def is_usable(self, day: date) -> bool:
        """Whether it may be used on `day`: from its receipt to the day of expiry, both included."""
        return (self.received_on is None or self.received_on <= day) and (
            self.expires_on is None or day <= self.expires_on
        )


@dataclass(frozen=True)
class Pick:
    """Units taken of one lot."""

    lot: str
    quantity: int


@dataclass(frozen=True)
class Drawn:
    """What a withdrawal takes, in order, what it lacks, and the lots that are left (empty ones gone)."""

    picks: tuple[Pick, ...]
    missing: int
    left: tuple[Lot, ...]

    @property
    def quantity(self) -> int:
        """All units taken."""
        return sum(pick.quantity for pick in self.picks)


@dataclass(frozen=True)
class Withdrawal:
    """Units of an item wanted on a day."""

    item: str
    quantity: int
    on: date


def expiry(text: str) -> date:
    """The last day of use that a label names: a day, or a month, which lasts to its end.

    WrongInput for anything else.

    >>> str(expiry("2029-03")), str(expiry("2029/3/15")), str(expiry("2028年2月"))
    ('2029-03-31', '2029-03-15', '2028-02-29')
    """
    written = _WRITTEN.fullmatch(text.strip())
    if written:
        year, month, day = (int(part) if part else None for part in written.groups())
        try:
            if year is not None and month is not None:
                return date(year, month, calendar.monthrange(year, month)[1] if day is None else day)
        except (ValueError, calendar.IllegalMonthError):
            pass
    raise WrongInput(
        f"期限「{text}」を読めません。2029-03-15 又は 2029-03 の形で入力してください。", column="expires_on"
    )


_WRITTEN: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")


def months_after(day: date, months: int) -> date:
    """The same day so many months later (or, below 0, earlier); the last of the month where it has no such day.

    >>> str(months_after(date(2024, 1, 31), 1)), str(months_after(date(2024, 3, 31), -1))
    ('2024-02-29', '2024-02-29')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """The lots as they are used up: the earliest expiry first, what does not expire last, then receipt and key.

    >>> [lot.key for lot in in_order([Lot("b", "food", 1), Lot("a", "food", 1, date(2026, 1, 1))])]
    ['a', 'b']
    """
    return sorted(
        lots,
        key=lambda lot: (
            lot.expires_on is None,
            lot.expires_on or date.max,
            lot.received_on or date.min,
            lot.key,
        ),
    )


def draw(
    lots: Sequence[Lot],
    item: str,
    quantity: int,
    on: date,
    *,
    last_day: date | None = None,
    holdings: Iterable[Holding] = ("held", "running"),
) -> Drawn:
    """Take `quantity` units of an item on a day, first expired first out.

    Only lots that are usable on `on` are taken, and with `last_day` only those that are still usable then (what is
    handed out for several days must not expire before). What a supplier holds is not drawn unless `holdings` says so.
    The picks do not depend on the order of `lots`; `left` keeps it. WrongInput for lots that cannot be and a quantity
    below 0.

    >>> stock = [Lot("new", "food", 50, date(2027, 3, 31)), Lot("old", "food", 30, date(2026, 3, 31))]
    >>> found = draw(stock, "food", 60, date(2026, 3, 31))
    >>> [(pick.lot, pick.quantity) for pick in found.picks], found.missing
    ([('old', 30), ('new', 30)], 0)
    >>> draw(stock, "food", 60, date(2026, 4, 1)).missing
    10
    """
    checked(lots)
    wanted = counted(quantity, "数量", "quantity")
    until = last_day or on
    if until < on:
        raise WrongInput("使い終わる日が、出す日より前です。", column="last_day")
    kinds = frozenset(holdings)
    taken: dict[str, int] = {}
    for lot in in_order(each for each in lots if each.item == item and each.holding in kinds):
        number = min(lot.quantity, wanted) if lot.is_usable(on) and lot.is_usable(until) else 0
        if number:
            taken[lot.key] = number
            wanted -= number
    left = (replace(lot, quantity=lot.quantity - taken.get(lot.key, 0)) for lot in lots)
    return Drawn(
        tuple(Pick(key, number) for key, number in taken.items()),
        wanted,
        tuple(lot for lot in left if lot.quantity),
    )


def draw_all(lots: Sequence[Lot], withdrawals: Sequence[Withdrawal]) -> tuple[Drawn, ...]:
    """Withdrawals one after another, by day, then in the order given; each sees what the ones before left.

    The answers stand in the order of `withdrawals`.

    >>> stock = [Lot("a", "food", 5, date(2026, 3, 31))]
    >>> wanted = [Withdrawal("food", 4, date(2026, 3, 2)), Withdrawal("food", 3, date(2026, 3, 1))]
    >>> [(each.quantity, each.missing) for each in draw_all(stock, wanted)]
    [(2, 2), (3, 0)]
    """
    found: dict[int, Drawn] = {}
    left: Sequence[Lot] = lots
    for number in sorted(range(len(withdrawals)), key=lambda at: (withdrawals[at].on, at)):
        wanted = withdrawals[number]
        found[number] = draw(left, wanted.item, wanted.quantity, wanted.on)
        left = found[number].left
    return tuple(found[number] for number in range(len(withdrawals)))


def check_use(lot: Lot, quantity: int, on: date) -> None:
    """Refuse a use of one lot that cannot be: expired, not yet received, more than it has.

    WrongInput names the lot and the reason.

    >>> check_use(Lot("a", "food", 5, date(2026, 3, 31)), 5, date(2026, 3, 31))
    """
    wanted = counted(quantity, "数量", "quantity", least=1)
    if lot.expires_on is not None and on > lot.expires_on:
        reason = f"期限（{lot.expires_on.isoformat()}）を過ぎています。ほかのロットを使ってください。"
    elif lot.received_on is not None and on < lot.received_on:
        reason = f"まだ届いていません（{lot.received_on.isoformat()}）。日付を確かめてください。"
    elif wanted > lot.quantity:
        reason = f"{lot.quantity:,}しかありません（{wanted:,}）。数量を確かめてください。"
    else:
        return
    raise WrongInput(f"ロット「{lot.key}」は{reason}", column=lot.key)


def stock_on(
    lots: Iterable[Lot],
    day: date,
    *,
    last_day: date | None = None,
    holdings: Iterable[Holding] = ("held", "running"),
) -> dict[str, int]:
    """The usable units by item on a day; with `last_day` those that are there on `day` and still usable then.

    >>> stock = [Lot("a", "food", 5, date(2026, 3, 31)), Lot("b", "food", 7, date(2027, 3, 31))]
    >>> stock_on(stock, date(2026, 3, 31)), stock_on(stock, date(2026, 3, 31), last_day=date(2026, 4, 1))
    ({'food': 12}, {'food': 7})
    """
    kinds = frozenset(holdings)
    until = last_day or day
    found: dict[str, int] = {}
    for lot in checked(list(lots)):
        if lot.holding in kinds and lot.is_usable(day) and lot.is_usable(until):
            found[lot.item] = found.get(lot.item, 0) + lot.quantity
    return found


def expiring(lots: Iterable[Lot], day: date, *, months: int) -> list[Lot]:
    """The lots that are usable on a day and expire within so many months from it, in the order they expire.

    >>> [lot.key for lot in expiring([Lot("a", "food", 5, date(2026, 9, 30))], date(2026, 4, 1), months=6)]
    ['a']
    """
    limit = months_after(day, counted(months, "月数", "months", most=1200))
    return [
        lot
        for lot in in_order(lots)
        if lot.expires_on is not None and lot.is_usable(day) and lot.expires_on <= limit
    ]


def expired(lots: Iterable[Lot], day: date) -> list[Lot]:
    """The lots whose last day of use is over, in the order they expired.

    >>> [lot.key for lot in expired([Lot("a", "food", 5, date(2026, 3, 31))], date(2026, 4, 1))]
    ['a']
    """
    return [lot for lot in in_order(lots) if lot.expires_on is not None and lot.expires_on < day]


def by_owner(lots: Iterable[Lot]) -> Mapping[str, tuple[Lot, ...]]:
    """The lots by their owner, owners in the order they first come.

    >>> {owner: len(each) for owner, each in by_owner([Lot("a", "food", 5, owner="012106")]).items()}
    {'012106': 1}
    """
    found: dict[str, list[Lot]] = {}
    for lot in lots:
        found.setdefault(lot.owner, []).append(lot)
    return {owner: tuple(each) for owner, each in found.items()}


def last_day_of(on: date, days: int) -> date:
    """The last of so many days from `on`, itself the first.

    >>> str(last_day_of(date(2026, 1, 1), 3))
    '2026-01-03'
    """
    return on + timedelta(days=counted(days, "日数", "days", least=1, most=3660) - 1)


def checked(lots: Sequence[Lot]) -> Sequence[Lot]:
    """The lots; WrongInput names one that cannot be: a key given twice, a quantity below 0, expired before receipt.

    >>> len(checked([Lot("a", "food", 5)]))
    1
    """
    seen: set[str] = set()
    for lot in lots:
        if lot.key in seen:
            raise WrongInput(f"ロット「{lot.key}」が2回あります。1つにしてください。", column=lot.key)
        seen.add(lot.key)
        counted(lot.quantity, f"ロット「{lot.key}」の数量", lot.key)
        if lot.holding not in HOLDINGS:
            raise WrongInput(f"ロット「{lot.key}」の保有の形（{lot.holding}）が違います。", column=lot.key)
        if lot.received_on is not None and lot.expires_on is not None and lot.expires_on < lot.received_on:
            raise WrongInput(f"ロット「{lot.key}」の期限が、受入日より前です。", column=lot.key)
    return lots

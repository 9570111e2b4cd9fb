"""What is bought in which fiscal year: phased in, renewed by shelf life, within a budget, its cost shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, TypeAlias

from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .lots import Lot, checked, in_order, months_after
from .owning import apportioned
from .quantities import counted, up

Yen: TypeAlias = int
#: Divides a year's cost among bodies, to the yen.
Split: TypeAlias = Callable[[Yen], Mapping[str, Yen]]
_MOST_YEN: Final = 10**12
_MOST_YEARS: Final = 50


@dataclass(frozen=True)
class Target:
    """What is to be kept of an item, and how it is bought.

    `quantity` units in the end; `price` yen of a pack of `pack` units; `shelf_months` None for what does not expire.
    Lower `priority` is bought first when the budget is short.
    """

    item: str
    quantity: int
    price: Yen
    pack: int = 1
    shelf_months: int | None = None
    priority: int = 1


@dataclass(frozen=True)
class Purchase:
    """A purchase of a year: `quantity` units in `packs`; `renewal` of them replace what leaves the stock then."""

    item: str
    packs: int
    quantity: int
    renewal: int
    cost: Yen
    expires_on: date | None


@dataclass(frozen=True)
class Rolling:
    """Units to use in drills (訓練での活用) from `since` to `until`, both included, before they expire."""

    item: str
    lot: str
    quantity: int
    since: date
    until: date


@dataclass(frozen=True)
class Year:
    """A fiscal year of the plan: what is bought, what it costs and who pays, how the stock stands on 31 March.

    `goal`, `stock` and `behind` are units by item; `behind` is what the budget leaves to later years. `lowest` is the
    least that was usable on any day of the year (lots in use for drills included), and the day.
    """

    year: int
    purchases: tuple[Purchase, ...]
    cost: Yen
    shares: Mapping[str, Yen]
    goal: Mapping[str, int]
    stock: Mapping[str, int]
    behind: Mapping[str, int]
    lowest: Mapping[str, tuple[int, date]]
    rolling: tuple[Rolling, ...]


@dataclass(frozen=True)
class Plan:
    """The purchase plan (購入計画), its years in order."""

    years: tuple[Year, ...]

    @property
    def cost(self) -> Yen:
        """The cost of all years."""
        return sum(year.cost for year in self.years)

    def shares(self) -> dict[str, Yen]:
        """What every body pays in all years together."""
        found: dict[str, Yen] = {}
        for year in self.years:
            for name, yen in year.shares.items():
                found[name] = found.get(name, 0) + yen
        return found


def plan(
    targets: Sequence[Target],
    lots: Sequence[Lot],
    first_year: int,
    years: int,
    *,
    phase_in: int = 1,
    budget: Yen | None = None,
    split: Split | Mapping[str, object] | None = None,
    rolling_months: int = 6,
    delivery: tuple[int, int] = (10, 1),
) -> Plan:
    """A purchase plan over `years` fiscal years from `first_year`.

    The goal of an item grows by equal parts over `phase_in` years (rounded up) and then stays. A lot leaves the stock
    `rolling_months` before it expires, to be used in drills until its last day; with 0 it stays to its last day. On
    31 March of every year what has not left has to reach the goal; what lacks is bought in whole packs, delivered on
    `delivery` (month, day) of the year. With a `budget` (yen a year) items of lower priority wait, and items of one
    priority are cut to the same part of their packs; the rest is taken up in the following years. `split` divides each
    year's cost: a function, or weights for exact shares. WrongInput for targets, lots and years that cannot be;
    ValueError where a split does not add up to the cost.

    >>> water = Target("water", 450, price=100, shelf_months=60)
    >>> found = plan([water], [], 2024, 7, phase_in=5, rolling_months=0, split={"A": 2, "B": 1})
    >>> [each.purchases[0].quantity for each in found.years]
    [90, 90, 90, 90, 90, 90, 90]
    >>> found.years[5].purchases[0].renewal, found.years[0].shares
    (90, {'A': 6000, 'B': 3000})
    """
    first = FiscalYear(first_year)
    _check(targets, years, phase_in, budget, rolling_months, delivery)
    _check_shelf(targets, first, rolling_months, delivery)
    held = [lot for lot in checked(lots) if lot.holding != "supplier"]
    found = []
    for number in range(years):
        year = first.shift(number)
        goal = {
            each.item: up(Fraction(each.quantity * min(number + 1, phase_in), phase_in)) for each in targets
        }
        leaving = _leaving(held, year, rolling_months, set(goal), is_first=not number)
        stock = _staying(held, year.last_day, rolling_months, targets)
        lacking = {item: max(0, goal[item] - stock[item]) for item in goal}
        bought = _bought(targets, lacking, stock, budget)
        purchases, new = _delivered(targets, bought, leaving, year, delivery)
        held.extend(new)
        after = _staying(held, year.last_day, rolling_months, targets)
        cost = sum(each.cost for each in purchases)
        found.append(
            Year(
                int(year),
                purchases,
                cost,
                _shared(cost, split),
                goal,
                after,
                {item: goal[item] - after[item] for item in goal if after[item] < goal[item]},
                _lowest(held, year, targets),
                tuple(
                    Rolling(lot.item, lot.key, lot.quantity, max(since, year.first_day), lot.expires_on)
                    for lot, since in leaving
                    if rolling_months and lot.expires_on is not None and lot.expires_on >= year.first_day
                ),
            )
        )
    return Plan(tuple(found))


def leaves_on(lot: Lot, rolling_months: int) -> date | None:
    """The first day a lot no longer counts as stock: its use in drills begins, or it expired the day before.

    >>> str(leaves_on(Lot("a", "food", 1, date(2027, 3, 31)), 6))
    '2026-09-30'
    """
    if lot.expires_on is None:
        return None
    if rolling_months:
        return months_after(lot.expires_on, -rolling_months)
    return lot.expires_on + timedelta(days=1)


def _leaving(
    held: Sequence[Lot], year: FiscalYear, rolling_months: int, items: set[str], *, is_first: bool
) -> list[tuple[Lot, date]]:
    """The lots that leave the stock in the year, and when; in the first year also those that had left before."""
    found = []
    for lot in in_order(held):
        since = leaves_on(lot, rolling_months)
        if lot.item not in items or not lot.quantity or since is None:
            continue
        if since in year or (is_first and since < year.first_day):
            found.append((lot, since))
    return found


def _staying(
    held: Sequence[Lot], day: date, rolling_months: int, targets: Sequence[Target]
) -> dict[str, int]:
    """Units by item that are there on a day and have not left the stock."""
    found = {each.item: 0 for each in targets}
    for lot in held:
        since = leaves_on(lot, rolling_months)
        is_there = lot.received_on is None or lot.received_on <= day
        if lot.item in found and is_there and (since is None or day < since):
            found[lot.item] += lot.quantity
    return found


def _lowest(held: Sequence[Lot], year: FiscalYear, targets: Sequence[Target]) -> dict[str, tuple[int, date]]:
    """The least usable units of a year by item and the first day of it: after an expiry, or on the first day."""
    found = {}
    for each in targets:
        lots = [lot for lot in held if lot.item == each.item]
        days = {year.first_day}
        for lot in lots:
            if lot.expires_on is not None and year.first_day <= lot.expires_on < year.last_day:
                days.add(lot.expires_on + timedelta(days=1))
        found[each.item] = min(
            (sum(lot.quantity for lot in lots if lot.is_usable(day)), day) for day in sorted(days)
        )
    return found


def _bought(
    targets: Sequence[Target], lacking: Mapping[str, int], stock: Mapping[str, int], budget: Yen | None
) -> dict[str, int]:
    """Packs by item: all that lack, or what the budget allows, priority by priority."""
    wanted = {each.item: up(Fraction(lacking[each.item], each.pack)) for each in targets}
    if budget is None:
        return wanted
    found, left = dict.fromkeys(wanted, 0), budget
    for priority in sorted({each.priority for each in targets}):
        among = [each for each in targets if each.priority == priority]
        cost = sum(wanted[each.item] * each.price for each in among)
        part = Fraction(1) if cost <= left else Fraction(left, cost)
        for each in among:
            found[each.item] = int(wanted[each.item] * part)
            left -= found[each.item] * each.price
        if part < 1:
            left -= _one_more(among, wanted, found, stock, left)
    return found


def _one_more(
    among: Sequence[Target],
    wanted: Mapping[str, int],
    found: dict[str, int],
    stock: Mapping[str, int],
    left: Yen,
) -> Yen:
    """Spend what rounding left on single packs, for the item that is furthest from its goal; the yen spent."""
    spent = 0
    while True:
        short = [
            each for each in among if found[each.item] < wanted[each.item] and each.price <= left - spent
        ]
        if not short:
            return spent
        each = min(
            short,
            key=lambda one: (
                Fraction(stock[one.item] + found[one.item] * one.pack, one.quantity),
                one.item,
            ),
        )
        number = 1
        if len(short) == 1:
            number = wanted[each.item] - found[each.item]
            number = min(number, (left - spent) // each.price) if each.price else number
        found[each.item] += number
        spent += number * each.price


def _delivered(
    targets: Sequence[Target],
    bought: Mapping[str, int],
    leaving: Sequence[tuple[Lot, date]],
    year: FiscalYear,
    delivery: tuple[int, int],
) -> tuple[tuple[Purchase, ...], list[Lot]]:
    on = _day(year, delivery)
    gone: dict[str, int] = {}
    for lot, _ in leaving:
        gone[lot.item] = gone.get(lot.item, 0) + lot.quantity
    purchases, lots = [], []
    for each in targets:
        packs = bought[each.item]
        if not packs:
            continue
        quantity = packs * each.pack
        expires = None if each.shelf_months is None else months_after(on, each.shelf_months)
        renewal = min(quantity, gone.get(each.item, 0))
        purchases.append(Purchase(each.item, packs, quantity, renewal, packs * each.price, expires))
        lots.append(Lot(f"{each.item}@{int(year)}", each.item, quantity, expires, on))
    return tuple(purchases), lots


def _day(year: FiscalYear, delivery: tuple[int, int]) -> date:
    month, day = delivery
    first = year.first_day
    return date(first.year if month >= first.month else first.year + 1, month, day)


def _shared(cost: Yen, split: Split | Mapping[str, object] | None) -> dict[str, Yen]:
    if split is None:
        return {}
    if isinstance(split, Mapping):
        return apportioned(cost, split)
    found = dict(split(cost))
    if sum(found.values()) != cost:
        raise ValueError(f"the shares add up to {sum(found.values())}, not to {cost}")
    return found


def _check(
    targets: Sequence[Target],
    years: int,
    phase_in: int,
    budget: Yen | None,
    rolling_months: int,
    delivery: tuple[int, int],
) -> None:
    counted(years, "計画の年数", "years", least=1, most=_MOST_YEARS)
    counted(phase_in, "整備の年数", "phase_in", least=1, most=_MOST_YEARS)
    counted(rolling_months, "期限前の活用の月数", "rolling_months", most=120)
    if budget is not None:
        counted(budget, "年間の予算", "budget", most=_MOST_YEN)
    month, day = delivery
    if not (1 <= month <= 12 and 1 <= day <= 28):
        raise WrongInput("納入の月日は、1月～12月の1日～28日にしてください。", column="delivery")
    seen: set[str] = set()
    for each in targets:
        if each.item in seen:
            raise WrongInput(f"品目「{each.item}」が2回あります。1つにしてください。", column=each.item)
        seen.add(each.item)
        counted(each.quantity, f"「{each.item}」の目標数量", each.item, least=1)
        counted(each.price, f"「{each.item}」の単価", each.item, most=_MOST_YEN)
        counted(each.pack, f"「{each.item}」の入数", each.item, least=1)
        if each.shelf_months is not None:
            counted(each.shelf_months, f"「{each.item}」の保存月数", each.item, least=1, most=1200)


def _check_shelf(
    targets: Sequence[Target], year: FiscalYear, rolling_months: int, delivery: tuple[int, int]
) -> None:
    """Refuse an item that, bought on the day of delivery, would have left the stock before 31 March."""
    on = _day(year, delivery)
    for each in targets:
        if each.shelf_months is None:
            continue
        since = months_after(on, each.shelf_months - rolling_months)
        if since <= year.last_day:
            raise WrongInput(
                f"「{each.item}」は保存月数（{each.shelf_months}）から期限前の活用の月数（{rolling_months}）を引くと、"
                "納入した年度の末まで備蓄になりません。活用の月数か納入の月日を改めてください。",
                column=each.item,
            )

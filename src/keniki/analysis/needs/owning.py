"""Whose the joint stock is: shares by municipality, the least each keeps, what each lacks (共同備蓄)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from keniki.analysis.sharing import whole
from keniki.core.errors import WrongInput

from .items import Needs
from .lots import Holding, Lot, by_owner, checked, stock_on
from .quantities import counted, measured


@dataclass(frozen=True)
class Standing:
    """One body and one item: the least it keeps, what it has that counts, what it lacks or has beyond it."""

    owner: str
    item: str
    minimum: int
    has: int

    @property
    def missing(self) -> int:
        return max(0, self.minimum - self.has)

    @property
    def beyond(self) -> int:
        return max(0, self.has - self.minimum)


@dataclass(frozen=True)
class Joint:
    """One item in the region together: the joint least, what counts, and how every body stands.

    `missing` is what the region lacks when everybody lends; `missing_apart` what the bodies lack without that.
    """

    item: str
    minimum: int
    has: int
    standings: tuple[Standing, ...]

    @property
    def missing(self) -> int:
        return max(0, self.minimum - self.has)

    @property
    def missing_apart(self) -> int:
        return sum(each.missing for each in self.standings)


def apportioned(total: int, weights: Mapping[str, object]) -> dict[str, int]:
    """A number of units divided by weights (population, shares of ownership), whole, adding up to it exactly.

    Exact fractions and the largest remainder, of equal ones to the larger weight, then to the first by name; the order
    is that of `weights`. WrongInput for a negative weight and for weights that are all 0.

    >>> apportioned(10, {"A": 2, "B": 1})
    {'A': 7, 'B': 3}
    """
    number = counted(total, "数量", "total", most=10**15)
    exact = {name: measured(weight, f"{name}の重み", name) for name, weight in weights.items()}
    if not exact:
        raise WrongInput("分ける相手がありません。", column="weights")
    among = sum(exact.values(), Fraction(0))
    if not among:
        raise WrongInput("重みが全て0のため、分けられません。人口か持分を入れてください。", column="weights")
    return whole({name: number * weight / among for name, weight in exact.items()}, number)


def owned(lots: Iterable[Lot], shares: Mapping[str, object]) -> dict[str, dict[str, int]]:
    """The units of joint lots that belong to each body by its share, lot by lot, each lot divided exactly.

    By body, then item; bodies in the order of `shares`. WrongInput as `apportioned`.

    >>> owned([Lot("a", "bed", 10), Lot("b", "bed", 1)], {"A": 2, "B": 1})
    {'A': {'bed': 8}, 'B': {'bed': 3}}
    """
    found: dict[str, dict[str, int]] = {name: {} for name in shares}
    for lot in lots:
        for name, number in apportioned(lot.quantity, shares).items():
            found[name][lot.item] = found[name].get(lot.item, 0) + number
    return found


def minimums(wanted: Mapping[str, int], weights: Mapping[str, object]) -> dict[str, dict[str, int]]:
    """The least every body keeps of the joint need (`wanted`, units by item), by weights such as its population.

    By body, then item; of each item the parts add up to the need. As the joint stock of 鳥取県 does it (要領 第3).

    >>> minimums({"food": 900}, {"A": 80_000, "B": 10_000})
    {'A': {'food': 800}, 'B': {'food': 100}}
    """
    found: dict[str, dict[str, int]] = {name: {} for name in weights}
    for item, number in wanted.items():
        for name, part in apportioned(number, weights).items():
            found[name][item] = part
    return found


def minimums_apart(reckoned: Mapping[str, Needs]) -> dict[str, dict[str, int]]:
    """The least every body keeps for its own people alone: the quantities of its own reckoning, by body, then item.

    Each is rounded up by itself, so that together they are as much as one reckoning for all people or a little more.

    >>> from keniki.analysis.needs import needs, people
    >>> apart = {name: needs(people(10), 1, "mild", date(2026, 4, 1)) for name in "AB"}
    >>> minimums_apart(apart)["A"]["toilet_paper"], needs(people(20), 1, "mild", date(2026, 4, 1)).line("food").quantity
    (2, 60)
    """
    return {name: {line.key: line.quantity for line in each.lines} for name, each in reckoned.items()}


def standings(
    lots: Iterable[Lot],
    least: Mapping[str, Mapping[str, int]],
    day: date,
    *,
    last_day: date | None = None,
    counts: Iterable[Holding] = ("held",),
) -> dict[str, Joint]:
    """How the bodies and the region stand by item, against the `least` of each body (by body, then item).

    What a body owns counts while it is usable on `day` and, with `last_day`, still then; `counts` says which kinds of
    holding do (a joint stock leaves running stock and suppliers' out). Lots of other owners and other items count
    nowhere. In the order of `least`.

    >>> lots = [Lot("a", "food", 850, owner="A"), Lot("b", "food", 20, owner="B")]
    >>> found = standings(lots, {"A": {"food": 800}, "B": {"food": 100}}, date(2026, 4, 1))["food"]
    >>> found.missing, found.missing_apart, [each.beyond for each in found.standings]
    (30, 80, [50, 0])
    """
    kinds = tuple(counts)
    has = {
        owner: stock_on(each, day, last_day=last_day, holdings=kinds)
        for owner, each in by_owner(checked(list(lots))).items()
    }
    items = list(dict.fromkeys(item for each in least.values() for item in each))
    found = {}
    for item in items:
        rows = tuple(
            Standing(
                owner,
                item,
                counted(each[item], f"{owner}の最低数量", owner),
                has.get(owner, {}).get(item, 0),
            )
            for owner, each in least.items()
            if item in each
        )
        found[item] = Joint(item, sum(row.minimum for row in rows), sum(row.has for row in rows), rows)
    return found


def lending(joint: Joint) -> tuple[tuple[str, str, int], ...]:
    """Which body could lend how much to which: surplus to shortage, the largest of both first, then by name.

    Conserves units: nobody lends below its own least, nobody gets more than it lacks.

    >>> found = Joint("food", 900, 870, (Standing("A", "food", 800, 850), Standing("B", "food", 100, 20)))
    >>> lending(found)
    (('A', 'B', 50),)
    """
    givers = sorted(
        ((each.owner, each.beyond) for each in joint.standings if each.beyond),
        key=lambda each: (-each[1], each[0]),
    )
    takers = sorted(
        ((each.owner, each.missing) for each in joint.standings if each.missing),
        key=lambda each: (-each[1], each[0]),
    )
    found = []
    while givers and takers:
        (giver, spare), (taker, lacks) = givers[0], takers[0]
        number = min(spare, lacks)
        found.append((giver, taker, number))
        givers[0], takers[0] = (giver, spare - number), (taker, lacks - number)
        givers, takers = [each for each in givers if each[1]], [each for each in takers if each[1]]
    return tuple(found)

"""Buying and staffing together: what volume saves, from how many towns on it pays, how few specialists suffice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2, sqrt
from statistics import NormalDist

from keniki.analysis.arrays import Array, floats


def unit_price(n: float, learning: float) -> float:
    """The price of a unit at n times the volume, as a share of that at one: n^log₂(learning).

    `learning` is the share at double the volume (above 0, at most 1). Source: experience curve (経験曲線).

    >>> round(unit_price(9, 0.9), 3), round(unit_price(9, 0.8), 3)
    (0.716, 0.493)
    """
    if not 0 < learning <= 1 or n < 1:
        raise ValueError("the share at double the volume is above 0 and at most 1, and n at least 1")
    return float(n ** log2(learning))


@dataclass(frozen=True)
class Procurement:
    """What n towns pay apart and together (共同調達), in money a year.

    Apart each pays `fixed` + `variable`; together they pay fixed·(1 + extra·(n − 1)) once, the variable part at the
    unit price of n times the volume, and `coordination` for each town beyond the first.
    """

    fixed: float
    variable: float
    learning: float = 1.0
    extra: float = 0.0
    coordination: float = 0.0

    def __post_init__(self) -> None:
        for name in ("fixed", "variable", "extra", "coordination"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} has to be from 0 on")
        unit_price(1, self.learning)

    def apart(self, n: int) -> float:
        """The sum of what n towns pay apart."""
        return n * (self.fixed + self.variable)

    def together(self, n: int) -> float:
        """What n towns pay together.

        >>> Procurement(3e6, 0.6e6, extra=0.0375).together(9)
        9300000.0
        """
        if n < 1:
            raise ValueError("there has to be a town")
        return (
            self.fixed * (1 + self.extra * (n - 1))
            + n * self.variable * unit_price(n, self.learning)
            + self.coordination * (n - 1)
        )

    def saving(self, n: int) -> float:
        """What n towns save together; negative where it does not pay."""
        return self.apart(n) - self.together(n)

    def break_even(self, most: int = 200) -> int | None:
        """The fewest towns, two at least, for whom it pays; None up to `most`.

        >>> Procurement(100, 10, coordination=60).break_even()
        2
        >>> Procurement(100, 10, coordination=120).break_even() is None
        True
        """
        return next((n for n in range(2, most + 1) if self.saving(n) > 0), None)


@dataclass(frozen=True)
class Queue:
    """A queue with `servers` specialists and a load of `load` of them (アーランC).

    `waiting` is the chance to wait, `wait` the mean wait in units of the mean time of service.
    """

    servers: int
    load: float
    waiting: float
    wait: float


def erlang_c(load: float, servers: int) -> Queue:
    """How long one waits for one of so many specialists; `load` is work arriving, in specialists.

    ValueError unless the servers are more than the load. Source: Erlang (1917).

    >>> found = erlang_c(4.95, 6)
    >>> round(found.waiting, 3), round(found.wait, 3)
    (0.57, 0.543)
    """
    if load < 0 or servers < 1 or servers <= load:
        raise ValueError("the specialists have to be more than the work there is for them")
    if load == 0:
        return Queue(servers, load, 0.0, 0.0)
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    waiting = blocked / (1 - load / servers * (1 - blocked))
    return Queue(servers, load, waiting, waiting / (servers - load))


def specialists(load: float, longest: float) -> int:
    """The fewest specialists with whom the mean wait is at most `longest` times the mean time of service.

    >>> specialists(4.95, 1.222)
    6
    """
    if longest <= 0:
        raise ValueError("the longest wait has to be above 0")
    servers = int(load) + 1
    while erlang_c(load, servers).wait > longest:
        servers += 1
    return servers


def safety_ratio(n: int, correlation: float) -> float:
    """Safety stock of n pooled towns as a share of the sum of their own: √((1 + (n − 1)ρ)/n) (共同備蓄).

    Equal towns whose demands are correlated by ρ (−1/(n − 1) to 1). Source: newsvendor with normal demands.

    >>> [round(safety_ratio(9, each), 3) for each in (0, 0.3, 0.6, 1)]
    [0.333, 0.615, 0.803, 1.0]
    """
    if n < 1 or not -1 / max(n - 1, 1) <= correlation <= 1:
        raise ValueError("the correlation lies between -1/(n - 1) and 1")
    return sqrt(max(0.0, (1 + (n - 1) * correlation) / n))


def newsvendor(mean: float, deviation: float, short: float, left: float) -> float:
    """How much to hold of what is needed at random: μ + σ·Φ⁻¹(short/(short + left)) (新聞売り子問題).

    `short` is what a unit too few costs, `left` a unit too many. ValueError unless both are above 0.

    >>> round(newsvendor(100, 20, 3, 1), 2)
    113.49
    """
    if short <= 0 or left <= 0 or deviation < 0:
        raise ValueError("both costs have to be above 0, the deviation from 0 on")
    return mean + deviation * NormalDist().inv_cdf(short / (short + left))


def licences(users: Array | list[int], sizes: dict[int, float]) -> tuple[float, float]:
    """What licences cost apart and together: `users` by town, `sizes` users a pack is for → its price.

    Each buys the cheapest packs that hold its users.

    >>> licences([30, 30, 30], {50: 100.0, 100: 150.0})
    (300.0, 150.0)
    """
    counts = [int(each) for each in floats(users)]
    if any(count < 0 for count in counts) or not sizes or any(k < 1 or v < 0 for k, v in sizes.items()):
        raise ValueError("users are from 0 on; a pack is for a user at least and has a price")
    best = _cheapest(sum(counts), sizes)
    return sum(best(count) for count in counts), best(sum(counts))


def _cheapest(most: int, sizes: dict[int, float]) -> Callable[[int], float]:
    table = [0.0] * (most + 1)
    for users in range(1, most + 1):
        table[users] = min(price + table[max(0, users - size)] for size, price in sizes.items())
    return lambda users: table[users]

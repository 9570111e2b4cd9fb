"""Simple solutions of theory: separable costs and what remains of them, equal gains, serial sharing, bankruptcy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, floats, not_negative

from .games import TOLERANCE, Game, GameError, Lack, sums


@dataclass(frozen=True)
class Separable:
    """Separable costs – remaining benefits (分離費用身替り妥当支出法), step by step, arrays (n,).

    `separable` is what each adds to all others (分離費用), `justified` the lesser of what it would cost alone and what
    it is worth (妥当支出), `remaining` the difference, `shares` the separable cost and a part of the joint cost
    (`joint`, 共同費) in proportion to the remaining benefit.
    """

    separable: Array
    justified: Array
    remaining: Array
    joint: float
    shares: Array


def scrb(game: Game, benefits: ArrayLike | None = None) -> Separable:
    """Separable costs – remaining benefits: xᵢ = SCᵢ + (c(N) − ΣSC)·RBᵢ/ΣRB, RBᵢ = min(aloneᵢ, benefitᵢ) − SCᵢ.

    `benefits` (n,) are what the joint work is worth to each (妥当投資額); without them the cost alone counts. GameError
    where somebody's separable cost is above what is justified for it (it should not take part), and where nothing
    remains to share a joint cost by. Source: 多目的ダムの費用割振り（分離費用身替り妥当支出法）.

    >>> scrb(Game(("A", "B"), np.array([0.0, 1.0, 1.2, 1.8]))).shares.round(9)
    array([0.8, 1. ])
    """
    separable, justified = game.marginal, game.alone
    if benefits is not None:
        worth = floats(benefits)
        if worth.shape != (game.n,) or not np.all(np.isfinite(worth)) or np.any(worth < 0):
            raise GameError(Lack.FUNCTION, found="benefits")
        justified = np.minimum(justified, worth)
    remaining = justified - separable
    slack = TOLERANCE * max(game.whole, 1.0)
    below = np.flatnonzero(remaining < -slack)
    if len(below):
        raise GameError(Lack.NOT_JUSTIFIED, [game.players[int(below[0])]])
    remaining = np.maximum(remaining, 0.0)
    joint = game.whole - float(separable.sum())
    if remaining.sum() <= slack:
        if abs(joint) > slack:
            raise GameError(Lack.NOTHING_REMAINS)
        return Separable(separable, justified, remaining, joint, separable.copy())
    return Separable(separable, justified, remaining, joint, separable + joint * remaining / remaining.sum())


def tau_value(game: Game) -> Array:
    """The τ-value (cost gap method): xᵢ = SCᵢ + γ(N)·λᵢ/Σλ, λᵢ the least γ(S) = c(S) − SC(S) of any S with i in it.

    GameError where a gap is negative or they don't suffice (the value is not defined then). Source: Tijs (1981).

    >>> tau_value(Game(("A", "B"), np.array([0.0, 1.0, 1.2, 1.8]))).round(9)
    array([0.8, 1. ])
    """
    separable = game.marginal
    gaps = game.costs - sums(separable)
    slack = TOLERANCE * max(game.whole, 1.0)
    if np.any(gaps[1:] < -slack):
        at = int(np.argmin(gaps[1:])) + 1
        raise GameError(Lack.GAP, game.members(at))
    numbers = np.arange(len(gaps))
    least = np.array([gaps[(numbers >> at & 1) == 1].min() for at in range(game.n)])
    if least.sum() <= slack or gaps[-1] > least.sum() + slack:
        if gaps[-1] <= slack:
            return separable
        raise GameError(Lack.GAPS)
    return floats(separable + gaps[-1] * least / least.sum())


def equal_gain(game: Game) -> Array:
    """Everybody saves as much against being alone: xᵢ = c(i) − (Σc(j) − c(N))/n (均等節約).

    >>> equal_gain(Game(("A", "B"), np.array([0.0, 1.0, 1.2, 1.8]))).round(9)
    array([0.8, 1. ])
    """
    return floats(game.alone - (game.alone.sum() - game.whole) / game.n)


def proportional_to_alone(game: Game) -> Array:
    """Everybody saves the same part: xᵢ = c(N)·c(i)/Σc(j). GameError where nobody costs anything alone.

    >>> proportional_to_alone(Game(("A", "B"), np.array([0.0, 1.0, 3.0, 2.0]))).round(9)
    array([0.5, 1.5])
    """
    alone = game.alone
    if alone.sum() == 0:
        raise GameError(Lack.NO_COST_ALONE)
    return floats(game.whole * alone / alone.sum())


def serial(demands: ArrayLike, cost: Callable[[float], float]) -> Array:
    """Serial sharing of a cost that depends on what all use together: small users don't pay for large ones (逐次分担).

    xₖ = Σ over l ≤ k of (C(qˡ) − C(qˡ⁻¹))/(n − l + 1), demands in rising order, qˡ = Σ of those before l + (n − l + 1)
    times that of l. `demands` (n,) from 0 on. Source: Moulin & Shenker (1992).

    >>> serial([1, 2, 5], lambda used: used ** 0.7).round(4)
    array([0.7192, 1.183 , 2.3849])
    """
    wanted = not_negative("demands", demands)
    n = len(wanted)
    order = np.argsort(wanted, kind="stable")
    shares, before, paid, used = np.zeros(n), float(cost(0.0)), 0.0, 0.0
    base = before / n if n else 0.0
    for place, at in enumerate(order):
        left = n - place
        after = float(cost(used + left * float(wanted[at])))
        paid += (after - before) / left
        before = after
        used += float(wanted[at])
        shares[at] = base + paid
    return shares


def airport(costs: ArrayLike) -> Array:
    """The Shapley value where each needs a longer piece of the same thing: xᵢ = Σ over k ≤ i of (cₖ − cₖ₋₁)/mₖ.

    `costs` (n,) are what each would need alone; mₖ counts those who need the k-th piece. Source: Littlechild & Owen
    (1973).

    >>> airport([1.0, 2.0, 4.0]).round(4)
    array([0.3333, 0.8333, 2.8333])
    """
    alone = not_negative("costs", costs)
    order = np.argsort(alone, kind="stable")
    pieces = np.diff(alone[order], prepend=0.0) / np.arange(len(alone), 0, -1)
    shares = np.zeros(len(alone))
    shares[order] = np.cumsum(pieces)
    return shares


def talmud(estate: float, claims: ArrayLike) -> Array:
    """What is left over of too little for all claims, by the rule of the Talmud: the nucleolus of the bankruptcy game.

    Up to half of the claims, gains are as equal as half the claims allow; from there on, losses are. ValueError for an
    estate that is negative or larger than the claims. Source: Aumann & Maschler (1985).

    >>> [talmud(estate, [100, 200, 300]).round(1).tolist() for estate in (100, 200, 300)]
    [[33.3, 33.3, 33.3], [50.0, 75.0, 75.0], [50.0, 100.0, 150.0]]
    """
    wanted = not_negative("claims", claims)
    whole = float(wanted.sum())
    if not 0 <= estate <= whole:
        raise ValueError(f"the estate has to be between 0 and the sum of the claims, {whole}")
    half = wanted / 2
    if estate <= whole / 2:
        return constrained_equal(estate, half)
    return floats(wanted - constrained_equal(whole - estate, half))


def constrained_equal(estate: float, claims: ArrayLike) -> Array:
    """The same for everybody, but nobody more than the claim (上限付き均等). ValueError as `talmud`.

    >>> constrained_equal(10, [2, 9, 9])
    array([2., 4., 4.])
    """
    wanted = not_negative("claims", claims)
    if not 0 <= estate <= float(wanted.sum()) * (1 + TOLERANCE):
        raise ValueError(f"the estate has to be between 0 and the sum of the claims, {wanted.sum()}")
    shares, left = np.zeros(len(wanted)), float(estate)
    order = np.argsort(wanted, kind="stable")
    for place, at in enumerate(order):
        shares[at] = min(float(wanted[at]), left / (len(wanted) - place))
        left -= float(shares[at])
    return shares


def by_share(whole: float, weights: Sequence[float]) -> Array:
    """The whole in proportion to weights from 0 on, one of them above 0; GameError else.

    >>> by_share(10, [1, 3])
    array([2.5, 7.5])
    """
    given = floats(weights)
    if not len(given) or not np.all(np.isfinite(given)) or np.any(given < 0) or given.sum() == 0:
        raise GameError(Lack.WEIGHTS)
    return floats(whole * given / given.sum())

"""Functional urban areas after the OECD: cities by where people live densely, their commuting zones, no holes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.arrays import divided
from keniki.core.errors import WrongInput

from .areas import NOBODY, Delineation
from .flows import Flows, Places
from .notes import missing_figures, missing_stayers
from .ties import ties


@dataclass(frozen=True)
class FuaRules:
    """The published figures: the share of residents that ties a municipality or a city to a city, and the share of
    people in an urban centre that makes a municipality part of its city. WrongInput for figures out of range.

    Source: Dijkstra, Poelman & Veneri (2019), The EU-OECD definition of a functional urban area.
    """

    threshold: float = 0.15
    centre_share: float = 0.50

    def __post_init__(self) -> None:
        for name in ("threshold", "centre_share"):
            if not 0 < getattr(self, name) <= 1:
                raise WrongInput(
                    f"割合 {getattr(self, name):g} は使えません。0より大きく1以下にしてください。",
                    column=name,
                )


def functional_urban_areas(
    flows: Flows,
    centre_share: Mapping[str, float],
    rules: FuaRules | None = None,
    *,
    centre_of: Mapping[str, str] | None = None,
    neighbours: Iterable[tuple[str, str]] | None = None,
) -> Delineation:
    """Cities with their commuting zones.

    `centre_share` is the part (0 to 1) of each municipality's people who live in an urban centre (1,500 persons per
    km² on a grid, 50,000 persons together), `centre_of` the name of that centre; without it each municipality has one
    of its own. Municipalities with enough of one centre are its city; cities of which one sends the threshold's share
    of its residents to another are one. A municipality belongs to the city it sends most to, from the threshold on.

    With `neighbours`, pairs of municipalities that touch: what does not hang together with its city leaves the area
    (exclaves), and who has all neighbours in one area enters it (enclaves); neighbours that are not in the table are in
    no area. Without `neighbours` neither is looked at, which `notes` say. An area is called by the city's municipality
    with most workers. WrongInput for a share outside 0 to 1.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> made = flows_of(list("abbc"), list("aabc"), [90, 20, 80, 95])
    >>> functional_urban_areas(made, {"a": 0.8}).areas
    {'a': 'a', 'b': 'a', 'c': 'c'}
    """
    rules = rules or FuaRules()
    part = flows.by_code(centre_share, 0.0)
    for place in np.flatnonzero(~((part >= 0) & (part <= 1)))[:1]:
        raise WrongInput(
            f"「{flows.codes[place]}」の都市の中心に住む人の割合 {part[place]:g} は使えません。"
            "0から1までの小数にしてください。"
        )
    is_city = part >= rules.centre_share
    city = _cities(flows, is_city, centre_of or {})
    joined = _joined(flows, is_city, city, rules.threshold)
    head = _named(flows, is_city, joined)
    found = ties(flows, head, is_city)
    going = (found.centre_share >= rules.threshold) & ~is_city
    area = np.where(going, found.centre, head)
    order = np.where(is_city, 0, np.where(going, 1, NOBODY))
    if neighbours is None:
        note = (
            "隣り合う市区町村の一覧がないため、飛び地を除くことと囲まれた市区町村を加えることはしていません。"
        )
        notes: tuple[str, ...] = (note,)
    else:
        touching = _touching(flows, neighbours)
        _without_exclaves(area, order, is_city, touching)
        notes = _with_enclaves(flows, area, order, touching)
    taken = order == 1
    facts: dict[str, dict[str, float | str]] = {}
    for place in np.unique(area[is_city]):
        inside = is_city & (area == place)
        facts[flows.codes[place]] = {
            "cities": len(np.unique(city[inside])),
            "city_municipalities": int(inside.sum()),
        }
    return Delineation(
        "fua",
        flows.codes,
        centre=area,
        order=order,
        towards=np.where(taken & (found.centre == area), found.centre, NOBODY),
        share=np.where(taken & (found.centre == area), found.centre_share, np.nan),
        facts=facts,
        notes=(
            *missing_stayers(flows),
            *missing_figures(flows, centre_share, "都市の中心に住む人の割合"),
            *notes,
        ),
    )


def _cities(flows: Flows, is_city: NDArray[np.bool_], centre_of: Mapping[str, str]) -> Places:
    """The first municipality of each one's city, itself outside cities."""
    city = np.arange(len(flows.codes), dtype=np.int64)
    first: dict[str, int] = {}
    for place in np.flatnonzero(is_city).tolist():
        name = centre_of.get(flows.codes[place])
        if name:
            city[place] = first.setdefault(name, place)
    return city


def _joined(flows: Flows, is_city: NDArray[np.bool_], city: Places, threshold: float) -> Places:
    """The first municipality of the cities that commuting makes one."""
    n = len(city)
    between = is_city[flows.origins] & is_city[flows.out.at]
    keys = city[flows.origins[between]] * n + city[flows.out.at[between]]
    pairs, at = np.unique(keys, return_inverse=True)
    going = np.bincount(at, flows.out.values[between], minlength=len(pairs))
    residents = np.bincount(city[is_city], flows.residents[is_city], minlength=n)
    one, other = pairs // n, pairs % n
    tied = (one != other) & (divided(going, residents[one]) >= threshold)
    first = np.arange(n, dtype=np.int64)
    for a, b in zip(one[tied].tolist(), other[tied].tolist(), strict=True):
        low, high = sorted((_first(first, a), _first(first, b)))
        first[high] = low
    return np.array([_first(first, int(place)) for place in city], dtype=np.int64)


def _first(first: Places, place: int) -> int:
    while first[place] != place:
        place = int(first[place])
    return place


def _named(flows: Flows, is_city: NDArray[np.bool_], joined: Places) -> Places:
    """The municipality with most workers of each one's city, itself outside cities."""
    order = np.lexsort((np.arange(len(joined)), -flows.workers))
    name = np.full(len(joined), NOBODY, dtype=np.int64)
    for place in order[is_city[order]].tolist():
        if name[joined[place]] < 0:
            name[joined[place]] = place
    return np.where(is_city, name[joined], np.arange(len(joined), dtype=np.int64))


def _touching(flows: Flows, neighbours: Iterable[tuple[str, str]]) -> list[set[int]]:
    """The neighbours of each municipality, −1 among them where one is not in the table."""
    touching: list[set[int]] = [set() for _ in flows.codes]
    for one, other in neighbours:
        a, b = flows.places.get(one, NOBODY), flows.places.get(other, NOBODY)
        if a != b:
            for place, beyond in ((a, b), (b, a)):
                if place >= 0:
                    touching[place].add(beyond)
    return touching


def _without_exclaves(
    area: Places, order: Places, is_city: NDArray[np.bool_], touching: list[set[int]]
) -> None:
    """Suburbs that no chain of neighbours in the area leads to from its city leave it."""
    reached = set(np.flatnonzero(is_city).tolist())
    waiting = list(reached)
    while waiting:
        place = waiting.pop()
        for other in touching[place] - reached - {NOBODY}:
            if area[other] == area[place] and order[other] >= 0:
                reached.add(other)
                waiting.append(other)
    for place in np.flatnonzero(order == 1).tolist():
        if place not in reached:
            area[place], order[place] = place, NOBODY


def _with_enclaves(flows: Flows, area: Places, order: Places, touching: list[set[int]]) -> tuple[str, ...]:
    """Municipalities whose neighbours are all in one area enter it."""
    entering = {}
    for place in np.flatnonzero(order < 0).tolist():
        around = {
            int(area[other]) if other >= 0 and order[other] >= 0 else NOBODY for other in touching[place]
        }
        if len(around) == 1 and NOBODY not in around:
            entering[place] = around.pop()
    for place, into in entering.items():
        area[place], order[place] = into, 1
    if not entering:
        return ()
    named = "、".join(flows.codes[place] for place in list(entering)[:10])
    return (f"一つの圏域に囲まれているため加えた市区町村：{named}",)

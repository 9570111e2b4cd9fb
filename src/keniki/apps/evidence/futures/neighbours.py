"""Whom a region's forecast is shown beside: regions that touch it, prefecture and nation, municipalities by code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit
from keniki.rulebooks.regions import prefectures

from ..book.book import title_of
from ..book.holdings import Place
from ..delineating.tables import names_of
from ..delineating.touching import borders_touching
from .forecasting import ready
from .making import Wanted, projected
from .results import Result

#: Other regions, and municipalities typed one by one, that stand beside a region.
MOST_REGIONS: Final = 5
MOST_ALONE: Final = 5
NATION: Final = "全国"


@dataclass(frozen=True)
class Group:
    """Municipalities that are shown together under a name, and why they are (empty for the region itself)."""

    name: str
    places: tuple[Place, ...]
    why: str = ""


@dataclass(frozen=True)
class Neighbours:
    """The groups with their unchanged forecasts, the region first; notes say who could not be shown."""

    shown: tuple[tuple[Group, Result], ...]
    notes: tuple[str, ...]

    @property
    def named(self) -> list[tuple[str, Result]]:
        """The results by the groups' names."""
        return [(group.name, result) for group, result in self.shown]


def neighbours(
    region: Region,
    regions: Mapping[Region, Sequence[Place]],
    wanted: Wanted,
    typed: Sequence[Place] = (),
) -> Neighbours:
    """The forecast `wanted`, without changes and draws, for the region beside others.

    `regions` are all of the installation with their members; of others the nearest are taken. WrongInput where the
    region itself or a municipality that was typed has no figures, or the model cannot be made.
    """
    plain = replace(wanted, changes=(), draws=0)
    there = tuple(ready(plain.base, plain.model, plain.until, plain.published or None).base.codes)
    known = set(there)
    shown, notes = [], []
    for group in (
        Group(region.name, tuple(regions[region])),
        *nearest(region, regions),
        *_alone(typed),
        *_above(regions[region], there),
    ):
        lost = [place.name for place in group.places if place.code[:5] not in known]
        if lost and group.why not in ("", _TYPED):
            notes.append(f"{group.name}は、{'、'.join(lost[:5])}の基準人口がないため並べていない。")
            continue
        if not group.places:
            if not group.why:
                raise WrongInput("この圏域には、まだ構成市町村がありません。")
            continue
        shown.append((group, projected(replace(plain, places=group.places)).without_draws()))
    return Neighbours(tuple(shown), tuple(notes))


def nearest(region: Region, regions: Mapping[Region, Sequence[Place]]) -> list[Group]:
    """Other regions, nearest first: with members in common, then touching, then of the same prefecture."""
    own = {place.code for place in regions[region]}
    touching = borders_touching()
    beside = {other for code in own for other in touching.get(code, ())} - own
    there = {code[:2] for code in own}
    found = []
    for other, places in regions.items():
        codes = {place.code for place in places}
        if other == region or not codes:
            continue
        if codes & own:
            rank, why = 0, "構成市町村が重なる圏域"
        elif codes & beside:
            rank, why = 1, "隣り合う圏域"
        elif {code[:2] for code in codes} & there:
            rank, why = 2, "同じ都道府県の圏域"
        else:
            rank, why = 3, "ほかの圏域"
        found.append((rank, other.name, Group(other.name, tuple(places), why)))
    return [group for *_, group in sorted(found, key=lambda each: each[:2])[:MOST_REGIONS]]


_TYPED: Final = "指定した市区町村"


def _alone(typed: Sequence[Place]) -> Iterator[Group]:
    """Municipalities that were typed: each by itself, many of them together."""
    if len(typed) > MOST_ALONE:
        yield Group(title_of(typed), tuple(typed), _TYPED)
        return
    for place in typed:
        yield Group(place.name, (place,), _TYPED)


def _above(members: Sequence[Place], codes: Sequence[str]) -> Iterator[Group]:
    """The members' prefectures and the nation, of all municipalities there are figures of."""
    names = {row.number: row.name for row in prefectures(today())}
    towns = names_of([f"{code}{check_digit(code)}" for code in codes])
    every = [Place(code, towns[code]) for code in towns]
    for number in sorted({place.prefecture for place in members}):
        inside = tuple(place for place in every if place.prefecture == number)
        if inside:
            yield Group(names.get(number, number), inside, "都道府県")
    yield Group(NATION, tuple(every), NATION)

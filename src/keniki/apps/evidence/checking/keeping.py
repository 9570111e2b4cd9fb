"""The checks of a region, worked out once and kept in the cache all processes share until something they read changes.

What was found is kept in pieces: a page needs the numbers of each check and at most a hundred of its findings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, overload

from django.core.cache import cache

from keniki import __version__
from keniki.analysis.checks import Verdict
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.checks import checks

from ..queries import store_mark
from .findings import sections
from .results import SHOWN_FIRST, Checked, Section

#: Seconds; the day is part of what a result is found under.
KEPT_FOR: Final = 24 * 60 * 60
#: Findings that are kept together.
PIECE: Final = 200

_Summary = list[tuple[str, Mapping[Verdict, int], Sequence[Checked]]]


def kept_sections(region: Region, towns: Sequence[Municipality]) -> list[Section]:
    """`sections` of a region's members, from what was kept while neither store, members nor rules changed."""
    key = _key(region, towns)
    kept: _Summary | None = cache.get(key)
    if kept is None:
        return _worked_out(key, region, towns)
    rules = checks(today())
    return [
        Section(
            name, rules[name], Pieces(_reader(key, name, region, towns), sum(counts.values()), head), counts
        )
        for name, counts, head in kept
        if name in rules
    ]


def _worked_out(key: str, region: Region, towns: Sequence[Municipality]) -> list[Section]:
    made = sections(region, towns)
    for section in made:
        for first in range(0, len(section.found), PIECE):
            piece = list(section.found[first : first + PIECE])
            cache.set(_piece(key, section.id, first // PIECE), piece, KEPT_FOR)
    summary: _Summary = [(each.id, each.counts, list(each.found[:SHOWN_FIRST])) for each in made]
    cache.set(key, summary, KEPT_FOR)
    return made


def _reader(
    key: str, name: str, region: Region, towns: Sequence[Municipality]
) -> Callable[[int], Sequence[Checked]]:
    def read(number: int) -> Sequence[Checked]:
        found: Sequence[Checked] | None = cache.get(_piece(key, name, number))
        if found is None:
            whole = next(each for each in _worked_out(key, region, towns) if each.id == name)
            found = whole.found[number * PIECE : (number + 1) * PIECE]
        return found

    return read


def _piece(key: str, name: str, number: int) -> str:
    return f"{key}:{name}:{number}"


def _key(region: Region, towns: Sequence[Municipality]) -> str:
    """What a result depends on: figures, members, the municipalities of their prefectures, rules and day."""
    prefectures = sorted({town.code[:2] for town in towns})
    listed = Municipality.objects.filter(prefecture__in=prefectures).order_by("pk")
    told = (
        [(town.code, town.name) for town in towns],
        list(listed.values_list("code", "kind", "valid")),
        store_mark(region),
        today(),
        __version__,
    )
    return f"checks:{region.pk}:{hashlib.sha256(repr(told).encode()).hexdigest()}"


class Pieces(Sequence[Checked]):
    """The findings of a check, the worst first; a piece is read when something of it is looked at."""

    def __init__(
        self, read: Callable[[int], Sequence[Checked]], length: int, head: Sequence[Checked]
    ) -> None:
        self._read, self._length, self._head = read, length, head
        self._pieces: dict[int, Sequence[Checked]] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> Checked: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Checked]: ...

    def __getitem__(self, at: int | slice) -> Checked | Sequence[Checked]:
        if isinstance(at, slice):
            return [self._one(number) for number in range(*at.indices(self._length))]
        if not -self._length <= at < self._length:
            raise IndexError(at)
        return self._one(at % self._length)

    def _one(self, number: int) -> Checked:
        if number < len(self._head):
            return self._head[number]
        piece, within = divmod(number, PIECE)
        if piece not in self._pieces:
            self._pieces[piece] = self._read(piece)
        return self._pieces[piece][within]

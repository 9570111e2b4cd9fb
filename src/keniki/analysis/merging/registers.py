"""The multi-value register of one field: which writes stand, who replaced the others, whether people disagree.

A write is replaced when another write of the same field names it in `seen`. What nobody replaced stands: the
heads. Nothing else decides: no clock, no order of arrival, no device. Writes that name each other in a circle,
which no honest device makes, cannot make each other vanish: a circle nobody outside it replaced stands as a whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .events import Write
from .spelling import canonical, units


class Register(NamedTuple):
    """A field of an entity: the writes that stand, in order of id; `values` are the different values among them."""

    heads: Mapping[str, Any]

    @property
    def values(self) -> list[Any]:
        """The different values, in the order of their canonical text: one, or a conflict."""
        found = {canonical(value): value for value in self.heads.values()}
        return [found[text] for text in sorted(found, key=units)]

    @property
    def conflict(self) -> bool:
        """Whether people wrote different values without having seen each other's."""
        if len(self.heads) < 2:
            return False
        return len({canonical(value) for value in self.heads.values()}) > 1

    @property
    def value(self) -> Any:
        """The value people agree on; None when nothing stands or there is a conflict."""
        return None if not self.heads or self.conflict else next(iter(self.heads.values()))

    @property
    def seen(self) -> list[str]:
        """What a writer who looks at this register has seen and replaces."""
        return list(self.heads)


class Past(NamedTuple):
    """One write in the history of a field; `replaced_by` are the writes that named it in `seen`."""

    id: str
    value: Any
    seen: tuple[str, ...]
    replaced_by: tuple[str, ...]
    stands: bool


def heads_of(writes: Mapping[str, Write]) -> list[str]:
    """The ids of the writes that stand, sorted; of `writes`, all writes of a field by id.

    An id in `seen` that is not (yet) known, or that wrote another field, changes nothing else. Time:
    proportional to the writes and what they saw.

    >>> heads_of({"a": Write(1, ()), "b": Write(2, ("a",)), "c": Write(3, ("a", "z"))})
    ['b', 'c']
    >>> heads_of({"a": Write(1, ("b",)), "b": Write(2, ("a",))})
    ['a', 'b']
    """
    if len(writes) == 1:
        return list(writes)
    gone = {ident for write in writes.values() for ident in write.seen}
    heads = [ident for ident in writes if ident not in gone]
    reached = _reached(writes, heads)
    if len(reached) < len(writes):
        heads += _circles({ident: writes[ident] for ident in writes if ident not in reached})
    return sorted(heads)


def register_of(writes: Mapping[str, Write]) -> Register:
    """The register of a field from all its writes.

    >>> register_of({"a": Write(1, ()), "b": Write(2, ())}).conflict
    True
    """
    return Register({ident: writes[ident].value for ident in heads_of(writes)})


def history_of(writes: Mapping[str, Write]) -> list[Past]:
    """Every write of a field, none left out: each after those it had seen, else in order of id.

    >>> [(past.id, past.replaced_by) for past in history_of({"b": Write(2, ("c",)), "c": Write(1, ())})]
    [('c', ('b',)), ('b', ())]
    """
    by: dict[str, list[str]] = {ident: [] for ident in writes}
    for ident in sorted(writes):
        for seen in writes[ident].seen:
            if seen in by:
                by[seen].append(ident)
    standing = set(heads_of(writes))
    return [
        Past(ident, writes[ident].value, writes[ident].seen, tuple(by[ident]), ident in standing)
        for ident in _in_order(writes, by)
    ]


def _reached(writes: Mapping[str, Write], heads: Iterable[str]) -> set[str]:
    """The writes that the heads replaced, directly or through others, and the heads."""
    waiting = list(heads)
    found = set(waiting)
    while waiting:
        for seen in writes[waiting.pop()].seen:
            if seen in writes and seen not in found:
                found.add(seen)
                waiting.append(seen)
    return found


def _circles(writes: Mapping[str, Write]) -> list[str]:
    """The writes of every circle (strongly connected component) that nobody outside replaced; after Kosaraju."""
    by: dict[str, list[str]] = {ident: [] for ident in writes}
    for ident, write in writes.items():
        for seen in write.seen:
            if seen in by:
                by[seen].append(ident)
    standing: list[str] = []
    placed: set[str] = set()
    for start in reversed(_finished(writes)):
        if start in placed:
            continue
        circle, waiting, free = {start}, [start], True
        placed.add(start)
        while waiting:
            for other in by[waiting.pop()]:
                if other in placed:
                    free = free and other in circle
                else:
                    placed.add(other)
                    circle.add(other)
                    waiting.append(other)
        if free:
            standing += circle
    return standing


def _finished(writes: Mapping[str, Write]) -> list[str]:
    """The writes in the order in which a walk along `seen`, depth first, leaves them."""
    order: list[str] = []
    entered: set[str] = set()
    for start in sorted(writes):
        if start in entered:
            continue
        entered.add(start)
        walk = [(start, iter(writes[start].seen))]
        while walk:
            ident, rest = walk[-1]
            step = next((seen for seen in rest if seen in writes and seen not in entered), None)
            if step is None:
                order.append(ident)
                walk.pop()
            else:
                entered.add(step)
                walk.append((step, iter(writes[step].seen)))
    return order


def _in_order(writes: Mapping[str, Write], by: Mapping[str, list[str]]) -> list[str]:
    """Kahn's order along `seen`; what stands in a circle comes last, by id."""
    open_seen = {ident: sum(seen in writes for seen in write.seen) for ident, write in writes.items()}
    ready = [ident for ident, count in open_seen.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        ident = heapq.heappop(ready)
        order.append(ident)
        for later in by[ident]:
            open_seen[later] -= 1
            if not open_seen[later]:
                heapq.heappush(ready, later)
    known = set(order)
    return order + sorted(ident for ident in writes if ident not in known)

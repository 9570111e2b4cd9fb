"""A datum of the board: what stands in a field, since when it is known and from whom, and whether people disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from keniki.analysis import merging

from . import words


@dataclass(frozen=True)
class Mark:
    """Who wrote something, when it arrived, and by which way; `behalf` is the town somebody wrote for (代理入力)."""

    at: datetime
    who: str = ""
    post: str = ""
    behalf: str = ""
    via: str = ""

    @property
    def by(self) -> str:
        """The writer in one line."""
        written = " ".join(part for part in (self.post, self.who) if part)
        return f"{written}（代理入力：{self.behalf}）" if self.behalf else written


@dataclass(frozen=True)
class Option:
    """One of the values that stand in a field about which people disagree; `head` names its (first) write."""

    head: str
    value: Any
    words: str
    mark: Mark | None


@dataclass(frozen=True)
class Split:
    """A disagreement (食い違い) a person has to decide: of what, in which field, between which values."""

    entity: str
    name: str
    label: str
    title: str
    code: str
    town: str
    options: tuple[Option, ...]
    seen: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The kind of the entity."""
        return self.entity.partition(":")[0]

    @property
    def key(self) -> str:
        """The key of the entity."""
        return self.entity.partition(":")[2]


@dataclass(frozen=True)
class Datum:
    """What stands in a field: `value` is None where nothing does or people disagree (`conflict`, all in `values`).

    `told` are the values in words.
    """

    value: Any = None
    conflict: bool = False
    values: tuple[Any, ...] = ()
    marks: tuple[Mark, ...] = field(default=())
    told: tuple[str, ...] = field(default=())

    @property
    def mark(self) -> Mark | None:
        """The last that wrote what stands."""
        return max(self.marks, key=lambda each: each.at, default=None)

    @property
    def words(self) -> str:
        """What stands in words; of several values all."""
        return "／".join(self.told)

    def __bool__(self) -> bool:
        return bool(self.values)

    def part(self, name: str) -> Any:
        """A part of a value that has several; None without one."""
        return self.value.get(name) if isinstance(self.value, Mapping) else None


NOTHING: Final = Datum()


class Marked:
    """Reads fields of entities together with who wrote them."""

    def __init__(self, marks: Mapping[str, Mark]) -> None:
        self.marks = marks

    def datum(self, joined: merging.Joined | None, name: str) -> Datum:
        """A field of an entity."""
        register = joined.registers.get(name) if joined is not None else None
        return NOTHING if register is None or joined is None else self.of(_kind(joined), name, register)

    def members(self, joined: merging.Joined | None, collection: str) -> dict[str, Datum]:
        """The fields of a collection by member; what was emptied is left out."""
        start = f"{collection}."
        if joined is None:
            return {}
        found = {
            name.removeprefix(start): self.of(_kind(joined), name, register)
            for name, register in sorted(joined.registers.items())
            if name.startswith(start)
        }
        return {name: each for name, each in found.items() if each}

    def of(self, kind: str, name: str, register: merging.Register) -> Datum:
        """A register with the marks of what stands in it."""
        marks = tuple(self.marks[head] for head in register.heads if head in self.marks)
        values = () if register.values == [None] else tuple(register.values)
        told = tuple(words.value(kind, name, value) for value in values)
        return Datum(register.value, register.conflict, values, marks, told)

    def last(self, *data: Datum) -> Mark | None:
        """The last mark of several."""
        marks = [mark for each in data for mark in each.marks]
        return max(marks, key=lambda each: each.at, default=None)

    def options(self, kind: str, name: str, register: merging.Register) -> tuple[Option, ...]:
        """The values that stand, equal ones once, each with its last writer; the first written comes first."""
        by_value: dict[str, list[str]] = {}
        for head, value in register.heads.items():
            by_value.setdefault(merging.canonical(value), []).append(head)
        found = []
        for heads in by_value.values():
            marks = [self.marks[head] for head in heads if head in self.marks]
            last = max(marks, key=lambda each: each.at, default=None)
            value = register.heads[heads[0]]
            found.append(Option(heads[0], value, words.value(kind, name, value), last))
        return tuple(
            sorted(found, key=lambda each: (each.mark is None, each.mark and each.mark.at, each.head))
        )


def _kind(joined: merging.Joined) -> str:
    return joined.name.partition(":")[0]


def heads(entities: Iterable[merging.Entity]) -> set[str]:
    """The ids of all writes that stand in these entities."""
    return {head for each in entities for register in each.registers.values() for head in register.heads}

"""Papers of many sheets come in parts, none longer than what is made while somebody waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import Http404

#: Sheets in one file: a few seconds.
SHEETS: Final = 200


@dataclass(frozen=True)
class Part:
    """A part by its number from 1, from which sheet to which it goes, of how many parts it is one."""

    number: int
    first: int
    last: int
    of: int

    @property
    def rows(self) -> slice:
        """Which rows of all."""
        return slice(self.first - 1, self.last)

    @property
    def said(self) -> str:
        """Which sheets, where there are further parts."""
        return f"{self.first:,}～{self.last:,}" if self.of > 1 else ""


def parts_of(number: int, most: int) -> list[Part]:
    """The parts of so many sheets.

    >>> [(part.number, part.said) for part in parts_of(450, 200)]
    [(1, '1～200'), (2, '201～400'), (3, '401～450')]
    >>> [part.said for part in parts_of(200, 200)]
    ['']
    """
    of = -(-number // most)
    return [Part(at + 1, at * most + 1, min((at + 1) * most, number), of) for at in range(of)]


def part_asked(number: int, asked: str, most: int) -> Part:
    """The part of so many sheets that is asked for, else the first. Raises `Http404` where there is none."""
    for part in parts_of(number, most):
        if str(part.number) == (asked or "1"):
            return part
    raise Http404("この部分はありません。")

"""Prefectures and the kinds of organisations that take part in a region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from keniki.core.municipality_code import parse_code
from keniki.rulebooks.loader import Entry, Rulebook, load


@dataclass(frozen=True, slots=True)
class Prefecture:
    """A prefecture: its two digits, its six-digit code, name and kana (hiragana)."""

    number: str
    code: str
    name: str
    kana: str


class OrganisationKind(Entry):
    """A kind of organisation."""

    key: str
    name: str
    examples: str = ""


class OrganisationKinds(Entry):
    """The kinds in the order they are offered."""

    kinds: tuple[OrganisationKind, ...]

    def name_of(self, key: str) -> str:
        """The Japanese name of a kind; KeyError for a kind that is not listed."""
        return {kind.key: kind.name for kind in self.kinds}[key]


def prefectures(on: date) -> tuple[Prefecture, ...]:
    """The 47 prefectures in the order of their numbers."""
    names = _prefectures().on("name", on).value
    kana = _prefectures().on("kana", on).value
    return tuple(
        Prefecture(number, parse_code(f"{number}000"), name, kana[number]) for number, name in names.items()
    )


def prefecture_of(code: str, on: date) -> Prefecture:
    """The prefecture a municipality's code (five or six digits) lies in; KeyError for a number above 47."""
    return {prefecture.number: prefecture for prefecture in prefectures(on)}[code[:2]]


def organisation_kinds(on: date) -> tuple[OrganisationKind, ...]:
    """The kinds of organisations in the order they are offered."""
    return _kinds().on("kinds", on).value.kinds


@cache
def _prefectures() -> Rulebook[dict[str, str]]:
    return load("regions/prefectures.yaml", dict[str, str])


@cache
def _kinds() -> Rulebook[OrganisationKinds]:
    return load("regions/organisation_kinds.yaml", OrganisationKinds)

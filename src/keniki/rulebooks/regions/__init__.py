"""Prefectures, the kinds of organisations that take part in a region, the legal forms of joint arrangements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import field_validator

from keniki.core.municipality_code import parse_code
from keniki.rulebooks.loader import Entry, Rule, Rulebook, check_evidence, load


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


class LegalForm(Entry):
    """A form of joint handling; `article` is empty where it stands on no article of 地方自治法."""

    key: str
    name: str
    article: str = ""
    evidence: tuple[str, ...]

    @field_validator("evidence")
    @classmethod
    def _evidence_exists(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return check_evidence(labels)


class LegalForms(Entry):
    """The forms in the order they are offered."""

    forms: tuple[LegalForm, ...]


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


def arrangement_forms(on: date) -> Rule[LegalForms]:
    """The legal forms of joint handling (一部事務組合, 協議会, 事務の委託 …) with the articles they stand on."""
    return _arrangements().on("forms", on)


@cache
def _arrangements() -> Rulebook[LegalForms]:
    return load("regions/arrangements.yaml", LegalForms)


@cache
def _prefectures() -> Rulebook[dict[str, str]]:
    return load("regions/prefectures.yaml", dict[str, str])


@cache
def _kinds() -> Rulebook[OrganisationKinds]:
    return load("regions/organisation_kinds.yaml", OrganisationKinds)

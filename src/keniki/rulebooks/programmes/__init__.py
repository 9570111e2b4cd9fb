"""The programmes (広域連携加速化事業, 定住自立圏, 連携中枢都市圏): names, legal bases, policy fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

HOKKAIDO: Final = "hokkaido"
TEIJU: Final = "teiju"
RENKEI: Final = "renkei"
PROGRAMMES: Final = (HOKKAIDO, TEIJU, RENKEI)


class Parties(StrEnum):
    """Who stands on the sides of an agreement."""

    MULTILATERAL = "multilateral"
    ONE_TO_ONE = "one_to_one"
    SINGLE = "single"


class Programme(Entry):
    """The names a programme uses; a name it does not use is empty. `prefecture` (two digits) limits it to one."""

    name: str
    prefecture: str = ""
    region: str
    members: str
    centre: str
    partner: str
    declaration: str = ""
    agreement: str
    agreement_kind: str
    agreement_parties: Parties
    vision: str
    vision_years: int | None = None
    panel: str = ""
    report: str = ""
    #: Whether the programme pays a grant (交付金) for each year, so that a year without its papers is 未入力.
    yearly_grant: bool = False


class LegalBasis(Entry):
    """The text a programme rests on; `issued` and `number` as that text is cited."""

    title: str
    issued: date | None = None
    number: str = ""
    issuer: str = ""


class PolicyField(Entry):
    """One policy field: its key, its name in agreements and visions, its short name in narrow tables."""

    key: str
    name: str
    short_name: str = ""

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name


class FieldGroup(Entry):
    """Fields under one heading (視点); a role of 連携中枢都市圏 is a group with or without groups inside."""

    key: str
    name: str = ""
    examples: str = ""
    fields: tuple[PolicyField, ...] = ()
    groups: tuple[FieldGroup, ...] = ()


class PolicyFields(Entry):
    """The policy fields of a programme in the order of its forms.

    `columns` gives how many fields stand in each column of the results report's table of fields.
    """

    groups: tuple[FieldGroup, ...]
    columns: tuple[int, ...] = ()

    @property
    def fields(self) -> tuple[PolicyField, ...]:
        """All fields in order; a role or group that lists none is itself one."""
        return tuple(field for group in self.groups for field in _fields_of(group))

    def in_columns(self) -> tuple[tuple[PolicyField, ...], ...]:
        """The fields by column of the form; one column where the form states none."""
        sizes = self.columns or (len(self.fields),)
        starts = [sum(sizes[:position]) for position in range(len(sizes))]
        return tuple(self.fields[start : start + size] for start, size in zip(starts, sizes, strict=True))


def programme(key: str, on: date) -> Rule[Programme]:
    """The names of the programme `hokkaido`, `teiju` or `renkei` on a date."""
    return _programmes().on(key, on)


def programmes(on: date) -> dict[str, Rule[Programme]]:
    """All programmes in force on a date."""
    return _programmes().in_force(on)


def legal_basis(key: str, on: date) -> Rule[LegalBasis]:
    """The text the programme rests on."""
    return _bases().on(key, on)


def policy_fields(key: str, on: date) -> Rule[PolicyFields]:
    """The policy fields of a programme on a date."""
    return _fields().on(key, on)


def grant_parameters(settings: dict[str, object] | None = None) -> Rulebook[Decimal]:
    """Rates and caps of grants; unknown ones raise RuleUnknown until `settings` holds their parameter."""
    return load("programmes/grants.yaml", Decimal, settings=settings)


def _fields_of(group: FieldGroup) -> tuple[PolicyField, ...]:
    if not group.fields and not group.groups:
        return (PolicyField(key=group.key, name=group.name),)
    return group.fields + tuple(field for inner in group.groups for field in _fields_of(inner))


@cache
def _programmes() -> Rulebook[Programme]:
    return load("programmes/programmes.yaml", Programme)


@cache
def _bases() -> Rulebook[LegalBasis]:
    return load("programmes/bases.yaml", LegalBasis)


@cache
def _fields() -> Rulebook[PolicyFields]:
    return load("programmes/fields.yaml", PolicyFields)

"""Caps, rates and reference points of the state's support, by fiscal year."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache

from pydantic import model_validator

from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.loader import Entry, Rule, Rulebook, load


class Role(StrEnum):
    """The role a member has in its region."""

    CENTRE = "centre"
    PARTNER = "partner"


class Kind(StrEnum):
    """What a rule of support consists of."""

    RATE = "rate"
    CAP = "cap"
    POINTS = "points"
    BOND = "bond"
    FUND = "fund"


class Point(Entry):
    """A published amount for a population; it was published for populations up to `up_to`."""

    population: int
    yen: int
    up_to: int | None = None

    @property
    def last_population(self) -> int:
        """The largest population the amount was published for."""
        return self.up_to if self.up_to is not None else self.population


class Support(Entry):
    """One rule. Rates are fractions: `rate` of the cost (of general revenue, or that a bond covers), `supported`
    of repayments (or interest) that is met later; `yen` a cap per year, for `years`; `fields` policy fields."""

    kind: Kind
    title: str
    article: str = ""
    rate: Decimal | None = None
    former_rate: Decimal | None = None
    supported: Decimal | None = None
    yen: int | None = None
    years: int | None = None
    approximate: bool = False
    fields: tuple[str, ...] = ()
    condition: str = ""
    points: tuple[Point, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_amount(cls, raw: object) -> object:
        """An installation may answer a question for a cap with the amount alone."""
        if isinstance(raw, int) or (isinstance(raw, str) and raw.isdigit()):
            return {"kind": Kind.CAP, "title": "設定された上限額", "yen": int(raw)}
        return raw

    @model_validator(mode="after")
    def _complete(self) -> Support:
        needed = {
            Kind.RATE: self.rate is not None,
            Kind.CAP: self.yen is not None,
            Kind.POINTS: len(self.points) >= 2,
            Kind.BOND: self.rate is not None and self.supported is not None,
            Kind.FUND: self.rate is not None and self.supported is not None,
        }
        if not needed[self.kind]:
            raise ValueError(f"{self.kind} に要る値がありません")
        if any(rate is not None and not 0 <= rate <= 1 for rate in (self.rate, self.supported)):
            raise ValueError("率は 0～1 で書いてください")
        if self.yen is not None and self.yen < 0:
            raise ValueError("上限額は 0 以上で書いてください")
        populations = [point.population for point in self.points]
        if populations != sorted(set(populations)):
            raise ValueError("points は人口の小さい順に書いてください")
        return self

    @property
    def cap(self) -> int:
        """The cap in yen; ValueError for a rule without one."""
        if self.yen is None:
            raise ValueError(self.title)
        return self.yen

    @property
    def factor(self) -> Decimal:
        """The rate; ValueError for a rule without one."""
        if self.rate is None:
            raise ValueError(self.title)
        return self.rate


def support_rules(settings: Mapping[str, object] | None = None) -> Rulebook[Support]:
    """All rules; years and amounts no text gives raise RuleUnknown until `settings` answers them."""
    return load("programmes/funding.yaml", Support, settings=settings) if settings else _rules()


def support(rule_id: str, year: FiscalYear, settings: Mapping[str, object] | None = None) -> Rule[Support]:
    """The rule for a fiscal year, as on its last day: the special allocation is settled in March."""
    return support_rules(settings).on(rule_id, year.last_day)


def cap_rule(
    programme: str, role: Role, year: FiscalYear, settings: Mapping[str, object] | None = None
) -> Rule[Support]:
    """The cap of a role's special allocation in a fiscal year."""
    return support(f"{programme}.cap.{role.value}", year, settings)


def rate_rule(
    programme: str, year: FiscalYear, settings: Mapping[str, object] | None = None
) -> Rule[Support]:
    """The share of general revenue that the special allocation meets."""
    return support(f"{programme}.rate", year, settings)


def cap_history(
    programme: str, role: Role, settings: Mapping[str, object] | None = None
) -> list[Rule[Support]]:
    """All versions of a cap, the oldest first; those that ask are among them."""
    return support_rules(settings).history(f"{programme}.cap.{role.value}")


@cache
def _rules() -> Rulebook[Support]:
    return load("programmes/funding.yaml", Support)

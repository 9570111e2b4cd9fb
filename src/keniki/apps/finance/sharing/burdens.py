"""What a share means for each town: its own money in it, residents, the estimated tax measure beside it, benefits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TypeVar

from keniki.apps.regions.models import Municipality

from ..games import TownGame
from ..models import BudgetLine, TownBudget
from .reckoning import StageOf

Stage = BudgetLine.Stage
T = TypeVar("T", int, Decimal)


@dataclass(frozen=True)
class Residents:
    """How many live in a town, of which edition, and the address of the figure."""

    value: int
    edition: str
    url: str = ""


@dataclass(frozen=True)
class Effect:
    """How much a town's estimated special tax (特別交付税措置見込額) rises by its general revenue for this, in yen.

    `amount` is None where it cannot be told (未判定): `why` says what lacks. `rule` is the cap's text.
    """

    amount: int | None
    why: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Benefit:
    """What a town's people had of the initiative's activities in the year: persons, sessions; None for 未入力."""

    people: Decimal | None = None
    sessions: Decimal | None = None


@dataclass(frozen=True)
class Burden:
    """A town's share in whole yen with what it means; None where it is not known.

    `earmarked` is what other money than its general revenue pays, `alone` what it would pay by itself,
    `spent` what it spends of the cost itself.
    """

    town: Municipality
    amount: int
    part: Fraction
    earmarked: int | None
    effect: Effect
    residents: Residents | None
    benefit: Benefit
    alone: int | None = None
    spent: int | None = None

    @property
    def balance(self) -> int | None:
        """What it still pays (or gets back, below 0) beside what it spends itself."""
        return None if self.spent is None else self.amount - self.spent

    @property
    def general(self) -> int:
        """What general revenue pays (一般財源負担額); with earmarked money not entered, all of it."""
        return self.amount - (self.earmarked or 0)

    @property
    def percent(self) -> Decimal:
        """The part of the whole in per cent, two decimals."""
        return (Decimal(self.part.numerator * 100) / Decimal(self.part.denominator)).quantize(Decimal("0.01"))

    @property
    def net_each(self) -> Decimal | None:
        """General revenue per resident in yen, one decimal; the tax measure is not taken off."""
        if self.residents is None or not self.residents.value:
            return None
        return (Decimal(self.general) / self.residents.value).quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def saved(self) -> int | None:
        """What it saves against doing it alone; negative where alone is cheaper."""
        return None if self.alone is None else self.alone - self.amount


@dataclass(frozen=True)
class Burdens:
    """All towns' burdens in the region's order."""

    rows: tuple[Burden, ...]

    @property
    def amount(self) -> int:
        """All shares."""
        return sum(row.amount for row in self.rows)

    @property
    def earmarked(self) -> int | None:
        """All earmarked money that is known; None where none is."""
        return _sum(row.earmarked for row in self.rows)

    @property
    def general(self) -> int:
        """All general revenue."""
        return sum(row.general for row in self.rows)

    @property
    def effect(self) -> int | None:
        """All estimates; None while one cannot be told."""
        return _whole(row.effect.amount for row in self.rows)

    @property
    def residents(self) -> int | None:
        """All residents; None while a town's are not known."""
        return _whole(row.residents.value if row.residents else None for row in self.rows)

    @property
    def net_each(self) -> Decimal | None:
        """General revenue per resident of all towns."""
        people = self.residents
        return (Decimal(self.general) / people).quantize(Decimal("0.1"), ROUND_HALF_UP) if people else None

    @property
    def people(self) -> Decimal | None:
        """All persons counted by town."""
        return _sum(row.benefit.people for row in self.rows)

    @property
    def sessions(self) -> Decimal | None:
        """All sessions counted by town."""
        return _sum(row.benefit.sessions for row in self.rows)

    @property
    def alone(self) -> int | None:
        """What all would pay, each alone."""
        return _whole(row.alone for row in self.rows)

    @property
    def saved(self) -> int | None:
        """What all save together."""
        return _whole(row.saved for row in self.rows)

    @property
    def spent(self) -> int | None:
        """All that towns spend themselves; None where nobody does."""
        return _sum(row.spent for row in self.rows)

    @property
    def balance(self) -> int | None:
        """What all towns pay beside what they spend themselves."""
        return _sum(row.balance for row in self.rows)

    @property
    def unexplained(self) -> list[str]:
        """Why an estimate is lacking, each reason once."""
        return list(dict.fromkeys(row.effect.why for row in self.rows if row.effect.why))


def burdens(
    towns: Sequence[Municipality],
    shares: Mapping[str, int],
    *,
    budgets: Mapping[str, int],
    effects: Mapping[str, Effect],
    residents: Mapping[str, Residents],
    benefits: Mapping[str, Benefit],
    game: TownGame | None = None,
    spent: Mapping[str, int] | None = None,
) -> Burdens:
    """Shares in yen by code with what is known of each town, all by code; `budgets` is earmarked money.

    Where some town spends of the cost itself (`spent`), one that is not named spends nothing.
    """
    total = sum(shares.values())
    alone = {} if game is None else dict(zip(game.codes, game.alone, strict=True))
    return Burdens(
        tuple(
            Burden(
                town,
                shares[town.code],
                Fraction(shares[town.code], total) if total else Fraction(0),
                budgets.get(town.code),
                effects.get(town.code, Effect(None)),
                residents.get(town.code),
                benefits.get(town.code, Benefit()),
                round(float(alone[town.code])) if town.code in alone else None,
                spent.get(town.code, 0) if spent else None,
            )
            for town in towns
        )
    )


def earmarked_at(budgets: Iterable[TownBudget], stage: StageOf) -> dict[str, int]:
    """What the towns' budgets of this stage set aside of other money, by code; after a 補正 with all up to it."""
    found: dict[str, int] = {}
    for row in budgets:
        taken = row.stage == stage.stage
        if stage.stage == Stage.SUPPLEMENTARY:
            taken = row.stage == Stage.INITIAL or (
                row.stage == Stage.SUPPLEMENTARY and row.round <= stage.round
            )
        if taken:
            code = row.municipality.code
            found[code] = found.get(code, 0) + row.earmarked
    return found


def _sum(values: Iterable[T | None]) -> T | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _whole(values: Iterable[int | None]) -> int | None:
    """The sum where all are known."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) and found else None

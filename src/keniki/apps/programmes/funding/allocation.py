"""特別交付税措置見込額: per municipality min(cap, 0.8 × general revenue), with the sheet it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from keniki.apps.programmes.codes import six_digits
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table
from keniki.core.text import search_key
from keniki.rulebooks.loader import Rule, RuleUnknown
from keniki.rulebooks.programmes.funding import Role, Support, cap_history, cap_rule, rate_rule


@dataclass(frozen=True, slots=True)
class Member:
    """A municipality (six digits) and its role in the region."""

    code: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Claim:
    """General revenue (一般財源, yen) that a municipality spends on an initiative of a region in a fiscal year.

    `origin` names the budget line it comes from and `origin_total` what that line holds, so that the same money
    is found in another region; `cost` and `earmarked` are the total and what grants and fees cover;
    `initiative_slug` is the region's own initiative where one was chosen.
    """

    region: str
    code: str
    initiative: str
    year: FiscalYear
    general_revenue: int
    cost: int | None = None
    earmarked: int | None = None
    origin: str = ""
    origin_total: int | None = None
    initiative_slug: str = ""

    def __post_init__(self) -> None:
        if self.general_revenue < 0:
            raise WrongInput(
                f"「{self.initiative}」の一般財源 {self.general_revenue}円は負の数です。0以上にしてください。",
                column="general_revenue",
            )
        if (
            self.cost is not None
            and self.earmarked is not None
            and self.cost - self.earmarked != self.general_revenue
        ):
            raise WrongInput(
                f"「{self.initiative}」の事業費 {self.cost}円から特定財源 {self.earmarked}円を除いた額が、"
                f"一般財源 {self.general_revenue}円と一致しません。",
                column="general_revenue",
            )


@dataclass(frozen=True, slots=True)
class MunicipalEstimate:
    """One municipality's estimate in yen.

    `eligible` is rate × general revenue, None while the rate has to be asked for; `estimate` is None while rate or cap
    has to be (`asks`); `exhausting` is the general revenue from which the cap is reached.
    """

    code: str
    name: str
    role: Role
    general_revenue: int
    eligible: int | None
    cap: int | None
    estimate: int | None
    exhausting: int | None
    rule: Rule[Support] | None
    asks: tuple[str, ...]

    @property
    def capped(self) -> bool:
        """Whether the cap cuts it."""
        return self.cap is not None and self.eligible is not None and self.eligible > self.cap

    @property
    def unused(self) -> int | None:
        """How much of the cap is left."""
        return None if self.cap is None or self.estimate is None else self.cap - self.estimate


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimates of one region in one fiscal year; an estimate, never deducted from a bill."""

    programme: str
    year: FiscalYear
    rate: Rule[Support]
    rows: tuple[MunicipalEstimate, ...]

    @property
    def revenue(self) -> int:
        """The general revenue of all members in yen."""
        return sum(row.general_revenue for row in self.rows)

    @property
    def total(self) -> int | None:
        """The sum in yen; None while a cap has to be asked for."""
        amounts = [row.estimate for row in self.rows]
        known = [amount for amount in amounts if amount is not None]
        return sum(known) if len(known) == len(amounts) else None

    @property
    def asks(self) -> tuple[str, ...]:
        """What has to be entered before everything can be estimated."""
        return tuple(dict.fromkeys(asked for row in self.rows for asked in row.asks))

    @property
    def confirmed(self) -> bool:
        """Whether every rule used rests on a text that was read."""
        return self.rate.confirmed and all(row.rule is None or row.rule.confirmed for row in self.rows)


@dataclass(frozen=True, slots=True)
class BasisRow:
    """One initiative of one municipality in the sheet."""

    code: str
    name: str
    initiative: str
    cost: int | None
    earmarked: int | None
    general_revenue: int
    initiative_slug: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class InitiativeSum:
    """General revenue (yen) of one initiative over all municipalities that claim for it."""

    initiative: str
    initiative_slug: str
    general_revenue: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """基礎数値報告用集計 of one municipality: its initiatives, their sum and the estimate that follows."""

    municipality: MunicipalEstimate
    rows: tuple[BasisRow, ...]

    @property
    def general_revenue(self) -> int:
        """The sum of the rows."""
        return sum(row.general_revenue for row in self.rows)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Caps of one time by role; None where they have to be asked for."""

    label: str
    caps: Mapping[Role, int | None]


@dataclass(frozen=True, slots=True)
class Maximum:
    """The most a region can receive in a fiscal year (yen): every cap exhausted."""

    centre: int
    partners: int
    ordinary: int

    @property
    def total(self) -> int:
        """All parts."""
        return self.centre + self.partners + self.ordinary


def special_allocation(general_revenue: int, cap: int, rate: Decimal) -> int:
    """min(cap, rate × general revenue) in whole yen, parts of a yen dropped. WrongInput for negative amounts."""
    if general_revenue < 0 or cap < 0:
        raise WrongInput("一般財源と上限額は0以上の金額にしてください。")
    return min(cap, _eligible(general_revenue, rate))


def estimate(
    programme: str,
    year: FiscalYear,
    members: Sequence[Member],
    claims: Iterable[Claim],
    *,
    settings: Mapping[str, object] | None = None,
    caps: Mapping[Role, int] | None = None,
) -> Estimate:
    """Every member's estimate, those without claims with 0, in the order of `members`.

    Claims of other years are left out. `caps` replaces the caps of the rules (what-if). RuleNotInForce for a
    year before the programme, WrongInput for a claim of a municipality that is no member.
    """
    rate = rate_rule(programme, year, settings)
    codes = {six_digits(member.code) for member in members}
    revenue = dict.fromkeys(codes, 0)
    for claim in claims:
        if claim.year != year:
            continue
        code = six_digits(claim.code)
        if code not in codes:
            raise WrongInput(
                f"「{claim.initiative}」の {code} はこの圏域の構成市町村ではありません。"
                "団体コードか構成市町村を確かめてください。",
                column="municipality_code",
            )
        revenue[code] += claim.general_revenue
    rows = tuple(
        _row(programme, year, member, revenue[six_digits(member.code)], rate, settings, caps)
        for member in members
    )
    return Estimate(programme, year, rate, rows)


def basis_sheet(result: Estimate, claims: Iterable[Claim]) -> tuple[Basis, ...]:
    """The sheet behind an estimate: per municipality its initiatives in the order given."""
    rows: dict[str, list[BasisRow]] = {row.code: [] for row in result.rows}
    names = {row.code: row.name for row in result.rows}
    for claim in claims:
        code = six_digits(claim.code)
        if claim.year == result.year and code in rows:
            rows[code].append(
                BasisRow(
                    code,
                    names[code],
                    claim.initiative,
                    claim.cost,
                    claim.earmarked,
                    claim.general_revenue,
                    claim.initiative_slug,
                    claim.origin,
                )
            )
    return tuple(Basis(row, tuple(rows[row.code])) for row in result.rows)


def initiative_sums(sheets: Iterable[Basis]) -> tuple[InitiativeSum, ...]:
    """The sheets' rows added up by initiative: the same one chosen, else the same name however it is typed."""
    found: dict[str, list[BasisRow]] = {}
    for sheet in sheets:
        for row in sheet.rows:
            found.setdefault(row.initiative_slug or f" {search_key(row.initiative)}", []).append(row)
    return tuple(
        InitiativeSum(
            rows[-1].initiative,
            rows[-1].initiative_slug,
            sum(row.general_revenue for row in rows),
            tuple(dict.fromkeys(row.name for row in rows)),
        )
        for rows in found.values()
    )


def cap_scenarios(programme: str, settings: Mapping[str, object] | None = None) -> tuple[Scenario, ...]:
    """The caps of every time at which one of them changed, the oldest first, for what-if comparisons."""
    histories = {role: cap_history(programme, role, settings) for role in Role}
    starts = sorted({rule.valid_from for versions in histories.values() for rule in versions})
    scenarios = []
    for start in starts:
        year = FiscalYear.of(start)
        caps: dict[Role, int | None] = {}
        for role, versions in histories.items():
            rule = next((version for version in versions if version.is_in_force(start)), None)
            caps[role] = rule.known_value.cap if rule is not None and rule.known_value else None
        scenarios.append(Scenario(f"{format_table(year)}からの上限額", caps))
    return tuple(scenarios)


def what_if(
    programme: str,
    year: FiscalYear,
    members: Sequence[Member],
    claims: Sequence[Claim],
    *,
    settings: Mapping[str, object] | None = None,
) -> tuple[tuple[Scenario, Estimate], ...]:
    """The same claims under the caps of every time whose caps are all known."""
    return tuple(
        (
            scenario,
            estimate(
                programme,
                year,
                members,
                claims,
                settings=settings,
                caps={role: cap for role, cap in scenario.caps.items() if cap is not None},
            ),
        )
        for scenario in cap_scenarios(programme, settings)
        if None not in scenario.caps.values()
    )


def maximum(
    programme: str,
    year: FiscalYear,
    partner_count: int,
    *,
    centre_count: int = 1,
    ordinary: int = 0,
    settings: Mapping[str, object] | None = None,
) -> Maximum:
    """The most the centre (or two of them) and its partners can receive; `ordinary` is a hub city's reference amount.

    RuleUnknown while a cap has to be asked for.
    """
    partner = cap_rule(programme, Role.PARTNER, year, settings).value.cap if partner_count else 0
    centre = cap_rule(programme, Role.CENTRE, year, settings).value.cap
    return Maximum(centre_count * centre, partner_count * partner, ordinary)


def exhausting(cap: int, rate: Decimal) -> int | None:
    """The general revenue (yen) from which a cap is reached; None for a rate of 0."""
    if rate == 0:
        return None
    return int((Decimal(cap) / rate).to_integral_value(ROUND_CEILING))


def _eligible(general_revenue: int, rate: Decimal) -> int:
    return int((Decimal(general_revenue) * rate).to_integral_value(ROUND_FLOOR))


def _row(
    programme: str,
    year: FiscalYear,
    member: Member,
    revenue: int,
    rate: Rule[Support],
    settings: Mapping[str, object] | None,
    caps: Mapping[Role, int] | None,
) -> MunicipalEstimate:
    rule: Rule[Support] | None = None
    cap: int | None = None
    asks: list[str] = []
    if caps is not None:
        cap = caps[member.role]
    elif cap_history(programme, member.role, settings):
        rule = cap_rule(programme, member.role, year, settings)
        try:
            cap = rule.value.cap
        except RuleUnknown as unknown:
            asks.append(unknown.message)
    factor: Decimal | None = None
    try:
        factor = rate.value.factor
    except RuleUnknown as unknown:
        asks.append(unknown.message)
    eligible = None if factor is None else _eligible(revenue, factor)
    amount = None
    if factor is not None and cap is not None:
        amount = special_allocation(revenue, cap, factor)
    return MunicipalEstimate(
        six_digits(member.code),
        member.name,
        member.role,
        revenue,
        eligible,
        cap,
        amount,
        None if cap is None or factor is None else exhausting(cap, factor),
        rule,
        tuple(asks),
    )

"""What the page for a town's assembly is made of: residents, last year, benefits, estimates, fewer people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from keniki.analysis.sharing import Deduction, ShareError, share
from keniki.apps.activities.models import Activity, Count
from keniki.apps.activities.queries.counts import quantity_label, whole
from keniki.apps.activities.queries.totals import count_query_actuals
from keniki.apps.evidence.queries.figures import FigureView, figures
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.sharing import RuleSpec

from .. import games
from ..models import Allocation, BudgetLine, CostGame, Instalment, TownBudget
from ..sharing.burdens import earmarked_at
from .papers import Decided, read
from .workbench import effects_of, residents_of

Stage = BudgetLine.Stage
#: The basis that counts residents: its key or its column.
PEOPLE: Final = "population"
#: So many years ahead a paper looks at what fewer people would change.
YEARS_AHEAD: Final = 10
#: What a count is called whose kind has no name.
NAMELESS: Final = quantity_label("")
#: So many kinds of counts stand on one page.
MOST_COUNTS: Final = 3
#: What is reckoned by a formula is told in so many yen.
ABOUT: Final = 1000


def is_replaced(allocation: Allocation) -> bool:
    """Whether the same stage of the year was decided anew since."""
    return Allocation.objects.filter(
        cost=allocation.cost_id,
        fiscal_year=allocation.fiscal_year,
        stage=allocation.stage,
        round=allocation.round,
        number__gt=allocation.number,
    ).exists()


@dataclass(frozen=True)
class Residents:
    """How many people live in each town (by code), and where that was read."""

    people: Mapping[str, int]
    source: str

    def each(self, code: str, amount: int | Fraction) -> Decimal | None:
        """Yen per resident, one decimal; None where nobody is known to live there."""
        return _each(amount, self.people.get(code, 0))

    def rates(self, shares: Mapping[str, int]) -> dict[str, Decimal]:
        """Yen per resident by code, of the towns where somebody is known to live."""
        found = {code: self.each(code, amount) for code, amount in shares.items()}
        return {code: rate for code, rate in found.items() if rate is not None}

    def all(self, amount: int) -> Decimal | None:
        """Yen per resident of all the towns."""
        return _each(amount, sum(self.people.values()))


def _each(amount: int | Fraction, people: int) -> Decimal | None:
    if not people:
        return None
    part = Fraction(amount) / people
    return (Decimal(part.numerator) / Decimal(part.denominator)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def basis_of_people(spec: RuleSpec) -> str:
    """The key of the rule's basis that counts all residents; empty for none."""
    return next((key for key, basis in spec.bases.items() if PEOPLE in (key, basis.column)), "")


def when_words(as_of: str) -> str:
    """A day as official texts write it; other words for a time as they are.

    >>> when_words("2024-09-30"), when_words("令和6年度")
    ('令和6年9月30日', '令和6年度')
    """
    try:
        return era.format_date(date.fromisoformat(as_of))
    except ValueError:
        return as_of


def residents(made: Decided) -> Residents | None:
    """The residents the decision was reckoned with, else those of the newest statistic that has every town."""
    key = basis_of_people(made.spec)
    own = made.figures(key) if key else {}
    codes = [town.code for town in made.towns]
    if key and set(codes) <= set(own):
        said = dict.fromkeys(
            "、".join(filter(None, (source, when_words(as_of))))
            for basis, code, source, as_of, *_ in made.content["sources"]
            if basis == key and code in codes
        )
        return Residents({code: int(own[code]) for code in codes}, "／".join(filter(None, said)))
    found = residents_of(made.allocation.region, made.towns)
    if not set(codes) <= set(found):
        return None
    source = "、".join(dict.fromkeys(found[code].edition for code in codes))
    return Residents({code: found[code].value for code in codes}, source)


@dataclass(frozen=True)
class Benefit:
    """What was counted of the joint work in a fiscal year: the town's own (None where nobody stated it), and all.

    `by_town`: other towns stated theirs.
    """

    year: int
    label: str
    counter: str
    own: Decimal | None
    all: Decimal
    by_town: bool = False


def benefits(made: Decided, town: Municipality) -> list[Benefit]:
    """Counts of the initiative's activities of the decision's year, else of the latest year before it with any."""
    allocation = made.allocation
    initiative = allocation.cost.initiative
    done = Count.objects.filter(
        activity__region=allocation.region,
        activity__initiative=initiative,
        activity__state=Activity.State.DONE,
        activity__fiscal_year__lte=allocation.fiscal_year,
    )
    year = done.order_by("-activity__fiscal_year").values_list("activity__fiscal_year", flat=True).first()
    if year is None:
        return []
    titles: dict[tuple[str, str], set[str]] = {}
    rows = done.filter(activity__fiscal_year=year).order_by("activity_id", "order", "id")
    for quantity, counter, title in rows.values_list("quantity", "counter", "activity__title"):
        titles.setdefault((quantity, counter), set()).add(title)
    stated = set(
        done.filter(activity__fiscal_year=year)
        .exclude(municipality=None, activity__municipality=None)
        .values_list("quantity", "counter")
    )
    found = []
    for quantity, counter in list(titles)[:MOST_COUNTS]:
        asked = {"initiatives": [initiative.slug], "quantity": quantity, "counter": counter}
        everybody = count_query_actuals(allocation.region, asked, [year]).get(year)
        own = count_query_actuals(allocation.region, {**asked, "municipality": town.code}, [year]).get(year)
        if everybody is not None:
            value = None if own is None or not own.activities else own.value
            by_town = (quantity, counter) in stated
            label = _label(quantity, titles[quantity, counter])
            found.append(Benefit(year, label, counter, value, everybody.value, by_town))
    return found


def _label(quantity: str, titles: Collection[str]) -> str:
    """What was counted; the activity where the kind of count has no name of its own."""
    label = quantity_label(quantity)
    return f"「{next(iter(titles))}」" if label == NAMELESS and len(titles) == 1 else label


def number_words(value: Decimal) -> str:
    """1234.500 → 「1,234.5」."""
    return f"{whole(value):,}"


@dataclass(frozen=True)
class SpecialTax:
    """How much the share may add to a town's special tax measure (特別交付税の見込額), yen; None with the reason."""

    general: int
    amount: int | None
    why: str = ""


def special_tax(made: Decided, town: Municipality, budgets: Sequence[TownBudget]) -> SpecialTax:
    """How the town's general revenue for its share raises the estimate, beside all else it claims in the year."""
    allocation = made.allocation
    general = made.shares[town.code] - earmarked(made, town, budgets)
    found = effects_of(
        allocation.region, allocation.cost.initiative, allocation.fiscal_year, {town.code: general}
    ).get(town.code)
    if found is None:
        return SpecialTax(general, None, "この年度の構成団体に登録されていない")
    return SpecialTax(general, found.amount, found.why.rstrip("。"))


def earmarked(made: Decided, town: Municipality, budgets: Sequence[TownBudget]) -> int:
    """What other money than general revenue pays of the share, as the town budgeted it at that stage."""
    return min(max(earmarked_at(budgets, made.stage).get(town.code, 0), 0), made.shares[town.code])


@dataclass(frozen=True)
class Ahead:
    """The same cost and rule with the people projected for a year: each town's share by code, and the source."""

    year: int
    shares: Mapping[str, int]
    people: Mapping[str, int]
    source: str


def ahead(made: Decided) -> Ahead | None:
    """Shares some ten years later, where the rule counts people and a projection holds every town; else None."""
    key = basis_of_people(made.spec)
    codes = [town.code for town in made.towns]
    now = made.figures(key) if key else {}
    if not key or not set(codes) <= set(now):
        return None
    start = made.allocation.fiscal_year
    rows = figures(codes, ["projected_population"], region=made.allocation.region)
    editions: dict[str, dict[int, dict[str, FigureView]]] = {}
    for row in rows:
        if row.value is not None:
            editions.setdefault(row.edition, {}).setdefault(row.year, {}).setdefault(row.code, row)
    for years in editions.values():
        whole_years = [year for year, held in sorted(years.items()) if set(codes) <= set(held)]
        later = [year for year in whole_years if year >= start + YEARS_AHEAD]
        earlier = [year for year in whole_years if year <= start] or whole_years[:1]
        if not later or earlier[-1] >= later[0]:
            continue
        first, last = years[earlier[-1]], years[later[0]]
        changed = {
            code: Fraction(now[code]) * _exact(last[code]) / _exact(first[code])
            for code in codes
            if _exact(first[code])
        }
        shares = _again(made, {key: changed})
        if set(changed) == set(codes) and shares is not None:
            people = {code: round(last[code].value or 0) for code in codes}
            return Ahead(later[0], shares, people, f"{last[codes[0]].source_title}")
    return None


def with_people(made: Decided, people: Mapping[str, Fraction]) -> dict[str, int] | None:
    """The same cost and rule with other residents; None where it cannot be shared or counts no residents."""
    key = basis_of_people(made.spec)
    return _again(made, {key: dict(people)}) if key else None


def without(made: Decided, left: Collection[str]) -> dict[str, int] | None:
    """The same cost shared by the others; None where the rule cannot do without those towns."""
    others = [town.code for town in made.towns if town.code not in left]
    return _again(made, {}, others) if others else None


def _again(
    made: Decided, changed: Mapping[str, Mapping[str, Fraction]], towns: Sequence[str] | None = None
) -> dict[str, int] | None:
    content = made.content
    bases: dict[str, Mapping[str, Fraction]] = {
        key: {code: Fraction(value) for code, value in held.items()} for key, held in content["bases"].items()
    }
    revenues = {
        key: tuple(Deduction(name, amount) for name, amount in held)
        for key, held in content["revenues"].items()
    }
    codes = list(towns if towns is not None else made.shares)
    try:
        found = share(made.spec, content["costs"], codes, {**bases, **changed}, _code, revenues=revenues)
    except ShareError:
        return None
    return dict(found.shares)


def _code(text: str) -> str:
    try:
        return parse_code(text)
    except WrongInput:
        return text


def _exact(row: FigureView) -> Fraction:
    return Fraction(row.value or 0)


@dataclass(frozen=True)
class Explained:
    """What a town's assembly is told of a decision."""

    decided: Decided
    town: Municipality
    residents: Residents | None
    before: Decided | None
    earlier: Decided | None
    budgets: tuple[TownBudget, ...]
    instalments: tuple[Instalment, ...]
    benefits: tuple[Benefit, ...]
    tax: SpecialTax
    ahead: Ahead | None
    alone: Mapping[str, int] | None
    alone_quoted: bool
    replaced: bool


def explained(made: Decided, town: Municipality) -> Explained:
    """Everything the one page says; a constant number of queries whatever the number of towns."""
    allocation = made.allocation
    budgets = tuple(
        sorted(
            TownBudget.objects.filter(
                cost=allocation.cost_id, fiscal_year=allocation.fiscal_year, municipality=town
            ).select_related("municipality"),
            key=lambda row: (_ORDER.index(row.stage), row.round),
        )
    )
    instalments = Instalment.objects.filter(
        assessment__cost=allocation.cost_id,
        assessment__fiscal_year=allocation.fiscal_year,
        assessment__municipality=town,
        assessment__cancelled_on=None,
    ).select_related("assessment")
    costs, quoted = alone(made)
    return Explained(
        made,
        town,
        residents(made),
        _year_before(allocation, town),
        _earlier_stage(allocation, town),
        budgets,
        tuple(instalments.order_by("due_on", "id")),
        tuple(benefits(made, town)),
        special_tax(made, town, budgets),
        ahead(made),
        costs,
        quoted,
        is_replaced(allocation),
    )


_ORDER: Final = [each.value for each in Stage]


def alone(made: Decided) -> tuple[Mapping[str, int] | None, bool]:
    """What each town would pay by itself after the newest cost game up to the year (yen by code), if one is kept.

    True with the amounts as somebody quoted them; what a formula makes, or was scaled, is rounded to `ABOUT` yen.
    """
    allocation = made.allocation
    kept = (
        CostGame.objects.filter(cost=allocation.cost_id, fiscal_year__lte=allocation.fiscal_year)
        .order_by("-fiscal_year")
        .first()
    )
    if kept is None:
        return None, False
    try:
        spec = games.spec_of(kept.content)
    except WrongInput:
        return None, False
    bases = {key: made.figures(key) for key in made.content["bases"]}
    found = games.game_of(spec, made.towns, bases, float(made.shared))
    if isinstance(found, games.Refused):
        quoted = {each.towns[0]: each.amount for each in spec.quotes if len(each.towns) == 1}
        return quoted or None, True
    costs = {code: float(cost) for code, cost in zip(found.codes, found.alone, strict=True)}
    if spec.function is None and spec.whole != "scaled":
        return {code: round(cost) for code, cost in costs.items()}, True
    return {code: round(cost / ABOUT) * ABOUT for code, cost in costs.items()}, False


def _year_before(allocation: Allocation, town: Municipality) -> Decided | None:
    """Last year's decision of the same stage, else last year's latest, if the town took part."""
    rows = list(
        Allocation.objects.filter(
            cost=allocation.cost_id, fiscal_year=allocation.fiscal_year - 1, shares__municipality=town
        )
        .select_related("region", "cost", "rule")
        .order_by("-number")
    )
    same = [row for row in rows if row.stage == allocation.stage]
    return read((same or rows)[0]) if rows else None


def _earlier_stage(allocation: Allocation, town: Municipality) -> Decided | None:
    """The decision of the same year that this one follows, if the town took part."""
    row = (
        Allocation.objects.filter(
            cost=allocation.cost_id,
            fiscal_year=allocation.fiscal_year,
            number__lt=allocation.number,
            shares__municipality=town,
        )
        .exclude(stage=allocation.stage, round=allocation.round)
        .select_related("region", "cost", "rule")
        .order_by("-number")
        .first()
    )
    return read(row) if row is not None else None

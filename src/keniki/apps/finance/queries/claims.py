"""What towns are billed: assessments with their state, what of an allocation is not assessed yet, the settlement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Prefetch, Sum
from django.http import Http404

from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.apps.regions.policies import today
from keniki.core.fiscal_year import FiscalYear, format_short

from ..models import Allocation, Assessment, BudgetLine, Dunning, Entry, Instalment, JointCost, Line, Share
from ..sharing import StageOf, gather, spec_of
from ..standing import Standing, standing_of

Kind = Entry.Kind

#: The stages whose shares are billed; those of 要求 are told for the towns' budgets only.
BILLED: Final = (BudgetLine.Stage.INITIAL, BudgetLine.Stage.SUPPLEMENTARY, BudgetLine.Stage.SETTLED)
#: Bodies that are the municipality itself: its own share is no claim.
_ITSELF = (Organisation.Kind.MUNICIPALITY, Organisation.Kind.SECRETARIAT)


def is_own(holder: Organisation | None, town: Municipality) -> bool:
    """Whether the town keeps the account itself: what it bears it claims of nobody."""
    return holder is not None and holder.kind in _ITSELF and holder.municipality_id == town.pk


def billed_allocation(cost: JointCost, year: int) -> Allocation | None:
    """The newest allocation of a fiscal year that is billed, with its rule and shares."""
    rows = Allocation.objects.filter(cost=cost, fiscal_year=year, stage__in=BILLED)
    found: Allocation | None = (
        rows.select_related("rule")
        .prefetch_related(Prefetch("shares", Share.objects.select_related("municipality").order_by("id")))
        .order_by("-number")
        .first()
    )
    return found


# --- assessments ------------------------------------------------------------------------------------------


def assessments_of(
    region: Region, *, year: int | None = None, cost: JointCost | None = None, town: str = ""
) -> list[Standing]:
    """The region's assessments as they stand today, newest year first; `town` is a six-digit code. Four queries."""
    rows = Assessment.objects.filter(region=region).select_related(
        "cost", "municipality", "holder", "allocation"
    )
    if year is not None:
        rows = rows.filter(fiscal_year=year)
    if cost is not None:
        rows = rows.filter(cost=cost)
    if town:
        rows = rows.filter(municipality__code=town)
    return standings(rows.order_by("-fiscal_year", "number"))


def assessment_for(region: Region, year: int, number: int) -> Assessment:
    """One assessment with everything its page links to; 404 when the region has none of that number."""
    found: Assessment | None = (
        Assessment.objects.filter(region=region, fiscal_year=year, number=number)
        .select_related("cost__holder", "municipality", "holder", "allocation__rule", "region", "user")
        .first()
    )
    if found is None:
        raise Http404("調定が見つかりません。")
    found.region = region
    found.cost.region = region
    return found


def standing(assessment: Assessment) -> Standing:
    """How one assessment stands today."""
    (found,) = standings([assessment])
    return found


def standings(rows: Iterable[Assessment]) -> list[Standing]:
    """How assessments stand today, in the order given; three more queries whatever their number."""
    listed = list(rows)
    ids = [row.pk for row in listed]
    instalments: dict[int, list[Instalment]] = defaultdict(list)
    for part in Instalment.objects.filter(assessment__in=ids).order_by("assessment_id", "number"):
        instalments[part.assessment_id].append(part)
    letters: dict[int, list[Dunning]] = defaultdict(list)
    for letter in Dunning.objects.filter(instalment__assessment__in=ids).order_by("sent_on", "id"):
        letters[letter.instalment_id].append(letter)
    posted: dict[int, dict[tuple[str, int | None], int]] = defaultdict(dict)
    standing_lines = Line.objects.filter(
        entry__assessment__in=ids, amount__gt=0, entry__reversed_by=None
    ).exclude(entry__kind=Kind.REVERSAL)
    for pk, kind, instalment, yen in (
        standing_lines.order_by()
        .values_list("entry__assessment", "entry__kind", "entry__instalment")
        .annotate(yen=Sum("amount"))
    ):
        posted[pk][kind, instalment] = yen
    day = today()
    return [standing_of(row, instalments[row.pk], posted[row.pk], letters, day) for row in listed]


def notice_by(state: Standing) -> date | None:
    """The last day of the notice under the rule (so many days before the first date of payment), where it says so."""
    payment = spec_of(state.assessment.allocation.rule.content).payment
    if state.is_refund or payment is None or payment.notice_days is None or not state.instalments:
        return None
    first = min(part.instalment.due_on for part in state.instalments)
    return first - timedelta(days=payment.notice_days)


@dataclass(frozen=True)
class Totals:
    """Sums over assessments, yen; refunds stand apart."""

    claimed: int
    received: int
    outstanding: int
    late: int
    refunds: int
    refunded: int


def totals_of(rows: Iterable[Standing]) -> Totals:
    """What is claimed and has come, and what is given back."""
    listed = list(rows)
    claims = [row for row in listed if not row.is_refund]
    refunds = [row for row in listed if row.is_refund]
    return Totals(
        sum(row.amount for row in claims),
        sum(row.settled for row in claims),
        sum(row.outstanding for row in claims),
        sum(row.late for row in claims),
        sum(row.amount for row in refunds),
        sum(row.settled for row in refunds),
    )


def years_with_claims(region: Region) -> list[int]:
    """Fiscal years with assessments or entries, newest first."""
    claims = Assessment.objects.filter(region=region).values_list("fiscal_year", flat=True)
    entries = Entry.objects.filter(region=region).values_list("fiscal_year", flat=True)
    return sorted({*claims.order_by().distinct(), *entries.order_by().distinct()}, reverse=True)


# --- what is not assessed yet -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Position:
    """One town in a joint cost's fiscal year, yen.

    `share` is what it bears, `spent` what it spent itself where every town runs its own part, `assessed` what was
    claimed less what was given back, `received` what came less what was given back (decided or paid).
    """

    municipality: Municipality
    share: int
    spent: int
    assessed: int
    received: int
    is_own: bool
    evens_out: bool
    standings: tuple[Standing, ...] = ()
    allocation: int | None = None

    @property
    def due(self) -> int:
        """What passes between the town and the holder: below nothing the town gets."""
        return self.share - self.spent

    @property
    def difference(self) -> int:
        """What is still to be claimed, below nothing to be given back."""
        return 0 if self.is_own else self.due - self.assessed

    @property
    def problem(self) -> str:
        """Why the difference cannot be assessed; empty where it can."""
        if self.difference and (again := self._claimed_again) is not None:
            made = again.assessment
            return (
                f"この負担額の決定による調定（{format_short(made.fiscal_year)}-{made.number}）が既にあります。"
                "先にそれを取り消してください。合わせた額で調定できます。"
            )
        if self.difference >= 0 or self.evens_out or -self.difference <= self.received:
            return ""
        return (
            f"返還する額（{-self.difference:,}円）が、収納した額（{self.received:,}円）を超えます。"
            "収納がまったくない調定があれば、先に取り消してください。残りが、正しい額で調定できます。"
            "一部だけ収納しているときは、残りを収納してから返還します。"
        )

    @property
    def _claimed_again(self) -> Standing | None:
        """What was claimed (or given back) under the same allocation; it is done once for each."""
        return next(
            (
                row
                for row in self.standings
                if row.amount
                and row.assessment.allocation_id == self.allocation
                and row.is_refund == (self.difference < 0)
            ),
            None,
        )


def positions(allocation: Allocation) -> list[Position]:
    """The towns of an allocation, and those billed before that it leaves out, in the allocation's order."""
    cost, year = allocation.cost, allocation.fiscal_year
    spent = _spent(allocation) if cost.manner == JointCost.Manner.EACH else {}
    return _positions(allocation, assessments_of(cost.region, year=year, cost=cost), spent)


def _positions(
    allocation: Allocation, billed: Iterable[Standing], spent: Mapping[str, int]
) -> list[Position]:
    cost = allocation.cost
    shares = {share.municipality: share.amount for share in allocation.shares.all()}
    found: dict[int, list[Standing]] = defaultdict(list)
    for row in billed:
        found[row.assessment.municipality_id].append(row)
        shares.setdefault(row.assessment.municipality, 0)
    return [
        Position(
            town,
            amount,
            spent.get(town.code, 0),
            net_assessed(found[town.pk]),
            net_received(found[town.pk]),
            is_own(cost.holder, town),
            cost.manner == JointCost.Manner.EACH,
            tuple(found[town.pk]),
            allocation.pk,
        )
        for town, amount in shares.items()
    ]


@dataclass(frozen=True)
class Unassessed:
    """A joint cost's fiscal year in which something is left to claim or to give back, yen."""

    allocation: Allocation
    claims: int
    refunds: int

    @property
    def is_settled(self) -> bool:
        return self.allocation.stage == BudgetLine.Stage.SETTLED


def unassessed(region: Region) -> list[Unassessed]:
    """Where the newest shares that are billed differ from what is assessed, newest year first.

    Costs that every town runs by itself are left to their settlement's page. The number of queries is constant.
    """
    newest = (
        Allocation.objects.filter(region=region, stage__in=BILLED)
        .exclude(cost__manner=JointCost.Manner.EACH)
        .exclude(cost__holder=None)
        .order_by("-fiscal_year", "cost_id", "-number")
        .distinct("fiscal_year", "cost_id")
        .select_related("cost__holder")
        .prefetch_related(Prefetch("shares", Share.objects.select_related("municipality").order_by("id")))
    )
    billed: dict[tuple[int, int], list[Standing]] = defaultdict(list)
    for row in assessments_of(region):
        billed[row.assessment.cost_id, row.assessment.fiscal_year].append(row)
    found = []
    for allocation in newest:
        rows = _positions(allocation, billed[allocation.cost_id, allocation.fiscal_year], {})
        more = sum(row.difference for row in rows if row.difference > 0)
        less = -sum(row.difference for row in rows if row.difference < 0)
        if more or less:
            found.append(Unassessed(allocation, more, less))
    return found


def net_assessed(rows: Iterable[Standing]) -> int:
    """What was claimed less what is given back, yen; cancelled assessments are nothing."""
    return sum(-row.amount if row.is_refund else row.amount for row in rows)


def net_received(rows: Iterable[Standing]) -> int:
    """What came less what was decided to be given back, yen."""
    return sum(-row.amount if row.is_refund else row.settled for row in rows)


def _spent(allocation: Allocation) -> Mapping[str, int]:
    """What each town spent itself at the allocation's stage, yen by code."""
    stage = StageOf(allocation.stage, allocation.round)
    return gather(allocation.cost, allocation.fiscal_year, stage, figures=()).spent


# --- settlement -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadline:
    """A day of the year's settlement; `exact` days are the law's, others a rule of thumb."""

    label: str
    on: date
    note: str
    passed: bool


@dataclass(frozen=True)
class Settlement:
    """A joint cost's fiscal year at its end: the settled allocation, what it makes of each town, and what is open.

    `spent` and `earmarked` are what the book holds of the cost, `items` what the settled items add up to now.
    """

    allocation: Allocation | None
    newest: Allocation | None
    positions: tuple[Position, ...]
    spent: int
    earmarked: int
    items: int
    deadlines: tuple[Deadline, ...]

    @property
    def additional(self) -> int:
        return sum(each.difference for each in self.positions if each.difference > 0)

    @property
    def refunds(self) -> int:
        return -sum(each.difference for each in self.positions if each.difference < 0)

    @property
    def is_assessed(self) -> bool:
        """Whether nothing is left to claim or give back."""
        return self.allocation is not None and not any(each.difference for each in self.positions)

    @property
    def open(self) -> list[Standing]:
        """Assessments of the year whose money has not all passed."""
        return [row for each in self.positions for row in each.standings if row.outstanding > 0]

    @property
    def unposted(self) -> int | None:
        """Settled cost that the book does not hold as paid; None without an allocation."""
        return None if self.allocation is None else self.allocation.total - self.spent


def settlement(cost: JointCost, year: int) -> Settlement:
    """The year's settlement; without a settled allocation that is the newest, nothing to assess."""
    newest = billed_allocation(cost, year)
    settled = newest if newest is not None and newest.stage == BudgetLine.Stage.SETTLED else None
    if settled is not None:
        settled.cost = cost
    booked = spending(cost, year)
    items = gather(cost, year, StageOf(BudgetLine.Stage.SETTLED), figures=()).total
    return Settlement(
        settled,
        newest,
        tuple(positions(settled)) if settled is not None else (),
        booked.get(Kind.EXPENSE, 0),
        booked.get(Kind.EARMARKED, 0),
        items,
        deadlines(year),
    )


def spending(cost: JointCost, year: int) -> dict[str, int]:
    """What the book holds as spent and as earmarked revenue of a joint cost's fiscal year, yen by kind of entry."""
    rows = Line.objects.filter(
        entry__cost=cost,
        entry__fiscal_year=year,
        entry__kind__in=(Kind.EXPENSE, Kind.EARMARKED),
        entry__reversed_by=None,
        amount__gt=0,
    )
    return dict(rows.order_by().values_list("entry__kind").annotate(yen=Sum("amount")))


def deadlines(year: int) -> tuple[Deadline, ...]:
    """The days of a fiscal year's settlement: the closing of its books, the account, the audit, the assembly."""
    day, closing = today(), FiscalYear(year).settlement_last_day
    account = date(closing.year, 8, 31)
    rows = (
        ("出納閉鎖", closing, "この日までの収入と支出が、この年度の会計に入ります。"),
        ("決算の調製", account, "出納閉鎖の後に、会計をもつ団体の手続で調製します（目安の日）。"),
        ("監査", account, "決算は監査を受けます（目安の日）。協議会では、規約に定める監査によります。"),
        (
            "議会の認定",
            date(closing.year, 9, 30),
            "多くの市町村では9月定例会（目安の日。会期は団体ごとに違います）。協議会では、規約に定める機関によります。",
        ),
    )
    return tuple(Deadline(label, on, note, on < day) for label, on, note in rows)

"""The joint costs of a synthetic region: shared, budgeted, billed and booked, year by year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count

from keniki.apps.compacts.models import Initiative
from keniki.apps.finance.models import (
    Account,
    Allocation,
    Assessment,
    BasisFigure,
    CostGame,
    CostItem,
    Dunning,
    Entry,
    Instalment,
    JointCost,
    Line,
    Share,
    SharingRule,
    TownBudget,
)
from keniki.apps.finance.sharing import StageOf, canonical, digest_of, gather, reckon, spec_of, stored
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.core.fiscal_year import FiscalYear

COSTS, ITEMS = 3, 4
_RULE = {
    "name": "均等割20・人口割80",
    "clause": "経費の20パーセントを均等に、80パーセントを人口に応じて負担する（架空）。",
    "bases": {"population": {"label": "人口割", "unit": "人", "source": "架空", "as_of": "前年9月30日"}},
    "components": [{"basis": "equal", "weight": 20}, {"basis": "population", "weight": 80}],
    "payment": {
        "instalments": [{"month": 5, "day": 20, "percent": 50}, {"month": 11, "day": 20, "percent": 50}]
    },
}


def fill(
    region: Region, towns: Sequence[Municipality], initiatives: Sequence[Initiative], years: range
) -> None:
    """Every year is settled but the last, of which the first instalment is paid."""
    work = _Work(region, list(towns), years)
    for n, initiative in enumerate(initiatives[:COSTS]):
        work.cost(n, initiative)
    work.store()


@dataclass
class _Work:
    region: Region
    towns: list[Municipality]
    years: range
    bodies: dict[int, Organisation] = field(default_factory=dict)
    entries: dict[int, Iterator[int]] = field(default_factory=dict)
    claims: dict[int, Iterator[int]] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)
    instalments: list[Instalment] = field(default_factory=list)
    dunnings: list[Dunning] = field(default_factory=list)
    posted: list[Entry] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bodies = {town.pk: town_organisation(town) for town in self.towns}
        self.entries = {year: count(1) for year in self.years}
        self.claims = {year: count(1) for year in self.years}

    def cost(self, n: int, initiative: Initiative) -> None:
        cost = JointCost.objects.create(
            region=self.region,
            slug="kyodo" if n == 0 else f"kyodo-{n}",
            title=f"架空の共同経費{n + 1}",
            initiative=initiative,
            holder=self.bodies[self.towns[0].pk],
            first_year=self.years[0],
        )
        spec = spec_of(_RULE)
        content, digest = stored(spec), digest_of(canonical(spec))
        rule = SharingRule.objects.create(
            region=self.region,
            cost=cost,
            number=1,
            title=spec.name,
            content=content,
            digest=digest,
            state=SharingRule.State.ADOPTED,
            first_year=self.years[0],
            adopted_on=date(self.years[0], 3, 1),
        )
        SharingRule.objects.create(
            region=self.region,
            cost=cost,
            number=2,
            title=spec.name,
            content=content,
            digest=digest,
            first_year=self.years[-1] + 1,
        )
        CostGame.objects.create(
            region=self.region,
            cost=cost,
            fiscal_year=self.years[-1],
            kind=CostGame.Kind.FUNCTION,
            content={
                "kind": "function",
                "function": {"fixed": "400000", "variable": "30", "basis": "population"},
            },
            note="架空の見積",
        )
        for year in self.years:
            self.year(cost, rule, year)

    def year(self, cost: JointCost, rule: SharingRule, year: int) -> None:
        settled = year != self.years[-1]
        stages = ("request", "initial", "settled") if settled else ("request", "initial")
        CostItem.objects.bulk_create(
            CostItem(
                region=self.region,
                cost=cost,
                fiscal_year=year,
                stage=stage,
                title=f"架空の経費{n + 1}",
                amount=300_000 * (n + 1),
                order=n,
            )
            for stage in stages
            for n in range(ITEMS)
        )
        BasisFigure.objects.bulk_create(
            BasisFigure(
                region=self.region,
                cost=cost,
                fiscal_year=year,
                basis="population",
                municipality=town,
                value=Decimal(20_000 - 2_500 * n),
                source="架空",
            )
            for n, town in enumerate(self.towns)
        )
        for number, stage in enumerate(stages, 1):
            made = self.allocation(cost, rule, year, stage, number)
            TownBudget.objects.bulk_create(
                TownBudget(
                    region=self.region,
                    cost=cost,
                    fiscal_year=year,
                    municipality=share.municipality,
                    stage=stage,
                    amount=share.amount,
                    expected=made,
                )
                for share in made.shares.select_related("municipality")
            )
            if stage == "initial":
                for share in made.shares.select_related("municipality"):
                    self.bill(made, share.municipality, share.amount, settled)

    def allocation(
        self, cost: JointCost, rule: SharingRule, year: int, stage: str, number: int
    ) -> Allocation:
        found = reckon(gather(cost, year, StageOf(stage)), spec_of(rule.content))
        assert found.shared is not None, found.problem
        content = found.to_json()
        made = Allocation.objects.create(
            region=self.region,
            cost=cost,
            rule=rule,
            fiscal_year=year,
            stage=stage,
            number=number,
            total=found.shared.cost,
            deducted=found.shared.deducted,
            content=content,
            digest=digest_of([rule.digest, content["costs"], content["revenues"], content["bases"]]),
            issued_on=date(year, 4, 1),
            document_no=f"架空第{number}号",
        )
        Share.objects.bulk_create(
            Share(allocation=made, municipality=town, amount=found.shares[town.code])
            for town in found.gathered.towns
        )
        return made

    def bill(self, made: Allocation, town: Municipality, amount: int, settled: bool) -> None:
        year = made.fiscal_year
        claim = Assessment(
            region=self.region,
            cost=made.cost,
            allocation=made,
            holder=made.cost.holder,
            municipality=town,
            fiscal_year=year,
            number=next(self.claims[year]),
            amount=amount,
            assessed_on=date(year, 4, 10),
            notice_no="架空第1号",
            notice_on=date(year, 4, 10),
        )
        half = amount // 2
        parts = [
            Instalment(assessment=claim, number=n, amount=part, due_on=day, nominal_on=day)
            for n, part, day in (
                (1, amount - half, date(year, 5, 20)),
                (2, half, date(year, 11, 20)),
            )
        ]
        self.assessments.append(claim)
        self.instalments += parts
        holder, body = made.cost.holder, self.bodies[town.pk]
        assert holder is not None
        self.post(claim, None, "assess", holder, (Account.RECEIVABLE, Account.SHARE_REVENUE), amount)
        self.post(claim, None, "commit", body, (Account.SHARE_EXPENSE, Account.COMMITTED), amount)
        for part in parts if settled else parts[:1]:
            self.post(claim, part, "order", body, (Account.COMMITTED, Account.ORDERED), part.amount)
            self.post(claim, part, "pay", body, (Account.ORDERED, Account.CASH), part.amount)
            self.post(claim, part, "receive", holder, (Account.CASH, Account.RECEIVABLE), part.amount)
        if not settled and claim.number == 1:
            day = FiscalYear(year).last_day
            self.dunnings.append(Dunning(instalment=parts[1], sent_on=day, pay_by=day, amount=half))

    def post(
        self,
        claim: Assessment,
        part: Instalment | None,
        kind: str,
        body: Organisation,
        accounts: tuple[Account, Account],
        amount: int,
    ) -> None:
        entry = Entry(
            region=self.region,
            cost=claim.cost,
            fiscal_year=claim.fiscal_year,
            number=next(self.entries[claim.fiscal_year]),
            on=part.due_on if part else claim.assessed_on,
            kind=kind,
            text="架空の記帳",
            assessment=claim,
            instalment=part,
            origin=f"{kind}/{claim.fiscal_year}/{claim.number}/{part.number if part else 0}",
        )
        debit, credit = accounts
        self.posted.append(entry)
        self.lines += [
            Line(entry=entry, body=body, account=debit, amount=amount),
            Line(entry=entry, body=body, account=credit, amount=-amount),
        ]

    def store(self) -> None:
        """Bills and book, each table at once."""
        Assessment.objects.bulk_create(self.assessments)
        Instalment.objects.bulk_create(self.instalments)
        Dunning.objects.bulk_create(self.dunnings)
        Entry.objects.bulk_create(self.posted)
        Line.objects.bulk_create(self.lines)

"""A joint cost with items, an adopted rule and its figures, as the tests of all rooms of money use it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts.models import Initiative
from keniki.apps.finance.models import Allocation, BasisFigure, CostItem, JointCost, Share, SharingRule
from keniki.apps.finance.sharing import StageOf, canonical, digest_of, gather, reckon, spec_of, towns_of
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Region

#: 均等20・人口80 in whole thousand yen, the rest with whoever's part was cut most; paid in May and November.
RULE: dict[str, Any] = {
    "name": "均等割20・人口割80",
    "clause": "経費は、その20パーセントを均等に、80パーセントを人口に応じて負担する。",
    "bases": {
        "population": {
            "label": "人口割",
            "column": "population",
            "unit": "人",
            "source": "住民基本台帳",
            "as_of": "前年9月30日",
        }
    },
    "components": [{"basis": "equal", "weight": 20}, {"basis": "population", "weight": 80}],
    "rounding": {"unit": 1000},
    "payment": {
        "instalments": [{"month": 5, "day": 20, "percent": 50}, {"month": 11, "day": 20, "percent": 50}],
        "closed_days": "previous",
    },
}
PEOPLE = ("60000", "9000", "3000", "1500", "800")


def joint_cost(
    region: Region,
    initiative: Initiative,
    *,
    year: int = 2024,
    slug: str = "kunren-hi",
    rule: Mapping[str, Any] | None = RULE,
    amounts: Mapping[str, int] | None = None,
    revenue: int = 400_000,
    manner: str = JointCost.Manner.CENTRE,
) -> JointCost:
    """A cost of the region, kept by its centre: items of each stage in `amounts`, revenue meant for it at each.

    The figures of a basis called `population` are PEOPLE in the order of the towns, again from the start for more.
    """
    amounts = {"request": 3_000_000, "initial": 2_800_000} if amounts is None else amounts
    with verb(SYSTEM, "testing.joint_cost", region=region.slug, quiet=True) as act:
        member = region.memberships.order_by("order").select_related("municipality").first()
        assert member is not None
        cost = act.save(
            JointCost(
                region=region,
                slug=slug,
                title="合同防災訓練の共同経費",
                initiative=initiative,
                manner=manner,
                holder=town_organisation(member.municipality),
                first_year=year,
            )
        )
        towns = towns_of(cost, year)
        for stage, amount in amounts.items():
            act.save(
                CostItem(
                    region=region, cost=cost, fiscal_year=year, stage=stage, title="訓練委託料", amount=amount
                )
            )
            if revenue:
                act.save(
                    CostItem(
                        region=region,
                        cost=cost,
                        fiscal_year=year,
                        stage=stage,
                        kind=CostItem.Kind.REVENUE,
                        title="地域づくり総合交付金",
                        amount=revenue,
                        order=1,
                    )
                )
        for number, town in enumerate(towns):
            act.save(
                BasisFigure(
                    region=region,
                    cost=cost,
                    fiscal_year=year,
                    basis="population",
                    municipality=town,
                    value=Decimal(PEOPLE[number % len(PEOPLE)]),
                    source="住民基本台帳（架空）",
                    as_of=f"{year - 1}-09-30",
                )
            )
        if rule is not None:
            adopted_rule(cost, rule, year=year)
    return cost


def adopted_rule(
    cost: JointCost, content: Mapping[str, Any] = RULE, *, year: int = 2024, number: int = 1
) -> SharingRule:
    """A version of the rule that holds from `year` on, as if the towns had agreed."""
    spec = spec_of(content)
    data = canonical(spec)
    with verb(SYSTEM, "testing.adopted_rule", region=cost.region.slug, quiet=True) as act:
        return act.save(
            SharingRule(
                region=cost.region,
                cost=cost,
                number=number,
                title=spec.name,
                content=data,
                digest=digest_of(data),
                state=SharingRule.State.ADOPTED,
                first_year=year,
                adopted_on=date(year, 3, 1),
            )
        )


def allocated(cost: JointCost, *, year: int = 2024, stage: str = "initial", number: int = 1) -> Allocation:
    """The cost shared at a stage under its adopted rule, made known on 1 April."""
    rule = SharingRule.objects.filter(cost=cost, state="adopted").get()
    found = reckon(gather(cost, year, StageOf(stage)), spec_of(rule.content))
    assert found.shared is not None, found.problem
    content = found.to_json()
    with verb(SYSTEM, "testing.allocated", region=cost.region.slug, quiet=True):
        made = Allocation(
            region=cost.region,
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
            document_no=f"第{number}号",
        )
        made.save()
        for town in found.gathered.towns:
            Share(allocation=made, municipality=town, amount=found.shares[town.code]).save()
    return made

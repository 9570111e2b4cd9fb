"""Regions of any size, and bills, as the tests of papers use them."""

from __future__ import annotations

from datetime import date

from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.finance.models import Allocation, Assessment, Dunning, Instalment
from keniki.apps.portal.testing import code
from keniki.apps.regions.models import Municipality, Region, RegionMembership


def many_towns(region: Region, number: int, *, long: bool = True) -> list[Municipality]:
    """The region with so many members from 2020 on: its own, then made-up ones, with names as long as any there is."""
    kept = list(region.memberships.select_related("municipality").order_by("order"))
    with verb(SYSTEM, "testing.many_towns", region=region.slug, quiet=True):
        for row in kept[number:]:
            row.delete()
        towns = [row.municipality for row in kept[:number]]
        for place in range(len(towns), number):
            name = (
                f"{'南富士見野' if long else '北野'}{'甲乙丙丁戊己庚辛壬癸'[place % 10]}{'町村市'[place % 3]}"
            )
            town = Municipality(
                code=code(f"019{20 + place}"), name=name, kind="town", prefecture="01", source_text="架空"
            )
            town.save()
            RegionMembership(
                region=region,
                municipality=town,
                role=RegionMembership.Role.PARTNER,
                order=place + 1,
                valid=DateRange(date(2020, 10, 1), None, "[)"),
            ).save()
            towns.append(town)
    return towns


def billed(
    allocation: Allocation,
    town: Municipality,
    *,
    amount: int | None = None,
    kind: str = Assessment.Kind.SHARE,
    number: int = 1,
    notified: bool = True,
    note: str = "",
) -> Assessment:
    """A bill of a town under a decision in two instalments, the second day moved off a Sunday."""
    owed = allocation.shares.get(municipality=town).amount if amount is None else amount
    with verb(SYSTEM, "testing.billed", region=allocation.region.slug, quiet=True):
        made = Assessment(
            region=allocation.region,
            cost=allocation.cost,
            allocation=allocation,
            holder=allocation.cost.holder,
            municipality=town,
            fiscal_year=allocation.fiscal_year,
            kind=kind,
            number=number,
            amount=owed,
            assessed_on=date(2024, 4, 10),
            assessment_no="調定第12号",
            notice_no="架企第34号" if notified else "",
            notice_on=date(2024, 4, 15) if notified else None,
            note=note,
        )
        made.save()
        half = owed // 2
        for place, (part, due, nominal) in enumerate(
            (
                (half, date(2024, 5, 20), date(2024, 5, 20)),
                (owed - half, date(2024, 10, 18), date(2024, 10, 20)),
            ),
            1,
        ):
            Instalment(assessment=made, number=place, amount=part, due_on=due, nominal_on=nominal).save()
    return made


def dunned(assessment: Assessment, *, amount: int, number: str = "架企第56号") -> Dunning:
    """A letter that asks for what was not paid of the first instalment."""
    with verb(SYSTEM, "testing.dunned", region=assessment.region.slug, quiet=True):
        letter = Dunning(
            instalment=assessment.instalments.get(number=1),
            sent_on=date(2024, 6, 3),
            pay_by=date(2024, 6, 14),
            amount=amount,
            document_no=number,
        )
        letter.save()
    return letter

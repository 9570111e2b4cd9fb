"""What the people of a synthetic region supplied to its programme: an answer, facts, claims, a plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from keniki.apps.compacts.models import Initiative
from keniki.apps.programmes.models import Answer, CityFact, ClaimYear, PlanStep, ProcedurePlan, RevenueClaim
from keniki.apps.regions.models import Municipality, Region

from ..interchange.load import days

#: So many initiatives of every year are claimed for by so many towns; the last year is still open.
CLAIMED, CLAIMING = 5, 3
_START = date(2020, 4, 1)


def fill(
    region: Region, towns: Sequence[Municipality], initiatives: Sequence[Initiative], years: range
) -> None:
    """Claims of all years but the last confirmed, the plan begun with the region, each town's resolution."""
    Answer.objects.bulk_create(
        [
            Answer(
                region=region,
                parameter="teiju.cap.partner.before_2024",
                value={"yen": "18000000"},
                legal_basis="架空の省令",
                valid=days(date(2017, 4, 1), date(2024, 3, 31)),
            )
        ]
    )
    CityFact.objects.bulk_create(
        CityFact(
            region=region,
            municipality=towns[0],
            kind="use",
            use=use,
            figure="架空の40％",
            basis="架空の調査",
        )
        for use in ("hospital", "shopping")
    )
    RevenueClaim.objects.bulk_create(
        RevenueClaim(
            region=region,
            fiscal_year=year,
            municipality=town,
            initiative=initiative.title,
            initiative_slug=initiative.slug,
            general_revenue=1_000_000 * (1 + n) + 100_000 * k,
            origin=f"2-1-{n + 1} 架空費{k + 1}",
        )
        for year in years
        for n, town in enumerate(towns[:CLAIMING])
        for k, initiative in enumerate(initiatives[:CLAIMED])
    )
    ClaimYear.objects.bulk_create(
        ClaimYear(region=region, fiscal_year=year, confirmed_on=date(year + 1, 5, 31)) for year in years[:-1]
    )
    plan = ProcedurePlan(region=region, programme="teiju", start=_START)
    plan.save()
    PlanStep.objects.bulk_create(
        [
            PlanStep(plan=plan, step="declaration", done_on=_START, document_no="架空第1号"),
            *(
                PlanStep(
                    plan=plan,
                    step="resolution",
                    municipality=town,
                    done_on=date(2021, 3, 19),
                    document_no=f"架空議決第{n}号",
                )
                for n, town in enumerate(towns, 1)
            ),
        ]
    )

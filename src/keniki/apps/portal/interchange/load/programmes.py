"""What a region's people supplied to its programmes."""

from __future__ import annotations

from typing import Any

from keniki.apps.programmes import models, policies
from keniki.core.text import search_key

from .. import schema
from .state import Load, days


def programmes(load: Load) -> None:
    _answers(load)
    _facts(load)
    _claims(load)
    _plans(load)


def _answers(load: Load) -> None:
    load.sync.rows(
        models.Answer,
        models.Answer.objects.filter(region=load.region),
        lambda row: (row.parameter, row.valid.lower),
        [
            (
                (a.parameter, a.valid_from),
                {
                    "region": load.region,
                    **a.model_dump(exclude={"valid_from", "valid_to"}),
                    "valid": days(a.valid_from, a.valid_to),
                },
            )
            for a in load.document.rule_answers
        ],
    )


def _facts(load: Load) -> None:
    load.sync.rows(
        models.CityFact,
        models.CityFact.objects.filter(region=load.region).order_by("id"),
        lambda row: fact_key(row.municipality_id, row),
        [
            (
                fact_key(load.town_id(f.municipality), f),
                {
                    "region": load.region,
                    **f.model_dump(exclude={"municipality", "second"}),
                    "municipality": load.town(f.municipality),
                    "second": load.town(f.second),
                },
            )
            for f in load.document.city_facts
        ],
    )


def fact_key(town: Any, fact: schema.CityFact | models.CityFact) -> tuple[Any, ...]:
    """What tells one fact of a city from another: its kind, and what the kind allows several of."""
    of_kind: dict[str, tuple[Any, ...]] = {
        "use": (fact.use, fact.figure, fact.basis),
        "former": (fact.census,),
        "recognition": (fact.programme,),
    }
    return (town, str(fact.kind), *of_kind.get(str(fact.kind), ()))


def _claims(load: Load) -> None:
    """A confirmed year takes no change from a file either."""
    confirmed = set(models.ClaimYear.objects.filter(region=load.region).values_list("fiscal_year", flat=True))
    stored = models.RevenueClaim.objects.filter(region=load.region)
    known = {_claim_key(row.fiscal_year, row.municipality_id, row): row for row in stored}
    wanted = []
    for n, claim in enumerate(load.document.revenue_claims):
        key = _claim_key(claim.fiscal_year, load.town_id(claim.municipality), claim)
        values = {**claim.model_dump(exclude={"municipality"}), "municipality": load.town(claim.municipality)}
        row = known.get(key)
        if claim.fiscal_year in confirmed and (
            row is None or any(getattr(row, name) != value for name, value in values.items())
        ):
            raise load.document.wrong(
                policies.confirmed_reason(claim.fiscal_year), "revenue_claims", n, "fiscal_year"
            )
        wanted.append((key, {"region": load.region, **values}))
    load.sync.rows(
        models.RevenueClaim,
        stored,
        lambda row: _claim_key(row.fiscal_year, row.municipality_id, row),
        wanted,
    )
    load.sync.rows(
        models.ClaimYear,
        models.ClaimYear.objects.filter(region=load.region),
        lambda row: row.fiscal_year,
        [(y.fiscal_year, {"region": load.region, **y.model_dump()}) for y in load.document.claim_years],
    )


def _claim_key(year: int, town: Any, claim: schema.RevenueClaim | models.RevenueClaim) -> tuple[Any, ...]:
    return year, town, claim.initiative_slug or f" {search_key(claim.initiative)}"


def _plans(load: Load) -> None:
    given = load.document.procedure_plans
    plans = load.sync.rows(
        models.ProcedurePlan,
        models.ProcedurePlan.objects.filter(region=load.region),
        lambda row: row.programme,
        [(str(p.programme), {"region": load.region, **p.model_dump(exclude={"steps"})}) for p in given],
    )
    for p in given:
        plan = plans[p.programme]
        load.sync.rows(
            models.PlanStep,
            models.PlanStep.objects.filter(plan=plan),
            lambda row: (row.step, row.municipality_id),
            [
                (
                    (s.step, load.town_id(s.municipality)),
                    {
                        "plan": plan,
                        **s.model_dump(exclude={"municipality"}),
                        "municipality": load.town(s.municipality),
                    },
                )
                for s in p.steps
            ],
        )

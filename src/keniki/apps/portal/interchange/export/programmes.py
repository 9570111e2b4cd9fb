"""What a region's people supplied to its programmes. Secret addresses of calendars do not travel."""

from __future__ import annotations

from keniki.apps.programmes import models

from .. import schema
from .state import Export, choice, fields, last_day, number


def rule_answers(export: Export) -> list[schema.RuleAnswer]:
    """The region's own answers; the installation's stay with it."""
    rows = models.Answer.objects.filter(region=export.region).order_by("parameter", "valid", "id")
    return [
        schema.RuleAnswer(
            **fields(row, schema.RuleAnswer, "valid_from", "valid_to"),
            valid_from=row.valid.lower,
            valid_to=last_day(row.valid),
        )
        for row in rows
    ]


def city_facts(export: Export) -> list[schema.CityFact]:
    rows = models.CityFact.objects.select_related("municipality", "second")
    return [
        schema.CityFact(
            **fields(
                row,
                schema.CityFact,
                "municipality", "kind", "use", "second", "minutes", "kilometres", "programme",
            ),
            municipality=export.code(row.municipality) or "",
            kind=choice(row.kind),
            use=choice(row.use),
            second=export.code(row.second),
            minutes=number(row.minutes),
            kilometres=number(row.kilometres),
            programme=choice(row.programme),
        )
        for row in rows.order_by("municipality__code", "kind", "census", "programme", "use", "figure", "id")
    ]  # fmt: skip


def revenue_claims(export: Export) -> list[schema.RevenueClaim]:
    rows = models.RevenueClaim.objects.select_related("municipality")
    return [
        schema.RevenueClaim(
            **fields(row, schema.RevenueClaim, "municipality", "programme"),
            municipality=export.code(row.municipality) or "",
            programme=choice(row.programme),
        )
        for row in rows.order_by("fiscal_year", "municipality__code", "initiative", "id")
    ]


def claim_years(export: Export) -> list[schema.ClaimYear]:
    return [
        schema.ClaimYear(fiscal_year=row.fiscal_year, confirmed_on=row.confirmed_on)
        for row in models.ClaimYear.objects.order_by("fiscal_year")
    ]


def procedure_plans(export: Export) -> list[schema.ProcedurePlan]:
    rows = models.ProcedurePlan.objects.prefetch_related("steps__municipality").order_by("programme")
    return [
        schema.ProcedurePlan(
            programme=choice(plan.programme), start=plan.start, note=plan.note, steps=_steps(export, plan)
        )
        for plan in rows
    ]


def _steps(export: Export, plan: models.ProcedurePlan) -> list[schema.PlanStep]:
    steps = [
        schema.PlanStep(
            **fields(row, schema.PlanStep, "municipality"), municipality=export.code(row.municipality)
        )
        for row in plan.steps.all()
    ]
    return sorted(steps, key=lambda step: (step.step, step.municipality or ""))

"""Each municipality's own yearly evaluation of an initiative."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.models import Evaluation, Initiative
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.rulebooks.kpi import evaluation_scale


def evaluate(
    actor: Actor,
    initiative: Initiative,
    year: int,
    municipality: Municipality,
    version: int | None,
    *,
    scale: str,
    grade: str,
    comment: str = "",
) -> Evaluation:
    """Give the municipality's grade for the fiscal year on the named scale of the rulebook.

    `version` is that of the evaluation the user saw, None when there was none.
    """
    region = initiative.region
    ruling = policies.evaluate(actor, region, municipality)
    label = fiscal_year.format_table(year)
    grades = {row.key: row.label for row in evaluation_scale(scale, regions.today()).value.grades}
    if grade not in grades:
        raise WrongInput("評価を選んでください。", column="評価")
    if year > fiscal_year.FiscalYear.of(regions.today()):
        raise WrongInput(f"{label}はまだ始まっていないため、評価できません。", column="年度")
    with verb(actor, "compacts.evaluate", region=region.slug, ruling=ruling, quiet=True) as act:
        row = Evaluation.objects.filter(
            initiative=initiative, fiscal_year=year, municipality=municipality
        ).first()
        if row is not None:
            row = act.lock(row, version)
            before = snapshot(row, "scale", "grade", "comment")
        else:
            row = Evaluation(initiative=initiative, fiscal_year=year, municipality=municipality)
            before = None
        after = {"scale": scale, "grade": grade, "comment": tidy(comment)}
        if before == after:
            return row
        row.scale, row.grade, row.comment = scale, grade, after["comment"]
        act.save(row)
        was = "未評価" if before is None else str(before["grade"])
        old, new = (None, after) if before is None else changes(before, after)
        act.log(
            row,
            old,
            new,
            f"{label} 取組「{initiative}」の{municipality.name}の評価を {was}→{grade}（{grades[grade]}） と記録",
            municipality=municipality.code,
        )
        return row

"""Each municipality's own yearly evaluation of an initiative, and the scale the region chose for it."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.models import Evaluation, Initiative, ScaleChoice
from keniki.apps.compacts.queries.evaluations import scale_in_use, scales
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.rulebooks.kpi import evaluation_scales

from .common import free_number, needed


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
    """Give the municipality's grade for the fiscal year on a scale of the rulebook or one of the region's own.

    `version` is that of the evaluation the user saw, None when there was none: one given since raises `Stale`.
    A town that gives the grade the secretariat had entered for it makes it its own.
    """
    region = initiative.region
    ruling = policies.evaluate(actor, region, municipality, year=year)
    label = fiscal_year.format_table(year)
    known = scales(region, year).get(scale)
    grades = {row.key: row.label for row in known.grades} if known else {}
    if grade not in grades:
        raise WrongInput("評価を選んでください。", column="評価")
    if year > fiscal_year.FiscalYear.of(regions.today()):
        raise WrongInput(f"{label}はまだ始まっていないため、評価できません。", column="年度")
    with verb(actor, "compacts.evaluate", region=region.slug, ruling=ruling, quiet=True) as act:
        row = Evaluation.objects.filter(
            initiative=initiative, fiscal_year=year, municipality=municipality
        ).first()
        if row is not None:
            row = act.lock(row, 0 if version is None else version)
            before = snapshot(row, "scale", "grade", "comment", "proxy")
        else:
            row = Evaluation(initiative=initiative, fiscal_year=year, municipality=municipality)
            before = None
        proxy = bool(act.on_behalf_of)
        after = {"scale": scale, "grade": grade, "comment": tidy(comment), "proxy": proxy}
        if before == after or before == {**after, "proxy": False}:
            return row
        row.scale, row.grade, row.comment, row.proxy = scale, grade, tidy(comment), proxy
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


def choose_scale(
    actor: Actor,
    region: Region,
    *,
    first_year: int,
    scale: str = "",
    name: str = "",
    grades: Sequence[tuple[str, str]] = (),
) -> ScaleChoice:
    """Use a scale of the rulebook (`scale`), or an own one of marks and labels with the best first, from a year on.

    Evaluations that were given keep the scale they were given on.
    """
    ruling = policies.choose_scale(actor, region)
    with verb(actor, "compacts.choose_scale", region=region.slug, ruling=ruling) as act:
        before = scales(region, first_year).get(scale_in_use(region, first_year))
        if scale:
            known = evaluation_scales(fiscal_year.FiscalYear(first_year).last_day)
            if scale not in known:
                raise WrongInput("尺度を選んでください。", column="尺度")
            choice = ScaleChoice(region=region, first_year=first_year, scale=scale)
            words = known[scale].value.name
        else:
            words = needed(name, "尺度の名称")
            taken = ScaleChoice.objects.filter(region=region).values_list("scale", flat=True)
            choice = ScaleChoice(
                region=region,
                first_year=first_year,
                scale=free_number(taken, "own_"),
                name=words,
                grades=_own_grades(grades),
            )
        choice.save()
        act.log(
            choice,
            {"scale": before.name} if before else None,
            {"scale": words, "first_year": first_year},
            f"{fiscal_year.format_table(first_year)}からの評価尺度を "
            f"「{before.name if before else 'なし'}」→「{words}」 に変更",
        )
        return choice


def _own_grades(grades: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    rows = [(mark.strip(), label.strip()) for mark, label in grades if mark.strip() or label.strip()]
    if len(rows) < 2:
        raise WrongInput("段階を2つ以上、良いほうから順に入力してください。", column="段階")
    for number, (mark, label) in enumerate(rows, 1):
        if not mark or not label:
            raise WrongInput(f"{number}つ目の段階の記号と説明を、両方入力してください。", column="段階")
    marks = [mark for mark, _ in rows]
    if len(set(marks)) != len(marks):
        raise WrongInput("同じ記号の段階が2つあります。記号を変えてください。", column="段階")
    return [{"key": mark, "label": label} for mark, label in rows]

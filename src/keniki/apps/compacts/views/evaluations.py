"""Yearly evaluations: every municipality's own, side by side, and the scale they use."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.compacts import actions, closing, policies, queries
from keniki.apps.compacts.forms.evaluations import EvaluationForm, GradeForm, ScaleForm
from keniki.apps.compacts.models import Evaluation, ScaleChoice
from keniki.apps.compacts.queries import evaluations as reading
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import Frame, Sheet, edit_page, kept, rows_of
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import role_words, towns_in
from keniki.core import fiscal_year
from keniki.rulebooks.kpi import evaluation_scales

from .frames import EDIT

#: Grades are named by their mark as long as it is this short.
MARK = 2


@region_page
@require_GET
def evaluations(request: StaffRequest, region: Region, year: int | None = None) -> HttpResponse:
    """The evaluations of a fiscal year: initiatives against municipalities, with where they part."""
    current = int(fiscal_year.FiscalYear.of(regions.today()))
    shown = year if year is not None else current - 1
    if not 1990 <= shown <= current:
        raise Http404("この年度の評価はありません。")
    members = reading.evaluating(region, shown)
    rows = reading.evaluation_table(region, shown, members)
    key, words = reading.scale_in_use(region, shown), role_words(region)
    known = reading.scales(region, shown)
    towns = [m.municipality for m in members]
    closed = closing.refusals(region, [shown]).get(shown)
    rulings = {
        town.pk: regions.edit_town(request.actor, region, town, year=shown) if closed is None else closed
        for town in towns
    }
    return page(
        request,
        "compacts/evaluations.html",
        nav_active="initiatives",
        rows=rows,
        towns=towns,
        rulings=rulings,
        closed=closed,
        shares=reading.shares(rows, known),
        scale=known.get(key),
        scale_key=key,
        lead=f"{words['centre']}と{words['partner']}が、それぞれの立場で評価します。"
        f"{words['centre']}と評価が分かれた取組には印が付きます。",
        scales=known,
        ruling=policies.choose_scale(request.actor, region),
        year=shown,
        years=[
            {
                "label": fiscal_year.format_table(each),
                "url": reverse("compacts:evaluations-year", args=[region.slug, each]),
                "current": each == shown,
            }
            for each in range(current, current - 6, -1)
        ],
    )


@region_page
@require_http_methods(["GET", "POST"])
def evaluate(request: StaffRequest, region: Region, year: int, initiative: str, code: str) -> HttpResponse:
    """Give one municipality's evaluation of one initiative."""
    found = queries.initiative(region, initiative)
    if not 1990 <= year <= int(fiscal_year.FiscalYear.of(regions.today())):
        raise Http404("この年度の評価はありません。")
    town = {each.code: each for each in towns_in(region, year)}.get(code)
    if town is None:
        raise Http404(f"この市町村は、この年度の{region.members_term}ではありません。")
    ruling = policies.evaluate(request.actor, region, town, year=year).require()
    stored = Evaluation.objects.filter(initiative=found, fiscal_year=year, municipality=town).first()
    scale = stored.scale if stored else reading.scale_in_use(region, year)
    known = reading.scales(region, year).get(scale)
    if known is None:
        raise Http404("この評価の尺度は登録されていません。")
    grades = [(g.key, f"{g.key}　{g.label}" if len(g.key) <= MARK else g.label) for g in known.grades]

    def build(data: QueryDict | None, record: Evaluation | None) -> Sheet:
        initial: dict[str, Any] = {}
        if record is not None:
            initial = {"version": record.version, "grade": record.grade, "comment": record.comment}
        return Sheet(EvaluationForm(grades, data, initial=initial))

    def write(sheet: Sheet) -> Evaluation:
        given = sheet.form.cleaned_data
        return actions.evaluate(
            request.actor,
            found,
            year,
            town,
            given["version"],
            scale=scale,
            grade=given["grade"],
            comment=given["comment"],
        )

    back = reverse("compacts:evaluations-year", args=[region.slug, year])
    return edit_page(
        request,
        Frame(back, [("評価", back)], "initiatives", found.title),
        f"{town.name}の評価（{fiscal_year.format_table(year)}）",
        stored,
        build,
        write,
        done=lambda saved: (f"{town.name}の評価を保存しました。", back),
        template=EDIT,
        lead=known.name,
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def scale(request: StaffRequest, region: Region) -> HttpResponse:
    """Choose the scale of the evaluations from a fiscal year on: one of the rulebook or the region's own."""
    policies.choose_scale(request.actor, region).require()
    current = int(fiscal_year.FiscalYear.of(regions.today()))
    known = {key: rule.value for key, rule in evaluation_scales(regions.today()).items()}

    def build(data: QueryDict | None, record: None) -> Sheet:
        initial = {"first_year": current, "scale": reading.scale_in_use(region, current)}
        form = ScaleForm([(key, each.name) for key, each in known.items()], data, initial=initial)
        return Sheet(
            form, {"独自の尺度の段階（良いほうから順に）": rows_of(GradeForm, data, "grades", [], extra=4)}
        )

    def write(sheet: Sheet) -> ScaleChoice:
        given = sheet.form.cleaned_data
        rows = kept(next(iter(sheet.formsets.values())))
        own = given["scale"] == ScaleForm.OWN
        return actions.choose_scale(
            request.actor,
            region,
            first_year=given["first_year"],
            scale="" if own else given["scale"],
            name=given["name"],
            grades=[(row["mark"], row["label"]) for row in rows],
        )

    back = reverse("compacts:evaluations", args=[region.slug])
    return edit_page(
        request,
        Frame(back, [("評価", back)], "initiatives"),
        "評価の尺度を選ぶ",
        None,
        build,
        write,
        done=lambda saved: (
            f"{fiscal_year.format_table(saved.first_year)}からの評価の尺度を選びました。",
            reverse("compacts:evaluations-year", args=[region.slug, min(saved.first_year, current)]),
        ),
        template="compacts/scale.html",
        lead="選んだ年度から後の、新しい評価に使います。既に入力された評価は、入力したときの尺度のまま残ります。",
        known=known,
        choices=[
            (choice, reading.scales(region, choice.first_year).get(choice.scale))
            for choice in reading.scale_choices(region)
        ],
    )

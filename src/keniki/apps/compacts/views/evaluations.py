"""Yearly evaluations: every municipality's own, side by side."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.compacts import actions, policies, queries
from keniki.apps.compacts.forms.plans import EvaluationForm
from keniki.apps.compacts.models import Evaluation
from keniki.apps.compacts.queries import evaluations as reading
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on
from keniki.core import fiscal_year

from .editing import Sheet, edit


@region_page
@require_GET
def evaluations(request: StaffRequest, region: Region, year: int | None = None) -> HttpResponse:
    """The evaluations of a fiscal year: initiatives against municipalities, with where they part."""
    current = int(fiscal_year.FiscalYear.of(regions.today()))
    shown = year if year is not None else current - 1
    if not 1990 <= shown <= current:
        raise Http404("この年度の評価はありません。")
    rows = reading.evaluation_table(region, shown)
    scale = reading.scale_in_use(region, shown)
    known = reading.scales(shown)
    members = [m.municipality for m in members_on(region, fiscal_year.FiscalYear(shown).last_day)]
    rulings = {town.pk: policies.evaluate(request.actor, region, town) for town in members}
    return page(
        request,
        "compacts/evaluations.html",
        nav_active="initiatives",
        rows=rows,
        towns=members,
        rulings=rulings,
        shares=reading.shares(rows, shown),
        scale=known.get(scale),
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
    town = next((m.municipality for m in members_on(region) if m.municipality.code == code), None)
    if town is None:
        raise Http404("この市町村は構成市町ではありません。")
    ruling = policies.evaluate(request.actor, region, town).require()
    stored = Evaluation.objects.filter(initiative=found, fiscal_year=year, municipality=town).first()
    scale = stored.scale if stored else reading.scale_in_use(region, year)
    grades = [(g.key, f"{g.key}　{g.label}") for g in reading.scales(year)[scale].grades]

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

    outcome = edit(request, stored, build, write)
    back = reverse("compacts:evaluations-year", args=[region.slug, year])
    if outcome.done:
        messages.success(request, f"{town.name}の評価を保存しました。")
        return redirect(back)
    return page(
        request,
        "compacts/edit.html",
        status=409 if outcome.conflict else 422 if request.method == "POST" else 200,
        nav_active="initiatives",
        title=f"{town.name}の評価（{fiscal_year.format_table(year)}）",
        eyebrow=found.title,
        lead=reading.scales(year)[scale].name,
        outcome=outcome,
        ruling=ruling,
        back=back,
        crumbs=[("評価", back)],
    )

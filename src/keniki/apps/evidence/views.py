"""Pages of statistics: a region's figures with their sources, what is loaded, what was kept aside."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from . import actions, policies, queries
from .forms import CorrectionForm, ImportForm, RowForm
from .importers.base import RawBytes
from .reading import Reading


@region_page
@require_GET
def evidence(request: StaffRequest, region: Region) -> HttpResponse:
    """The newest figure of every indicator for every member, and the editions they come from."""
    towns = [row.municipality for row in members_on(region)]
    rows = queries.newest(region, [town.code for town in towns])
    return page(
        request,
        "evidence/evidence.html",
        nav_active="evidence",
        towns=towns,
        any_figure=bool(rows),
        chapters=queries.chapters(rows),
        editions=queries.editions(region),
        ruling=policies.import_figures(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def import_file(request: StaffRequest, region: Region) -> HttpResponse:
    """Load a file into the region's own store."""
    policies.import_figures(request.actor, region).require()
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        raw = RawBytes(given.name or "file", given.read())
        try:
            read = Reading(region).read(raw, kind=form.cleaned_data["kind"])
            done = actions.import_figures(request.actor, [read.parsed], region=region, guessed=read.guessed)
        except WrongInput as wrong:
            put_error(form, WrongInput(str(wrong), column="file"))
        else:
            said = f"「{read.title}」として読み込みました。新しい値 {done.stored:,}件、保留 {done.quarantined:,}件。"
            messages.success(request, said)
            return redirect("evidence:edition", region.slug, done.edition.pk)
    return page(
        request, "evidence/import.html", nav_active="evidence", form=form, status=422 if form.errors else 200
    )


@region_page
@require_GET
def edition(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One edition: its table, its originals, the indicators it has, and the rows kept aside."""
    found = queries.edition_for(region, pk)
    return page(
        request,
        "evidence/edition.html",
        nav_active="evidence",
        edition=found,
        files=list(found.files.all()),
        contents=queries.contents(found),
        runs=list(found.runs.select_related("user")),
        kept_aside=queries.kept_aside(found),
        ruling=policies.import_figures(request.actor, found.region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def kept_row(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A row that could not be read, with its cells to put right; it is read anew at once."""
    row = queries.row_for(region, pk)
    policies.import_figures(request.actor, row.run.edition.region if row.run.edition else None).require()
    form = RowForm(request.POST or None, cells=list(row.raw))
    if request.method == "POST" and form.is_valid():
        try:
            stored = actions.fix_row(
                request.actor, row, version_of(request), form.cleaned_cells(), region=region
            )
        except WrongInput as wrong:
            form.add_error(None, str(wrong))
        else:
            messages.success(request, f"訂正した行を登録しました。新しい値 {stored:,}件。")
            return redirect("evidence:edition", region.slug, row.run.edition_id)
    return page(
        request,
        "evidence/row.html",
        nav_active="evidence",
        row=row,
        form=form,
        fixable=actions.original_of(row) is not None,
        status=422 if form.errors else 200,
    )


@region_page
@require_POST
def drop_row(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Leave a row that was kept aside out for good."""
    row = queries.row_for(region, pk)
    actions.drop_row(request.actor, row, version_of(request), region=region)
    messages.success(request, "この行は登録しないことにしました。")
    return redirect("evidence:edition", region.slug, row.run.edition_id)


@region_page
@require_GET
def figure(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Where a figure comes from: source, edition, table, cell, and what other editions say of the same."""
    found = queries.figure_for(region, pk)
    return page(
        request,
        "evidence/figure.html",
        nav_active="evidence",
        figure=found,
        others=queries.same_elsewhere(region, found),
        earlier=queries.before_correction(found),
        later=queries.correction_of(found),
        ruling=policies.correct_figure(request.actor, queries.edition_of(found), region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def correct(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Put a corrected value beside a figure of the region's own statistics."""
    found = queries.figure_for(region, pk)
    policies.correct_figure(request.actor, queries.edition_of(found), region).require()
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            corrected = actions.correct_figure(
                request.actor, queries.stored(found), data["value"], data["reason"], region=region
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, "訂正した値を登録しました。元の値も残っています。")
            return redirect("evidence:figure", region.slug, corrected.pk)
    return page(
        request,
        "evidence/correct.html",
        nav_active="evidence",
        figure=found,
        form=form,
        status=422 if form.errors else 200,
    )

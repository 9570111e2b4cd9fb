"""The register as files: tables to download, and issues from a CSV file."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.compacts import actions, policies, register_tables
from keniki.apps.compacts.forms.register import MattersFileForm, role_choices
from keniki.apps.compacts.queries import register as reading
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput
from keniki.press.csv import render_csv
from keniki.press.excel import render_xlsx

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LARGEST = 5_000_000


@region_page
@require_GET
def data(request: StaffRequest, region: Region, name: str) -> HttpResponse:
    """matters.csv, candidates.csv, hopes.csv, or all of them as register.xlsx."""
    matters, candidates = reading.matters(region), reading.candidates(region)
    sheets = {
        "matters": register_tables.matters_sheet(matters),
        "candidates": register_tables.candidates_sheet(candidates, dict(role_choices(region))),
        "steps": register_tables.steps_sheet(candidates),
        "hopes": register_tables.hopes_sheet(reading.hopes(region)),
    }
    stem, _, ending = name.partition(".")
    if name == "register.xlsx":
        book = render_xlsx(None, list(sheets.values()), dated=timezone.now())
        return download(f"{region.name}_課題から事業化へ.xlsx", book)
    if ending == "csv" and stem in sheets:
        table = sheets[stem]
        return download(f"{region.name}_{table.name}.csv", render_csv(table).data)
    raise Http404("その名前のファイルはありません。")


@region_page
@require_GET
def template(request: StaffRequest, region: Region) -> HttpResponse:
    """The file to fill in."""
    written = write_csv(register_tables.template_rows()).data
    return download("課題・期待・現状_様式.csv", written)


@region_page
@require_http_methods(["GET", "POST"])
def load(request: StaffRequest, region: Region) -> HttpResponse:
    """Add issues, hopes and what is done today from a CSV file: all or nothing."""
    policies.edit_shared(request.actor, region).require()
    form = MattersFileForm()
    if request.method == "POST":
        form = MattersFileForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                if upload.size > _LARGEST:
                    raise WrongInput("ファイルが大きすぎます。5 MB までにしてください。", file=upload.name)
                members = [row.municipality for row in members_on(region)]
                rows = register_tables.read_matters(upload.read(), members, file=upload.name)
                fresh = actions.import_matters(request.actor, region, rows)
            except WrongInput as wrong:
                form.add_error("file", str(wrong.at(file=upload.name)))
            else:
                known = len(rows) - fresh
                also = f"（登録済みの {known}件には、市町村だけを加えました）" if known else ""
                messages.success(request, f"{fresh}件を登録しました{also}。")
                return redirect("compacts:register", region.slug)
    return page(
        request,
        "compacts/register_load.html",
        nav_active="initiatives",
        form=form,
        columns=register_tables.MATTERS,
        status=422 if form.errors else 200,
    )

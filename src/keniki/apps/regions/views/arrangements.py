"""Joint arrangements in the browser: list and matrix, one by one, forms, files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.downloads import download
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput
from keniki.press.csv import render_csv
from keniki.press.excel import DataSheet, render_xlsx
from keniki.rulebooks.regions import arrangement_forms

from .. import actions, arrangement_tables, policies, queries
from .. import arrangements as reading
from ..arrangement_forms import ArrangementFileForm, ArrangementFilterForm, ArrangementForm, EndForm
from ..arrangements import Joined
from ..editing import Frame, Sheet, edit_page
from ..models import Arrangement, Municipality, Organisation, Region
from ..pages import StaffRequest, address, page, region_page

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LARGEST = 5_000_000
_NAV = "region"


@region_page
@require_GET
def arrangements(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The arrangements that any member is in, as a list and against the members."""
    towns = _members(region)
    everything = reading.arrangements(region)
    keep = sorted({key for row in everything for key in row.fields})
    form = ArrangementFilterForm(request.GET or None, towns=towns, keep=keep)
    given = dict(form.cleaned_data) if form.is_bound and form.is_valid() else {}
    now, today = given.pop("now", ""), policies.today()
    rows = [
        row
        for row in everything
        if reading.wanted(row, **given)
        and (now == "all" or (row.until is not None and row.until < today) == (now == "ended"))
    ]
    return page(
        request,
        "regions/arrangements.html",
        nav_active=_NAV,
        form=form,
        filtered=any(given.values()) or bool(now),
        rows=_seen(rows, towns),
        towns=towns,
        fields=reading.field_labels(keep),
        rule=arrangement_forms(today),
        today=today,
        ruling=policies.edit_shared(request.actor, region),
    )


@region_page
@require_GET
def arrangement(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """One arrangement with its members, its article and its history."""
    found = reading.arrangement(region, slug)
    return page(
        request,
        "regions/arrangement.html",
        nav_active=_NAV,
        row=_seen([found], _members(region))[0],
        fields=reading.field_labels(found.fields),
        ended=found.until is not None and found.until < policies.today(),
        ruling=policies.edit_shared(request.actor, region),
        entries=log_of(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def arrangement_save(request: StaffRequest, region: Region, slug: str | None = None) -> HttpResponseBase:
    """Write an arrangement, or begin one."""
    policies.edit_shared(request.actor, region).require()
    found = reading.arrangement(region, slug) if slug else None
    towns = {town.code: town for town in _members(region)}
    bodies = {body.slug: body for body in _bodies(region, found)}

    def build(data: QueryDict | None, record: Arrangement | None) -> Sheet:
        initial = ArrangementForm.filled_from(record, set(towns)) if record else {}
        form = ArrangementForm(
            data, initial=initial, towns=list(towns.values()), bodies=list(bodies.values()), kept=record
        )
        return Sheet(form, groups=ArrangementForm.groups())

    def write(sheet: Sheet) -> Arrangement:
        given: dict[str, Any] = dict(sheet.form.cleaned_data)
        version = given.pop("version")
        members = [*(towns[code] for code in given.pop("members")), *given.pop("outside")]
        chosen = [bodies[each] for each in given.pop("bodies")]
        return actions.save_arrangement(
            request.actor,
            region,
            found,
            version,
            values=given,
            members=list({town.pk: town for town in members}.values()),
            bodies=chosen,
        )

    return edit_page(
        request,
        _frame(region, found),
        "共同処理・連携の仕組みを編集" if found else "共同処理・連携の仕組みを登録",
        found,
        build,
        write,
        done=lambda saved: (
            f"「{saved}」を保存しました。",
            address("regions-arrangement", region.slug, saved.slug),
        ),
    )


@region_page
@require_http_methods(["GET", "POST"])
def arrangement_end(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Say when and why an arrangement ends."""
    policies.edit_shared(request.actor, region).require()
    found = reading.arrangement(region, slug)

    def build(data: QueryDict | None, record: Arrangement | None) -> Sheet:
        return Sheet(EndForm(data, initial={"version": (record or found).version}))

    def write(sheet: Sheet) -> Arrangement:
        given = sheet.form.cleaned_data
        return actions.end_arrangement(request.actor, found, given["version"], given["last"], given["reason"])

    return edit_page(
        request,
        _frame(region, found),
        "終了を記録",
        found,
        build,
        write,
        done=lambda saved: (
            f"「{saved}」の終了を記録しました。",
            address("regions-arrangement", region.slug, saved.slug),
        ),
    )


@region_page
@require_GET
def arrangements_data(request: StaffRequest, region: Region, name: str) -> HttpResponseBase:
    """arrangements.csv, matrix.csv, or both as arrangements.xlsx; ended ones too."""
    towns = _members(region)
    rows = _seen(reading.arrangements(region), towns)
    sheets: dict[str, DataSheet] = {
        "arrangements": arrangement_tables.sheet(rows),
        "matrix": arrangement_tables.matrix_sheet(rows, towns),
    }
    stem, _, ending = name.partition(".")
    if name == "arrangements.xlsx":
        book = render_xlsx(None, list(sheets.values()), dated=timezone.now())
        return download(f"{region.name}_共同処理・連携の仕組み.xlsx", book)
    if ending == "csv" and stem in sheets:
        table = sheets[stem]
        return download(f"{region.name}_{table.name}.csv", render_csv(table).data)
    raise Http404("その名前のファイルはありません。")


@region_page
@require_GET
def arrangements_template(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The file to fill in."""
    written = write_csv(arrangement_tables.template_rows()).data
    return download("共同処理・連携の仕組み_様式.csv", written)


@region_page
@require_http_methods(["GET", "POST"])
def arrangements_load(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Add or change arrangements from a CSV file: all or nothing."""
    policies.edit_shared(request.actor, region).require()
    form = ArrangementFileForm()
    if request.method == "POST":
        form = ArrangementFileForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                if upload.size > _LARGEST:
                    raise WrongInput("ファイルが大きすぎます。5 MB までにしてください。")
                rows = arrangement_tables.read_arrangements(upload.read(), _members(region), file=upload.name)
                fresh, changed = actions.import_arrangements(request.actor, region, rows)
            except WrongInput as wrong:
                form.add_error("file", str(wrong.at(file=upload.name)))
            else:
                messages.success(request, f"{fresh}件を追加し、{changed}件を更新しました。")
                return redirect("regions-arrangements", region.slug)
    return page(
        request,
        "regions/arrangements_load.html",
        nav_active=_NAV,
        form=form,
        columns=arrangement_tables.COLUMNS,
        forms=list(reading.legal_forms().values()),
        status=422 if form.errors else 200,
    )


def _members(region: Region) -> list[Municipality]:
    return [row.municipality for row in queries.members_on(region)]


def _bodies(region: Region, found: Arrangement | None) -> list[Organisation]:
    """Bodies that may be members: those of the region that are no municipality and not its secretariat."""
    kinds = {Organisation.Kind.MUNICIPALITY.value, Organisation.Kind.SECRETARIAT.value}
    rows = [body for body in queries.organisations_of(region) if body.kind not in kinds]
    kept = list(found.bodies.all()) if found else []
    return list({body.pk: body for body in [*rows, *kept]}.values())


def _seen(rows: list[Arrangement], towns: list[Municipality]) -> list[Joined]:
    """The arrangements as the region's members see them; those that none of them is in any more last."""
    codes = {town.code for town in towns}
    found = reading.seen_from(codes, rows)
    here = {each.arrangement.pk for each in found}
    gone = [row for row in rows if row.pk not in here]
    forms = reading.legal_forms()
    return found + [Joined(row, (), tuple(row.members.all()), forms.get(row.form)) for row in gone]


def _frame(region: Region, found: Arrangement | None) -> Frame:
    list_url = address("regions-arrangements", region.slug)
    crumbs = [("構成と制度", address("regions-members", region.slug)), ("共同処理・連携の仕組み", list_url)]
    if found is None:
        return Frame(list_url, crumbs, _NAV)
    url = address("regions-arrangement", region.slug, found.slug)
    return Frame(url, [*crumbs, (found.name, url)], _NAV, found.name)

"""Pages of what is loaded: a file is read in, an edition with its originals, the rows kept aside."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from .. import actions, policies, queries, uploads
from ..forms import DropForm, ImportForm, RowForm, WithdrawalForm
from ..importers.base import RawBytes, UnknownKind
from ..importers.packed import unpacked
from ..models import QuarantinedRow

#: Rows of a long list on the page of an edition, and on the list's own pages.
SOME, PER_PAGE = 20, 100


@region_page
@require_http_methods(["GET", "POST"])
def import_file(request: StaffRequest, region: Region) -> HttpResponse:
    """Load a file into the region's own store."""
    policies.import_figures(request.actor, region).require()
    form = ImportForm(request.POST or None, request.FILES or None)
    unknown = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        raw = RawBytes(given.name or "file", given.read())
        try:
            done = actions.import_files(
                request.actor, unpacked(raw), region=region, kind=form.cleaned_data["kind"]
            )
        except WrongInput as wrong:
            unknown = uploads.keep(region, raw) if isinstance(wrong, UnknownKind) else ""
            put_error(form, WrongInput(str(wrong), column="file"))
        else:
            for title, each in done:
                messages.success(request, f"「{title}」として読み込みました。{each.said}。")
            if len(done) > 1:
                return redirect("evidence:evidence", region.slug)
            return redirect("evidence:edition", region.slug, done[0][1].edition.pk)
    return page(
        request,
        "evidence/import.html",
        nav_active="evidence",
        form=form,
        unknown=unknown,
        status=422 if form.errors else 200,
    )


@region_page
@require_GET
def edition(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One edition: its table, its originals, the indicators it has, and the rows kept aside."""
    found = queries.edition_for(region, pk)
    files, aside = queries.originals(found), queries.kept_aside(found)
    return page(
        request,
        "evidence/edition.html",
        nav_active="evidence",
        edition=found,
        files=files[:SOME],
        files_count=files.count(),
        contents=queries.contents(found),
        runs=list(found.runs.select_related("user")),
        kept_aside=aside[:SOME],
        aside_count=aside.count(),
        ruling=policies.import_figures(request.actor, found.region),
        withdrawing=policies.withdraw_edition(request.actor, found, region),
    )


@region_page
@require_GET
def originals(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """All files of an edition, page by page."""
    found = queries.edition_for(region, pk)
    files = Paginator(queries.originals(found), PER_PAGE).get_page(request.GET.get("page"))
    return page(request, "evidence/originals.html", nav_active="evidence", edition=found, files=files)


@region_page
@require_http_methods(["GET", "POST"])
def kept_rows(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """All rows of an edition that were kept aside, by reason; several are left out at once."""
    found = queries.edition_for(region, pk)
    ruling = policies.import_figures(request.actor, found.region)
    reasons = queries.reasons_aside(found)
    reason = request.GET.get("reason", "")
    rows = queries.kept_aside(found, reason=reason)
    form = DropForm()
    if request.method == "POST":
        ruling.require()
        form = DropForm(request.POST, choices=request.POST.getlist("rows"))
        if form.is_valid():
            try:
                number = actions.drop_rows(
                    request.actor, found, _chosen(rows, form), form.cleaned_data["reason"], region=region
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"{number:,}行を登録しないことにしました。")
                return redirect("evidence:rows", region.slug, pk)
    return page(
        request,
        "evidence/rows.html",
        nav_active="evidence",
        edition=found,
        rows=_marked(
            Paginator(rows, PER_PAGE).get_page(request.GET.get("page")), request.POST.getlist("rows")
        ),
        reasons=reasons,
        reason=reason,
        form=form,
        ruling=ruling,
        status=422 if form.errors else 200,
    )


def _marked(rows: Page[QuarantinedRow], chosen: Sequence[str]) -> Page[QuarantinedRow]:
    """The rows of a page, those that were ticked with their tick."""
    for row in rows:
        row.marked = f"{row.pk}:{row.version}" in chosen  # type: ignore[attr-defined]
    return rows


def _chosen(rows: QuerySet[QuarantinedRow], form: DropForm) -> dict[int, int]:
    """The rows that were ticked, or all there are of the reason looked at, as many as the person saw."""
    if (seen := form.cleaned_data["everything"]) is not None:
        found = dict(rows.values_list("pk", "version"))
        if len(found) != seen:
            raise WrongInput(
                f"行の数が {seen:,}行から {len(found):,}行に変わりました。画面を確かめて、もう一度選んでください。"
            )
        return found
    pairs = (each.partition(":") for each in form.cleaned_data["rows"])
    numbers = ((whole_number(one), whole_number(other)) for one, _, other in pairs)
    return {one: other or 0 for one, other in numbers if one is not None}


@region_page
@require_http_methods(["GET", "POST"])
def withdraw(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Withdraw an edition that was loaded by mistake."""
    found = queries.edition_for(region, pk)
    policies.withdraw_edition(request.actor, found, region).require()
    form = WithdrawalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_edition(request.actor, found, form.cleaned_data["reason"], region=region)
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, "版を取り下げました。値は残っていますが、どこでも使われません。")
            return redirect("evidence:edition", region.slug, pk)
    return page(
        request,
        "evidence/withdraw.html",
        nav_active="evidence",
        edition=found,
        form=form,
        status=422 if form.errors else 200,
    )


@region_page
@require_POST
def restore(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Have a withdrawn edition read again."""
    found = queries.edition_for(region, pk)
    try:
        actions.restore_edition(request.actor, found, region=region)
    except WrongInput as wrong:
        messages.error(request, str(wrong))
    else:
        messages.success(request, "取下げを取り消しました。この版は、また使われます。")
    return redirect("evidence:edition", region.slug, pk)


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
                request.actor, row, version_of(request) or 0, form.cleaned_cells(), region=region
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
    try:
        actions.drop_row(
            request.actor,
            row,
            version_of(request) or 0,
            reason=request.POST.get("reason", ""),
            region=region,
        )
    except WrongInput as wrong:
        messages.error(request, str(wrong))
    else:
        messages.success(request, "この行は登録しないことにしました。")
    return redirect("evidence:edition", region.slug, row.run.edition_id)

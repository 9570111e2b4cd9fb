"""Pages that run an inquiry: the list, one inquiry with every town's state, letters, reminders, all answers."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import (
    StaffRequest,
    chosen,
    conflict_of,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.press.pdf import render_pdf
from keniki.press.word import render_docx

from .. import actions, letters, policies, queries, tables
from ..forms import RemindForm, SendForm, TermsForm
from ..items import read_items, slots_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHANGED = "ほかの人がこの照会を更新しました。内容を確かめて、もう一度操作してください。"


@region_page
@require_GET
def inquiries(request: StaffRequest, region: Region) -> HttpResponse:
    """Every inquiry with how many towns have answered."""
    rows = queries.inquiries_for(request.actor, region)
    progress = queries.progress_of_each(rows)
    return page(
        request,
        "evidence/inquiries/list.html",
        nav_active="evidence",
        rows=[progress[row.pk] for row in rows],
        ruling=policies.run(request.actor, region),
    )


@region_page
@require_GET
def inquiry(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One inquiry: what it asks, how far each town is, and what can be done next."""
    found = queries.inquiry_for(request.actor, region, pk)
    items = read_items(found.items)
    progress = queries.progress_of(found)
    rows = [
        {"state": town, "ruling": policies.answer(request.actor, town.answer)}
        for town in progress.towns
        if policies.see_answer(request.actor, town.answer)
    ]
    return page(
        request,
        "evidence/inquiries/inquiry.html",
        nav_active="evidence",
        inquiry=found,
        items=items,
        cells=len(slots_of(items, found.years)),
        progress=progress,
        rows=rows,
        ruling=policies.run(request.actor, region),
        everything=policies.see_all(request.actor, found),
        letters=list(found.letters.all()),
        has_figures=any(item.is_figure for item in items),
        entries=log_of(found)[:50],
    )


@region_page
@require_http_methods(["GET", "POST"])
def send(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Send a draft: number and day of its letters."""
    found = queries.inquiry_for(request.actor, region, pk)
    policies.run(request.actor, region).require()
    form = SendForm(request.POST or None, initial={"dated": today()})
    clash = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.send_inquiry(
                request.actor,
                found,
                version_of(request),
                dated=given["dated"],
                document_no=given["document_no"],
            )
            messages.success(request, "照会しました。鑑文と回答票をまとめて出力できます。")
            return redirect("evidence:inquiry", region.slug, pk)
        except Stale as stale:
            clash = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    return page(
        request,
        "evidence/inquiries/send.html",
        status=409 if clash else 422 if form.errors else 200,
        nav_active="evidence",
        inquiry=found,
        items=read_items(found.items),
        form=form,
        clash=clash,
        version=version_of(request) or found.version,
    )


@region_page
@require_http_methods(["GET", "POST"])
def remind(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Remind towns that have no decided answer yet."""
    found = queries.inquiry_for(request.actor, region, pk)
    policies.run(request.actor, region).require()
    behind = {town.town.code: town for town in queries.progress_of(found).behind}
    choices = [(code, f"{town.town.name}（{town.label}）") for code, town in behind.items()]
    form = RemindForm(request.POST or None, towns=choices, initial={"towns": list(behind), "dated": today()})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.remind_towns(
                request.actor,
                found,
                [behind[code].town for code in given["towns"]],
                dated=given["dated"],
                document_no=given["document_no"],
            )
            messages.success(request, f"{len(given['towns'])}団体に督促しました。督促の文書を出力できます。")
            return redirect("evidence:inquiry", region.slug, pk)
        except WrongInput as wrong:
            put_error(form, wrong)
    return page(
        request,
        "evidence/inquiries/remind.html",
        status=422 if form.errors else 200,
        nav_active="evidence",
        inquiry=found,
        form=form,
        behind=behind,
    )


@region_page
@require_http_methods(["GET", "POST"])
def terms(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Move the deadline of a sent inquiry, or its contact."""
    found = queries.inquiry_for(request.actor, region, pk)
    policies.run(request.actor, region).require()
    names = ("deadline", "contact")
    form = TermsForm(
        chosen(request, found) if request.method == "POST" else None,
        initial={name: getattr(found, name) for name in names},
    )
    clash = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_terms(request.actor, found, version_of(request), **form.cleaned_data)
            messages.success(request, "保存しました。")
            return redirect("evidence:inquiry", region.slug, pk)
        except Stale as stale:
            clash = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    return page(
        request,
        "evidence/inquiries/terms.html",
        status=409 if clash else 422 if form.errors else 200,
        nav_active="evidence",
        inquiry=found,
        form=form,
        clash=clash,
        version=version_of(request) or found.version,
    )


@region_page
@require_POST
def do(request: StaffRequest, region: Region, pk: int, deed: str) -> HttpResponse:
    """Copy, remove, close or open an inquiry again, or take its decided figures."""
    found = queries.inquiry_for(request.actor, region, pk)
    version = version_of(request)
    try:
        if deed == "copy":
            made = actions.copy_inquiry(request.actor, found)
            messages.success(request, "年を1年進めて写しました。内容を確かめてください。")
            return redirect("evidence:inquiry", region.slug, made.pk)
        if deed == "drop":
            actions.drop_inquiry(request.actor, found, version)
            messages.success(request, "作成中の照会を削除しました。")
            return redirect("evidence:inquiries", region.slug)
        if deed == "close":
            actions.close_inquiry(request.actor, found, version)
            messages.success(request, "照会を締め切りました。")
        elif deed == "reopen":
            actions.reopen_inquiry(request.actor, found, version)
            messages.success(request, "照会を再開しました。")
        elif deed == "take":
            taken = actions.take_figures(request.actor, found)
            said = f"{len(taken.versions)}団体の数値を登録しました。新しい値 {taken.stored:,}件。"
            messages.success(request, said if taken.versions else "登録する決裁済みの回答はありません。")
        else:
            raise Http404("その操作はありません。")
    except Stale:
        messages.error(request, _CHANGED)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    return redirect("evidence:inquiry", region.slug, pk)


@region_page
@require_GET
def round_file(request: StaffRequest, region: Region, pk: int, letter: int) -> HttpResponse:
    """All letters of a round and the blank return sheets as one ZIP."""
    found = queries.inquiry_for(request.actor, region, pk)
    policies.see_secretariat(request.actor, region).require()
    round_ = queries.letter_for(found, letter)
    name = f"{round_.get_kind_display()}_{found.title}.zip"
    return file_answer(letters.archive(round_), name, "application/zip", f"inquiry-{pk}-{letter}.zip")


@region_page
@require_GET
def letter_file(
    request: StaffRequest, region: Region, pk: int, letter: int, code: str, ending: str
) -> HttpResponse:
    """One town's letter as Word or PDF: for the town itself and the secretariat."""
    answer = queries.answer_for(request.actor, region, pk, code)
    round_ = queries.letter_for(answer.inquiry, letter)
    town = next((row for row in letters.addressed(round_) if row.code == code), None)
    if town is None or ending not in ("docx", "pdf"):
        raise Http404("文書が見つかりません。")
    document = letters.compose(round_, town)
    content = render_docx(document) if ending == "docx" else render_pdf(document)
    media = WORD if ending == "docx" else "application/pdf"
    return file_answer(
        content, letters.file_name(round_, town, ending), media, f"inquiry-{pk}-{letter}-{code}.{ending}"
    )


@region_page
@require_GET
def table(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """All answers side by side, with sums where they add up."""
    found = queries.inquiry_for(request.actor, region, pk)
    policies.see_all(request.actor, found).require()
    return page(
        request,
        "evidence/inquiries/table.html",
        nav_active="evidence",
        inquiry=found,
        table=queries.table_of(request.actor, queries.progress_of(found)),
    )


@region_page
@require_GET
def table_file(request: StaffRequest, region: Region, pk: int, ending: str) -> HttpResponse:
    """All answers as a file."""
    found = queries.inquiry_for(request.actor, region, pk)
    made = queries.table_of(request.actor, queries.progress_of(found))
    if ending == "csv":
        content, media = tables.csv_file(made), "text/csv; charset=utf-8"
    elif ending == "xlsx":
        content, media = tables.xlsx_file(found, made), EXCEL
    else:
        raise Http404("その形式はありません。")
    return file_answer(content, f"回答_{found.title}.{ending}", media, f"inquiry-{pk}.{ending}")


def file_answer(content: bytes, name: str, media: str, plain: str) -> HttpResponse:
    """A download with its Japanese name, and `plain` for browsers that cannot."""
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return response

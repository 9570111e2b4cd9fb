"""A town's pages: type the answer, bring the return sheet, hand it in."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.editing import Sheet, edit
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.core.errors import WrongInput

from ...models import TownAnswer
from .. import actions, policies, queries
from ..forms import AnswerForm, SheetForm
from ..items import read_items, slots_of
from ..queries import CellView
from ..references import References
from ..sheets import sheet_name, write_sheet
from ..values import MARK_WORDS, read_content
from .running import EXCEL, file_answer

_CHANGED = "ほかの人がこの回答を更新しました。内容を確かめて、もう一度操作してください。"


@dataclass(frozen=True)
class Row:
    """A cell with its two fields; without them where the actor only reads."""

    cell: CellView
    field: BoundField | None = None
    note: BoundField | None = None


@region_page
@require_http_methods(["GET", "POST"])
def answer(request: StaffRequest, region: Region, pk: int, code: str) -> HttpResponse:
    """A town's answer: typed here by the town, or by the secretariat as 代理入力; read by others."""
    found = queries.answer_for(request.actor, region, pk, code)
    inquiry, ruling = found.inquiry, policies.answer(request.actor, found)
    slots = slots_of(read_items(inquiry.items), inquiry.years)

    def build(data: object, record: TownAnswer) -> Sheet:
        content = read_content(record.content)
        form = AnswerForm(data, slots=slots, content=content, initial={"version": record.version})
        return Sheet(form)

    def save(sheet: Sheet) -> TownAnswer:
        form = sheet.form
        assert isinstance(form, AnswerForm)
        return actions.save_answer(request.actor, found, form.cleaned_data["version"], form.content)

    if request.method == "POST":
        ruling.require()
    outcome = edit(request, found, build, save)
    if outcome.done:
        if "hand-in" in request.POST:
            return redirect("evidence:inquiry-hand-in", region.slug, pk, code)
        messages.success(request, "保存しました。まだ回答は提出していません。")
        return redirect("evidence:inquiry-answer", region.slug, pk, code)
    if outcome.conflict is not None:
        outcome.conflict.rows = [row for row in outcome.conflict.rows if row.mine != row.theirs]
    form = outcome.sheet.form
    state = queries.state_of(found)
    content = read_content(queries.shown_content(request.actor, state))
    cells = queries.cells_of(found, content, References(inquiry, [found.municipality]))
    rows = [
        Row(cell, form[f"v{number}"], form[f"n{number}"]) if ruling else Row(cell)
        for number, cell in enumerate(cells, 1)
    ]
    return page(
        request,
        "evidence/inquiries/answer.html",
        status=outcome.status(request),
        nav_active="evidence",
        inquiry=found.inquiry,
        answer=found,
        state=state,
        decision=queries.decision_round(found, state.last),
        versions=list(found.versions.select_related("made_by", "edition")),
        letters=[
            letter
            for letter in inquiry.letters.all()
            if any(row["code"] == code for row in letter.addressees)
        ],
        rows=rows,
        form=form,
        conflict=outcome.conflict,
        marks=MARK_WORDS,
        ruling=ruling,
    )


@region_page
@require_GET
def sheet(request: StaffRequest, region: Region, pk: int, code: str) -> HttpResponse:
    """The town's return sheet with what was typed so far."""
    found = queries.answer_for(request.actor, region, pk, code)
    policies.answer(request.actor, found).require()
    references = References(found.inquiry, [found.municipality])
    content = write_sheet(found, references, handed_in=found.versions.count())
    return file_answer(content, sheet_name(found), EXCEL, f"inquiry-{pk}-{code}.xlsx")


@region_page
@require_http_methods(["GET", "POST"])
def upload(request: StaffRequest, region: Region, pk: int, code: str) -> HttpResponse:
    """Bring a filled-in return sheet."""
    found = queries.answer_for(request.actor, region, pk, code)
    ruling = policies.answer(request.actor, found).require()
    form = SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            done = actions.take_sheet(
                request.actor,
                found,
                version_of(request),
                given.read(),
                file=given.name or "回答票.xlsx",
            )
        except Stale:
            form.add_error(None, _CHANGED)
        except WrongInput as wrong:
            put_error(form, WrongInput(str(wrong), column="file"))
        else:
            messages.success(
                request, f"回答票から{done.answered}欄を取り込みました。確かめて、回答してください。"
            )
            if done.replaced:
                names = "、".join(slot.label for slot in done.replaced[:5])
                more = f" ほか{len(done.replaced) - 5}欄" if len(done.replaced) > 5 else ""
                messages.warning(request, f"画面の入力と違う欄は、回答票の値にしました：{names}{more}")
            return redirect("evidence:inquiry-answer", region.slug, pk, code)
    return page(
        request,
        "evidence/inquiries/upload.html",
        status=422 if form.errors else 200,
        nav_active="evidence",
        inquiry=found.inquiry,
        answer=found,
        form=form,
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def hand_in(request: StaffRequest, region: Region, pk: int, code: str) -> HttpResponse:
    """Look once more at what is empty or odd, and hand the answer in; nothing is refused for being odd."""
    found = queries.answer_for(request.actor, region, pk, code)
    ruling = policies.answer(request.actor, found).require()
    if request.method == "POST":
        try:
            made = actions.hand_in(request.actor, found, version_of(request))
        except Stale:
            messages.error(request, _CHANGED)
        except WrongInput as wrong:
            messages.error(request, wrong.message)
        else:
            messages.success(request, f"回答案（{made}）を提出しました。次に、団体の決裁を記録します。")
        return redirect("evidence:inquiry-answer", region.slug, pk, code)
    cells = queries.cells_of(
        found, read_content(found.content), References(found.inquiry, [found.municipality])
    )
    return page(
        request,
        "evidence/inquiries/hand_in.html",
        nav_active="evidence",
        inquiry=found.inquiry,
        answer=found,
        state=queries.state_of(found),
        cells=cells,
        empty=[cell for cell in cells if cell.is_open],
        doubts=queries.doubts_in(cells),
        ruling=ruling,
    )

"""Pages that make an inquiry: what it says, what it asks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from keniki.apps.regions.editing import Frame, Sheet, edit_page, kept, rows_of
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page

from ...models import FigureInquiry
from .. import actions, policies, queries
from ..forms import CatalogueForm, FigureRow, InquiryForm, QuestionRow, figure_of, question_of
from ..items import Item, from_catalogue, read_items, years_words

FIGURES, QUESTIONS = "数値の項目", "質問"
#: A place behind all rows that were given one.
_LAST = 10_000


@region_page
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, region: Region) -> HttpResponse:
    """Begin an inquiry."""
    policies.run(request.actor, region).require()
    return edit_page(
        request,
        _frame(region),
        "数値照会の作成",
        None,
        lambda data, _: Sheet(_inquiry_form(region, data, None)),
        lambda sheet: actions.make_inquiry(request.actor, region, _form(sheet).draft()),
        done=lambda made: ("照会を作成しました。次に、項目を決めます。", _url("inquiry-items", made)),
        lead="送付するまで、各団体には見えません。",
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Change what a draft says beside its items."""
    inquiry = queries.inquiry_for(request.actor, region, pk)
    policies.run(request.actor, region).require()
    return edit_page(
        request,
        _frame(region, inquiry),
        "照会の内容",
        inquiry,
        lambda data, record: Sheet(_inquiry_form(region, data, record)),
        lambda sheet: actions.change_form(
            request.actor, inquiry, sheet.form.cleaned_data["version"], _form(sheet).draft()
        ),
        done=lambda made: ("保存しました。", _url("inquiry", made)),
    )


@region_page
@require_http_methods(["GET", "POST"])
def items(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """What the inquiry asks: indicators of the catalogue, figures of one's own, questions."""
    inquiry = queries.inquiry_for(request.actor, region, pk)
    policies.run(request.actor, region).require()
    return edit_page(
        request,
        _frame(region, inquiry),
        "照会の項目",
        inquiry,
        lambda data, record: _items_sheet(data, record),
        lambda sheet: actions.change_items(
            request.actor, inquiry, sheet.form.cleaned_data["version"], _items_of(sheet)
        ),
        done=lambda made: (f"保存しました（{len(made.items)}項目）。", _url("inquiry", made)),
        template="evidence/inquiries/items.html",
        lead="指標一覧にない数値と質問は、空いた行に書きます。",
    )


def _inquiry_form(region: Region, data: QueryDict | None, record: FigureInquiry | None) -> InquiryForm:
    towns = queries.towns_to_ask(region)
    if record is None:
        office = region.secretariat
        contact = f"{office.name} {office.department}".strip()
        said = {"sender": f"{region.name}\n{office.name} {office.department}".strip(), "contact": contact}
        return InquiryForm(data, towns=towns, initial={**said, "addressee": FigureInquiry.Addressee.HEAD})
    names = ("title", "purpose", "towns", "deadline", "opened", "addressee", "sender", "contact", "version")
    initial = {name: getattr(record, name) for name in names}
    return InquiryForm(data, towns=towns, initial={**initial, "years": years_words(record.years)})


def _items_sheet(data: QueryDict | None, record: FigureInquiry) -> Sheet:
    asked = read_items(record.items)
    places = {item.key: place for place, item in enumerate(asked, 1)}
    figures = [_row(item, places) for item in asked if item.is_figure]
    questions = [_row(item, places) for item in asked if not item.is_figure]
    form = CatalogueForm(data, asked=[item.key for item in asked], initial={"version": record.version})
    return Sheet(
        form,
        {
            FIGURES: rows_of(FigureRow, data, "figures", figures, extra=3),
            QUESTIONS: rows_of(QuestionRow, data, "questions", questions, extra=3),
        },
    )


def _row(item: Item, places: dict[str, int]) -> dict[str, Any]:
    return {
        "key": item.key,
        "name": item.name,
        "unit": item.unit_label,
        "fiscal": "1" if item.fiscal else "",
        "adds_up": item.adds_up,
        "note": item.note,
        "kind": item.kind.value,
        "choices": "\n".join(item.choices),
        "place": places[item.key],
    }


def _items_of(sheet: Sheet) -> list[Item]:
    """The items in the order of the places typed; new ones behind them."""
    rows: list[tuple[int, Item]] = []
    for label, made in ((FIGURES, figure_of), (QUESTIONS, question_of)):
        rows += [
            (row.get("place") or _LAST, made(row))
            for row in kept(sheet.formsets[label])
            if row.get("key") or row.get("name")
        ]
    rows += [(_LAST, from_catalogue(key)) for key in sheet.form.cleaned_data["add"]]
    return [item for _, item in sorted(rows, key=lambda pair: pair[0])]


def _form(sheet: Sheet) -> InquiryForm:
    assert isinstance(sheet.form, InquiryForm)
    return sheet.form


def _frame(region: Region, inquiry: FigureInquiry | None = None) -> Frame:
    listed = reverse("evidence:inquiries", args=[region.slug])
    crumbs = [("統計", reverse("evidence:evidence", args=[region.slug])), ("数値照会", listed)]
    if inquiry is None:
        return Frame(listed, crumbs, "evidence")
    back = _url("inquiry", inquiry)
    return Frame(back, [*crumbs, (inquiry.title, back)], "evidence", inquiry.title)


def _url(name: str, inquiry: FigureInquiry) -> str:
    return reverse(f"evidence:{name}", args=[inquiry.region.slug, inquiry.pk])

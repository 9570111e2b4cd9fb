"""A town's desk: its shelters, the list of names, those at no shelter, possible doubles. Every look is written down."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput
from keniki.press.excel import DataSheet, render_xlsx

from ...actions import privacy
from ...actions.reception.persons import join_persons
from ...forms.reception.persons import ListForm
from ...models import WebCheckin
from ...papers.frame import paper_answer
from ...papers.reception import name_list
from ...queries import incidents
from ...queries.board import board_of
from ...queries.reception.numbers import needs_by_shelter
from ...queries.reception.people import Asked, Person, Roll, needs_of
from ..frame import incident_page
from .frame import Desk, desk_page, shown

_ROWS: Final = 50
_HEAD: Final = (
    "区分", "氏名", "カナ", "年齢", "性別", "状況", "避難所・滞在先", "配慮", "住所", "電話番号",
    "受付カード", "受付簿",
)  # fmt: skip
_SEX: Final = {"male": "男", "female": "女", "other": "その他", "unanswered": "回答しない"}


@desk_page
@require_GET
def town(request: StaffRequest, desk: Desk) -> HttpResponse:
    """The town's desk: counts, what people need, what has to be decided. Nobody's name stands here."""
    roll = Roll(desk.incident)
    board = board_of(desk.incident)
    own = {entity for entity, _ in roll.shelters(desk.town.code)}
    return shown(
        request,
        desk,
        "town.html",
        rows=[row for row in board.shelters if f"shelter:{row.slug}" in own],
        people=len(roll.persons),
        outside=len(roll.outside()),
        doubtful=len(roll.doubtful()),
        doubles=len(roll.doubles()),
        needs=needs_of(roll.persons, roll.households),
        waiting=WebCheckin.objects.filter(
            incident=desk.incident, state=WebCheckin.State.WAITING, municipality=desk.town
        ).count(),
    )


@desk_page
@require_GET
def people(request: StaffRequest, desk: Desk) -> HttpResponse:
    """The list of names, narrowed and page by page."""
    roll = Roll(desk.incident)
    form, asked = _asked(request, roll, desk)
    found = roll.narrowed(asked)
    page = Paginator(found, _ROWS).get_page(request.GET.get("page"))
    if page.object_list:
        deed = privacy.Deed.SEARCH if asked.is_search else privacy.Deed.LIST
        _looked(request, desk, deed, page.object_list)
    return shown(
        request,
        desk,
        "people.html",
        form=form,
        page=page,
        number=len(found),
        query=_query(request),
        title="避難者名簿",
    )


@desk_page
@require_GET
def people_file(request: StaffRequest, desk: Desk, form: str) -> HttpResponse:
    """The list of names as CSV, Excel, Word or PDF: what the page's filters leave."""
    if form not in ("csv", "xlsx", "docx", "pdf"):
        raise Http404("この形式では出力できません。")
    roll = Roll(desk.incident)
    _, asked = _asked(request, roll, desk)
    found = roll.narrowed(asked)
    mode = desk.incident.get_mode_display()
    deed = privacy.Deed.EXPORT if form in ("csv", "xlsx") else privacy.Deed.PRINT
    _looked(request, desk, deed, found)
    rows = [_row(mode, person) for person in found]
    name = f"{mode}_避難者名簿_{desk.town.name}_{desk.incident.title}.{form}"
    if form == "csv":
        return download(name, write_csv([_HEAD, *rows]).data)
    if form == "xlsx":
        sheet = DataSheet(f"{mode}_避難者名簿", _HEAD, rows)
        return download(name, render_xlsx(None, [sheet], dated=desk.incident.began_at))
    return paper_answer(name_list(desk.incident, desk.town, rows), form)


@desk_page
@require_GET
def outside(request: StaffRequest, desk: Desk) -> HttpResponse:
    """Who stays at no shelter: in cars, at relatives'."""
    found = Roll(desk.incident).outside()
    page = Paginator(found, _ROWS).get_page(request.GET.get("page"))
    if page.object_list:
        _looked(request, desk, privacy.Deed.LIST, page.object_list)
    return shown(
        request, desk, "people.html", page=page, number=len(found), query="", title="避難所以外の避難者"
    )


@desk_page
@require_GET
def doubles(request: StaffRequest, desk: Desk) -> HttpResponse:
    """Entries that may be one person, to be joined by somebody who knows."""
    pairs = Roll(desk.incident).doubles()
    page = Paginator(pairs, _ROWS).get_page(request.GET.get("page"))
    if page.object_list:
        _looked(request, desk, privacy.Deed.LIST, [one for pair in page.object_list for one in pair])
    return shown(request, desk, "doubles.html", page=page, number=len(pairs))


@require_POST
@desk_page
def join(request: StaffRequest, desk: Desk, key: str) -> HttpResponse:
    """Say that two entries are one person."""
    try:
        join_persons(
            request.actor,
            desk.incident,
            desk.town,
            f"person:{key}",
            f"person:{request.POST.get('other', '')}",
        )
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(desk.address("doubles"))
    messages.success(
        request, f"【{desk.incident.get_mode_display()}】同じ人として扱います。両方の記録は残ります。"
    )
    return redirect(desk.address("person", key))


@region_page
@require_GET
def needs(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """What the people at each shelter need, in numbers, for everybody in the region."""
    incident = incidents.incident_for(region, slug)
    return incident_page(
        request, incident, "disaster/reception/needs.html", rows=needs_by_shelter(incident),
    )  # fmt: skip


def _asked(request: StaffRequest, roll: Roll, desk: Desk) -> tuple[ListForm, Asked]:
    form = ListForm(request.GET or None, shelters=roll.shelters(desk.town.code))
    if not form.is_bound or not form.is_valid():
        return form, Asked()
    data = form.cleaned_data
    return form, Asked(data["q"], data["shelter"], data["state"], data["needs"])


def _looked(request: StaffRequest, desk: Desk, deed: str, persons: Any) -> None:
    privacy.looked(
        request.actor, desk.region, desk.town, deed, "避難者名簿", people=len(persons),
        purpose=request.GET.get("purpose", ""), incident=desk.incident,
    )  # fmt: skip


def _query(request: StaffRequest) -> str:
    kept = request.GET.copy()
    kept.pop("page", None)
    return kept.urlencode()


def _row(mode: str, person: Person) -> tuple[Any, ...]:
    return (
        mode, person.name, person.kana, person.age if person.age is not None else "",
        _SEX.get(str(person.joined.value("sex")), ""), person.presence,
        "／".join(dict.fromkeys(place.name or place.where for place in person.places)), person.needs,
        person.text("address"), person.text("phone"), person.text("card"), person.text("line"),
    )  # fmt: skip

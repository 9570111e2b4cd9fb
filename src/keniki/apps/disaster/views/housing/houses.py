"""Pages of stricken houses: the towns, a town's list with how far it is, one house with its surveys, a file."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.csv_dialect import write_csv
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES

from ... import policies
from ...actions.housing import houses as actions
from ...actions.housing import totals
from ...actions.privacy import looked
from ...forms.board.base import seen_of
from ...forms.housing.houses import (
    COLUMNS,
    HOUSE_GROUPS,
    HouseFileForm,
    HouseForm,
    HouseListForm,
    house_initial,
    houses_in,
)
from ...models import CertificateApplication, House, HouseSurvey, PersonalAccess
from ...parts import SHEETS, parts_of
from ...queries import housing as queries
from ...queries import incidents
from ...queries.certificates import application_for, applications_of
from ...queries.states import state_of
from ...queries.towns import towns_seen
from ..frame import incident_page, marked
from .frame import Room

PER_PAGE = 100
WHAT = "被災家屋"
Deed = PersonalAccess.Deed


@region_page
@require_GET
def towns(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How many houses of each town the board says were damaged; a way to one's own town's houses."""
    found = incidents.incident_for(region, slug)
    own = {town.pk for town in towns_seen(request.actor, region)}
    state = state_of(found, ("damage",))
    form = totals.form_on(timezone.localtime(found.began_at).date()).value
    rows = [
        (
            row.municipality,
            row.municipality.pk in own,
            list(totals.values_of(state, row.municipality.code, form).values()),
        )
        for row in members_on(region)
    ]
    return incident_page(
        request, found, "disaster/housing/towns.html", rows=rows, heads=form.by_class, has_own=bool(own)
    )


@region_page
@require_GET
def houses(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The houses of a town, narrowed, and how far their surveys are."""
    room = Room(request, region, slug, code)
    classes = rules.classes(max(room.day, rules.first_day())).value.rows
    districts, teams = queries.words_of(room.incident, room.town)
    form = HouseListForm(
        request.GET, classes=[(row.key, row.name) for row in classes], districts=districts, teams=teams
    )
    rows = queries.narrowed(queries.houses_of(room.incident, room.town), form.narrowed)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    listed = list(shown)
    if listed:
        looked(request.actor, region, room.town, Deed.LIST, WHAT, people=len(listed), incident=room.incident)
    for each in listed:
        each.region, each.incident, each.municipality = region, room.incident, room.town
    counts = queries.counts_of(room.incident, room.town)
    return incident_page(
        request,
        room.incident,
        "disaster/housing/houses.html",
        **{
            **room.context(),
            "form": form,
            "shown": shown,
            "rows": [(each, queries.STATES[queries.state_of_house(each)]) for each in listed],
            "number": shown.paginator.count,
            "counts": counts,
            "bar": _bar(counts),
            "sheets": parts_of(queries.field_houses(room.incident, room.town).count(), SHEETS),
            "states": [(queries.STATES[key], count, key) for key, count in counts.states.items()],
            "by_class": [(row.name, counts.official.get(row.key, 0), row.key) for row in classes],
            "query": urlencode({key: value for key, value in request.GET.items() if key != "page"}),
            "ruling": policies.record_person(request.actor, region, room.town),
        },
    )


def _bar(counts: queries.Counts) -> list[dict[str, object]]:
    """The states as pieces of one bar, 1,000 units wide."""
    pieces, x = [], 0
    for key, count in counts.states.items():
        width = round(1000 * count / (counts.all or 1))
        pieces.append({"key": key, "x": x, "width": width})
        x += width
    return pieces


@region_page
@require_GET
def houses_csv(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The houses of a town as a file that is read back, with what was decided."""
    room = Room(request, region, slug, code)
    rows = list(queries.houses_of(room.incident, room.town))
    looked(
        request.actor, region, room.town, Deed.EXPORT, WHAT, people=max(1, len(rows)), incident=room.incident
    )
    head = [*COLUMNS, "区分（事案）", "状態", "決定した区分"]
    lines = [
        (
            each.number, each.district, *((each.sealed or {}).get(key, "") for key in actions.SEALED),
            each.get_use_display(), STRUCTURES[each.structure], each.storeys, int(each.detached),
            HAZARDS[each.hazard], each.struck_on, each.team, room.mode,
            queries.STATES[queries.state_of_house(each)],
            each.official.result["class"] if each.official else "",
        )
        for each in rows
    ]  # fmt: skip
    return download(f"{room.mode}_{room.town.name}_被災家屋.csv", write_csv([head, *lines]).data)


@region_page
@require_GET
def house(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """One house: what is known of it, all its surveys, what was decided, the first against the later ones."""
    room = Room(request, region, slug, code)
    found = queries.house_for(room.incident, room.town, number)
    looked(request.actor, region, room.town, Deed.RECORD, WHAT, key=str(number), incident=room.incident)
    surveys = queries.surveys_of(found)
    standing = [each for each in surveys if each.state != HouseSurvey.State.WITHDRAWN]
    return incident_page(
        request,
        room.incident,
        "disaster/housing/house.html",
        **{
            **room.context(found),
            "sealed": [
                (label, found.sealed[key])
                for key, label in actions.SEALED.items()
                if found.sealed and key in found.sealed
            ],
            "surveys": surveys,
            "compared": compared(standing) if len(standing) > 1 else [],
            "standing": standing,
            "rounds": HouseSurvey.Round.choices,
            "is_residence": found.use == House.Use.RESIDENCE,
            "entries": log_of(found),
            "applications": applications_of(found),
            "ruling": policies.record_person(request.actor, region, room.town),
        },
    )


def compared(surveys: list[HouseSurvey]) -> list[tuple[str, list[str]]]:
    """Class, loss, way and each part's loss of several surveys side by side; empty where one says nothing of it."""
    results = [each.result for each in surveys]
    names = {part["part"]: part["name"] for each in results for part in each["parts"]}
    rows = [
        ("区分", [each["class"] for each in results]),
        ("損害割合（％）", ["" if each.percent is None else f"{each.percent:f}" for each in surveys]),
        ("判定の方法", [each["method_name"] for each in results]),
    ]
    for key, name in names.items():
        losses = [{part["part"]: part["loss"] for part in each["parts"]} for each in results]
        rows.append((f"{name}（％）", [f"{each[key]:g}" if key in each else "" for each in losses]))
    return rows


@region_page
@require_http_methods(["GET", "POST"])
def edit_house(
    request: StaffRequest, region: Region, slug: str, code: str, number: int | None = None
) -> HttpResponse:
    """Register a house, or change what is known of it; `?application=` begins with what an application says."""
    room = Room(request, region, slug, code)
    found = queries.house_for(room.incident, room.town, number) if number else None
    ruling = policies.record_person(request.actor, region, room.town)
    if request.method == "POST":
        ruling.require()
    if found is not None:
        looked(request.actor, region, room.town, Deed.RECORD, WHAT, key=str(number), incident=room.incident)
    asked = None if found is not None else _application(room, request.GET.get("application", ""))
    shown = found or asked
    back = shown.get_absolute_url() if shown is not None else room.at("houses")

    def build(data: Any, record: House | None) -> Sheet:
        return Sheet(
            HouseForm(data, initial=house_initial(record, room.hazard, room.day, asked)), groups=HOUSE_GROUPS
        )

    def save(sheet: Sheet) -> House:
        form = sheet.form
        assert isinstance(form, HouseForm)
        version = form.cleaned_data.get("version") or 0
        return actions.save_house(
            request.actor, room.incident, room.town, form.draft(), found, version if found else None
        )

    def done(saved: House) -> tuple[str, str]:
        words = f"【{room.mode}】{saved}を保存しました。"
        if asked is None:
            return words, saved.get_absolute_url()
        step = reverse(
            "disaster:certificate-step", args=[region.slug, slug, room.town.code, asked.number, "house"]
        )
        return f"{words}{asked}の家屋として記録してください。", f"{step}?house={saved.number}"

    return edit_page(
        request,
        Frame(back, room.crumbs(found), "disaster", eyebrow=f"{room.mode}　{room.town.name}"),
        f"{found}の変更" if found is not None else "家屋を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(room.incident),
    )


def _application(room: Room, number: str) -> CertificateApplication | None:
    """The application that asks for a survey, as its number in the address says; 404 where there is none."""
    if not number:
        return None
    asked = whole_number(number, highest=9_999_999)
    if asked is None:
        raise Http404("申請が見つかりません。")
    found = application_for(room.incident, room.town, asked)
    looked(
        room.actor,
        room.region,
        room.town,
        Deed.RECORD,
        str(found),
        key=str(found.number),
        incident=room.incident,
    )
    return found


@region_page
@require_http_methods(["GET", "POST"])
def load_houses(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Take houses from a file, all or none."""
    room = Room(request, region, slug, code)
    ruling = policies.record_person(request.actor, region, room.town)
    form = HouseFileForm()
    if request.method == "POST":
        ruling.require()
        form = HouseFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                drafts = houses_in(file.read(), room.hazard, room.day, file.name)
                if not drafts:
                    raise WrongInput("ファイルに家屋の行がありません。", column="file")
                loaded = actions.load_houses(request.actor, room.incident, room.town, drafts)
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                said = f"{loaded.new}件登録、{loaded.changed}件変更、{loaded.known}件は登録済み"
                messages.success(request, f"【{room.mode}】{said}です。")
                return redirect(room.at("houses"))
    return incident_page(
        request,
        room.incident,
        "disaster/housing/load.html",
        status=422 if request.method == "POST" else 200,
        **{**room.context(), "form": form, "columns": COLUMNS, "ruling": ruling},
    )


@region_page
@require_http_methods(["GET", "POST"])
def post_totals(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The houses that were decided on by class, beside what the board says; put onto the board on request."""
    room = Room(request, region, slug, code)
    ruling = policies.record_person(request.actor, region, room.town)
    counts = queries.counts_of(room.incident, room.town)
    form = totals.form_on(room.day)
    told = totals.reported(room.incident, room.town, form.value)
    error = ""
    if request.method == "POST":
        ruling.require()
        try:
            totals.post_totals(request.actor, room.incident, room.town, seen_of(request.POST.get("seen", "")))
        except WrongInput as wrong:
            error = wrong.message
        except ValidationError as unread:
            error = "".join(unread.messages)
        else:
            messages.success(request, f"【{room.mode}】{room.town.name}の棟数を圏域防災ボードに載せました。")
            return redirect(room.at("house-totals"))
    classes = rules.classes(max(room.day, rules.first_day())).value
    figures = totals.figures_of(counts.official, form.value)
    rows = [
        (
            row.name,
            "、".join(each.name for each in classes.rows if each.key in row.classes),
            figures[row.field],
            told.values[row.field],
        )
        for row in form.value.by_class
    ]
    return incident_page(
        request,
        room.incident,
        "disaster/housing/totals.html",
        status=422 if error else 200,
        **{
            **room.context(),
            "rows": rows,
            "by_class": [(row.name, counts.official.get(row.key, 0)) for row in classes.rows],
            "counts": counts,
            "form_source": form.source,
            "unconfirmed": not all(row.confirmed for row in form.value.by_class),
            "seen": json.dumps(told.seen),
            "error": error,
            "ruling": ruling,
        },
    )

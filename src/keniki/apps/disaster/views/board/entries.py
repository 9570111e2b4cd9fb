"""The forms of the board: whoever writes replaces what their page showed, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor, Denied, Ruling, deny
from keniki.apps.regions.editing import Outcome, Sheet
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.apps.regions.policies import today, town_post
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.board import writing
from ...actions.board.writing import Shown, Writing
from ...actions.events import Receipt
from ...damage_rows import damage_fields, damage_form
from ...forms.board.base import EventForm
from ...forms.board.places import NewShelterForm, RoadForm, ShelterForm
from ...forms.board.supplies import AnswerForm, NoteForm, RequestForm
from ...forms.board.towns import DamageForm, OrderForm, TownForm
from ...models import Incident
from ...queries import incidents
from ...queries.board import Known, known_places
from ...queries.board.rows import ORDER_WORDS
from ...queries.legal_basis import order_basis
from ...queries.states import state_of
from ..frame import incident_page, incident_way
from .pages import reverse_board

CONFLICT = (
    "食い違いがあります。ほかの人が、あなたの画面に出ていない内容を入力していました。どちらも残してあります。"
)


@dataclass
class Entry:
    """A form page of the board: what it is about, how its form is made, how it is saved."""

    incident: Incident
    title: str
    town: Municipality | None
    build: Callable[[Any], Sheet]
    save: Callable[[Actor, Sheet], Receipt]
    lead: str = ""
    entity: str = ""
    context: dict[str, Any] = field(default_factory=dict)


@region_page
@require_http_methods(["GET", "POST"])
def town(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """A town's headquarters, warning level, outages and message."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    found = town_or_404(known, code)
    entity = f"town:{code}"
    groups = [
        ("災害対策本部", ["state", "at", "place", "dispatch"]),
        ("警戒レベル", ["level"]),
        ("停電・断水など", [name for name in TownForm.PARTS if name.startswith("out_")]),
        ("お知らせ・備考", ["message", "memo", "note"]),
    ]
    return _one(
        request,
        incident,
        entity,
        TownForm,
        "town.update",
        f"{found.name}の本部・警戒レベル",
        found,
        groups=groups,
    )


@region_page
@require_http_methods(["GET", "POST"])
def damage(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """A town's figures of damage in the rows of the report."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    found = town_or_404(known, code)
    rule, rows = damage_form(today()), damage_fields(today())
    by_group: dict[str, list[str]] = {}
    for row in rows:
        by_group.setdefault(row.group, []).append(row.name)
    return _one(
        request,
        incident,
        f"damage:{code}",
        partial(DamageForm, rows=rows),
        "damage.report",
        f"{found.name}の被害の集計",
        found,
        groups=[*by_group.items(), ("集計", ["as_of", "memo", "note"])],
        lead=f"{rule.value.name}の行です。分からない数は空欄のままにします（0とは別に扱います）。{rule.note}",
    )


@region_page
@require_http_methods(["GET", "POST"])
def shelter(request: StaffRequest, region: Region, slug: str, key: str) -> HttpResponse:
    """A shelter: registered, or told in this incident."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    entity, place = f"shelter:{key}", known.shelters.get(key)
    state = state_of(incident, ["shelter"])
    joined = state.joined.get(state.name_of(entity))
    if place is None and joined is None:
        raise Http404("避難所が見つかりません。")
    told = joined.value("town") if joined is not None else None
    found = known.towns.get(place.town if place is not None else str(told))
    name = place.name if place is not None else (joined.value("name") if joined is not None else "") or key
    return _one(
        request,
        incident,
        entity,
        ShelterForm,
        "shelter.update",
        f"{name}（{found.name}）" if found else name,
        found,
        groups=_shelter_groups([]),
        state=state,
        removable=place is None,
    )


@region_page
@require_http_methods(["GET", "POST"])
def new_shelter(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A place people went to that nobody registered."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    own = own_code(request, region)
    return _one(
        request,
        incident,
        "",
        partial(NewShelterForm, towns=_towns(known), initial={"town": own, "status": "open"}),
        "shelter.update",
        "登録のない避難先を追加",
        None,
        kind="shelter",
        groups=_shelter_groups(["name", "town", "address", "lat", "lon"]),
        lead="指定されていない集会所や駐車場などに人が集まったときに記録します。",
    )


@region_page
@require_http_methods(["GET", "POST"])
def road(request: StaffRequest, region: Region, slug: str, key: str = "") -> HttpResponse:
    """A road that cannot be passed as usual."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    initial = {} if key else {"town": own_code(request, region)}
    return _one(
        request,
        incident,
        f"road:{key}" if key else "",
        partial(RoadForm, towns=_towns(known), initial=initial),
        "road.update",
        "道路の状況" if key else "道路の状況を追加",
        None,
        kind="road",
        removable=bool(key),
    )


@region_page
@require_http_methods(["GET", "POST"])
def supply(request: StaffRequest, region: Region, slug: str, key: str = "") -> HttpResponse:
    """What a town asks for or offers."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    initial = {} if key else {"town": own_code(request, region)}
    shelters = [(f"shelter:{place.slug}", place.name) for place in known.shelters.values()]
    return _one(
        request,
        incident,
        f"request:{key}" if key else "",
        partial(RequestForm, towns=_towns(known), shelters=shelters, initial=initial),
        "request.make",
        "要請・申出の内容" if key else "要請・申出を追加",
        None,
        kind="request",
        removable=bool(key),
        lead="急ぎの調整のための記録です。協定に基づく正式な応援の要請は「応援」のページで行います。",
    )


@region_page
@require_http_methods(["GET", "POST"])
def answer(request: StaffRequest, region: Region, slug: str, key: str) -> HttpResponse:
    """Take up a request or an offer of another town, and say what became of it."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    state = state_of(incident, ["request"])
    joined = state.joined.get(state.name_of(f"request:{key}"))
    if joined is None or joined.void:
        raise Http404("要請・申出が見つかりません。")
    opposite = {"request": "offer", "offer": "request"}.get(joined.value("direction") or "")
    others = [
        (each.name, f"{known.town_name(each.value('town') or '')} {each.value('item') or ''}")
        for each in state.of_kind("request")
        if each.value("direction") == opposite or each.name == joined.value("answers")
    ]
    item = joined.value("item") or "要請・申出"
    return _one(
        request,
        incident,
        joined.name,
        partial(AnswerForm, towns=_towns(known), others=others),
        "request.answer",
        f"「{item}」への対応",
        None,
        state=state,
        lead="応じる市町村と、求めた（申し出た）市町村の、どちらからも記録できます。",
    )


@region_page
@require_http_methods(["GET", "POST"])
def note(request: StaffRequest, region: Region, slug: str, key: str = "") -> HttpResponse:
    """An entry of the chronology."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    initial = {} if key else {"town": own_code(request, region)}
    about = [
        *((f"town:{code}", each.name) for code, each in known.towns.items()),
        *((f"shelter:{place.slug}", place.name) for place in known.shelters.values()),
        *((f"district:{place.slug}", place.name) for place in known.districts.values()),
    ]
    return _one(
        request,
        incident,
        f"note:{key}" if key else "",
        partial(NoteForm, towns=_towns(known), about=about, initial=initial),
        "note.write",
        "記録の内容" if key else "記録を追加",
        None,
        kind="note",
        removable=bool(key),
    )


@region_page
@require_http_methods(["GET", "POST"])
def orders(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """An order of evacuation for several districts of a town at once, as its mayor decided it."""
    incident, known = incidents.incident_for(region, slug), known_places(region)
    found = town_or_404(known, code)
    state = state_of(incident, ["district"])
    own = {key: place.name for key, place in known.districts.items() if place.town == code}
    for joined in state.of_kind("district"):
        key = joined.name.partition(":")[2]
        if key not in known.districts and joined.value("town") == code:
            own[key] = joined.value("name") or key
    shown = {key: writing.shown_of(state.joined.get(state.name_of(f"district:{key}"))) for key in own}
    carried = {
        f"{key}/{name}": seen
        for key, each in shown.items()
        for name, seen in each.as_json().items()
        if name in ("order", "people", "households")
    }
    choices = [(key, _with_order(name, shown[key])) for key, name in own.items()]

    def build(data: Any) -> Sheet:
        form = OrderForm(
            data, districts=choices, mayor=f"{found.name}長", initial={"seen": json.dumps(carried)}
        )
        return Sheet(
            form,
            groups=[
                ("対象", ["districts", "name", "people", "households"]),
                ("市町村長の決定", ["level", "at", "by", "document", "reason", "note"]),
            ],
        )

    def save(actor: Actor, sheet: Sheet) -> Receipt:
        form: Any = sheet.form
        data, seen = form.cleaned_data, form.cleaned_data["seen"]
        more = {name: data[name] for name in ("people", "households") if data[name] is not None}
        writings = [
            Writing(
                f"district:{key}",
                {"order": form.order(), **more},
                writing.shown_before(state, f"district:{key}", seen.get(key, {})),
            )
            for key in data.get("districts") or []
        ]
        if data["name"].strip():
            values = {"name": data["name"].strip(), "town": code, "order": form.order(), **more}
            writings.append(Writing(writing.new_entity("district"), values, Shown()))
        return writing.write(actor, incident, "district.order", writings, note=data["note"])

    return entry_page(
        request,
        Entry(
            incident,
            f"{found.name}の避難情報",
            found,
            build,
            save,
            lead="避難情報を発令するのは市町村長です。ここには、決定された内容を記録します。",
            context={"basis": order_basis(today())},
        ),
    )


def _one(
    request: StaffRequest,
    incident: Incident,
    entity: str,
    make: Callable[..., EventForm],
    kind_of_event: str,
    title: str,
    town: Municipality | None,
    *,
    kind: str = "",
    groups: list[tuple[str, list[str]]] | None = None,
    state: merging.State | None = None,
    lead: str = "",
    removable: bool = False,
) -> HttpResponse:
    """The page of a form about one entity, or about a new one of a kind."""
    kind = kind or entity.partition(":")[0]
    state = state or state_of(incident, [kind])
    joined = state.joined.get(state.name_of(entity)) if entity else None
    needed = merging.KINDS[kind].key == "uuid"
    if entity and needed and joined is None:
        raise Http404(f"{merging.KINDS[kind].label}が見つかりません。")
    about = joined.name if joined is not None else entity

    def build(data: Any) -> Sheet:
        if data is None:
            return Sheet(make(None, shown=writing.shown_of(joined)), groups=groups or [])
        assert state is not None
        form = make(data, shown=Shown())
        form.full_clean()
        seen = form.cleaned_data.get("seen") if hasattr(form, "cleaned_data") else None
        before = writing.shown_before(state, about, seen or {}) if about else Shown()
        return Sheet(make(data, shown=before), groups=groups or [])

    def save(actor: Actor, sheet: Sheet) -> Receipt:
        form: Any = sheet.form
        named = about or writing.new_entity(kind)
        note = form.cleaned_data.get("note", "")
        return writing.write(
            actor, incident, kind_of_event, [Writing(named, form.values(), form.shown)], note=note
        )

    where = town if town is not None else _said_town(joined, incident)
    return entry_page(
        request,
        Entry(
            incident,
            title,
            where,
            build,
            save,
            lead=lead,
            entity=about,
            context={
                "void": joined.void if joined is not None else False,
                "removable": removable and joined is not None,
                "kind": kind,
                "key": about.partition(":")[2],
            },
        ),
        anybody=kind_of_event == "request.answer",
    )


def entry_page(request: StaffRequest, entry: Entry, *, anybody: bool = False) -> HttpResponse:
    """Show the form, or save it. What was typed stays, whatever refuses it: 422 for what is wrong, 403 for what the
    actor may not do."""
    incident = entry.incident
    ruling = policies.record_on_page(request.actor, incident, None if anybody else entry.town)
    outcome, status = Outcome(entry.build(None)), 200
    if request.method == "POST":
        sheet = entry.build(request.POST)
        outcome, status = Outcome(sheet), 422
        valid = sheet.is_valid()
        try:
            ruling.require()
            if valid:
                receipt = entry.save(request.actor, sheet)
                return _saved(request, entry, receipt)
        except WrongInput as wrong:
            put_error(sheet.form, _at_form_field(sheet, wrong))
        except Denied as denied:
            ruling, status = deny(str(denied), denied.remedy), 403
    return _shown_form(request, entry, outcome, ruling, status)


def _saved(request: StaffRequest, entry: Entry, receipt: Receipt) -> HttpResponse:
    incident = entry.incident
    messages.success(request, f"【{incident.get_mode_display()}】{entry.title}を記録しました。")
    if receipt.conflicts:
        messages.warning(request, CONFLICT)
    return redirect(reverse_board(incident))


def _shown_form(
    request: StaffRequest, entry: Entry, outcome: Outcome, ruling: Ruling, status: int
) -> HttpResponse:
    incident, back = entry.incident, reverse_board(entry.incident)
    form = outcome.sheet.form
    return incident_page(
        request,
        incident,
        "disaster/board/form.html",
        status=status,
        title=entry.title,
        lead=entry.lead,
        eyebrow=incident.get_mode_display(),
        outcome=outcome,
        back=back,
        save_label="記録する",
        crumbs=incident_way(incident, ("圏域防災ボード", back)),
        ruling=ruling,
        refused=status == 403,
        disputed=form.disputed if isinstance(form, EventForm) else [],
        entity=entry.entity,
        **entry.context,
    )


def _at_form_field(sheet: Sheet, wrong: WrongInput) -> WrongInput:
    """The refusal at the form's field that stands for the entity's field it names."""
    parts: Mapping[str, tuple[str, str]] = getattr(sheet.form, "PARTS", {})
    column = (wrong.column or "").removeprefix("fields.")
    for name, (whole, part) in parts.items():
        if column in {whole, f"{whole}.{part}"}:
            return WrongInput(wrong.message, column=name)
    return WrongInput(wrong.message)


def _said_town(joined: merging.Joined | None, incident: Incident) -> Municipality | None:
    """The town an entity was said to be of; None where nobody said it, or it is new."""
    code = joined.value("town") if joined is not None else None
    return known_places(incident.region).towns.get(code) if isinstance(code, str) else None


def town_or_404(known: Known, code: str) -> Municipality:
    """A town of the region by its code."""
    if code not in known.towns:
        raise Http404("市町村が見つかりません。")
    return known.towns[code]


def own_code(request: StaffRequest, region: Region) -> str:
    """The code of the town the actor writes for, to begin with."""
    post = town_post(request.actor, region)
    if post is None or post.municipality_id is None:
        return ""
    return Municipality.objects.get(pk=post.municipality_id).code


def _towns(known: Known) -> list[tuple[str, str]]:
    return [(code, each.name) for code, each in known.towns.items()]


def _shelter_groups(first: list[str]) -> list[tuple[str, list[str]]]:
    return [
        *([("場所", first)] if first else []),
        ("開設状況", ["status", "opened_at", "closed_at", "reason", "capacity"]),
        ("その場で数えた人数", list(ShelterForm.COUNT)),
        ("電気・水道など", list(ShelterForm.WORKING)),
        ("必要なもの・備考", ["wanted", "infection", "memo", "note"]),
    ]


def _with_order(name: str, shown: Shown) -> str:
    told = [ORDER_WORDS.get(str(value.get("level")), "") for value in shown.values("order") if value]
    return f"{name}（{'／'.join(told)}）" if told else name

"""At the desk: checking in by hand and by code, a person's page, a household's page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from keniki.analysis import merging
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.pages import StaffRequest, put_error
from keniki.core.errors import WrongInput

from ... import policies
from ...actions import privacy
from ...actions.board import writing
from ...actions.board.writing import Shown, Writing
from ...actions.reception import persons as actions
from ...forms.board.base import EventForm, seen_of
from ...forms.board.supplies import DecideForm, ReasonForm
from ...forms.reception import persons as forms
from ...models import EntityState, Event
from ...queries.reception.people import Roll, history_of, label_of, options_of
from ..frame import marked
from .frame import Desk, desk_page, shown

DISPUTED = (
    "食い違いがあります。ほかの人が、あなたの画面に出ていない内容を入力していました。どちらも残してあります。"
)


@desk_page
@require_http_methods(["GET", "POST"])
def check_in(request: StaffRequest, desk: Desk) -> HttpResponse:
    """A family that arrives, by hand."""
    roll = Roll(desk.incident)
    places = roll.shelters(desk.town.code)
    initial = {"shelter": request.GET.get("shelter", places[0][0] if places else ""), "home": desk.town.code}

    def build(data: Any, _record: None) -> Sheet:
        form = forms.CheckInForm(data, shelters=places, towns=towns_of(roll), initial=initial)
        return Sheet(form, {"避難した人": forms.person_rows(data)}, groups=forms.CheckInForm.GROUPS)

    def save(sheet: Sheet) -> actions.CheckedIn:
        form = sheet.form
        assert isinstance(form, forms.CheckInForm)
        drafts = forms.drafts_of(sheet.formsets["避難した人"])
        return actions.check_in(request.actor, desk.incident, desk.town, form.stay(), form.family(drafts))

    def done(saved: actions.CheckedIn) -> tuple[str, str]:
        mode = desk.incident.get_mode_display()
        said = (
            f"{len(saved.persons)}人を受け付けました。" if saved.new else "この内容は既に受け付けています。"
        )
        if saved.household and len(saved.persons) > 1:
            return f"【{mode}】{said}", desk.address("household", saved.household)
        return f"【{mode}】{said}", desk.address("person", saved.persons[0])

    return edit_desk(request, desk, "受付（手入力）", None, build, save, done, save_label="受け付ける")


@desk_page
@require_http_methods(["GET", "POST"])
def scan(request: StaffRequest, desk: Desk) -> HttpResponse:
    """Check in by a code: one scan is one check-in, and the form is ready for the next."""
    roll = Roll(desk.incident)
    places = roll.shelters(desk.town.code)
    ruling = policies.record_on_page(request.actor, desk.incident, desk.town)
    start = {"shelter": request.GET.get("shelter", places[0][0] if places else "")}
    form, status, found, new = forms.ScanForm(shelters=places, initial=start), 200, None, False
    if request.method == "POST":
        ruling.require()
        form, status = forms.ScanForm(request.POST, shelters=places), 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                found = actions.scan_in(request.actor, desk.incident, desk.town, data["code"], form.stay())
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                status, new = 200, found.new
                form = forms.ScanForm(
                    shelters=places, initial={"shelter": data["shelter"], "where": data["where"]}
                )
                roll = Roll(desk.incident)
    persons = [roll.person(key) for key in found.persons] if found is not None else []
    if persons:
        looked_at(request, desk, persons)
    return shown(
        request, desk, "scan.html", status=status, form=form, persons=persons, new=new, checked=found
    )


@desk_page
@require_http_methods(["GET", "POST"])
def person(request: StaffRequest, desk: Desk, key: str) -> HttpResponse:
    """A person: where, what they need, what people disagree about, everything that was written; and the next step."""
    roll = Roll(desk.incident)
    found = roll.person(key)
    ruling = policies.record_on_page(request.actor, desk.incident, desk.town)
    register = found.joined.registers.get("presence")
    seen = json.dumps({"presence": register.seen if register else []})
    places = roll.all_shelters()
    here = found.places[0].entity if len(found.places) == 1 else ""
    initial = {"state": "away" if found.state == "in" else "in", "shelter": here, "seen": seen}
    initial["where"] = found.places[0].where if len(found.places) == 1 else ""
    form, status = forms.PresenceForm(shelters=places, initial=initial), 200
    if request.method == "POST":
        ruling.require()
        form, status = forms.PresenceForm(request.POST, shelters=places), 422
        if form.is_valid():
            try:
                before = seen_of(form.cleaned_data["seen"]).get("presence", [])
                receipt = actions.set_presence(
                    request.actor,
                    desk.incident,
                    desk.town,
                    found.joined,
                    form.stay(form.cleaned_data["state"]),
                    before,
                )
            except WrongInput as wrong:
                column = (wrong.column or "").rpartition(".")[2]
                put_error(form, WrongInput(wrong.message, column=column))
            except ValidationError as wrong:
                form.add_error(None, wrong)
            else:
                messages.success(
                    request, f"【{desk.incident.get_mode_display()}】{found.name}さんの状況を記録しました。"
                )
                if receipt.conflicts:
                    messages.warning(request, DISPUTED)
                if EntityState.objects.filter(incident=desk.incident, entity=found.entity).exists():
                    return redirect(desk.address("person", found.key))
                messages.info(
                    request, "移った先の市町村の名簿に移りました。この市町村からは見えなくなります。"
                )
                return redirect(desk.address("people"))
    looked_at(request, desk, [found])
    household = roll.household(found.household.partition(":")[2]) if found.household else None
    entity = roll.state.entities.get(f"person:{key}") or roll.state.entities.get(found.entity)
    gone = bool(entity and (entity.value(merging.VOID) or {}).get("value"))
    return shown(
        request,
        desk,
        "person.html",
        status=status,
        person=found,
        form=form,
        household=household,
        facts=_facts(roll, found.joined),
        history=history_of(roll, found.joined)[:200],
        conflicts=[(name, label_of("person", name)) for name in found.conflicts],
        gone=gone,
    )


@desk_page
@require_http_methods(["GET", "POST"])
def edit_person(request: StaffRequest, desk: Desk, key: str) -> HttpResponse:
    """Correct or complete what is known of a person."""
    roll = Roll(desk.incident)
    found = roll.person(key)
    if request.method == "GET":
        looked_at(request, desk, [found])
    back = desk.address("person", found.key)

    def make(data: Any, shown: Shown) -> EventForm:
        return forms.PersonForm(data, shown=shown, towns=towns_of(roll))

    return _entity(
        request, desk, roll, found.joined, f"{found.name}の記録", make, back, forms.PersonForm.GROUPS
    )


@desk_page
@require_http_methods(["GET", "POST"])
def edit_household(request: StaffRequest, desk: Desk, key: str) -> HttpResponse:
    """Correct or complete what is known of a household."""
    roll = Roll(desk.incident)
    found = roll.household(key)
    if request.method == "GET":
        looked_at(request, desk, found.persons or [found])
    back = desk.address("household", found.key)

    def make(data: Any, shown: Shown) -> EventForm:
        return forms.HouseholdForm(data, shown=shown, towns=towns_of(roll))

    return _entity(request, desk, roll, found.joined, f"{found.name}の記録", make, back, [])


@desk_page
@require_http_methods(["GET"])
def household(request: StaffRequest, desk: Desk, key: str) -> HttpResponse:
    """A household with its persons."""
    roll = Roll(desk.incident)
    found = roll.household(key)
    looked_at(request, desk, found.persons or [found])
    return shown(
        request,
        desk,
        "household.html",
        household=found,
        facts=_facts(roll, found.joined),
        history=history_of(roll, found.joined)[:200],
        conflicts=[(name, label_of("household", name)) for name in found.joined.conflicts],
    )


@desk_page
@require_http_methods(["GET", "POST"])
def decide(request: StaffRequest, desk: Desk, kind: str, key: str, name: str) -> HttpResponse:
    """Decide what people disagree about: all values side by side, one stands."""
    roll = Roll(desk.incident)
    joined = roll.person(key).joined if kind == "person" else roll.household(key).joined
    back = desk.address(kind, joined.name.partition(":")[2])
    entity = next(
        (
            each
            for each in joined.members
            if name in (merging.VOID, merging.SAME_AS) and _disputes(roll, each, name)
        ),
        joined.name,
    )
    options = options_of(roll, joined, name)
    by_value = {entry.words: entry for entry in reversed(options)}
    if len(by_value) < 2:
        messages.info(request, "食い違いは、もうありません。")
        return redirect(back)
    choices = [
        (entry.id, f"{entry.words}（{entry.mark.by if entry.mark else '入力者不明'}）")
        for entry in by_value.values()
    ]

    def build(data: Any, _record: None) -> Sheet:
        seen = json.dumps({name: [entry.id for entry in options]})
        return Sheet(DecideForm(data, options=choices, initial={"seen": seen}))

    def save(sheet: Sheet) -> Any:
        data = sheet.form.cleaned_data
        policies.record_person(request.actor, desk.region, desk.town).require()
        return writing.decide(
            request.actor, desk.incident, roll.state, entity, name, data["choice"], data["seen"].get(name, [])
        )

    def done(_saved: Any) -> tuple[str, str]:
        return f"【{desk.incident.get_mode_display()}】決めました。ほかの内容も経過に残ります。", back

    if request.method == "GET":
        looked_at(request, desk, [joined])
    return edit_desk(
        request, desk, f"{label_of(kind, name)}の食い違い", None, build, save, done, back=back, save_label="決める",
        lead="本人や家族に確かめて、正しい内容を選びます。",
    )  # fmt: skip


@desk_page
@require_http_methods(["GET", "POST"])
def void(request: StaffRequest, desk: Desk, key: str) -> HttpResponse:
    """Take back an entry made by mistake, with the reason; or take that back."""
    roll = Roll(desk.incident)
    found = roll.person(key)
    entity = roll.state.entities.get(f"person:{key}") or roll.state.entities[found.entity]
    gone = bool((entity.value(merging.VOID) or {}).get("value"))
    back = desk.address("person", key)

    def build(data: Any, _record: None) -> Sheet:
        return Sheet(ReasonForm(data))

    def save(sheet: Sheet) -> Any:
        policies.record_person(request.actor, desk.region, desk.town).require()
        return writing.take_back(
            request.actor, desk.incident, entity, sheet.form.cleaned_data["reason"], restore=gone
        )

    def done(_saved: Any) -> tuple[str, str]:
        said = "取消しを撤回しました。" if gone else "取り消しました。人数には入りません。"
        return f"【{desk.incident.get_mode_display()}】{said}", back

    title = f"{found.name}の受付の{'取消しの撤回' if gone else '取消し'}"
    if request.method == "GET":
        looked_at(request, desk, [found])
    return edit_desk(
        request, desk, title, None, build, save, done, back=back,
        lead="誤って入力した、二重に受け付けたなどのときに使います。帰宅した人は「退所」にします。記録は経過に残ります。",
    )  # fmt: skip


def towns_of(roll: Roll) -> list[tuple[str, str]]:
    """The towns of the region to choose from."""
    return [(code, town.name) for code, town in roll.known.towns.items()]


def _entity(
    request: StaffRequest,
    desk: Desk,
    roll: Roll,
    joined: merging.Joined,
    title: str,
    make: Callable[[Any, Shown], EventForm],
    back: str,
    groups: list[tuple[str, list[str]]],
) -> HttpResponse:
    """The form of a person or household: what its page showed is replaced, nothing else."""
    kind = joined.name.partition(":")[0]
    return edit_desk(
        request,
        desk,
        title,
        None,
        lambda data, _record: entity_sheet(roll, joined, joined.name, make, data, groups),
        lambda sheet: write_entity(request, desk, joined.name, f"{kind}.update", sheet),
        lambda receipt: (_said(request, desk, title, receipt), back),
        back=back,
    )


def entity_sheet(
    roll: Roll,
    joined: merging.Joined | None,
    entity: str,
    make: Callable[[Any, Shown], EventForm],
    data: Any,
    groups: list[tuple[str, list[str]]],
) -> Sheet:
    """The form filled with what stands, or bound with what its page had shown."""
    if data is None:
        return Sheet(make(None, writing.shown_of(joined)), groups=groups)
    form = make(data, Shown())
    form.full_clean()
    seen = getattr(form, "cleaned_data", {}).get("seen")
    return Sheet(make(data, writing.shown_before(roll.state, entity, seen or {})), groups=groups)


def write_entity(
    request: StaffRequest, desk: Desk, entity: str, kind: str, sheet: Sheet, *, via: str = Event.Via.PAGE
) -> Any:
    """Record what was changed on an entity's form; a refusal stands at the form's field."""
    form = sheet.form
    assert isinstance(form, EventForm)
    policies.record_person(request.actor, desk.region, desk.town).require()
    try:
        return writing.write(
            request.actor, desk.incident, kind, [Writing(entity, form.values(), form.shown)], via=via
        )
    except WrongInput as wrong:
        raise forms.at_field(form, wrong) from None


def _said(request: StaffRequest, desk: Desk, title: str, receipt: Any) -> str:
    if receipt.conflicts:
        messages.warning(request, DISPUTED)
    return f"【{desk.incident.get_mode_display()}】{title}を保存しました。"


def edit_desk(
    request: StaffRequest,
    desk: Desk,
    title: str,
    record: Any,
    build: Any,
    save: Any,
    done: Any,
    *,
    back: str = "",
    **context: Any,
) -> HttpResponse:
    ruling = policies.record_on_page(request.actor, desk.incident, desk.town)
    if request.method == "POST":
        ruling.require()
    back = back or desk.home
    return edit_page(
        request,
        Frame(
            back, desk.crumbs(), "disaster", eyebrow=f"{desk.incident.get_mode_display()}　{desk.town.name}"
        ),
        title,
        record,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **{**marked(desk.incident), **context},
    )


def looked_at(request: StaffRequest, desk: Desk, persons: Any) -> None:
    """A record was shown: written down before it is."""
    first = persons[0]
    key = getattr(first, "key", "") or str(getattr(first, "name", "")).partition(":")[2]
    privacy.looked(
        request.actor, desk.region, desk.town, privacy.Deed.RECORD, "避難者の記録",
        key=key[:120], people=len(persons), incident=desk.incident,
    )  # fmt: skip


def _facts(roll: Roll, joined: merging.Joined) -> list[tuple[str, str, str, bool]]:
    """What stands of an entity: field, what it is called, its value in words, whether people disagree."""
    kind = joined.name.partition(":")[0]
    found = []
    for name, register in joined.registers.items():
        told = [roll.told_words(kind, name, value) for value in register.values if value is not None]
        if told and name != "presence":
            found.append((name, label_of(kind, name), "／".join(told), register.conflict))
    order = list(merging.KINDS[kind].fields)
    return sorted(found, key=lambda each: _place_of(each[0], order))


def _place_of(name: str, order: list[str]) -> int:
    group = f"{name.rpartition('.')[0]}.*"
    return order.index(name) if name in order else order.index(group) if group in order else len(order)


def _disputes(roll: Roll, entity: str, name: str) -> bool:
    found = roll.state.entities.get(entity)
    register = found.registers.get(name) if found is not None else None
    return register is not None and register.conflict

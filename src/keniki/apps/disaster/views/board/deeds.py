"""Deciding disagreements, taking entries back, settling what was refused."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.editing import Sheet
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.board import writing
from ...actions.board.refused import settle_refused
from ...actions.events import Receipt
from ...forms.board.supplies import DecideForm, ReasonForm, SettleForm
from ...queries import incidents
from ...queries.board import board_of, known_places
from ...queries.board.composing import KINDS
from ...queries.refused import one_refused, refused_for
from ...queries.states import state_of
from ..frame import incident_page
from .entries import Entry, entry_page
from .pages import reverse_board


@region_page
@require_http_methods(["GET", "POST"])
def decide(request: StaffRequest, region: Region, slug: str, kind: str, key: str, name: str) -> HttpResponse:
    """One disagreement: all values that stand, by whom and when, and which is right."""
    incident = incidents.incident_for(region, slug)
    entity, back = f"{kind}:{key}", reverse_board(incident)
    if kind not in KINDS:
        raise Http404("食い違いが見つかりません。")
    board = board_of(incident)
    split = next((each for each in board.splits if (each.entity, each.name) == (entity, name)), None)
    if split is None:
        if request.method == "POST":
            messages.info(request, "この食い違いは、ほかの人が先に決定しました。")
        return redirect(back)
    options = [
        (each.head, f"{each.words}（{each.mark.by if each.mark else '入力者不明'}）")
        for each in split.options
    ]
    state = state_of(incident, [kind])

    def build(data: Any) -> Sheet:
        return Sheet(
            DecideForm(data, options=options, initial={"seen": json.dumps({name: list(split.seen)})})
        )

    def save(actor: Actor, sheet: Sheet) -> Receipt:
        data = sheet.form.cleaned_data
        seen = data["seen"].get(name, [])
        return writing.decide(actor, incident, state, entity, name, data["choice"], seen)

    where = known_places(region).towns.get(split.code)
    title = f"「{split.title}」の{split.label}の食い違い"
    entry = Entry(incident, title, where, build, save, entity=entity, context={"split": split})
    return entry_page(request, entry)


@region_page
@require_http_methods(["GET", "POST"])
def void(request: StaffRequest, region: Region, slug: str, kind: str, key: str) -> HttpResponse:
    """Take back what was entered by mistake, with the reason; or take that back."""
    incident = incidents.incident_for(region, slug)
    if kind not in ("road", "request", "note", "shelter", "district"):
        raise Http404("取り消せるものが見つかりません。")
    state = state_of(incident, [kind])
    found = state.entities.get(f"{kind}:{key}")
    if found is None:
        raise Http404("取り消せるものが見つかりません。")
    gone = bool((found.value(merging.VOID) or {}).get("value"))
    label = merging.KINDS[kind].label

    def build(data: Any) -> Sheet:
        return Sheet(ReasonForm(data))

    def save(actor: Actor, sheet: Sheet) -> Receipt:
        return writing.take_back(actor, incident, found, sheet.form.cleaned_data["reason"], restore=gone)

    return entry_page(
        request,
        Entry(
            incident,
            f"{label}の取消しの撤回" if gone else f"{label}の取消し",
            None,
            build,
            save,
            lead="取り消しても、入力した内容と取消しの理由はクロノロジーに残ります。",
            entity=found.entity,
        ),
    )


@region_page
@require_GET
def refused(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """What devices of the actor's town sent and could not be taken."""
    incident = incidents.incident_for(region, slug)
    rows = list(refused_for(request.actor, incident)[:500])
    for row in rows:
        row.region = region
    return incident_page(
        request,
        incident,
        "disaster/board/refused.html",
        rows=[(row, policies.settle_refused(request.actor, row)) for row in rows],
        form=SettleForm(auto_id=False),
    )


@region_page
@require_POST
def settle(request: StaffRequest, region: Region, slug: str, pk: int) -> HttpResponse:
    """Say what was done about an event that could not be taken."""
    incident = incidents.incident_for(region, slug)
    found = one_refused(request.actor, incident, pk)
    policies.settle_refused(request.actor, found).require()
    form = SettleForm(request.POST)
    try:
        if not form.is_valid():
            raise WrongInput("どのように処理したかを300文字以内で入力してください。")
        settle_refused(request.actor, found, form.cleaned_data["note"])
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, f"【{incident.get_mode_display()}】保留したできごとの処理を記録しました。")
    return redirect(reverse("disaster:board-refused", args=[region.slug, slug]))

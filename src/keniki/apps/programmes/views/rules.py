"""The rules that ask, their answers, and facts of cities that people supply."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import (
    Conflict,
    StaffRequest,
    chosen,
    conflict_of,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.core.errors import WrongInput

from .. import actions, policies, queries
from ..asking import asking_for, programme_name
from ..forms import AnswerForm, FactForm
from ..models import CityFact
from .common import programmes_of


@region_page
@require_GET
def rules(request: StaffRequest, region: Region) -> HttpResponse:
    """Every rule of the region's programmes that asks, where it is used and what was answered."""
    programmes = programmes_of(region)
    rows = queries.asking_rows(region, programmes)
    return page(
        request,
        "programmes/rules.html",
        nav_active="evidence",
        groups=[
            (key, programme_name(key), [row for row in rows if row.rule.programme == key])
            for key in programmes
        ],
        ruling=policies.answer_rule(request.actor, region),
        operator=request.actor.operator,
    )


@region_page
@require_http_methods(["GET", "POST"])
def answer_rule(
    request: StaffRequest, region: Region, parameter: str = "", pk: int | None = None
) -> HttpResponse:
    """Answer a rule or change an answer: value and legal basis, over which days."""
    answer = queries.answer_for(region, pk) if pk is not None else None
    rule = asking_for(answer.parameter if answer is not None else parameter)
    if rule is None:
        raise Http404("値を尋ねる規則が見つかりません。")
    ruling = (
        policies.edit_answer(request.actor, answer)
        if answer is not None
        else policies.answer_rule(request.actor, region)
    )
    ruling.require()
    data = chosen(request, answer) if request.method == "POST" else None
    form = AnswerForm(data, rule=rule, answer=answer, operator=request.actor.operator)
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_rule(
                request.actor,
                None if form.for_everybody else region,
                form.draft(),
                answer,
                version_of(request),
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, "回答を保存しました。判定と見込額に使われます。")
            return redirect("programmes:rules", region.slug)
    return page(
        request,
        "programmes/answer.html",
        nav_active="evidence",
        rule=rule,
        answer=answer,
        form=form,
        conflict=conflict,
        ruling=ruling,
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_POST
def remove_answer(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Take an answer back."""
    answer = queries.answer_for(region, pk)
    try:
        actions.remove_answer(request.actor, region, answer, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの回答を更新しました。内容を確かめてください。")
    else:
        messages.success(request, "回答を取り消しました。この規則は再び値を尋ねます。")
    return redirect("programmes:rules", region.slug)


@region_page
@require_GET
def facts(request: StaffRequest, region: Region) -> HttpResponse:
    """What people supplied about the region's cities, by kind."""
    rows = list(queries.city_facts(region))
    return page(
        request,
        "programmes/facts.html",
        nav_active="evidence",
        groups=[
            (kind, label, [row for row in rows if row.kind == kind]) for kind, label in CityFact.Kind.choices
        ],
        ruling=policies.supply_fact(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def supply_fact(request: StaffRequest, region: Region, kind: str = "", pk: int | None = None) -> HttpResponse:
    """Supply a fact of a city or change it; source or legal basis is required."""
    fact = queries.fact_for(region, pk) if pk is not None else None
    kind = fact.kind if fact is not None else kind
    if kind not in CityFact.Kind.values:
        raise Http404("資料の種類が見つかりません。")
    ruling = policies.supply_fact(request.actor, region)
    ruling.require()
    data: Any = chosen(request, fact) if request.method == "POST" else None
    form = FactForm(data, region=region, kind=kind, fact=fact)
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.supply_fact(request.actor, region, form.draft(), fact, version_of(request))
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, "資料を保存しました。制度の要件の判定に使われます。")
            return redirect("programmes:facts", region.slug)
    return page(
        request,
        "programmes/fact.html",
        nav_active="evidence",
        fact=fact,
        title=CityFact.Kind(kind).label,
        form=form,
        conflict=conflict,
        ruling=ruling,
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_POST
def remove_fact(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Take a supplied fact back."""
    fact = queries.fact_for(region, pk)
    try:
        actions.remove_fact(request.actor, fact, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの資料を更新しました。内容を確かめてください。")
    else:
        messages.success(request, "資料を取り消しました。")
    return redirect("programmes:facts", region.slug)

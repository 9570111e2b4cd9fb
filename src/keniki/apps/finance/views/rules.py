"""Pages of the rules of a joint cost: its versions, one of them in words, its form, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Ruling, deny
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries.history import Change, Entry
from keniki.apps.regions import policies as rights
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import rules as actions
from ..actions.rules import LABELS
from ..forms.rule_steps import AdoptForm, ProposeForm
from ..models import JointCost, SharingRule
from ..queries import rules as queries
from ..queries.costs import cost_for
from .rule_desk import RuleDesk

State = SharingRule.State
_LABELS: Final = {**LABELS, "adopted_on": "決定日"}


@region_page
@require_GET
def rules(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Every version of the cost's rule, with its state and what the towns decided."""
    cost = cost_for(region, slug)
    return page(
        request,
        "finance/rules.html",
        nav_active="finance",
        cost=cost,
        versions=queries.versions_of(cost),
        ruling=policies.write_cost(request.actor, region),
    )


@region_page
@require_GET
def rule(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """One version in words, beside the one before it, with each town's decision and what comes next."""
    return _rule_page(request, region, cost_for(region, slug), number)


@region_page
@require_http_methods(["GET", "POST"])
def new_rule(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A new version: from nothing, from an earlier or published one (`?from=`), from a file."""
    cost = cost_for(region, slug)
    ruling = policies.write_cost(request.actor, region)
    if request.method == "POST":
        ruling.require()
    return RuleDesk(request, region, cost, None, ruling).answer()


@region_page
@require_http_methods(["GET", "POST"])
def edit_rule(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Change a draft; a version that was put to the towns stays as it is."""
    cost = cost_for(region, slug)
    found = queries.rule_for(cost, number)
    ruling = policies.write_cost(request.actor, region)
    if ruling and found.state != State.DRAFT:
        ruling = _stays(found)
    if request.method == "POST":
        ruling.require()
    return RuleDesk(request, region, cost, found, ruling).answer()


@region_page
@require_GET
def rule_file(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """The version as YAML, which `keniki share --rule` reads."""
    cost = cost_for(region, slug)
    found = queries.rule_for(cost, number)
    spec = queries.readable(found)
    if spec is None:
        raise Http404("この定めは読めません。")
    title = " ".join(cost.title.split())
    head = f"# {title} 負担割合の定め 第{found.number}版（{found.get_state_display()}）\n# sha256: {found.digest}\n"
    return download(f"{cost.title}_負担割合_第{found.number}版.yaml", head + queries.written_rule(spec))


@region_page
@require_POST
def propose_rule(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Put a draft to the towns."""
    cost = cost_for(region, slug)
    found = queries.rule_for(cost, number)
    policies.write_cost(request.actor, region).require()
    form = ProposeForm(request.POST)
    if form.is_valid():
        try:
            actions.propose_rule(request.actor, found, version_of(request), form.cleaned_data["due_on"])
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale:
            return _moved_on(request, found)
        else:
            messages.success(request, f"第{found.number}版を照会しました。回答は照会の画面で記録します。")
            return redirect(found.get_absolute_url())
    return _rule_page(request, region, cost, number, propose=form)


@region_page
@require_POST
def adopt_rule(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Decide on a version."""
    cost = cost_for(region, slug)
    found = queries.rule_for(cost, number)
    policies.write_cost(request.actor, region).require()
    form = AdoptForm(request.POST, today=rights.today())
    if form.is_valid():
        try:
            actions.adopt_rule(request.actor, found, version_of(request), form.cleaned_data["adopted_on"])
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale:
            return _moved_on(request, found)
        else:
            messages.success(request, f"第{found.number}版を決定しました。負担額の計算に使えます。")
            return redirect(found.get_absolute_url())
    return _rule_page(request, region, cost, number, adopt=form)


@region_page
@require_POST
def withdraw_rule(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Take a proposed version back."""
    found = queries.rule_for(cost_for(region, slug), number)
    policies.write_cost(request.actor, region).require()
    try:
        actions.withdraw_rule(request.actor, found, version_of(request))
        messages.success(request, f"第{found.number}版を取り下げました。")
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    except Stale:
        return _moved_on(request, found)
    return redirect(found.get_absolute_url())


@region_page
@require_POST
def remove_rule(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Remove a draft."""
    found = queries.rule_for(cost_for(region, slug), number)
    policies.write_cost(request.actor, region).require()
    try:
        actions.remove_rule(request.actor, found, version_of(request))
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(found.get_absolute_url())
    except Stale:
        return _moved_on(request, found)
    messages.success(request, f"第{number}版の案を削除しました。")
    return redirect("finance:rules", region.slug, slug)


def _moved_on(request: StaffRequest, found: SharingRule) -> HttpResponse:
    messages.error(request, "ほかの人が先にこの版を更新しました。内容を確かめて、もう一度操作してください。")
    return redirect(found.get_absolute_url())


def _stays(found: SharingRule) -> Ruling:
    return deny(
        f"この版は「{found.get_state_display()}」です。照会した定めは変更できません。この版をもとに新しい版を作ってください。"
    )


def _rule_page(
    request: StaffRequest,
    region: Region,
    cost: JointCost,
    number: int,
    *,
    propose: ProposeForm | None = None,
    adopt: AdoptForm | None = None,
) -> HttpResponse:
    found, others = queries.version_for(cost, number)
    names = queries.names_of(cost)
    old = queries.before(found, others)
    ruling = policies.write_cost(request.actor, region)
    return page(
        request,
        "finance/rule.html",
        nav_active="finance",
        cost=cost,
        rule=found.rule,
        version=found,
        decisions=found.decisions,
        passages=queries.passages_of(found.spec, names),
        old=old,
        differences=queries.compared(old, found, names),
        steps=_steps(found),
        propose=propose or ProposeForm(),
        adopt=adopt or AdoptForm(today=rights.today()),
        problem=found.decisions.problem if found.rule.state == State.PROPOSED else "",
        ruling=ruling,
        history=_history(found.rule),
        status=422 if (propose and propose.errors) or (adopt and adopt.errors) else 200,
    )


def _steps(found: queries.RuleVersion) -> list[dict[str, Any]]:
    """案 → 照会 → 決定 of a version."""
    rule, decisions = found.rule, found.decisions
    asked = decisions.inquiry
    note = f"{decisions.answered}／{len(decisions.towns)} が機関決定" if asked else ""
    order = [State.DRAFT, State.PROPOSED, State.ADOPTED]
    if rule.state == State.WITHDRAWN:
        return [
            {"label": "案", "state": "done"},
            {"label": "照会", "state": "done", "date": asked.asked_on if asked else None, "note": note},
            {"label": "取下げ", "state": "blocked"},
        ]
    here = order.index(State(rule.state))
    labels = ("案", "照会", "決定")
    dates = (None, asked.asked_on if asked else None, rule.adopted_on)
    return [
        {
            "label": label,
            "state": "done"
            if place < here or rule.state == State.ADOPTED
            else "current"
            if place == here
            else "todo",
            "date": dates[place],
            "note": note if place == 1 else "",
        }
        for place, label in enumerate(labels)
    ]


def _history(found: SharingRule | None) -> list[Entry]:
    if found is None:
        return []
    return [
        Entry(entry.at, entry.text, [
            Change(_LABELS[name], str(before or ""), str(after or ""))
            for name, before, after in _changed(entry.before or {}, entry.after or {})
        ])
        for entry in log_of(found)[:30]
    ]  # fmt: skip


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [
        (name, before.get(name), after[name])
        for name in after
        if name in _LABELS and before and before.get(name) != after[name]
    ]


__all__ = [
    "adopt_rule",
    "edit_rule",
    "new_rule",
    "propose_rule",
    "remove_rule",
    "rule",
    "rule_file",
    "rules",
    "withdraw_rule",
]

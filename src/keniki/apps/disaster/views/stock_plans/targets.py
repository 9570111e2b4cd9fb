"""Pages of targets: all towns of a fiscal year, one town with the arithmetic of its needs, the form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.apps.regions.policies import edit_shared
from keniki.apps.regions.queries import towns_in
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.disaster.standards import GROUPS

from ... import policies
from ...actions.stock_plans import targets as actions
from ...forms.stock_plans.targets import (
    TargetForm,
    override_rows,
    overrides_in,
    percent_of,
    target_initial,
)
from ...models import StockTarget
from ...queries.stock_plans import joint_people, reckon_target, rules_on, target_for, town_needs
from ...queries.stock_plans.proposals import group_shares, proposals
from .asked import year_asked, years_for

_BASIS: int = 300


@region_page
@require_GET
def targets(request: StaffRequest, region: Region) -> HttpResponse:
    """The targets of a fiscal year with what each town needs of every item."""
    years = years_for(region)
    year = year_asked(request, years)
    found = town_needs(region, year)
    lines: dict[str, tuple[str, str]] = {}
    for each in found:
        for line in each.needs.lines if each.needs is not None else ():
            lines.setdefault(line.key, (line.name, line.unit))
    return page(
        request,
        "disaster/stock_plans/targets.html",
        nav_active="disaster",
        year=year,
        years=years,
        rules_day=rules_on(year),
        towns=found,
        people=joint_people(found),
        items=[
            (name, unit, [each.quantities.get(key) for each in found]) for key, (name, unit) in lines.items()
        ],
        copies=sum(each.carried for each in found),
        ruling=policies.write_some_place(request.actor, region),
        shared=edit_shared(request.actor, region),
    )


@region_page
@require_GET
def target(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One town's target: denominator, every line with its arithmetic and source."""
    found = target_for(region, pk)
    problem, needs = "", None
    try:
        needs = reckon_target(found)
    except WrongInput as wrong:
        problem = wrong.message
    lines = needs.lines if needs is not None else ()
    return page(
        request,
        "disaster/stock_plans/target.html",
        nav_active="disaster",
        target=found,
        needs=needs,
        problem=problem,
        groups=[
            (title, [line for line in lines if line.group == group])
            for group, title in GROUPS.items()
            if any(line.group == group for line in lines)
        ],
        ruling=policies.write_place(request.actor, region, found.municipality),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_target(request: StaffRequest, region: Region, pk: int | None = None) -> HttpResponse:
    """Register a town's target or change it, with numbers one may begin from."""
    found = target_for(region, pk) if pk else None
    ruling = (
        policies.write_place(request.actor, region, found.municipality)
        if found
        else policies.write_some_place(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    years = years_for(region)
    year = year_asked(request, years, "fiscal_year") if request.POST or not found else found.fiscal_year
    on = rules_on(year)
    towns = _towns(request, region, year, found)
    town = found.municipality if found else towns.get(request.GET.get("town", ""))
    town = town or next(iter(towns.values()), None)
    own = group_shares(region, town, on) if town is not None else None

    def build(data: Any, record: StockTarget | None) -> Sheet:
        form = TargetForm(
            data, towns=towns, years=years, on=on, initial=_initial(request, record, year, town, own)
        )
        groups = [
            ("想定避難者", ["town", "fiscal_year", "people", "basis", "share", "share_basis"]),
            ("何を備えるか", ["days", "winter", "places", "area"]),
            ("避難者の内訳", [*form.group_names(), "shares_basis"]),
        ]
        return Sheet(form, {"基準と異なる数量": override_rows(data, record, on)}, groups)

    def save(sheet: Sheet) -> StockTarget:
        form = sheet.form
        assert isinstance(form, TargetForm)
        overrides = overrides_in(sheet.formsets["基準と異なる数量"], on)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_target(request.actor, region, form.draft(overrides), found, version)

    def done(saved: StockTarget) -> tuple[str, str]:
        return "備蓄目標を保存しました。", reverse("disaster:stock-target", args=[region.slug, saved.pk])

    back = (
        reverse("disaster:stock-target", args=[region.slug, found.pk])
        if found
        else reverse("disaster:stock-targets", args=[region.slug])
    )
    return edit_page(
        request,
        Frame(back, _crumbs(region), "disaster"),
        "備蓄目標の変更" if found else "備蓄目標を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/stock_plans/target_form.html",
        ruling=ruling,
        town=town,
        towns=towns,
        year=year,
        choices=[
            (each, _use(region, town, year, each.people, each.basis, each.url))
            for each in (proposals(region, town, on) if town is not None and found is None else [])
        ],
        own_shares=own,
        remove=reverse("disaster:remove-stock-target", args=[region.slug, found.pk])
        if found and ruling
        else "",
        remove_version=found.version if found else None,
        remove_label="この備蓄目標を削除",
    )


@region_page
@require_POST
def remove_target(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Remove a target."""
    found = target_for(region, pk)
    policies.write_place(request.actor, region, found.municipality).require()
    try:
        actions.remove_target(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの目標を更新しました。内容を確かめてください。")
        return redirect("disaster:edit-stock-target", region.slug, pk)
    messages.success(request, "備蓄目標を削除しました。")
    return redirect(_list(region, found.fiscal_year))


@region_page
@require_POST
def copy_targets(request: StaffRequest, region: Region) -> HttpResponse:
    """Give every town without a target of the fiscal year its last one before."""
    policies.write_shared(request.actor, region).require()
    year = FiscalYear.named(request.POST.get("year"))
    if year is None:
        messages.error(request, "年度を選んでください。")
        return redirect("disaster:stock-targets", region.slug)
    try:
        made = actions.copy_targets(request.actor, region, int(year))
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, f"備蓄目標を{made}件写しました。人数と根拠を確かめてください。")
    return redirect(_list(region, int(year)))


def _towns(
    request: StaffRequest, region: Region, year: int, found: StockTarget | None
) -> dict[str, Municipality]:
    """The towns whose targets the actor may write."""
    if found is not None:
        return {found.municipality.code: found.municipality}
    return {
        town.code: town
        for town in towns_in(region, year)
        if policies.write_place(request.actor, region, town)
    }


def _initial(
    request: StaffRequest, record: StockTarget | None, year: int, town: Municipality | None, own: Any
) -> dict[str, Any]:
    if record is not None:
        return target_initial(record)
    asked = request.GET
    found: dict[str, Any] = {"fiscal_year": year, "town": town.code if town is not None else ""}
    if asked.get("people", "").isdecimal():
        found["people"] = asked["people"][:8]
    found |= {name: asked[name][:_BASIS] for name in ("basis", "basis_url") if name in asked}
    if own is not None and asked.get("shares") == "own":
        found |= {f"group-{key}": percent_of(str(share)) for key, share in own.shares.items()}
        found["shares_basis"] = own.basis
    return found


def _use(region: Region, town: Municipality | None, year: int, people: int, basis: str, url: str) -> str:
    """The address of the form filled in with a proposal."""
    asked = {
        "town": town.code if town is not None else "",
        "year": year,
        "people": people,
        "basis": basis[:_BASIS],
        "basis_url": url,
    }
    return f"{reverse('disaster:new-stock-target', args=[region.slug])}?{urlencode(asked)}"


def _list(region: Region, year: int) -> str:
    return f"{reverse('disaster:stock-targets', args=[region.slug])}?year={year}"


def _crumbs(region: Region) -> list[tuple[str, str]]:
    return [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("備蓄目標", reverse("disaster:stock-targets", args=[region.slug])),
    ]

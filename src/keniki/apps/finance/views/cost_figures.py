"""Pages of a rule's basis figures: the grid of towns and bases, its file, taking figures from the statistics."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import year_state
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.rulebooks.sharing import BasisSpec

from .. import policies
from ..actions import cost_figures as actions
from ..actions.cost_figures import FigureDraft
from ..figure_files import read_figures, write_figures
from ..forms.costs import FetchForm, FigureFileForm, FiguresForm, cell_name
from ..models import BasisFigure
from ..queries import cost_figures as figures_of
from ..queries import costs as queries
from ..sharing import towns_of
from .cost_items import clash, shown_in


class Grid:
    """The figures of a cost's year as a page shows them: bases, towns, what is stored and who may write it."""

    def __init__(self, request: StaffRequest, region: Region, slug: str, year: int) -> None:
        self.cost = queries.cost_for(region, slug)
        queries.check_cost_year(self.cost, year)
        self.region, self.year = region, year
        self.rule = queries.governing_rule(self.cost, year)
        self.bases: Mapping[str, BasisSpec] = queries.bases_in(self.cost, year)
        self.needed = set(queries.bases_used(queries.spec_or_none(self.rule)))
        self.towns = towns_of(self.cost, year)
        self.rulings = policies.write_figures(request.actor, region, year, self.towns)
        self.rows = self.read()

    def read(self) -> list[BasisFigure]:
        """The stored figures."""
        rows = BasisFigure.objects.filter(cost=self.cost, fiscal_year=self.year)
        return list(rows.select_related("municipality"))

    @property
    def writable(self) -> list[Municipality]:
        return [town for town in self.towns if self.rulings[town.pk]]

    @property
    def digest(self) -> str:
        return actions.figures_digest(self.rows, {town.pk for town in self.writable})

    @property
    def here(self) -> str:
        return reverse("finance:figures", args=[self.region.slug, self.cost.slug, self.year])

    def form(self, data: QueryDict | None = None) -> FiguresForm:
        return FiguresForm(
            data, year=self.year, towns=self.towns, bases=self.bases, rows=self.rows, rulings=self.rulings
        )

    def table(self, form: FiguresForm) -> list[dict[str, Any]]:
        """A row for each town: a field where the actor may write, else the value, with its source."""
        have = {(row.basis, row.municipality_id): row for row in self.rows}
        urls = figures_of.edition_urls(self.region, self.rows)
        return [
            {
                "town": town,
                "cells": [
                    {
                        "field": form[name] if (name := cell_name(key, town)) in form.fields else None,
                        "row": (row := have.get((key, town.pk))),
                        "value": figures_of.plain_number(row.value) if row is not None else None,
                        "url": urls.get(row.edition, "") if row is not None else "",
                    }
                    for key in self.bases
                ],
            }
            for town in self.towns
        ]

    def sums(self) -> list[Any]:
        """Every basis added up, None while a town's figure is missing."""
        found: list[Any] = []
        for key in self.bases:
            known = {row.municipality_id: row.value for row in self.rows if row.basis == key}
            values = [known.get(town.pk) for town in self.towns]
            whole = [value for value in values if value is not None]
            complete = bool(whole) and len(whole) == len(values)
            found.append(figures_of.plain_number(sum(whole, Decimal(0))) if complete else None)
        return found


@region_page
@require_http_methods(["GET", "POST"])
def figures(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """The grid as one form: each town its own cells, the secretariat all of them; a second editor is shown both."""
    grid = Grid(request, region, slug, year)
    if request.method == "POST" and not grid.writable:
        next(iter(grid.rulings.values()), policies.write_cost_of(request.actor, region, year)).require()
    data = _chosen(request, grid) if request.method == "POST" else None
    form = grid.form(data)
    conflict: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            number = actions.save_figures(request.actor, grid.cost, year, form.drafts(), shown_in(request))
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale:
            grid.rows = grid.read()
            conflict = _conflict(grid, form)
        else:
            said = f"基礎数値 {number}件を保存しました。" if number else "変更はありませんでした。"
            messages.success(request, said)
            return redirect(grid.here)
    return _page(request, grid, form, conflict=conflict, posted=request.method == "POST")


@region_page
@require_http_methods(["GET", "POST"])
def figures_file(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """The grid as a CSV file; posting one stores its figures, all or none."""
    grid = Grid(request, region, slug, year)
    if request.method == "GET":
        content = write_figures(grid.towns, grid.bases, grid.rows)
        return download(f"{grid.cost.title}_基礎数値_{format_table(year)}.csv", content)
    if not grid.writable:
        next(iter(grid.rulings.values()), policies.write_cost_of(request.actor, region, year)).require()
    upload = FigureFileForm(request.POST, request.FILES)
    if upload.is_valid():
        file = upload.cleaned_data["file"]
        try:
            found = read_figures(file.read(), file.name, grid.towns, grid.bases, grid.needed)
            number = actions.save_figures(
                request.actor, grid.cost, year, _from_file(grid, found, upload.cleaned_data)
            )
        except WrongInput as wrong:
            upload.add_error("file", str(wrong))
        else:
            messages.success(request, f"ファイルから{number}件の基礎数値を保存しました。")
            return redirect(grid.here)
    return _page(request, grid, grid.form(), upload=upload, posted=True)


@region_page
@require_http_methods(["GET", "POST"])
def fetch(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """Take the figures of a basis from the statistics: what there is, of which time, in which edition; then store."""
    grid = Grid(request, region, slug, year)
    ruling = policies.write_cost_of(request.actor, region, year)
    if request.method == "POST":
        ruling.require()
    if not grid.bases:
        return page(request, "finance/fetch_figures.html", nav_active="finance", grid=grid, ruling=ruling)
    asked = request.POST if request.method == "POST" else request.GET
    held = figures_of.indicators_held(region)
    named = asked.get("basis") or ""
    key = named if named in grid.bases else next(iter(grid.bases))
    basis = grid.bases[key]
    ideal = figures_of.indicator_meant(key, basis)
    typed = asked.get("indicator") or ""
    indicator = typed if typed in dict(held) else figures_of.indicator_for(key, basis, dict(held))
    day = _day(asked.get("on")) or figures_of.day_for(basis, year)
    found = figures_of.offers(region, grid.towns, indicator, day) if indicator else []
    offer = next((each for each in found if each.key == asked.get("offer")), found[0] if found else None)
    if request.method == "POST" and offer is not None:
        drafts = [
            FigureDraft(key, town, one.value, offer.title[:300], _of_time(offer), offer.edition, one.cell)
            for town in grid.towns
            if (one := offer.held.get(town.code)) is not None
        ]
        try:
            number = actions.save_figures(request.actor, grid.cost, year, drafts)
        except WrongInput as wrong:
            messages.error(request, wrong.message)
        else:
            messages.success(request, f"{basis.label}の基礎数値 {number}件を統計から取り込みました。")
            return redirect(grid.here)
    elif request.method == "POST":
        messages.error(request, "取り込める統計がありません。指標と日を選び直してください。")
    now = {row.municipality_id: row for row in grid.rows if row.basis == key}
    held_by_town = offer.held if offer is not None else {}
    return page(
        request,
        "finance/fetch_figures.html",
        nav_active="finance",
        grid=grid,
        cost=grid.cost,
        shown=year,
        form=FetchForm(
            initial={"basis": key, "indicator": indicator, "on": day}, bases=grid.bases, indicators=held
        ),
        basis=basis,
        key=key,
        indicator=indicator,
        indicator_name=figures_of.name_of(indicator) if indicator else "",
        other=figures_of.name_of(ideal) if ideal and indicator and ideal != indicator else "",
        on=day,
        offers=found,
        offer=offer,
        rows=[
            (
                town,
                held_by_town.get(town.code),
                figures_of.plain_number(now[town.pk].value) if town.pk in now else None,
            )
            for town in grid.towns
        ],
        year=year_state(region, year),
        ruling=ruling,
    )


def _page(
    request: StaffRequest,
    grid: Grid,
    form: FiguresForm,
    *,
    conflict: dict[str, Any] | None = None,
    upload: FigureFileForm | None = None,
    posted: bool = False,
) -> HttpResponse:
    stored = {row.basis for row in grid.rows} - set(grid.bases)
    return page(
        request,
        "finance/figures.html",
        nav_active="finance",
        grid=grid,
        cost=grid.cost,
        shown=grid.year,
        rule=grid.rule,
        bases=[(basis, key in grid.needed) for key, basis in grid.bases.items()],
        said=[(form[f"source-{key}"], form[f"asof-{key}"]) for key in grid.bases] if form.fields else [],
        form=form,
        table=grid.table(form),
        sums=grid.sums(),
        digest=grid.digest,
        conflict=conflict,
        upload=upload or FigureFileForm(),
        unused=sorted(stored),
        year=year_state(grid.region, grid.year),
        ruling=_ruling(grid, request),
        may_fetch=policies.write_cost_of(request.actor, grid.region, grid.year),
        back=f"{reverse('finance:cost', args=[grid.region.slug, grid.cost.slug])}?year={grid.year}",
        status=409 if conflict else 422 if posted else 200,
    )


def _ruling(grid: Grid, request: StaffRequest) -> Any:
    """What is said of the whole page: the secretariat's ruling, else the own town's, else why not."""
    shared = policies.write_cost_of(request.actor, grid.region, grid.year)
    own = next((grid.rulings[town.pk] for town in grid.writable), None)
    return shared if shared or own is None else own


def _chosen(request: StaffRequest, grid: Grid) -> QueryDict:
    """The posted values; where the stored one was chosen, that one."""
    data = request.POST.copy()
    have = {(row.basis, row.municipality.code): row for row in grid.rows}
    for key in grid.bases:
        for town in grid.towns:
            name = cell_name(key, town)
            if data.get(f"choice-{name}") == "theirs":
                row = have.get((key, town.code))
                data[name] = str(row.value) if row is not None else ""
    return data


def _conflict(grid: Grid, form: FiguresForm) -> dict[str, Any]:
    have = {(row.basis, row.municipality_id): row for row in grid.rows}
    rows = []
    for draft in form.drafts():
        row = have.get((draft.basis, draft.municipality.pk))
        theirs = row.value if row is not None else None
        if theirs != draft.value:
            rows.append(
                {
                    "name": cell_name(draft.basis, draft.municipality),
                    "label": f"{grid.bases[draft.basis].label} {draft.municipality.name}",
                    "mine": _number(draft.value),
                    "theirs": _number(theirs),
                }
            )
    return clash(grid.cost, rows, grid.digest)


def _number(value: Any) -> str:
    return "未入力" if value is None else f"{figures_of.plain_number(value):,f}"


def _from_file(
    grid: Grid, found: Mapping[tuple[str, str], Any], said: Mapping[str, str]
) -> list[FigureDraft]:
    have = {(row.basis, row.municipality.code): row for row in grid.rows}
    towns = {town.code: town for town in grid.towns}
    own = {town.code for town in grid.writable}
    drafts = []
    for (key, code), value in found.items():
        row, basis = have.get((key, code)), grid.bases[key]
        if row is not None and row.value == value:
            continue
        if code not in own:
            now = _number(row.value if row is not None else None)
            raise WrongInput(
                f"{towns[code].name}の{basis.label}が、登録されている値（{now}）と違います。"
                "ほかの市町村の値は変更できません。その行を除くか、値を空欄にしてください。"
            )
        as_of = said["as_of"].strip() or basis.period or era.format_date(figures_of.day_for(basis, grid.year))
        source = said["source"].strip() or basis.source
        drafts.append(FigureDraft(key, towns[code], value, source[:300], as_of[:80]))
    return drafts


def _of_time(offer: figures_of.Offer) -> str:
    return f"{offer.period}（{offer.unit}）"[:80]


def _day(text: str | None) -> Any:
    try:
        return era.parse_date(text) if text else None
    except WrongInput:
        return None

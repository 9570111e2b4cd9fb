"""What a region may receive: general revenue by municipality and year, the estimate it leads to, calculators."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
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
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_short, format_table
from keniki.press.charts import Chart, year_bars
from keniki.press.csv import render_csv
from keniki.press.excel import render_xlsx
from keniki.rulebooks.loader import RuleNotInForce, RuleUnknown
from keniki.rulebooks.programmes import RENKEI

from .. import actions, funding, naming, policies, queries
from ..asking import programme_name
from ..calculating import CALCULATORS, calculate
from ..evidence import region_population
from ..forms import CalculatorForm, ClaimFileForm, ClaimForm, FundingFilter
from ..funding.sheets import ROLES, Figures, basis_rows, basis_sheets
from .common import programmes_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@region_page
@require_GET
def overview(request: StaffRequest, region: Region) -> HttpResponse:
    """The estimate of a fiscal year with its rules, the claims behind it, what exhausts the caps, what-if."""
    form, year, programme = _asked(request, region)
    rows = queries.claims_of(region, year)
    figures, refused = _figures(region, programme, year)
    found = figures.result if figures is not None else None
    running = queries.programmes_in(region, year)
    confirmed = queries.confirmation(region, year)
    reference, no_reference = _reference(region, programme, year)
    may = policies.towns_to_edit(request.actor, region, rows, confirmed is not None)
    return page(
        request,
        "programmes/funding.html",
        nav_active="evidence",
        form=form,
        year=year,
        programme=programme,
        programme_name=programme_name(programme),
        found=found,
        refused=refused,
        rows=[(row, ROLES[row.role]) for row in found.rows] if found else [],
        revenue=found.revenue if found else 0,
        sums=funding.initiative_sums(figures.sheets) if figures else (),
        years=_years(region, programme),
        several=[programme_name(key) for key in running] if len(running) > 1 else [],
        elsewhere=_elsewhere(region, programme, year),
        outside=list(dict.fromkeys(row.municipality.name for row in queries.claims_outside(region, year))),
        centres=sum(row.role is funding.Role.CENTRE for row in found.rows) if found else 0,
        maximum=_maximum(region, programme, year, reference),
        reference=reference,
        no_reference=no_reference,
        claims=[(row, row.municipality_id in may) for row in rows],
        clashes=queries.clashes(request.actor, region, year),
        scenarios=_scenarios(region, programme, year) if found else [],
        confirmed=confirmed,
        may_add=policies.add_claim(request.actor, region),
        may_confirm=policies.confirm_claims(request.actor, region),
        status=422 if form.errors else 200,
    )


@region_page
@require_GET
def chart(request: StaffRequest, region: Region) -> HttpResponse:
    """The region's sum under the caps of every time, as SVG."""
    _, year, programme = _asked(request, region)
    shown = _chart(_scenarios(region, programme, year))
    return HttpResponse(shown.svg(), content_type="image/svg+xml")


@region_page
@require_GET
def basis(request: StaffRequest, region: Region, format: str) -> HttpResponse:
    """The basis sheet (基礎数値報告用集計) of a fiscal year as Excel or CSV.

    Of the programme asked for, else of every one that runs in the year.
    """
    _, year, programme = _asked(request, region)
    asked = request.GET.get("programme")
    wanted = [programme] if asked else queries.programmes_in(region, year) or [programme]
    figures = [each for key in wanted if (each := _figures(region, key, year)[0]) is not None]
    if not figures or format not in ("xlsx", "csv"):
        raise Http404("基礎数値の集計を作れません。")
    if format == "csv":
        content = render_csv(basis_rows(figures)).data
    else:
        years = [each for key in wanted for each in _years(region, key)]
        content = render_xlsx(None, basis_sheets(figures, years), dated=timezone.now())
    return download(f"{region.name}_基礎数値報告用集計_{format_short(year)}.{format}", content)


@region_page
@require_http_methods(["GET", "POST"])
def edit_claim(request: StaffRequest, region: Region, pk: int | None = None) -> HttpResponse:
    """Enter what a member spends, or change it; what looks like money of another region is told at once."""
    claim = queries.claim_for(region, pk) if pk is not None else None
    ruling = (
        policies.edit_claim(request.actor, claim)
        if claim is not None
        else policies.add_claim(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    data: Any = chosen(request, claim) if request.method == "POST" else None
    _, year, _ = _asked(request, region)
    form = ClaimForm(data, actor=request.actor, region=region, claim=claim, year=int(year))
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_claim(request.actor, region, form.draft(), claim, version_of(request))
        except WrongInput as wrong:
            put_error(form, wrong)
        except Denied as denied:
            if denied.remedy is not None or claim is not None:
                raise
            form.add_error(None, str(denied))
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, f"{actions.called(saved)} を保存しました。")
            for clash in queries.clashes(request.actor, region, FiscalYear(saved.fiscal_year)):
                if saved in clash.claims:
                    messages.warning(request, clash.said)
            return redirect(_of_year(region, saved.fiscal_year))
    return page(
        request,
        "programmes/claim.html",
        nav_active="evidence",
        claim=claim,
        form=form,
        conflict=conflict,
        ruling=ruling,
        may_remove=claim is not None and policies.remove_claim(request.actor, claim),
        history=log_of(claim) if claim is not None else [],
        back=_of_year(region, claim.fiscal_year if claim is not None else int(year)),
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_POST
def remove_claim(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Take a claim out."""
    claim = queries.claim_for(region, pk)
    try:
        actions.remove_claim(request.actor, claim, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの計上を更新しました。内容を確かめてください。")
        return redirect("programmes:claim", region.slug, pk)
    messages.success(request, f"{actions.called(claim)} を削除しました。")
    return redirect(_of_year(region, claim.fiscal_year))


@region_page
@require_http_methods(["GET", "POST"])
def import_claims(request: StaffRequest, region: Region) -> HttpResponse:
    """Claims of a year from a CSV file, all or none."""
    ruling = policies.add_claim(request.actor, region)
    ruling.require()
    _, year, _ = _asked(request, region)
    form = ClaimFileForm(request.POST or None, request.FILES or None, initial={"year": int(year)})
    if request.method == "POST" and form.is_valid():
        year = FiscalYear(form.cleaned_data["year"])
        file = form.cleaned_data["file"]
        members = {member.code: member.name for member in queries.members_of_year(region, year)}
        try:
            claims = funding.read_claims(
                file.read(),
                file=file.name,
                region=region.slug,
                year=year,
                members=members,
                initiatives=naming.initiatives(region),
            )
            stored = actions.import_claims(request.actor, region, year, claims)
        except WrongInput as wrong:
            form.add_error(None, str(wrong))
        else:
            messages.success(
                request, f"{format_table(year)}の計上を{stored}件登録しました（変わらないものを除く）。"
            )
            for clash in queries.clashes(request.actor, region, year):
                messages.warning(request, clash.said)
            return redirect(_of_year(region, int(year)))
    return page(
        request,
        "programmes/claims_file.html",
        nav_active="evidence",
        form=form,
        ruling=ruling,
        back=_of_year(region, int(year)),
        status=422 if form.errors else 200,
    )


@region_page
@require_POST
def confirm_claims(request: StaffRequest, region: Region, year: int, verb: str) -> HttpResponse:
    """Confirm a fiscal year's claims, or open it again."""
    named = FiscalYear.named(str(year))
    if named is None or verb not in ("confirm", "reopen"):
        raise Http404("年度が見つかりません。")
    try:
        if verb == "confirm":
            actions.confirm_claims(request.actor, region, named)
            messages.success(request, f"{format_table(named)}の計上を確定しました。")
        else:
            actions.reopen_claims(request.actor, region, named)
            messages.success(request, f"{format_table(named)}の計上の確定を解除しました。")
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    return redirect(_of_year(region, year))


@region_page
@require_GET
def calculator(request: StaffRequest, region: Region) -> HttpResponse:
    """Bonds, a hub city's ordinary allocation as a reference, experts, funds, grants: one calculation at a time."""
    what = request.GET.get("what", "bond")
    if what not in CALCULATORS:
        raise Http404("この計算はありません。")
    now = FiscalYear.of(today())
    programme = queries.programme_in(region, now) or programmes_of(region)[0]
    asked = CalculatorForm(
        request.GET if request.GET.get("amount", "").strip() else None,
        what=what,
        initial={"what": what, "programme": programme, "year": int(now)},
    )
    lines: list[tuple[str, str]] = []
    notes: list[str] = []
    if asked.is_bound and asked.is_valid():
        try:
            lines, notes = calculate(what, asked.cleaned_data, queries.settings_for(region))
        except (WrongInput, RuleUnknown, RuleNotInForce) as wrong:
            asked.add_error(None, wrong.message)
    return page(
        request,
        "programmes/calculator.html",
        nav_active="evidence",
        tabs=[
            {"label": label, "url": f"?what={key}", "current": key == what}
            for key, label in CALCULATORS.items()
        ],
        title=CALCULATORS[what],
        form=asked,
        lines=lines,
        notes=notes,
        status=422 if asked.errors else 200,
    )


def _asked(request: StaffRequest, region: Region) -> tuple[FundingFilter, FiscalYear, str]:
    """The year and the programme asked for; by default this year's, under the region's programme of then."""
    now = FiscalYear.of(today())
    named = FiscalYear.named(request.GET.get("year")) or now
    years = sorted(
        {*queries.years_claimed(region), *range(int(now) - 12, int(now) + 2), int(named)}, reverse=True
    )
    own = programmes_of(region)
    programme = queries.programme_in(region, named) or own[0]
    typed = request.GET.get("programme") or programme
    form = FundingFilter({"year": int(named), "programme": typed}, years=years)
    return form, named, typed if form.is_valid() else programme


def _figures(region: Region, programme: str, year: FiscalYear) -> tuple[Figures | None, str]:
    """The estimate with the rows it rests on, or why there is none."""
    members = queries.members_of_year(region, year)
    claims = _claims(region, programme, year)
    try:
        found = funding.estimate(programme, year, members, claims, settings=queries.settings_for(region))
    except WrongInput as wrong:
        return None, wrong.message
    return Figures(found, funding.basis_sheet(found, claims)), ""


def _elsewhere(region: Region, programme: str, year: FiscalYear) -> list[tuple[str, int]]:
    """What the members claim under the other programmes of the year, by name (yen)."""
    others = [key for key in queries.programmes_in(region, year) if key != programme]
    if len(others) == len(queries.programmes_in(region, year)):
        return []
    sums = [
        (key, sum(row.general_revenue for row in queries.claims_under(region, year, key))) for key in others
    ]
    return [(programme_name(key), amount) for key, amount in sums if amount]


def _claims(region: Region, programme: str, year: FiscalYear) -> list[funding.Claim]:
    return [queries.as_claim(row, region.slug) for row in queries.claims_under(region, year, programme)]


def _years(region: Region, programme: str) -> list[Figures]:
    """The estimates of every fiscal year with claims, each under its own caps, the newest first."""
    years = [FiscalYear(year) for year in queries.years_claimed(region)]
    found = [_figures(region, programme, year)[0] for year in years]
    return [each for each in found if each is not None]


def _maximum(
    region: Region, programme: str, year: FiscalYear, reference: funding.HubReference | None
) -> funding.Maximum | None:
    members = queries.members_of_year(region, year)
    partners = [row for row in members if row.role is funding.Role.PARTNER]
    ordinary = reference.amount if reference is not None else 0
    settings = queries.settings_for(region)
    try:
        return funding.maximum(
            programme,
            year,
            len(partners),
            centre_count=max(len(members) - len(partners), 1),
            ordinary=ordinary,
            settings=settings,
        )
    except WrongInput:
        return None


def _reference(region: Region, programme: str, year: FiscalYear) -> tuple[funding.HubReference | None, str]:
    """A hub city's ordinary allocation by the region's population, or why none is given."""
    if programme != RENKEI:
        return None, ""
    population = region_population(region, min(year.last_day, today()))
    if population is None:
        return (
            None,
            "圏域人口が分からないため、普通交付税の参考額を示せません。国勢調査の人口を読み込んでください。",
        )
    try:
        return funding.hub_reference(int(population), year, settings=queries.settings_for(region)), ""
    except WrongInput as wrong:
        return None, wrong.message


def _scenarios(
    region: Region, programme: str, year: FiscalYear
) -> list[tuple[funding.Scenario, funding.Estimate]]:
    members = queries.members_of_year(region, year)
    claims = _claims(region, programme, year)
    try:
        found = funding.what_if(programme, year, members, claims, settings=queries.settings_for(region))
    except WrongInput:
        return []
    return [(scenario, result) for scenario, result in found if result.total is not None]


def _chart(scenarios: list[tuple[funding.Scenario, funding.Estimate]]) -> Chart:
    return year_bars(
        "上限額の経過による見込額の計",
        "千円",
        [
            (scenario.label, result.total // 1000 if result.total is not None else None)
            for scenario, result in scenarios
        ]
        or [("上限額なし", None)],
    )


def _of_year(region: Region, year: int) -> str:
    return f"{reverse('programmes:funding', args=[region.slug])}?year={year}"

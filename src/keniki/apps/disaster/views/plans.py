"""Pages of plans: how far the reckoning is, who goes where, tables, maps and papers, and adopting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.finance.papers.common import FORMS, Paper
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.core.errors import WrongInput
from keniki.press.csv import render_csv

from .. import policies
from ..actions import plans as actions
from ..formats.base import HAZARDS
from ..forms.scenarios import AdoptForm
from ..models import EvacuationPlan
from ..papers import plans as papers
from ..papers.frame import paper_answer
from ..parts import SHEETS, Part, part_asked, parts_of
from ..planning import pictures, sheets
from ..queries import plans as queries

#: Charts of a plan by key.
CHARTS = {"receiving": pictures.receiving_chart, "unplaced": pictures.unplaced_chart}
#: Papers of a plan as a whole, and the forms each is made in.
PAPERS = {"plan": ("docx", "pdf", "xlsx"), "sheets": ("docx", "pdf")}


@region_page
@require_POST
def reckon(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Queue the reckoning of a scenario and show how far it is."""
    return redirect(actions.start_plan(request.actor, queries.scenario_for(region, slug)))


@region_page
@require_GET
def plan(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """A plan; while it is being reckoned how far it is."""
    found = queries.plan_for(region, slug, number)
    polled = request.headers.get("HX-Request") is not None
    if found.state == EvacuationPlan.State.DONE and not polled:
        return _plan(request, found)
    if polled and found.ended:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = request.path
        return response
    return page(
        request,
        "disaster/_plan_run.html" if polled else "disaster/plan_run.html",
        nav_active="disaster",
        plan=found,
        ruling=policies.write_shared(request.actor, region),
    )


def _plan(
    request: StaffRequest, found: EvacuationPlan, form: AdoptForm | None = None, status: int = 200
) -> HttpResponse:
    content = found.content
    rows = content["districts"]
    return page(
        request,
        "disaster/plan.html",
        status=status,
        nav_active="disaster",
        plan=found,
        content=content,
        hazard=HAZARDS[content["scenario"]["hazard"]],
        rates=[f"{content['basis'][key] * 100:g}" for key in ("rate_inside", "rate_outside")],
        aims=sheets.aims_of(content),
        far=f"{content['scenario']['far_km']:g}",
        nearest_over=content["nearest"]["over"],
        own_person_km=_unbordered(content),
        leaving=[(each, sheets.public_line(each)) for each in rows if each["people"]],
        staying=sum(not each["people"] for each in rows),
        split=[each for each in rows if not each["whole"]],
        unplaced=[each for each in rows if each["unplaced"]],
        receiving=[
            (each, None if each["share"] is None else each["share"] * 100) for each in content["receiving"]
        ],
        used=[each for each in content["shelters"] if each["people"]],
        lacks=sheets.lacks_of(content) if content["unplaced"] else [],
        usable=sum(each["usable"] for each in content["shelters"]),
        unusable=[each for each in content["shelters"] if not each["usable"]],
        charts=[(key, made.alt) for key, draw in CHARTS.items() if (made := draw(content)) is not None],
        tables=[(key, sheet.name) for key, sheet in sheets.sheets_of(content).items()],
        has_map=any(each["people"] for each in rows),
        sheets=_sheets([each for each in rows if each["people"]]),
        changed=queries.out_of_date(found),
        ruling=policies.write_shared(request.actor, found.region),
        form=form or AdoptForm(),
        entries=log_of(found),
    )


def _sheets(leaving: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, Part]]:
    """The files of the sheets: of all districts in its parts, then of each town where there are several."""
    towns: dict[str, list[Mapping[str, Any]]] = {}
    for each in leaving:
        towns.setdefault(each["town"], []).append(each)
    found = [("", "", part) for part in parts_of(len(leaving), SHEETS)]
    for code, rows in towns.items() if len(towns) > 1 else ():
        found += [(code, rows[0]["town_name"], part) for part in parts_of(len(rows), SHEETS)]
    return found


def _unbordered(content: Mapping[str, Any]) -> float:
    """Person-km of the plan without the border's, to stand beside the nearest shelter's; of plans kept without it, from
    the ways as they are shown."""
    known = content.get("person_km")
    if known is not None:
        return float(known)
    return float(sum(part["people"] * part["km"] for row in content["districts"] for part in row["parts"]))


@region_page
@require_POST
def cancel(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Stop a plan that is waiting or being reckoned."""
    found = queries.plan_for(region, slug, number)
    actions.cancel_plan(request.actor, found)
    messages.info(request, "計算を取り消しました。想定は残っています。")
    return redirect(found.scenario)


@region_page
@require_POST
def adopt(request: StaffRequest, region: Region, slug: str, number: int) -> HttpResponse:
    """Adopt a plan with the day and what it rests on."""
    found = _done(region, slug, number)
    policies.write_shared(request.actor, region).require()
    form = AdoptForm(request.POST)
    if form.is_valid():
        try:
            actions.adopt_plan(
                request.actor, found, form.cleaned_data["adopted_on"], form.cleaned_data["adopted_note"]
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"「{found}」を、決定した計画として記録しました。")
            return redirect(found)
    return _plan(request, found, form, status=422)


@region_page
@require_GET
def plan_district(
    request: StaffRequest, region: Region, slug: str, number: int, district: str
) -> HttpResponse:
    """One district of a plan: who, where, how, whom to ask."""
    found = _done(region, slug, number)
    row = _row(found, district)
    return page(
        request,
        "disaster/plan_district.html",
        nav_active="disaster",
        plan=found,
        row=row,
        share=row["inside_share"] * 100,
        line=sheets.public_line(row),
        contacts=queries.contact_words(region).get(row["town"], ()),
        shelters=[
            (part, next(each for each in found.content["shelters"] if each["shelter"] == part["shelter"]))
            for part in row["parts"]
        ],
    )


@region_page
@require_GET
def plan_map(
    request: StaffRequest, region: Region, slug: str, number: int, district: str = ""
) -> HttpResponse:
    """The map of a plan, or of one of its districts, as SVG."""
    found = _done(region, slug, number)
    if district:
        _row(found, district)
    made = papers.drawing(found)(district)
    if made is None:
        raise Http404("地図に示す地区がありません。")
    return HttpResponse(made, content_type="image/svg+xml")


@region_page
@require_GET
def plan_chart(request: StaffRequest, region: Region, slug: str, number: int, key: str) -> HttpResponse:
    """A chart of a plan as SVG."""
    found = _done(region, slug, number)
    made = CHARTS[key](found.content) if key in CHARTS else None
    if made is None:
        raise Http404("この図はありません。")
    return HttpResponse(made.svg(), content_type="image/svg+xml")


@region_page
@require_GET
def plan_csv(request: StaffRequest, region: Region, slug: str, number: int, key: str) -> HttpResponse:
    """A table of a plan as CSV."""
    found = _done(region, slug, number)
    sheet = sheets.sheets_of(found.content).get(key)
    if sheet is None:
        raise Http404("この表はありません。")
    return download(f"計画（想定）_{sheet.name}_{found}.csv", render_csv(sheet).data)


@region_page
@require_GET
def plan_paper(
    request: StaffRequest, region: Region, slug: str, number: int, key: str, form: str
) -> HttpResponse:
    """The plan as a whole, or the sheets of its districts (`?town=`, `?part=`), as Word, PDF or Excel."""
    found = _done(region, slug, number)
    if key not in PAPERS:
        raise Http404("この文書はありません。")
    if key == "plan":
        return paper_answer(papers.whole_plan(found, papers.drawing(found)), form, PAPERS[key])
    town = request.GET.get("town", "")
    leaving = [each for each in found.content["districts"] if each["people"] and town in ("", each["town"])]
    if not leaving:
        raise Http404("避難する人のいる地区はありません。")
    part = part_asked(len(leaving), request.GET.get("part", ""), SHEETS)
    which = "_".join(word for word in (leaving[0]["town_name"] if town else "", part.said) if word)
    words, drawn = queries.contact_words(region), papers.drawing(found)
    return paper_answer(
        papers.district_sheets(found, leaving[part.rows], words, drawn, which), form, PAPERS[key]
    )


@region_page
@require_GET
def district_paper(
    request: StaffRequest, region: Region, slug: str, number: int, district: str, form: str
) -> HttpResponse:
    """The sheet of one district as Word or PDF."""
    found = _done(region, slug, number)
    row = _row(found, district)
    paper: Paper = papers.district_sheet(
        found, row, queries.contact_words(region).get(row["town"], ()), papers.drawing(found)
    )
    return paper_answer(paper, form, tuple(each for each in FORMS if each != "xlsx"))


def _done(region: Region, slug: str, number: int) -> EvacuationPlan:
    """The plan; 404 where it was not reckoned to its end."""
    found = queries.plan_for(region, slug, number)
    if found.state != EvacuationPlan.State.DONE:
        raise Http404("この計画は計算が終わっていません。")
    return found


def _row(found: EvacuationPlan, district: str) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = next(
        (each for each in found.content["districts"] if each["district"] == district), None
    )
    if row is None:
        raise Http404("この地区は計画に含まれていません。")
    return row

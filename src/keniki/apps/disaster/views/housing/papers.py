"""Papers of houses: survey sheets to fill in by hand, one or all of a list, and the result of a survey."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES

from ...actions.housing.surveys import ON_SITE
from ...actions.privacy import looked
from ...forms.housing.surveys import asked_of
from ...models import House, HouseSurvey
from ...papers import housing as papers
from ...papers.frame import paper_answer
from ...parts import SHEETS, part_asked
from ...queries import housing as queries
from .frame import Room
from .houses import WHAT, Deed


def _round(request: StaffRequest) -> str:
    round = request.GET.get("round") or HouseSurvey.Round.FIRST
    if round not in ON_SITE:
        raise Http404("この調査の様式はありません。")
    return str(round)


@region_page
@require_GET
def sheet(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, form: str
) -> HttpResponse:
    """The sheet of one house, to fill in by hand."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    looked(request.actor, region, room.town, Deed.PRINT, WHAT, key=str(number), incident=room.incident)
    asked = asked_of(house, _round(request))
    return paper_answer(papers.survey_sheets(room.incident, room.town, [(house, asked)]), form)


@region_page
@require_GET
def sheets(request: StaffRequest, region: Region, slug: str, code: str, form: str) -> HttpResponse:
    """Sheets in bulk: of the houses that wait for a survey (`?team=`), or blank ones (`?blank=20&structure=wood`).

    The houses come in parts of `SHEETS` (`?part=2`).
    """
    room = Room(request, region, slug, code)
    round = _round(request)
    blank, which = request.GET.get("blank", ""), ""
    if blank:
        structure, hazard = request.GET.get("structure", "wood"), request.GET.get("hazard") or room.hazard
        if (
            not (blank.isdecimal() and 1 <= int(blank) <= SHEETS)
            or structure not in STRUCTURES
            or hazard not in HAZARDS
        ):
            raise Http404(f"白紙は1枚から{SHEETS}枚まで出力できます。")
        empty = House(
            region=region, incident=room.incident, mode=room.incident.mode, municipality=room.town,
            structure=structure, hazard=hazard, struck_on=room.day, sealed=None,
        )  # fmt: skip
        pairs = [(empty, asked_of(empty, round))] * int(blank)
    else:
        waiting = queries.field_houses(room.incident, room.town, request.GET.get("team", ""))
        number = waiting.count()
        if not number:
            raise Http404("調査を待つ家屋がありません。")
        part = part_asked(number, request.GET.get("part", ""), SHEETS)
        rows, which = list(waiting[part.rows]), part.said
        for each in rows:
            each.region, each.incident, each.municipality = region, room.incident, room.town
        looked(request.actor, region, room.town, Deed.PRINT, WHAT, people=len(rows), incident=room.incident)
        pairs = [(each, asked_of(each, round)) for each in rows]
    return paper_answer(papers.survey_sheets(room.incident, room.town, pairs, which), form)


@region_page
@require_GET
def result(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, survey: int, form: str
) -> HttpResponse:
    """The result of a survey with its arithmetic."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    found = queries.survey_for(house, survey)
    looked(request.actor, region, room.town, Deed.PRINT, WHAT, key=str(number), incident=room.incident)
    return paper_answer(papers.result_sheet(room.incident, house, found), form)

"""The map of a town's stricken houses, narrowed as their list is."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.rulebooks.disaster import damage as rules

from ...actions.privacy import looked
from ...forms.housing.houses import HouseListForm
from ...house_map import MOST_SINGLE, house_map
from ...models import PersonalAccess
from ...queries import housing as queries
from ...queries.hazards import town_shapes
from ..frame import incident_page
from .frame import Room


@region_page
@require_GET
def houses_map(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Where the houses are and what was decided on each; the numbers of each district beside."""
    room = Room(request, region, slug, code)
    classes = [(row.key, row.name) for row in rules.classes(max(room.day, rules.first_day())).value.rows]
    districts, teams = queries.words_of(room.incident, room.town)
    form = HouseListForm(request.GET, classes=classes, districts=districts, teams=teams)
    rows = list(queries.narrowed(queries.houses_of(room.incident, room.town), form.narrowed))
    if rows:
        looked(
            request.actor, region, room.town, PersonalAccess.Deed.LIST, "被災家屋の地図", people=len(rows),
            incident=room.incident,
        )  # fmt: skip
    for each in rows:
        each.region, each.incident, each.municipality = region, room.incident, room.town
    asked = {key: value for key, value in form.cleaned_data.items() if value and key != "district"}
    if form.narrowed.district:
        asked["district"] = form.narrowed.district
    known = town_shapes(region)
    made = house_map(f"【{room.mode}】{room.town.name}の被災家屋の地図", known, rows, classes, asked)
    keys = [key for key, _, _ in made.counts]
    note = ""
    if made.grouped:
        note = f"{MOST_SINGLE:,}棟を超えるため、地区・町字ごとに示します。地区を選ぶと、1棟ずつ示します。"
    elif made.map is not None and not made.map.linked:
        note = (
            "表示する家屋が多いため、地図から各家屋へは進めません。状態や区分、調査班で絞り込んでください。"
        )
    return incident_page(
        request,
        room.incident,
        "disaster/housing/map.html",
        **{
            **room.context(),
            "form": form,
            "made": made,
            "known": known,
            "map_note": note,
            "number": len(rows),
            "counts": queries.counts_of(room.incident, room.town),
            "rows": [
                (
                    name,
                    f"?{urlencode({**asked, 'district': name})}" if name else "",
                    all_,
                    [by.get(key, 0) for key in keys],
                )
                for name, all_, by in made.districts
            ],
        },
    )

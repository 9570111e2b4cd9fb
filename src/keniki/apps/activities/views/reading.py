"""The list of a region's activities and the page of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template.exceptions import TemplateDoesNotExist
from django.template.loader import get_template
from django.views.decorators.http import require_GET

from keniki.apps.activities import policies, queries
from keniki.apps.activities.forms import FilterForm
from keniki.apps.activities.models import Activity, Count, Photo
from keniki.apps.activities.queries.counts import quantity_label
from keniki.apps.activities.queries.history import history_of
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import former_members, members_on, towns_in
from keniki.core import fiscal_year

from .photos import lead_photos

_LOOKS = {"planned": "info draft", "done": "success", "none": "muted"}
PER_PAGE = 50
COMMENTS = "workflow/_comments.html"


@region_page
@require_GET
def activities(request: StaffRequest, region: Region) -> HttpResponse:
    """All activities, filtered; above them which initiative has what in which year."""
    initiatives = queries.initiatives_of(region)
    years = queries.years_to_enter(region)
    towns = [member.municipality for member in (*members_on(region), *former_members(region))]
    form = FilterForm(request.GET or None, years=years, initiatives=initiatives, towns=towns)
    only = _filter(form)
    rows = Paginator(queries.activity_rows(region, only), PER_PAGE).get_page(request.GET.get("page"))
    queries.load_parts(rows)
    for row in rows:
        row.printed = queries.rendered_lines(row)  # type: ignore[attr-defined]
    states = queries.year_states(region, years)
    return page(
        request,
        "activities/activities.html",
        nav_active="activities",
        form=form,
        rows=rows,
        overview=queries.overview(region, initiatives, years),
        years=years,
        year_states=[states[year] for year in years],
        may_create=policies.create(request.actor, region),
        filtered=only != queries.Filter(),
    )


@dataclass(frozen=True)
class TownFigure:
    """A town's own figure, or none yet."""

    town: Municipality
    part: Count | None
    words: str


@dataclass(frozen=True)
class FigureRow:
    """A count as the activity's page shows it, with the towns' figures below it."""

    count: Count
    label: str
    words: str
    inside: str
    breakdown: queries.Breakdown | None
    towns: list[TownFigure]


@region_page
@require_GET
def activity(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """One activity: what was done, figures by town, photos, source, history."""
    found = queries.activity_for(region, slug)
    photos = list(
        Photo.objects.filter(activity=found)
        .select_related("activity", "municipality")
        .order_by("order", "id")
    )
    lead_photos(request.actor, region, photos)
    towns = towns_in(region, found.fiscal_year)
    may_enter = policies.enter_for_each(request.actor, found, towns)
    return page(
        request,
        "activities/activity.html",
        nav_active="activities",
        activity=found,
        lines=queries.rendered_lines(found),
        figures=figure_rows(found, towns),
        measures=queries.measures_of(found),
        roles=queries.roles_of(found),
        photos=photos,
        year=queries.year_state(region, found.fiscal_year),
        may_edit=policies.edit(request.actor, found),
        may_remove=policies.remove(request.actor, found),
        may_enter=[town for town in towns if may_enter[town.pk]],
        may_photograph=policies.photograph(request.actor, region, [found.fiscal_year], found.municipality),
        history=history_of(found, *photos),
        comments=COMMENTS if _exists(COMMENTS) else "",
        none=found.state == Activity.State.NONE,
        contradicted=queries.contradicted(found),
        look=_LOOKS[found.state],
        eyebrow=fiscal_year.format_table(found.fiscal_year),
    )


def figure_rows(activity: Activity, towns: list[Municipality]) -> list[FigureRow]:
    """The activity's counts; towns' own figures stand below their total."""
    by_total = {one.total.pk: one for one in queries.breakdowns(activity)}
    inside = {part.pk for one in by_total.values() for part in one.parts.values()}
    rows = []
    for count in activity.counts.all():
        if count.pk in inside:
            continue
        found = by_total.get(count.pk)
        below = []
        if found is not None and found.parts:
            parts = [(town, found.parts.get(town.pk)) for town in towns]
            below = [TownFigure(town, part, queries.words(part) if part else "") for town, part in parts]
        inside_of = queries.words(count.part_of) if count.part_of is not None else ""
        label = quantity_label(count.quantity)
        rows.append(FigureRow(count, label, queries.words(count), inside_of, found, below))
    return rows


def _filter(form: FilterForm) -> queries.Filter:
    if not form.is_bound or not form.is_valid():
        return queries.Filter()
    data: dict[str, Any] = form.cleaned_data
    return queries.Filter(
        data["year"], data["initiative"], data["field"], data["town"], data["kind"], data["q"].strip()
    )


def _exists(template: str) -> bool:
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return False
    return True

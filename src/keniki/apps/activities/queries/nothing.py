"""Of which years it is said that nothing was done (実績なし): for everybody, or by everyone who could say so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Region, RegionMembership
from keniki.core.fiscal_year import FiscalYear


def years_without_results(
    region: Region | int, years: Collection[int] | None = None, *, initiatives: Collection[int] | None = None
) -> frozenset[tuple[int, int]]:
    """Pairs of initiative id and fiscal year of the region (or its id) that print ―, in at most four queries.

    The shared record says it for all. A town's own record says it for its part only: the year is without results
    once every town that carries the initiative out has said so, and so with the initiative's projects.
    """
    rows = Activity.objects.filter(region=region, state=Activity.State.NONE)
    if years is not None:
        rows = rows.filter(fiscal_year__in=list(years))
    if initiatives is not None:
        rows = rows.filter(initiative__in=list(initiatives))
    said: dict[tuple[int, int], set[tuple[int | None, int | None]]] = {}
    for initiative, year, project, town in rows.values_list(
        "initiative_id", "fiscal_year", "project_id", "municipality_id"
    ):
        said.setdefault((initiative, year), set()).add((project, town))
    parts = {key for key, records in said.items() if (None, None) not in records}
    found = set(said) - parts
    if parts:
        bodies, members, projects = _bodies(parts), _members(region), _projects(parts)
        for initiative, year in parts:
            fiscal = FiscalYear(year)
            own: set[int | None] = bodies.get(initiative) or {
                town for town, first, end in members if first <= fiscal.last_day and end > fiscal.first_day
            }
            running: set[int | None] = {
                pk
                for pk, first, last in projects.get(initiative, ())
                if (first or year) <= year <= (last or year)
            }
            if all(
                {(None, None), (project, None), (None, town), (project, town)} & said[initiative, year]
                for project in running or {None}
                for town in own or {None}
            ):
                found.add((initiative, year))
    return frozenset(found)


def contradicted(activity: Activity) -> list[Activity]:
    """The records 実績なし that this activity, as it was done, contradicts: in its own part, and the shared one."""
    if activity.state != Activity.State.DONE:
        return []
    rows = Activity.objects.filter(
        initiative=activity.initiative_id, fiscal_year=activity.fiscal_year, state=Activity.State.NONE
    ).select_related("municipality", "region", "initiative")
    return [
        row
        for row in rows
        if row.municipality_id in (None, activity.municipality_id)
        and (row.project_id is None or activity.project_id in (None, row.project_id))
    ]


def _bodies(parts: Collection[tuple[int, int]]) -> dict[int, set[int | None]]:
    rows = Initiative.bodies.through.objects.filter(initiative__in={initiative for initiative, _ in parts})
    found: dict[int, set[int | None]] = {}
    for initiative, town in rows.values_list("initiative_id", "municipality_id"):
        found.setdefault(initiative, set()).add(town)
    return found


def _members(region: Region | int) -> list[tuple[int, date, date]]:
    rows = RegionMembership.objects.filter(region=region).values_list("municipality_id", "valid")
    return [(town, valid.lower or date.min, valid.upper or date.max) for town, valid in rows]


def _projects(parts: Collection[tuple[int, int]]) -> dict[int, list[tuple[int, int | None, int | None]]]:
    rows = Project.objects.filter(initiative__in={initiative for initiative, _ in parts})
    found: dict[int, list[tuple[int, int | None, int | None]]] = {}
    for pk, initiative, first, last in rows.values_list("pk", "initiative_id", "first_year", "last_year"):
        found.setdefault(initiative, []).append((pk, first, last))
    return found

"""Reading across slices: the desk, the region's overview, what is missing, one initiative with all that hangs on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import Min, Prefetch
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.queries import log_of_region, revision_of_region
from keniki.apps.activities import policies as activity_policies
from keniki.apps.activities import queries as activities
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.compacts.models import Agreement, Initiative, Kpi, Party, Vision
from keniki.apps.disaster.queries.warnings import calling_by_region
from keniki.apps.documents import queries as documents
from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions import policies
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Milestone, Municipality, Region, RegionMembership
from keniki.apps.workflow import queries as workflow
from keniki.apps.workflow.models import DueItem
from keniki.core import era
from keniki.core.fiscal_year import FiscalYear

from .lacks import Lack, TownLacks, missing
from .map import Map, Place, draw


@dataclass(frozen=True)
class RegionDesk:
    """One region on somebody's desk."""

    region: Region
    due: list[Any]
    lacks: list[Lack]
    towns: list[TownLacks]
    log: list[LogEntry]
    fiscal_year: FiscalYear
    may_create: Ruling
    may_due: Ruling
    weather: tuple[str, ...] = ()


def this_year() -> FiscalYear:
    return FiscalYear.of(timezone.localdate())


def region_desk(actor: Actor, region: Region, *, limit: int = 8) -> RegionDesk:
    """What changed and what is missing in a region, for this actor. Inside `scope(region=region)`."""
    year = this_year()
    lacks = missing(actor, region, year)
    return RegionDesk(
        region,
        due(actor, region),
        lacks.mine,
        lacks.towns,
        log_of_region(region.slug, limit),
        year,
        may_create=activity_policies.create(actor, region),
        may_due=policies.edit_shared(actor, region),
        weather=calling_by_region([region]).get(region.pk, ()),
    )


@dataclass(frozen=True)
class Waiting:
    """How many due items wait for the actor's own bodies in a region, and until when the first of them."""

    region: Region
    number: int
    first: date | None

    @property
    def said(self) -> str:
        """How many, with the counter."""
        return f"{self.number}件"


def waiting(actor: Actor, seen: Sequence[Region]) -> list[Waiting]:
    """What waits in each of these regions, in one query; the nearest day first, regions without any last."""
    with scope(region=list(seen)):
        rows = (
            DueItem.objects.filter(state=DueItem.State.OPEN)
            .filter(organisation__in={post.organisation_id for post in actor.posts})
            .values_list("region")
            .annotate(number=CountRows("pk"), first=Min("due_on"))
            .order_by()
        )
        found = {region: (number, first) for region, number, first in rows}
    listed = [Waiting(region, *found.get(region.pk, (0, None))) for region in seen]
    return sorted(listed, key=lambda each: (each.first is None, each.first or date.max))


def due(actor: Actor, region: Region) -> list[dict[str, Any]]:
    """What the actor has to see to, soonest first, with where to do it; others' items on one record are one row."""
    rows: list[dict[str, Any]] = []
    shared: dict[tuple[str, int, date], dict[str, Any]] = {}
    for found in workflow.due_for(actor, region):
        item = found.item
        until = f"{era.format_date(item.due_on)}まで"
        whose = "" if found.mine or item.organisation is None else item.organisation.name
        key = (item.object_type.model, item.object_id, item.due_on)
        if whose and key in shared:
            shared[key]["whose"].append(whose)
            continue
        row = {
            "title": item.title,
            "when": found.days_text,
            "kind": "danger" if found.overdue else "warning" if found.soon else "info",
            "until": until,
            "whose": [whose] if whose else [],
            "url": _place(region, found),
        }
        rows.append(row)
        if whose:
            shared[key] = row
    return [{**row, "note": "、".join([row["until"], *row["whose"]])} for row in rows]


def _place(region: Region, due: workflow.Due) -> str:
    if due.inquiry_id is not None:
        return reverse("workflow-inquiry", args=[region.slug, due.inquiry_id])
    return due.address or reverse("workflow-dues", args=[region.slug])


@dataclass(frozen=True)
class YearCell:
    """A year of an initiative: done, studied, planned, none (―), missing (nothing entered) or outside its period."""

    year: int
    state: str
    number: int


@dataclass(frozen=True)
class InitiativeRow:
    initiative: Initiative
    cells: list[YearCell]


@dataclass(frozen=True)
class Overview:
    """The region's page."""

    region: Region
    members: list[RegionMembership]
    rows: list[dict[str, Any]]
    maps: list[tuple[str, Map]]
    past_members: list[RegionMembership]
    population: Fact | None
    forecast: Fact | None
    area: Fact | None
    programmes: list[dict[str, Any]]
    milestones: list[dict[str, Any]]
    years: list[int]
    initiatives: list[InitiativeRow]
    agreements: list[Agreement]
    visions: list[Vision]
    documents: list[dict[str, Any]] = field(default_factory=list)


def overview(region: Region) -> Overview:
    """All the region's page shows, in a constant number of queries."""
    today = timezone.localdate()
    revision = revision_of_region(region.slug)
    everybody = list(region.memberships.select_related("municipality", "source").order_by("order", "valid"))
    members = [m for m in everybody if today in m.valid]
    facts = regions.facts(region, "population", "projected_population", "area")
    town_population = {
        fact.municipality_id: fact
        for fact in sorted(facts, key=lambda f: str(f.as_of or ""))
        if fact.indicator == "population" and fact.municipality_id and not fact.dimension
    }
    years = activities.years_to_enter(region)
    return Overview(
        region=region,
        members=members,
        maps=[("wide", draw(_places(region, members, town_population)))],
        past_members=[m for m in everybody if today not in m.valid],
        population=_newest(facts, "population"),
        forecast=_newest(facts, "projected_population"),
        area=_newest(facts, "area"),
        rows=[{"membership": m, "population": town_population.get(m.municipality_id)} for m in members],
        programmes=[
            {"programme": row, "last_day": row.valid.upper - timedelta(days=1) if row.valid.upper else None}
            for row in region.programmes.select_related("source").order_by("valid")
        ],
        milestones=[{"milestone": row, "when": when_of(row)} for row in regions.milestones(region)],
        years=years,
        initiatives=initiative_rows(region, years),
        agreements=list(Agreement.objects.order_by("concluded_on", "slug")),
        visions=list(Vision.objects.order_by("first_year", "slug")),
        documents=[
            {"build": build, "freshness": documents.freshness(build, revision)}
            for build in documents.latest(region).values()
        ],
    )


def _places(region: Region, members: Sequence[RegionMembership], population: dict[int, Fact]) -> list[Place]:
    """The members as places of the map; each leads to the activities of its town."""
    listed = reverse("activities:activities", args=[region.slug])
    return [
        Place(
            code=m.municipality.code,
            name=m.municipality.name,
            latitude=float(m.municipality.latitude) if m.municipality.latitude is not None else None,
            longitude=float(m.municipality.longitude) if m.municipality.longitude is not None else None,
            population=int(population[m.municipality_id].value or 0)
            if m.municipality_id in population
            else None,
            centre=m.role == RegionMembership.Role.CENTRE,
            url=f"{listed}?town={m.municipality.code}",
        )
        for m in members
    ]


def when_of(milestone: Milestone) -> str:
    """The milestone's dates as exact as they are known: 令和6年5月24日, 令和6年7月～8月, 令和6年."""

    def said(day: date) -> str:
        if milestone.precision == Milestone.Precision.YEAR:
            return era.format_year(day.year)
        if milestone.precision == Milestone.Precision.MONTH:
            return era.format_date(day).split("月")[0] + "月"
        return era.format_date(day)

    begins = said(milestone.starts_on)
    ends = said(milestone.ends_on) if milestone.ends_on else begins
    return begins if begins == ends else f"{begins}～{ends}"


def _newest(facts: Sequence[Fact], indicator: str) -> Fact | None:
    whole = [
        f for f in facts if f.indicator == indicator and f.municipality_id is None and f.value is not None
    ]
    return max(whole, key=lambda f: str(f.as_of or ""), default=None)


def initiative_rows(region: Region, years: Sequence[int]) -> list[InitiativeRow]:
    """Initiatives × years: what the records say of each."""
    entered: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    silent = activities.years_without_results(region)
    done = Activity.objects.exclude(state=Activity.State.NONE)
    for initiative, year, state, kind in done.values_list("initiative_id", "fiscal_year", "state", "kind"):
        entered[initiative, year].append((state, kind))
    return [
        InitiativeRow(
            initiative,
            [
                YearCell(
                    year,
                    *_cell(
                        year,
                        entered.get((initiative.pk, year), []),
                        (initiative.pk, year) in silent,
                        asked(initiative, year),
                    ),
                )
                for year in years
            ],
        )
        for initiative in Initiative.objects.order_by("order", "slug")
    ]


def asked(initiative: Initiative, year: int) -> bool:
    """Whether the year lies in the initiative's period."""
    return (initiative.first_year or year) <= year <= (initiative.last_year or year)


def _cell(year: int, entries: list[tuple[str, str]], silent: bool, asked: bool) -> tuple[str, int]:
    done = [kind for state, kind in entries if state == Activity.State.DONE]
    if any(not activities.is_study(kind, year) for kind in done):
        return "done", len(done)
    if done:
        return "studied", len(done)
    if any(state == Activity.State.PLANNED for state, _ in entries):
        return "planned", 0
    if silent:
        return "none", 0
    return ("missing", 0) if asked else ("outside", 0)


def initiative_for(region: Region, slug: str) -> Initiative:
    """One initiative with what belongs to it; 404 when there is none."""
    found = (
        Initiative.objects.select_related("vision", "source")
        .prefetch_related(
            "bodies",
            "roles",
            "projects__lead",
            "findings",
            "outlooks__measures",
            "annex_links__agreement",
            "evaluations__municipality",
            Prefetch(
                "photos",
                Photo.objects.select_related("activity", "municipality").order_by(
                    "fiscal_year", "order", "id"
                ),
            ),
            Prefetch("kpis", Kpi.objects.prefetch_related("targets", "readings")),
        )
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise Http404("取組が見つかりません。")
    return found


@dataclass(frozen=True)
class YearOfInitiative:
    """A fiscal year of an initiative: its activities, or that there were none, or that nobody has said."""

    year: FiscalYear
    activities: list[dict[str, Any]]
    none: bool

    @property
    def missing(self) -> bool:
        return not self.activities and not self.none


def years_of(region: Region, initiative: Initiative) -> list[YearOfInitiative]:
    """The initiative's years, newest first, from its first to the running one (or its last)."""
    rows = activities.activities_of(region, initiative=initiative)
    by_year: dict[int, list[Activity]] = defaultdict(list)
    for activity in rows:
        by_year[activity.fiscal_year].append(activity)
    silent = activities.years_without_results(region, initiatives=[initiative.pk])
    now = this_year()
    first = min([initiative.first_year or now, *by_year])
    last = max([min(initiative.last_year or now, now), *by_year])
    return [
        YearOfInitiative(
            FiscalYear(year),
            [
                {"activity": a, "lines": activities.rendered_lines(a)}
                for a in by_year[year]
                if a.state != Activity.State.NONE
            ],
            (initiative.pk, year) in silent,
        )
        for year in range(int(last), int(first) - 1, -1)
    ]


def promising_towns(region: Region) -> list[Municipality]:
    """The towns that are party to any of the region's agreements, in the order of the agreements."""
    parties = Party.objects.filter(agreement__region=region).exclude(agreement__state="dropped")
    parties = parties.select_related("municipality")
    rows = parties.order_by("agreement__concluded_on", "agreement__slug", "order")
    return list({party.municipality_id: party.municipality for party in rows}.values())


@dataclass(frozen=True)
class CostRow:
    """Money of an initiative per body: amounts in yen by (fiscal year, stage)."""

    body: Municipality | None
    amounts: dict[tuple[int, str], int]
    columns: list[tuple[int, str]]

    @property
    def cells(self) -> list[int | None]:
        """One amount per column; None where nothing is entered."""
        return [self.amounts.get(column) for column in self.columns]


def costs_of(initiative: Initiative) -> tuple[list[tuple[int, str]], list[CostRow]]:
    """Columns (fiscal year, stage) in the order of a budget's life, and rows per body in the region's order."""
    stages = list(BudgetLine.Stage.values)
    places: dict[int | None, int] = {
        member.municipality_id: place
        for place, member in enumerate(regions.memberships_of(initiative.region), start=1)
    }
    lines = sorted(
        BudgetLine.objects.filter(initiative=initiative).select_related("municipality"),
        key=lambda line: (line.fiscal_year, stages.index(line.stage)),
    )
    columns: list[tuple[int, str]] = []
    rows: dict[int | None, CostRow] = {}
    for line in lines:
        column = (line.fiscal_year, line.get_stage_display())
        if column not in columns:
            columns.append(column)
        row = rows.setdefault(line.municipality_id, CostRow(line.municipality, {}, columns))
        row.amounts[column] = row.amounts.get(column, 0) + line.amount
    return columns, [rows[town] for town in sorted(rows, key=lambda town: places.get(town, 0))]

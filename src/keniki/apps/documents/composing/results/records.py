"""What the results report is made from, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet

from keniki.apps.activities import queries as activities
from keniki.apps.activities.models import Activity, ActivityLine, Count, Photo
from keniki.apps.activities.queries import Line
from keniki.apps.compacts.models import Agreement, Initiative, Vision
from keniki.apps.finance.models import Grant
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Municipality, Region, RegionMembership, RegionProgramme
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from ... import wording
from ..base import CONCLUDED, Draft


@dataclass
class Gathered:
    """All the report is made from, read once."""

    programme: RegionProgramme
    words: wording.ProgrammeWords
    years: tuple[FiscalYear, ...]
    memberships: list[RegionMembership]
    members: list[Municipality]
    initiatives: list[Initiative]
    activities: dict[tuple[int, int], list[Activity]]
    lines: dict[int, list[Line]]
    silent: frozenset[tuple[int, int]]
    photos: dict[int, list[Photo]]
    grants: dict[int, list[Grant]]
    agreement: Agreement | None
    vision: Vision | None
    population: list[Fact]
    area: list[Fact]


def programme_for(draft: Draft, first: int, last: int, wanted: str = "") -> RegionProgramme:
    """The programme the report is about: the wanted one, else the one whose years fit the period best."""
    rows = list(draft.region.programmes.all())
    if wanted:
        rows = [row for row in rows if row.programme == wanted]
    if not rows:
        raise WrongInput("この圏域には報告する制度が登録されていません。圏域の画面で制度を登録してください。")

    def years_shared(row: RegionProgramme) -> int:
        begins = row.first_fiscal_year or (FiscalYear.of(row.valid.lower) if row.valid.lower else first)
        ends = row.last_fiscal_year or last
        return min(int(ends), last) - max(int(begins), first) + 1

    return max(rows, key=lambda row: (years_shared(row), row.valid.lower or date.min))


def gather(draft: Draft, first: int, last: int, wanted: str) -> Gathered:
    region = draft.region
    programme = programme_for(draft, first, last, wanted)
    years = FiscalYear.span(first, last)
    chosen = [
        initiative
        for initiative in Initiative.objects.prefetch_related(
            "bodies", "roles", "findings", "outlooks__measures"
        ).order_by("order", "slug")
        if initiative.programme in ("", programme.programme)
        and (initiative.first_year or first) <= last
        and (initiative.last_year or last) >= first
    ]
    memberships = regions.members_between(region, years[0].first_day, years[-1].last_day)
    members = list({row.municipality_id: row.municipality for row in memberships}.values())
    done: dict[tuple[int, int], list[Activity]] = {}
    for activity in _activities(region, first, last):
        done.setdefault((activity.initiative_id, activity.fiscal_year), []).append(activity)
    silent = activities.years_without_results(region, years)
    photos: dict[int, list[Photo]] = {}
    for photo in Photo.objects.filter(initiative__in=chosen).order_by("fiscal_year", "order", "id"):
        if photo.fiscal_year is None or first <= photo.fiscal_year <= last:
            photos.setdefault(photo.initiative_id, []).append(photo)
    grants: dict[int, list[Grant]] = {}
    rows = Grant.objects.filter(programme=programme.programme, fiscal_year__range=(first, last))
    for grant in rows.prefetch_related("steps"):
        grants.setdefault(grant.fiscal_year, []).append(grant)
    agreement = (
        Agreement.objects.filter(programme=programme.programme, state__in=CONCLUDED, amends=None)
        .order_by("concluded_on", "slug")
        .first()
    )
    vision = Vision.objects.filter(programme=programme.programme).order_by("decided_on", "slug").first()
    facts = regions.facts(region, "population", "area")

    inputs = draft.inputs
    inputs.add(programme)
    for membership in memberships:
        inputs.add(membership, [membership.municipality])
    for fact in facts:
        inputs.add(fact, _related(fact.source, fact.municipality))
    for initiative in chosen:
        outlooks = list(initiative.outlooks.all())
        inputs.add(
            initiative,
            initiative.bodies.all(),
            initiative.roles.all(),
            initiative.findings.all(),
            outlooks,
            [measure for outlook in outlooks for measure in outlook.measures.all()],
        )
        for year in years:
            for activity in done.get((initiative.pk, year), []):
                counts = activity.counts.all()
                towns = _related(activity.municipality, *(count.municipality for count in counts))
                inputs.add(activity, activity.lines.all(), counts, towns, _related(activity.source))
        nothing = [int(year) for year in years if (initiative.pk, year) in silent]
        inputs.add_value(f"silent:{initiative.pk}", f"取組「{initiative.title}」の実績なしの年度", nothing)
        inputs.add_all(photos.get(initiative.pk, []))
    for year in years:
        for grant in grants.get(year, []):
            inputs.add(grant, grant.steps.all())
    for record in (agreement, vision):
        if record is not None:
            inputs.add(record)
    return Gathered(
        programme=programme,
        words=wording.words_of(programme.programme, years[-1].last_day),
        years=years,
        memberships=memberships,
        members=members,
        initiatives=chosen,
        activities=done,
        lines={row.pk: activities.rendered_lines(row) for rows in done.values() for row in rows},
        silent=silent,
        photos=photos,
        grants=grants,
        agreement=agreement,
        vision=vision,
        population=[fact for fact in facts if fact.indicator == "population"],
        area=[fact for fact in facts if fact.indicator == "area"],
    )


def _activities(region: Region, first: int, last: int) -> QuerySet[Activity]:
    """What the report prints of them and no more; towns are read once, not with every count."""
    rows = Activity.objects.filter(region=region, fiscal_year__range=(first, last))
    return (
        rows.select_related("initiative")
        .prefetch_related(
            "municipality",
            "source",
            Prefetch("lines", ActivityLine.objects.order_by("order", "id")),
            Prefetch("counts", Count.objects.order_by("order", "id")),
            "counts__municipality",
            "counts__part_of",
        )
        .order_by("initiative__order", "initiative__slug", "fiscal_year", "order", "slug")
    )


def _related(*records: Any) -> list[Any]:
    return [record for record in records if record is not None]

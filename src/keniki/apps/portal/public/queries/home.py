"""A region's first page, and the list of all regions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Agreement, Initiative
from keniki.apps.documents import queries as documents
from keniki.apps.documents.models import Build, BuildFile
from keniki.apps.portal import map as maps
from keniki.apps.portal.public import published
from keniki.apps.portal.public.published import Period, PublishedVision
from keniki.apps.portal.queries import when_of
from keniki.apps.regions.models import Origin, Region, RegionMembership

from .activities import ActivityCard, newest
from .members import Figure, MemberRow, both_maps, known_figures, members_and_whole


@dataclass(frozen=True)
class Listed:
    """A region on the first page."""

    region: Region
    members: list[RegionMembership]


@dataclass(frozen=True)
class Step:
    """A line of the region's timeline."""

    when: str
    title: str
    text: str
    track: str
    origin: Origin | None


@dataclass(frozen=True)
class PublicDocument:
    """A published document with its downloads."""

    build: Build
    downloads: list[BuildFile]


@dataclass(frozen=True)
class Home:
    """The region's first page."""

    rows: list[MemberRow]
    known: dict[str, bool | date | None]
    maps: list[tuple[str, maps.Map]]
    figures: dict[str, Figure | None]
    programmes: list[Period]
    steps: list[Step]
    initiatives: list[tuple[Initiative, list[int]]]
    newest: list[ActivityCard]
    agreements: list[Agreement]
    visions: list[PublishedVision]
    documents: list[PublicDocument]


def listed() -> list[Listed]:
    """Every region with its members today, real ones first."""
    today = timezone.localdate()
    by_region: dict[int, list[RegionMembership]] = defaultdict(list)
    rows = RegionMembership.objects.filter(valid__contains=today).select_related("municipality")
    for row in rows.order_by("order"):
        by_region[row.region_id].append(row)
    found = Region.objects.select_related("secretariat").order_by("fictional", "slug")
    return [Listed(region, by_region[region.pk]) for region in found]


def home(region: Region) -> Home:
    """All of the region's first page."""
    rows, figures = members_and_whole(region)
    years: dict[int, list[int]] = defaultdict(list)
    done = published.activities(region).filter(state=Activity.State.DONE)
    pairs = done.order_by("fiscal_year").values_list("initiative_id", "fiscal_year").distinct()
    for initiative, year in pairs:
        years[initiative].append(year)
    return Home(
        rows=rows,
        known=known_figures(rows),
        maps=both_maps(region, rows),
        figures=figures,
        programmes=published.programmes(region),
        steps=steps(region),
        initiatives=[(row, years[row.pk]) for row in published.shown_initiatives(region)],
        newest=newest(region, max((each for own in years.values() for each in own), default=None)),
        agreements=published.agreements(region),
        visions=published.visions(region),
        documents=public_documents(region),
    )


def steps(region: Region) -> list[Step]:
    """What the region has gone through, oldest first."""
    return [
        Step(when_of(row), row.title, row.text, row.get_track_display(), row.taken_from)
        for row in published.milestones(region)
    ]


def public_documents(region: Region) -> list[PublicDocument]:
    """The documents that were submitted and published."""
    return [
        PublicDocument(build, documents.files(build)["downloads"])
        for build in documents.public_builds(region)
    ]

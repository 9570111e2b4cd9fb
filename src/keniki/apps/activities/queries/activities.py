"""Activities of a region with all that a page or a report prints of them, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.http import Http404
from django.utils import timezone

from keniki.apps.activities.models import Activity, ActivityLine, Count, MeasureLink, Photo, RoleLink
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year

from .nothing import years_without_results
from .years import year_states

#: The order in which the report prints activities.
IN_ORDER = ("initiative__order", "initiative__slug", "fiscal_year", "order", "id")


@dataclass(frozen=True)
class Filter:
    """What a list of activities is narrowed by; empty means all. `town` is a six-digit code."""

    year: int | None = None
    initiative: str = ""
    field: str = ""
    town: str = ""
    kind: str = ""
    words: str = ""


def activities_of(
    region: Region,
    first_year: int | None = None,
    last_year: int | None = None,
    *,
    initiative: Initiative | None = None,
    only: Filter | None = None,
) -> list[Activity]:
    """The region's activities of these fiscal years (both included), in the report's order.

    Lines, counts (with municipality and part_of), links to measures and to roles are loaded with them: five queries,
    however many there are. Records of 実績なし (`state` none) and planned ones are among them.
    """
    rows = with_everything(Activity.objects.filter(region=region))
    if first_year is not None:
        rows = rows.filter(fiscal_year__gte=first_year)
    if last_year is not None:
        rows = rows.filter(fiscal_year__lte=last_year)
    if initiative is not None:
        rows = rows.filter(initiative=initiative)
    if only is not None:
        rows = _narrowed(rows, only)
    return list(rows.order_by(*IN_ORDER))


def activity_rows(region: Region, only: Filter) -> QuerySet[Activity]:
    """The activities a list shows, newest year first; `load_parts` brings the rest for one page of them."""
    rows = Activity.objects.filter(region=region).select_related("initiative", "municipality")
    return _narrowed(rows, only).order_by("-fiscal_year", "initiative__order", "order", "id")


def load_parts(rows: Iterable[Activity]) -> None:
    """Lines and counts for these activities, in two queries."""
    prefetch_related_objects(
        list(rows),
        Prefetch("lines", ActivityLine.objects.order_by("order", "id")),
        Prefetch("counts", Count.objects.select_related("municipality", "part_of").order_by("order", "id")),
    )


@dataclass(frozen=True)
class OverviewCell:
    """One initiative in one year: is anything expected, how many activities, does the year take entries?"""

    year: int
    asked: bool
    number: int | None
    open: bool


@dataclass(frozen=True)
class OverviewRow:
    """An initiative's years: for each the number of activities, 0 for 実績なし, None for 未入力.

    Years outside the initiative's period are missing from `cells`.
    """

    initiative: Initiative
    years: tuple[int, ...]
    cells: dict[int, int | None]
    closed: frozenset[int] = frozenset()

    @property
    def in_order(self) -> list[OverviewCell]:
        return [
            OverviewCell(year, year in self.cells, self.cells.get(year), year not in self.closed)
            for year in self.years
        ]


def overview(region: Region, initiatives: Sequence[Initiative], years: Sequence[int]) -> list[OverviewRow]:
    """What is entered for which initiative in which year, in a constant number of queries."""
    closed = frozenset(year for year, state in year_states(region, years).items() if state.is_closed)
    found: dict[tuple[int, int], int] = {}
    rows = Activity.objects.filter(region=region, fiscal_year__in=years)
    for key in rows.exclude(state=Activity.State.NONE).values_list("initiative_id", "fiscal_year"):
        found[key] = found.get(key, 0) + 1
    for key in years_without_results(region, years):
        found.setdefault(key, 0)
    return [
        OverviewRow(
            row,
            tuple(years),
            {
                year: found.get((row.pk, year))
                for year in years
                if (row.pk, year) in found or ((row.first_year or year) <= year <= (row.last_year or year))
            },
            closed,
        )
        for row in initiatives
    ]


def activity_for(region: Region, slug: str) -> Activity:
    """One activity with everything; 404 when the region has none of that name."""
    found = with_everything(Activity.objects.filter(region=region, slug=slug)).first()
    if found is None:
        raise Http404("活動が見つかりません。")
    return found


def with_everything(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """The query set with all that belongs to an activity joined or prefetched."""
    return rows.select_related("initiative", "project", "municipality", "source").prefetch_related(
        Prefetch("lines", ActivityLine.objects.order_by("order", "id")),
        Prefetch(
            "counts",
            Count.objects.select_related("municipality", "part_of__municipality").order_by("order", "id"),
        ),
        Prefetch("measure_links", MeasureLink.objects.select_related("agreement").order_by("id")),
        Prefetch("role_links", RoleLink.objects.select_related("agreement").order_by("id")),
    )


def field_of(initiative: Initiative) -> str:
    """The word an initiative is grouped under: its field's name, or its own title when it serves several."""
    return initiative.field_name or initiative.title


def initiatives_of(region: Region) -> list[Initiative]:
    """The region's initiatives in order, with their projects."""
    return list(Initiative.objects.filter(region=region).prefetch_related("projects"))


def years_with_activities(region: Region) -> list[int]:
    """The fiscal years in which anything is recorded, oldest first."""
    return list(
        Activity.objects.filter(region=region)
        .order_by("fiscal_year")
        .values_list("fiscal_year", flat=True)
        .distinct()
    )


def years_to_enter(region: Region) -> list[int]:
    """The recorded fiscal years, and the running one where an initiative is under way in it, oldest first."""
    now = int(fiscal_year.FiscalYear.of(timezone.localdate()))
    under_way = Initiative.objects.filter(
        Q(first_year__isnull=True) | Q(first_year__lte=now),
        Q(last_year__isnull=True) | Q(last_year__gte=now),
        region=region,
        one_off=False,
    )
    running = {now} if under_way.exists() else set()
    return sorted({*years_with_activities(region), *running})


def photos_of(
    region: Region, first_year: int | None = None, last_year: int | None = None
) -> dict[int, list[Photo]]:
    """Photos by id of their initiative, in the report's order; those without a year are in every period."""
    rows = Photo.objects.filter(region=region).select_related(
        "initiative", "activity", "municipality", "source"
    )
    if first_year is not None:
        rows = rows.filter(Q(fiscal_year__isnull=True) | Q(fiscal_year__gte=first_year))
    if last_year is not None:
        rows = rows.filter(Q(fiscal_year__isnull=True) | Q(fiscal_year__lte=last_year))
    found: dict[int, list[Photo]] = {}
    for photo in rows.order_by("initiative__order", "fiscal_year", "order", "id"):
        found.setdefault(photo.initiative_id, []).append(photo)
    return found


def public_photos_of(region: Region) -> QuerySet[Photo]:
    """Photos residents may see: public, with consent, and with a public copy."""
    return (
        Photo.objects.filter(
            region=region, public=True, consent__in=(Photo.Consent.GIVEN, Photo.Consent.NOT_NEEDED)
        )
        .exclude(public_digest="")
        .select_related("initiative", "activity")
        .order_by("initiative__order", "-fiscal_year", "order", "id")
    )


def _narrowed(rows: QuerySet[Activity], only: Filter) -> QuerySet[Activity]:
    if only.year is not None:
        rows = rows.filter(fiscal_year=only.year)
    if only.initiative:
        rows = rows.filter(initiative__slug=only.initiative)
    if only.field:
        rows = rows.filter(
            Q(initiative__field_name=only.field) | Q(initiative__field_name="", initiative__title=only.field)
        )
    if only.town:
        in_counts = Count.objects.filter(municipality__code=only.town).values("activity")
        rows = rows.filter(Q(municipality__code=only.town) | Q(pk__in=in_counts))
    if only.kind:
        rows = rows.filter(kind=only.kind)
    if only.words:
        in_lines = ActivityLine.objects.filter(text__icontains=only.words).values("activity")
        rows = rows.filter(
            Q(title__icontains=only.words)
            | Q(text__icontains=only.words)
            | Q(place__icontains=only.words)
            | Q(pk__in=in_lines)
        )
    return rows

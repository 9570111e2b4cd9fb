"""Reading flows: how many go from one area to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Count, Max, Sum

from keniki.apps.regions.models import Region

from ..importers.areas import is_counted_once
from ..models import Area, Edition, Flow
from .editions import visible_editions

#: What flows are for, in words.
PURPOSES = {
    "commute_school": "通勤・通学",
    "commute": "通勤",
    "school": "通学",
    "shopping": "買物",
    "hospital": "通院",
}


def editions_with_flows(
    destination: str, purposes: Sequence[str], region: Region | None = None
) -> list[tuple[Edition, int]]:
    """The editions with flows into an area (six-digit code), the newest first, and from how many municipalities."""
    rows = (
        Flow.objects.filter(
            destination__code=destination,
            origin__kind=Area.Kind.MUNICIPALITY,
            purpose__in=purposes,
            edition__in=visible_editions(region),
        )
        .exclude(origin__code=destination)
        .values("edition")
        .annotate(year=Max("year"), origins=Count("origin", distinct=True))
        .order_by("-year", "-edition__imported_at")
    )
    found = list(rows)
    editions = Edition.objects.select_related("source").in_bulk([row["edition"] for row in found])
    return [(editions[row["edition"]], row["origins"]) for row in found]


def flows_of(
    edition: Edition,
    purposes: Sequence[str],
    *,
    to: Sequence[str] | None = None,
    origins: Sequence[str] | None = None,
) -> dict[str, dict[str, float]]:
    """How many go from each municipality (six-digit code) for each purpose, to these areas or anywhere, newest year.

    Anywhere is each person once (`counted_again`), with those whose destination nobody knows.
    """
    rows = Flow.objects.filter(edition=edition, origin__kind=Area.Kind.MUNICIPALITY, purpose__in=purposes)
    year = rows.aggregate(newest=Max("year"))["newest"]
    rows = rows.filter(year=year)
    if to is not None:
        rows = rows.filter(destination__code__in=list(to))
    else:
        rows = rows.exclude(destination__in=counted_again(edition))
    if origins is not None:
        rows = rows.filter(origin__code__in=list(origins))
    found: dict[str, dict[str, float]] = {}
    for row in rows.values("origin__code", "purpose").annotate(total=Sum("value")):
        found.setdefault(row["origin__code"], {})[row["purpose"]] = row["total"]
    return found


def counted_again(edition: Edition | int) -> list[int]:
    """The destinations in an edition (ids of areas) whose people are counted in other ones of it as well.

    The whole country, prefectures, 特別区部 and the like, former municipalities, wards beside their city.
    """
    named = Flow.objects.filter(edition=edition).values("destination").distinct()
    areas = Area.objects.filter(pk__in=named).values_list("pk", "kind", "code")
    there = {code for _, _, code in areas}
    return [pk for pk, kind, code in areas if not is_counted_once(kind, code, there)]


def area_names(codes: Iterable[str]) -> dict[str, str]:
    """The names of municipalities by their six-digit codes."""
    rows = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=list(codes))
    return dict(rows.values_list("code", "name"))

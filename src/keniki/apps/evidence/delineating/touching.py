"""Which municipalities touch each other, by the borders that are held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.db.models import Count, Max

from ..importers.areas import city_of
from ..models import Area, Boundary
from ..queries import visible_editions, withdrawn_mark


def borders_touching() -> Mapping[str, frozenset[str]]:
    """The municipalities (six-digit codes) that each one with a border touches; kept until other borders are loaded.

    They touch where an edge of their borders is the same; a city's wards are the city. Of several editions the
    newest borders of each municipality count.
    """
    held = Boundary.objects.aggregate(number=Count("pk"), last=Max("pk"))
    return _touching(f"{held['number']}-{held['last']}-{withdrawn_mark()}")


@lru_cache(maxsize=2)
def _touching(mark: str) -> Mapping[str, frozenset[str]]:
    newest: dict[int, tuple[str, int]] = {}
    editions = {row.pk: row for row in visible_editions(None)}
    for pk, area, edition in Boundary.objects.filter(edition__in=list(editions)).values_list(
        "pk", "area", "edition"
    ):
        row = editions[edition]
        day = row.surveyed or (row.published_on.isoformat() if row.published_on else "")
        newest[area] = max(newest.get(area, ("", 0)), (day, pk))
    codes = {
        pk: city_of(code) if kind == Area.Kind.WARD else code
        for pk, kind, code in Area.objects.filter(
            pk__in=newest, kind__in=(Area.Kind.MUNICIPALITY, Area.Kind.WARD)
        ).values_list("pk", "kind", "code")
    }
    owners: dict[tuple[Any, Any], set[str]] = {}
    rows = Boundary.objects.filter(pk__in=[pk for _, pk in newest.values()], area__in=codes)
    for area, geometry in rows.values_list("area", "geometry").iterator(chunk_size=200):
        for edge in _edges(geometry):
            owners.setdefault(edge, set()).add(codes[area])
    found: dict[str, set[str]] = {code: set() for code in codes.values()}
    for beside in owners.values():
        for one in beside:
            found[one] |= beside - {one}
    return {code: frozenset(others) for code, others in found.items()}


def _edges(geometry: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The edges of a GeoJSON geometry, each the same from either side."""
    coordinates = geometry.get("coordinates") or []
    if geometry.get("type") == "Polygon":
        coordinates = [coordinates]
    for polygon in coordinates:
        for ring in polygon:
            points = [(point[0], point[1]) for point in ring]
            for one, other in pairwise(points):
                yield (one, other) if one <= other else (other, one)

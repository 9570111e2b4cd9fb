"""Reading hazard layers: who and what lies within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db.models import Count
from django.http import Http404

from keniki.analysis.polygons import areas, containing, inside, shapes_of, shares
from keniki.apps.evidence.book.borders import borders_of
from keniki.apps.evidence.book.holdings import Place
from keniki.apps.evidence.book.tables import sources_of
from keniki.apps.evidence.queries import visible_editions
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on

from ..geometry import box_of
from ..models import District, HazardLayer, HazardPolygon, Shelter

#: Degrees from its office to the farthest corner of a large town, some 80 to 110 km.
_AROUND: Final = 1.0


@dataclass(frozen=True)
class Standing:
    """A layer a place stands in, with the deepest class there; `contradicts`: it is designated for that hazard."""

    layer: HazardLayer
    polygon: HazardPolygon
    contradicts: bool

    @property
    def words(self) -> str:
        """The class of the polygon in words."""
        return depth_words(self.polygon)


@dataclass(frozen=True)
class Affected:
    """A shelter within a layer."""

    shelter: Shelter
    polygon: HazardPolygon
    contradicts: bool


@dataclass(frozen=True)
class Exposed:
    """How many people of a district live within a layer: by the share of its area, else all or none by its point.

    `people` is None where the district has neither a shape nor a point.
    """

    district: District
    share: float | None
    people: int | None
    by_area: bool
    depth: float | None

    @property
    def percent(self) -> float | None:
        """The share in per cent."""
        return None if self.share is None else self.share * 100


@dataclass(frozen=True)
class TownShapes:
    """The shapes (GeoJSON) and names of the region's towns by code, the names of those without one, the editions they
    are of; `around` are squares about the offices of those without a shape."""

    shapes: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]
    lacking: tuple[str, ...]
    editions: tuple[str, ...]
    around: tuple[Mapping[str, Any], ...] = ()

    @property
    def whole(self) -> list[Mapping[str, Any]]:
        """The shapes of all towns, to see what lies outside the region; a town without one counts with the square about
        its office. None where of some town neither is known."""
        return [*self.shapes.values(), *self.around] if len(self.around) == len(self.lacking) else []


def depth_words(polygon: HazardPolygon) -> str:
    """The class of a polygon in words."""
    if polygon.depth is None:
        return polygon.label or "区域の中"
    high = f"{polygon.depth.normalize():f}m"
    if polygon.depth_from is None:
        return f"{high}以下"
    if polygon.depth_from == polygon.depth:
        return f"{high}以上"
    return f"{polygon.depth_from.normalize():f}～{high}"


def layers_of(region: Region) -> list[HazardLayer]:
    """All layers of a region with the number of their polygons (`number`)."""
    return list(HazardLayer.objects.filter(region=region).annotate(number=Count("polygons")))


def layer_for(region: Region, slug: str) -> HazardLayer:
    """The layer with this slug; 404 when there is none."""
    found = HazardLayer.objects.filter(region=region, slug=slug).first()
    if found is None:
        raise Http404("ハザード情報が見つかりません。")
    found.region = region
    return found


def polygons_of(layer: HazardLayer) -> list[HazardPolygon]:
    """The polygons of a layer, the shallow ones first, so that the deep ones are drawn above them."""
    rows = list(layer.polygons.all())
    return sorted(rows, key=lambda each: (each.depth is not None, each.depth or 0, each.order))


def standing_in(region: Region, shelter: Shelter) -> list[Standing]:
    """The layers a shelter lies in, with the deepest polygon of each."""
    if shelter.latitude is None or shelter.longitude is None:
        return []
    east, north = float(shelter.longitude), float(shelter.latitude)
    near = HazardPolygon.objects.filter(
        region=region, west__lte=east, east__gte=east, south__lte=north, north__gte=north
    ).select_related("layer")
    rows = [each for each in near if inside(shapes_of([each.geometry]), [east], [north])[0]]
    deepest: dict[int, HazardPolygon] = {}
    for each in rows:
        known = deepest.get(each.layer_id)
        if known is None or (each.depth or 0) > (known.depth or 0):
            deepest[each.layer_id] = each
    for each in deepest.values():
        each.layer.region = region
    found = [Standing(each.layer, each, contradicts(shelter, each.layer)) for each in deepest.values()]
    return sorted(found, key=lambda each: (each.layer.hazard, each.layer.title))


def contradicts(shelter: Shelter, layer: HazardLayer) -> bool:
    """Whether a place within the layer is an emergency site designated for just that hazard."""
    return shelter.is_site and layer.hazard in shelter.hazards


def affected(
    layer: HazardLayer, polygons: Sequence[HazardPolygon], shelters: Sequence[Shelter]
) -> list[Affected]:
    """The shelters within a layer, each with the deepest polygon it lies in."""
    placed = [each for each in shelters if each.latitude is not None and each.longitude is not None]
    points, where = containing(
        shapes_of([each.geometry for each in polygons]),
        [float(each.longitude or 0) for each in placed],
        [float(each.latitude or 0) for each in placed],
    )
    deepest: dict[int, HazardPolygon] = {}
    for point, at in zip(points.tolist(), where.tolist(), strict=True):
        known = deepest.get(point)
        if known is None or (polygons[at].depth or 0) > (known.depth or 0):
            deepest[point] = polygons[at]
    return [
        Affected(placed[point], polygon, contradicts(placed[point], layer))
        for point, polygon in sorted(deepest.items())
    ]


def exposed(polygons: Sequence[HazardPolygon], districts: Sequence[District]) -> list[Exposed]:
    """How many residents of each district live within the polygons: by the share of its area where it has a shape,
    else all of them or none by its point. Numbers are rounded half up."""
    over = shapes_of([each.geometry for each in polygons])
    shaped = [each for each in districts if each.geometry]
    own = shapes_of([each.geometry for each in shaped])
    levels = sorted({float(each.depth or 0) for each in polygons})
    kinds = [levels.index(float(each.depth or 0)) for each in polygons]
    whole = areas(own)
    covered = shares(own, over, kinds)
    found: dict[int, Exposed] = {}
    for each, area, parts in zip(shaped, whole, covered, strict=True):
        share = min(1.0, float(parts.sum() / area)) if area else 0.0
        depth = next(
            (level for level, part in zip(levels[::-1], parts[::-1], strict=False) if part > 0), None
        )
        found[each.pk] = Exposed(
            each, share, int(np.floor(each.residents * share + 0.5)), True, depth or None
        )
    pointed = [each for each in districts if not each.geometry and each.latitude is not None]
    longitudes = [float(each.longitude or 0) for each in pointed]
    latitudes = [float(each.latitude or 0) for each in pointed]
    points, where = containing(over, longitudes, latitudes)
    depths: dict[int, float] = {}
    for point, at in zip(points.tolist(), where.tolist(), strict=True):
        depths[point] = max(depths.get(point, 0.0), float(polygons[at].depth or 0))
    for number, each in enumerate(pointed):
        within = number in depths
        people = each.residents if within else 0
        found[each.pk] = Exposed(each, 1.0 if within else 0.0, people, False, depths.get(number) or None)
    return [found.get(each.pk, Exposed(each, None, None, False, None)) for each in districts]


def layers_for_district(region: Region, district: District) -> list[tuple[HazardLayer, Exposed]]:
    """The layers that reach a district, with how many of its residents live in them."""
    if district.geometry:
        west, south, east, north = box_of(district.geometry)
    elif district.latitude is not None and district.longitude is not None:
        west = east = float(district.longitude)
        south = north = float(district.latitude)
    else:
        return []
    near = HazardPolygon.objects.filter(
        region=region, west__lte=east, east__gte=west, south__lte=north, north__gte=south
    ).select_related("layer")
    by_layer: dict[int, list[HazardPolygon]] = {}
    for each in near:
        by_layer.setdefault(each.layer_id, []).append(each)
    found = []
    for rows in by_layer.values():
        one = exposed(rows, [district])[0]
        if one.share:
            rows[0].layer.region = region
            found.append((rows[0].layer, one))
    return sorted(found, key=lambda pair: (pair[0].hazard, pair[0].title))


def town_shapes(region: Region) -> TownShapes:
    """Where the region's members lie, as far as their borders are loaded."""
    towns = [row.municipality for row in members_on(region)]
    members = [Place(each.code, each.name) for each in towns]
    editions = {each.pk: each for each in visible_editions(region).select_related("source")}
    found = borders_of(members, editions)
    return TownShapes(
        found.shapes,
        {each.code: each.name for each in members},
        tuple(each.name for each in found.lacking),
        tuple(sources_of(found.editions)),
        tuple(
            _square(float(each.longitude), float(each.latitude))
            for each in towns
            if each.code not in found.shapes and each.latitude is not None and each.longitude is not None
        ),
    )


def _square(east: float, north: float) -> dict[str, Any]:
    """The square about an office that no town reaches beyond."""
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ring = [[east + x * _AROUND, north + y * _AROUND] for x, y in corners]
    return {"type": "Polygon", "coordinates": [ring]}

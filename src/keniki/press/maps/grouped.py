"""Maps of municipalities by the area each belongs to, with the border of one that is given (圏域の図)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from keniki.press import look
from keniki.press.book_charts import common as c
from keniki.press.charts import Chart, Spec

from . import labels, outlines
from .joining import joined

#: Pale enough for black letters, told apart by neighbours; the border between areas tells them apart in grey.
_SHADES: Final = ("#b3d0ec", "#f6cfae", "#bfe3cc", "#d9c6ee", "#f4e3a1", "#bfe1e6", "#eec3d5", "#d3d8b0")
_ALONE: Final = "#f7f7f7"
_GIVEN: Final = look.SERIES[1]
_CENTRE: Final = "◎"


@dataclass(frozen=True, slots=True)
class Belonging:
    """A municipality (a GeoJSON geometry in degrees) and the code of the area it belongs to; empty: to none.

    `centre` says that its area is called by it.
    """

    code: str
    name: str
    geometry: Mapping[str, Any]
    area: str
    centre: bool = False


def by_area(
    title: str,
    towns: Sequence[Belonging],
    given: Sequence[str] = (),
    *,
    given_name: str = "",
    size: tuple[int, int] = (520, 420),
) -> Chart:
    """The municipalities coloured by area, thick lines between areas, ◎ in each centre, in a conformal projection.

    `given` are the codes of an actual region, whose border is drawn over all as a broken line. Areas that touch have
    different colours, of which there are eight. Municipalities without a geometry are named below the title.
    """
    there = [town for town in towns if town.geometry]
    groups: dict[str, list[Belonging]] = {}
    for town in there:
        if town.area:
            groups.setdefault(town.area, []).append(town)
    rings = [joined([town.geometry for town in members]) for members in groups.values()]
    within = [town.geometry for town in there if town.code in given]
    border = [joined(within)] if within else []
    drawn = outlines.on_picture([*(town.geometry for town in there), *rings, *border], size)
    shapes, lines = drawn[: len(there)], drawn[len(there) : len(there) + len(rings)]
    colours = _coloured(there, shapes)
    areas = [
        _feature("MultiPolygon", polygons, colours.get(town.area, _ALONE))
        for town, polygons in zip(there, shapes, strict=True)
        if polygons
    ]
    wanted = [
        labels.Wanted(
            [f"{_CENTRE}{town.name}" if town.centre else town.name], polygons, town.centre, look.TEXT
        )
        for town, polygons in zip(there, shapes, strict=True)
        if polygons
    ]
    layers: list[Spec] = [
        {
            "data": {"values": areas},
            "mark": {"type": "geoshape", "stroke": "#9a9a9a", "strokeWidth": 0.5, "strokeJoin": "round"},
            "encoding": {"fill": {"field": "colour", "type": "nominal", "scale": None, "legend": None}},
        },
        *_lines(lines, {"stroke": look.TEXT, "strokeWidth": 1.6}),
        *_lines(drawn[len(there) + len(rings) :], {"stroke": look.WHITE, "strokeWidth": 5}),
        *_lines(
            drawn[len(there) + len(rings) :], {"stroke": _GIVEN, "strokeWidth": 2.8, "strokeDash": [7, 4]}
        ),
        *labels.layers(labels.placed(wanted, size)),
    ]
    if not areas:
        nothing = {
            "type": "text",
            "text": "地図にする境界がありません。",
            "fontSize": 13,
            "color": look.MUTED,
        }
        layers = [{"data": {"values": [{}]}, "mark": nothing}]
    # Positions are pixels of the picture; on a page of another width they grow with it.
    grow = {"expr": f"min(width/{size[0]}, height/{size[1]})"}
    absent = [town.name for town in towns if not town.geometry]
    named = "、".join(absent[:10]) + (f"ほか{len(absent) - 10}" if len(absent) > 10 else "")
    return c.drawn(
        {"projection": {"type": "identity", "scale": grow, "translate": [0, 0]}, "layer": layers},
        title=title,
        subtitle=c.unit_words(
            "",
            f"色と太線：求めた圏域　{_CENTRE}：中心　白：単独",
            f"橙の破線：{given_name}" if border and given_name else "",
            f"境界なし：{named}" if absent and areas else "",
        ),
        size=size,
        columns=("市町村", "圏域"),
        rows=[(town.name, _area_name(town, towns)) for town in towns],
        alt=f"{title}の地図：{_told(towns)}",
    )


def _area_name(town: Belonging, towns: Sequence[Belonging]) -> str:
    return next((each.name for each in towns if each.code == town.area), town.area) or "単独"


def _told(towns: Sequence[Belonging]) -> str:
    """The areas with their municipalities, the largest first."""
    groups: dict[str, list[str]] = {}
    for town in towns:
        groups.setdefault(_area_name(town, towns), []).append(town.name)
    alone = groups.pop("単独", [])
    told = [
        f"{name}の圏域に{'、'.join(names[:12])}{'ほか' if len(names) > 12 else ''}"
        for name, names in sorted(groups.items(), key=lambda one: (-len(one[1]), one[0]))[:8]
    ]
    if alone:
        told.append(f"単独は{'、'.join(alone[:12])}{'ほか' if len(alone) > 12 else ''}")
    return "。".join(told) or "市町村がない"


def _coloured(towns: Sequence[Belonging], shapes: Sequence[Sequence[outlines.Polygon]]) -> dict[str, str]:
    """A colour for each area, the largest first, that no area has which it touches on the picture."""
    at: dict[outlines.Point, set[str]] = {}
    size: dict[str, int] = {}
    for town, polygons in zip(towns, shapes, strict=True):
        if not town.area:
            continue
        size[town.area] = size.get(town.area, 0) + 1
        for polygon in polygons:
            for ring in polygon:
                for point in ring:
                    at.setdefault(point, set()).add(town.area)
    touching: dict[str, set[str]] = {area: set() for area in size}
    for areas in at.values():
        for area in areas:
            touching[area] |= areas - {area}
    found: dict[str, str] = {}
    for number, area in enumerate(sorted(size, key=lambda each: (-size[each], each))):
        taken = {found[other] for other in touching[area] if other in found}
        turned = [_SHADES[(number + step) % len(_SHADES)] for step in range(len(_SHADES))]
        found[area] = next((shade for shade in turned if shade not in taken), turned[0])
    return found


def _feature(kind: str, coordinates: Any, colour: str = "") -> Spec:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "colour": colour}


def _lines(shapes: Sequence[Sequence[outlines.Polygon]], mark: Spec) -> list[Spec]:
    features = [_feature("MultiPolygon", polygons) for polygons in shapes if polygons]
    if not features:
        return []
    return [
        {
            "data": {"values": features},
            "mark": {"type": "geoshape", "filled": False, "strokeJoin": "round", **mark},
        }
    ]

"""Maps of municipalities shaded by a value (コロプレス図), with the table of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keniki.press import look
from keniki.press.book_charts import common as c
from keniki.press.charts import Chart, Spec

from . import labels, outlines
from .classes import NO_VALUE, Classes
from .grouped import Belonging, by_area
from .joining import joined

__all__ = ["Belonging", "Shape", "by_area", "choropleth", "joined"]

#: Pixels between the lines over a shape without a value.
_HATCH = 6.0
#: Members without a border that are named on the map.
_NAMED_MOST = 10


@dataclass(frozen=True, slots=True)
class Shape:
    """A municipality on a map: its shape is a GeoJSON geometry in degrees; None = no value."""

    code: str
    name: str
    geometry: Mapping[str, Any]
    value: float | None
    emphasised: bool = False


def choropleth(
    title: str,
    unit: str,
    shapes: Sequence[Shape],
    *,
    decimals: int = 0,
    diverging_at: float | None = None,
    size: tuple[int, int] = (520, 420),
) -> Chart:
    """The shapes in at most five shades between round limits, in a conformal projection that fills the picture.

    `diverging_at` (100 of a ratio, 0 of a change): orange below it, blue from it on. Name and value stand within
    their shape where they fit, else beside it where nothing else stands; emphasised shapes have a heavy outline.
    A shape without a value is hatched; one without a geometry is named below the title and stands in the table.
    """
    drawn = outlines.on_picture([shape.geometry for shape in shapes], size)
    classes = Classes([shape.value for shape in shapes], diverging_at)
    places = [classes.of(shape.value) for shape in shapes]
    areas = [
        _feature("MultiPolygon", polygons, classes.names[place])
        for polygons, place in zip(drawn, places, strict=True)
        if polygons
    ]
    heavy = [
        _feature("MultiPolygon", polygons)
        for shape, polygons in zip(shapes, drawn, strict=True)
        if shape.emphasised and polygons
    ]
    hatches = [
        _feature("MultiLineString", outlines.hatched(polygons, _HATCH))
        for shape, polygons in zip(shapes, drawn, strict=True)
        if polygons and c.known(shape.value) is None
    ]
    wanted = [
        labels.Wanted(
            [shape.name, c.fixed(shape.value, decimals)],
            polygons,
            shape.emphasised,
            look.TEXT if c.known(shape.value) is None else c.ink(classes.colours[place]),
        )
        for shape, polygons, place in zip(shapes, drawn, places, strict=True)
        if polygons
    ]
    border = (
        {"stroke": "#8a8a8a", "strokeWidth": 0.5}
        if len(areas) > labels.BESIDE_MOST
        else {"stroke": look.MUTED}
    )
    layers: list[Spec] = [
        {
            "data": {"values": areas},
            "mark": {"type": "geoshape", "strokeWidth": 0.8, "strokeJoin": "round", **border},
            "encoding": {"fill": _fill(classes)},
        },
        *_lines(hatches, {"stroke": "#9a9a9a", "strokeWidth": 0.8}),
        *_lines(heavy, {"stroke": look.TEXT, "strokeWidth": 2.2, "strokeJoin": "round"}),
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
    split = (
        f"{c.fixed(diverging_at, c.decimals_of([diverging_at]))}を境に橙と青"
        if diverging_at is not None
        else ""
    )
    hatch = f"斜線：{NO_VALUE}" if hatches else ""
    absent = [shape.name for shape, polygons in zip(shapes, drawn, strict=True) if not polygons]
    more = f"ほか{len(absent) - _NAMED_MOST}" if len(absent) > _NAMED_MOST else ""
    borderless = f"境界なし：{'、'.join(absent[:_NAMED_MOST])}{more}" if absent and areas else ""
    return c.drawn(
        {"projection": {"type": "identity", "scale": grow, "translate": [0, 0]}, "layer": layers},
        title=title,
        subtitle=c.unit_words(unit, split, hatch, borderless),
        size=size,
        columns=("市町村", c.headed(title, unit)),
        rows=[(shape.name, shape.value) for shape in shapes],
        alt=f"{title}の地図{c.bracketed(unit)}：{_told(shapes, decimals)}",
    )


def _feature(kind: str, coordinates: Any, of: str = "") -> Spec:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "class": of}


def _lines(features: Sequence[Spec], mark: Spec) -> list[Spec]:
    if not features:
        return []
    return [{"data": {"values": list(features)}, "mark": {"type": "geoshape", "filled": False, **mark}}]


def _fill(classes: Classes) -> Spec:
    """The classes' colours and the legend that says their limits, the highest above."""
    return {
        "field": "class",
        "type": "nominal",
        "scale": {"domain": classes.names, "range": classes.colours},
        "legend": {
            "title": None,
            "orient": "right",
            "symbolType": "square",
            "symbolSize": 190,
            "symbolStrokeColor": look.MUTED,
            "symbolStrokeWidth": 0.8,
            "labelFontSize": 11.5,
            "labelLimit": 0,
            "rowPadding": 4,
            "values": classes.names[::-1],
        },
    }


def _told(shapes: Sequence[Shape], decimals: int) -> str:
    """All values of a small map; of a large one the highest, the lowest and how many have none."""
    if len(shapes) <= 12:
        return c.listed([(shape.name, c.fixed(shape.value, decimals)) for shape in shapes]) or NO_VALUE
    there = [(number, shape.name) for shape in shapes if (number := c.known(shape.value)) is not None]
    if not there:
        return NO_VALUE
    there.sort(key=lambda one: -one[0])
    high = c.listed([(name, c.fixed(number, decimals)) for number, name in there[:3]])
    low = c.listed([(name, c.fixed(number, decimals)) for number, name in there[-3:]])
    lacking = f"、{NO_VALUE} {len(shapes) - len(there)}" if len(there) < len(shapes) else ""
    return f"{len(shapes)}市町村、高い順に {high}、低いのは {low}{lacking}"

"""What a plan looks like: the map with a line from each district to its shelters, and charts of receiving towns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import atan2, cos, sin, sqrt
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from keniki.press import look
from keniki.press.book_charts.bars import bars
from keniki.press.book_charts.stacks import shares
from keniki.press.charts import Chart

from ..maps import SIGNS, Area, DrawnPlace, Map, Place, drawn
from ..models import HazardPolygon
from ..picturing import depth_look
from ..queries.hazards import TownShapes

#: Colours of the map: towns, hazards by look, lines within and between towns.
_FILLS: Final = {
    "is-depth-1": "#f7f5a9",
    "is-depth-2": "#ffd8c0",
    "is-depth-3": "#ffb7b7",
    "is-depth-4": "#ff9191",
    "is-depth-5": "#f285c9",
    "is-depth-6": "#dc7adc",
    "is-zone": "#ffe8a3",
}
_WITHIN, _ACROSS, _NOBODY = "#0017c1", "#c74700", "#ec0000"
_LEGEND_LINE: Final = 24
_FONT: Final = f"{look.SANS}, 'Noto Sans JP', 'BIZ UDPGothic', Meiryo, sans-serif"


def plan_map(
    content: Mapping[str, Any],
    known: TownShapes,
    polygons: Sequence[HazardPolygon],
    *,
    district: str = "",
) -> bytes | None:
    """The map of a plan as SVG; `district` alone with its shelters, numbered as in its table, where it is named. None
    where nothing has a place.

    Lines are as thick as many people go: dark within a town, orange across a border. A red ring: people without a
    place.
    """
    rows = [each for each in content["districts"] if not district or each["district"] == district]
    goals = {part["shelter"] for row in rows for part in row["parts"]}
    sites = [each for each in content["shelters"] if each["shelter"] in goals]
    if district:
        order = {part["shelter"]: at for row in rows for at, part in enumerate(row["parts"])}
        sites.sort(key=lambda each: order[each["shelter"]])
    places = [
        Place((row["longitude"], row["latitude"]), "district", row["name"], look="") for row in rows
    ] + [Place((each["longitude"], each["latitude"]), "shelter", each["name"]) for each in sites]
    if not places:
        return None
    areas = [Area(shape, "is-town", name=known.names[code]) for code, shape in known.shapes.items()]
    areas += [Area(each.geometry, depth_look(each)[0]) for each in polygons]
    around = (
        [_around(place.at) for place in places]
        if district or not known.shapes
        else list(known.shapes.values())
    )
    if not district:
        around += [_around(place.at) for place in places]
    found = drawn("避難先の割当の地図", areas, places, focus=around)
    if found is None or len(found.places) != len(places):
        return None
    at = {row["district"]: found.places[n] for n, row in enumerate(rows)}
    to = {each["shelter"]: found.places[len(rows) + n] for n, each in enumerate(sites)}
    lines = [
        (at[row["district"]], to[part["shelter"]], part["people"], part["town"] != row["town"])
        for row in rows
        for part in row["parts"]
    ]
    return _svg(found, lines, rows, named=bool(district)).encode()


def _around(at: tuple[float, float]) -> Mapping[str, Any]:
    # A point is an area without extent.
    return {"type": "Polygon", "coordinates": [[at, at, at, at]]}


def _svg(found: Map, lines: Sequence[tuple[Any, Any, int, bool]], rows: Sequence[Any], *, named: bool) -> str:
    most = max((people for _, _, people, _ in lines), default=1)
    legend = [("避難元の地区", "district"), ("避難先", "shelter")]
    height = found.height + 2 * _LEGEND_LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {found.width} {height}" width="{found.width}" '
        f'height="{height}" role="img" aria-label={quoteattr(found.alt)} font-family={quoteattr(_FONT)}>',
        f'<rect width="{found.width}" height="{height}" fill="#ffffff"/>',
        f'<clipPath id="m"><rect width="{found.width}" height="{found.height}"/></clipPath><g clip-path="url(#m)">',
    ]
    for area in found.areas:
        if area.look == "is-town":
            parts.append(
                f'<path d="{area.path}" fill="#f8f8fb" stroke="#767676" stroke-width="1.2" fill-rule="evenodd"/>'
            )
        else:
            fill = _FILLS.get(area.look, "#ffe8a3")
            parts.append(f'<path d="{area.path}" fill="{fill}" fill-opacity="0.8" fill-rule="evenodd"/>')
    for start, end, people, across in sorted(lines, key=lambda line: -line[2]):
        wide = round(0.8 + 4 * sqrt(people / most), 1)
        colour = _ACROSS if across else _WITHIN
        parts.append(
            f'<path d="M{start.x} {start.y}L{end.x} {end.y}" stroke="{colour}" stroke-width="{wide}" '
            f'stroke-opacity="0.75" fill="none"/>{_arrow(start, end, wide, colour)}'
        )
    for x, y, name in found.names:
        parts.append(_text(x, y, name, size=18, weight=700, fill="#666666", anchor="middle"))
    for row, place in zip(rows, found.places, strict=False):
        if row["unplaced"]:
            parts.append(
                f'<circle cx="{place.x}" cy="{place.y}" r="12" fill="none" stroke="{_NOBODY}" stroke-width="3"/>'
            )
    for place in found.places:
        is_district = "is-district" in place.look
        fill = "#1a1a1a" if is_district else "#197a4b"
        parts.append(
            f'<path transform="translate({place.x} {place.y})" d="{place.path}" fill="{fill}" stroke="#ffffff" '
            f'stroke-width="1.2"><title>{escape(place.title)}</title></path>'
        )
    if named:
        parts += [_numbered(place, at) for at, place in enumerate(found.places[len(rows) :], 1)]
        first = found.places[0]
        parts.append(_text(first.x + 11, first.y + 5, first.title, size=15, weight=700, fill="#1a1a1a"))
    parts.append("</g>")
    parts.append(
        f'<path transform="translate(16 {found.scale_y})" d="M0-6v6h{found.scale:g}v-6" fill="none" stroke="#333333" '
        f'stroke-width="2"/>{_text(22 + found.scale, found.scale_y, found.scale_km, size=15, fill="#333333")}'
    )
    y, x = found.height + _LEGEND_LINE, 16.0
    for words, sign in legend:
        fill = "#1a1a1a" if sign == "district" else "#197a4b"
        parts.append(f'<path transform="translate({x} {y - 5})" d="{SIGNS[sign]}" fill="{fill}"/>')
        parts.append(_text(x + 13, y, words, size=15, fill="#1a1a1a"))
        x += 40 + 15 * len(words)
    for words, colour in (("同じ市町村の中", _WITHIN), ("市町村の境を越える", _ACROSS)):
        parts.append(f'<path d="M{x} {y - 5}h28" stroke="{colour}" stroke-width="4"/>')
        parts.append(_text(x + 34, y, words, size=15, fill="#1a1a1a"))
        x += 58 + 15 * len(words)
    parts.append(f'<circle cx="{x + 4}" cy="{y - 5}" r="8" fill="none" stroke="{_NOBODY}" stroke-width="3"/>')
    parts.append(_text(x + 18, y, "避難所に入れない人がいる地区", size=15, fill="#1a1a1a"))
    parts.append("</svg>")
    return "".join(parts)


def _numbered(place: DrawnPlace, number: int) -> str:
    """A shelter with its number in the district's table."""
    return (
        f'<circle cx="{place.x}" cy="{place.y}" r="10" fill="#197a4b" stroke="#ffffff" stroke-width="1.5"/>'
        f'<text x="{place.x}" y="{place.y + 4.5:g}" font-size="12" font-weight="700" fill="#ffffff" '
        f'text-anchor="middle">{number}</text>'
    )


def _text(
    x: float, y: float, words: str, *, size: int, fill: str, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}" '
        f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{escape(words)}</text>'
    )


def _arrow(start: Any, end: Any, wide: float, colour: str) -> str:
    """A head in the middle of a line, that shows the way."""
    angle = atan2(end.y - start.y, end.x - start.x)
    length, half = 5 + 1.6 * wide, 2.5 + wide
    x, y = (start.x + end.x) / 2, (start.y + end.y) / 2
    points = [
        (x + length * cos(angle), y + length * sin(angle)),
        (x - half * sin(angle), y + half * cos(angle)),
        (x + half * sin(angle), y - half * cos(angle)),
    ]
    said = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return f'<polygon points="{said}" fill="{colour}"/>'


def receiving_chart(content: Mapping[str, Any]) -> Chart | None:
    """How the usable places of each town are taken: by its own people, by others, free."""
    rows = [each for each in content["receiving"] if each["capacity"]]
    if not rows:
        return None
    return shares(
        "市町村ごとの避難所の使われ方",
        [each["name"] for each in rows],
        {
            "自市町村の人": [each["own"] for each in rows],
            "ほかの市町村の人": [each["others"] for each in rows],
            "空き": [each["free"] for each in rows],
        },
    )


def unplaced_chart(content: Mapping[str, Any]) -> Chart | None:
    """The districts with people who find no place; None where all find one."""
    rows = sorted(
        (each for each in content["districts"] if each["unplaced"]), key=lambda each: -each["unplaced"]
    )[:20]
    if not rows:
        return None
    return bars(
        "避難所に入れない人", "人", [each["name"] for each in rows], [each["unplaced"] for each in rows]
    )

"""What the maps of places show: towns beneath, then hazards or districts, shelters on top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from .maps import Area, Map, Place, drawn
from .models import District, HazardPolygon, Shelter
from .queries.hazards import TownShapes

#: Ranks of the depth of a flood (浸水深ランク), by their upper limits in metres, as hazard maps colour them.
DEPTHS: Final = (
    (Decimal("0.5"), "is-depth-1", "0.5m未満"),
    (Decimal(3), "is-depth-2", "0.5～3m"),
    (Decimal(5), "is-depth-3", "3～5m"),
    (Decimal(10), "is-depth-4", "5～10m"),
    (Decimal(20), "is-depth-5", "10～20m"),
)
DEEPEST: Final = ("is-depth-6", "20m以上")
ZONE: Final = ("is-zone", "浸水深のない区域")
SHELTER_SIGNS: Final = {
    "both": "避難所・緊急避難場所",
    "shelter": "避難所",
    "site": "緊急避難場所",
    "welfare": "福祉避難所",
    "other": "指定のない場所",
}


def depth_look(polygon: HazardPolygon) -> tuple[str, str]:
    """The class of a polygon's look, and what the legend calls it; an open class counts from its lower limit."""
    if polygon.depth is None:
        return ZONE
    is_open = polygon.depth_from is not None and polygon.depth_from == polygon.depth
    for limit, look, words in DEPTHS:
        if polygon.depth < limit or (polygon.depth == limit and not is_open):
            return look, words
    return DEEPEST


def sign_of(shelter: Shelter) -> str:
    """The sign of a shelter on a map."""
    if shelter.is_welfare:
        return "welfare"
    if shelter.is_site and shelter.is_shelter:
        return "both"
    return "shelter" if shelter.is_shelter else "site" if shelter.is_site else "other"


def shelter_map(
    alt: str,
    known: TownShapes,
    shelters: Sequence[Shelter],
    *,
    town: str = "",
    polygons: Sequence[HazardPolygon] = (),
) -> Map | None:
    """Shelters within their towns, over the polygons of a hazard; fitted to one town where it is named, to the
    polygons where there are any."""
    focus = [known.shapes[town]] if town in known.shapes else []
    if polygons and not town:
        focus = [each.geometry for each in polygons]
    areas = [*_towns(known), *(_hazard(each) for each in polygons)]
    places = [_place(each) for each in shelters if each.latitude is not None and each.longitude is not None]
    signs = [(key, words) for key, words in SHELTER_SIGNS.items() if any(p.sign == key for p in places)]
    return drawn(alt, areas, places, focus=focus, signs=signs)


def district_map(
    alt: str,
    known: TownShapes,
    districts: Sequence[District],
    *,
    town: str = "",
    polygons: Sequence[HazardPolygon] = (),
) -> Map | None:
    """Districts within their towns, those for wide-area evacuation marked; without a shape a sign at their point."""
    focus = [known.shapes[town]] if town in known.shapes else []
    areas = [*_towns(known), *(_hazard(each) for each in polygons)]
    areas += [
        Area(each.geometry, _target(each), _told(each), each.get_absolute_url())
        for each in districts
        if each.geometry
    ]
    places = [
        Place(
            (float(each.longitude), float(each.latitude)),
            "district",
            _told(each),
            each.get_absolute_url(),
            "is-target" if each.target else "",
        )
        for each in districts
        if not each.geometry and each.latitude is not None and each.longitude is not None
    ]
    return drawn(alt, areas, places, focus=focus, signs=[("district", "地区")] if places else [])


def legend_of(polygons: Iterable[HazardPolygon]) -> list[tuple[str, str, int]]:
    """The looks that are on the map, from shallow to deep, with the number of polygons of each."""
    order = [*((look, words) for _, look, words in DEPTHS), DEEPEST, ZONE]
    numbers: dict[tuple[str, str], int] = {}
    for each in polygons:
        key = depth_look(each)
        numbers[key] = numbers.get(key, 0) + 1
    return [(look, words, numbers[look, words]) for look, words in order if (look, words) in numbers]


def _towns(known: TownShapes) -> list[Area]:
    return [Area(shape, "is-town", name=known.names[code]) for code, shape in known.shapes.items()]


def _hazard(polygon: HazardPolygon) -> Area:
    look, words = depth_look(polygon)
    return Area(
        polygon.geometry, f"is-hazard {look}", " ".join(dict.fromkeys((polygon.label, words))).strip()
    )


def _place(shelter: Shelter) -> Place:
    assert shelter.latitude is not None and shelter.longitude is not None  # noqa: PT018
    words = SHELTER_SIGNS[sign_of(shelter)]
    return Place(
        (float(shelter.longitude), float(shelter.latitude)),
        sign_of(shelter),
        f"{shelter.name}（{shelter.municipality.name}、{words}）",
        shelter.get_absolute_url(),
        "is-ended" if shelter.ended_on else "",
    )


def _target(district: District) -> str:
    return "is-district is-target" if district.target else "is-district"


def _told(district: District) -> str:
    words = "、広域避難の対象" if district.target else ""
    return f"{district.name}（{district.municipality.name}、{district.residents:,}人{words}）"

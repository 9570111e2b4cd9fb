"""Where the members lie, as far as the store knows: their newest borders, a city's wards joined to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keniki.apps.regions.policies import today
from keniki.press.maps import joined
from keniki.rulebooks.regions import prefectures

from ..models import Area, Boundary, Edition

if TYPE_CHECKING:
    from .holdings import Place


@dataclass(frozen=True)
class Borders:
    """Shapes (GeoJSON, degrees) by code, the editions they are of, the members that have none."""

    shapes: Mapping[str, Mapping[str, Any]]
    editions: tuple[Edition, ...]
    lacking: tuple[Place, ...]

    @property
    def remark(self) -> str:
        """Who is not on the map; empty where everybody is, and where there is no map."""
        if not self.lacking or not self.shapes:
            return ""
        return f"地図に境界のない市町村：{'、'.join(place.name for place in self.lacking)}。"

    @property
    def what_to_load(self) -> str:
        """Which files bring the borders that are missing; empty where none is."""
        lacking = {place.prefecture for place in self.lacking}
        names = [row.name for row in prefectures(today()) if row.number in lacking]
        if not names:
            return ""
        whose = "、".join(place.name for place in self.lacking) if self.shapes else "市町村"
        return (
            f"{whose}の境界がありません。国土交通省「国土数値情報 行政区域データ（N03）」の{'・'.join(names)}の"
            "GeoJSONファイルを読み込んでください。"
        )


def borders_of(members: Sequence[Place], editions: Mapping[int, Edition]) -> Borders:
    """The borders of the newest edition that has every member, else each member's newest.

    A designated city has no border of its own in N03: its wards are joined, where the city itself has none.
    """
    areas = dict(
        Area.objects.filter(
            kind=Area.Kind.MUNICIPALITY, code__in=[place.code for place in members]
        ).values_list("pk", "code")
    )
    wards = _wards(members)
    cities: dict[int, dict[str, list[int]]] = defaultdict(dict)
    parts: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for edition, area, pk in Boundary.objects.filter(
        area__in=[*areas, *wards], edition__in=list(editions)
    ).values_list("edition_id", "area_id", "pk"):
        if area in areas:
            cities[edition][areas[area]] = [pk]
        else:
            parts[edition][wards[area]].append(pk)
    held = {edition: {**parts[edition], **cities[edition]} for edition in {*parts, *cities}}
    newest = sorted(held, key=lambda pk: (_day(editions[pk]), editions[pk].imported_at), reverse=True)
    whole = [pk for pk in newest if len(held[pk]) == len(members)]
    chosen: dict[str, tuple[int, list[int]]] = {}
    for edition in whole[:1] or newest:
        for code, pks in held[edition].items():
            chosen.setdefault(code, (edition, pks))
    shapes = Boundary.objects.in_bulk([pk for _, pks in chosen.values() for pk in pks])
    used = {edition for edition, _ in chosen.values()}
    return Borders(
        {code: _one([shapes[pk].geometry for pk in pks]) for code, (_, pks) in chosen.items()},
        tuple(editions[pk] for pk in newest if pk in used),
        tuple(place for place in members if place.code not in chosen),
    )


def _day(edition: Edition) -> str:
    """The day or year the borders are of, as it sorts."""
    return edition.surveyed or (edition.published_on.isoformat() if edition.published_on else "")


def _wards(members: Sequence[Place]) -> dict[int, str]:
    """The wards of the members that are designated cities, each with its city's code."""
    cities = [place for place in members if place.name.endswith("市")]
    if not cities:
        return {}
    return {
        pk: place.code
        for pk, code, name in Area.objects.filter(kind=Area.Kind.WARD).values_list("pk", "code", "name")
        for place in cities
        if code[:2] == place.prefecture and name.startswith(place.name)
    }


def _one(geometries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return geometries[0] if len(geometries) == 1 else joined(geometries)

"""Boundaries of municipalities: N03 (国土数値情報 行政区域データ) as GeoJSON, one shape per code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from keniki.core.era import format_year_with_western
from keniki.core.errors import WrongInput

from .areas import Places, area_of
from .base import AreaKey, EditionSpec, Parsed, RawBytes, Reader, Rejected
from .cells import FIRST_YEAR, LAST_YEAR, year_in_name
from .simplify import Geometry, Ring, simplify
from .sources import source_named

__all__ = ["DECIMALS", "KIND", "READER", "knows", "read", "simplify"]

KIND: Final = "n03"
SOURCE: Final = "n03"
#: Of degrees: about a metre.
DECIMALS: Final = 5
#: Degrees within which 日本 lies with all its islands.
LONGITUDES, LATITUDES = (122.0, 154.5), (20.0, 46.0)
UNASSIGNED: Final = "所属未定地"


def knows(file: RawBytes) -> float:
    """Sure of GeoJSON whose first features carry N03 codes."""
    start = file.content[:200_000]
    if b'"FeatureCollection"' not in start or b'"features"' not in start:
        return 0.0
    return 0.95 if b'"N03_007"' in start else 0.3


def read(file: RawBytes) -> Parsed:
    """Areas and their shapes, several polygons of one code joined; features that cannot be taken are rejected.

    A rejected feature's row is its number among the features, from 1. WrongInput where the file is no GeoJSON or
    no feature has a code.
    """
    content = _load(file)
    found = _Reading()
    features = content["features"]
    for number in range(len(features)):
        # Each feature is let go once it is read: a prefecture in full has millions of points.
        feature, features[number] = features[number], None
        found.take(number + 1, feature)
    if not found.coded:
        raise WrongInput(
            "どの区域にも行政区域コード（N03_007）がありません。国土数値情報の行政区域データ（N03）の"
            "GeoJSONファイルを選んでください。",
            file=file.name,
            column="N03_007",
        )
    return found.parsed(file, _when(content.get("name"), file.name))


def _load(file: RawBytes) -> dict[str, Any]:
    try:
        content = json.loads(file.content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise WrongInput(
            "文字コードがUTF-8ではありません。UTF-8のGeoJSONファイルを選んでください。", file=file.name
        ) from None
    except json.JSONDecodeError as error:
        raise WrongInput(
            f"JSONとして読めません（{error.lineno}行目の{error.colno}文字目）。"
            "ファイルが途中で切れていないか確かめ、ダウンロードし直してください。",
            file=file.name,
            row=error.lineno,
        ) from None
    except RecursionError:
        raise WrongInput("JSONの入れ子が深すぎます。", file=file.name) from None
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise WrongInput(
            "GeoJSONの FeatureCollection ではありません。N03のGeoJSONファイルを選んでください。",
            file=file.name,
        )
    return content


def _when(name: object, file: str) -> str:
    """`2021-01-01` or `2021`: of the layer's name (`N03-21_210101`), else of the file's; empty where neither says."""
    for text in (name, file):
        if not isinstance(text, str):
            continue
        if found := _LONG_DATE.search(text) or _SHORT_DATE.search(text):
            year = int(found[1]) if len(found[1]) == 4 else 2000 + int(found[1])
            if FIRST_YEAR <= year <= LAST_YEAR:
                return f"{year}-{found[2]}-{found[3]}"
    named = year_in_name(file)
    return str(named) if named else ""


_DAY = r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)"
_LONG_DATE = re.compile(rf"(?<!\d)((?:19|20)\d\d){_DAY}")
_SHORT_DATE = re.compile(rf"(?:^|[_-])(\d\d){_DAY}")


class _Reading:
    """Areas and polygons found so far."""

    def __init__(self) -> None:
        self.places = Places()
        self.polygons: dict[int, list[list[Ring]]] = {}
        self.names: dict[int, str] = {}
        self.labels: dict[int, str] = {}
        self.rejected: list[Rejected] = []
        self.coded = self.unassigned = self.too_small = 0

    def take(self, number: int, feature: object) -> None:
        """Add a feature to its area, or reject it."""
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(feature, dict) or not isinstance(properties, dict):
            self._reject(number, "", "区域（Feature）の形になっていません。", {})
            return
        code = properties.get("N03_007")
        if code is None or not str(code).strip():
            if UNASSIGNED in (properties.get("N03_004"), properties.get("N03_003")):
                self.unassigned += 1
            else:
                self._reject(number, "N03_007", "行政区域コードがありません。", properties)
            return
        self.coded += 1
        try:
            area = area_of(str(code), _name(properties))
        except WrongInput as wrong:
            self._reject(number, "N03_007", wrong.message, properties)
            return
        if area.kind not in ("municipality", "ward"):
            self._reject(number, "N03_007", "市区町村のコードではありません。", properties)
            return
        polygons = _polygons(feature.get("geometry"))
        if isinstance(polygons, str):
            self._reject(number, "geometry", polygons, properties)
            return
        self._add(number, area, polygons, properties)

    def _add(
        self, number: int, area: AreaKey, polygons: list[list[Ring]], properties: Mapping[str, Any]
    ) -> None:
        place = self.places.number(area)
        known = self.names.setdefault(place, area.name)
        if area.name not in (known, area.code):
            reason = f"コード {area.code} の名称が「{known}」と「{area.name}」の2とおりあります。"
            self._reject(number, "N03_004", reason, properties)
            return
        self.labels[number] = area.name
        kept = [rounded for polygon in polygons if (rounded := _rounded(polygon))]
        self.too_small += len(polygons) - len(kept)
        self.polygons.setdefault(place, []).extend(kept)

    def _reject(self, number: int, column: str, reason: str, properties: Mapping[str, Any]) -> None:
        raw = tuple(f"{key}={value}" for key, value in properties.items())
        self.rejected.append(Rejected(number, column, reason, raw))

    def parsed(self, file: RawBytes, when: str) -> Parsed:
        """What was read, of the edition of this day or year."""
        source = source_named(SOURCE, "国土数値情報 行政区域データ（N03）")
        year = f"{when}時点" if "-" in when else format_year_with_western(int(when)) if when else ""
        title = f"国土数値情報 行政区域データ {year}".strip()
        key = when or f"file-{file.name}"[:120]
        parsed = Parsed(
            KIND,
            file,
            source,
            EditionSpec(key, title, table="N03", table_title="行政区域", surveyed=when),
            area_keys=self.places.keys,
            row_labels=self.labels,
            shapes={
                place: {"type": "MultiPolygon", "coordinates": polygons}
                for place, polygons in self.polygons.items()
                if polygons
            },
            rejected=self.rejected,
        )
        if not when:
            parsed.notes.append("いつの区域か、ファイルからもファイル名からも分かりません。")
        if self.unassigned:
            parsed.notes.append(f"所属未定地 {self.unassigned}区域は登録しません。")
        if self.too_small:
            parsed.notes.append(f"約1 m より小さい島など {self.too_small}か所は登録しません。")
        return parsed


def _name(properties: Mapping[str, Any]) -> str:
    """`札幌市中央区`, `南幌町`: a ward with its city, other names without their county.

    Until 2023 a designated city stood in N03_003 and its ward in N03_004; since then they are in N03_004 and N03_005.
    """
    above, own, ward = (str(properties.get(f"N03_00{number}") or "").strip() for number in (3, 4, 5))
    if ward:
        return f"{own}{ward}"
    return f"{above}{own}" if above.endswith("市") and own.endswith("区") else own


def _polygons(geometry: object) -> list[list[Ring]] | str:
    """The polygons of a geometry, each as its rings, or what is wrong with it."""
    if not isinstance(geometry, dict):
        return "形（geometry）がありません。"
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        return f"形の種類が「{kind}」です。Polygon か MultiPolygon にしてください。"
    written = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(written, list) or not written:
        return "形に座標がありません。"
    polygons = []
    for polygon in written:
        if not isinstance(polygon, list) or not polygon:
            return "形に座標がありません。"
        rings = []
        for ring in polygon:
            read = _ring(ring)
            if isinstance(read, str):
                return read
            rings.append(read)
        polygons.append(rings)
    return polygons


def _ring(points: object) -> Ring | str:
    if not isinstance(points, list) or len(points) < 4:
        return "境界線の点が4つより少なく、面になりません。"
    ring: Ring = []
    for point in points:
        if not isinstance(point, list) or len(point) < 2 or not all(_is_number(each) for each in point[:2]):
            return "境界線の座標が数値ではありません。"
        longitude, latitude = float(point[0]), float(point[1])
        if not (LONGITUDES[0] <= longitude <= LONGITUDES[1] and LATITUDES[0] <= latitude <= LATITUDES[1]):
            return (
                f"座標（{longitude:g}, {latitude:g}）が日本の範囲にありません。"
                "経度・緯度（度）の順で書かれているか確かめてください。"
            )
        ring.append((longitude, latitude))
    if ring[0] != ring[-1]:
        return "境界線が閉じていません（最初の点と最後の点が違います）。"
    return ring


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _rounded(polygon: Sequence[Ring]) -> list[Ring]:
    """The polygon in `DECIMALS` without points that fall together; rings that vanish are left out, empty for all."""
    rings = []
    for position, ring in enumerate(polygon):
        points: Ring = []
        for longitude, latitude in ring:
            point = (round(longitude, DECIMALS), round(latitude, DECIMALS))
            if not points or points[-1] != point:
                points.append(point)
        if len(points) >= 4:
            rings.append(points)
        elif position == 0:
            return []
    return rings


def shapes_of(parsed: Parsed) -> dict[str, Geometry]:
    """The shapes by six-digit code."""
    return {parsed.area_keys[number].code: shape for number, shape in parsed.shapes.items()}


READER: Final = Reader(KIND, "行政区域の境界（国土数値情報 N03、GeoJSON）", knows, read)

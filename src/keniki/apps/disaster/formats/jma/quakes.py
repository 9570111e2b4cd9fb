"""An earthquake (震源・震度に関する情報): where it was, and the intensity in each municipality."""

from __future__ import annotations

import re
from typing import Final

from ..xml_reading import Node
from .context import Context, Found
from .moments import moment
from .rows import Quake, Shaking

#: Intensities (震度階級) as telegrams write them, the least first.
INTENSITIES: Final = ("0", "1", "2", "3", "4", "5-", "5+", "6-", "6+", "7")


def read_quake(body: Node, event_id: str, context: Context, found: Found) -> Quake:
    """The earthquake; municipalities with the greatest intensity first, then as the telegram has them."""
    earthquake = body.first("Earthquake")
    observation = body.first("Intensity/Observation")
    shakings = _shakings(observation, context, found) if observation is not None else []
    shakings.sort(key=lambda each: -INTENSITIES.index(each.intensity))
    magnitude = earthquake.first("Magnitude") if earthquake is not None else None
    return Quake(
        event_id=event_id,
        origin_at=moment(earthquake.said("OriginTime")) if earthquake is not None else None,
        place=earthquake.said("Hypocenter/Area/Name") if earthquake is not None else "",
        magnitude=_magnitude(magnitude),
        greatest=observation.said("MaxInt") if observation is not None else "",
        comment=body.said("Comments/ForecastComment/Text"),
        shakings=tuple(shakings),
    )


def _shakings(observation: Node, context: Context, found: Found) -> list[Shaking]:
    rows = []
    for city in observation.within("City"):
        code = city.said("Code")
        municipality = context.municipality(code)
        if not _CITY.fullmatch(code):
            found.problem(city, "Code", f"市町村等のコード「{code[:20]}」は読めません。")
            continue
        if not municipality:
            continue
        told, condition = city.said("MaxInt"), city.said("Condition")
        waits = "未入電" in condition
        if not told and waits:
            told = "5-"
        if told not in INTENSITIES:
            found.problem(city, "MaxInt", f"{city.said('Name')[:30]}の震度「{told[:20]}」は読めません。")
            continue
        rows.append(Shaking(code, city.said("Name"), municipality, told, waits and not city.said("MaxInt")))
    return rows


def _magnitude(node: Node | None) -> str:
    """The magnitude as written; one that could not be reckoned has only words (Ｍ不明)."""
    if node is None:
        return ""
    return node.text if _NUMBER.fullmatch(node.text) else node.attributes.get("description", "")


_CITY: Final = re.compile(r"[0-9]{7}")
_NUMBER: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")

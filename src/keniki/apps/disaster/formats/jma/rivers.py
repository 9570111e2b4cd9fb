"""Forecasts of rivers (指定河川洪水予報, 水位周知河川に関する情報): levels for the municipalities along them."""

from __future__ import annotations

import re
from typing import Final

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import Code, State

from ..xml_reading import Node
from .context import Context, Found
from .rows import AreaWarning, Told
from .weather import level_in

#: The parts of the headline that name sections, the first one there counts; else rivers.
SECTIONS: Final = ("指定河川洪水予報（予報区域）", "指定河川洪水予報（河川）", "水位周知河川に関する情報")
#: Items of the body that name places where water is expected.
PLACES: Final = "浸水想定地区"


def read_rivers(head: Node, body: Node, context: Context) -> Found:
    """The levels of the river's sections for each municipality: those the telegram names as places of inundation, and
    those known along the section. A section without any wanted municipality is told as a problem, unless the telegram
    names other places, and stands with an empty municipality.
    """
    found = Found()
    headline = head.first("Headline")
    sections = _sections(headline) if headline is not None else []
    if not sections:
        raise WrongInput("電文に予報区域がありません。", file=context.file, row=head.row, column="Headline")
    named = _places(body, context)
    for item in sections:
        kind = item.first("Kind")
        read = _kind(kind, context, found) if kind is not None else None
        if kind is None or read is None:
            if kind is None:
                found.problem(item, "Kind", "予報区域に種別がありません。")
            continue
        for area in (area for areas in item.all("Areas") for area in areas.all("Area")):
            _section(area, kind, read, named, context, found)
    return found


def _sections(headline: Node) -> list[Node]:
    for section in SECTIONS:
        parts = [
            part
            for part in headline.all("Information")
            if part.attributes.get("type", "").startswith(section)
        ]
        items = [item for part in parts for item in part.all("Item")]
        if items:
            return items
    return []


def _places(body: Node, context: Context) -> tuple[set[str], bool]:
    """The municipalities where water is expected that are wanted, and whether the telegram names any at all."""
    wanted: set[str] = set()
    any_named = False
    for section in body.all("Warning"):
        for item in section.all("Item"):
            if not any(_is_place(kind) for kind in item.all("Kind")) and PLACES not in section.attributes.get(
                "type", ""
            ):
                continue
            for area in item.within("Area"):
                code = area.said("CityCode")
                if not _CITY.fullmatch(code):
                    continue
                any_named = True
                seven = f"{code[:5]}00"
                municipality = context.municipality(seven)
                if municipality:
                    wanted.add(municipality)
    return wanted, any_named


def _is_place(kind: Node) -> bool:
    types = [kind.said("Name"), *(part.said("Type") for part in kind.all("Property"))]
    return any(text.startswith(PLACES) for text in types)


def _kind(kind: Node, context: Context, found: Found) -> tuple[Code | None, int | None, State] | None:
    """The rule's row where there is one, the level, the state; None, and a problem, where it says neither."""
    code, name = kind.said("Code"), kind.said("Name")
    row = context.codes.get(code)
    written = level_in(name)
    lifted = "解除" in name and "（" not in name
    if row is None:
        if written is None and not lifted:
            found.problem(kind, "Code", f"種別のコード「{code[:20]}」（{name[:30]}）は規則にありません。")
            return None
        return None, None if lifted else written, "lifted" if lifted else "issued"
    if written is None or row.level is None or written == row.level:
        return row, row.level, row.state or "issued"
    found.problem(
        kind, "Name", f"名称「{name[:30]}」のレベルがコード {code} のレベルと違います。高い方とします。"
    )
    return row, max(written, row.level), row.state or "issued"


def _section(
    area: Node,
    kind: Node,
    read: tuple[Code | None, int | None, State],
    named: tuple[set[str], bool],
    context: Context,
    found: Found,
) -> None:
    row, level, state = read
    code, name = area.said("Code"), area.said("Name")
    if not _RIVER.fullmatch(code):
        found.problem(area, "Code", f"予報区域のコード「{code[:20]}」は読めません。")
        return
    phenomenon = f"river:{code}"
    places, any_named = named
    along = {town for town in context.rivers.get(code, ()) if not context.members or town in context.members}
    towns = sorted(places | along)
    found.told.append(Told(code, phenomenon, context.issued_at))
    if state == "lifted":
        return
    if not towns:
        if any_named or code in context.rivers:
            return
        found.problem(
            area,
            "Area",
            f"予報区域「{name[:40]}」（{code}）に沿う市町村が分かりません。電文を見て判断してください。",
        )
        towns = [""]
    for town in towns:
        found.warnings.append(
            AreaWarning(
                mode=context.mode,
                telegram=context.telegram,
                area_code=code,
                area_name=name,
                municipality=town,
                is_part=False,
                phenomenon=phenomenon,
                code=kind.said("Code"),
                title=kind.said("Name"),
                grade=row.grade if row is not None else None,
                level=level,
                state=state,
                issued_at=context.issued_at,
                office=context.office,
                condition=kind.said("Condition"),
            )
        )


_CITY: Final = re.compile(r"[0-9]{5,7}")
_RIVER: Final = re.compile(r"[0-9]{6,14}")

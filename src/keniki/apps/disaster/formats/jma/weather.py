"""Warnings and advisories (気象警報・注意報) and landslide information (土砂災害警戒情報) by municipality."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import Code, Codes, State

from ..xml_reading import Node
from .areas import is_part
from .context import Context, Found
from .moments import moment
from .rows import AreaWarning, Told

MUNICIPAL: Final = "気象警報・注意報（市町村等）"
LANDSLIDE: Final = "土砂災害警戒情報"
#: What a Kind's Status says: a downgrade names the kind that holds from now on.
STATES: Final[dict[str, State]] = {
    "発表": "issued",
    "継続": "continued",
    "解除": "lifted",
    **dict.fromkeys(
        (
            *("特別警報から危険警報", "特別警報から警報", "特別警報から注意報"),
            *("危険警報から警報", "危険警報から注意報", "警報から注意報"),
        ),
        "issued",
    ),
}
NONE: Final = ("発表警報・注意報はなし", "なし")


def read_weather(body: Node, context: Context) -> Found:
    """The warnings of each municipality or part of one; WrongInput where the telegram has no such section."""
    codes, found = context.codes, Found()
    for item, code, name, municipality in _areas(body, MUNICIPAL, context, found):
        at: dict[str, datetime] = {}
        readable = True
        for kind in item.all("Kind"):
            said = kind.said("Status")
            if said in NONE or (kind.said("Code") == "00" and not context.rule.collects):
                continue
            read = _kind(kind, code, name, municipality, codes, context, found)
            if read is None:
                readable = False
                continue
            at[read.phenomenon] = max(read.issued_at, at.get(read.phenomenon, read.issued_at))
            if read.state != "lifted":
                found.warnings.append(read)
        found.told.extend(_told(code, at, codes, context, complete=readable))
    return found


def read_landslides(body: Node, context: Context) -> Found:
    """Where landslides threaten, by municipality."""
    codes, found = context.codes, Found()
    row = codes.rows[0]
    for item, code, name, municipality in _areas(body, LANDSLIDE, context, found):
        kind = item.first("Kind")
        said, status = (kind.said("Name"), kind.said("Status")) if kind is not None else ("", "")
        lifted = said in ("解除", "なし") or status in ("解除", *NONE)
        if not lifted and (said not in ("警戒", row.name) or status not in STATES):
            found.problem(item, "Kind", f"種別「{said[:20]}」・状態「{status[:20]}」は読めません。")
            continue
        replaced = codes.is_replaced(row.phenomenon)
        found.told.append(Told(code, row.phenomenon, context.issued_at, replaced))
        if not lifted:
            found.warnings.append(_warning(row, codes, context, code, name, municipality, status, row.name))
    return found


def level_in(title: str) -> int | None:
    """The level a name begins with, None where it names none.

    >>> level_in("レベル４大雨危険警報"), level_in("暴風警報")
    (4, None)
    """
    found = _LEVEL.match(plain(title))
    return int(found[1]) if found is not None else None


def _areas(body: Node, section: str, context: Context, found: Found) -> list[tuple[Node, str, str, str]]:
    """The items of a section that are about wanted municipalities: element, area's code and name, municipality."""
    sections = [each for each in body.all("Warning") if each.attributes.get("type") == section]
    if len(sections) != 1:
        raise WrongInput(
            f"電文に「{section}」の部分が{len(sections)}個あります（1個のはずです）。",
            file=context.file,
            row=body.row,
            column="Warning",
        )
    wanted = []
    for item in sections[0].all("Item"):
        area = item.first("Area")
        code = area.said("Code") if area is not None else ""
        if not _CITY.fullmatch(code):
            found.problem(
                item, "Area", f"区域のコード「{code[:20]}」は市町村等のコード（7桁）ではありません。"
            )
            continue
        municipality = context.municipality(code)
        if municipality and area is not None:
            wanted.append((item, code, area.said("Name"), municipality))
    return wanted


def _kind(
    kind: Node, code: str, name: str, municipality: str, codes: Codes, context: Context, found: Found
) -> AreaWarning | None:
    """One kind of an area; None, and a problem, where it cannot be read."""
    title, number, status = kind.said("Name"), kind.said("Code"), kind.said("Status")
    if status not in STATES:
        found.problem(kind, "Status", f"{name}の「{title[:30]}」の状態「{status[:20]}」は読めません。")
        return None
    row = codes.get(number)
    if row is None:
        return _unknown(kind, code, name, municipality, context, found)
    if row.phenomenon not in context.rule.phenomena:
        found.problem(kind, "Code", f"コード {number} はこの種類の電文（{context.telegram}）にないはずです。")
    condition = kind.said("Condition")
    read = _at(_warning(row, codes, context, code, name, municipality, status, title, condition), kind)
    written = level_in(title)
    if written is None or row.level is None or written == row.level:
        return read
    found.problem(
        kind, "Name", f"名称「{title[:30]}」のレベルがコード {number} のレベルと違います。高い方とします。"
    )
    return replace(read, level=max(written, row.level))


def _unknown(
    kind: Node, code: str, name: str, municipality: str, context: Context, found: Found
) -> AreaWarning | None:
    """A kind the rulebook does not know: kept with its own words, so that no warning is lost, and told."""
    title, number, status = kind.said("Name"), kind.said("Code"), kind.said("Status")
    found.problem(kind, "Code", f"種別のコード「{number[:20]}」（{title[:30]}）は規則にありません。")
    if not title or not _CODE.fullmatch(number):
        return None
    state = STATES[status]
    return _at(
        AreaWarning(
            mode=context.mode,
            telegram=context.telegram,
            area_code=code,
            area_name=name,
            municipality=municipality,
            is_part=is_part(code),
            phenomenon=f"unknown:{context.telegram}",
            code=number,
            title=title,
            grade=None,
            level=level_in(title),
            state=state,
            issued_at=context.issued_at,
            office=context.office,
            condition=kind.said("Condition"),
            change="" if state == "lifted" or status in ("発表", "継続") else status,
        ),
        kind,
    )


def _warning(
    row: Code,
    codes: Codes,
    context: Context,
    code: str,
    name: str,
    municipality: str,
    status: str,
    title: str,
    condition: str = "",
) -> AreaWarning:
    level = row.level if not row.only_if or row.only_if in condition else None
    return AreaWarning(
        mode=context.mode,
        telegram=context.telegram,
        area_code=code,
        area_name=name,
        municipality=municipality,
        is_part=is_part(code),
        phenomenon=row.phenomenon,
        code=row.code,
        title=title or row.name,
        grade=row.grade,
        level=level,
        state=STATES[status],
        issued_at=context.issued_at,
        office=context.office,
        condition=condition,
        change="" if status in ("発表", "継続", "解除") else status,
        replaced=codes.is_replaced(row.phenomenon),
    )


def _at(read: AreaWarning, kind: Node) -> AreaWarning:
    """The warning with the kind's own moment, which a collecting telegram gives for each."""
    own = moment(kind.said("DateTime"))
    return read if own is None else replace(read, issued_at=own)


def _told(
    code: str, at: dict[str, datetime], codes: Codes, context: Context, *, complete: bool
) -> list[Told]:
    """The telegram tells all about its phenomena in the area; a collecting one as of each kind's own moment.

    Where a kind could not be read it tells only about those that were, so that nothing is lifted by a fault.
    """
    known = (*context.rule.phenomena, f"unknown:{context.telegram}") if complete else ()
    every = dict.fromkeys(known, context.issued_at)
    for phenomenon, own in at.items():
        every[phenomenon] = own if context.rule.collects else context.issued_at
    return [Told(code, phenomenon, own, codes.is_replaced(phenomenon)) for phenomenon, own in every.items()]


_CITY: Final = re.compile(r"[0-9]{7}")
_CODE: Final = re.compile(r"[0-9]{1,4}")
_LEVEL: Final = re.compile(r"レベル([1-5])")

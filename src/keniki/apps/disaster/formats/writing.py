"""Writing shelters: the 39 columns of the municipal standard data set exactly, and our own table with spaces."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.core.csv_dialect import write_csv

from .base import HAZARDS, SPACE_KINDS, ShelterRow, Space
from .columns import OWN, STANDARD
from .shelters import standard_cell


def write_standard(rows: Iterable[ShelterRow]) -> bytes:
    """自治体標準オープンデータセット「指定緊急避難場所一覧」: UTF-8 with BOM, head as published, every cell as it is.

    No apostrophe is put before cells that a spreadsheet would run as a formula: the file is data for machines, and
    what was read comes out as it went in. Shelters that are no emergency site (指定緊急避難場所) are the caller's to
    leave out.

    >>> write_standard([]).decode("utf-8-sig").split(",")[:3]
    ['全国地方公共団体コード', 'ID', '名称']
    """
    lines = ([row.standard.get(column, standard_cell(row, column)) for column in STANDARD] for row in rows)
    return write_csv([STANDARD, *lines], guard=False).data


def write_own(rows: Iterable[ShelterRow]) -> bytes:
    """避難所とスペースの一覧: a line for each space, one for a shelter without any.

    UTF-8 with BOM; cells that a spreadsheet would run as a formula have an apostrophe in front, which `read` removes.
    """
    lines = [
        [*_shelter_cells(row, first=at == 0), *_space_cells(space)]
        for row in rows
        for at, space in enumerate(row.spaces or (None,))
    ]
    return write_csv([OWN, *lines]).data


def _shelter_cells(row: ShelterRow, *, first: bool) -> list[str]:
    """The shelter's cells; later lines of one shelter only say which it is."""
    named = [row.code, row.town, row.common_id, row.local_id, row.name]
    if not first:
        return named + [""] * (len(OWN) - len(named) - _SPACE_CELLS)
    return [
        *named,
        row.kana,
        row.address,
        *("" if number is None else f"{number:f}" for number in (row.latitude, row.longitude, row.elevation)),
        *("1" if told else "" for told in (row.is_site, row.is_shelter, row.is_welfare)),
        *("1" if key in row.hazards else "" for key in HAZARDS),
        row.takes,
        row.stated_capacity,
        row.communities,
        row.contact,
        row.note,
    ]


def _space_cells(space: Space | None) -> list[str]:
    if space is None:
        return [""] * _SPACE_CELLS
    return [
        space.name,
        SPACE_KINDS[space.kind],
        "" if space.floor_area is None else f"{space.floor_area:f}",
        "" if space.capacity is None else str(space.capacity),
        "" if space.heated is None else "有" if space.heated else "無",
        "可" if space.by_day else "不可",
        "可" if space.by_night else "不可",
        "有" if space.accessible else "",
        "有" if space.welfare else "",
        space.note,
    ]


_SPACE_CELLS = len(_space_cells(Space(0, "")))

"""Reading the remembered mappings: which there are, what they say in words, what a file would be read as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.indicators import catalogue

from ..importers.base import Parsed, Rejected, SeriesKey
from ..importers.mapping_spec import (
    AreaColumns,
    AreaPlace,
    FlowColumns,
    MappingSpec,
    Place,
    Told,
    ValueColumns,
    spec_of,
)
from ..models import Mapping, Series
from .editions import readable
from .flows import PURPOSES
from .words import ages_shown, indicator_name, printed, sex_shown, unit_name

#: Rows and rejections a preview shows.
ROWS, ASIDE, CELLS = 5, 20, 60


@dataclass(frozen=True)
class ColumnWords:
    """One column of a mapping, in words."""

    column: str
    indicator: str
    own: bool
    unit: str
    year: str
    of_whom: str
    kind: str


@dataclass(frozen=True)
class MappingWords:
    """A mapping, in words."""

    place: str
    areas: str
    columns: Sequence[ColumnWords]
    skipped: Sequence[str]
    status: str


@dataclass(frozen=True)
class PreviewCell:
    """A cell as it would be stored."""

    row: int
    area: str
    indicator: str
    own: bool
    of_whom: str
    year: str
    shown: str
    unit: str


@dataclass(frozen=True)
class Preview:
    """What a file would be read as: the cells of its first rows, what would be kept aside, how much in all."""

    cells: Sequence[PreviewCell]
    total: int
    areas: int
    aside: Sequence[Rejected]
    aside_total: int
    notes: Sequence[str]


def mappings(region: Region | None) -> list[Mapping]:
    """The remembered mappings a region's files are read by: its own first, then everybody's."""
    return sorted(
        Mapping.objects.filter(readable(region)).select_related("region"),
        key=lambda row: (row.region_id is None, row.name),
    )


def mapping_for(region: Region | None, pk: int) -> Mapping:
    """One mapping the region's files are read by; 404 for any other."""
    found = Mapping.objects.filter(readable(region)).select_related("region").filter(pk=pk).first()
    if found is None:
        raise Http404("列の対応が見つかりません。")
    return found


def mapping_of(region: Region | None, head: str) -> Mapping | None:
    """The region's own mapping (or everybody's) for files with the headings of this hash."""
    return Mapping.objects.filter(region=region, head=head).first()


def in_words(mapping: Mapping) -> MappingWords:
    """What a remembered mapping says."""
    spec = spec_of(mapping.spec)
    heads = "・".join(f"{row}行目" for row in spec.head_rows)
    sheet = f"シート「{spec.sheet}」、" if spec.sheet is not None else ""
    flow = spec.flow
    return MappingWords(
        f"{sheet}見出しは{heads or 'なし'}、データは{spec.data_row}行目から",
        f"出発地：{_area(flow.origin)}。行き先：{_area(flow.destination)}" if flow else _area(spec.area),
        [_flow(spec, flow)] if flow else [_column(spec, column) for column in spec.columns],
        [
            f"「{rule.column}」が「{'」「'.join((*rule.values, *(f'{each}…' for each in rule.beginning)))}」の行"
            for rule in spec.skip
        ],
        str(Series.Status(spec.status).label),
    )


def _area(area: AreaColumns | None) -> str:
    """Where areas stand."""
    if area is None:
        return ""
    if area.fixed:
        return f"表全体が「{area.fixed}」"
    return "、".join(
        f"{what}は{_place(told)}"
        for what, told in (("団体コード", area.code), ("市町村名", area.name))
        if told is not None
    )


def _place(told: AreaPlace) -> str:
    if not isinstance(told, Place):
        return f"「{told}」の列"
    return f"「{told.column}」の列" if told.column is not None else f"見出しの{told.head_row}行目"


def _flow(spec: MappingSpec, flow: FlowColumns) -> ColumnWords:
    """The column or columns of a table of flows."""
    through = f"～{flow.through}" if flow.through not in (None, flow.column) else ""
    said = _told(flow.purpose)
    return ColumnWords(
        f"{flow.column}{through}",
        PURPOSES.get(said, said),
        False,
        unit_name("persons"),
        "" if spec.year is None else _told(spec.year),
        "",
        "流動",
    )


def preview(parsed: Parsed) -> Preview:
    """What would be stored of a reading, its first rows and what it keeps aside."""
    rows = list(dict.fromkeys(parsed.rows))[:ROWS]
    book = catalogue(today())
    cells: list[PreviewCell] = []
    for number, row in enumerate(parsed.rows):
        if row not in rows or len(cells) == CELLS:
            break
        key, area = parsed.series_keys[parsed.series[number]], parsed.area_keys[parsed.areas[number]]
        text = parsed.texts.get(number, "")
        cells.append(
            PreviewCell(
                row,
                f"{area.name}（{area.code}）" if area.code != area.name else area.name,
                indicator_name(key.indicator),
                key.indicator not in book,
                of_whom(key),
                f"{key.year}年度" if key.period.startswith("FY") else key.period or f"{key.year}年",
                printed(None if text else parsed.values[number], text),
                unit_name(key.unit),
            )
        )
    cells += [
        PreviewCell(
            flow.row or 0,
            f"{flow.origin.name} → {flow.destination.name}",
            PURPOSES.get(flow.purpose, flow.purpose),
            False,
            "",
            f"{flow.year}年",
            printed(flow.value, ""),
            unit_name("persons"),
        )
        for flow in parsed.flows[:CELLS]
    ]
    return Preview(
        cells,
        len(parsed) + len(parsed.flows),
        len({*parsed.areas}) or len({flow.origin for flow in parsed.flows}),
        parsed.rejected[:ASIDE],
        len(parsed.rejected),
        parsed.notes,
    )


def of_whom(key: SeriesKey) -> str:
    """The division a series counts, in words; empty for the whole."""
    return "・".join(
        part for part in (sex_shown(key.sex), ages_shown(key.age_from, key.age_to), key.part) if part
    )


def _column(spec: MappingSpec, column: ValueColumns) -> ColumnWords:
    year = column.year if column.year is not None else spec.year
    said = _told(column.indicator)
    name = said if isinstance(column.indicator, Place) else indicator_name(said)
    parts = (_told(column.sex), _told(column.age), _told(column.part))
    return ColumnWords(
        f"{column.column}" + (f"～{column.through}" if column.through is not None else ""),
        name,
        not isinstance(column.indicator, Place) and said not in catalogue(today()),
        unit_name(_told(column.unit)),
        "" if year is None else _told(year),
        "・".join(part for part in parts if part),
        "文字" if column.kind == "words" else "数値",
    )


def _told(told: Told) -> str:
    if not isinstance(told, Place):
        return told
    if told.column is not None:
        return f"「{told.column}」の列のとおり"
    return f"見出しの{told.head_row}行目のとおり"

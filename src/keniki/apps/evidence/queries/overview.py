"""The newest figure of every indicator for several areas, by theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.indicators import catalogue

from ..models import Area, Figure, Series
from .editions import visible_editions
from .figures import WHOLE, FigureView, current, headings_of, view_of


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator over several areas: the newest figure of each, by code."""

    indicator: str
    name: str
    unit: str
    codes: Sequence[str]
    cells: dict[str, FigureView]

    @property
    def in_order(self) -> list[FigureView | None]:
        """The figures in the order of the areas asked for."""
        return [self.cells.get(code) for code in self.codes]


def newest(region: Region, codes: Sequence[str]) -> list[IndicatorRow]:
    """The newest figure of every indicator for these areas, official or the region's own, by name of the indicator."""
    series = Series.objects.filter(edition__in=visible_editions(region), **WHOLE)
    areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=codes)
    newest_of: dict[tuple[str, int], Figure] = {}
    for row in sorted(
        current(series, areas), key=lambda row: (row.series.year, row.series.edition.imported_at, row.pk)
    ):
        newest_of[row.series.indicator, row.area_id] = row
    found = list(newest_of.values())
    labels = headings_of(found)
    table: dict[tuple[str, str], IndicatorRow] = {}
    for row in found:
        view = view_of(row, labels)
        held = table.setdefault(
            (view.indicator, view.unit),
            IndicatorRow(view.indicator, view.title, view.unit_shown, codes, {}),
        )
        held.cells[view.code] = view
    return sorted(table.values(), key=lambda held: held.name)


@dataclass(frozen=True)
class Chapter:
    """A theme of the catalogue: its indicators with figures, and what one could load for those without."""

    name: str
    rows: list[IndicatorRow]
    missing: list[MissingFile]

    @property
    def caption(self) -> str:
        """What its table is called."""
        return f"{self.name}の指標"


@dataclass(frozen=True)
class MissingFile:
    """A file that is not loaded and the names of the indicators it would bring."""

    file: str
    names: list[str]

    @property
    def said(self) -> str:
        """The first three by name, how many in all."""
        more = f" ほか{len(self.names) - 3}指標" if len(self.names) > 3 else ""
        return "、".join(self.names[:3]) + more


def chapters(rows: Sequence[IndicatorRow]) -> list[Chapter]:
    """The rows by theme in the catalogue's order, those it does not know last; with what each theme still lacks."""
    book = catalogue(today())
    found: dict[str, list[IndicatorRow]] = {}
    for row in rows:
        found.setdefault(row.indicator, []).append(row)
    made = []
    for key, theme in book.themes.items():
        known = book.in_theme(key)
        missing: dict[str, list[str]] = {}
        for indicator in known:
            if indicator.id not in found and indicator.published:
                missing.setdefault(book.file_of(indicator.published[0]), []).append(indicator.name)
        held = [row for indicator in known for row in found.get(indicator.id, [])]
        made.append(Chapter(theme.name, held, [MissingFile(file, names) for file, names in missing.items()]))
    others = [row for row in rows if row.indicator not in book]
    if others:
        made.append(Chapter("圏域の資料", others, []))
    return [chapter for chapter in made if chapter.rows or chapter.missing]

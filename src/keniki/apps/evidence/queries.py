"""Reading figures: by area and indicator, each with its source, edition and cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core import municipality_code
from keniki.rulebooks.indicators import catalogue

from .models import Area, AxisLabel, Edition, Figure, Flow, Mapping, QuarantinedRow, RawFile, Series

MUNICIPAL = (Area.Kind.MUNICIPALITY, Area.Kind.WARD, Area.Kind.PREFECTURE, Area.Kind.NATION, Area.Kind.FORMER)


@dataclass(frozen=True)
class Cell:
    """Where a figure stands in its file: numbers from 1 and the headings."""

    file: str
    row: int | None
    column: int | None
    row_label: str
    column_label: str


@dataclass(frozen=True)
class FigureView:
    """A figure as it is shown, with everything one needs to find it again.

    `value` is None where the file has a mark or words (`text`). `corrected` is why it is not the first one stored.
    """

    pk: int
    indicator: str
    area_kind: str
    code: str
    area: str
    value: float | None
    text: str
    unit: str
    year: int
    period: str
    sex: str
    age_from: int | None
    age_to: int | None
    part: str
    status: str
    source: str
    source_title: str
    edition: str
    edition_title: str
    credit: str
    cell: Cell
    corrected: str

    @property
    def shown(self) -> str:
        """The value as it is printed; the mark or the words where there is none."""
        return printed(self.value, self.text)

    @property
    def unit_shown(self) -> str:
        return unit_name(self.unit)

    @property
    def title(self) -> str:
        return indicator_name(self.indicator, self.cell.column_label)

    @property
    def definition(self) -> str:
        """What the catalogue says the indicator is; its key where the catalogue does not know it."""
        book = catalogue(today())
        return book[self.indicator].definition if self.indicator in book else self.indicator

    @property
    def status_shown(self) -> str:
        return str(Series.Status(self.status).label)

    @property
    def of_whom(self) -> str:
        """The division it counts, in words; empty for the whole."""
        return "・".join(part for part in (_SEXES.get(self.sex, ""), self._ages, self.part) if part)

    @property
    def _ages(self) -> str:
        if self.age_from is None:
            return ""
        if self.age_from < 0:
            return "年齢不詳"
        return f"{self.age_from}歳以上" if self.age_to is None else f"{self.age_from}～{self.age_to}歳"


def printed(value: float | None, text: str) -> str:
    """A value as it is printed; the mark or the words that stand where there is none."""
    return text if value is None else f"{value:,.10g}"


_SEXES = {"male": "男", "female": "女"}


def visible_editions(region: Region | None) -> QuerySet[Edition]:
    """Official editions and, for a region, its own."""
    return Edition.objects.filter(_readable(region)).select_related("source")


def _readable(region: Region | None) -> Q:
    """What is everybody's and, for a region, what is its own."""
    return Q(region=None) if region is None else Q(region=None) | Q(region=region)


def figures(
    codes: Iterable[str],
    indicators: Iterable[str],
    *,
    region: Region | None = None,
    year: int | None = None,
    edition: str = "",
    divided: bool = False,
    kinds: Sequence[str] = MUNICIPAL,
) -> list[FigureView]:
    """Figures of these areas (six-digit codes) and indicators, newest year first, then by edition.

    Those of the whole population unless `divided`, which adds those by sex, age and part. A corrected figure is
    given in its last form only. Constant number of queries.
    """
    series = Series.objects.filter(
        indicator__in=list(indicators), edition__in=visible_editions(region), **({} if divided else WHOLE)
    )
    if year is not None:
        series = series.filter(year=year)
    if edition:
        series = series.filter(edition__key=edition)
    found = _current(series, Area.objects.filter(kind__in=kinds, code__in=list(codes)))
    found.sort(key=lambda row: (row.area.code, row.pk))
    found.sort(key=lambda row: (row.series.year, row.series.edition.key), reverse=True)
    labels = _labels(found)
    return [_view(row, labels) for row in found]


#: The series of the whole: not by sex, age or part.
WHOLE = {"sex": "", "age_from": None, "age_to": None, "part": ""}


def _current(series: QuerySet[Series], areas: QuerySet[Area]) -> list[Figure]:
    """The figures of these series in these areas in their last form, with series, area and file at hand.

    Series and areas are found first: by both together a figure is found in its index.
    """
    known = {row.pk: row for row in series.select_related("edition__source")}
    places = {row.pk: row for row in areas}
    last = {row.pk: row for row in Figure.objects.filter(series__in=known, area__in=places, corrects=None)}
    newer = {row.corrects_id: row for row in Figure.objects.filter(corrects__in=last)}
    while newer:
        last = {row.pk: row for row in (newer.get(pk, row) for pk, row in last.items())}
        newer = {
            row.corrects_id: row
            for row in Figure.objects.filter(corrects__in=[row.pk for row in newer.values()])
        }
    files = RawFile.objects.in_bulk({row.file_id for row in last.values()})
    for row in last.values():
        row.series, row.area, row.file = known[row.series_id], places[row.area_id], files[row.file_id]
    return list(last.values())


def area_code(text: str) -> str:
    """The code as figures carry it, of a code typed in five or six digits (`00000` is the nation)."""
    typed = text.strip()
    if typed in ("00000", "000000"):
        return "000000"
    return municipality_code.read_code(typed).text


def _labels(rows: Sequence[Figure]) -> dict[tuple[int, str, int], str]:
    wanted = Q()
    places: dict[int, tuple[set[int], set[int]]] = {}
    for row in rows:
        lines, columns = places.setdefault(row.file_id, (set(), set()))
        if row.row:
            lines.add(row.row)
        if row.column:
            columns.add(row.column)
    for file, (lines, columns) in places.items():
        wanted |= Q(file=file, axis=AxisLabel.Axis.ROW, number__in=lines)
        wanted |= Q(file=file, axis=AxisLabel.Axis.COLUMN, number__in=columns)
    if not places:
        return {}
    found = AxisLabel.objects.filter(wanted).values_list("file", "axis", "number", "text")
    return {(file, axis, number): text for file, axis, number, text in found}


def _view(row: Figure, labels: dict[tuple[int, str, int], str]) -> FigureView:
    series: Series = row.series
    edition, source = series.edition, series.edition.source
    axis = AxisLabel.Axis
    return FigureView(
        pk=row.pk,
        indicator=series.indicator,
        area_kind=row.area.kind,
        code=row.area.code,
        area=row.area.name,
        value=row.value,
        text=row.text,
        unit=series.unit,
        year=series.year,
        period=series.period or str(series.year),
        sex=series.sex,
        age_from=series.age_from,
        age_to=series.age_to,
        part=series.part,
        status=series.status,
        source=source.slug,
        source_title=source.title,
        edition=edition.key,
        edition_title=str(edition),
        credit=source.credit,
        cell=Cell(
            row.file.name,
            row.row,
            row.column,
            labels.get((row.file_id, axis.ROW, row.row or 0), row.area.name),
            labels.get((row.file_id, axis.COLUMN, row.column or 0), ""),
        ),
        corrected=row.reason,
    )


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
        _current(series, areas), key=lambda row: (row.series.year, row.series.edition.imported_at, row.pk)
    ):
        newest_of[row.series.indicator, row.area_id] = row
    found = list(newest_of.values())
    labels = _labels(found)
    table: dict[tuple[str, str], IndicatorRow] = {}
    for row in found:
        view = _view(row, labels)
        held = table.setdefault(
            (view.indicator, view.unit),
            IndicatorRow(view.indicator, view.title, view.unit_shown, codes, {}),
        )
        held.cells[view.code] = view
    return sorted(table.values(), key=lambda held: held.name)


def indicator_name(indicator: str, heading: str = "") -> str:
    """What the catalogue calls an indicator; what the file calls its column where the catalogue does not know it."""
    book = catalogue(today())
    return book[indicator].name if indicator in book else heading or indicator


def unit_name(unit: str) -> str:
    """The unit as it is printed; as it was written where the catalogue does not know it."""
    known = catalogue(today()).units.get(unit)
    return known.label if known else unit


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


def editions(region: Region) -> list[Edition]:
    """The editions the region reads, by source, the newest first, each with `files_count` and `open_rows`."""
    waiting = QuarantinedRow.objects.filter(
        run__edition=OuterRef("pk"), state=QuarantinedRow.State.OPEN
    ).order_by()
    files = RawFile.objects.filter(edition=OuterRef("pk")).order_by()
    rows = visible_editions(region).annotate(
        files_count=_how_many(files, "edition"), open_rows=_how_many(waiting, "run__edition")
    )
    return list(rows.order_by("source__slug", "-census_year", "-key"))


def _how_many(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.values(by).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def edition_for(region: Region, pk: int) -> Edition:
    """One edition the region reads; 404 for any other."""
    found = visible_editions(region).filter(pk=pk).first()
    if found is None:
        raise Http404("統計の版が見つかりません。")
    return found


def contents(edition: Edition) -> list[dict[str, Any]]:
    """The indicators of an edition with their years, how many lines each has."""
    rows = edition.series.values("indicator", "unit").annotate(
        first=Min("year"), last=Max("year"), lines=Count("pk")
    )
    return [
        {**row, "name": indicator_name(str(row["indicator"])), "unit": unit_name(str(row["unit"]))}
        for row in rows.order_by("indicator")
    ]


def kept_aside(edition: Edition) -> list[QuarantinedRow]:
    """The rows of an edition that could not be stored and still wait."""
    rows = QuarantinedRow.objects.filter(run__edition=edition, state=QuarantinedRow.State.OPEN)
    return list(rows.order_by("file_name", "row", "pk")[:500])


def figure_for(region: Region, pk: int) -> FigureView:
    """One figure the region reads; 404 for any other."""
    row = (
        Figure.objects.filter(pk=pk, series__edition__in=visible_editions(region))
        .select_related(*_WITH)
        .first()
    )
    if row is None:
        raise Http404("値が見つかりません。")
    return _view(row, _labels([row]))


def same_elsewhere(region: Region, figure: FigureView) -> list[FigureView]:
    """What all editions say of the same indicator, area and division, this one among them."""
    rows = figures([figure.code], [figure.indicator], region=region, divided=True, kinds=[figure.area_kind])
    same = ("sex", "age_from", "age_to", "part")
    return [row for row in rows if all(getattr(row, name) == getattr(figure, name) for name in same)]


def stored(figure: FigureView) -> Figure:
    """The row behind a figure that is shown."""
    return Figure.objects.select_related("series__edition", "file", "area").get(pk=figure.pk)


def edition_of(figure: FigureView) -> Edition:
    """The edition of a figure that is shown."""
    return Edition.objects.get(series__figures=figure.pk)


def before_correction(figure: FigureView) -> list[FigureView]:
    """The values this one corrects, the last first."""
    found: list[FigureView] = []
    row = Figure.objects.filter(corrections=figure.pk).select_related(*_WITH).first()
    while row is not None:
        found.append(_view(row, _labels([row])))
        row = Figure.objects.filter(corrections=row.pk).select_related(*_WITH).first()
    return found


_WITH = ("area", "file", "series__edition__source")


def row_for(region: Region, pk: int) -> QuarantinedRow:
    """A row kept aside of an edition the region reads; 404 for any other."""
    rows = QuarantinedRow.objects.filter(run__edition__in=visible_editions(region))
    found = rows.select_related("run__edition__region").filter(pk=pk).first()
    if found is None:
        raise Http404("保留した行が見つかりません。")
    return found


def mappings(region: Region | None) -> list[Mapping]:
    """The remembered mappings a region's files are read by: its own first, then everybody's."""
    return sorted(
        Mapping.objects.filter(_readable(region)), key=lambda row: (row.region_id is None, row.name)
    )


def editions_with_flows(
    destination: str, purposes: Sequence[str], region: Region | None = None
) -> list[tuple[Edition, int]]:
    """The editions with flows into an area (six-digit code), the newest first, and from how many municipalities."""
    rows = (
        Flow.objects.filter(
            destination__code=destination,
            origin__kind=Area.Kind.MUNICIPALITY,
            purpose__in=purposes,
            edition__in=visible_editions(region),
        )
        .exclude(origin__code=destination)
        .values("edition")
        .annotate(year=Max("year"), origins=Count("origin", distinct=True))
        .order_by("-year", "-edition__imported_at")
    )
    found = list(rows)
    editions = Edition.objects.select_related("source").in_bulk([row["edition"] for row in found])
    return [(editions[row["edition"]], row["origins"]) for row in found]


def flows_of(
    edition: Edition,
    purposes: Sequence[str],
    *,
    to: Sequence[str] | None = None,
    origins: Sequence[str] | None = None,
) -> dict[str, dict[str, float]]:
    """How many go from each municipality (six-digit code) for each purpose, to these areas or anywhere, newest year."""
    rows = Flow.objects.filter(edition=edition, origin__kind=Area.Kind.MUNICIPALITY, purpose__in=purposes)
    year = rows.aggregate(newest=Max("year"))["newest"]
    rows = rows.filter(year=year)
    if to is not None:
        rows = rows.filter(destination__code__in=list(to))
    if origins is not None:
        rows = rows.filter(origin__code__in=list(origins))
    rows = rows.exclude(destination__code="000000")
    found: dict[str, dict[str, float]] = {}
    for row in rows.values("origin__code", "purpose").annotate(total=Sum("value")):
        found.setdefault(row["origin__code"], {})[row["purpose"]] = row["total"]
    return found


def area_names(codes: Iterable[str]) -> dict[str, str]:
    """The names of municipalities by their six-digit codes."""
    rows = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=list(codes))
    return dict(rows.values_list("code", "name"))


def correction_of(figure: FigureView) -> FigureView | None:
    """The last value that was put in a figure's place, if any."""
    row = Figure.objects.filter(corrects=figure.pk).select_related(*_WITH).first()
    last = None
    while row is not None:
        last, row = row, Figure.objects.filter(corrects=row.pk).select_related(*_WITH).first()
    return None if last is None else _view(last, _labels([last]))


def is_known(code: str, indicator: str) -> tuple[bool, bool]:
    """Whether any area has this code and whether the catalogue or any series has this indicator."""
    area = Area.objects.filter(code=code).exists() or Municipality.objects.filter(code=code).exists()
    named = indicator in catalogue(today()) or Series.objects.filter(indicator=indicator).exists()
    return area, named

"""Reading figures: by area and indicator, each with its source, edition and cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core import municipality_code
from keniki.rulebooks.indicators import catalogue

from ..models import Area, AxisLabel, Edition, Figure, RawFile, Series
from .editions import known_editions, visible_editions
from .words import ages_shown, indicator_name, printed, sex_shown, unit_name

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
        ages = ages_shown(self.age_from, self.age_to)
        return "・".join(part for part in (sex_shown(self.sex), ages, self.part) if part)


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
    found = current(series, Area.objects.filter(kind__in=kinds, code__in=list(codes)))
    found.sort(key=lambda row: (row.area.code, row.pk))
    found.sort(key=lambda row: (row.series.year, row.series.edition.key), reverse=True)
    labels = headings_of(found)
    return [view_of(row, labels) for row in found]


#: The series of the whole: not by sex, age or part.
WHOLE = {"sex": "", "age_from": None, "age_to": None, "part": ""}


def current(series: QuerySet[Series], areas: QuerySet[Area]) -> list[Figure]:
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


def headings_of(rows: Sequence[Figure]) -> dict[tuple[int, str, int], str]:
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


def view_of(row: Figure, labels: dict[tuple[int, str, int], str]) -> FigureView:
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


def figure_for(region: Region, pk: int) -> FigureView:
    """One figure the region reads, or one of a withdrawn edition; 404 for any other."""
    row = (
        Figure.objects.filter(pk=pk, series__edition__in=known_editions(region))
        .select_related(*_WITH)
        .first()
    )
    if row is None:
        raise Http404("値が見つかりません。")
    return view_of(row, headings_of([row]))


def same_elsewhere(region: Region, figure: FigureView) -> list[FigureView]:
    """What all editions say of the same indicator, area and division, this one among them."""
    rows = figures([figure.code], [figure.indicator], region=region, divided=True, kinds=[figure.area_kind])
    same = ("sex", "age_from", "age_to", "part")
    return [row for row in rows if all(getattr(row, name) == getattr(figure, name) for name in same)]


def disagreeing(figure: FigureView, others: Sequence[FigureView]) -> list[FigureView]:
    """Of what editions say of the same, the official values for the same time and unit that are others."""
    official = str(Series.Status.OFFICIAL)
    return [
        row
        for row in others
        if row.status == figure.status == official
        and (row.year, row.period, row.unit) == (figure.year, figure.period, figure.unit)
        and (row.source, row.edition) != (figure.source, figure.edition)
        and row.value is not None
        and figure.value is not None
        and row.value != figure.value
    ]


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
        found.append(view_of(row, headings_of([row])))
        row = Figure.objects.filter(corrections=row.pk).select_related(*_WITH).first()
    return found


_WITH = ("area", "file", "series__edition__source")


def correction_of(figure: FigureView) -> FigureView | None:
    """The last value that was put in a figure's place, if any."""
    row = Figure.objects.filter(corrects=figure.pk).select_related(*_WITH).first()
    last = None
    while row is not None:
        last, row = row, Figure.objects.filter(corrects=row.pk).select_related(*_WITH).first()
    return None if last is None else view_of(last, headings_of([last]))


def is_known(code: str, indicator: str) -> tuple[bool, bool]:
    """Whether any area has this code and whether the catalogue or any series has this indicator."""
    area = Area.objects.filter(code=code).exists() or Municipality.objects.filter(code=code).exists()
    named = indicator in catalogue(today()) or Series.objects.filter(indicator=indicator).exists()
    return area, named

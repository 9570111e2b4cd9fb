"""The cells of an edition: told apart from what it says already, and appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isnan
from typing import Any, Final

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Left

from ..importers.base import AreaKey, FlowRow, Parsed, Rejected, SeriesKey
from ..models import (
    Area,
    AreaMember,
    AxisLabel,
    Edition,
    Figure,
    Flow,
    RawFile,
    Series,
)

#: Why the second of two values for the same cell is kept aside.
GIVEN_TWICE: Final = "同じ地域・項目の値が2つあり、違います。"
_Pair = tuple[int | None, int | None]
#: What a cell says: its number, else its words or mark.
_Said = float | str


class Cells:
    """The cells of an edition by series and area, as far as files that are being read speak of them."""

    def __init__(self, edition: Edition, files: Sequence[Parsed]) -> None:
        self.edition = edition
        self.files = files
        keys = {(key.kind, key.code): key for parsed in files for key in parsed.area_keys}
        self._area_keys = list(keys.values())
        self.areas = stored_areas(self._area_keys)
        self.series = _stored_series(edition) if edition.pk else {}
        self.said = _known(edition, set(self.areas.values())) if edition.pk else {}

    def contradicted(self) -> bool:
        """Whether any cell, flow or boundary of the files says something else than the edition does."""
        if self.edition.pk is None:
            return False
        return self._cells_differ() or self._flows_differ() or self._shapes_differ()

    def _cells_differ(self) -> bool:
        return any(
            pair in self.said and self.said[pair] != said
            for parsed in self.files
            for _, pair, said in self._pairs(parsed)
        )

    def _flows_differ(self) -> bool:
        flows = [flow for parsed in self.files for flow in parsed.flows]
        if not flows:
            return False
        stored = self.edition.flows.values_list(
            "origin__kind",
            "origin__code",
            "destination__kind",
            "destination__code",
            "purpose",
            "year",
            "value",
        )
        known = {tuple(row[:-1]): row[-1] for row in stored}
        return any(known.get(_flow_key(flow), flow.value) != flow.value for flow in flows)

    def _shapes_differ(self) -> bool:
        shapes: dict[tuple[str, str], Any] = {
            (parsed.area_keys[number].kind, parsed.area_keys[number].code): shape
            for parsed in self.files
            for number, shape in parsed.shapes.items()
        }
        if not shapes:
            return False
        stored = self.edition.boundaries.values_list("area__kind", "area__code", "geometry")
        return any(shapes.get((kind, code), shape) != shape for kind, code, shape in stored)

    def register(self) -> None:
        """Store the series and areas that are new."""
        self.areas = register_areas(self._area_keys, self.areas, naming=self.edition.region_id is None)
        keys = {_named(key): key for parsed in self.files for key in parsed.series_keys}
        self.series = _series(self.edition, keys, self.series)

    def store(self, file: RawFile, parsed: Parsed) -> tuple[int, list[Rejected]]:
        """Append the cells that are new; how many, and those that are given twice with different values."""
        twice: list[Rejected] = []
        stored = copy_lines(Figure, _FIGURE, self._lines(file, parsed, twice))
        return stored, twice

    def _lines(self, file: RawFile, parsed: Parsed, twice: list[Rejected]) -> Iterator[str]:
        """The cells that are new, as lines of COPY; contradicting ones go to `twice`."""
        known_of, pk = self.said.get, file.pk
        places = zip(self._pairs(parsed), parsed.rows, parsed.columns, strict=True)
        for (number, pair, said), row, column in places:
            known = known_of(pair)
            if known is None:
                self.said[pair] = said
                value, text = (said, "") if isinstance(said, float) else (_NULL, _escaped(said))
                yield f"{pair[0]}\t{pair[1]}\t{value}\t{text}\t{pk}\t{row or _NULL}\t{column or _NULL}\t\n"
            elif known != said:
                raw = (parsed.area_keys[parsed.areas[number]].name, str(said))
                label = parsed.column_labels.get(column, "")
                twice.append(Rejected(row or None, label, GIVEN_TWICE, raw))

    def _pairs(self, parsed: Parsed) -> Iterator[tuple[int, _Pair, _Said]]:
        series = [self.series.get(_named(key)) for key in parsed.series_keys]
        areas = [self.areas.get((key.kind, key.code)) for key in parsed.area_keys]
        texts = parsed.texts
        for number, (one, other, value) in enumerate(
            zip(parsed.series, parsed.areas, parsed.values, strict=True)
        ):
            yield number, (series[one], areas[other]), texts.get(number, "") if isnan(value) else value


def _flow_key(flow: FlowRow) -> tuple[Any, ...]:
    ends = (flow.origin.kind, flow.origin.code, flow.destination.kind, flow.destination.code)
    return (*ends, flow.purpose, flow.year)


def _known(edition: Edition, areas: set[int]) -> dict[_Pair, _Said]:
    """What the edition says of these areas, as first stored: by series and area."""
    rows = Figure.objects.filter(series__edition=edition, area__in=areas, corrects=None)
    return {
        (series, area): text if value is None else value
        for series, area, value, text in rows.values_list("series", "area", "value", "text")
    }


_FIGURE = ("series_id", "area_id", "value", "text", "file_id", "row", "column", "reason")


_FLOW = ("edition_id", "file_id", "origin_id", "destination_id", "purpose", "year", "value", "row")


_LABEL = ("file_id", "axis", "number", "text")


def copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows by COPY, which no other way of writing a few hundred thousand of them comes near."""
    with connection.cursor() as cursor, cursor.copy(_copying(model, columns)) as copy:
        for row in rows:
            copy.write_row(row)


def copy_lines(model: type[models.Model], columns: Sequence[str], lines: Iterator[str]) -> int:
    """Append rows that are written already in COPY's text form, a line each, as they come; how many."""
    number = 0
    with connection.cursor() as cursor:
        # The rows of one COPY are held for the check of what they name: in memory, not in a file beside it.
        cursor.execute("SET LOCAL work_mem = '64MB'")
    with connection.cursor() as cursor, cursor.copy(_copying(model, columns)) as copy:
        while block := list(islice(lines, _BLOCK)):
            copy.write("".join(block))
            number += len(block)
    return number


def _copying(model: type[models.Model], columns: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    return f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"


def _escaped(text: str) -> str:
    """A text as COPY's text form wants it."""
    return text.translate(_ESCAPES)


_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NULL: Final = r"\N"
#: Lines that are sent at once.
_BLOCK: Final = 2_000


def store_flows(edition: Edition, file: RawFile, flows: Sequence[FlowRow]) -> int:
    if not flows:
        return 0
    ends = [end for flow in flows for end in (flow.origin, flow.destination)]
    places = register_areas(ends, stored_areas(ends))
    known = set(edition.flows.values_list("origin", "destination", "purpose", "year"))
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for flow in flows:
        origin, destination = (places[end.kind, end.code] for end in (flow.origin, flow.destination))
        key = (origin, destination, flow.purpose, flow.year)
        if key not in known:
            rows.setdefault(
                key,
                (edition.pk, file.pk, origin, destination, flow.purpose, flow.year, flow.value, flow.row),
            )
    copy(Flow, _FLOW, rows.values())
    return len(rows)


def store_labels(file: RawFile, parsed: Parsed) -> None:
    axis = AxisLabel.Axis
    rows = [(file.pk, axis.ROW.value, number, text[:400]) for number, text in parsed.row_labels.items()]
    rows += [
        (file.pk, axis.COLUMN.value, number, text[:400]) for number, text in parsed.column_labels.items()
    ]
    copy(AxisLabel, _LABEL, rows)


def stored_areas(keys: Iterable[AreaKey]) -> dict[tuple[str, str], int]:
    wanted = list(keys)
    rows = Area.objects.filter(kind__in={key.kind for key in wanted}, code__in={key.code for key in wanted})
    return {(kind, code): pk for pk, kind, code in rows.values_list("pk", "kind", "code")}


def register_areas(
    keys: Sequence[AreaKey], stored: dict[tuple[str, str], int], *, naming: bool = False
) -> dict[tuple[str, str], int]:
    """The ids of these areas by kind and code; those that are not `stored` are registered."""
    new = {(key.kind, key.code): key for key in keys if (key.kind, key.code) not in stored}
    if naming:
        _name_those_without(keys, stored)
    made = Area.objects.bulk_create(
        Area(kind=key.kind, code=key.code, name=key.name, beyond_region=key.beyond_region, note=key.note)
        for key in new.values()
    )
    found = stored | {(area.kind, area.code): area.pk for area in made}
    told = {found[key.kind, key.code]: key.members for key in keys if key.members}
    known = set(AreaMember.objects.filter(area__in=told).values_list("area", flat=True))
    AreaMember.objects.bulk_create(
        AreaMember(area_id=area, code=code)
        for area, members in told.items()
        if area not in known
        for code in dict.fromkeys(members)
    )
    return found


def _name_those_without(keys: Sequence[AreaKey], stored: dict[tuple[str, str], int]) -> None:
    """Give areas that only had their code so far the name a later file brings."""
    brought = {stored[key.kind, key.code]: key for key in keys if (key.kind, key.code) in stored}
    bare = Area.objects.filter(pk__in=brought, name__in=[F("code"), Left("code", 5)])
    for area in bare:
        name = brought[area.pk].name
        if name not in (area.code, area.code[:5]):
            area.name = name
            area.save()


def _named(row: SeriesKey | Series) -> tuple[Any, ...]:
    return (row.indicator, row.unit, row.year, row.period, row.sex, row.age_from, row.age_to, row.part)


def _stored_series(edition: Edition) -> dict[tuple[Any, ...], int]:
    return {_named(row): row.pk for row in edition.series.all()}


def _series(
    edition: Edition, keys: dict[tuple[Any, ...], SeriesKey], stored: dict[tuple[Any, ...], int]
) -> dict[tuple[Any, ...], int]:
    """The ids of these series of the edition by what names them; those that are not `stored` are registered."""
    made = Series.objects.bulk_create(
        Series(
            edition=edition,
            indicator=key.indicator,
            unit=key.unit,
            year=key.year,
            period=key.period,
            sex=key.sex,
            age_from=key.age_from,
            age_to=key.age_to,
            part=key.part,
            status=key.status,
        )
        for name, key in keys.items()
        if name not in stored
    )
    return stored | {_named(row): row.pk for row in made}

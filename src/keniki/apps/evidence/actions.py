"""Loading files of figures: raw file kept, cells stored once, what could not be read kept aside."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import Any

from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Left

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.workflow import storage
from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput

from . import policies
from .importers.base import AreaKey, FlowRow, Parsed, RawBytes, Rejected, SeriesKey
from .models import (
    Area,
    AreaMember,
    AxisLabel,
    Boundary,
    Edition,
    Figure,
    Flow,
    ImportRun,
    QuarantinedRow,
    RawFile,
    Series,
    Source,
)
from .models import (
    Mapping as Mapped,
)
from .queries import printed
from .reading import Reading

#: Kinds of areas that a file defines itself.
_OWN_SHAPES = ("medical_area", "fire_union", "school_district", "other")
#: So many new values change what the database should expect.
WORTH_COUNTING = 5_000
Told = Callable[[str], None]
_Pair = tuple[int | None, int | None]
_Said = tuple[float | None, str]


@dataclass(frozen=True)
class Imported:
    """What came of files: their edition, how many values are new and how many were known, what was kept aside."""

    run: ImportRun
    edition: Edition
    kind: str
    files: int
    stored: int
    known: int
    quarantined: int
    notes: tuple[str, ...] = ()


def import_figures(
    actor: Actor,
    files: Sequence[Parsed],
    *,
    region: Region | None = None,
    guessed: bool = False,
    told: Told | None = None,
) -> Imported:
    """Store what a reader found in files of one edition, all or nothing; the same content twice changes nothing.

    Values that contradict those of an edition known already make an edition of their own beside it.
    """
    say = told or (lambda _: None)
    slug = region.slug if region else ""
    ruling = policies.import_figures(actor, region)
    if region is not None:
        _keep_to_itself(files, region)
    first = files[0]
    with verb(actor, "evidence.import", region=slug, ruling=ruling) as act:
        say("原本を保存しています")
        digests = [storage.put(parsed.file.content) for parsed in files]
        source = _source(first)
        edition = _edition(source, first, region)
        new, having = _not_seen(source, first, region, files, digests)
        if not new and having is not None:
            edition = having
        cells = _Cells(edition, [parsed for parsed, _ in new])
        if cells.contradicted():
            edition = _edition(source, first, region, beside=new[0][1])
            cells = _Cells(edition, [parsed for parsed, _ in new])
        say("値を登録しています")
        if edition.pk is None:
            edition.save()
        stored, twice = _append(edition, cells, new)
        rejected = [(parsed.file.name, row) for parsed, _ in new for row in parsed.rejected] + twice
        total = sum(len(parsed) + len(parsed.flows) + len(parsed.shapes) for parsed in files)
        run = ImportRun(
            region=region,
            kind=first.kind,
            guessed=guessed,
            names=[parsed.file.name for parsed in files],
            edition=edition,
            user=actor.user,
            stored=stored,
            known=total - stored - len(twice),
        )
        run.save()
        _quarantine(run, rejected)
        names = first.file.name if len(files) == 1 else f"{first.file.name} ほか{len(files) - 1}件"
        said = f"新しい値 {stored:,}件、保留 {len(rejected):,}件" if new else "登録済みのため変更なし"
        act.log(
            edition,
            None,
            {"files": run.names[:20], "stored": stored, "quarantined": len(rejected)},
            f"統計「{edition}」を {names} から読み込み（{said}）",
        )
    if stored >= WORTH_COUNTING:
        _count_anew()
    notes = tuple(dict.fromkeys(note for parsed in files for note in parsed.notes))
    return Imported(run, edition, first.kind, len(files), stored, run.known, len(rejected), notes)


def _count_anew() -> None:
    """Tell the database how large the tables have become: else it plans for the empty ones until it looks itself."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE evidence_figure, evidence_series, evidence_area, evidence_axislabel")


def _append(
    edition: Edition, cells: _Cells, files: Sequence[tuple[Parsed, str]]
) -> tuple[int, list[tuple[str, Rejected]]]:
    """Store files with their digests; how many values are new, and what is given twice, with the file's name."""
    cells.register()
    stored, twice = 0, []
    for parsed, digest in files:
        file, _ = RawFile.objects.get_or_create(
            edition=edition,
            digest=digest,
            defaults={"name": parsed.file.name, "size": len(parsed.file.content)},
        )
        count, doubled = cells.store(file, parsed)
        stored += count + _flows(edition, file, parsed.flows)
        twice += [(parsed.file.name, row) for row in doubled]
        stored += _shapes(edition, file, parsed, cells.areas)
        _labels(file, parsed)
    return stored, twice


def remember_mapping(
    actor: Actor, name: str, head: str, spec: Mapping[str, Any], *, region: Region | None = None
) -> models.Model:
    """Keep how a table is to be read for files with the same headings; the same again changes nothing."""
    ruling = policies.import_figures(actor, region)
    slug = region.slug if region else ""
    with verb(actor, "evidence.remember_mapping", region=slug, ruling=ruling, quiet=True) as act:
        stored = Mapped.objects.select_for_update().filter(region=region, head=head).first()
        if stored is not None and (stored.name, stored.spec) == (name, spec):
            return stored
        before = None if stored is None else {"name": stored.name, "spec": stored.spec}
        stored = stored or Mapped(region=region, head=head)
        stored.name, stored.spec = name[:120], dict(spec)
        act.save(stored)
        act.log(stored, before, {"name": name, "spec": dict(spec)}, f"統計の列の対応「{name}」を登録")
    return stored


def _shapes(edition: Edition, file: RawFile, parsed: Parsed, areas: dict[tuple[str, str], int]) -> int:
    """Store the boundaries that are new; how many."""
    keys = {number: parsed.area_keys[number] for number in parsed.shapes}
    ids = {number: areas[key.kind, key.code] for number, key in keys.items()}
    known = set(edition.boundaries.filter(area__in=ids.values()).values_list("area", flat=True))
    made = Boundary.objects.bulk_create(
        Boundary(edition=edition, file=file, area_id=ids[number], geometry=shape)
        for number, shape in parsed.shapes.items()
        if ids[number] not in known
    )
    return len(made)


def fix_row(
    actor: Actor,
    kept: QuarantinedRow,
    version: int | None,
    cells: Sequence[str],
    *,
    region: Region | None = None,
) -> int:
    """Read a row that was kept aside anew with these cells in its place; how many values it gave.

    `WrongInput` with the reader's reason where it still cannot be read, and nothing is changed.
    """
    run, edition = kept.run, _edition_of(kept)
    ruling = policies.import_figures(actor, edition.region)
    with verb(actor, "evidence.fix_row", region=region.slug if region else "", ruling=ruling) as act:
        row = _still_open(act, kept, version)
        if row.row is None:
            raise WrongInput(
                "列や年の全体にかかわるため、行として直せません。ファイルを直して読み込んでください。"
            )
        parsed = _reread(run, edition, row, cells)
        here = _Cells(edition, [parsed])
        if here.contradicted():
            raise WrongInput("この行の地域と項目には、違う値が登録されています。値を確かめてください。")
        stored, _ = _append(edition, here, [(parsed, storage.put(parsed.file.content))])
        row.state = QuarantinedRow.State.FIXED
        act.save(row)
        act.log(
            row,
            {"raw": row.raw},
            {"raw": list(cells), "stored": stored},
            f"統計「{edition}」の保留した行（{row.file_name} {row.row}行目）を訂正して登録（新しい値 {stored}件）",
        )
    return stored


def drop_row(
    actor: Actor, kept: QuarantinedRow, version: int | None, *, region: Region | None = None
) -> None:
    """Decide that a row that was kept aside is not to be stored."""
    edition = _edition_of(kept)
    ruling = policies.import_figures(actor, edition.region)
    with verb(actor, "evidence.drop_row", region=region.slug if region else "", ruling=ruling) as act:
        row = _still_open(act, kept, version)
        row.state = QuarantinedRow.State.DROPPED
        act.save(row)
        act.log(
            row,
            None,
            None,
            f"統計「{edition}」の保留した行（{row.file_name} {row.row or '―'}行目）を登録しないことに決定",
        )


def _still_open(act: Act, kept: QuarantinedRow, version: int | None) -> QuarantinedRow:
    row = act.lock(kept, version)
    if row.state != QuarantinedRow.State.OPEN:
        raise WrongInput("この行は、ほかの人が先に処理しました。画面を読み直して確かめてください。")
    return row


def _edition_of(kept: QuarantinedRow) -> Edition:
    if kept.run.edition is None:
        raise WrongInput("この行の版がありません。ファイルを読み込み直してください。")
    return kept.run.edition


def original_of(kept: QuarantinedRow) -> tuple[RawFile, list[list[str]]] | None:
    """The file with the row that was kept aside, and all its rows; None where the row is none of a CSV file."""
    if kept.row is None or kept.run.edition is None:
        return None
    for file in kept.run.edition.files.filter(name=kept.file_name).order_by("pk"):
        try:
            rows = [list(row) for row in read_csv(storage.get(file.digest), file=file.name).rows]
        except WrongInput:
            continue
        if kept.row <= len(rows) and _trimmed(rows[kept.row - 1]) == _trimmed(kept.raw):
            return file, rows
    return None


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = [str(cell).strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _reread(run: ImportRun, edition: Edition, kept: QuarantinedRow, cells: Sequence[str]) -> Parsed:
    """What the reader makes of the file with these cells in the row's place: the row alone."""
    found = original_of(kept)
    if found is None or kept.row is None:
        raise WrongInput("この行は画面では直せません。ファイルを直して、もう一度読み込んでください。")
    original, rows = found
    rows[kept.row - 1] = list(cells)
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    again = RawBytes(original.name, out.getvalue().encode())
    parsed = Reading(edition.region).read(again, kind=run.kind).parsed
    for rejected in parsed.rejected:
        if rejected.row == kept.row:
            raise WrongInput(rejected.reason, row=kept.row, column=rejected.column)
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    corrected = RawBytes(f"{original.name}（{kept.row}行目の訂正）", line.getvalue().encode())
    alone = parsed.only_row(kept.row, corrected)
    if not len(alone) and not alone.flows:
        raise WrongInput("この行からは値を読み取れません。セルを直すか、登録しないことにしてください。")
    return alone


def correct_figure(
    actor: Actor, figure: Figure, value: float | None, reason: str, *, region: Region | None = None
) -> Figure:
    """Put a corrected value beside a figure, with the reason; the first one stays as it was read.

    `WrongInput` without a reason, without a change, or where it has been corrected already.
    """
    reason = reason.strip()
    edition = figure.series.edition
    ruling = policies.correct_figure(actor, edition, region)
    with verb(actor, "evidence.correct", region=region.slug if region else "", ruling=ruling) as act:
        locked = Figure.objects.select_for_update(of=("self",)).select_related("area").get(pk=figure.pk)
        if locked.corrections.exists():
            raise WrongInput("この値は、ほかの人が先に訂正しました。画面を読み直して確かめてください。")
        if not reason:
            raise WrongInput("訂正の理由を入力してください。", column="reason")
        if value == locked.value:
            raise WrongInput("元の値と同じです。正しい値を入力してください。", column="value")
        corrected = Figure.objects.create(
            series=figure.series,
            area=locked.area,
            value=value,
            text="" if value is not None else "不明",
            file=figure.file,
            row=locked.row,
            column=locked.column,
            corrects=locked,
            reason=reason[:300],
        )
        before, after = (printed(row.value, row.text) for row in (locked, corrected))
        act.log(
            edition,
            {"value": before},
            {"value": after, "reason": reason},
            f"統計「{edition}」{locked.area.name}の {figure.series} を {before}→{after} に訂正（{reason}）",
        )
    return corrected


def _not_seen(
    source: Source, first: Parsed, region: Region | None, files: Sequence[Parsed], digests: Sequence[str]
) -> tuple[list[tuple[Parsed, str]], Edition | None]:
    """The files whose content no edition of this key has yet, each content once; and an edition that has one."""
    key = first.edition.key
    same = Edition.objects.filter(source=source, region=region).filter(
        Q(key=key) | Q(key__startswith=f"{key}@")
    )
    held = RawFile.objects.filter(edition__in=same, digest__in=digests).select_related("edition")
    seen = {file.digest: file.edition for file in held.order_by("edition__imported_at", "pk")}
    new = [
        (parsed, digest)
        for digest, parsed in {digest: parsed for parsed, digest in zip(files, digests, strict=True)}.items()
        if digest not in seen
    ]
    return new, next(iter(seen.values()), None)


def _keep_to_itself(files: Sequence[Parsed], region: Region) -> None:
    """What a region's own files say of areas and of itself is its own.

    Municipalities carry their official names, whatever stands in the file; areas of its own shape a code of the
    region's; and figures are not official because a file of one's own says nothing else.
    """
    names = dict(Municipality.objects.values_list("code", "name"))

    def own(key: AreaKey) -> AreaKey:
        if key.kind in _OWN_SHAPES:
            return replace(key, code=f"{region.slug}:{key.code}"[:40])
        return replace(key, name=names.get(key.code, key.code), members=(), note="", beyond_region=False)

    for parsed in files:
        parsed.area_keys = [own(key) for key in parsed.area_keys]
        parsed.flows = [
            replace(flow, origin=own(flow.origin), destination=own(flow.destination)) for flow in parsed.flows
        ]
        parsed.series_keys = [
            replace(key, status="unknown") if key.status == "official" else key for key in parsed.series_keys
        ]


class _Cells:
    """The cells of an edition by series and area, as far as files that are being read speak of them."""

    def __init__(self, edition: Edition, files: Sequence[Parsed]) -> None:
        self.edition = edition
        self.files = files
        keys = {(key.kind, key.code): key for parsed in files for key in parsed.area_keys}
        self._area_keys = list(keys.values())
        self.areas = _stored_areas(self._area_keys)
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
        self.areas = _areas(self._area_keys, self.areas, naming=self.edition.region_id is None)
        keys = {_named(key): key for parsed in self.files for key in parsed.series_keys}
        self.series = _series(self.edition, keys, self.series)

    def store(self, file: RawFile, parsed: Parsed) -> tuple[int, list[Rejected]]:
        """Append the cells that are new; how many, and those that are given twice with different values."""
        twice: list[Rejected] = []
        rows: list[tuple[Any, ...]] = []
        for number, pair, said in self._pairs(parsed):
            row, column = parsed.rows[number] or None, parsed.columns[number] or None
            known = self.said.setdefault(pair, said)
            if known is said:
                rows.append((*pair, *said, file.pk, row, column, None, ""))
            elif known != said:
                raw = (
                    parsed.area_keys[parsed.areas[number]].name,
                    str(said[1] if said[0] is None else said[0]),
                )
                label = parsed.column_labels.get(column or 0, "")
                twice.append(Rejected(row, label, "同じ地域・項目の値が2つあり、違います。", raw))
        if rows:
            _copy(Figure, _FIGURE, rows)
        return len(rows), twice

    def _pairs(self, parsed: Parsed) -> Iterator[tuple[int, _Pair, _Said]]:
        series = [self.series.get(_named(key)) for key in parsed.series_keys]
        areas = [self.areas.get((key.kind, key.code)) for key in parsed.area_keys]
        texts = parsed.texts
        for number, (one, other, value) in enumerate(
            zip(parsed.series, parsed.areas, parsed.values, strict=True)
        ):
            yield (
                number,
                (series[one], areas[other]),
                (None if isnan(value) else value, texts.get(number, "")),
            )


def _flow_key(flow: FlowRow) -> tuple[Any, ...]:
    ends = (flow.origin.kind, flow.origin.code, flow.destination.kind, flow.destination.code)
    return (*ends, flow.purpose, flow.year)


def _known(edition: Edition, areas: set[int]) -> dict[_Pair, _Said]:
    """What the edition says of these areas, as first stored: by series and area, value and text."""
    rows = Figure.objects.filter(series__edition=edition, area__in=areas, corrects=None)
    return {
        (series, area): (value, text)
        for series, area, value, text in rows.values_list("series", "area", "value", "text")
    }


_FIGURE = ("series_id", "area_id", "value", "text", "file_id", "row", "column", "corrects_id", "reason")
_FLOW = ("edition_id", "file_id", "origin_id", "destination_id", "purpose", "year", "value", "row")
_LABEL = ("file_id", "axis", "number", "text")


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows by COPY, which no other way of writing a few hundred thousand of them comes near."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _flows(edition: Edition, file: RawFile, flows: Sequence[FlowRow]) -> int:
    if not flows:
        return 0
    ends = [end for flow in flows for end in (flow.origin, flow.destination)]
    places = _areas(ends, _stored_areas(ends))
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
    _copy(Flow, _FLOW, rows.values())
    return len(rows)


def _labels(file: RawFile, parsed: Parsed) -> None:
    axis = AxisLabel.Axis
    rows = [(file.pk, axis.ROW.value, number, text[:400]) for number, text in parsed.row_labels.items()]
    rows += [
        (file.pk, axis.COLUMN.value, number, text[:400]) for number, text in parsed.column_labels.items()
    ]
    _copy(AxisLabel, _LABEL, rows)


def _quarantine(run: ImportRun, rejected: Sequence[tuple[str, Rejected]]) -> None:
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            run=run,
            file_name=name,
            row=row.row,
            column=row.column[:120],
            reason=row.reason[:300],
            raw=list(row.raw),
        )
        for name, row in rejected
    )


def _source(parsed: Parsed) -> Source:
    spec = parsed.source
    made = Source(
        slug=spec.slug,
        title=spec.title,
        publisher=spec.publisher,
        url=spec.url,
        credit=spec.credit,
        licence=spec.licence,
    )
    Source.objects.bulk_create([made], ignore_conflicts=True)
    return Source.objects.select_for_update().get(slug=spec.slug)


def _edition(source: Source, parsed: Parsed, region: Region | None, *, beside: str = "") -> Edition:
    """The edition a file belongs to, not saved yet where it is new."""
    spec = parsed.edition
    key = f"{spec.key}@{beside[:12]}" if beside else spec.key
    found = Edition.objects.filter(source=source, region=region, key=key).first()
    if found is not None:
        return found
    title = spec.title
    if beside:
        number = (
            Edition.objects.filter(source=source, region=region, key__startswith=f"{spec.key}@").count() + 2
        )
        title = f"{spec.title}（{number}回目に読み込んだ版）"
    return Edition(
        source=source,
        region=region,
        key=key,
        title=title,
        table=spec.table,
        table_title=spec.table_title,
        surveyed=spec.surveyed,
        census_year=spec.census_year,
        published_on=date.fromisoformat(spec.published_on) if spec.published_on else None,
    )


def _stored_areas(keys: Iterable[AreaKey]) -> dict[tuple[str, str], int]:
    wanted = list(keys)
    rows = Area.objects.filter(kind__in={key.kind for key in wanted}, code__in={key.code for key in wanted})
    return {(kind, code): pk for pk, kind, code in rows.values_list("pk", "kind", "code")}


def _areas(
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
    AreaMember.objects.bulk_create(
        AreaMember(area_id=found[place], code=code) for place, key in new.items() for code in key.members
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

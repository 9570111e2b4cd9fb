"""Loading files of figures: raw file kept, cells stored once, what could not be read kept aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput

from .. import policies
from ..importers.base import AreaKey, Parsed, Rejected
from ..models import (
    Boundary,
    Edition,
    ImportRun,
    QuarantinedRow,
    RawFile,
    Source,
)
from .storing import GIVEN_TWICE, Cells, store_flows, store_labels

#: Kinds of areas that a file defines itself.
_OWN_SHAPES = ("medical_area", "fire_union", "school_district", "other")


#: So many new values change what the database should expect.
WORTH_COUNTING = 5_000


Told = Callable[[str], None]


@dataclass(frozen=True)
class Imported:
    """What came of files: their edition, how many values are new and how many were known, what was kept aside.

    `aside_before` are the rows of files read before that were kept aside then.
    """

    run: ImportRun
    edition: Edition
    kind: str
    files: int
    stored: int
    known: int
    quarantined: int
    notes: tuple[str, ...] = ()
    aside_before: int = 0

    @property
    def said(self) -> str:
        """How much came, in words."""
        before = f"（ほかに前から保留 {self.aside_before:,}件）" if self.aside_before else ""
        return f"新しい値 {self.stored:,}件、登録済み {self.known:,}件、保留 {self.quarantined:,}件{before}"


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
        new, seen = _not_seen(source, first, region, files, digests)
        if not new and seen:
            edition = next(iter(seen.values()))
        cells = Cells(edition, [parsed for parsed, _ in new])
        if cells.contradicted():
            edition = _edition(source, first, region, beside=new[0][1])
            cells = Cells(edition, [parsed for parsed, _ in new])
        say("値を登録しています")
        if edition.pk is None:
            edition.save()
        stored, twice = append(edition, cells, new)
        rejected = [(parsed.file.name, row) for parsed, _ in new for row in parsed.rejected] + twice
        total = sum(len(parsed) + len(parsed.flows) + len(parsed.shapes) for parsed in files)
        before, doubled = _aside_before(
            [parsed.file.name for parsed, digest in zip(files, digests, strict=True) if digest in seen],
            set(seen.values()),
        )
        run = ImportRun(
            region=region,
            kind=first.kind,
            guessed=guessed,
            names=[parsed.file.name for parsed in files],
            edition=edition,
            user=actor.user,
            stored=stored,
            known=max(0, total - stored - len(twice) - doubled),
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
    return Imported(run, edition, first.kind, len(files), stored, run.known, len(rejected), notes, before)


def _count_anew() -> None:
    """Tell the database how large the tables have become: else it plans for the empty ones until it looks itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE evidence_figure (series_id, area_id, corrects_id), evidence_series, evidence_area,"
            " evidence_axislabel (file_id)"
        )


def append(
    edition: Edition, cells: Cells, files: Sequence[tuple[Parsed, str]]
) -> tuple[int, list[tuple[str, Rejected]]]:
    """Store files with their digests; how many values are new, and what is given twice, with the file's name."""
    cells.register()
    stored, twice = 0, []
    for parsed, digest in files:
        file, _ = RawFile.objects.get_or_create(
            edition=edition,
            digest=digest,
            defaults={
                "name": parsed.file.name[-255:],
                "folder": parsed.file.folder[-255:],
                "size": len(parsed.file.content),
            },
        )
        count, doubled = cells.store(file, parsed)
        stored += count + store_flows(edition, file, parsed.flows)
        twice += [(parsed.file.name, row) for row in doubled]
        stored += _shapes(edition, file, parsed, cells.areas)
        store_labels(file, parsed)
    return stored, twice


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


def _not_seen(
    source: Source, first: Parsed, region: Region | None, files: Sequence[Parsed], digests: Sequence[str]
) -> tuple[list[tuple[Parsed, str]], dict[str, Edition]]:
    """The files whose content no edition of this key has yet, each content once; and the editions of the others.

    `WrongInput` for a file whose edition was withdrawn.
    """
    same = _of_this_key(source, first, region)
    held = RawFile.objects.filter(edition__in=same, digest__in=digests).select_related("edition")
    seen: dict[str, Edition] = {}
    for file in held.order_by("edition__imported_at", "pk"):
        if file.digest not in seen or seen[file.digest].withdrawn_at:
            seen[file.digest] = file.edition
    for edition in seen.values():
        if edition.withdrawn_at:
            raise WrongInput(
                f"このファイルの内容は、取り下げた版「{edition}」にあります。"
                "使うときは、版の画面で取下げを取り消してください。",
                file=first.file.name,
            )
    new = [
        (parsed, digest)
        for digest, parsed in {digest: parsed for parsed, digest in zip(files, digests, strict=True)}.items()
        if digest not in seen
    ]
    return new, seen


def _of_this_key(source: Source, parsed: Parsed, region: Region | None) -> QuerySet[Edition]:
    """The edition of a file's key and those beside it."""
    key = parsed.edition.key
    return Edition.objects.filter(Q(key=key) | Q(key__startswith=f"{key}@"), source=source, region=region)


def _aside_before(names: Sequence[str], editions: Iterable[Edition]) -> tuple[int, int]:
    """How many rows of these files were kept aside before, and how many of them because they were given twice."""
    if not names:
        return 0, 0
    rows = QuarantinedRow.objects.filter(run__edition__in=list(editions), file_name__in=set(names))
    return rows.count(), rows.filter(reason=GIVEN_TWICE).count()


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
    same = _of_this_key(source, parsed, region)
    found = same.filter(key=key).first()
    if found is not None and found.withdrawn_at:
        found = same.filter(withdrawn_at=None).order_by("-imported_at", "-pk").first()
        if found is None:
            return _edition(source, parsed, region, beside=hashlib.sha256(parsed.file.content).hexdigest())
    if found is not None:
        return found
    title = spec.title
    if beside:
        number = same.exclude(key=spec.key).count() + 2
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

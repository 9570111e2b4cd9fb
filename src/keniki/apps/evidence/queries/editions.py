"""Reading editions: what a region reads, what each has, and the rows kept aside."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import CharField, Count, F, Func, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from keniki.apps.regions.models import Region

from ..models import Edition, Figure, ImportRun, QuarantinedRow, RawFile
from .words import indicator_name, unit_name


def visible_editions(region: Region | None) -> QuerySet[Edition]:
    """Official editions and, for a region, its own; figures are read of these only, not of withdrawn ones."""
    return known_editions(region).filter(withdrawn_at=None)


def known_editions(region: Region | None) -> QuerySet[Edition]:
    """The editions a region reads and those that were withdrawn."""
    return Edition.objects.filter(readable(region)).select_related("source")


def readable(region: Region | None) -> Q:
    """What is everybody's and, for a region, what is its own."""
    return Q(region=None) if region is None else Q(region=None) | Q(region=region)


def withdrawn_mark() -> str:
    """A text that changes whenever an edition is withdrawn or put back."""
    found = Edition.objects.exclude(withdrawn_at=None).order_by("pk").values_list("pk", flat=True)
    return hashlib.sha256(",".join(map(str, found)).encode()).hexdigest()[:12]


def contents_mark(region: Region | None) -> str:
    """A text that changes whenever a figure a region reads does: by file, row put right, correction or withdrawal.

    Counts go with the last numbers: of two that write at once, the one with the lower numbers may end last.
    """
    last = Max("pk")
    counted = (
        RawFile.objects.filter(edition__in=known_editions(region)).aggregate(number=Count("pk"), last=last),
        QuarantinedRow.objects.filter(
            run__edition__in=known_editions(region), state=QuarantinedRow.State.FIXED
        ).aggregate(number=Count("pk")),
        Figure.objects.filter(corrects__isnull=False).aggregate(number=Count("pk"), last=last),
    )
    return _hashed([*([*each.values()] for each in counted), withdrawn_mark()])


def store_mark(region: Region | None) -> str:
    """A text that changes with `contents_mark`, and with every edition begun and import run, even an empty one."""
    last = Max("pk")
    counted = (
        known_editions(region).aggregate(number=Count("pk"), last=last),
        ImportRun.objects.filter(readable(region)).aggregate(number=Count("pk"), last=last),
    )
    return _hashed([*([*each.values()] for each in counted), contents_mark(region)])


def _hashed(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def editions(region: Region) -> list[Edition]:
    """The editions the region reads and withdrawn ones, by source, the newest first.

    Each with `files_count` and `open_rows`.
    """
    waiting = QuarantinedRow.objects.filter(
        run__edition=OuterRef("pk"), state=QuarantinedRow.State.OPEN
    ).order_by()
    files = RawFile.objects.filter(edition=OuterRef("pk")).order_by()
    rows = known_editions(region).annotate(
        files_count=_how_many(files, "edition"), open_rows=_how_many(waiting, "run__edition")
    )
    return list(rows.order_by("source__slug", "-census_year", "-key"))


def _how_many(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.values(by).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def edition_for(region: Region, pk: int) -> Edition:
    """One edition the region reads, or a withdrawn one; 404 for any other."""
    found = known_editions(region).filter(pk=pk).first()
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


def kept_aside(edition: Edition, *, reason: str = "") -> QuerySet[QuarantinedRow]:
    """The rows of an edition that could not be stored and still wait; of one reason only (`reasons_aside`)."""
    rows = QuarantinedRow.objects.filter(run__edition=edition, state=QuarantinedRow.State.OPEN)
    if reason:
        rows = rows.alias(why=_WHY).filter(why=reason)
    return rows.order_by("file_name", "row", "pk")


def reasons_aside(edition: Edition) -> list[tuple[str, int]]:
    """Why rows of an edition wait, without what each cell said (「…」), the most frequent first; how many of each."""
    rows = kept_aside(edition).order_by().annotate(why=_WHY).values_list("why").annotate(number=Count("pk"))
    return list(rows.order_by("-number", "why"))


_WHY = Func(
    F("reason"),
    Value("「[^」]*」"),
    Value("「…」"),
    Value("g"),
    function="regexp_replace",
    output_field=CharField(),
)


def originals(edition: Edition) -> QuerySet[RawFile]:
    """The files of an edition, by name and folder."""
    return edition.files.order_by("name", "folder", "pk")


def row_for(region: Region, pk: int) -> QuarantinedRow:
    """A row kept aside of an edition the region reads; 404 for any other."""
    rows = QuarantinedRow.objects.filter(run__edition__in=known_editions(region))
    found = rows.select_related("run__edition__region").filter(pk=pk).first()
    if found is None:
        raise Http404("保留した行が見つかりません。")
    return found

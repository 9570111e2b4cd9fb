"""Reading which tables of official statistics are fetched, and which are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import Http404

from keniki.apps.regions.models import Region
from keniki.rulebooks.statistics import OfficialSource, official_sources

from ..models import Edition, FetchedTable, FetchRun
from .editions import visible_editions

#: How long what was fetched is taken for current.
CURRENT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class SourceRow:
    """An official source: its editions that are loaded, the tables that are or may be fetched of it."""

    source: OfficialSource
    editions: Sequence[Edition]
    tables: Sequence[FetchedTable]
    offered: Sequence[tuple[str, str]]


def tables(*, source: str = "", table: str = "") -> list[FetchedTable]:
    """The tables that are switched on, of a source or of one id only."""
    rows = FetchedTable.objects.filter(active=True)
    if source:
        rows = rows.filter(source=source)
    if table:
        rows = rows.filter(table=table)
    return list(rows)


def tables_due(now: datetime) -> list[FetchedTable]:
    """The tables that are switched on and were not fetched for thirty days, or not at all, or in vain."""
    late = Q(tried_at=None) | Q(tried_at__lte=now - CURRENT_FOR) | Q(outcome=FetchedTable.Outcome.FAILED)
    return list(FetchedTable.objects.filter(late, active=True))


def table_for(pk: int) -> FetchedTable:
    """One table of the list; 404 for any other."""
    found = FetchedTable.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("この統計表は一覧にありません。")
    return found


def run_for(pk: int) -> FetchRun:
    """One fetch that somebody asked for; 404 for any other."""
    found = FetchRun.objects.select_related("user").filter(pk=pk).first()
    if found is None:
        raise Http404("この取得は見つかりません。")
    return found


def last_run() -> FetchRun | None:
    """The fetch that was asked for last."""
    return FetchRun.objects.select_related("user").first()


def source_rows() -> list[SourceRow]:
    """Every official source with its tables, in the order of the list."""
    loaded: dict[str, list[Edition]] = {}
    everybodys: Region | None = None
    for edition in visible_editions(everybodys):
        loaded.setdefault(edition.source.slug, []).append(edition)
    switched: dict[str, list[FetchedTable]] = {}
    for row in FetchedTable.objects.select_related("switched_by", "edition"):
        switched.setdefault(row.source, []).append(row)
    return [
        SourceRow(
            source,
            loaded.get(source.slug, []),
            switched.get(source.slug, []),
            [
                (table, title)
                for table, title in source.api_tables.items()
                if all(row.table != table for row in switched.get(source.slug, []))
            ],
        )
        for source in official_sources()
    ]


def unlisted_tables() -> list[FetchedTable]:
    """The tables that belong to none of the official sources of the list."""
    listed = [source.slug for source in official_sources()]
    return list(FetchedTable.objects.exclude(source__in=listed).select_related("switched_by", "edition"))

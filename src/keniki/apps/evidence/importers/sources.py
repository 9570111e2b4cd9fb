"""The official source a file names, with its address, credit and terms; any other name stands for itself."""

from __future__ import annotations

from keniki.rulebooks.statistics import official_sources

from .base import SourceSpec
from .cells import slug_of, title_of, without_year


def source_named(slug: str, title: str = "") -> SourceSpec:
    """The source of this slug as the list of official sources describes it, else one of this title."""
    for source in official_sources():
        if source.slug == slug:
            return SourceSpec(
                source.slug, source.title, source.publisher, source.address, source.credit, source.licence
            )
    return SourceSpec(slug, title or slug)


def source_of_table(table: str) -> SourceSpec | None:
    """The official source that lists this table id of the e-Stat API."""
    return next(
        (source_named(source.slug) for source in official_sources() if table in source.api_tables), None
    )


def named_after(file: str) -> SourceSpec:
    """The source of a file that names none: called like the file, without the year at the end of its name."""
    title = without_year(title_of(file))
    return source_named(slug_of(title), title[:200])


def official_titles() -> dict[str, str]:
    """The slugs of the official sources by their titles."""
    return {source.title: source.slug for source in official_sources()}

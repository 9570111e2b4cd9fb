"""Loading several files at once, as they lie in one ZIP: each edition's together, others left alone."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .. import policies
from ..importers.base import RawBytes, UnknownKind
from ..reading import Read, Reading
from .importing import Imported, import_figures


def import_files(
    actor: Actor, files: Sequence[RawBytes], *, region: Region | None = None, kind: str = ""
) -> list[tuple[str, Imported]]:
    """Load files, all or none; what each edition was read as, and what came of it.

    Of several files those of no known kind (the licence, another format of the same) are left out. `UnknownKind`
    where none is known, any other `WrongInput` where one of them cannot be read.
    """
    policies.import_figures(actor, region).require()
    reading = Reading(region)
    groups: dict[tuple[str, str], list[Read]] = {}
    unknown: UnknownKind | None = None
    for file in files:
        try:
            read = reading.read(file, kind=kind)
        except UnknownKind as wrong:
            unknown = wrong
            continue
        groups.setdefault((read.parsed.source.slug, read.parsed.edition.key), []).append(read)
    if not groups:
        raise unknown or WrongInput("ZIPの中にファイルがありません。")
    with transaction.atomic():
        return [
            (
                reads[0].title,
                import_figures(
                    actor, [read.parsed for read in reads], region=region, guessed=reads[0].guessed
                ),
            )
            for reads in groups.values()
        ]

"""What the steps of one load share: the document, what is stored so far by its name in the file, small helpers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import models
from psycopg.types.range import DateRange

from keniki.apps.compacts import models as compacts
from keniki.apps.regions.models import Municipality, Organisation, Region, SourceDocument
from keniki.core.era import day_after

from .. import schema
from ..sync import Sync


def days(first: date | None, last: date | None) -> DateRange:
    """Days from `first` to `last`, both included; None is open."""
    return DateRange(first, day_after(last) if last else None, "[)")


class Load:
    """One load on its way: each step fills in the rows that later steps refer to."""

    def __init__(self, document: schema.RegionFile) -> None:
        self.document = document
        self.sync = Sync()
        self.region: Region
        self.towns: dict[str, Municipality] = {}
        self.sources: dict[str, SourceDocument] = {}
        self.bodies: dict[str, Organisation] = {}
        self.agreement: dict[str, compacts.Agreement] = {}
        self.vision: dict[str, compacts.Vision] = {}
        self.initiative: dict[str, compacts.Initiative] = {}
        self.project: dict[tuple[str, str], compacts.Project] = {}

    def town(self, code: str | None) -> Municipality | None:
        return self.towns[code] if code else None

    def town_id(self, code: str | None) -> int | None:
        return self.towns[code].pk if code else None

    def source_id(self, part: schema.Sourced) -> int | None:
        return self.sources[part.source.document].pk if part.source else None

    def placed(self, part: Any) -> dict[str, Any]:
        """The columns that say where a record stands in which document."""
        source: schema.SourceRef | None = part.source
        return {
            "source": self.sources[source.document] if source else None,
            "source_place": source.place if source else "",
            "source_flag": source.flag if source else "",
        }

    def many(self, manager: Any, wanted: Sequence[models.Model]) -> None:
        """Make a many-to-many relation equal to `wanted`."""
        have, want = set(manager.values_list("pk", flat=True)), {row.pk for row in wanted}
        if have != want:
            manager.set(wanted)
            counter = self.sync.changed if have else self.sync.created
            counter[manager.through.__name__] += len(have ^ want)

    def links(
        self,
        model: Any,
        parent: str,
        wanted: Mapping[Any, Sequence[tuple[Any, ...]]],
        names: tuple[str, ...] = ("key",),
    ) -> None:
        """Make links to annex items, measures or roles (agreement, then the fields of `names`) equal to `wanted`."""
        ids = [row.pk for row in wanted]
        stored = {
            (
                getattr(link, f"{parent}_id"),
                link.agreement_id,
                *(getattr(link, name) for name in names),
            ): link.pk
            for link in model._base_manager.filter(**{f"{parent}__in": ids})
        }
        want = {
            (row.pk, agreement.pk, *keys): model(
                **{parent: row, "agreement": agreement}, **dict(zip(names, keys, strict=True))
            )
            for row, links in wanted.items()
            for agreement, *keys in links
        }
        gone = [pk for name, pk in stored.items() if name not in want]
        new = [link for name, link in want.items() if name not in stored]
        model._base_manager.filter(pk__in=gone).delete()
        model._base_manager.bulk_create(new)
        self.sync.created[model.__name__] += len(new)
        self.sync.changed[model.__name__] += len(gone)

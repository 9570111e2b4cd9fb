"""What the sections of one export share: the region, the codes they name, small helpers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from keniki.apps.regions.models import Municipality, Region

from .. import schema
from ..towns import stored_keys


class Export:
    """One export on its way; `codes` are the municipalities named so far."""

    def __init__(self, region: Region, files: bool) -> None:
        self.region = region
        self.files = files
        self.codes: set[str] = set()
        # Whatever has an end may share its code with a later municipality.
        ended = Municipality.objects.filter(valid__upper_inf=False).values("code")
        self._keys = stored_keys(Municipality.objects.filter(code__in=ended))

    def code(self, town: Municipality | None) -> str | None:
        if town is None:
            return None
        self.codes.add(town.code)
        return self._keys.get(town.pk, town.code)

    def known(self, codes: Iterable[str]) -> list[str]:
        listed = list(codes)
        self.codes.update(code.partition("@")[0] for code in listed)
        return listed


def source(row: Any) -> schema.SourceRef | None:
    if row.source is None:
        return None
    return schema.SourceRef(document=row.source.slug, place=row.source_place, flag=row.source_flag)


def fields(row: Any, part: type[schema.Part], *without: str) -> dict[str, Any]:
    """The attributes of `row` that `part` names, except some."""
    return {name: getattr(row, name) for name in part.model_fields if name not in without}


def choice(value: str | None) -> Any:
    """A stored choice where the schema names the same words as literals."""
    return value


def number(value: Decimal | None) -> Any:
    """A decimal without trailing zeros, so that one value has one spelling."""
    if value is None:
        return None
    plain = value.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


def last_day(days: Any) -> date | None:
    """The last day of a stored range (its upper end is exclusive)."""
    return days.upper - timedelta(days=1) if days.upper else None

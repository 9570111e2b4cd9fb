"""Which region a record belongs to, and how sentences name it."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django_scopes import get_scope

from keniki.apps.regions.models import Municipality, Region

from .models import AboutRecord


def region_of(record: models.Model) -> Region:
    """The record's region: its own, or the one in scope (records are only reached inside their region's scope)."""
    if isinstance(record, Region):
        return record
    own = getattr(record, "region", None)
    if isinstance(own, Region):
        return own
    scoped: Any = get_scope().get("region")
    if isinstance(scoped, Region):
        return scoped
    raise LookupError(f"{record._meta.label} belongs to no region here")


def town_of(record: models.Model | None) -> Municipality | None:
    """The town whose own record it is; None for a shared one."""
    town = getattr(record, "municipality", None)
    return town if isinstance(town, Municipality) else None


def is_of_one_town(model: type[models.Model] | None) -> bool:
    """Whether every record of this kind is one town's: then that town alone is asked about it."""
    return model is not None and any(
        field.name == "municipality" and field.related_model is Municipality and not field.null
        for field in model._meta.fields
    )


def asked_town(record: models.Model | None) -> Municipality | None:
    """The only town that is asked about a record; None where all members are."""
    return town_of(record) if record is not None and is_of_one_town(type(record)) else None


def link(record: models.Model) -> dict[str, Any]:
    """The columns of `AboutRecord` that point at the record."""
    return {
        "region": region_of(record),
        "object_type": ContentType.objects.get_for_model(record, for_concrete_model=True),
        "object_id": record.pk,
    }


def about(record: models.Model) -> dict[str, Any]:
    """The filter that finds rows about the record."""
    return {
        "object_type": ContentType.objects.get_for_model(record, for_concrete_model=True),
        "object_id": record.pk,
    }


def named(record: models.Model) -> str:
    """取組「地域防災体制の充実」"""
    return f"{record._meta.verbose_name}「{record}」"


def subject(row: AboutRecord) -> models.Model:
    """The record a row is about."""
    record: models.Model | None = row.about
    if record is None:
        raise LookupError(f"{row._meta.label} {row.pk} is about nothing")
    return record


def digest_of(record: Any) -> str | None:
    """The hash of the record's present content where its model states one (`inquiry_digest`); None elsewhere."""
    digest = getattr(record, "inquiry_digest", None)
    value = digest() if callable(digest) else digest
    return str(value) if value else None

"""A document remembers what it was made from: whatever changes a document's content changes its digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import DatabaseError, models, transaction

from keniki.apps.documents.composing import compose
from keniki.apps.regions import queries

pytestmark = pytest.mark.django_db

KINDS: dict[str, dict[str, int]] = {
    "results": {"first": 2022, "last": 2024},
    "agreement": {},
    "declaration": {},
    "vision": {},
}
SLICES = ("regions", "compacts", "activities", "finance")
#: What tells where a row stands or when it was written, not what it says.
NOT_CONTENT = {"id", "version", "changed_at", "slug", "uploaded_at"}


def rows() -> Iterator[models.Model]:
    """A row of every table the documents may read, those of the small region first."""
    for config in (apps.get_app_config(label) for label in SLICES):
        for model in config.get_models():
            if not model.__name__.endswith("Event") and hasattr(model, "save"):
                yield from _of_region(model)


def _of_region(model: type[models.Model]) -> list[models.Model]:
    found = model._base_manager.order_by("pk")
    for path in PATHS:
        try:
            mine = list(found.filter(**{path: "umibe"})[:1])
        except (FieldError, ValueError):  # no such path from this table
            continue
        if mine:
            return mine
    return []


PATHS = (
    "slug",
    "region__slug",
    "agreement__region__slug",
    "agreement_version__agreement__region__slug",
    "annex_item__agreement_version__agreement__region__slug",
    "declaration__region__slug",
    "vision__region__slug",
    "initiative__region__slug",
    "outlook__initiative__region__slug",
    "activity__region__slug",
    "grant__region__slug",
    "kpi__region__slug",
    "secretariat_of__slug",
    "memberships__region__slug",
)


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value for the field; the same where none is at hand."""
    if isinstance(field, models.ForeignKey):
        return value
    if field.choices:
        return next((choice for choice, _ in field.choices if choice != value), value)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateField) and value:
        return value - timedelta(days=3)
    if isinstance(field, models.IntegerField | models.DecimalField):
        return (value or 0) + (Decimal(1) if isinstance(value, Decimal) else 1)
    if isinstance(field, models.TextField | models.CharField):
        return f"{value}改"[-(field.max_length or 9999) :]
    if isinstance(field, models.JSONField) and isinstance(value, list):
        return value[1:] if value else ["改"]
    return value


def everything(region: Any) -> dict[str, Any]:
    found = {}
    for kind, parameters in KINDS.items():
        try:
            composed = compose(region, kind, **parameters)
        except Exception as error:  # noqa: BLE001  (a value no person could have typed)
            found[kind] = (repr(error), "")
        else:
            found[kind] = (
                (composed.document.blocks, composed.document.title, composed.sheets),
                composed.inputs.digest,
            )
    return found


@pytest.mark.slow
def test_no_field_can_change_a_document_without_changing_its_digest(small):
    before = everything(small)
    silent, told = [], 0
    for row in list(rows()):
        for field in row._meta.concrete_fields:
            new = other(field, getattr(row, field.attname))
            if field.name in NOT_CONTENT or new == getattr(row, field.attname):
                continue
            with transaction.atomic():
                try:
                    with pgtrigger.ignore(), transaction.atomic():
                        type(row)._base_manager.filter(pk=row.pk).update(**{field.attname: new})
                except DatabaseError:
                    continue
                after = everything(queries.region_for(queries.operator(), "umibe"))
                transaction.set_rollback(True)
            for kind in KINDS:
                if after[kind][1] and after[kind][0] != before[kind][0]:
                    told += 1
                    if after[kind][1] == before[kind][1]:
                        silent.append(f"{kind}: {row._meta.label}.{field.name}")
    assert not silent, sorted(set(silent))
    assert told > 80

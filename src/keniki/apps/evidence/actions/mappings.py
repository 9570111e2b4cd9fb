"""How tables of one's own are read, remembered for files with the same headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region

from .. import policies
from ..importers.base import RawBytes
from ..importers.mapping import MappingSpec, head_of
from ..models import Mapping as Mapped
from ..reading import Reading
from .importing import Imported, import_figures


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


def read_by_mapping(actor: Actor, region: Region | None, file: RawBytes, spec: MappingSpec) -> Imported:
    """Load a region's own file (or everybody's) by a mapping that is remembered for its headings: both or neither."""
    policies.import_figures(actor, region).require()
    parsed = Reading(region).read(file, spec=spec).parsed
    with transaction.atomic():
        remember_mapping(
            actor, spec.title or file.name, head_of(file, spec), spec.model_dump(mode="json"), region=region
        )
        return import_figures(actor, [parsed], region=region)


def forget_mapping(
    actor: Actor, mapping: Mapped, version: int | None, *, region: Region | None = None
) -> None:
    """Read files with these headings by this mapping no longer; what was read stays."""
    ruling = policies.forget_mapping(actor, mapping, region)
    with verb(actor, "evidence.forget_mapping", region=region.slug if region else "", ruling=ruling) as act:
        row = act.lock(mapping, version)
        act.log(row, {"name": row.name, "spec": row.spec}, None, f"統計の列の対応「{row.name}」を削除")
        row.delete()

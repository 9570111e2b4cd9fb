"""Joint arrangements that exist, and the register from issue to project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keniki.apps.compacts import models as compacts
from keniki.apps.regions.models import Arrangement

from .. import schema
from .state import Export, choice, fields, source


def arrangements(export: Export) -> list[schema.Arrangement]:
    """Only bodies that travel with the region are named by their slug; others by name."""
    region = export.region
    travelling = {region.secretariat_id, *region.related.values_list("pk", flat=True)}
    rows = Arrangement.objects.select_related("lead", "source").prefetch_related("members", "bodies")
    found = []
    for row in rows.order_by("slug"):
        bodies = sorted(row.bodies.all(), key=lambda body: body.slug)
        found.append(
            schema.Arrangement(
                **fields(
                    row,
                    schema.Arrangement,
                    "members",
                    "bodies",
                    "others",
                    "lead",
                    "since_precision",
                    "source",
                ),
                members=sorted(export.code(town) or "" for town in row.members.all()),
                bodies=[body.slug for body in bodies if body.pk in travelling],
                others=[*row.others, *(body.name for body in bodies if body.pk not in travelling)],
                lead=export.code(row.lead),
                since_precision=choice(row.since_precision),
                source=source(row),
            )
        )
    return found


def matters(export: Export) -> list[schema.Matter]:
    rows = compacts.Matter.objects.select_related("municipality", "source").prefetch_related(
        "voices__municipality"
    )
    return [
        schema.Matter(
            **fields(m, schema.Matter, "kind", "precision", "municipality", "voices", "source"),
            kind=choice(m.kind),
            precision=choice(m.precision),
            municipality=export.code(m.municipality),
            voices=_voices(export, m.voices.all()),
            source=source(m),
        )
        for m in rows.order_by("order", "slug")
    ]


def candidates(export: Export) -> list[schema.Candidate]:
    rows = compacts.Candidate.objects.select_related("initiative", "source").prefetch_related(
        "interests__municipality", "matters", "steps"
    )
    return [
        schema.Candidate(
            **fields(c, schema.Candidate, "stage", "matters", "interests", "steps", "initiative", "source"),
            stage=choice(c.stage),
            matters=sorted(matter.slug for matter in c.matters.all()),
            interests=_voices(export, c.interests.all()),
            steps=[
                schema.CandidateStep(stage=choice(s.stage), on=s.on, reason=s.reason) for s in c.steps.all()
            ],
            initiative=c.initiative.slug if c.initiative else None,
            source=source(c),
        )
        for c in rows.order_by("order", "slug")
    ]


def _voices(export: Export, rows: Iterable[Any]) -> list[schema.Voice]:
    found = [schema.Voice(municipality=export.code(row.municipality) or "", text=row.text) for row in rows]
    return sorted(found, key=lambda voice: voice.municipality)

"""Joint arrangements that exist, and the register from issue to project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keniki.apps.compacts import models as compacts
from keniki.apps.regions.models import Arrangement

from .. import schema
from .state import Load


def arrangements(load: Load) -> None:
    given = load.document.arrangements
    rows = load.sync.rows(
        Arrangement,
        Arrangement.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                a.slug,
                {
                    "region": load.region,
                    **a.model_dump(exclude={"members", "bodies", "lead", "source"}),
                    "lead": load.town(a.lead),
                    **load.placed(a),
                },
            )
            for a in given
        ],
    )
    for a in given:
        load.many(rows[a.slug].members, [load.towns[code] for code in a.members])
        load.many(rows[a.slug].bodies, [load.bodies[slug] for slug in a.bodies])


def register(load: Load) -> None:
    matters = load.sync.rows(
        compacts.Matter,
        compacts.Matter.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                m.slug,
                {
                    "region": load.region,
                    **m.model_dump(exclude={"municipality", "voices", "source"}),
                    "municipality": load.town(m.municipality),
                    **load.placed(m),
                },
            )
            for m in load.document.matters
        ],
    )
    for m in load.document.matters:
        _said(load, compacts.MatterVoice, "matter", matters[m.slug], m.voices)
    _candidates(load, matters)


def _candidates(load: Load, matters: dict[str, compacts.Matter]) -> None:
    given = load.document.candidates
    rows = load.sync.rows(
        compacts.Candidate,
        compacts.Candidate.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                c.slug,
                {
                    "region": load.region,
                    **c.model_dump(exclude={"matters", "interests", "steps", "initiative", "source"}),
                    "initiative": load.initiative[c.initiative] if c.initiative else None,
                    **load.placed(c),
                },
            )
            for c in given
        ],
    )
    for c in given:
        load.many(rows[c.slug].matters, [matters[slug] for slug in c.matters])
        _said(load, compacts.CandidateInterest, "candidate", rows[c.slug], c.interests)
    load.sync.children(
        compacts.CandidateStep,
        "candidate",
        {rows[c.slug]: [{"order": n, **s.model_dump()} for n, s in enumerate(c.steps, 1)] for c in given},
        ("stage", "on", "reason"),
    )


def _said(load: Load, model: Any, parent: str, row: Any, voices: Sequence[schema.Voice]) -> None:
    load.sync.rows(
        model,
        model.objects.filter(**{parent: row}),
        lambda each: each.municipality_id,
        [
            (
                load.towns[v.municipality].pk,
                {parent: row, "municipality": load.towns[v.municipality], "text": v.text},
            )
            for v in voices
        ],
    )

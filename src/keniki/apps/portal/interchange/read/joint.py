"""Whether joint arrangements and the register of a region fit what the document names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import schema
from ..places import Loc

if TYPE_CHECKING:
    from .references import _Check as Check


def arrangements(document: schema.RegionFile, check: Check) -> None:
    check.unique((a.slug for a in document.arrangements), "arrangements", field="slug")
    bodies = {body.slug for body in document.region.organisations}
    for n, arrangement in enumerate(document.arrangements):
        at = ("arrangements", n)
        check.towns(arrangement.members, *at, "members")
        check.town(arrangement.lead, *at, "lead")
        for k, body in enumerate(arrangement.bodies):
            check.one_of(body, bodies, "団体", *at, "bodies", k)
        check.in_order(arrangement.since, arrangement.until, *at, "until")


def register(document: schema.RegionFile, check: Check) -> None:
    matters = {matter.slug for matter in document.matters}
    check.unique((matter.slug for matter in document.matters), "matters", field="slug")
    for n, matter in enumerate(document.matters):
        check.town(matter.municipality, "matters", n, "municipality")
        _voices(matter.voices, check, ("matters", n, "voices"))
    check.unique((candidate.slug for candidate in document.candidates), "candidates", field="slug")
    for n, candidate in enumerate(document.candidates):
        at = ("candidates", n)
        for k, slug in enumerate(candidate.matters):
            check.one_of(slug, matters, "課題", *at, "matters", k)
        check.unique(candidate.matters, *at, "matters")
        _voices(candidate.interests, check, (*at, "interests"))
        check.one_of(candidate.initiative, check.initiatives, "取組", *at, "initiative")
        check.refuse(
            candidate.initiative is not None and candidate.stage != "project",
            "initiative（取組）を書けるのは、事業化した候補（stage: project）だけです。",
            *at,
            "initiative",
        )
        check.refuse(
            bool(candidate.steps) and candidate.steps[-1].stage != candidate.stage,
            "steps の最後の段階と stage が違います。",
            *at,
            "stage",
        )
        check.in_order(candidate.trial_from, candidate.trial_to, *at, "trial_to")


def _voices(voices: Sequence[schema.Voice], check: Check, at: Loc) -> None:
    check.unique((voice.municipality for voice in voices), *at, field="municipality")
    for n, voice in enumerate(voices):
        check.town(voice.municipality, *at, n, "municipality")

"""The register from issue to project: the board's columns, where a matter stands, for whom somebody may enter."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions import policies as regions
from keniki.apps.regions import queries as region_queries
from keniki.apps.regions.models import Municipality, Region

from .models import Candidate
from .states import CandidateStage

#: The board's first column: matters that no candidate answers.
OPEN = "open"
#: The columns of the board in order: key, heading.
COLUMNS: tuple[tuple[str, str], ...] = (
    (OPEN, "課題（候補なし）"),
    *((stage.value, str(stage.label)) for stage in CandidateStage),
)


def towns_to_write(actor: Actor, region: Region) -> list[Municipality]:
    """The members for which the actor may enter something, in the region's order."""
    return [
        row.municipality
        for row in region_queries.members_on(region)
        if regions.edit_town(actor, region, row.municipality)
    ]


def standing_of(candidates: Iterable[Candidate]) -> str:
    """The column of a matter: where the furthest of its candidates stands; set aside only if all of them are."""
    stages = {row.stage for row in candidates}
    order = ("project", "trial", "studying", "candidate", "dropped")
    return next((stage for stage in order if stage in stages), OPEN)

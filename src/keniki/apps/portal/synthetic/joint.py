"""The joint arrangements of a synthetic region, and its register from issue to project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from keniki.apps.compacts.models import (
    Candidate,
    CandidateInterest,
    CandidateStep,
    Initiative,
    Matter,
    MatterVoice,
)
from keniki.apps.regions.models import Arrangement, Municipality, Region

MATTERS, CANDIDATES, ARRANGEMENTS = 24, 8, 6
_DAY = date(2020, 4, 1)
_FIELDS = ("medical", "welfare", "education", "industry", "disaster", "transit")
_STAGES = ("candidate", "studying", "project", "dropped")


def fill(region: Region, towns: Sequence[Municipality], initiatives: Sequence[Initiative]) -> None:
    """Arrangements of two and more towns, issues and hopes of all of them, candidates at every stage but 試行."""
    arrangements = Arrangement.objects.bulk_create(
        Arrangement(
            region=region,
            slug="kumiai" if n == 0 else f"kumiai-{n}",
            name=f"架空{n + 1}組合",
            form="partial_affairs",
            office="架空の事務",
            fields=[_FIELDS[n % len(_FIELDS)]],
            since=_DAY,
        )
        for n in range(ARRANGEMENTS)
    )
    for n, arrangement in enumerate(arrangements):
        arrangement.members.set(towns[: 2 + n % (len(towns) - 1)])
    matters = Matter.objects.bulk_create(
        Matter(
            region=region,
            slug={0: "kadai", 1: "kitai"}.get(n, f"kadai-{n}"),
            order=n + 1,
            kind=("issue", "hope", "current")[n % 3],
            title=f"架空の{('課題', '期待', '取組')[n % 3]}{n + 1}",
            fields=[_FIELDS[n % len(_FIELDS)]],
            surveyed_on=_DAY,
        )
        for n in range(MATTERS)
    )
    MatterVoice.objects.bulk_create(
        MatterVoice(matter=matter, municipality=town, text="架空の声。")
        for n, matter in enumerate(matters)
        for town in towns[: 1 + n % len(towns)]
    )
    candidates = Candidate.objects.bulk_create(
        Candidate(
            region=region,
            slug="koho" if n == 0 else f"koho-{n}",
            order=n + 1,
            title=f"架空の取組候補{n + 1}",
            fields=[_FIELDS[n % len(_FIELDS)]],
            stage=_STAGES[n % len(_STAGES)],
            stage_on=_DAY,
            initiative=initiatives[n % len(initiatives)] if _STAGES[n % len(_STAGES)] == "project" else None,
        )
        for n in range(CANDIDATES)
    )
    for n, candidate in enumerate(candidates):
        candidate.matters.set(matters[3 * n : 3 * n + 2])
    CandidateStep.objects.bulk_create(
        CandidateStep(candidate=candidate, order=1, stage=candidate.stage, on=_DAY)
        for candidate in candidates
    )
    CandidateInterest.objects.bulk_create(
        CandidateInterest(candidate=candidate, municipality=town, text="架空の関心。")
        for candidate in candidates
        for town in towns[:2]
    )

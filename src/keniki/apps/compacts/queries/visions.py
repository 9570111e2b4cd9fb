"""Visions with their editions and their tree; declarations."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.http import Http404

from keniki.apps.compacts.actions.visions import differs, kept_of
from keniki.apps.compacts.models import (
    BasicGoal,
    Declaration,
    Initiative,
    Kpi,
    Project,
    Vision,
    VisionEdition,
)
from keniki.apps.compacts.states import VisionState
from keniki.apps.regions.models import Region

from .agreements import StateStep
from .fields import field_names


@dataclass
class Branch:
    """A basic goal (None: not stated yet) with the initiatives that serve it."""

    goal: BasicGoal | None
    initiatives: list[Initiative] = field(default_factory=list)


@dataclass
class FieldBranch:
    """A policy field with its goals."""

    name: str
    branches: list[Branch] = field(default_factory=list)


def visions(region: Region) -> list[Vision]:
    """All visions, the newest period first."""
    rows = Vision.objects.filter(region=region).prefetch_related("editions", "goals", "initiatives")
    return sorted(rows, key=lambda row: (-(row.first_year or 0), row.slug))


def vision(region: Region, slug: str) -> Vision:
    """The vision with everything its page shows; 404 when the region has none of that name."""
    found = (
        Vision.objects.filter(region=region, slug=slug)
        .select_related("region", "source")
        .prefetch_related(
            "sections",
            "goals",
            "editions",
            Prefetch(
                "initiatives",
                Initiative.objects.prefetch_related(
                    Prefetch("projects", Project.objects.select_related("lead"))
                ),
            ),
            Prefetch("kpis", Kpi.objects.prefetch_related("targets", "readings")),
        )
        .first()
    )
    if found is None:
        raise Http404("ビジョンが見つかりません。")
    return found


def edition(vision: Vision, order: int) -> VisionEdition:
    """One edition; 404 when there is none or its content was not kept."""
    for row in vision.editions.all():
        if row.order == order and row.content is not None:
            return row
    raise Http404("この版の内容は残っていません。")


def unsaved_changes(vision: Vision) -> bool:
    """Whether the vision was written in since its last kept edition was decided or changed."""
    if vision.state not in (VisionState.DECIDED, VisionState.CHANGED):
        return False
    last = next((row for row in reversed(list(vision.editions.all())) if row.content is not None), None)
    return last is not None and differs(last.content, kept_of(vision))


def tree(vision: Vision) -> list[FieldBranch]:
    """体系図: policy field → basic goal → initiative, in the order of the programme's fields.

    An initiative without a goal stands under its first field without one.
    """
    names = field_names()
    goals = {goal.key: goal for goal in vision.goals.all()}
    branches: dict[str, dict[str, Branch]] = {}
    for goal in vision.goals.all():
        branches.setdefault(goal.field, {})[goal.key] = Branch(goal)
    for initiative in vision.initiatives.all():
        aim = goals.get(initiative.goal)
        key = aim.field if aim else next(iter(initiative.fields), "")
        branch = branches.setdefault(key, {}).setdefault(aim.key if aim else "", Branch(aim))
        branch.initiatives.append(initiative)
    order = {key: position for position, key in enumerate(names)}
    return [
        FieldBranch(names.get(key, key), list(branches[key].values()))
        for key in sorted(branches, key=lambda key: (order.get(key, len(order)), key))
    ]


def vision_steps(vision: Vision) -> list[StateStep]:
    """The way of a vision with the days of its editions."""
    way = [VisionState.OUTLINE, VisionState.DRAFT, VisionState.PUBLIC_COMMENT, VisionState.DECIDED]
    here = len(way) if vision.state == VisionState.CHANGED else way.index(VisionState(vision.state))
    entered = {row.state: row for row in vision.editions.all() if row.state != VisionState.CHANGED}
    steps = []
    for position, state in enumerate(way):
        row = entered.get(state) if position <= here else None
        passed = "done" if row is not None or state == VisionState.DECIDED else "skipped"
        day = row.on if row else None
        if state == VisionState.DECIDED and here >= position:
            day = vision.decided_on
        steps.append(
            StateStep(
                label=state.label,
                state="current" if position == here else passed if position < here else "todo",
                date=day,
            )
        )
    changes = [row for row in vision.editions.all() if row.state == VisionState.CHANGED]
    for row in changes:
        last = row is changes[-1] and vision.state == VisionState.CHANGED
        steps.append(StateStep(f"変更第{row.edition}版", "current" if last else "done", row.on))
    return steps


def declarations(region: Region) -> list[Declaration]:
    """All declarations, the newest first."""
    rows = (
        Declaration.objects.filter(region=region).select_related("centre", "source").prefetch_related("parts")
    )
    return sorted(rows, key=lambda row: (row.declared_on is not None, row.slug))


def declaration(region: Region, slug: str) -> Declaration:
    """The declaration; 404 when the region has none of that name."""
    for row in declarations(region):
        if row.slug == slug:
            return row
    raise Http404("宣言が見つかりません。")


def goals_of(region: Region) -> list[tuple[Vision, list[BasicGoal]]]:
    """Every vision with its goals, to choose from."""
    return [(row, list(row.goals.all())) for row in visions(region)]

"""Reading drills: scenarios, runs, what was told and how the towns took it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.utils import timezone

from keniki.apps.activities.models import Activity
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from ..drills import Inject, due_at, injects_of, minutes
from ..models import DrillRun, DrillScenario, Event, Incident, InjectAnswer


@dataclass(frozen=True)
class Reaction:
    """What a town did with an inject: minutes until it was seen and until the first decision, and what was decided."""

    town: Municipality
    asked: bool
    seen: float | None
    done: float | None
    answers: tuple[InjectAnswer, ...]


@dataclass(frozen=True)
class Told:
    """An inject in a run: when it was due, whether it is by now, and what each town did with it."""

    inject: Inject
    due: datetime
    is_due: bool
    reactions: tuple[Reaction, ...]


@dataclass(frozen=True)
class Review:
    """A run looked at as a whole, for the after-action report (訓練の検証): medians in minutes."""

    run: DrillRun
    towns: tuple[Municipality, ...]
    told: tuple[Told, ...]
    events: int
    by_town: tuple[tuple[Municipality, int, int, float | None, float | None], ...]


def scenarios_of(region: Region) -> list[DrillScenario]:
    """All scenarios of a region."""
    found = list(DrillScenario.objects.filter(region=region).prefetch_related("runs__incident"))
    for each in found:
        each.region = region
    return found


def last_initiative(region: Region) -> int | None:
    """The id of the initiative (取組) the region's latest drill was recorded under; None where none was."""
    return (
        Activity.objects.filter(region=region, origin__startswith="drills/")
        .order_by("-pk")
        .values_list("initiative", flat=True)
        .first()
    )


def scenario_for(region: Region, slug: str) -> DrillScenario:
    """The scenario with this slug; 404 when there is none."""
    found = DrillScenario.objects.filter(region=region, slug=slug).first()
    if found is None:
        raise Http404("訓練シナリオが見つかりません。")
    found.region = region
    return found


def runs_of(region: Region) -> list[DrillRun]:
    """All runs of a region, the newest first."""
    found = list(DrillRun.objects.filter(region=region).select_related("incident", "scenario"))
    for each in found:
        each.region = each.incident.region = region
    return found


def run_in(incident: Incident) -> DrillRun | None:
    """The drill that is played in an incident, if one is."""
    found = DrillRun.objects.filter(incident=incident).select_related("scenario").first()
    if found is not None:
        found.region, found.incident = incident.region, incident
    return found


def run_for(incident: Incident) -> DrillRun:
    """The drill that is played in an incident; 404 when there is none."""
    found = run_in(incident)
    if found is None:
        raise Http404("この事案では、シナリオによる訓練を行っていません。")
    return found


def review_of(run: DrillRun, at: datetime | None = None) -> Review:
    """What was told and what the towns did with it, as of now."""
    now = run.ended_at or at or timezone.now()
    towns = [row.municipality for row in members_on(run.region)]
    given: dict[tuple[int, int], list[InjectAnswer]] = defaultdict(list)
    for answer in InjectAnswer.objects.filter(run=run).select_related("municipality", "user"):
        given[answer.number, answer.municipality_id].append(answer)
    told = []
    for inject in injects_of(run.injects):
        due = due_at(inject, run.started_at, run.speed)
        reactions = tuple(_reaction(inject, due, town, given[inject.number, town.pk]) for town in towns)
        told.append(Told(inject, due, due <= now, reactions))
    rows = Event.objects.filter(incident=run.incident, personal=False).exclude(via=Event.Via.INJECT)
    return Review(run, tuple(towns), tuple(told), rows.count(), tuple(_of_town(town, told) for town in towns))


def _reaction(inject: Inject, due: datetime, town: Municipality, answers: Sequence[InjectAnswer]) -> Reaction:
    first = min((each.made_at for each in answers), default=None)
    done = min((each.made_at for each in answers if each.kind == InjectAnswer.Kind.DONE), default=None)
    return Reaction(
        town,
        not inject.towns or town.code in inject.towns,
        minutes(due, first) if first is not None else None,
        minutes(due, done) if done is not None else None,
        tuple(answers),
    )


def _of_town(
    town: Municipality, told: Sequence[Told]
) -> tuple[Municipality, int, int, float | None, float | None]:
    """A town's injects by now, how many it decided on, and its median minutes until seen and until decided."""
    own = [
        reaction
        for each in told
        if each.is_due
        for reaction in each.reactions
        if reaction.town == town and reaction.asked
    ]
    seen = [each.seen for each in own if each.seen is not None]
    done = [each.done for each in own if each.done is not None]
    return town, len(own), len(done), _median(seen), _median(done)


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    both = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return round(both, 1)

"""Reading scenarios and plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.http import Http404

from keniki.apps.regions.models import Region

from ..formats.scenario import ScenarioFile, checked
from ..models import EvacuationPlan, Scenario
from ..planning.gathering import changed, inputs_of
from .contacts import contacts_of


@dataclass(frozen=True)
class ScenarioRow:
    """A scenario in the list: its newest plan that was reckoned, the one adopted last, the one under way."""

    scenario: Scenario
    newest: EvacuationPlan | None
    adopted: EvacuationPlan | None
    going: EvacuationPlan | None


def scenarios_of(region: Region) -> list[ScenarioRow]:
    """All scenarios of a region with their plans."""
    found = list(Scenario.objects.filter(region=region).select_related("layer"))
    plans: dict[int, list[EvacuationPlan]] = {each.pk: [] for each in found}
    known = {each.pk: each for each in found}
    for plan in _light(region):
        plan.region, plan.scenario = region, known[plan.scenario_id]
        plans[plan.scenario_id].append(plan)
    for each in found:
        each.region = region
    return [
        ScenarioRow(
            each,
            next((one for one in plans[each.pk] if one.state == EvacuationPlan.State.DONE), None),
            adopted_of(plans[each.pk]),
            next((one for one in plans[each.pk] if not one.ended), None),
        )
        for each in found
    ]


def scenario_for(region: Region, slug: str) -> Scenario:
    """The scenario with this slug; 404 when there is none."""
    found = Scenario.objects.filter(region=region, slug=slug).select_related("layer").first()
    if found is None:
        raise Http404("避難の想定が見つかりません。")
    found.region = region
    return found


def spec_of(scenario: Scenario) -> ScenarioFile:
    """What a scenario assumes."""
    return checked(scenario.content)


def plans_of(scenario: Scenario) -> list[EvacuationPlan]:
    """The plans of a scenario, the newest first, with the sums of their content alone."""
    found = list(_light(scenario.region).filter(scenario=scenario))
    for each in found:
        each.region, each.scenario = scenario.region, scenario
    return found


def adopted_of(plans: Sequence[EvacuationPlan]) -> EvacuationPlan | None:
    """The plan that holds: the one adopted last."""
    adopted = [each for each in plans if each.adopted_on is not None]
    return max(adopted, key=lambda each: (each.adopted_on, each.number), default=None)


def plan_for(region: Region, slug: str, number: int) -> EvacuationPlan:
    """A plan by its scenario and number; 404 when there is none."""
    found = (
        EvacuationPlan.objects.filter(region=region, scenario__slug=slug, number=number)
        .select_related("scenario", "user")
        .first()
    )
    if found is None:
        raise Http404("計画が見つかりません。")
    found.region = found.scenario.region = region
    return found


def out_of_date(plan: EvacuationPlan) -> list[str]:
    """What has changed since the plan was reckoned, in words; nothing where it is still of what is registered."""
    if plan.state != EvacuationPlan.State.DONE:
        return []
    return changed(plan.inputs, inputs_of(plan.region, spec_of(plan.scenario)))


def contact_words(region: Region) -> dict[str, Sequence[str]]:
    """Whom to ask in each town: its offices, without the numbers that are sealed."""
    found: dict[str, list[str]] = {}
    for each in contacts_of(region):
        if each.municipality is not None:
            words = f"{each.municipality.name} {each.body} {each.post}".strip()
            found.setdefault(each.municipality.code, []).append(words)
    return {code: tuple(dict.fromkeys(words)) for code, words in found.items()}


def _light(region: Region) -> QuerySet[EvacuationPlan]:
    """Plans without their content; `people` and `unplaced` are its sums, None before the end."""
    return (
        EvacuationPlan.objects.filter(region=region)
        .select_related("user")
        .defer("content", "inputs")
        .annotate(people=F("content__people"), unplaced=F("content__unplaced"))
        .order_by("scenario", "-number")
    )

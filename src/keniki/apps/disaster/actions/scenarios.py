"""Writing scenarios (避難の想定): on the page, from a file, and removing them."""

from __future__ import annotations

from typing import Any

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from .. import policies
from ..formats.scenario import ScenarioFile, checked, plain, read_scenario
from ..models import District, EvacuationPlan, HazardLayer, Scenario, Shelter
from ..planning.gathering import check_names

_State = EvacuationPlan.State


def save_scenario(
    actor: Actor,
    region: Region,
    spec: ScenarioFile,
    scenario: Scenario | None = None,
    version: int | None = None,
) -> Scenario:
    """Register a scenario or change it; plans that were reckoned of it stay as they are.

    Raises `WrongInput` with the field (also for a shelter, district or town the region has not), `Denied`, `Stale`.
    """
    ruling = policies.write_shared(actor, region).require()
    checked(spec.model_dump(mode="json"))
    layer = _check(region, spec)
    with verb(actor, "disaster.save_scenario", region=region.slug, ruling=ruling, quiet=True) as act:
        if scenario is None:
            lock("scenario-slug", region.pk)
            saved = Scenario(region=region, slug=_free_slug(region, spec))
            old: dict[str, Any] = {}
        else:
            saved = act.lock(scenario, version)
            saved.region = region
            old = dict(saved.content)
        new = plain(spec)
        before, after = changes(old, new)
        if not after and not before:
            return saved
        saved.title, saved.note, saved.hazard = spec.title, spec.note, spec.hazard
        saved.layer, saved.content = layer, new
        act.save(saved)
        text = f"避難の想定「{saved}」を{'登録' if scenario is None else '変更'}"
        act.log(saved, before or None, after, text)
        return saved


def load_scenario(
    actor: Actor,
    region: Region,
    data: bytes,
    name: str,
    scenario: Scenario | None = None,
    version: int | None = None,
) -> Scenario:
    """Register a scenario from its file, or give an existing one this content; all or nothing."""
    spec = read_scenario(data, name)
    try:
        return save_scenario(actor, region, spec, scenario, version)
    except WrongInput as wrong:
        raise wrong.at(file=name) from None


def remove_scenario(actor: Actor, scenario: Scenario, version: int | None) -> None:
    """Remove a scenario with its plans; one with an adopted plan or one being reckoned stays."""
    region = scenario.region
    ruling = policies.write_shared(actor, region).require()
    with verb(actor, "disaster.remove_scenario", region=region.slug, ruling=ruling) as act:
        current = act.lock(scenario, version)
        plans = list(EvacuationPlan.objects.select_for_update().filter(scenario=current))
        if any(each.adopted_on is not None for each in plans):
            raise WrongInput("決定した計画のある想定は削除できません。決定した計画は残ります。")
        if any(not each.ended for each in plans):
            raise WrongInput("計算中の計画があります。終わるか、取り消してから削除してください。")
        for each in plans:
            each.delete()
        act.log(current, current.content, None, f"避難の想定「{current}」を、計画{len(plans)}案とともに削除")
        current.delete()


def _check(region: Region, spec: ScenarioFile) -> HazardLayer | None:
    layer = None
    if spec.layer is not None:
        layer = HazardLayer.objects.filter(region=region, slug=spec.layer).first()
        if layer is None:
            raise WrongInput(
                f"ハザード情報「{spec.layer}」は登録されていません。「ハザード情報」で登録してください。",
                column="layer",
            )
        if layer.hazard != spec.hazard:
            raise WrongInput(
                f"ハザード情報「{layer}」は「{layer.get_hazard_display()}」の情報です。"
                "想定の災害種別と合いません。",
                column="layer",
            )
    shelters = Shelter.objects.filter(region=region).values_list("slug", "ended_on")
    check_names(
        spec,
        list(District.objects.filter(region=region).values_list("slug", flat=True)),
        [slug for slug, ended in shelters if ended is None or ended > spec.date],
        {row.municipality.code: row.municipality.name for row in members_on(region)},
    )
    return layer


def _free_slug(region: Region, spec: ScenarioFile) -> str:
    stem = spec.hazard.replace("_", "-")
    taken = set(Scenario.objects.filter(region=region, slug__startswith=stem).values_list("slug", flat=True))
    number = 1
    while (slug := f"{stem}-{number}") in taken:
        number += 1
    return slug

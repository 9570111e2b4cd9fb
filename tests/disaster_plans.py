"""A scenario with a plan that was reckoned, one without, and one under way; their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.disaster.actions.plans import run_plan, start_plan
from keniki.apps.disaster.actions.scenarios import save_scenario
from keniki.apps.disaster.formats.scenario import ScenarioFile, checked, write_scenario

from .addressing import SHARED, Address, deed, read

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Region

    from .world import World


def assumed(title: str, district: str) -> ScenarioFile:
    """Everybody of one district leaves."""
    return checked(
        {
            "title": title,
            "hazard": "flood",
            "date": "2026-01-15",
            "season": "winter",
            "at": "night",
            "districts": [{"district": district}],
            "standard": "guideline_2024",
            "far_km": 30,
        }
    )


def plan_records(actor: Actor, region: Region, district: str) -> dict[str, str]:
    """The slugs that addresses need: a scenario with plan 1, one nobody needs, one with a plan that waits."""
    first, spare, going = (
        save_scenario(actor, region, assumed(title, district))
        for title in ("氾濫（架空）", "使わない想定（架空）", "計算中の想定（架空）")
    )
    run_plan(start_plan(actor, first).pk)
    start_plan(actor, going)
    return {"scenario": first.slug, "spare_scenario": spare.slug, "going_scenario": going.slug}


def scenario_file(world: World, seat: str) -> SimpleUploadedFile:
    """Another scenario of the same district."""
    spec = assumed("ファイルの想定（架空）", world.slugs["district"])
    return SimpleUploadedFile("soutei.yaml", write_scenario(spec), "application/yaml")


def district_slug(world: World, seat: str) -> str:
    return world.slugs["district"]


_PLAN = {"slug": "{scenario}", "number": "1"}
_DISTRICT = _PLAN | {"district": "{district}"}
PLANS: dict[str, Address] = {
    "disaster:scenarios": read(),
    "disaster:new-scenario": Address(
        writes=SHARED,
        data={
            "title": "次の想定（架空）",
            "hazard": "flood",
            "date": "2026-01-15",
            "season": "winter",
            "at": "night",
            "far_km": "20",
            "districts-0-district": district_slug,
        },
    ),
    "disaster:load-scenario": Address(writes=SHARED, data={"file": scenario_file}),
    "disaster:scenario": read(slug="{scenario}"),
    "disaster:edit-scenario": Address({"slug": "{scenario}"}, writes=SHARED, data={"note": "改めた備考"}),
    "disaster:reload-scenario": Address({"slug": "{scenario}"}, writes=SHARED, data={"file": scenario_file}),
    "disaster:scenario-file": read(slug="{scenario}"),
    "disaster:remove-scenario": deed(slug="{spare_scenario}", data={"version": "1"}),
    "disaster:reckon-plan": deed(slug="{spare_scenario}"),
    "disaster:plan": read(**_PLAN),
    "disaster:cancel-plan": deed(slug="{going_scenario}", number="1"),
    "disaster:adopt-plan": deed(data={"adopted_on": "2026-02-01", "adopted_note": "会議（架空）"}, **_PLAN),
    "disaster:plan-map": read(**_PLAN),
    "disaster:plan-chart": read(key="receiving", **_PLAN),
    "disaster:plan-csv": read(key="assignment", **_PLAN),
    "disaster:plan-paper": read(key="plan", form="docx", **_PLAN),
    "disaster:plan-district": read(**_DISTRICT),
    "disaster:plan-district-map": read(**_DISTRICT),
    "disaster:plan-sheet": read(form="docx", **_DISTRICT),
}

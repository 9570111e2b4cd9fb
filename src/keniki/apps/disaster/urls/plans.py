"""Where evacuation plans are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import plans, scenarios
from .desk import PLAN, SCENARIO, SCENARIOS

patterns: Final[list[URLPattern]] = [
    path(f"{SCENARIOS}/", scenarios.scenarios, name="scenarios"),
    path(f"{SCENARIOS}/new/", scenarios.edit_scenario, name="new-scenario"),
    path(f"{SCENARIOS}/load/", scenarios.load_scenario, name="load-scenario"),
    path(f"{SCENARIO}/", scenarios.scenario, name="scenario"),
    path(f"{SCENARIO}/edit/", scenarios.edit_scenario, name="edit-scenario"),
    path(f"{SCENARIO}/load/", scenarios.load_scenario, name="reload-scenario"),
    path(f"{SCENARIO}/file/", scenarios.scenario_file, name="scenario-file"),
    path(f"{SCENARIO}/remove/", scenarios.remove_scenario, name="remove-scenario"),
    path(f"{SCENARIO}/reckon/", plans.reckon, name="reckon-plan"),
    path(f"{PLAN}/", plans.plan, name="plan"),
    path(f"{PLAN}/cancel/", plans.cancel, name="cancel-plan"),
    path(f"{PLAN}/adopt/", plans.adopt, name="adopt-plan"),
    path(f"{PLAN}/map.svg", plans.plan_map, name="plan-map"),
    path(f"{PLAN}/charts/<slug:key>.svg", plans.plan_chart, name="plan-chart"),
    path(f"{PLAN}/tables/<slug:key>.csv", plans.plan_csv, name="plan-csv"),
    path(f"{PLAN}/papers/<slug:key>.<slug:form>", plans.plan_paper, name="plan-paper"),
    path(f"{PLAN}/districts/<slug:district>/", plans.plan_district, name="plan-district"),
    path(f"{PLAN}/districts/<slug:district>/map.svg", plans.plan_map, name="plan-district-map"),
    path(f"{PLAN}/districts/<slug:district>/sheet.<slug:form>", plans.district_paper, name="plan-sheet"),
]

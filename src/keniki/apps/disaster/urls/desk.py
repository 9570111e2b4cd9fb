"""The addresses that all pages of disaster work begin with."""

from __future__ import annotations

from typing import Final

DESK: Final = "desk/<slug:region>/disaster"
SHELTERS: Final = f"{DESK}/shelters"
SHELTER: Final = f"{SHELTERS}/<slug:slug>"
LAYERS: Final = f"{DESK}/hazards"
LAYER: Final = f"{LAYERS}/<slug:slug>"
DISTRICTS: Final = f"{DESK}/districts"
DISTRICT: Final = f"{DISTRICTS}/<slug:slug>"
SCENARIOS: Final = f"{DESK}/plans"
SCENARIO: Final = f"{SCENARIOS}/<slug:slug>"
PLAN: Final = f"{SCENARIO}/<int:number>"
STOCK: Final = f"{DESK}/stock"
INCIDENTS: Final = f"{DESK}/incidents"
INCIDENT: Final = f"{INCIDENTS}/<slug:slug>"

"""What is read about agreements, visions, initiatives and KPIs; all inside the region's scope."""

from .agreements import (
    ResolutionRow,
    agreement,
    agreements,
    dissolution_rows,
    in_force,
    resolution_rows,
    shown_version,
    state_steps,
    towns_by_code,
    version_text,
)
from .initiatives import annex_choices, annex_titles, field_table, initiative, initiatives
from .kpis import Standing, goal_of, kpi, kpis, last_closed_year, standing
from .trace import Promise, promises
from .visions import declaration, declarations, tree, vision, vision_steps, visions

__all__ = [
    "Promise",
    "ResolutionRow",
    "Standing",
    "agreement",
    "agreements",
    "annex_choices",
    "annex_titles",
    "declaration",
    "declarations",
    "dissolution_rows",
    "field_table",
    "goal_of",
    "in_force",
    "initiative",
    "initiatives",
    "kpi",
    "kpis",
    "last_closed_year",
    "promises",
    "resolution_rows",
    "shown_version",
    "standing",
    "state_steps",
    "towns_by_code",
    "tree",
    "version_text",
    "vision",
    "vision_steps",
    "visions",
]

"""Write a region as the document `keniki load` reads: stable order, slugs instead of keys, no users, no log."""

from __future__ import annotations

import json
from typing import Any

from django_scopes import scope

from keniki.apps.regions.models import Region

from .. import schema
from . import activities, compacts, costs, finance, initiatives, kpis, programmes, regions, register
from .state import Export, choice

__all__ = ["export_region", "to_json"]


def export_region(region: Region, *, files: bool = True) -> dict[str, Any]:
    """The region as JSON-ready data; `files=False` leaves the pictures' bytes out (open data)."""
    with scope(region=region):
        document = _document(Export(region, files))
    return document.model_dump(mode="json")


def to_json(document: dict[str, Any]) -> str:
    """The one spelling of an export: two spaces, UTF-8, a newline at the end."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _document(export: Export) -> schema.RegionFile:
    """Municipalities come last: they are those that the other sections name."""
    sections: dict[str, Any] = {
        "region": regions.region(export),
        "members": regions.members(export),
        "agreements": compacts.agreements(export),
        "declarations": compacts.declarations(export),
        "visions": compacts.visions(export),
        "initiatives": initiatives.initiatives(export),
        "activities": activities.activities(export),
        "grants": finance.grants(export),
        "budgets": finance.budgets(export),
        "joint_costs": costs.joint_costs(export),
        "kpi": kpis.kpis(export),
        "arrangements": register.arrangements(export),
        "matters": register.matters(export),
        "candidates": register.candidates(export),
        "rule_answers": programmes.rule_answers(export),
        "city_facts": programmes.city_facts(export),
        "revenue_claims": programmes.revenue_claims(export),
        "claim_years": programmes.claim_years(export),
        "procedure_plans": programmes.procedure_plans(export),
    }
    return schema.RegionFile(
        format=choice(schema.FORMAT), municipalities=regions.municipalities(export), **sections
    )

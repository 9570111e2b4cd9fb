"""Reading who looked at what is kept about persons, and until when it is kept."""

from __future__ import annotations

from django.db.models import QuerySet

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import member_ids

from ..models import Incident, PersonalAccess, Retention


def looks_at(region: Region, municipality: Municipality) -> QuerySet[PersonalAccess]:
    """Who looked at what a town keeps about persons, the newest first."""
    return PersonalAccess.objects.filter(region=region, municipality=municipality).select_related(
        "incident", "user"
    )


def retentions_of(incident: Incident) -> list[tuple[Municipality, Retention | None]]:
    """Every member town with the day it set, or none."""
    rows = {row.municipality_id: row for row in Retention.objects.filter(incident=incident)}
    towns = Municipality.objects.filter(pk__in={*member_ids(incident.region), *rows}).order_by("code")
    return [(town, rows.get(town.pk)) for town in towns]

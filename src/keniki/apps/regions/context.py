"""What every staff template may ask for: the actor, the region and its words, the regions to switch to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from . import queries


def staff(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    if actor is None:
        user = getattr(request, "user", None)
        known = user is not None and user.is_authenticated
        return {
            "actor": SimpleLazyObject(lambda: queries.actor_for(user)) if known else None,
            "region": None,
            "regions": [],
        }
    region = getattr(request, "region", None)
    return {
        "actor": actor,
        "region": region,
        "words": SimpleLazyObject(lambda: queries.role_words(region) if region else {}),
        "regions": request.regions
        if hasattr(request, "regions")
        else SimpleLazyObject(lambda: list(queries.visible_regions(actor))),
    }

"""Reading events that were refused (保留したできごと)."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.policies import edit_shared, town_post

from ..models import Incident, RefusedEvent


def refused_for(actor: Actor, incident: Incident) -> QuerySet[RefusedEvent]:
    """What was refused of what the actor's town sent to this incident or to none that is known; the secretariat sees
    also what came from no town. What waits comes first."""
    post = town_post(actor, incident.region)
    own = Q(municipality=post.municipality_id) if post is not None else Q(pk=None)
    if edit_shared(actor, incident.region):
        own |= Q(personal=False)
    rows = RefusedEvent.objects.filter(own, Q(incident=incident) | Q(incident=None), region=incident.region)
    return rows.select_related("municipality", "user").order_by("settled_at", "-received_at", "-pk")


def one_refused(actor: Actor, incident: Incident, pk: int) -> RefusedEvent:
    """One of them; 404 for what the actor's town did not send."""
    found = refused_for(actor, incident).filter(pk=pk).first()
    if found is None:
        raise Http404("保留したできごとが見つかりません。")
    found.region = incident.region
    return found

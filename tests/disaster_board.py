"""The board of a drill: what towns recorded, a disagreement nobody decided, an event that could not be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from keniki.apps.disaster.actions.events import record, take_events
from keniki.apps.disaster.models import Incident, RefusedEvent

from .disaster_incidents import DRILL

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

AT = "2024-09-01T09:30:00+09:00"


def board_records(
    actor: Actor, region: Region, own: Municipality, shelter: str, district: str
) -> tuple[dict[str, str], dict[str, int]]:
    """All of it; the slugs and numbers addresses need."""
    drill = Incident.objects.select_related("region").get(region=region, slug=DRILL)
    keys = {kind: str(uuid4()) for kind in ("road", "request", "note")}

    def told(entity: str, kind: str, **values: Any) -> str:
        return record(actor, drill, entity, kind, values).stored[0]

    told(f"town:{own.code}", "town.update", headquarters={"state": "set", "at": AT, "place": "役場（架空）"})
    heads = [told(f"town:{own.code}", "town.update", warning_level=level) for level in (3, 4)]
    told(f"shelter:{shelter}", "shelter.update", status="open", count={"people": 12, "counted_at": AT})
    order = {"level": "evacuate", "at": AT, "by": "町長（架空）", "document": "防第1号"}
    told(f"district:{district}", "district.order", order=order, people=40)
    told(f"damage:{own.code}", "damage.report", **{"houses.half": 2, "other.roads": 1})
    told(f"road:{keys['road']}", "road.update", name="町道（架空）", town=own.code, state="closed")
    wanted = {"direction": "request", "what": "goods", "town": own.code, "item": "毛布", "quantity": 50}
    told(f"request:{keys['request']}", "request.make", **wanted)
    said = {"text": "停電の連絡（架空）", "town": own.code, "source": "utility", "important": True}
    told(f"note:{keys['note']}", "note.write", **said)
    broken = {
        "id": str(uuid4()), "incident": str(drill.uid), "mode": drill.mode, "kind": "town.update", "device": "d-1",
        "entity": f"town:{own.code}", "seq": 1, "at": AT, "note": "",
        "fields": {"warning_level": {"value": 9, "seen": []}},
    }  # fmt: skip
    take_events(actor, region, [broken])
    refused = RefusedEvent.objects.filter(region=region, incident=drill).latest("pk")
    return {**keys, "level_head": heads[0]}, {"refused": refused.pk}

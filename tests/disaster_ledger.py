"""The victims' ledger: two persons of one's own town in the drill, support for one, a use that was written down."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django_scopes import scope

from keniki.apps.disaster.actions.ledger import (
    SupportDraft,
    UseDraft,
    VictimDraft,
    add_support,
    record_use,
    save_victim,
)
from keniki.apps.disaster.models import Incident
from keniki.apps.portal.testing import KAWAKITA

from .addressing import Address
from .disaster_houses import OWN
from .disaster_incidents import DRILL

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

SUPPORT = UUID(int=0xD0, version=4)
DAY = date(2024, 9, 10)


def ledger_records(actor: Actor, region: Region, own: Municipality) -> None:
    """Person 1 consented, lives in house 3 and had help; person 2 is by itself."""
    drill = Incident.objects.select_related("region").get(region=region, slug=DRILL)
    with scope(region=region, towns={own.pk}):
        said = {
            "name": "山田花子（架空）",
            "kana": "やまだはなこ",
            "address": "本町3番（架空）",
            "special": "高齢（架空）",
        }
        first = save_victim(actor, drill, own, VictimDraft(said, 3, None, "yes", DAY))
        first.region, first.incident, first.municipality = region, drill, own
        add_support(actor, first, SupportDraft(SUPPORT, DAY, "見舞金（架空）", "福祉課"))
        save_victim(
            actor, drill, own, VictimDraft({"name": "鈴木一郎（架空）", "residence": "体育館（架空）"})
        )
        use = UseDraft(
            UUID(int=0xD1, version=4), "internal", "税務課（架空）", "減免の案内（架空）", ("name", "damage")
        )
        record_use(actor, drill, own, use)


def _page(number: str = "", **more: str) -> dict[str, str]:
    return {"slug": DRILL, "code": KAWAKITA} | more | ({"number": number} if number else {})


def _deed(kwargs: dict[str, str], **data: object) -> Address:
    return Address(kwargs, opens=None, writes=OWN, data=data, refusal=404)


LEDGER: dict[str, Address] = {
    "disaster:ledgers": Address({"slug": DRILL}),
    "disaster:ledger": Address(_page(), opens=OWN, refusal=404),
    "disaster:new-victim": Address(
        _page(), opens=OWN, writes=OWN, data={"name": "佐藤（架空）", "address": "南町1（架空）", "consent": "unknown"},
        refusal=404,
    ),
    "disaster:take-victims": _deed(_page()),
    "disaster:victim": Address(_page("1"), opens=OWN, refusal=404),
    "disaster:edit-victim": Address(
        _page("1"), opens=OWN, writes=OWN, data={"phone": "0126-00-0000"}, refusal=404
    ),
    "disaster:add-victim-support": _deed(
        _page("1"), uid=str(UUID(int=0xD2, version=4)), on="2024-09-11", kind="応急修理（架空）"
    ),
    "disaster:withdraw-victim-support": _deed(_page("1", uid=str(SUPPORT))),
    "disaster:ledger-uses": Address(
        _page(), opens=OWN, writes=OWN, refusal=404,
        data={
            "uid": str(UUID(int=0xD3, version=4)), "basis": "internal", "recipient": "福祉課（架空）",
            "purpose": "支援金の案内（架空）", "columns": ["name", "address"],
        },
    ),
    "disaster:ledger-use-file": Address(_page("1"), opens=OWN, refusal=404),
}  # fmt: skip

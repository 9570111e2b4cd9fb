"""Certificates of 川北町 in the drill: one issued and replaced, a report, one that waits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django_scopes import scope

from keniki.apps.disaster.actions.certificates import (
    ApplicationDraft,
    SettingDraft,
    apply,
    issue,
    link_house,
    save_setting,
)
from keniki.apps.disaster.models import Incident
from keniki.apps.portal.testing import KAWAKITA

from .addressing import Address, read
from .disaster_incidents import DRILL

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

OWN = frozenset({"partner", "approver"})
STRUCK, ASKED = date(2024, 9, 1), date(2024, 9, 3)
_SAID = {
    "kind": "damage", "via": "window", "asked_on": "2024-09-03", "struck_on": "2024-09-01",
    "applicant": "山田花子（架空）", "address": "本町3番（架空）", "place": "本町3番（架空）",
    "head": "山田太郎（架空）", "head_address": "本町3番（架空）",
}  # fmt: skip


def certificate_records(actor: Actor, region: Region, own: Municipality) -> None:
    """Application 1 has two certificates, 2 a report, 3 none; house 3 is the one that was decided on."""
    drill = Incident.objects.select_related("region").get(region=region, slug=DRILL)
    texts = {key: text for key, text in _SAID.items() if key not in ("asked_on", "struck_on")}
    draft = ApplicationDraft(**texts, asked_on=ASKED, struck_on=STRUCK)
    report = ApplicationDraft(
        "report",
        "paper",
        ASKED,
        STRUCK,
        "鈴木一郎（架空）",
        "南町1番（架空）",
        "南町1番（架空）",
        things="車庫（架空）",
    )
    with scope(region=region, towns={own.pk}):
        save_setting(actor, region, own, SettingDraft("川北町長", "北川一郎（架空）", "架証第"))
        first = apply(actor, drill, own, draft)
        linked = link_house(actor, first, 3, ASKED, None)
        issue(actor, linked, ASKED, None)
        issue(actor, linked, date(2024, 9, 5), None, "世帯主の氏名の誤り（架空）")
        issue(actor, apply(actor, drill, own, report), ASKED, None)
        apply(actor, drill, own, draft)


def _own(number: str = "", **more: str) -> dict[str, str]:
    return {"slug": DRILL, "code": KAWAKITA} | ({"number": number} if number else {}) | more


CERTIFICATES: dict[str, Address] = {
    "disaster:certificates": read(slug=DRILL),
    "disaster:certificates-chart": read(slug=DRILL),
    "disaster:certificate-register": Address(_own(), opens=OWN, refusal=404),
    "disaster:certificate-register-file": Address(_own(form="csv"), opens=OWN, refusal=404),
    "disaster:certificate-setting": Address(
        _own(), opens=OWN, writes=OWN, data={"mayor_name": "南川二郎（架空）"}, refusal=404
    ),
    "disaster:check-certificate": Address(_own(), opens=OWN, refusal=404),
    "disaster:new-certificate": Address(_own(), opens=OWN, writes=OWN, data=_SAID, refusal=404),
    "disaster:certificate": Address(_own("1"), opens=OWN, refusal=404),
    "disaster:edit-certificate": Address(
        _own("3"), opens=OWN, writes=OWN, data={"note": "改めた備考"}, refusal=404
    ),
    "disaster:certificate-step": Address(
        _own("1", key="object"), opens=OWN, writes=OWN, data={"reason": "2階も浸水した（架空）"}, refusal=404
    ),
    "disaster:certificate-paper": Address(_own("1", serial="2", form="docx"), opens=OWN, refusal=404),
}

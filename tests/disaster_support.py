"""A town's list with a plan, a body, what was given to it, checks and inquiries of a drill; their addresses."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident
from keniki.apps.disaster.actions.support import inquiries, people, plans, sharing
from keniki.apps.disaster.models import Cause, Incident, Mode, SupportTown
from keniki.apps.portal.testing import KAWAKITA
from keniki.core.csv_dialect import write_csv

from .addressing import EVERYONE, Address, public, read
from .disaster_incidents import DRILL, TOKYO

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

DAY = date(2024, 8, 5)
TOWN = frozenset({"partner", "approver"})


def support_records(
    actor: Actor, region: Region, town: Municipality
) -> tuple[dict[str, str], dict[str, int]]:
    """The slugs and numbers addresses need: two persons, one with a plan, a district of their town, a body, a sharing;
    three inquiries, of which the first was answered."""
    told = people.PersonDraft(
        "架空花子", "カクウハナコ", date(1938, 4, 1), "female", "川北町1", reasons=("care",), consent="given",
        consent_on=DAY, listed_on=DAY,
    )  # fmt: skip
    ask = inquiries.InquiryDraft("cohabiting", "架空一郎", "札幌市", "011", "架空花子", "無事か")
    with scope(region=region, towns={town.pk}):
        district = save_district(
            actor, region, DistrictDraft(town, "北区（架空）", residents=9, vulnerable=3)
        )
        person = people.save_person(actor, region, town, told)
        people.save_person(
            actor, region, town, people.PersonDraft("架空太郎", address="川北町2", reasons=("alone",))
        )
        plan = plans.PlanDraft("小学校（架空）", agreed_on=DAY, share="given", share_on=DAY, revised_on=DAY)
        plans.save_plan(actor, person, plan)
        body = sharing.save_body(
            actor, region, town, sharing.BodyDraft("fire", "消防団（架空）", in_plan=True)
        )
        given = sharing.SharingDraft(body, "list", "consent", "見守り（架空）", DAY, date(2099, 3, 31))
        sharing.share(actor, region, town, given)
        drill = Incident.objects.select_related("region").get(slug=DRILL)
        first = inquiries.receive(actor, drill, town, ask)
        first = inquiries.verify(actor, first, "licence", "", first.version)
        inquiries.decide(actor, first, inquiries.Decision({}, DAY), first.version)
        for name in ("架空次郎", "架空三郎"):
            inquiries.receive(
                actor,
                drill,
                town,
                inquiries.InquiryDraft("relative", name, "札幌市", "011", "架空花子", "無事か"),
            )
    return {"support_district": district.slug}, {"support_body": body.pk}


def open_web_form(actor: Actor, region: Region, town: Municipality) -> None:
    """A real incident residents are shown, in which a town takes questions on the web."""
    began = datetime(2024, 9, 3, 6, tzinfo=TOKYO)
    save_incident(
        actor, region, IncidentDraft(Mode.REAL, "大雨の二（架空）", Cause.FLOOD, began, public=True)
    )
    with verb(SYSTEM, "testing.support_town", quiet=True) as act:
        act.save(
            SupportTown(region=region, municipality=town, web_inquiries=True, inquiry_place="役場（架空）")
        )


def people_file(world: World, seat: str) -> SimpleUploadedFile:
    """A list of one person."""
    rows = [("氏名", "住所", "支援を要する事由"), ("架空四郎", "川北町4", "難病")]
    return SimpleUploadedFile("meibo.csv", write_csv(rows).data, "text/csv")


def own(**kwargs: str) -> Address:
    """A page of 川北町 that only its own people open."""
    return Address({"code": KAWAKITA} | kwargs, opens=TOWN, refusal=404)


def form(*, data: dict[str, Any], **kwargs: str) -> Address:
    """A form that only its own people open and send."""
    return Address({"code": KAWAKITA} | kwargs, opens=TOWN, writes=TOWN, refusal=404, data=data)


def button(*, data: dict[str, str], stores: bool = True, **kwargs: str) -> Address:
    """A button of its own people."""
    named = {"code": KAWAKITA} | kwargs
    return Address(named, opens=None, writes=TOWN, refusal=404, data=data, stores=stores)


_ASKED = {
    "via": "paper", "received_at": "2024-09-01T10:00", "relation": "cohabiting", "name": "架空五郎",
    "address": "札幌市", "phone": "011", "sought_name": "架空花子", "reason": "無事か",
}  # fmt: skip
SUPPORT: dict[str, Address] = {
    "disaster:support": read(),
    "disaster:support-chart": read(),
    "disaster:support-town": own(),
    "disaster:support-rules": form(data={"keep_days": "30", "keep_basis": "規程（架空）"}),
    "disaster:load-support": form(data={"file": people_file}),
    "disaster:support-file": button(stores=False, data={"purpose": "訓練の準備（架空）"}),
    "disaster:support-districts": own(),
    "disaster:support-take-count": button(slug="{support_district}", data={"version": "1"}),
    "disaster:new-support-person": form(
        data={"name": "架空五郎", "address": "川北町5", "reasons": ["illness"], "consent": "unknown"}
    ),
    "disaster:support-person": own(number="1"),
    "disaster:edit-support-person": form(number="1", data={"note": "改めた備考"}),
    "disaster:remove-support-person": button(number="2", data={"why": "moved", "version": "1"}),
    "disaster:support-plan": form(number="1", data={"route": "表の道（架空）"}),
    "disaster:support-plan-paper": own(number="1", form="docx"),
    "disaster:support-bodies": own(),
    "disaster:new-support-body": form(data={"kind": "police", "name": "警察署（架空）"}),
    "disaster:edit-support-body": form(pk="{support_body}", data={"phone": "0126"}),
    "disaster:sharings": own(),
    "disaster:new-sharing": form(
        data={
            "body": "{support_body}",
            "what": "list",
            "basis": "consent",
            "purpose": "訓練（架空）",
            "shared_on": "2024-08-06",
            "return_by": "2099-03-31",
        }
    ),
    "disaster:sharing": form(number="1", data={"on": "2024-08-07", "how": "紙を返却"}),
    "disaster:sharing-paper": own(number="1", form="docx"),
    "disaster:checks": read(slug=DRILL),
    "disaster:town-checks": own(slug=DRILL),
    "disaster:check": form(slug=DRILL, number="1", data={"state": "safe", "checked_at": "2024-09-01T10:00"}),
    "disaster:inquiries": read(slug=DRILL),
    "disaster:inquiry-register": own(slug=DRILL),
    "disaster:new-inquiry": form(slug=DRILL, data=_ASKED),
    "disaster:inquiry": form(slug=DRILL, number="2", data={"identity": "card"}),
    "disaster:withdraw-inquiry": button(slug=DRILL, number="3", data={"version": "1"}),
    "disaster:inquiry-answer": own(slug=DRILL, number="1", form="docx"),
    "disaster:ask": public(),
    "disaster:ask-form": Address(
        {"code": KAWAKITA},
        opens=EVERYONE,
        writes=EVERYONE,
        data={name: _ASKED[name] for name in _ASKED if name not in ("via", "received_at")},
    ),
}

"""What tests of the list and of safety inquiries begin with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

from django_scopes import scope

from keniki.apps.disaster.actions.events import record
from keniki.apps.disaster.actions.support import inquiries, people, sharing
from keniki.apps.disaster.models import Consent

DAY = date(2024, 8, 5)
HANAKO = people.PersonDraft(
    "山田花子", "ヤマダハナコ", date(1938, 4, 1), "female", "川北町東1-2", "0126-00-0001", reasons=("care",),
    needs="車いす", consent=Consent.GIVEN, consent_on=DAY, listed_on=DAY,
)  # fmt: skip
TARO = replace(HANAKO, name="佐藤太郎", kana="サトウタロウ", sex="male", consent=Consent.REFUSED)
JIRO = replace(HANAKO, name="鈴木次郎", kana="スズキジロウ", consent=Consent.UNKNOWN, consent_on=None)
BODY = sharing.BodyDraft("fire", "川北消防団", in_plan=True, person="団長", phone="0126-00-0100")
ASK = inquiries.InquiryDraft(
    "cohabiting", "山田一郎", "札幌市中央区", "011-000-0000", "山田花子", "無事かを知りたい", "ヤマダハナコ",
    date(1938, 4, 1),
)  # fmt: skip


def received(actor, incident, town, **fields) -> str:
    """A person whom the reception of a town took in; the entity."""
    entity = f"person:{uuid4()}"
    told = {
        "name": "山田花子", "kana": "ヤマダハナコ", "birth": "1938-04-01", "address": "川北町東1-2", "home": town.code,
        "health": "元気", "presence": {"state": "in", "where": "川北小学校"},
    } | fields  # fmt: skip
    with scope(region=incident.region, towns={town.pk}):
        record(actor, incident, entity, "person.check_in", told)
    return entity

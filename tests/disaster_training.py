"""Training of assessors: a session in which somebody answered, one that is over, a case of the region's own."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.disaster.actions.training import (
    PersonDraft,
    SessionDraft,
    add_cases,
    answer,
    close_session,
    save_people,
    save_session,
)
from keniki.apps.disaster.actions.training_cases import PictureDraft, add_picture
from keniki.apps.disaster.models import TrainingCase, TrainingSession
from keniki.apps.disaster.queries.training import members_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA

from .addressing import KAWAKITA_OR_SHARED, SHARED, WRITERS, Address, deed, read
from .disaster_houses import picture

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

PICTURE = UUID(int=0xC0, version=4)
CASES = ("roof_wall_foundation", "flood_force")
OWN_CASE = {
    "title": "架空 全部の倒壊", "text": "架空の平屋。全部が倒壊している。", "trap": "",
    "survey": {"date": "2024-01-01", "structure": "wood", "hazard": "earthquake", "collapsed": "house"},
}  # fmt: skip
_WALL = {"parts": [{"part": "wall", "degree": "III", "area": "0.4"}]}


def training_records(actor: Actor, region: Region, own: Municipality, beside: Municipality) -> None:
    """Session 1 is open, session 2 is over; in both somebody of each town takes part."""
    add_cases(actor, region, [OWN_CASE])
    case = TrainingCase.objects.get(region=region, key="own-1")
    case.region = region
    add_picture(actor, case, PictureDraft(PICTURE, "倒壊した平屋（架空）", "a.jpg", picture()))
    for number in (1, 2):
        draft = SessionDraft(f"合同研修会{number}（架空）", date(2024, 9, number), CASES, "庁舎（架空）")
        session = _answered(actor, save_session(actor, region, draft), own, beside)
        if number == 2:
            close_session(actor, session, "次は実地で行う（架空）。", session.version)


def _answered(
    actor: Actor, session: TrainingSession, own: Municipality, beside: Municipality
) -> TrainingSession:
    people = [PersonDraft("山田花子", own), PersonDraft("鈴木一郎", beside)]
    saved = save_people(actor, session, people, session.version)
    for member, key in zip(members_of(saved), ("middle_half", "half"), strict=True):
        answer(actor, member, CASES[0], {"class": key, "survey": _WALL, "percent": "20"})
        answer(actor, member, CASES[1], {"class": key})
    return saved


def own_code(world: World, seat: str) -> str:
    return HOSHINO if seat == "other_partner" else KAWAKITA


def cases_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("jirei.json", json.dumps([OWN_CASE]).encode(), "application/json")


def picture_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", picture(), "image/jpeg")


_CASE = {"member": "1", "case": CASES[0]}
TRAINING: dict[str, Address] = {
    "disaster:trainings": read(),
    "disaster:new-training": Address(
        writes=SHARED,
        data={"title": "冬の研修会（架空）", "on": "2026-12-01", "cases": [CASES[1]], "shown": "at_end"},
    ),
    "disaster:training-cases": Address(writes=SHARED, data={"file": cases_file}),
    "disaster:training-cases-file": Address(opens=SHARED),
    "disaster:new-training-case": Address(
        opens=SHARED,
        writes=SHARED,
        query={
            "structure": "wood",
            "hazard": "earthquake",
            "survey": "first",
            "storeys": "1",
            "date": "2024-01-01",
        },
        data={"title": "架空 倒壊した平屋", "text": "全部が倒壊している（架空）。", "collapsed": "house"},
    ),
    "disaster:training-case": Address({"key": "own-1"}, opens=SHARED),
    "disaster:edit-training-case": Address(
        {"key": "own-1"}, opens=SHARED, writes=SHARED, data={"text": "改めた説明（架空）"}
    ),
    "disaster:add-training-picture": deed(
        SHARED,
        key="own-1",
        data={"uid": str(UUID(int=0xC1, version=4)), "file": picture_file, "caption": "柱（架空）"},
    ),
    "disaster:training-picture": read(uid=str(PICTURE)),
    "disaster:remove-training-picture": deed(SHARED, uid=str(PICTURE)),
    "disaster:training": read(number="1"),
    "disaster:edit-training": Address({"number": "1"}, writes=SHARED, data={"place": "改めた会場"}),
    "disaster:join-training": deed(frozenset({"partner", "approver", "other_partner"}), number="1"),
    "disaster:training-people": Address(
        {"number": "1"}, writes=WRITERS, data={"people-0-town": own_code, "people-0-name": "佐藤次郎"}
    ),
    "disaster:training-results": read(number="2"),
    "disaster:training-chart": read(number="2"),
    "disaster:training-report": read(number="2", form="docx"),
    "disaster:close-training": Address({"number": "1"}, writes=SHARED, data={"evaluation": "改めた講評"}),
    "disaster:training-answer": Address(
        {"number": "1"} | _CASE,
        opens=KAWAKITA_OR_SHARED,
        writes=KAWAKITA_OR_SHARED,
        data={"class_key": "total", "percent": "60"},
        refusal=404,
    ),
    "disaster:training-score": Address({"number": "2"} | _CASE, opens=KAWAKITA_OR_SHARED, refusal=404),
}

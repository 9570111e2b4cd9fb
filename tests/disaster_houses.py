"""Houses of 川北町 in the drill: a survey submitted with a photo, one that was checked, one decided on, none yet."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope, scopes_disabled
from PIL import Image

from keniki.apps.disaster.actions.housing.houses import HouseDraft, save_house
from keniki.apps.disaster.actions.housing.photos import PhotoDraft, add_photo
from keniki.apps.disaster.actions.housing.surveys import (
    Decision,
    SurveyDraft,
    decide,
    settle_survey,
    submit_survey,
)
from keniki.apps.disaster.models import House, Incident
from keniki.apps.portal.testing import KAWAKITA

from .addressing import Address
from .disaster_incidents import DRILL

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

DAY, SURVEYED = date(2024, 9, 1), date(2024, 9, 2)
PHOTO = UUID("00000000-0000-4000-8000-0000000000a1")
OWN = frozenset({"partner", "approver"})


def picture() -> bytes:
    """A small photo."""
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "grey").save(made, "JPEG")
    return made.getvalue()


def house_records(actor: Actor, region: Region, own: Municipality) -> None:
    """Four houses; the last waits for its survey."""
    drill = Incident.objects.select_related("region").get(region=region, slug=DRILL)
    with scope(region=region, towns={own.pk}):
        for number in (1, 2, 3, 4):
            sealed = {"address": f"本町{number}番（架空）", "owner": "山田花子（架空）"}
            if number != 2:
                sealed |= {"latitude": f"43.{number}", "longitude": "141.8"}
            house = save_house(
                actor,
                drill,
                own,
                HouseDraft("flood", DAY, "本町（架空）", storeys=2, team="1班", sealed=sealed),
            )
            house.region, house.incident = region, drill
            if number == 4:
                continue
            seen = {
                "structure": "wood", "hazard": "flood", "storeys": 2, "external_force": True,
                "depths_above_floor_m": ["0.75"],
            }  # fmt: skip
            uid = UUID(int=0xB0 + number, version=4)
            survey, _ = submit_survey(actor, house, SurveyDraft(uid, "first", SURVEYED, "青木（架空）", seen))
            if number == 1:
                add_photo(actor, survey, PhotoDraft(PHOTO, "a.jpg", picture(), "", "全景（架空）"))
                continue
            settle_survey(actor, survey, "confirmed")
            if number == 3:
                survey.state = "confirmed"
                decide(actor, house, survey, Decision(SURVEYED, "町長（架空）"), None)


def houses_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(
        "ie.csv", "所在地,所有者\r\n南町1（架空）,佐藤（架空）\r\n".encode(), "text/csv"
    )


def waiting_house(world: World, seat: str) -> str:
    """The number by which devices know the house without a survey."""
    with scopes_disabled():
        return str(House.objects.get(number=4, incident__slug=DRILL).uid)


def seen(world: World, seat: str) -> str:
    """What was seen of it."""
    said = json.dumps({"external_force": True, "depths_above_floor_m": ["1.2"]})
    return said.replace("{", "{{").replace("}", "}}")


def photo_file(world: World, seat: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", picture(), "image/jpeg")


def _page(number: str = "", survey: str = "", **more: str) -> dict[str, str]:
    kwargs = {"slug": DRILL, "code": KAWAKITA} | more
    return kwargs | ({"number": number} if number else {}) | ({"survey": survey} if survey else {})


def _read(kwargs: dict[str, str]) -> Address:
    return Address(kwargs, opens=OWN, refusal=404)


def _form(kwargs: dict[str, str], **data: object) -> Address:
    return Address(kwargs, opens=OWN, writes=OWN, data=data, refusal=404)


def _deed(kwargs: dict[str, str], before: str, **data: object) -> Address:
    return Address(kwargs, opens=None, writes=OWN, data=data, refusal=404, before=before)


_SURVEY = "disaster:house-survey"
HOUSES: dict[str, Address] = {
    "disaster:house-towns": Address({"slug": DRILL}),
    "disaster:houses": _read(_page()),
    "disaster:new-house": _form(
        _page(), address="北町1（架空）", use="residence", structure="wood", storeys="1", hazard="flood",
        struck_on="2024-09-01",
    ),
    "disaster:load-houses": _form(_page(), file=houses_file),
    "disaster:houses-csv": _read(_page()),
    "disaster:houses-map": _read(_page()),
    "disaster:house-totals": _form(_page()),
    "disaster:house-sheets": _read(_page(form="docx")),
    "disaster:survey-app": _read(_page()),
    "disaster:survey-worker": _read(_page()),
    "disaster:survey-manifest": _read(_page()),
    "disaster:survey-data": _read(_page()),
    "disaster:survey-send": _deed(
        _page(), "", uid="00000000-0000-4000-8000-0000000000a3", house=waiting_house, mode="exercise", round="first",
        surveyed_on="2024-09-02", assessors="青木（架空）",
        record=seen,
    ),
    "disaster:survey-send-photo": _deed(
        _page(), "", uid="00000000-0000-4000-8000-0000000000a4", survey=str(UUID(int=0xB0 + 1, version=4)),
        file=photo_file,
    ),
    "disaster:house": _read(_page("1")),
    "disaster:edit-house": _form(_page("1"), team="2班"),
    "disaster:house-sheet": _read(_page("1", form="docx")),
    "disaster:new-house-survey": _form(
        _page("4"), surveyed_on="2024-09-02", assessors="青木（架空）", external_force="yes", depths="1.2"
    ),
    _SURVEY: _read(_page("2", "1")),
    "disaster:confirm-house-survey": _deed(_page("1", "1"), ""),
    "disaster:withdraw-house-survey": _deed(_page("1", "1"), "", note="誤り（架空）"),
    "disaster:decide-house": _deed(
        _page("2", "1"), "", by="町長（架空）", on="2024-09-03", version="1"
    ),
    "disaster:add-survey-photo": _deed(
        _page("1", "1"), "", uid="00000000-0000-4000-8000-0000000000a2", file=photo_file
    ),
    "disaster:survey-result": _read(_page("2", "1", form="docx")),
    "disaster:survey-photo": _read(_page("1", uid=str(PHOTO))),
    "disaster:remove-survey-photo": _deed(_page("1", uid=str(PHOTO)), ""),
}  # fmt: skip

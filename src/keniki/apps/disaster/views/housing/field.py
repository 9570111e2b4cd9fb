"""The survey page that works without network, what it takes along, and where it sends surveys and photos."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, Final, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from keniki.analysis.damage import carried_rules
from keniki.apps.accounts.actor import Denied
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES

from ... import policies
from ...actions.housing import photos as photo_actions
from ...actions.housing import surveys as actions
from ...actions.privacy import looked
from ...field_pages import manifest_answer, worker_answer
from ...models import House, HouseSurvey
from ...queries import housing as queries
from ..frame import marked
from .frame import Room
from .houses import Deed

#: A telephone takes along no more houses than this: a team sees far fewer in a day.
MOST: Final = 500
#: A survey as text is far shorter.
_MOST_BYTES: Final = 256 * 1024
_SEALED: Final = ("address", "owner", "household", "note")


@region_page
@ensure_csrf_cookie
@require_GET
def app(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The page for a survey team. It holds no record, and is kept on the device."""
    room = Room(request, region, slug, code)
    policies.record_person(request.actor, region, room.town).require()
    return HttpResponse(_page(room))


@region_page
@require_GET
def worker(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The worker that keeps the page."""
    room = Room(request, region, slug, code)
    return worker_answer(room.at("survey-app"), _page(room))


@region_page
@require_GET
def manifest(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """How the installed page is called."""
    room = Room(request, region, slug, code)
    return manifest_answer(room.incident, room.at("survey-app"), "家屋調査")


@region_page
@require_GET
def data(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The houses nobody has decided on (`?team=`), and the forms of their surveys."""
    room = Room(request, region, slug, code)
    ruling = policies.record_person(request.actor, region, room.town)
    if not ruling:
        return _refused(ruling.reason, 403)
    waiting = queries.field_houses(room.incident, room.town, request.GET.get("team", ""))
    rows = list(waiting[:MOST])
    if rows:
        looked(
            request.actor,
            region,
            room.town,
            Deed.EXPORT,
            "調査の端末",
            people=len(rows),
            incident=room.incident,
        )
    forms: dict[str, dict[str, Any]] = {}
    houses = []
    for each in rows:
        each.region, each.incident, each.municipality = region, room.incident, room.town
        named = {}
        for round in actions.ON_SITE:
            survey = actions.ROUNDS[round]
            key = f"{each.struck_on}.{each.structure}.{each.hazard}.{survey}"
            if key not in forms:
                forms[key] = _form(each, str(round))
            named[str(round)] = key
        houses.append(_house(each) | {"forms": named})
    return JsonResponse(
        {
            "incident": {
                "uid": str(room.incident.uid),
                "title": room.incident.title,
                "mode": room.incident.mode,
                "mode_words": room.mode,
            },
            "town": {"code": room.town.code, "name": room.town.name},
            "user": request.actor.name,
            "teams": queries.words_of(room.incident, room.town)[1],
            "rounds": {key: HouseSurvey.Round(key).label for key in actions.ON_SITE},
            "houses": houses,
            "left": max(0, waiting.count() - MOST),
            "forms": forms,
            "most_photos": photo_actions.MOST,
            "now": timezone.localtime().isoformat(),
        }
    )


def _house(house: House) -> dict[str, Any]:
    sealed = house.sealed or {}
    return {
        "uid": str(house.uid),
        "number": house.number,
        "district": house.district,
        "team": house.team,
        "structure": house.structure,
        "structure_name": STRUCTURES[house.structure],  # type: ignore[index]
        "storeys": house.storeys,
        "detached": house.detached,
        "hazard": house.hazard,
        "hazard_name": HAZARDS[house.hazard],  # type: ignore[index]
        "struck_on": house.struck_on.isoformat(),
        "surveyed": getattr(house, "surveyed", 0),
        **{key: sealed.get(key, "") for key in _SEALED},
    }


def _form(house: House, round: str) -> dict[str, Any]:
    """What a survey asks for, and the rules the phone judges by; exact numbers are texts."""
    day = max(house.struck_on, rules.first_day())
    survey: Literal["first", "second"] = "second" if actions.ROUNDS[round] == "second" else "first"
    return carried_rules(house.structure, house.hazard, survey, day)  # type: ignore[arg-type]


def json_room(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer refusals as `{"error": {"message"}}`: 422 for what is wrong, 403 for what is not allowed."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except WrongInput as wrong:
            return _refused(wrong.message, 422)
        except Denied as denied:
            return _refused(str(denied), 403)

    return wrapped


@region_page
@require_POST
@json_room
def surveys(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Take a survey of a telephone; sent again it changes nothing, and `known` says so."""
    room = Room(request, region, slug, code)
    policies.record_person(request.actor, region, room.town).require()
    raw = _json(request)
    if raw.get("mode") != room.incident.mode:
        raise WrongInput("この調査の区分（実災害・訓練）が、事案の区分と違います。")
    house = queries.house_by_uid(room.incident, room.town, _uuid(raw.get("house"), "house"))
    if house is None:
        raise WrongInput("この家屋は登録されていません。家屋の一覧を取り直してください。", column="house")
    record = raw.get("record")
    if not isinstance(record, dict):
        raise WrongInput("調査の内容がありません。", column="record")
    draft = actions.SurveyDraft(
        uid=_uuid(raw.get("uid"), "uid"),
        round=_text(raw, "round"),
        surveyed_on=_day(raw.get("surveyed_on")),
        assessors=_text(raw, "assessors")[:200],
        record={"structure": house.structure, "hazard": house.hazard, "storeys": house.storeys} | record,
        remark=_text(raw, "remark"),
    )
    saved, new = actions.submit_survey(
        request.actor, house, draft, via=HouseSurvey.Via.DEVICE, device=_text(raw, "device")
    )
    found = {
        "uid": str(saved.uid),
        "number": saved.number,
        "class": saved.result["class"],
        "percent": saved.result["percent"],
        "lines": saved.result["lines"],
        "needs_confirmation": len(saved.result["needs_confirmation"]),
    }
    return JsonResponse({"survey": found, "known": not new})


@region_page
@require_POST
@json_room
def photos(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Take a photo of a survey that was sent before; sent again it changes nothing, and `known` says so."""
    room = Room(request, region, slug, code)
    policies.record_person(request.actor, region, room.town).require()
    survey = (
        HouseSurvey.objects.filter(
            uid=_uuid(request.POST.get("survey"), "survey"), incident=room.incident, municipality=room.town
        )
        .select_related("house")
        .first()
    )
    if survey is None:
        raise WrongInput("この写真の調査が届いていません。調査を先に送ってください。", column="survey")
    file = request.FILES.get("file")
    if file is None:
        raise WrongInput("写真がありません。", column="file")
    house = survey.house
    survey.region = house.region = region
    house.incident, house.municipality = room.incident, room.town
    draft = photo_actions.PhotoDraft(
        _uuid(request.POST.get("uid"), "uid"), "写真", file.read(), request.POST.get("part", ""),
        request.POST.get("caption", ""),
    )  # fmt: skip
    photo, new = photo_actions.add_photo(request.actor, survey, draft)
    return JsonResponse({"photo": str(photo.uid), "known": not new})


def _page(room: Room) -> str:
    names = (
        "survey-app",
        "survey-worker",
        "survey-manifest",
        "survey-data",
        "survey-send",
        "survey-send-photo",
    )
    return render_to_string(
        "disaster/field/survey.html",
        {
            **marked(room.incident),
            "region": room.region,
            "town": room.town,
            "houses": room.at("houses"),
            "addresses": {name.removeprefix("survey-").replace("-", "_"): room.at(name) for name in names},
            "login": f"{reverse('account_login')}?next={room.at('survey-app')}",
        },
    )


def _json(request: HttpRequest) -> dict[str, Any]:
    """What was sent as JSON, or as a form whose `record` is JSON."""
    if request.content_type != "application/json":
        posted: dict[str, Any] = dict(request.POST.items())
        return posted | {"record": _parsed(posted.get("record", "").encode())}
    if len(request.body) > _MOST_BYTES:
        raise WrongInput("調査の内容が大きすぎます。")
    found = _parsed(request.body)
    if not isinstance(found, dict):
        raise WrongInput("調査の内容が読み取れません。")
    return found


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise WrongInput("調査の内容が読み取れません。") from None


def _text(raw: dict[str, Any], name: str) -> str:
    found = raw.get(name) or ""
    if not isinstance(found, str) or "\0" in found:
        raise WrongInput("文字にしてください。", column=name)
    return found


def _uuid(given: object, name: str) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        raise WrongInput("番号（UUID）が正しくありません。", column=name) from None


def _day(given: object) -> date:
    try:
        return date.fromisoformat(given if isinstance(given, str) and len(given) == 10 else "")
    except ValueError:
        raise WrongInput("調査した日を入力してください。", column="surveyed_on") from None


def _refused(message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"message": message}}, status=status)

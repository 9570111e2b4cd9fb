"""Pages of a survey: its form without a script, its result with every step, what people decide of it, its photos."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.damage import DEGREES, HAZARDS

from ... import policies
from ...actions.housing import photos as photo_actions
from ...actions.housing import surveys as actions
from ...actions.privacy import looked
from ...forms.housing.surveys import DecideForm, PhotoForm, SettleForm, SurveyForm, asked_of
from ...models import House, HouseSurvey
from ...queries import housing as queries
from ..frame import incident_page
from .frame import Room
from .houses import WHAT, Deed


@region_page
@require_http_methods(["GET", "POST"])
def new_survey(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """Enter a survey: `?round=` and `?hazard=` say which form."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    ruling = policies.record_person(request.actor, region, room.town)
    if house.use != House.Use.RESIDENCE:
        raise Http404("非住家に住家の被害認定調査はありません。")
    round = request.GET.get("round") or HouseSurvey.Round.FIRST
    hazard = request.GET.get("hazard") or house.hazard
    if round not in HouseSurvey.Round.values or hazard not in HAZARDS:
        raise Http404("この調査の様式はありません。")
    asked = asked_of(house, round, hazard)
    if request.method == "POST":
        ruling.require()
        form = SurveyForm(request.POST, house=house, asked=asked)
        if form.is_valid():
            try:
                saved, new = actions.submit_survey(request.actor, house, form.draft())
            except WrongInput as wrong:
                name = form.field_of(wrong.column or "")
                form.add_error(name or None, wrong.message)
            else:
                said = "提出しました" if new else "既に提出されています"
                messages.success(request, f"【{room.mode}】{house}の{saved}は{said}。")
                return redirect(room.at("house-survey", number, saved.number))
    else:
        looked(request.actor, region, room.town, Deed.RECORD, WHAT, key=str(number), incident=room.incident)
        form = SurveyForm(house=house, asked=asked)
    return incident_page(
        request,
        room.incident,
        "disaster/housing/survey_form.html",
        status=422 if request.method == "POST" else 200,
        **{
            **room.context(house),
            "form": form,
            "asked": asked,
            "round_name": HouseSurvey.Round(round).label,
            "hazard_name": HAZARDS[hazard],
            "degrees": list(DEGREES.values()),
            "hazards": HAZARDS.items(),
            "rounds": HouseSurvey.Round.choices,
            "round": round,
            "hazard": hazard,
            "ruling": ruling,
        },
    )


@region_page
@require_GET
def survey(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, survey: int
) -> HttpResponse:
    """A survey with its result: each part's arithmetic, the rules it rests on, what has to be confirmed, photos."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    return _shown(request, room, house, queries.survey_for(house, survey))


def _shown(
    request: StaffRequest,
    room: Room,
    house: House,
    found: HouseSurvey,
    *,
    decide_form: DecideForm | None = None,
    settle_form: SettleForm | None = None,
    photo_form: PhotoForm | None = None,
    status: int = 200,
) -> HttpResponse:
    looked(
        request.actor,
        room.region,
        room.town,
        Deed.RECORD,
        WHAT,
        key=str(house.number),
        incident=room.incident,
    )
    initial = {"version": house.version}
    return incident_page(
        request,
        room.incident,
        "disaster/housing/survey.html",
        status=status,
        **{
            **room.context(house),
            "survey": found,
            "result": found.result,
            "photos": list(found.photos.all()),
            "is_official": house.official_id == found.pk,
            "decide_form": decide_form or DecideForm(survey=found, initial=initial),
            "settle_form": settle_form or SettleForm(),
            "photo_form": photo_form or PhotoForm(parts=_parts(found)),
            "may_confirm": found.state == HouseSurvey.State.SUBMITTED,
            "may_decide": found.state == HouseSurvey.State.CONFIRMED and house.official_id != found.pk,
            "may_withdraw": found.state != HouseSurvey.State.WITHDRAWN and house.official_id != found.pk,
            "ruling": policies.record_person(request.actor, room.region, room.town),
        },
    )


def _parts(found: HouseSurvey) -> list[tuple[str, str]]:
    return [(part["part"], part["name"]) for part in found.result["parts"]]


@region_page
@require_POST
def confirm(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, survey: int
) -> HttpResponse:
    """Somebody checked the survey."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    found = queries.survey_for(house, survey)
    try:
        actions.settle_survey(request.actor, found, HouseSurvey.State.CONFIRMED)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, f"【{room.mode}】{house}の{found}を確認しました。")
    return redirect(room.at("house-survey", number, survey))


@region_page
@require_POST
def withdraw(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, survey: int
) -> HttpResponse:
    """Take a survey back with the reason."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    found = queries.survey_for(house, survey)
    form = SettleForm(request.POST)
    if form.is_valid():
        try:
            actions.settle_survey(
                request.actor, found, HouseSurvey.State.WITHDRAWN, form.cleaned_data["note"]
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"【{room.mode}】{house}の{found}を取り下げました。")
            return redirect(house.get_absolute_url())
    return _shown(request, room, house, found, settle_form=form, status=422)


@region_page
@require_POST
def decide(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, survey: int
) -> HttpResponse:
    """Decide that this survey counts."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    found = queries.survey_for(house, survey)
    form = DecideForm(request.POST, survey=found)
    if form.is_valid():
        data = form.cleaned_data
        decision = actions.Decision(data["on"], data["by"], data["note"], frozenset(data.get("ticked") or ()))
        try:
            actions.decide(request.actor, house, found, decision, data.get("version") or 0)
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale:
            form.add_error(
                None, "ほかの人が先にこの家屋を更新しました。画面を開き直して、内容を確かめてください。"
            )
            return _shown(request, room, house, found, decide_form=form, status=409)
        else:
            messages.success(request, f"【{room.mode}】{house}は{found.result['class']}に決定しました。")
            return redirect(house.get_absolute_url())
    return _shown(request, room, house, found, decide_form=form, status=422)


@region_page
@require_POST
def add_photo(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, survey: int
) -> HttpResponse:
    """Add a photo to a survey."""
    room = Room(request, region, slug, code)
    house = queries.house_for(room.incident, room.town, number)
    found = queries.survey_for(house, survey)
    form = PhotoForm(request.POST, request.FILES, parts=_parts(found))
    if form.is_valid():
        data = form.cleaned_data
        file = data["file"]
        draft = photo_actions.PhotoDraft(data["uid"], file.name, file.read(), data["part"], data["caption"])
        try:
            photo_actions.add_photo(request.actor, found, draft)
        except WrongInput as wrong:
            form.add_error("file", wrong.message)
        else:
            messages.success(request, "写真を追加しました。")
            return redirect(room.at("house-survey", number, survey) + "#photos")
    return _shown(request, room, house, found, photo_form=form, status=422)


@region_page
@require_GET
def photo(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, uid: UUID
) -> HttpResponse:
    """The picture itself, kept by no cache."""
    room = Room(request, region, slug, code)
    found = queries.photo_for(queries.house_for(room.incident, room.town, number), uid)
    try:
        content = storage.get(found.digest)
    except storage.LostFile as error:
        raise Http404(str(error)) from error
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = "inline"
    patch_cache_control(answer, private=True, no_store=True)
    return answer


@region_page
@require_POST
def remove_photo(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, uid: UUID
) -> HttpResponse:
    """Take a photo away."""
    room = Room(request, region, slug, code)
    found = queries.photo_for(queries.house_for(room.incident, room.town, number), uid)
    number_of_survey = found.survey.number
    try:
        photo_actions.remove_photo(request.actor, found)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, "写真を削除しました。")
    return redirect(room.at("house-survey", number, number_of_survey) + "#photos")

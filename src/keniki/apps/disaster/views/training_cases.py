"""Pages of a region's own training cases: the form, the answer that is reckoned from it, pictures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.analysis.damage.inputs import House, read_house
from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import training_cases as actions
from ..forms import training as forms
from ..forms.training_cases import (
    CaseForm,
    CasePartRow,
    FactsForm,
    PictureForm,
    case_initial,
    facts_of,
)
from ..models import TrainingCase
from ..queries import training as queries
from .training import MARKED, answer_placed, crumbs, marked

_PARTS = "部位ごとの損傷"


@region_page
@require_GET
def case(request: StaffRequest, region: Region, key: str) -> HttpResponse:
    """A case with the answer that follows from it: for who runs sessions."""
    policies.write_shared(request.actor, region).require()
    return _shown(request, region, queries.own_case_for(region, key), PictureForm())


def _shown(
    request: StaffRequest, region: Region, found: TrainingCase, form: PictureForm, status: int = 200
) -> HttpResponse:
    reckoned = queries.reckoned(found)
    return page(
        request,
        "disaster/training/case.html",
        status=status,
        case=found,
        about=queries.about(reckoned),
        house=reckoned.house,
        answer=reckoned.answer.as_dict(),
        pictures=found.pictures.all(),
        picture_form=form,
        entries=log_of(found),
        **MARKED,
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_case(request: StaffRequest, region: Region, key: str | None = None) -> HttpResponse:
    """Make a case, or change one: first what kind of house, then what is seen of it."""
    ruling = policies.write_shared(request.actor, region).require()
    found = queries.own_case_for(region, key) if key else None
    stored = facts_of(found.survey) if found is not None else {}
    back = (
        found.get_absolute_url() if found is not None else reverse("disaster:trainings", args=[region.slug])
    )
    title = "事例の変更" if found is not None else "事例を登録"
    asked = FactsForm(
        request.GET if "structure" in request.GET else None,
        initial={"storeys": 2, "detached": True, **stored},
    )
    facts, house = _facts(asked, stored)
    if house is None or "again" in request.GET:
        return page(
            request,
            "disaster/training/case_facts.html",
            form=asked,
            title=title,
            back=back,
            crumbs=crumbs(region, None),
            **MARKED,
        )
    parts = forms.parts_for(house) if house.survey != "self" else []

    def build(data: Any, record: TrainingCase | None) -> Sheet:
        form = CaseForm(data, house=house, parts=parts, initial=case_initial(record))
        initial = forms.rows_initial(record.survey, {}) if record is not None else []
        rows = {_PARTS: forms.rows_for(CasePartRow, data, initial, parts, house.storeys)} if parts else {}
        told = ["title", "text", "trap"]
        seen = [name for name in form.fields if name not in (*told, "version")]
        return Sheet(form, rows, groups=[("説明", told), ("正しい調査", seen)])

    def save(sheet: Sheet) -> TrainingCase:
        form = sheet.form
        assert isinstance(form, CaseForm)
        rows = sheet.formsets.get(_PARTS)
        seen, _, places = forms.seen_in(form, rows)
        version = (form.cleaned_data.get("version") or 0) if found is not None else None
        try:
            return actions.save_case(request.actor, region, form.draft(facts, seen, found), found, version)
        except WrongInput as wrong:
            raise answer_placed(wrong, rows, places) from None

    def done(saved: TrainingCase) -> tuple[str, str]:
        return f"【訓練】研修の事例「{saved}」を保存しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(back, crumbs(region, None), "disaster", eyebrow="訓練"),
        title,
        found,
        build,
        save,
        done=done,
        template="disaster/training/case_form.html",
        ruling=ruling,
        about=queries.about_house(house),
        house=house,
        has_parts=bool(parts),
        **marked(),
    )


def _facts(asked: FactsForm, stored: dict[str, Any]) -> tuple[dict[str, Any], House | None]:
    """The facts that were chosen, or those of the stored case; no house where they do not go together."""
    if not asked.is_bound:
        return stored, read_house(stored) if stored else None
    if not asked.is_valid():
        return {}, None
    facts = asked.facts()
    try:
        house = read_house(facts)
        if house.survey != "self":
            forms.parts_for(house)
    except WrongInput as wrong:
        put_error(asked, wrong)
        return {}, None
    return facts, house


@region_page
@require_POST
def add_picture(request: StaffRequest, region: Region, key: str) -> HttpResponse:
    """Add a picture to a case."""
    policies.write_shared(request.actor, region).require()
    found = queries.own_case_for(region, key)
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        draft = actions.PictureDraft(data["uid"], data["caption"], data["file"].name, data["file"].read())
        try:
            actions.add_picture(request.actor, found, draft)
        except WrongInput as wrong:
            form.add_error("caption" if wrong.column == "caption" else "file", wrong.message)
        else:
            messages.success(request, "【訓練】写真を追加しました。")
            return redirect(found.get_absolute_url() + "#pictures")
    return _shown(request, region, found, form, status=422)


@region_page
@require_GET
def picture(request: StaffRequest, region: Region, uid: UUID) -> HttpResponse:
    """The picture itself."""
    found = queries.picture_for(region, uid)
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
def remove_picture(request: StaffRequest, region: Region, uid: UUID) -> HttpResponse:
    """Take a picture away."""
    found = queries.picture_for(region, uid)
    try:
        actions.remove_picture(request.actor, found)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, "【訓練】写真を削除しました。")
    return redirect(found.case.get_absolute_url() + "#pictures")

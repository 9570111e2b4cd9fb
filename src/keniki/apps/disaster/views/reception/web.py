"""The residents' own telephones: the form of a shelter's poster, a family's code prepared at home, the desk's side."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import segno
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.analysis import reception
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, public_page, put_error
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from ... import policies
from ...actions import privacy
from ...actions.reception import web as actions
from ...forms.reception.home import HomeForm, member_rows, members_in
from ...forms.reception.printing import PosterForm, RefuseForm
from ...models import Shelter, ShelterPoster, WebCheckin
from ...papers.frame import paper_answer
from ...papers.reception import poster_paper
from .frame import Desk, desk_page, shown

#: A telephone reads no denser code from a screen.
_LARGEST: Final = 1_600
#: So many forms in ten minutes: of one address (a shelter's network is one), of everybody at one poster.
_OF_ADDRESS, _OF_POSTER, _WHILE = 60, 300, 600


@never_cache
@public_page
@require_http_methods(["GET", "POST"])
def check_in(request: HttpRequest, region: Region, token: str) -> HttpResponse:
    """The form of a shelter: what is sent waits, sealed, for the desk; the answer is a number to say there."""
    poster = (
        ShelterPoster.objects.filter(region=region, token=token)
        .select_related("incident", "shelter", "municipality")
        .first()
    )
    if poster is None:
        raise Http404("このページは ありません。受付の人に 話してください。")
    poster.region = poster.incident.region = region
    closed = poster.closed_at is not None or poster.incident.ended_at is not None
    towns = [(row.municipality.code, row.municipality.name) for row in members_on(region)]
    form, rows = HomeForm(towns=towns), member_rows(None)
    status, sent = 410 if closed else 200, None
    if request.method == "POST" and not closed:
        form, rows, status = HomeForm(request.POST, towns=towns), member_rows(request.POST), 422
        if all([form.is_valid(), rows.is_valid()]):
            try:
                _limited(request, token)
                sent, status = actions.send_checkin(poster, form.family(members_in(rows))), 200
            except WrongInput as wrong:
                put_error(form, wrong)
    return render(
        request,
        "disaster/reception/public_check_in.html",
        {"region": region, "poster": poster, "incident": poster.incident, "closed": closed, "form": form,
         "rows": rows, "sent": sent, "drill": poster.incident.is_exercise,
         "drill_text": "これは 訓練です。本当の 災害では ありません。"},
        status=status,
    )  # fmt: skip


@never_cache
@public_page
@require_http_methods(["GET", "POST"])
def prepare(request: HttpRequest, region: Region) -> HttpResponse:
    """A family prepares its own code at home: nothing is kept here."""
    towns = [(row.municipality.code, row.municipality.name) for row in members_on(region)]
    form, rows, status, code = HomeForm(towns=towns), member_rows(None), 200, ""
    if request.method == "POST":
        form, rows, status = HomeForm(request.POST, towns=towns), member_rows(request.POST), 422
        if all([form.is_valid(), rows.is_valid()]):
            try:
                text = reception.home_code(form.family(members_in(rows)))
                if len(text) > _LARGEST:
                    raise WrongInput("文字が 多すぎて、QRコードに 入りません。人か 文を 減らしてください。")
                code, status = segno.make(text, error="l", micro=False).svg_inline(scale=4, border=4), 200
            except WrongInput as wrong:
                put_error(form, wrong)
    return render(
        request,
        "disaster/reception/public_prepare.html",
        {"region": region, "form": form, "rows": rows, "code": mark_safe(code)},  # noqa: S308  drawn by segno
        status=status,
    )


@desk_page
@require_http_methods(["GET", "POST"])
def web(request: StaffRequest, desk: Desk) -> HttpResponse:
    """The posters of a town's shelters, and what residents sent and nobody confirmed yet."""
    places = Shelter.objects.filter(region=desk.region, municipality=desk.town, ended_on=None)
    shelters = {place.slug: place for place in places}
    form, status = PosterForm(shelters=[(slug, place.name) for slug, place in shelters.items()]), 200
    if request.method == "POST":
        policies.record_on_page(request.actor, desk.incident, desk.town).require()
        form, status = PosterForm(request.POST, shelters=list(form.fields["shelter"].choices)), 422  # type: ignore[attr-defined]
        if form.is_valid():
            shelter = shelters[form.cleaned_data["shelter"]]
            shelter.municipality = desk.town
            try:
                actions.open_poster(request.actor, desk.incident, shelter, form.cleaned_data["keep_hours"])
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(
                    request,
                    f"【{desk.incident.get_mode_display()}】{shelter.name}の受付フォームを開きました。",
                )
                return redirect(desk.address("web"))
    waiting = list(
        WebCheckin.objects.filter(
            incident=desk.incident, municipality=desk.town, state=WebCheckin.State.WAITING
        )
        .select_related("poster__shelter")
        .order_by("poster", "number")[:200]
    )
    rows = [(each, _names(each)) for each in waiting]
    if rows:
        _looked(request, desk, sum(each.people for each, _ in rows))
    posters = ShelterPoster.objects.filter(incident=desk.incident, municipality=desk.town).select_related(
        "shelter"
    )
    return shown(request, desk, "web.html", status=status, form=form, rows=rows, posters=list(posters[:100]))


@require_POST
@desk_page
def confirm(request: StaffRequest, desk: Desk, pk: int) -> HttpResponse:
    """Take what a resident sent as it stands."""
    row = _checkin(desk, pk)
    try:
        taken = actions.confirm_checkin(request.actor, row)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(desk.address("web"))
    said = f"{row.number}番の{len(taken.persons)}人を受け付けました。"
    messages.success(request, f"【{desk.incident.get_mode_display()}】{said}")
    return redirect(desk.address("web"))


@desk_page
@require_http_methods(["GET", "POST"])
def refuse(request: StaffRequest, desk: Desk, pk: int) -> HttpResponse:
    """Do not take what a resident sent; it is erased."""
    row = _checkin(desk, pk)
    form, status = RefuseForm(), 200
    if request.method == "POST":
        form, status = RefuseForm(request.POST), 422
        if form.is_valid():
            try:
                actions.refuse_checkin(request.actor, row, form.cleaned_data["reason"])
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(
                    request,
                    f"【{desk.incident.get_mode_display()}】{row.number}番を受け付けないことにし、内容を消去しました。",
                )
                return redirect(desk.address("web"))
    return shown(request, desk, "refuse.html", status=status, form=form, row=row)


@require_POST
@desk_page
def close(request: StaffRequest, desk: Desk, pk: int) -> HttpResponse:
    """Close the form of a shelter."""
    poster = _poster(desk, pk)
    try:
        actions.close_poster(request.actor, poster, None)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(
            request,
            f"【{desk.incident.get_mode_display()}】{poster.shelter.name}の受付フォームを閉じました。",
        )
    return redirect(desk.address("web"))


@desk_page
@require_GET
def poster_file(request: StaffRequest, desk: Desk, pk: int) -> HttpResponse:
    """The poster of a shelter as PDF."""
    poster = _poster(desk, pk)
    path = reverse("disaster:public-check-in", args=[desk.region.slug, poster.token])
    return paper_answer(poster_paper(poster, request.build_absolute_uri(path)), "pdf")


def _poster(desk: Desk, pk: int) -> ShelterPoster:
    found = (
        ShelterPoster.objects.filter(incident=desk.incident, municipality=desk.town, pk=pk)
        .select_related("shelter", "municipality")
        .first()
    )
    if found is None:
        raise Http404("受付フォームが見つかりません。")
    found.region, found.incident = desk.region, desk.incident
    return found


def _checkin(desk: Desk, pk: int) -> WebCheckin:
    found = (
        WebCheckin.objects.filter(incident=desk.incident, municipality=desk.town, pk=pk)
        .select_related("poster__shelter", "municipality")
        .first()
    )
    if found is None:
        raise Http404("この受付は見つかりません。")
    found.region, found.incident = desk.region, desk.incident
    return found


def _names(row: WebCheckin) -> str:
    home = reception.scan((row.sealed or {})["code"]).home if row.sealed else None
    return "、".join(each.name for each in home.persons) if home is not None else ""


def _looked(request: StaffRequest, desk: Desk, people: int) -> None:
    privacy.looked(
        request.actor, desk.region, desk.town, privacy.Deed.LIST, "確認待ちの受付", people=people,
        incident=desk.incident,
    )  # fmt: skip


def _limited(request: HttpRequest, token: str) -> None:
    """Raise `WrongInput` when too many forms come; addresses stand hashed in the cache."""
    address = request.META.get("REMOTE_ADDR", "")
    for name, most in ((f"a:{address}", _OF_ADDRESS), (f"p:{token}", _OF_POSTER)):
        key = f"checkin:{hashlib.sha256(name.encode()).hexdigest()}"
        number: Any = cache.get(key, 0)
        if number >= most:
            raise WrongInput("いま、こんでいます。すこし 待つか、受付の人に 話してください。")
        cache.set(key, number + 1, _WHILE)

"""Photos: adding, describing, replacing, removing, and serving them to whom they may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.actions.photos import PhotoDraft, PhotoFile
from keniki.apps.activities.forms import PhotoForm
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.activities.queries.history import history_of
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import (
    StaffRequest,
    chosen,
    conflict_of,
    page,
    public_page,
    put_error,
    region_page,
    version_of,
)
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput
from keniki.press import images

Variant = Literal["thumbnail", "image"]
MAX_BYTES = images.MAX_BYTES


@region_page
@require_GET
def photos(request: StaffRequest, region: Region) -> HttpResponse:
    """All photos by initiative; `?missing=1` only those that lack consent or a file."""
    found = queries.photos_of(region)
    lead_photos(request.actor, region, [photo for rows in found.values() for photo in rows])
    missing = bool(request.GET.get("missing"))
    groups = [
        (initiative, [photo for photo in found.get(initiative.pk, []) if not missing or photo_lacks(photo)])
        for initiative in queries.initiatives_of(region)
    ]
    return page(
        request,
        "activities/photos.html",
        nav_active="activities",
        groups=[(initiative, rows) for initiative, rows in groups if rows or not missing],
        missing=missing,
        number=sum(len(rows) for _, rows in groups),
        lacking=sum(photo_lacks(photo) for rows in found.values() for photo in rows),
        may_add=policies.photograph(request.actor, region, ()),
    )


def lead_photos(actor: Actor, region: Region, photos: Iterable[Photo]) -> None:
    """Give each photo the `way` of its card: its page for those who may change it, else the large picture."""
    for photo in photos:
        photo.region = region
        if policies.withdraw(actor, photo):
            way = reverse("activities:edit-photo", args=[region.slug, photo.slug])
        elif photo.digest:
            way = reverse("activities:photo", args=[region.slug, photo.slug, "image"])
        else:
            way = ""
        photo.way = way  # type: ignore[attr-defined]


def photo_lacks(photo: Photo) -> bool:
    """Whether the photo has no picture yet or nobody asked for consent."""
    return not photo.digest or photo.consent == Photo.Consent.UNKNOWN


@region_page
@require_http_methods(["GET", "POST"])
def add_photo(request: StaffRequest, region: Region) -> HttpResponse:
    """Add a photo to an activity (`?activity=`) or to an initiative (`?initiative=`)."""
    slug = request.GET.get("activity", "")
    activity: Activity | None = queries.activity_for(region, slug) if slug else None
    if activity is not None:
        initiative = activity.initiative
    else:
        found = Initiative.objects.filter(region=region, slug=request.GET.get("initiative", "")).first()
        if found is None:
            raise Http404("取組が見つかりません。")
        initiative = found
    year = activity.fiscal_year if activity is not None else None
    town = activity.municipality if activity is not None else None
    years = [year] if year is not None else []
    ruling = policies.photograph(request.actor, region, years, town).require()
    form = PhotoForm(
        request.POST or None,
        request.FILES or None,
        years=years,
        initial={"fiscal_year": year, "kind": "photo"},
    )
    back = (
        reverse("activities:activity", args=[region.slug, activity.slug])
        if activity is not None
        else f"{reverse('activities:photos', args=[region.slug])}#{initiative.slug}"
    )
    if request.method == "POST" and form.is_valid():
        try:
            photo = actions.add_photo(
                request.actor, initiative, _draft(form), _file(form.cleaned_data["file"]), activity=activity
            )
        except WrongInput as wrong:
            _put(form, wrong)
        else:
            messages.success(request, f"{photo.get_kind_display()}「{photo.caption}」を追加しました。")
            return redirect(back)
    return page(
        request,
        "activities/photo.html",
        nav_active="activities",
        form=form,
        initiative=initiative,
        activity=activity,
        ruling=ruling,
        back=back,
        status=422 if form.errors else 200,
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_photo(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Describe a photo, replace its file, give or withdraw consent and publication."""
    photo = _photo(region, slug)
    ruling = policies.withdraw(request.actor, photo).require()
    whole = policies.change_photo(request.actor, photo)
    years = [photo.fiscal_year] if photo.fiscal_year is not None else []
    names = ("caption", "kind", "fiscal_year", "credit", "consent", "public")
    initial = {name: getattr(photo, name) for name in names}
    data = chosen(request, photo) if request.method == "POST" else None
    form = PhotoForm(data, request.FILES or None, years=years, replacing=True, initial=initial)
    conflict = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            actions.edit_photo(
                request.actor,
                photo,
                _draft(form),
                version=version_of(request) or 0,
                file=_file(given) if given else None,
            )
        except WrongInput as wrong:
            _put(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(
                request, f"{photo.get_kind_display()}「{form.cleaned_data['caption']}」を保存しました。"
            )
            return redirect("activities:edit-photo", region.slug, slug)
    return page(
        request,
        "activities/photo.html",
        nav_active="activities",
        form=form,
        photo=photo,
        initiative=photo.initiative,
        activity=photo.activity,
        ruling=ruling,
        whole=whole,
        conflict=conflict,
        may_original=policies.see_original(request.actor, region, photo),
        history=history_of(photo),
        back=f"{reverse('activities:photos', args=[region.slug])}#{photo.initiative.slug}",
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_POST
def remove_photo(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a photo."""
    photo = _photo(region, slug)
    try:
        actions.remove_photo(request.actor, photo, version=version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの写真を更新しました。内容を確かめてください。")
        return redirect("activities:edit-photo", region.slug, slug)
    messages.success(request, f"{photo.get_kind_display()}「{photo.caption}」を削除しました。")
    return redirect("activities:photos", region.slug)


@region_page
@require_GET
def photo(request: StaffRequest, region: Region, slug: str, variant: str) -> HttpResponse:
    """The picture for staff: thumbnail, cleaned image, or the original for those who work with it."""
    found = _photo(region, slug)
    if variant == "original":
        policies.see_original(request.actor, region, found).require()
        content = _stored(found.digest)
        facts = images.inspect_photo(content)
        response = HttpResponse(content, content_type=facts.media_type)
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file_name or 'photo')}"
        return response
    return _picture(found.public_digest, "thumbnail" if variant == "thumbnail" else "image")


@public_page
@require_GET
def public_photo(request: HttpRequest, region: Region, slug: str, variant: str) -> HttpResponse:
    """The cleaned copy for residents, only of a photo that is public and has consent."""
    found = _photo(region, slug)
    if not found.public or found.consent not in (Photo.Consent.GIVEN, Photo.Consent.NOT_NEEDED):
        raise Http404("写真が見つかりません。")
    response = _picture(found.public_digest, "thumbnail" if variant == "thumbnail" else "image")
    patch_cache_control(response, public=True, max_age=300)
    return response


@lru_cache(maxsize=256)
def _thumbnail(digest: str) -> bytes:
    return images.thumbnail(storage.get(digest))


def _picture(digest: str, variant: Variant) -> HttpResponse:
    try:
        content = _thumbnail(digest) if variant == "thumbnail" and digest else _stored(digest)
    except storage.LostFile as lost:
        raise Http404(str(lost)) from lost
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return HttpResponse(content, content_type=kind)


def _stored(digest: str) -> bytes:
    if not digest:
        raise Http404("画像はまだ登録されていません。")
    try:
        return storage.get(digest)
    except storage.LostFile as lost:
        raise Http404(str(lost)) from lost


def _photo(region: Region, slug: str) -> Photo:
    found: Photo | None = (
        Photo.objects.filter(region=region, slug=slug)
        .select_related("initiative", "municipality", "activity", "source")
        .first()
    )
    if found is None:
        raise Http404("写真が見つかりません。")
    return found


def _draft(form: PhotoForm) -> PhotoDraft:
    data = form.cleaned_data
    return PhotoDraft(
        data["caption"], data["kind"], data["credit"], data["consent"], data["public"], data["fiscal_year"]
    )


def _file(given: UploadedFile[Any]) -> PhotoFile:
    if (given.size or 0) > MAX_BYTES:
        megabytes = (given.size or 0) / 1024 / 1024
        raise WrongInput(
            f"画像が大きすぎます（{megabytes:.1f} MB、上限20 MB）。縮小してください。", column="file"
        )
    return PhotoFile(given.name or "photo", given.read())


def _put(form: PhotoForm, wrong: WrongInput) -> None:
    put_error(form, wrong if wrong.column else wrong.at(column="file"))

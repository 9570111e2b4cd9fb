"""Photos: the original kept private and encrypted, a cleaned copy for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, snapshot
from keniki.apps.activities import policies
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.activities.queries.years import check_year
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Region
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput
from keniki.press import images

from .writing import writing


@dataclass(frozen=True)
class PhotoDraft:
    """What is said about a photo; a photo becomes public only with consent."""

    caption: str
    kind: str = Photo.Kind.PHOTO
    credit: str = ""
    consent: str = Photo.Consent.UNKNOWN
    public: bool = False
    fiscal_year: int | None = None


@dataclass(frozen=True)
class PhotoFile:
    """A file as it was sent; neither its name nor its declared type is believed."""

    name: str
    content: bytes


def add_photo(
    actor: Actor,
    initiative: Initiative,
    draft: PhotoDraft,
    file: PhotoFile,
    *,
    activity: Activity | None = None,
) -> Photo:
    """Store a photo of an initiative, and of one of its activities when given.

    A photo of a town's own activity is that town's own and stays so. Entered by the secretariat it is a 代理入力.
    """
    region = initiative.region
    draft = _checked(region, draft)
    if activity is not None and activity.initiative_id != initiative.pk:
        raise WrongInput("写真の活動が、この取組のものではありません。")
    year = (
        draft.fiscal_year if draft.fiscal_year is not None else (activity.fiscal_year if activity else None)
    )
    town = activity.municipality if activity is not None else None
    years = {*([year] if year is not None else []), *([activity.fiscal_year] if activity else [])}
    ruling = policies.photograph(actor, region, years, town).require()
    prepared = _prepare(file)
    with writing(actor, "activities.add_photo", region, *years, ruling=ruling) as act:
        lock("photo-slug", region.pk)
        same = Photo.objects.filter(region=region, initiative=initiative)
        photo = Photo(
            region=region,
            initiative=initiative,
            activity=activity,
            slug=_free_slug(initiative, year),
            order=int(same.aggregate(last=Max("order"))["last"] or 0) + 1,
            fiscal_year=year,
            municipality=town,
            proxy=bool(act.on_behalf_of),
        )
        _describe(photo, draft)
        _put_file(photo, file, prepared)
        act.save(photo)
        act.log(
            photo,
            None,
            _content(photo),
            f"{initiative.title} に{photo.get_kind_display()}「{photo.caption}」を追加",
            municipality=_code(photo),
        )
        return photo


def edit_photo(
    actor: Actor, photo: Photo, draft: PhotoDraft, *, version: int, file: PhotoFile | None = None
) -> Photo:
    """Change what is said about a photo, or replace its file.

    In a closed year only consent and publication change: consent can be withdrawn at any time.
    """
    draft = _checked(photo.region, draft)
    year = draft.fiscal_year
    only_consent = file is None and (draft.caption, draft.kind, draft.credit, year) == (
        photo.caption,
        photo.kind,
        photo.credit,
        photo.fiscal_year,
    )
    years: list[int] = []
    if only_consent:
        ruling = policies.withdraw(actor, photo).require()
    else:
        years = [*policies.years_of_photo(photo), *([year] if year is not None else [])]
        ruling = policies.change_photo(actor, photo, *years).require()
    prepared = _prepare(file) if file is not None else None
    with writing(actor, "activities.edit_photo", photo.region, *years, ruling=ruling, quiet=True) as act:
        current = act.lock(photo, version)
        before = _content(current)
        _describe(current, draft)
        current.fiscal_year = year
        if file is not None and prepared is not None:
            _put_file(current, file, prepared)
        old, new = changes(before, _content(current))
        if not new:
            return current
        current.proxy = bool(act.on_behalf_of) or (current.proxy and only_consent)
        act.save(current)
        parts = "、".join(
            f"{_LABELS[name]}を {old[name] or 'なし'}→{new[name] or 'なし'}"
            for name in new
            if name in _LABELS
        )
        replaced = "画像を差替え" if "digest" in new else ""
        text = "、".join(filter(None, (parts, replaced)))
        act.log(
            current,
            old,
            new,
            f"{current.get_kind_display()}「{before['caption']}」の{text} に変更",
            municipality=_code(current),
        )
        return current


def remove_photo(actor: Actor, photo: Photo, *, version: int) -> None:
    """Remove a photo; its files go later, when no other record has them."""
    ruling = policies.change_photo(actor, photo)
    years = policies.years_of_photo(photo)
    with writing(actor, "activities.remove_photo", photo.region, *years, ruling=ruling) as act:
        current = act.lock(photo, version)
        text = f"{current.get_kind_display()}「{current.caption}」を削除"
        act.log(current, _content(current), None, text, municipality=_code(current))
        current.delete()


def _checked(region: Region, draft: PhotoDraft) -> PhotoDraft:
    if draft.fiscal_year is not None:
        check_year(region, draft.fiscal_year)
    if not draft.caption.strip():
        raise WrongInput("説明を入力してください。", column="caption")
    if draft.public and draft.consent not in (Photo.Consent.GIVEN, Photo.Consent.NOT_NEEDED):
        raise WrongInput(
            "公開するには、写っている人の同意を「同意あり」または「不要（人物なし）」にしてください。",
            column="public",
        )
    return draft


def _prepare(file: PhotoFile) -> tuple[bytes, images.PhotoFacts]:
    name = _plain_name(file.name)
    facts = images.inspect_photo(file.content, file=name)
    return images.public_copy(file.content, file=name), facts


def _put_file(photo: Photo, file: PhotoFile, prepared: tuple[bytes, images.PhotoFacts]) -> None:
    copy, facts = prepared
    photo.file_name = _plain_name(file.name)
    photo.digest = storage.put(file.content)
    photo.public_digest = storage.put(copy)
    photo.width, photo.height = facts.width, facts.height


def _describe(photo: Photo, draft: PhotoDraft) -> None:
    photo.caption, photo.credit = draft.caption.strip(), draft.credit.strip()
    photo.kind, photo.consent, photo.public = draft.kind, draft.consent, draft.public


def _content(photo: Photo) -> dict[str, object]:
    raw = snapshot(photo, "caption", "credit", "fiscal_year", "digest", "file_name")
    return {
        **raw,
        "kind": photo.get_kind_display(),
        "consent": photo.get_consent_display(),
        "public": "公開" if photo.public else "非公開",
    }


def _plain_name(name: str) -> str:
    return PureWindowsPath(PurePosixPath(name).name).name[:200] or "photo"


def _code(photo: Photo) -> str:
    return photo.municipality.code if photo.municipality is not None else ""


def _free_slug(initiative: Initiative, year: int | None) -> str:
    stem = f"{initiative.slug}-{year or 'photo'}-p"[:70]
    taken = set(
        Photo.objects.filter(region=initiative.region, slug__startswith=stem).values_list("slug", flat=True)
    )
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


_LABELS = {
    "caption": "説明",
    "credit": "撮影・提供",
    "fiscal_year": "年度",
    "kind": "種類",
    "consent": "同意",
    "public": "公開",
}

"""Photos: checked by content, private originals, cleaned copies, consent before publication."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from PIL import Image

from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities import actions, policies
from keniki.apps.activities.actions.photos import PhotoDraft
from keniki.apps.activities.models import Photo
from keniki.apps.workflow import storage

from .test_actions import draft

ADD = "/desk/aoba/photos/new/?activity=r6-sumaho"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def jpeg(colour: str = "red") -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", (640, 480), colour).save(out, "JPEG", exif=exif, comment=b"secret comment")
    return out.getvalue()


def upload(content: bytes, name: str = "会場.jpg", kind: str = "image/jpeg", **changes) -> dict:
    return {
        "file": SimpleUploadedFile(name, content, kind), "caption": "会場", "kind": "photo", "fiscal_year": 2024,
        "credit": "青葉市", "consent": "unknown",
    } | changes  # fmt: skip


@pytest.fixture
def photo(in_region, activity, client_as, secretariat) -> Photo:
    assert client_as(secretariat).post(ADD, upload(jpeg())).status_code == 302
    return Photo.objects.get(caption="会場")


def test_the_original_is_kept_encrypted_and_the_copy_is_clean(photo) -> None:
    original, copy = storage.get(photo.digest), storage.get(photo.public_digest)
    assert original == jpeg()
    for secret in (b"SecretCamera", b"secret comment", b"Exif"):
        assert secret not in copy
    assert not any(
        b"SecretCamera" in path.read_bytes()
        for path in storage.Path(storage._path(photo.digest)).parent.iterdir()
    )
    assert (photo.width, photo.height, photo.file_name) == (640, 480, "会場.jpg")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 not a picture", "画像として読めません"),
        (jpeg()[:300], "画像ファイルが壊れています"),
        (b"", "空です"),
    ],
)
def test_a_file_that_is_no_picture_is_refused_whatever_its_name(
    in_region, activity, client_as, secretariat, content, message
) -> None:
    answer = client_as(secretariat).post(ADD, upload(content))
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Photo.objects.filter(activity=activity).exists()


def test_publication_needs_consent(photo, client_as, secretariat) -> None:
    client = client_as(secretariat)
    url = f"/desk/aoba/photos/{photo.slug}/"
    data = {
        "caption": "会場",
        "kind": "photo",
        "fiscal_year": 2024,
        "credit": "",
        "public": "on",
        "version": 1,
    }
    refused = client.post(url, data | {"consent": "unknown"})
    assert refused.status_code == 422
    assert "公開するには" in refused.content.decode()
    assert client.post(url, data | {"consent": "given"}).status_code == 302


@pytest.mark.slow
def test_residents_get_the_cleaned_copy_of_a_public_photo_only(photo, client, client_as, secretariat) -> None:
    public = f"/r/aoba/photos/{photo.slug}/"
    assert client.get(f"{public}image/").status_code == 404
    data = {
        "caption": "会場",
        "kind": "photo",
        "fiscal_year": 2024,
        "consent": "given",
        "public": "on",
        "version": 1,
    }
    client_as(secretariat).post(f"/desk/aoba/photos/{photo.slug}/", data)
    for variant in ("image", "thumbnail"):
        answer = client.get(f"{public}{variant}/")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/jpeg"
        assert b"SecretCamera" not in answer.content
    assert client.get(f"{public}original/").status_code == 404
    client_as(secretariat).post(
        f"/desk/aoba/photos/{photo.slug}/", data | {"consent": "refused", "public": "", "version": 2}
    )
    assert client.get(f"{public}image/").status_code == 404


@pytest.mark.parametrize(
    ("who", "image", "original"),
    [
        ("secretariat", 200, 200), ("partner", 200, 200), ("viewer", 200, 403), ("panel_member", 200, 403),
        ("neighbour", 404, 404),
    ],
)  # fmt: skip
def test_the_original_is_for_those_who_work_with_it(request, photo, client_as, who, image, original) -> None:
    client = client_as(request.getfixturevalue(who))
    base = f"/desk/aoba/photos/{photo.slug}/"
    assert client.get(f"{base}image/").status_code == image
    assert client.get(f"{base}thumbnail/").status_code == image
    assert client.get(f"{base}original/").status_code == original


@pytest.mark.parametrize("who", ["partner", "viewer", "panel_member"])
def test_photos_of_shared_activities_are_the_secretariats(request, activity, photo, client_as, who) -> None:
    client = client_as(request.getfixturevalue(who))
    assert client.post(ADD, upload(jpeg())).status_code == 403
    assert client.post(f"/desk/aoba/photos/{photo.slug}/", {}).status_code == 403
    assert client.post(f"/desk/aoba/photos/{photo.slug}/remove/", {"version": 1}).status_code == 403


@pytest.mark.slow
def test_a_photo_is_replaced_and_removed(photo, client_as, secretariat) -> None:
    client = client_as(secretariat)
    url = f"/desk/aoba/photos/{photo.slug}/"
    old = photo.digest
    assert client.post(url, upload(jpeg("blue")) | {"version": 1}).status_code == 302
    photo.refresh_from_db()
    assert photo.digest != old
    assert "画像を差替え" in client.get(url).content.decode()
    assert client.post(f"{url}remove/", {"version": 1}, follow=True).status_code == 200
    assert Photo.objects.filter(pk=photo.pk).exists()
    client.post(f"{url}remove/", {"version": photo.version})
    assert not Photo.objects.filter(pk=photo.pk).exists()


def test_the_second_editor_of_a_photo_is_told(photo, client_as, secretariat) -> None:
    client = client_as(secretariat)
    url = f"/desk/aoba/photos/{photo.slug}/"
    data = {"caption": "先の説明", "kind": "photo", "fiscal_year": 2024, "consent": "given", "version": 1}
    client.post(url, data)
    answer = client.post(url, data | {"caption": "後の説明"})
    assert answer.status_code == 409
    assert "先の説明" in answer.content.decode()


@pytest.fixture
def towns_own(in_region, initiative, partner, towns):
    return actions.save_activity(partner, in_region, draft(initiative, municipality=towns["川北町"]))


def add(client, activity, **changes) -> Photo:
    answer = client.post(ADD.replace("r6-sumaho", activity.slug), upload(jpeg(), **changes))
    assert answer.status_code == 302
    return Photo.objects.latest("pk")


@pytest.mark.slow
def test_a_photo_the_secretariat_adds_for_a_town_is_marked_until_the_town_takes_it_over(
    towns_own, client_as, secretariat, partner, towns
) -> None:
    photo = add(client_as(secretariat), towns_own)
    assert (photo.municipality, photo.proxy) == (towns["川北町"], True)
    assert "（川北町分を代理入力）" in LogEntry.objects.first().text
    page = client_as(partner).get(f"/desk/aoba/photos/{photo.slug}/").content.decode()
    assert "川北町の写真" in page
    assert "代理入力" in client_as(partner).get("/desk/aoba/photos/").content.decode()
    consent = PhotoDraft(photo.caption, photo.kind, photo.credit, "given", False, photo.fiscal_year)
    assert actions.edit_photo(partner, photo, consent, version=1).proxy
    assert not actions.edit_photo(partner, photo, replace(consent, caption="訓練"), version=2).proxy


def test_a_photo_stays_the_towns_own_when_its_activity_is_removed(
    towns_own, client_as, partner, other_partner, secretariat
) -> None:
    photo = add(client_as(partner), towns_own)
    actions.remove_activity(partner, towns_own, towns_own.version)
    photo.refresh_from_db()
    assert photo.activity is None
    for actor, may in ((partner, True), (secretariat, True), (other_partner, False)):
        assert bool(policies.change_photo(actor, photo)) is may
    assert policies.change_photo(secretariat, photo).on_behalf_of == "川北町"


@pytest.mark.parametrize(
    "change",
    [
        {"caption": "別"}, {"fiscal_year": None}, {"order": 9}, {"file_name": "x.jpg"}, {"source_flag": "x"},
        {"municipality_id": None}, {"activity_id": None}, {"public_digest": "0" * 64},
    ],
)  # fmt: skip
def test_the_database_keeps_a_photo_of_a_closed_year_but_for_its_consent(
    towns_own, client_as, partner, secretariat, in_region, change
) -> None:
    photo = add(client_as(partner), towns_own)
    actions.close_year(secretariat, in_region, 2024)
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
        Photo.objects.filter(pk=photo.pk).update(**change)
    assert Photo.objects.filter(pk=photo.pk).update(consent="refused") == 1


def test_a_photo_without_a_year_is_held_by_the_year_of_its_activity(
    activity, client_as, secretariat, in_region
) -> None:
    photo = add(client_as(secretariat), activity, fiscal_year="")
    Photo.objects.filter(pk=photo.pk).update(fiscal_year=None)
    photo.refresh_from_db()
    actions.close_year(secretariat, in_region, 2024)
    assert not policies.change_photo(secretariat, photo)
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
        Photo.objects.filter(pk=photo.pk).update(caption="別")

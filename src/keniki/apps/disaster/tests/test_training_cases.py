"""A region's own training cases by a form: the answer is reckoned; pictures are clean and shown to who answers."""

from __future__ import annotations

import io
from datetime import date
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from keniki.apps.disaster.actions.training import SessionDraft, join, save_session
from keniki.apps.disaster.models import TrainingCase, TrainingPicture
from keniki.apps.workflow import storage

FACTS = "?structure=wood&hazard=earthquake&survey=first&storeys=2&detached=on&date=2024-01-01"


@pytest.fixture
def office(client, in_region, secretariat):
    client.force_login(secretariat.user)
    return client


def at(region, name: str, *more: object) -> str:
    return reverse(f"disaster:{name}", args=[region.slug, *more])


def typed(parts: list[tuple[str, str, str]], **more: str) -> dict[str, str]:
    found = {
        "title": "外壁と屋根（架空）", "text": "北側の外壁にひび。", "parts-TOTAL_FORMS": str(len(parts)),
        "parts-INITIAL_FORMS": "0",
    }  # fmt: skip
    for n, (part, degree, area) in enumerate(parts):
        found |= {f"parts-{n}-part": part, f"parts-{n}-degree": degree, f"parts-{n}-area": area}
    return found | more


def photo() -> bytes:
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Camera of Hanako"
    Image.new("RGB", (64, 48), "grey").save(made, "JPEG", exif=exif)
    return made.getvalue()


def add_photo(client, region, content: bytes, **more: str):
    file = SimpleUploadedFile("a.jpg", content, "image/jpeg")
    data = {"uid": str(uuid4()), "file": file, "caption": "北側の外壁のひび（架空）"} | more
    return client.post(at(region, "add-training-picture", "own-1"), data)


def test_a_case_is_made_by_a_form_and_its_answer_reckoned(office, in_region):
    page = office.get(at(in_region, "new-training-case"))
    assert "どのような住家の事例か" in page.content.decode()
    form = office.get(at(in_region, "new-training-case") + FACTS).content.decode()
    assert "基礎" in form
    assert "判定した区分" not in form
    # The published example (books): 5.625 + 30 + 0 per cent.
    sent = office.post(
        at(in_region, "new-training-case") + FACTS,
        typed([("roof", "IV", "50"), ("wall", "III", "20"), ("wall", "IV", "40")]),
    )
    assert sent.status_code == 302, sent.content.decode()
    shown = office.get(sent["Location"]).content.decode()
    assert "中規模半壊" in shown
    assert "30" in shown
    edit = at(in_region, "edit-training-case", "own-1")
    assert 'value="50' in office.get(edit).content.decode()
    version = TrainingCase.objects.get(key="own-1").version
    office.post(edit, typed([("wall", "V", "80")], version=str(version)))
    assert "全壊" in office.get(sent["Location"]).content.decode()
    assert office.post(edit, typed([("wall", "V", "10")], version=str(version))).status_code == 409


def test_what_cannot_be_judged_is_refused_at_its_place(office, in_region):
    address = at(in_region, "new-training-case") + FACTS
    answer = office.post(address, typed([("wall", "III", "80"), ("wall", "IV", "40")]))
    assert answer.status_code == 422
    assert office.post(address, typed([])).status_code == 422
    assert office.post(address, typed([("wall", "III", "20")], title="")).status_code == 422
    assert not TrainingCase.objects.filter(region=in_region).exists()
    assert office.post(address, typed([("wall", "III", "20")])).status_code == 302
    twice = office.post(address, typed([("wall", "III", "20")]))
    assert "同じ名称の事例があります" in twice.content.decode()
    wrong = FACTS.replace("date=2024-01-01", "date=1950-01-01")
    assert "error" in office.get(at(in_region, "new-training-case") + wrong).content.decode()


def test_pictures_are_cleaned_and_shown_to_who_answers(office, in_region, secretariat, partner, client_as):
    office.post(at(in_region, "new-training-case") + FACTS, typed([("wall", "III", "20")]))
    refused = add_photo(office, in_region, b"<svg onload='x'>")
    assert refused.status_code == 422
    assert add_photo(office, in_region, photo(), caption="").status_code == 422
    assert add_photo(office, in_region, photo()).status_code == 302
    picture = TrainingPicture.objects.get()
    assert b"Hanako" not in storage.get(picture.digest)
    draft = SessionDraft("合同研修会（架空）", date(2026, 9, 1), ("own-1",))
    session = save_session(secretariat, in_region, draft)
    member = join(partner, session)
    officer = client_as(partner)
    page = officer.get(
        at(in_region, "training-answer", session.number, member.number, "own-1")
    ).content.decode()
    image = at(in_region, "training-picture", picture.uid)
    assert image in page
    assert "北側の外壁のひび（架空）" in page
    assert officer.get(image)["Content-Type"] == "image/jpeg"
    assert officer.get(at(in_region, "training-case", "own-1")).status_code == 403
    assert officer.post(at(in_region, "remove-training-picture", picture.uid)).status_code == 403
    office.post(at(in_region, "remove-training-picture", picture.uid))
    assert TrainingPicture.objects.filter(pk=picture.pk).exists()
    save_session(
        secretariat,
        in_region,
        SessionDraft("x", date(2026, 9, 1), ("flood_force",)),
        session,
        session.version,
    )
    office.post(at(in_region, "remove-training-picture", picture.uid))
    assert not TrainingPicture.objects.filter(pk=picture.pk).exists()


def test_another_region_sees_no_case_and_no_picture(office, in_region, neighbour_secretariat, client_as):
    office.post(at(in_region, "new-training-case") + FACTS, typed([("wall", "III", "20")]))
    add_photo(office, in_region, photo())
    other = client_as(neighbour_secretariat)
    uid = TrainingPicture.objects.get().uid
    for address in (at(in_region, "training-picture", uid), at(in_region, "training-case", "own-1")):
        assert other.get(address).status_code in (403, 404)

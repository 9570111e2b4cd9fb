"""Files nothing refers to any more go after a while; whatever a record names, or is being stored, stays."""

from __future__ import annotations

import os
import threading
import time

import pytest
from django.apps import apps
from django.db.models import CharField

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.actions import add_photo, remove_photo
from keniki.apps.activities.actions.photos import PhotoDraft, PhotoFile
from keniki.apps.activities.models import Photo
from keniki.apps.regions.policies import today
from keniki.apps.workflow import actions, keeping, storage
from keniki.apps.workflow.actions import Reply

from . import files

pytestmark = pytest.mark.django_db

#: Fields of this name that hold hashes of something else than stored files.
NO_FILES = {
    ("disaster.BundleRead", "digest"),
    ("disaster.Certificate", "digest"),
    ("disaster.EntityState", "digest"),
    ("disaster.EvacuationPlan", "digest"),
    ("disaster.Event", "digest"),
    ("disaster.HazardLayer", "digest"),
    ("disaster.HouseSurvey", "digest"),
    ("disaster.PlanPosting", "digest"),
    ("disaster.PurchasePlan", "digest"),
    ("disaster.RefusedEvent", "digest"),
    ("disaster.WarningTelegram", "digest"),
    ("finance.Allocation", "digest"),
    ("finance.SharingRule", "digest"),
    ("accounts.Token", "digest"),
    ("programmes.CalendarAddress", "digest"),
    ("documents.Build", "digest"),
    ("workflow.Inquiry", "digest"),
    ("evidence.AnswerVersion", "digest"),
    ("evidence.ForecastResult", "digest"),
    ("workflow.Approval", "digest"),
}


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def age(*digests: str, days: int = 100) -> None:
    for digest in digests:
        path = storage._path(digest)
        os.utime(path, (time.time() - days * 86400,) * 2)


def purged(days: int = 90) -> set[str]:
    return {one.file.digest for one in actions.purge_unused(SYSTEM, days)}


def test_every_field_that_holds_a_stored_files_hash_is_named():
    fields = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        if model.__module__.startswith("keniki.") and not hasattr(model, "pgh_created_at")
        for field in model._meta.concrete_fields
        if isinstance(field, CharField) and field.name.endswith("digest")
    }
    assert fields - NO_FILES <= set(keeping.references())
    assert fields >= NO_FILES


@pytest.mark.slow
def test_a_removed_photos_files_go_after_the_period_and_the_log_says_so(in_region, initiative, secretariat):
    content = files.picture("JPEG")
    photo = add_photo(secretariat, initiative, PhotoDraft("会場"), PhotoFile("会場.jpg", content))
    both = {photo.digest, photo.public_digest}
    age(*both)
    assert purged() == set()
    remove_photo(secretariat, photo, version=photo.version)
    assert not Photo.objects.filter(digest=photo.digest)
    age(*both, days=89)
    assert purged() == set()
    age(*both)
    assert {one.file.digest for one in keeping.unused(90)} == both
    assert purged() == both
    assert not any(storage.exists(digest) for digest in both)
    last = LogEntry.objects.first()
    assert f"ファイル {len(both)}件" in last.text
    assert set(last.before["sha256"]) == both


def test_a_removed_attachment_goes_unless_another_record_holds_the_same_bytes(
    in_region, activity, initiative, secretariat
):
    first = actions.attach(secretariat, activity, "回答.pdf", files.pdf())
    second = actions.attach(secretariat, initiative, "写し.pdf", files.pdf())
    assert first.digest == second.digest
    actions.detach(secretariat, first)
    age(first.digest)
    assert purged() == set()
    actions.detach(secretariat, second)
    age(first.digest)
    assert purged() == {first.digest}


def test_the_reply_of_a_decision_stays_and_the_one_it_replaced_goes(
    in_region, initiative, secretariat, approver, towns
):
    inquiry = actions.ask(secretariat, initiative, "a" * 64, "第1版", None)
    own = {"answer": "agreed", "decided_on": today(), "decision_kind": "mayor", "document_no": "川企第1号"}
    old = actions.record_decision(
        approver, inquiry, towns["川北町"], **own, reply=Reply("回答.pdf", files.pdf())
    ).reply
    row = actions.record_decision(
        approver, inquiry, towns["川北町"], **own, reply=Reply("回答.docx", files.word())
    )
    age(old.digest, row.reply.digest)
    assert purged() == {old.digest}


def test_half_written_files_go_too(tmp_path):
    draft = tmp_path / "ab" / ".abcd.bin.123"
    draft.parent.mkdir()
    draft.write_bytes(b"half")
    assert actions.purge_unused(SYSTEM, 1) == []
    os.utime(draft, (0, 0))
    assert len(actions.purge_unused(SYSTEM, 1)) == 1
    assert not draft.exists()


def test_what_is_stored_again_meanwhile_stays():
    digest = storage.put(b"once")
    age(digest)
    (old,) = keeping.unused(90)
    storage.put(b"once")
    assert not storage.discard(old.file, 90)
    assert storage.get(digest) == b"once"


def test_storing_and_removing_at_the_same_time_never_loses_what_was_stored():
    lost = []

    def store() -> None:
        for _ in range(200):
            digest = storage.put(b"again and again")
            if not storage.exists(digest):
                lost.append(digest)

    digest = storage.put(b"again and again")
    found = storage.Stored(storage._path(digest), digest, 1, 0)
    thread = threading.Thread(target=store)
    thread.start()
    while thread.is_alive():
        storage.discard(found, 1)
    thread.join()
    assert lost == []


def test_a_period_of_nothing_still_spares_the_day():
    storage.put(b"just now")
    assert actions.purge_unused(SYSTEM, 0) == []


@pytest.mark.slow
def test_only_the_operator_clears(secretariat):
    with pytest.raises(Denied):
        actions.purge_unused(secretariat, 90)

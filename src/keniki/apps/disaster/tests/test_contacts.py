"""Contacts and turns of duty: each town keeps its own, all of the region read them, nobody else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions import contacts as actions
from keniki.apps.disaster.actions.contacts import ContactDraft, DutyDraft
from keniki.apps.disaster.forms.contacts import COLUMNS, contacts_in
from keniki.apps.disaster.models import Contact, Duty
from keniki.apps.disaster.queries import contacts as queries
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

BASE = "/desk/aoba/disaster/contacts/"


def of(town=None, **changes) -> ContactDraft:
    made = {"body": "防災課", "post": "当直", "reach": {"name": "山田花子", "phone": "0126-00-0000"}}
    return ContactDraft(municipality=town, **(made | changes))


def form(**changes: str) -> dict[str, str]:
    return {
        "town": KAWAKITA, "body": "防災課", "post": "当直", "hours": "night", "order": "1", "name": "山田花子",
        "phone": "0126-00-0000", "mobile": "", "fax": "", "email": "", "checked_on": "2026-04-01", "note": "",
    } | changes  # fmt: skip


def file_of(*rows: tuple) -> bytes:
    return write_csv([COLUMNS, *rows]).data


def row(**changes: str) -> tuple:
    made = dict.fromkeys(COLUMNS, "") | {
        "市町村コード": KAWAKITA,
        "団体・部署": "防災課",
        "電話": "0126-00-0000",
    }
    return tuple((made | changes)[column] for column in COLUMNS)


@pytest.mark.slow
def test_a_town_keeps_its_own_contacts(in_region, partner, other_partner, towns, client_as) -> None:
    client = client_as(partner)
    assert "保存しました" in client.post(BASE + "new/", form(), follow=True).content.decode()
    found = Contact.objects.get()
    assert (found.hours, found.name, found.numbers) == ("night", "山田花子", [("電話", "0126-00-0000")])
    refused = client_as(other_partner).post(f"{BASE}{found.pk}/edit/", form(name="佐藤"))
    assert refused.status_code == 403
    with pytest.raises(Denied):
        actions.save_contact(other_partner, in_region, of(towns["川北町"]))
    with pytest.raises(Denied):
        actions.save_contact(partner, in_region, of())


def test_all_of_the_region_read_them_and_nobody_else(
    in_region, partner, towns, client_as, viewer, neighbour
) -> None:
    actions.save_contact(partner, in_region, of(towns["川北町"]))
    assert "0126-00-0000" in client_as(viewer).get(BASE).content.decode()
    assert client_as(neighbour).get(BASE).status_code == 404


def test_numbers_stand_in_no_table_and_in_no_log(in_region, partner, towns) -> None:
    made = actions.save_contact(partner, in_region, of(towns["川北町"]))
    actions.save_contact(
        partner, in_region, of(towns["川北町"], reach={"name": "佐藤一郎", "phone": "090-0000-0000"}), made, 1
    )
    with connection.cursor() as cursor:
        for table in ("disaster_contact", "disaster_contactevent"):
            cursor.execute(f"SELECT sealed FROM {table}")  # noqa: S608
            for (sealed,) in cursor.fetchall():
                assert b"0000" not in bytes(sealed)
    entries = LogEntry.objects.filter(verb="disaster.save_contact")
    assert [each.text for each in entries if "氏名・番号を変更" in each.text]
    assert not [each for each in entries if "佐藤" in f"{each.text}{each.before}{each.after}"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": " "}, "団体・部署"), ({"phone": ""}, "電話・携帯・FAX・メールのどれか"), ({"email": "x"}, "メール"),
        ({"order": "0"}, "1"), ({"town": "999999"}, "市町村"),
    ],
)  # fmt: skip
def test_a_wrong_contact_keeps_what_was_typed(in_region, partner, client_as, changes, said) -> None:
    answer = client_as(partner).post(BASE + "new/", form(note="覚え書き", **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "覚え書き" in answer.content.decode()
    assert not Contact.objects.exists()


def test_the_second_editor_is_shown_both(in_region, secretariat, towns, client_as) -> None:
    made = actions.save_contact(secretariat, in_region, of(towns["川北町"]))
    actions.save_contact(secretariat, in_region, of(towns["川北町"], post="課長"), made, 1)
    answer = client_as(secretariat).post(f"{BASE}{made.pk}/edit/", form(post="係長") | {"version": "1"})
    assert answer.status_code == 409
    assert "課長" in answer.content.decode()
    with pytest.raises(Stale):
        actions.remove_contact(secretariat, made, 1)


def test_contacts_come_out_as_a_file_and_in_again(in_region, secretariat, towns, client_as) -> None:
    actions.save_contact(secretariat, in_region, of(towns["川北町"]))
    actions.save_contact(secretariat, in_region, of(None, body="消防本部", reach={"phone": "119"}))
    client = client_as(secretariat)
    out = client.get(BASE + "data/").content
    before = list(Contact.objects.values_list("version", flat=True))
    again = client.post(BASE + "load/", {"file": SimpleUploadedFile("a.csv", out)}, follow=True)
    assert "連絡先を0件" in again.content.decode()
    assert list(Contact.objects.values_list("version", flat=True)) == before
    changed = out.replace(b"0126-00-0000", b"0126-11-1111")
    client.post(BASE + "load/", {"file": SimpleUploadedFile("a.csv", changed)})
    assert Contact.objects.count() == 2
    assert {each.sealed.get("phone") for each in Contact.objects.all()} == {"0126-11-1111", "119"}


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([row(**{"市町村コード": "999999"})], (2, "市町村コード")),
        ([row(), row(**{"つながる時間": "いつか"})], (3, "つながる時間")),
        ([row(**{"かける順": "x"})], (2, "かける順")),
        ([row(**{"確認した日": "きのう"})], (2, "確認した日")),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_taken(region, towns, rows, where) -> None:
    with pytest.raises(WrongInput) as wrong:
        contacts_in(file_of(*rows), {KAWAKITA: towns["川北町"]})
    assert (wrong.value.row, wrong.value.column) == where


def test_a_file_of_another_town_is_refused_whole(in_region, partner, client_as) -> None:
    content = file_of(row(), row(**{"市町村コード": HOSHINO}))
    answer = client_as(partner).post(BASE + "load/", {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422
    assert "3行目" in answer.content.decode()
    assert not Contact.objects.exists()
    bare = client_as(partner).post(BASE + "load/", {"file": SimpleUploadedFile("a.csv", b"\x00\xff\x00")})
    assert bare.status_code == 422


def test_who_is_on_duty_now(in_region, partner, towns, client_as) -> None:
    made = actions.save_contact(partner, in_region, of(towns["川北町"]))
    now = timezone.now()
    actions.save_duty(partner, made, DutyDraft(now - timedelta(hours=1), now + timedelta(hours=11), "当直"))
    actions.save_duty(partner, made, DutyDraft(now + timedelta(hours=11), now + timedelta(hours=20)))
    assert [each.role for each in queries.on_duty(in_region)] == ["当直"]
    assert "山田花子（当直）" in client_as(partner).get(BASE).content.decode()
    assert len(queries.duties_from(in_region, now, 14)) == 2


def test_turns_do_not_overlap_and_end_after_they_begin(
    in_region, partner, other_partner, towns, client_as
) -> None:
    made = actions.save_contact(partner, in_region, of(towns["川北町"]))
    begins = timezone.now()
    actions.save_duty(partner, made, DutyDraft(begins, begins + timedelta(hours=8)))
    with pytest.raises(WrongInput, match="期間が重なります"):
        actions.save_duty(partner, made, DutyDraft(begins + timedelta(hours=1), begins + timedelta(hours=9)))
    with pytest.raises(WrongInput, match="開始より後"):
        actions.save_duty(partner, made, DutyDraft(begins, begins))
    typed = {
        "contact": str(made.pk),
        "begins": "2026-12-01T09:00",
        "ends": "2026-12-01T08:00",
        "role": "当直",
    }
    answer = client_as(partner).post("/desk/aoba/disaster/duties/", typed)
    assert answer.status_code == 422
    assert "開始より後" in answer.content.decode()
    assert client_as(other_partner).post("/desk/aoba/disaster/duties/", typed).status_code == 422
    duty = Duty.objects.get()
    assert client_as(other_partner).post(f"/desk/aoba/disaster/duties/{duty.pk}/remove/").status_code == 403
    client_as(partner).post(f"/desk/aoba/disaster/duties/{duty.pk}/remove/")
    assert not Duty.objects.exists()


def test_a_removed_contact_takes_its_turns(in_region, partner, towns, client_as) -> None:
    made = actions.save_contact(partner, in_region, of(towns["川北町"]))
    begins = timezone.now()
    actions.save_duty(partner, made, DutyDraft(begins, begins + timedelta(hours=8)))
    client_as(partner).post(f"{BASE}{made.pk}/remove/", {"version": "1"})
    assert not Contact.objects.exists()
    assert not Duty.objects.exists()

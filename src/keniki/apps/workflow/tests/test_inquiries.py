from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.portal import testing
from keniki.apps.regions import actions as regions
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Organisation, RegionMembership
from keniki.apps.workflow import actions, queries
from keniki.apps.workflow.models import Approval, DueItem, Inquiry
from keniki.core.errors import WrongInput

from . import files

pytestmark = pytest.mark.django_db
FIRST, SECOND = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def asked(in_region, initiative, secretariat):
    today = rights.today()
    return actions.ask(
        secretariat,
        initiative,
        FIRST,
        "照会版 第1版",
        today + timedelta(days=14),
        asked_on=today - timedelta(days=20),
    )


def decision(**changes):
    return {
        "answer": "agreed",
        "decided_on": rights.today() - timedelta(days=1),
        "decision_kind": "mayor",
        "document_no": "川企第12号",
        **changes,
    }


def test_every_member_town_is_asked_and_gets_a_due_item(asked, initiative):
    standing = queries.standing(initiative, FIRST)
    assert [town.municipality.name for town in standing.towns] == ["青葉市", "川北町", "星野町"]
    assert {town.state for town in standing.towns} == {"waiting"}
    assert DueItem.objects.filter(state="open").count() == 3
    assert not standing.complete


def test_the_due_item_of_an_inquiry_is_not_ticked_off_without_a_decision(asked, secretariat):
    item = DueItem.objects.filter(state="open").first()
    with pytest.raises(WrongInput, match="機関決定を記録すると"):
        actions.finish_due(secretariat, item, item.version)


def test_the_approver_records_the_towns_decision_with_day_kind_and_number(asked, initiative, approver, towns):
    actions.record_decision(approver, asked, towns["川北町"], **decision())
    town = queries.standing(initiative, FIRST).towns[1]
    assert (town.state, town.approval.proxy) == ("agreed", False)
    assert DueItem.objects.get(organisation__slug="kawakita-cho").state == "done"
    text = LogEntry.objects.latest("pk").text
    assert text.startswith(
        "川北町 企画課 課長 小林光 が 「地域防災体制の充実」（照会版 第1版）への川北町の機関決定を記録（異議なし、令和"
    )
    assert text.endswith("市町村長決裁、川企第12号）")


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"document_no": " "}, "文書番号"),
        ({"decided_on": None}, "機関決定日"),
        ({"decision_kind": ""}, "決裁区分"),
        ({"answer": ""}, "回答"),
        ({"answer": "remarks"}, "意見"),
        ({"answer": "refused", "remarks": " "}, "意見"),
    ],
)
def test_a_click_alone_is_not_a_towns_decision(asked, approver, towns, changes, column):
    with pytest.raises(WrongInput) as wrong:
        actions.record_decision(approver, asked, towns["川北町"], **decision(**changes))
    assert wrong.value.column == column
    assert not Approval.objects.exists()


@pytest.mark.parametrize("days", [1, -21])
def test_a_decision_of_tomorrow_or_from_before_the_inquiry_is_refused(asked, approver, towns, days):
    day = rights.today() + timedelta(days=days)
    with pytest.raises(WrongInput) as wrong:
        actions.record_decision(approver, asked, towns["川北町"], **decision(decided_on=day))
    assert wrong.value.column == "機関決定日"


def test_an_officer_a_neighbour_and_another_towns_approver_record_nothing(
    asked, partner, neighbour, approver, towns
):
    for actor, name in ((partner, "川北町"), (neighbour, "川北町"), (approver, "星野町")):
        with pytest.raises(Denied):
            actions.record_decision(actor, asked, towns[name], **decision())


def test_the_secretariat_types_for_a_town_only_with_its_reply_and_it_shows(asked, secretariat, towns):
    with pytest.raises(WrongInput, match="回答文書") as wrong:
        actions.record_decision(secretariat, asked, towns["星野町"], **decision())
    assert wrong.value.column == "回答文書"
    row = actions.record_decision(
        secretariat, asked, towns["星野町"], **decision(), reply=actions.Reply("回答.pdf", files.pdf())
    )
    assert row.proxy
    assert row.reply.name == "回答.pdf"
    entry = LogEntry.objects.latest("pk")
    assert entry.on_behalf_of == "星野町"
    assert "（星野町分を代理入力）" in entry.text


def test_the_reply_of_a_decision_cannot_be_taken_away(asked, secretariat, towns):
    row = actions.record_decision(
        secretariat, asked, towns["星野町"], **decision(), reply=actions.Reply("回答.pdf", files.pdf())
    )
    with pytest.raises(Denied, match="回答文書は削除できません"):
        actions.detach(secretariat, row.reply)


def test_a_decision_on_an_earlier_version_is_shown_as_such_and_does_not_count(
    asked, initiative, approver, secretariat, towns
):
    actions.record_decision(approver, asked, towns["川北町"], **decision())
    changed = queries.standing(initiative, SECOND)
    assert changed.inquiry is None
    assert [town.label for town in changed.towns] == ["未回答", "別の版への回答", "未回答"]
    assert not changed.agreed
    actions.ask(secretariat, initiative, SECOND, "照会版 第2版", None)
    assert queries.standing(initiative, SECOND).towns[1].state == "other"
    assert queries.standing(initiative, FIRST).towns[1].state == "agreed"


def test_a_new_version_closes_the_older_inquiry_and_its_due_items(
    asked, initiative, secretariat, approver, towns
):
    actions.ask(secretariat, initiative, SECOND, "照会版 第2版", None)
    asked.refresh_from_db()
    assert asked.state == "closed"
    assert not DueItem.objects.filter(state="open").exists()
    with pytest.raises(WrongInput, match="締切"):
        actions.record_decision(approver, asked, towns["川北町"], **decision())


def test_the_same_version_is_not_asked_about_twice(asked, initiative, secretariat):
    with pytest.raises(WrongInput, match="照会中"):
        actions.ask(secretariat, initiative, FIRST, "照会版", None)


@pytest.mark.parametrize(("digest", "label"), [("", "版"), (FIRST, " ")])
def test_without_a_version_nothing_is_asked(in_region, initiative, secretariat, digest, label):
    with pytest.raises(WrongInput):
        actions.ask(secretariat, initiative, digest, label, None)


def test_agreed_needs_every_town_and_complete_every_answer(asked, initiative, secretariat, towns):
    reply = actions.Reply("回答.pdf", files.pdf())
    for name in ("青葉市", "川北町"):
        actions.record_decision(secretariat, asked, towns[name], **decision(), reply=reply)
    assert not queries.standing(initiative, FIRST).complete
    actions.record_decision(
        secretariat, asked, towns["星野町"], **decision(answer="remarks", remarks="字句の修正"), reply=reply
    )
    standing = queries.standing(initiative, FIRST)
    assert standing.complete
    assert not standing.agreed


def test_a_correction_keeps_what_was_and_says_from_and_to(asked, approver, towns):
    row = actions.record_decision(approver, asked, towns["川北町"], **decision())
    actions.record_decision(
        approver, asked, towns["川北町"], **decision(document_no="川企第13号"), version=row.version
    )
    assert "川企第12号→異議なし" in LogEntry.objects.latest("pk").text
    assert Approval.objects.count() == 1
    events = Approval.pgh_event_model.objects.filter(pgh_obj_id=row.pk)
    assert list(events.order_by("pgh_id").values_list("document_no", flat=True)) == [
        "川企第12号",
        "川企第13号",
    ]


def test_late_answers_are_marked_and_withdrawn_inquiries_do_not_count(asked, initiative, secretariat):
    late = queries.standing(initiative, FIRST, on=asked.due_on + timedelta(days=1))
    assert {town.label for town in late.towns} == {"期限超過"}
    actions.withdraw_inquiry(secretariat, asked, asked.version)
    assert queries.standing(initiative, FIRST).towns == []


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_withdrawn_inquiry_stays_withdrawn_in_the_database_too(asked, secretariat, state):
    found = actions.withdraw_inquiry(secretariat, asked, asked.version)
    with pytest.raises(WrongInput):
        (actions.reopen_inquiry if state == "open" else actions.close_inquiry)(
            secretariat, found, found.version
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Inquiry.objects.filter(pk=found.pk).update(state=state)


def test_the_inquired_version_never_changes(asked):
    with pytest.raises(DatabaseError), transaction.atomic():
        Inquiry.objects.filter(pk=asked.pk).update(digest=SECOND)


def test_the_overview_takes_the_same_number_of_queries_however_many(
    asked, in_region, activity, secretariat, django_assert_num_queries
):
    with django_assert_num_queries(3):
        queries.inquiries(in_region)
    actions.ask(secretariat, activity, SECOND, "版", None)
    with django_assert_num_queries(3):
        rows = queries.inquiries(in_region)
    assert [len(row.towns) for row in rows] == [3, 3]


def test_the_desk_knows_what_a_town_has_not_answered(asked, in_region, approver, partner, secretariat, towns):
    assert [(i.pk, town.name) for i, town in queries.unanswered_for(partner, in_region)] == [
        (asked.pk, "川北町")
    ]
    actions.record_decision(approver, asked, towns["川北町"], **decision())
    assert queries.unanswered_for(partner, in_region) == []
    assert queries.unanswered_for(secretariat, in_region) == []


@pytest.mark.slow
def test_the_pages_show_the_table_and_refuse_a_decision_without_a_number(
    asked, approver, partner, neighbour, towns, client_as
):
    client = client_as(approver)
    assert "地域防災体制の充実" in client.get("/desk/aoba/inquiries/").content.decode()
    address = f"/desk/aoba/inquiries/{asked.pk}/towns/{towns['川北町'].code}/"
    typed = {key: str(value) for key, value in decision(document_no="").items()}
    answer = client.post(address, typed)
    assert answer.status_code == 422
    assert not Approval.objects.exists()
    assert client.post(address, {**typed, "document_no": "川企第12号"}).status_code == 302
    assert "川企第12号" in client.get(f"/desk/aoba/inquiries/{asked.pk}/").content.decode()
    assert client_as(partner).get(address).status_code == 403
    assert client_as(neighbour).get(address).status_code == 404


@pytest.mark.slow
def test_the_secretariats_form_asks_for_the_reply_file(asked, secretariat, towns, client_as):
    client = client_as(secretariat)
    address = f"/desk/aoba/inquiries/{asked.pk}/towns/{towns['星野町'].code}/"
    typed = {key: str(value) for key, value in decision().items()}
    assert client.post(address, typed).status_code == 422
    program = SimpleUploadedFile("回答.pdf", b"MZ program")
    refused = client.post(address, {**typed, "reply": program})
    assert refused.status_code == 422
    assert "添付できるのは" in refused.content.decode()
    assert (
        client.post(address, {**typed, "reply": SimpleUploadedFile("回答.pdf", files.pdf())}).status_code
        == 302
    )
    shown = client.get(f"/desk/aoba/inquiries/{asked.pk}/").content.decode()
    assert "代理入力" in shown
    assert "回答.pdf" in shown


def test_an_inquiry_is_one_line_of_the_log_that_names_the_record_and_the_towns(asked):
    lines = [entry.text for entry in LogEntry.objects.filter(verb__in=["workflow.ask", "documents.inquire"])]
    assert len(lines) == 1
    assert "地域防災体制の充実" in lines[0]
    assert "青葉市・川北町・星野町に照会" in lines[0]


def test_a_town_that_left_after_it_was_asked_still_answers(
    asked, administrator, other_partner, operator, towns, client_as
):
    hoshino = towns["星野町"]
    body = Organisation.objects.get(kind="municipality", name="星野町")
    post = regions.create_post(operator, body, role="approver", section="総務課")
    regions.assign(operator, post, other_partner.user, date(2020, 4, 1))
    row = RegionMembership.objects.select_related("region", "municipality").get(
        region=asked.region, municipality=hoshino
    )
    regions.leave(administrator, row, row.version, rights.today() - timedelta(days=5))
    officer = testing.fresh(other_partner)
    assert (asked, hoshino) in queries.unanswered_for(officer, asked.region)
    page = f"/desk/aoba/inquiries/{asked.pk}/towns/{hoshino.code}/"
    assert client_as(officer).get(page).status_code == 200
    kept = actions.record_decision(officer, asked, hoshino, **decision())
    assert (kept.municipality, kept.proxy) == (hoshino, False)
    assert queries.unanswered_for(officer, asked.region) == []

"""The pages of inquiries as people meet them: what was typed stays, others' answers stay hidden."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.evidence.inquiring import actions, queries
from keniki.apps.evidence.inquiring.items import read_items
from keniki.apps.evidence.models import FigureInquiry
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.workflow import queries as workflow_queries

from .test_inquiries import _media, answer_of, content, decided, draft, handed_in, sent, soon  # noqa: F401
from .test_inquiry_sheets import changed, typed, written

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DESK = "/desk/aoba/evidence/inquiries/"


def address(inquiry, *parts: str) -> str:
    return f"{DESK}{inquiry.pk}/" + "".join(f"{part}/" for part in parts)


def test_a_wrong_cell_is_named_on_the_page_with_all_that_was_typed(client_as, sent, partner):  # noqa: F811
    client = client_as(partner)
    page = address(sent, "answers", KAWAKITA)
    given = {"version": "1", "v1": "百", "v2": "1,234", "n2": "速報", "v5": "ウェブ"}
    answer = client.post(page, given)
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "「百」を数として読めません" in words
    assert 'value="百"' in words
    assert 'value="速報"' in words
    assert answer_of(sent).content == {}
    assert client.post(page, {**given, "v1": "30"}).status_code == 302
    assert answer_of(sent).content["births"] == {
        "2023": {"value": 30},
        "2024": {"value": 1234, "note": "速報"},
    }


def test_the_second_of_two_writers_chooses_between_the_cells_that_differ(client_as, sent, partner):  # noqa: F811
    client = client_as(partner)
    page = address(sent, "answers", KAWAKITA)
    actions.save_answer(partner, answer_of(sent), 1, content(sent, 30, 28))
    answer = client.post(page, {"version": "1", "v1": "31", "v2": "28", "v5": "ウェブ"})
    words = answer.content.decode()
    assert answer.status_code == 409
    assert re.findall(r'name="choice-(\w+)" value="theirs"', words) == ["v1"]
    chosen = {"version": "2", "v1": "31", "v2": "28", "v5": "ウェブ", "choice-v1": "theirs"}
    assert client.post(page, chosen).status_code == 302
    assert answer_of(sent).content["births"]["2023"] == {"value": 30}


def test_a_sheet_is_brought_on_a_page_and_a_wrong_one_refused_with_its_cell(client_as, sent, partner):  # noqa: F811
    client = client_as(partner)
    page = address(sent, "answers", KAWAKITA, "sheet")

    def brought(*values):
        sheet = changed(written(sent), typed(*values))
        return client.post(page, {"file": SimpleUploadedFile("回答票.xlsx", sheet)})

    wrong = brought("百")
    assert wrong.status_code == 422
    assert "G8（出生数（令和5年））" in wrong.content.decode()
    assert brought(30, 28).status_code == 302
    assert answer_of(sent).content["births"]["2024"] == {"value": 28}


def test_another_town_sees_neither_answer_decision_comments_nor_files(
    client_as,
    sent,  # noqa: F811
    partner,
    approver,
    other_partner,
):
    handed_in(partner, sent, 30)
    decided(approver, answer_of(sent))
    (asked,) = workflow_queries.inquiries_about(answer_of(sent))
    record = f"record=evidence.townanswer:{answer_of(sent).pk}"
    pages = [
        address(sent, "answers", KAWAKITA),
        address(sent, "answers", KAWAKITA, "hand-in"),
        f"/desk/aoba/inquiries/{asked.pk}/",
        f"/desk/aoba/inquiries/{asked.pk}/towns/{KAWAKITA}/",
        f"/desk/aoba/comments/new/?{record}",
        f"/desk/aoba/files/new/?{record}",
    ]
    client = client_as(other_partner)
    assert {client.get(page).status_code for page in pages} == {404}
    listed = client.get(address(sent)).content.decode()
    assert f"answers/{HOSHINO}/" in listed
    assert f"answers/{KAWAKITA}/" not in listed
    assert "川企第12号" not in listed
    client = client_as(approver)
    assert {client.get(page).status_code for page in pages} == {200}
    assert "数値照会" not in client.get("/desk/aoba/inquiries/").content.decode().split("<main")[1]


def test_a_closed_and_opened_inquiry_shows_the_others_what_was_handed_in(
    client_as,
    draft,  # noqa: F811
    secretariat,
    partner,
    other_partner,
):
    FigureInquiry.objects.filter(pk=draft.pk).update(opened=True)
    opened = FigureInquiry.objects.get(pk=draft.pk)
    actions.send_inquiry(secretariat, opened, None, dated=queries.rights.today())
    handed_in(partner, opened, 30)
    actions.save_answer(partner, answer_of(opened), None, content(opened, 77))
    client = client_as(other_partner)
    page = address(opened, "answers", KAWAKITA)
    assert "公開されます" in client.get(address(opened, "answers", HOSHINO)).content.decode()
    assert client.get(page).status_code == 404
    actions.close_inquiry(secretariat, opened, None)
    shown = client.get(page).content.decode()
    assert '<span class="num">30</span>' in shown
    assert "77" not in shown
    assert client.get(address(opened, "table")).status_code == 200


def test_items_are_chosen_from_the_catalogue_written_and_put_in_order(client_as, draft, secretariat):  # noqa: F811
    client = client_as(secretariat)
    rows = {
        "version": str(draft.version),
        "add": ["deaths"],
        "figures-TOTAL_FORMS": "3",
        "figures-INITIAL_FORMS": "2",
        "figures-0-key": "births",
        "figures-0-place": "2",
        "figures-1-key": read_items(draft.items)[1].key,
        "figures-1-name": "町民講座の参加者数",
        "figures-1-unit": "人",
        "figures-1-place": "1",
        "figures-2-name": "講座の費用",
        "figures-2-unit": "千円",
        "figures-2-fiscal": "1",
        "questions-TOTAL_FORMS": "1",
        "questions-INITIAL_FORMS": "0",
        "questions-0-name": "要望",
        "questions-0-kind": "text",
    }
    wrong = client.post(address(draft, "items"), {**rows, "figures-2-unit": ""})
    assert wrong.status_code == 422
    assert "「講座の費用」の単位を入力してください" in wrong.content.decode()
    assert client.post(address(draft, "items"), rows).status_code == 302
    found = read_items(FigureInquiry.objects.get(pk=draft.pk).items)
    assert [item.name for item in found] == ["町民講座の参加者数", "出生数", "講座の費用", "要望", "死亡数"]
    assert (found[2].unit, found[2].fiscal, found[0].adds_up) == ("thousand_yen", True, False)


def test_a_deadline_two_people_moved_is_chosen_once(client_as, sent, secretariat):  # noqa: F811
    client = client_as(secretariat)
    mine, theirs = str(soon(30)), soon(40)
    actions.change_terms(secretariat, sent, sent.version, deadline=theirs, contact="企画課")
    page = address(sent, "terms")
    clash = client.post(page, {"version": str(sent.version), "deadline": mine, "contact": "総務課"})
    assert clash.status_code == 409
    version = re.findall(r'name="version" value="(\d+)"', clash.content.decode())
    assert version == [str(sent.version + 1)]
    chosen = {"version": version[0], "deadline": mine, "contact": "総務課", "choice-deadline": "theirs"}
    assert client.post(page, chosen).status_code == 302
    found = FigureInquiry.objects.get(pk=sent.pk)
    assert (found.deadline, found.contact) == (theirs, "総務課")

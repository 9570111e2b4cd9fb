from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.workflow import actions, queries
from keniki.apps.workflow.models import Comment
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db


def test_a_partner_comments_on_a_shared_record_and_the_line_says_so(in_region, initiative, partner):
    row = actions.comment(partner, initiative, "訓練の日付を確かめてください。", place="事業概要")
    assert row.municipality.name == "川北町"
    assert queries.threads(initiative)[0].comment == row
    entry = LogEntry.objects.latest("pk")
    assert entry.text == (
        "川北町 企画課 中村次郎 が 取組「地域防災体制の充実」にコメント：訓練の日付を確かめてください。"
    )
    assert entry.municipality == partner.post.municipality_code


def test_answers_stand_under_the_first_comment(in_region, initiative, partner, secretariat):
    first = actions.comment(partner, initiative, "日付は？")
    answer = actions.comment(secretariat, initiative, "9月1日です。", answers=first)
    actions.comment(partner, initiative, "了解です。", answers=answer)
    (thread,) = queries.threads(initiative)
    assert [reply.text for reply in thread.replies] == ["9月1日です。", "了解です。"]


def test_an_answer_to_a_comment_on_another_record_is_refused(in_region, initiative, activity, partner):
    first = actions.comment(partner, initiative, "日付は？")
    with pytest.raises(WrongInput, match="別の記録"):
        actions.comment(partner, activity, "はい", answers=first)


def test_settled_comments_go_to_the_end_and_can_be_opened_again(in_region, initiative, partner, secretariat):
    first = actions.comment(partner, initiative, "一つ目")
    actions.comment(partner, initiative, "二つ目")
    actions.settle(secretariat, first)
    assert [thread.comment.text for thread in queries.threads(initiative)] == ["二つ目", "一つ目"]
    assert queries.open_comments(in_region) == 1
    actions.reopen(secretariat, first)
    assert queries.open_comments(in_region) == 2


def test_settling_twice_leaves_one_line(in_region, initiative, partner, secretariat):
    row = actions.comment(partner, initiative, "一つ目")
    actions.settle(secretariat, row)
    entries = LogEntry.objects.count()
    actions.settle(secretariat, row)
    assert LogEntry.objects.count() == entries


def test_a_comment_is_settled_by_its_author_or_who_edits_the_record(
    in_region, initiative, partner, other_partner
):
    row = actions.comment(partner, initiative, "一つ目")
    with pytest.raises(Denied, match="書いた方"):
        actions.settle(other_partner, row)
    assert actions.settle(partner, row).settled_by == partner.user


@pytest.mark.parametrize("text", ["", "  \n ", "あ" * 4001])
def test_an_empty_or_endless_comment_is_refused(in_region, initiative, partner, text):
    with pytest.raises(WrongInput) as wrong:
        actions.comment(partner, initiative, text)
    assert wrong.value.column == "コメント"


def test_a_neighbour_comments_on_nothing(in_region, initiative, neighbour):
    with pytest.raises(Denied):
        actions.comment(neighbour, initiative, "見えますか")


def test_the_database_keeps_a_comments_words_and_refuses_its_deletion(in_region, initiative, partner):
    row = actions.comment(partner, initiative, "一つ目")
    for deed in (lambda: Comment.objects.filter(pk=row.pk).update(text="別の"), Comment.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    row.refresh_from_db()
    assert row.text == "一つ目"


def test_the_page_keeps_what_was_typed_when_it_is_refused(in_region, initiative, partner, client_as):
    client = client_as(partner)
    record = f"compacts.initiative:{initiative.pk}"
    answer = client.post("/desk/aoba/comments/new/", {"record": record, "text": "  ", "place": "2行目"})
    assert answer.status_code == 422
    assert 'value="2行目"' in answer.content.decode()
    answer = client.post(
        "/desk/aoba/comments/new/", {"record": record, "text": "赤字です", "next": "/desk/aoba/log/"}
    )
    assert answer["Location"] == "/desk/aoba/log/#comments"
    assert "赤字です" in client.get("/desk/aoba/log/").content.decode()


def test_a_page_never_sends_the_reader_to_another_site(in_region, initiative, partner, client_as):
    record = f"compacts.initiative:{initiative.pk}"
    answer = client_as(partner).post(
        "/desk/aoba/comments/new/", {"record": record, "text": "赤字", "next": "https://example.com/"}
    )
    assert answer["Location"].startswith("/desk/aoba/")


def test_a_record_of_another_region_does_not_exist_here(cast, other_region, initiative, partner, client_as):
    record = f"compacts.initiative:{initiative.pk}"
    answer = client_as(partner).post("/desk/konan/comments/new/", {"record": record, "text": "赤字"})
    assert answer.status_code == 404

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keniki.apps.accounts.models import LogEntry, User
from keniki.apps.portal import testing
from keniki.apps.regions import actions, queries
from keniki.apps.regions.models import Post, PostHolder
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
HEAD = "ログインID,氏名,異動前の職,異動後の職,発令日\n"
KAWAKITA, APPROVER, HOSHINO = (
    "kawakita-cho-officer-nakamura",
    "kawakita-cho-approver-kobayashi",
    "hoshino-cho-officer-kato",
)


def csv(*rows, encoding="utf-8"):
    return (HEAD + "\n".join(rows)).encode(encoding)


def held(login, on):
    return sorted(
        PostHolder.objects.filter(user__login=login, valid__contains=on).values_list("post__slug", flat=True)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_on_1_april_the_old_holder_leaves_and_the_new_one_takes_over(administrator, cast, encoding):
    done = actions.transfer(
        administrator,
        csv(
            f"nakamura,中村次郎,{KAWAKITA},{HOSHINO},令和9年4月1日",
            f"shinjin,新人花子,,{KAWAKITA},2027-04-01",
            encoding=encoding,
        ),
        region="aoba",
    )
    assert held("nakamura", date(2027, 3, 31)) == [KAWAKITA]
    assert held("nakamura", date(2027, 4, 1)) == [HOSHINO]
    assert held("shinjin", date(2027, 3, 31)) == []
    assert held("shinjin", date(2027, 4, 1)) == [KAWAKITA]
    (issued,) = done.issued
    assert issued.user.must_change_password
    assert issued.user.check_password(issued.password)


def test_one_file_is_one_entry_in_the_log_that_reads_well(administrator, cast):
    before = LogEntry.objects.count()
    actions.transfer(
        administrator,
        csv(f"nakamura,中村次郎,{KAWAKITA},,2027/4/1", f"shinjin,新人花子,,{KAWAKITA},R9.4.1"),
        region="aoba",
    )
    assert LogEntry.objects.count() == before + 1
    entry = LogEntry.objects.latest("pk")
    assert entry.text == (
        "青葉市 企画課 課長 鈴木久美 が 令和9年4月1日付けの人事異動 2件、新規の利用者 1名を一括登録"
    )
    assert "password" not in str(entry.after)


def test_a_person_may_take_a_second_post_and_keep_the_first(administrator, cast):
    actions.transfer(administrator, csv(f"nakamura,中村次郎,,{APPROVER},2027-04-01"))
    assert held("nakamura", date(2027, 4, 1)) == sorted([KAWAKITA, APPROVER])


def test_who_keeps_a_post_and_who_is_left_without_one_is_said_in_the_plan(administrator, cast):
    actions.transfer(administrator, csv(f"nakamura,中村次郎,,{APPROVER},2027-04-01"))
    plan = actions.plan_transfer(
        administrator,
        csv(f"nakamura,中村次郎,{KAWAKITA},,2027-05-01", f"kato,加藤三奈,{HOSHINO},,2027-05-01"),
    )
    assert "兼ねます" in plan.moves[0].notes[0]
    assert "職がなくなり" in plan.moves[1].notes[0]


WRONG = [
    (f"nakamura,中村二郎,{KAWAKITA},{HOSHINO},2027-04-01", "氏名", "中村次郎"),
    (f"unknown,だれか,{KAWAKITA},{HOSHINO},2027-04-01", "ログインID", "利用者はいません"),
    ("shinjin,新人花子,,no-such-post,2027-04-01", "異動後の職", "登録されていません"),
    (f"nakamura,中村次郎,{HOSHINO},{APPROVER},2027-04-01", "異動前の職", "就いていません"),
    (f"nakamura,中村次郎,{KAWAKITA},{KAWAKITA},2027-04-01", "異動後の職", "同じ"),
    (f"nakamura,中村次郎,,{KAWAKITA},2027-04-01", "異動後の職", "既に"),
    ("nakamura,中村次郎,,,2027-04-01", "異動後の職", "少なくとも一方"),
    (f"nakamura,中村次郎,{KAWAKITA},,", "発令日", "入力してください"),
    (f"nakamura,中村次郎,{KAWAKITA},,2027-02-30", "発令日", "という日はありません"),
    (f",中村次郎,{KAWAKITA},,2027-04-01", "ログインID", "入力してください"),
    (f"shin jin,新人花子,,{KAWAKITA},2027-04-01", "ログインID", "使えません"),
    (f"shinjin,,,{KAWAKITA},2027-04-01", "氏名", "氏名"),
    ("kimura,木村望,konan-shi-officer-kimura,,2027-04-01", "異動前の職", "管理"),
]


@pytest.mark.parametrize(("row", "column", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_a_wrong_row_is_named_with_its_column_and_nothing_of_the_file_is_stored(
    administrator, cast, row, column, words
):
    data = csv(f"kato,加藤三奈,{HOSHINO},,2027-04-01", row)
    (problem,) = actions.plan_transfer(administrator, data).problems
    assert (problem.row, problem.column) == (3, column)
    assert words in problem.message
    people = User.objects.count()
    with pytest.raises(WrongInput) as wrong:
        actions.transfer(administrator, data, file="異動.csv")
    assert (wrong.value.file, wrong.value.row, wrong.value.column) == ("異動.csv", 3, column)
    assert held("kato", date(2027, 4, 1)) == [HOSHINO]
    assert User.objects.count() == people


def test_the_same_move_twice_in_a_file_names_the_first_row(administrator, cast):
    row = f"nakamura,中村次郎,{KAWAKITA},,2027-04-01"
    (problem,) = actions.plan_transfer(administrator, csv(row, row)).problems
    assert problem.row == 3
    assert "2行目" in problem.message


def test_all_wrong_rows_are_shown_at_once(administrator, cast):
    plan = actions.plan_transfer(administrator, csv(*(row for row, _, _ in WRONG)))
    assert [problem.row for problem in plan.problems] == list(range(2, len(WRONG) + 2))


def test_a_missing_column_says_how_the_head_must_be(administrator, cast):
    with pytest.raises(WrongInput, match="発令日") as wrong:
        actions.plan_transfer(administrator, "ログインID,氏名,異動前の職,異動後の職\n".encode())
    assert wrong.value.row == 1


def test_headings_with_an_explanation_in_brackets_are_read(administrator, cast):
    head = "ログインID,氏名,異動前の職(slug),異動後の職（識別名）,発令日\n"
    plan = actions.plan_transfer(administrator, (head + f"nakamura,中村次郎,{KAWAKITA},,2027-04-01").encode())
    assert len(plan.moves) == 1
    assert not plan.problems


def test_the_name_may_be_written_with_or_without_a_space(administrator, cast):
    assert not actions.plan_transfer(
        administrator, csv(f"nakamura,中村　次郎,{KAWAKITA},,2027-04-01")
    ).problems


def test_an_abolished_post_takes_nobody(administrator, cast):
    post = Post.objects.get(slug=HOSHINO)
    actions.end_post(administrator, post, post.version, date(2027, 3, 31))
    (problem,) = actions.plan_transfer(administrator, csv(f"shin,新人,,{HOSHINO},2027-04-01")).problems
    assert "廃止" in problem.message


def test_an_officer_transfers_nobody(partner, cast):
    with pytest.raises(Exception, match="管理者"):
        actions.transfer(partner, csv(f"nakamura,中村次郎,{KAWAKITA},,2027-04-01"))


def test_the_form_to_fill_in_lists_everyone_who_holds_a_post(administrator, cast):
    posts = list(Post.objects.filter(organisation__slug="kawakita-cho"))
    rows = actions.template_rows(posts)
    assert rows[0] == ["ログインID", "氏名", "異動前の職", "異動後の職", "発令日"]
    assert {row[0] for row in rows[1:]} == {"nakamura", "kobayashi"}


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["nakamura", "kobayashi", "kato"]),
            st.sampled_from(["", KAWAKITA, APPROVER, HOSHINO]),
            st.sampled_from(["", KAWAKITA, APPROVER, HOSHINO]),
            st.dates(date(2027, 1, 1), date(2027, 1, 5)),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_the_plan_accepts_can_be_stored_and_leaves_no_overlap(administrator, cast, moves):
    from django.db import transaction

    names = {seat.login: seat.name for seat in testing.SEATS.values()}
    data = csv(*(f"{login},{names[login]},{before},{after},{on}" for login, before, after, on in moves))
    plan = actions.plan_transfer(administrator, data)
    point = transaction.savepoint()
    try:
        if plan.problems:
            with pytest.raises(WrongInput):
                actions.transfer(administrator, data)
        else:
            actions.transfer(administrator, data)
            for login, before, after, on in moves:
                if after:
                    assert after in held(login, on)
                if before and before not in {a for n, _, a, o in moves if n == login}:
                    assert before not in held(login, on)
    except IntegrityError:
        pytest.fail(f"the plan accepted what the database refuses: {moves}")
    finally:
        transaction.savepoint_rollback(point)


def test_the_new_holder_sees_the_hand_over_notes_on_the_first_day(administrator, cast, partner):
    post = Post.objects.get(slug=KAWAKITA)
    actions.write_note(partner, post, "防災訓練は9月1日。会場は川北小学校。")
    today = date.today()  # noqa: DTZ011
    actions.transfer(
        administrator, csv(f"nakamura,中村次郎,{KAWAKITA},,{today}", f"shin,新人花子,,{KAWAKITA},{today}")
    )
    new = queries.actor_for(User.objects.get(login="shin"))
    (desk,) = queries.handover_for(new)
    assert [note.text for note in desk.post.notes.all()] == ["防災訓練は9月1日。会場は川北小学校。"]
    assert queries.handover_for(testing.fresh(partner)) == []


def test_a_day_far_from_today_is_pointed_out_since_the_year_may_be_mistyped(administrator, cast):
    plan = actions.plan_transfer(
        administrator,
        csv(f"nakamura,中村次郎,{KAWAKITA},,R80.4.1", f"shinjin,新人花子,,{KAWAKITA},2027-04-01"),
    )
    assert "発令日が令和80年4月1日です。年を確かめてください" in plan.moves[0].notes
    assert plan.moves[1].notes == ()

from hypothesis import given
from hypothesis import strategies as st

from keniki.press.blocks import plain
from keniki.press.changes import compare, comparison_rows, tracked, tracked_paragraphs

WORDS = st.text("あいう第123条ABカナ、。", max_size=30)


def marked(text, change):
    return [run.text for run in text.runs if run.change == change]


@given(WORDS, WORDS)
def test_tracked_text_holds_both_texts(old, new):
    runs = tracked(old, new).runs
    assert "".join(run.text for run in runs if run.change != "inserted") == old
    assert "".join(run.text for run in runs if run.change != "deleted") == new


@given(WORDS, WORDS)
def test_compared_texts_stay_whole_and_only_differences_are_marked(old, new):
    left, right = compare(old, new)
    assert (plain(left), plain(right)) == (old, new)
    assert marked(left, "") == marked(right, "") or old != new
    if old == new:
        assert not marked(left, "changed")


def test_a_number_changes_as_a_whole():
    left, right = compare("令和2年10月9日", "令和12年11月9日")
    assert marked(left, "changed") == ["2年10"]
    assert marked(right, "changed") == ["12年11"]


def test_rows_pair_alike_passages_and_name_new_and_deleted_ones():
    old = ["第1条 目的は連携とする。", "第2条 協議により変更する。", "第3条 廃止した条文である。"]
    new = [
        "第1条 目的は連携とする。",
        "第2条 あらかじめ協議により変更する。",
        "全く別の新しい規定をここに置く",
    ]
    rows = comparison_rows(old, new)
    assert [(plain(row.old), plain(row.new)) for row in rows] == [
        (old[1], new[1]),
        (old[2], "（削除）"),
        ("（新設）", new[2]),
    ]


def test_equal_lists_have_no_rows_but_all_paragraphs():
    passages = ["第1条 甲", "第2条 乙"]
    assert comparison_rows(passages, passages) == ()
    assert [plain(text) for text in tracked_paragraphs(passages, passages)] == passages

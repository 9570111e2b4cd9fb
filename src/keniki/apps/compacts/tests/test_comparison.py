from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.compacts.comparison import (
    AnnexText,
    VersionText,
    compare_texts,
    compare_versions,
    comparison_blocks,
    tracked_blocks,
)
from keniki.press import blocks as b

texts = st.text(st.sampled_from("甲乙市町連携する協定、。12年\nアイ"), max_size=30)


def article(number, heading, text):
    return {"number": number, "heading": heading, "paragraphs": [{"text": text, "items": []}]}


@given(texts, texts)
def test_the_marked_runs_spell_both_texts(old, new):
    row = compare_texts(old, new)
    assert b.plain(row.old) == old
    assert b.plain(row.new) == new
    assert b.plain(row.tracked) == new
    assert "".join(run.text for run in row.tracked.runs if run.change != "inserted") == old
    assert row.changed == (old != new)


@given(texts, texts)
def test_comparing_the_other_way_round_has_the_same_outcome(old, new):
    assert compare_texts(old, new).changed == compare_texts(new, old).changed


def test_a_figure_is_marked_as_a_whole_and_not_digit_by_digit():
    row = compare_texts("費用は1,200千円とする。", "費用は1,500千円とする。")
    assert [run.text for run in row.new.runs if run.change] == ["1,500"]


def test_an_article_put_in_between_does_not_mark_the_following_ones_as_rewritten():
    purpose = article(1, "目的", "この協定は、連携の目的を定める。")
    change = article(2, "変更", "変更は、協議して行う。")
    cost = article(2, "費用", "費用は、受益の程度により負担する。")
    rows = compare_versions(
        VersionText(articles=[purpose, change]),
        VersionText(articles=[purpose, cost, {**change, "number": 3}]),
    )
    assert [(row.place, row.kind) for row in rows] == [
        ("第1条", "same"),
        ("第2条（新設）", "added"),
        ("第3条（旧第2条）", "changed"),
    ]
    assert [run.text for run in rows[2].new.runs if run.change] == ["第3条"]


def test_an_annex_item_that_fell_away_stands_where_it_stood():
    def item(key):
        return AnnexText(key, key, f"{key}の取組")

    rows = compare_versions(
        VersionText(annex=[item("a"), item("b"), item("c")]),
        VersionText(annex=[item("a"), item("c"), item("d")]),
    )
    assert [row.kind for row in rows] == ["same", "removed", "same", "added"]


def test_equal_versions_give_an_empty_table_and_the_whole_text():
    text = VersionText(preamble="前文", articles=[article(1, "目的", "定める。")])
    rows = compare_versions(text, text)
    assert not any(row.changed for row in rows)
    assert comparison_blocks(rows, old_title="旧", new_title="新") == (b.Paragraph("変更はありません。"),)
    assert "前文" in [b.plain(block.text) for block in tracked_blocks(rows) if isinstance(block, b.Paragraph)]

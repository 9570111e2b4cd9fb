import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.compacts.articles import blanks, format_articles, parse_articles, tidy
from keniki.core.errors import WrongInput

letters = st.text(
    st.one_of(
        st.sampled_from("第1条２(3)（）　 \n項の。、〔〕"),
        st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n"),
    ),
    min_size=1,
    max_size=40,
)
texts = letters.map(tidy).filter(bool)
headings = st.text(st.characters(categories=("Lo", "Nd")), max_size=12)
paragraphs = st.fixed_dictionaries({"text": texts, "items": st.lists(texts, max_size=3)})


@st.composite
def many_articles(draw):
    bodies = draw(st.lists(st.lists(paragraphs, min_size=1, max_size=3), max_size=5))
    return [
        {"number": number, "heading": draw(headings), "paragraphs": body}
        for number, body in enumerate(bodies, 1)
    ]


@pytest.mark.slow
@given(many_articles())
def test_articles_written_as_lines_are_read_back_unchanged(articles):
    assert parse_articles(format_articles(articles)) == articles


@pytest.mark.slow
@given(many_articles())
def test_line_ends_of_any_system_are_read_alike(articles):
    written = format_articles(articles)
    assert parse_articles(written.replace("\n", "\r\n")) == articles


def test_both_ways_of_printing_a_heading_are_read():
    printed = "（目的）\n第１条　この協定は、目的を定める。\n２　前項のほか、別に定める。\n（１）　一つ目\n"
    typed = "第1条（目的）この協定は、目的を定める。\n2 前項のほか、別に定める。\n(1) 一つ目"
    assert parse_articles(printed) == parse_articles(typed)
    assert parse_articles(typed)[0]["heading"] == "目的"


def test_brackets_inside_the_text_are_not_taken_for_the_heading():
    (article,) = parse_articles("第1条（目的）甲（以下「市」という。）は定める（別表）。")
    assert article["heading"] == "目的"
    assert article["paragraphs"][0]["text"] == "甲（以下「市」という。）は定める（別表）。"


@pytest.mark.parametrize(
    ("notation", "row", "words"),
    [
        ("第1条（目的）文。\n第3条（方針）文。", 2, "第2条"),
        ("前文です。\n第1条 文。", 1, "第1条より前"),
        ("第1条（目的）\n第2条 文。", 1, "文がありません"),
        ("第1条 文。\n3 項。", 2, "2項"),
        ("第1条 文。\n(2) 号。", 2, "(1)"),
        ("第1条（目的）文。\n(1)\n", 2, "文がありません"),
    ],
)
def test_a_wrong_line_is_named_by_its_row(notation, row, words):
    with pytest.raises(WrongInput, match=words.replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_articles(notation)
    assert caught.value.row == row


def test_blanks_to_fill_are_found_in_order():
    assert blanks("〔要綱名〕に基づき", "期間は〔　〕年とする。") == ["〔要綱名〕", "〔　〕"]

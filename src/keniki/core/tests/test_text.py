import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.text import GETA, matches, outside_cp932, private_use, search_key, to_cp932

japanese = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
        st.characters(min_codepoint=0x3041, max_codepoint=0x30FE),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
        st.characters(min_codepoint=0xFF01, max_codepoint=0xFF9D),
        st.characters(min_codepoint=0xFA10, max_codepoint=0xFA2D),
        st.sampled_from("〜－−―ー髙﨑德㈱㎡①㋿"),
    )
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋", "高橋"),
        ("﨑", "崎"),
        ("德永", "徳永"),
        ("齋藤", "斉藤"),
        ("渡邊", "渡辺"),
        ("神社", "神社"),
        ("福祉", "福祉"),
        ("龍ケ崎市", "竜ヶ崎市"),
        ("スマートフォン", "すまーとふぉん"),
        ("ｽﾏｰﾄﾌｫﾝ", "スマートフォン"),
        ("ＩＣＴ", "ict"),
        ("大 崎 貞 二", "大崎貞二"),
        ("㈱マクニカ", "(株)マクニカ"),
        ("R3〜R6", "R3～R6"),
        ("辻\U000e0100", "辻"),
    ],
)
def test_different_ways_of_typing_have_one_key(one, other):
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("岩見沢市", "岩見沢町"), ("はか", "はが"), ("萩", "荻"), ("一", "ー")]
)
def test_different_words_keep_different_keys(one, other):
    assert search_key(one) != search_key(other)


@pytest.mark.slow
@given(japanese)
def test_a_key_is_its_own_key(text):
    assert search_key(search_key(text)) == search_key(text)


@given(japanese, japanese)
def test_a_text_is_found_by_every_part_typed_without_marks(before, after):
    assert matches("すまーとふぉん", before + "ｽﾏｰﾄﾌｫﾝ" + after)


def test_every_word_has_to_occur():
    assert matches("高橋 栗山", "栗山町 髙橋")
    assert not matches("高橋 長沼", "栗山町 髙橋")


def test_characters_that_do_not_return_from_cp932_are_found_with_their_twins():
    found = {one.character: one.written_as for one in outside_cp932("〜−‖𠮷—é😀")}
    assert found == {"〜": "～", "−": "－", "‖": "∥", "𠮷": GETA, "—": "―", "é": GETA, "😀": GETA}


@pytest.mark.parametrize("text", ["髙﨑", "①㈱㎡", "～－∥", "岩見沢市", "ｶﾅ"])
def test_what_windows_can_write_is_not_reported(text):
    assert outside_cp932(text) == []


@given(st.text())
def test_what_is_not_reported_returns_from_cp932_exactly(text):
    lost = {one.index for one in outside_cp932(text)}
    back = to_cp932(text).decode("cp932")
    assert len(back) == len(text)
    assert all(back[index] == character for index, character in enumerate(text) if index not in lost)


@given(st.text())
def test_what_was_written_in_place_of_a_lacking_character_is_itself_in_cp932(text):
    assert outside_cp932(to_cp932(text).decode("cp932")) == []


def test_characters_of_ones_own_making_are_found():
    assert private_use("山\ue000田") == [1]

import pickle

import pytest

from keniki.core.errors import WrongInput


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ({}, "数字ではありません。"),
        ({"file": "活動.csv"}, "活動.csv：数字ではありません。"),
        ({"file": "活動.csv", "row": 3, "column": "人数"}, "活動.csv 3行目「人数」：数字ではありません。"),
        ({"row": 3}, "3行目：数字ではありません。"),
        ({"column": "人数"}, "「人数」：数字ではありません。"),
    ],
)
def test_the_message_says_where_it_is_wrong_as_far_as_known(place, shown):
    assert str(WrongInput("数字では\nありません。".replace("\n", ""), **place)) == shown


def test_the_message_is_one_line_whatever_is_put_in():
    assert "\n" not in str(WrongInput("一行目\n二行目\r\n三行目", file="a.csv"))


def test_the_place_is_filled_in_only_where_it_was_unknown():
    wrong = WrongInput("だめ", row=5).at(file="a.csv", row=9, column="年度")
    assert wrong.as_dict() == {"message": "だめ", "file": "a.csv", "row": 5, "column": "年度"}


def test_it_comes_back_from_another_process_unchanged():
    wrong = WrongInput("だめ", file="a.csv", row=5, column="年度")
    again = pickle.loads(pickle.dumps(wrong))  # noqa: S301
    assert isinstance(again, WrongInput)
    assert again.as_dict() == wrong.as_dict()

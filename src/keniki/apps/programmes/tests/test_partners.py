"""Commuting shares against the guide; the published shares to Sapporo of 2015."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.programmes.partners import Commuting, partners, partners_of
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.loader import RuleNotInForce, RuleUnknown

pytestmark = pytest.mark.slow

SAPPORO = "011002"
#: The 20 largest shares to Sapporo, census 2015 (seed text; 「美幌市」 there stands for 美唄市).
SHARES = {
    "01235": ("石狩市", "47.7"),
    "01234": ("北広島市", "41.3"),
    "01217": ("江別市", "39.1"),
    "01303": ("当別町", "38.1"),
    "01423": ("南幌町", "22.3"),
    "01231": ("恵庭市", "14.7"),
    "01203": ("小樽市", "14.7"),
    "01428": ("長沼町", "11.0"),
    "01210": ("岩見沢市", "10.2"),
    "01304": ("新篠津村", "7.5"),
    "01224": ("千歳市", "6.4"),
    "01430": ("月形町", "4.4"),
    "01215": ("美唄市", "3.8"),
    "01427": ("由仁町", "3.8"),
    "01429": ("栗山町", "3.7"),
    "01407": ("仁木町", "3.3"),
    "01408": ("余市町", "3.3"),
    "01222": ("三笠市", "2.7"),
    "01431": ("浦臼町", "2.4"),
    "01424": ("奈井江町", "2.2"),
}
MEMBERS = [
    parse_code(code)
    for code, (name, _) in SHARES.items()
    if name
    in {
        "石狩市",
        "北広島市",
        "江別市",
        "当別町",
        "南幌町",
        "恵庭市",
        "小樽市",
        "長沼町",
        "岩見沢市",
        "新篠津村",
        "千歳市",
    }
]


def to_sapporo():
    return [
        Commuting.published(code, name, Decimal(share) / 100, "平成27年国勢調査")
        for code, (name, share) in SHARES.items()
    ]


def test_sapporo_has_nine_partners_by_rule_and_eleven_in_fact():
    table = partners_of("renkei", date(2018, 7, 23), to_sapporo(), centre=SAPPORO, members=MEMBERS)
    assert [row.name for row in table.by_rule] == [
        "石狩市",
        "北広島市",
        "江別市",
        "当別町",
        "南幌町",
        "恵庭市",
        "小樽市",
        "長沼町",
        "岩見沢市",
    ]
    assert len(table.members) == 11
    assert [row.name for row in table.members_beside_the_rule] == ["新篠津村", "千歳市"]
    assert [row.name for row in table.near_misses] == ["新篠津村", "千歳市"]
    assert table.not_members == ()
    assert len(table.rows) == 20
    assert "10.2％" in next(row for row in table.rows if row.name == "岩見沢市").explanation


def one(total, to_centre, threshold="0.1"):
    (row,) = partners(
        [Commuting.counted("01210", "岩見沢市", total, to_centre)],
        centre=SAPPORO,
        threshold=Decimal(threshold),
        near_from=Decimal("0.05"),
    ).rows
    return row


@pytest.mark.parametrize(
    ("total", "to_centre", "by_rule", "near"),
    [
        (1000, 100, True, False),
        (10000, 999, False, True),
        (1000, 50, False, True),
        (1000, 49, False, False),
        (0, 0, False, False),
    ],
)
def test_b1_5_a_share_of_exactly_ten_per_cent_reaches_the_guide(total, to_centre, by_rule, near):
    row = one(total, to_centre)
    assert (row.by_rule, row.near_miss) == (by_rule, near)
    assert not row.member


@given(st.integers(1, 10**7), st.data())
def test_counts_and_threshold_are_compared_exactly(total, data):
    to_centre = data.draw(st.integers(0, total))
    assert one(total, to_centre).by_rule == (to_centre * 10 >= total)


def test_a_member_without_a_share_is_listed_last_and_the_centre_is_left_out():
    table = partners(
        [*to_sapporo(), Commuting.published("01100", "札幌市", Decimal("0.9"))],
        centre="01100",
        threshold=Decimal("0.1"),
        near_from=Decimal("0.05"),
        members={"012092": "夕張市"},
    )
    assert table.rows[-1].name == "夕張市"
    assert table.rows[-1].share is None
    assert table.rows[-1].member
    assert SAPPORO not in {row.code for row in table.rows}
    assert len(table.not_members) == 9


def test_what_cannot_be_is_refused():
    with pytest.raises(WrongInput, match="成り立ちません"):
        Commuting.counted("01210", "岩見沢市", 10, 11)
    with pytest.raises(WrongInput, match="0～1"):
        Commuting.published("01210", "岩見沢市", Decimal("10.2"))
    twice = [Commuting.published("01210", "岩見沢市", Decimal("0.1"))] * 2
    with pytest.raises(WrongInput, match="2回"):
        partners(twice, centre=SAPPORO, threshold=Decimal("0.1"), near_from=Decimal("0.05"))
    with pytest.raises(WrongInput, match="0～1"):
        partners([], centre=SAPPORO, threshold=Decimal(10), near_from=Decimal("0.05"))


def test_the_guide_is_dated_and_the_prefectures_programme_asks_for_its_own():
    with pytest.raises(RuleNotInForce):
        partners_of("renkei", date(2014, 8, 24), [], centre=SAPPORO)
    with pytest.raises(RuleUnknown) as raised:
        partners_of("hokkaido", date(2020, 10, 9), [], centre=SAPPORO)
    assert raised.value.parameter == "hokkaido.partners"
    by_teiju = partners_of("teiju", date(2024, 5, 24), to_sapporo(), centre=SAPPORO)
    assert by_teiju.guide is not None
    assert not by_teiju.guide.value.binding

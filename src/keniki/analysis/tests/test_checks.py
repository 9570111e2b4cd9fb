from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.checks import Rule, Verdict, check, check_all, read_printed
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        ("152,486", 152_486, 0),
        ("152486人", 152_486, 0),
        ("５６,３３２", 56_332, 0),
        ("289.4", Fraction("289.4"), Fraction("0.05")),
        ("約300人", 300, Fraction(1, 2)),
        ("約225万人", 2_250_000, 5_000),
        ("4.4億円", 440_000_000, 5_000_000),
        ("1兆2,114億円", 1_211_400_000_000, 50_000_000),
        ("3,737.8万人", 37_378_000, 500),
        ("▲28.97%", Fraction("-28.97"), Fraction("0.005")),
        ("-5", -5, 0),
        ("55%", 55, Fraction(1, 2)),
        ("50百万円", 50_000_000, 500_000),
        ("7千人", 7_000, 500),
    ],
)
def test_a_printed_figure_is_read_with_the_unit_of_its_last_digit(text, value, half):
    found = read_printed(text)
    assert (found.value, found.half) == (value, half)


def test_a_table_in_thousands_is_rounded_to_thousands():
    found = read_printed("87,046", unit=1000)
    assert (found.low, found.high) == (87_045_500, 87_046_500)
    assert read_printed("87,046", rounded=True).half == Fraction(1, 2)


@pytest.mark.parametrize("text", ["", "不詳", "人口 5", "…"])
def test_words_are_no_figure(text):
    with pytest.raises(WrongInput, match="数値として読めません"):
        read_printed(text)


def test_rounded_parts_may_miss_their_rounded_sum_by_their_rounding():
    parts = {name: read_printed("33.3%") for name in "甲乙丙"}
    found = check("計 = 甲 + 乙 + 丙", parts | {"計": read_printed("100.0%")})
    assert found.verdict is Verdict.ROUNDING
    assert found.note == "計算に用いた値の端数処理で説明できる差です。"
    far = check("計 = 甲 + 乙 + 丙", parts | {"計": read_printed("100.2%")})
    assert far.verdict is Verdict.DIFFERENT


def test_exact_counts_have_no_room():
    given = {"甲": read_printed("10"), "乙": read_printed("20"), "計": read_printed("31")}
    found = check("計 = 甲 + 乙", given)
    assert (found.verdict, found.printed, found.recomputed, found.difference) == (
        Verdict.DIFFERENT,
        31,
        30,
        1,
    )


def test_a_figure_that_was_cut_off_instead_of_rounded_is_recognised():
    given = {"率": read_printed("66.6%"), "甲": read_printed("2"), "乙": read_printed("3")}
    found = check("率 = 甲 / 乙 * 100", given)
    assert found.verdict is Verdict.ROUNDING
    assert found.note == "端数を切り捨てた値とすれば一致します。"


def test_names_with_signs_stand_in_braces_and_the_rule_keeps_its_title_and_source():
    rule = Rule("{JR札幌駅(※)} = {乗車 1日平均} × 2 × 365", title="駅の乗降客", source="④")
    given = {"JR札幌駅(※)": read_printed("71,286", unit=1000), "乗車 1日平均": read_printed("97,652")}
    found = check(rule, given)
    assert found.verdict is Verdict.EQUAL
    assert (found.rule.title, found.rule.source) == ("駅の乗降客", "④")


def test_a_rate_times_its_base_gives_the_count_within_the_rounding_of_the_rate():
    given = {"医師": read_printed("301"), "率": read_printed("243.6"), "人口": read_printed("123,567")}
    found = check("医師 = 率 * 人口 / 100000", given)
    assert found.verdict is Verdict.ROUNDING
    assert found.low < 301 < found.high
    other = check("医師 = 率 * 人口 / 100000", given | {"人口": read_printed("121,924")})
    assert other.verdict is Verdict.DIFFERENT


def test_products_bind_before_sums_and_parentheses_before_both():
    given = {"二": read_printed("2"), "三": read_printed("3")}
    assert check("8 = 二 + 三 * 二", given).verdict is Verdict.EQUAL
    assert check("10 = (二 + 三) * 二", given).verdict is Verdict.EQUAL
    assert check("-1 = 二 - 三", given).verdict is Verdict.EQUAL
    assert check("1 = 三 - 二 - 0", given).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("甲 < 乙", Verdict.EQUAL),
        ("乙 > 甲", Verdict.EQUAL),
        ("乙 <= 甲", Verdict.DIFFERENT),
        ("丙 < 甲", Verdict.ROUNDING),
        ("甲 >= 10", Verdict.EQUAL),
    ],
)
def test_two_figures_are_ordered_as_far_as_rounding_lets_them(rule, verdict):
    given = {"甲": read_printed("10"), "乙": read_printed("12"), "丙": read_printed("10.0")}
    assert check(rule, given).verdict is verdict


def test_a_division_by_what_may_be_nothing_cannot_be_checked():
    given = {"甲": read_printed("10"), "零": read_printed("0")}
    found = check("1 = 甲 / 零", given)
    assert (found.verdict, found.note) == (Verdict.UNCHECKABLE, "0 で割る計算になります。")


def test_a_sum_over_names_none_of_which_is_there_cannot_be_checked():
    found = check("計 = sum(医師/*)", {"計": read_printed("1")})
    assert (found.verdict, found.note) == (Verdict.UNCHECKABLE, "医師/* の値がありません。")


@pytest.mark.parametrize(
    "text", ["", "計", "計 =", "= 甲", "計 = 甲 +", "計 = (甲", "計 = 甲)", "計 == 甲", "計 = 甲 乙"]
)
def test_a_rule_that_cannot_be_read_is_refused(text):
    with pytest.raises(WrongInput, match="を読めません"):
        check(text, {"計": read_printed("1"), "甲": read_printed("1"), "乙": read_printed("1")})


def test_the_worst_findings_come_first():
    given = {"一": read_printed("1"), "二": read_printed("2"), "率": read_printed("0.3")}
    rules = ["二 = 一 + 一", "率 = 一 / 三", "一 = 二", "率 = 一 / 二 - 0.14"]
    assert [each.verdict for each in check_all(rules, given)] == [
        Verdict.DIFFERENT,
        Verdict.UNCHECKABLE,
        Verdict.ROUNDING,
        Verdict.EQUAL,
    ]


decimals = st.integers(-(10**9), 10**9)


@given(st.lists(decimals, min_size=1, max_size=12), st.integers(0, 3))
def test_parts_rounded_from_true_figures_never_contradict_their_rounded_total(thousandths, places):
    def printed(value):
        return read_printed(f"{'▲' if value < 0 else ''}{abs(value):.{places}f}", rounded=True)

    true = [Fraction(each, 1000) for each in thousandths]
    given = {f"部/{number}": printed(float(each)) for number, each in enumerate(true)}
    found = check("計 = sum(部/*)", given | {"計": printed(float(sum(true)))})
    assert found.verdict in (Verdict.EQUAL, Verdict.ROUNDING)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12), st.integers(1, 10**6))
def test_exact_parts_agree_with_their_sum_and_with_nothing_else(parts, off):
    given = {f"部/{number}": read_printed(str(each)) for number, each in enumerate(parts)}
    assert check("計 = sum(部/*)", given | {"計": read_printed(str(sum(parts)))}).verdict is Verdict.EQUAL
    wrong = check("計 = sum(部/*)", given | {"計": read_printed(str(sum(parts) + off))})
    assert (wrong.verdict, wrong.difference) == (Verdict.DIFFERENT, off)

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.counts import (
    Basis,
    Count,
    Quantity,
    find,
    format_count,
    leaves,
    municipality_count,
    parse_count,
    quantity_of,
    render,
    split,
    total,
)
from keniki.core.errors import WrongInput

LINES = [
    "26回 252名参加",
    "児童計約300人参加",
    "延べ100作品の応募、各市町賞（9作品）を選び賞状・賞品送付",
    "4市3町で開催し児童計約300人参加",
    "4市4町で開催し児童計約270人参加",
    "札幌圏域 6,600部、空知圏域 3,400部 計 10,000部",
    "10,000部作成。",
    "延べ43作品の応募、各市町の優秀作品を選び賞品送付",
    "7,000枚作成。関係機関や他施策と連携して情報発信。",
    "「災害のフェーズと被災者支援について（オンライン）」25名参加",
    "２６回　２５２名参加",
    "自動運転 EVバスを活用した新たな交通モードの展開\n株式会社マクニカ職員",
]
pieces = st.one_of(
    st.sampled_from(LINES),
    st.text(
        st.sampled_from("0123456789０９,，.約延べ計合{}（）()回名人部枚市町村作品 　、万千第各～R年"),
        max_size=15,
    ),
    st.text(max_size=5),
)
texts = st.lists(pieces, max_size=5).map("".join)


def told(text):
    return [(one.value, one.counter, one.basis, one.quantity) for one in split(text).counts]


@pytest.mark.slow
@given(texts)
def test_every_text_comes_back_exactly(text):
    assert split(text).render() == text


@given(st.text())
def test_even_a_text_without_sense_comes_back_exactly(text):
    assert split(text).render() == text


@given(texts)
def test_found_counts_stand_where_they_say_and_do_not_overlap(text):
    found = find(text)
    assert all(text[one.start : one.end] == one.count.as_typed for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(texts)
def test_a_found_count_means_the_same_when_typed_alone(text):
    for one in find(text):
        assert parse_count(one.count.as_typed) == replace(one.count, part_of=None)


@pytest.mark.slow
@given(texts)
def test_nothing_is_added_twice_and_nothing_is_lost(text):
    counts = split(text).counts
    own = sum(count.value for count in counts if count.part_of is None)
    assert sum(one.value for one in total(counts)) == own
    for position, count in enumerate(counts):
        if count.part_of is not None:
            parts = [part.value for part in counts if part.part_of == count.part_of]
            assert sum(parts) <= counts[count.part_of].value
            assert count.part_of != position


@pytest.mark.parametrize("line", LINES)
def test_the_lines_of_a_real_report_survive(line):
    assert split(line).render() == line


def test_the_counts_of_a_real_report_are_understood():
    assert told(LINES[0]) == [
        (26, "回", Basis.EXACT, Quantity.SESSIONS),
        (252, "名", Basis.EXACT, Quantity.PARTICIPANTS),
    ]
    assert told(LINES[2]) == [
        (100, "作品", Basis.CUMULATIVE, Quantity.WORKS),
        (9, "作品", Basis.EXACT, Quantity.WORKS),
    ]
    assert told(LINES[3]) == [
        (7, "市町", Basis.EXACT, Quantity.MUNICIPALITIES),
        (300, "人", Basis.ABOUT, Quantity.PARTICIPANTS),
    ]
    assert told(LINES[8]) == [(7000, "枚", Basis.EXACT, Quantity.SHEETS)]
    assert told(LINES[9]) == [(25, "名", Basis.EXACT, Quantity.PARTICIPANTS)]
    assert told(LINES[10]) == told(LINES[0])
    assert told(LINES[11]) == []


def test_parts_before_an_announced_total_are_marked_when_they_add_up():
    counts = split(LINES[5]).counts
    assert [count.part_of for count in counts] == [2, 2, None]
    assert [format_count(one) for one in total(counts)] == ["10,000部"]


def test_parts_that_do_not_add_up_are_left_alone():
    assert [one.part_of for one in split("A町 6部、B町 3部 計 10部").counts] == [None, None, None]


def test_an_announced_total_without_parts_is_no_part():
    found = find("児童計約300人参加")
    assert found[0].is_total
    assert found[0].count.part_of is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("252名（うち児童30名）", [None, 0]),
        ("252名参加（男性120名、女性132名）", [None, 0, 0]),
        ("A 10部、B 20部 小計30部、C 5部 計35部", [2, 2, 4, 4, None]),
        ("9市町（4市5町）", [None, 0]),
        ("252名（12回）", [None, None]),
        ("30名（40名）", [None, None]),
    ],
)
def test_parts_in_brackets_and_subtotals_are_marked(text, parts):
    assert [count.part_of for count in split(text).counts] == parts


@pytest.mark.parametrize(
    "text",
    [
        "第2回",
        "3回目",
        "月2回",
        "週1回",
        "各1名",
        "5部ずつ",
        "1人当たり",
        "3～5名",
        "令和2年度",
        "R4年",
        "65歳",
        "5,000円",
        "3万円",
        "9割以上",
        "26回答",
        "2回線",
        "3人乗り",
        "2市場",
        "10市民",
        "5部会長",
        "小学3年生",
        "10月9日",
        "1丁目2番地",
        "12,34名",
        "COVID19件名",
    ],
)
def test_what_only_looks_like_a_count_is_not_taken(text):
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "value", "counter", "basis"),
    [
        ("約1,200人", 1200, "人", Basis.ABOUT),
        ("300人程度", 300, "人", Basis.ABOUT),
        ("延べ約1,200人", 1200, "人", Basis.ABOUT_CUMULATIVE),
        ("延べ人数は252人", 252, "人", Basis.CUMULATIVE),
        ("252人（延べ）", 252, "人", Basis.CUMULATIVE),
        ("1.5万人", 15_000, "人", Basis.EXACT),
        ("1万2千人", 12_000, "人", Basis.EXACT),
        ("1市8町村", 9, "市町村", Basis.EXACT),
        ("予約10名", 10, "名", Basis.EXACT),
        ("順延3回", 3, "回", Basis.EXACT),
        ("年3回", 3, "回", Basis.EXACT),
        ("15か所", 15, "か所", Basis.EXACT),
        ("2.5トン", Decimal("2.5"), "トン", Basis.EXACT),
    ],
)
def test_value_counter_and_basis_are_read(text, value, counter, basis):
    (count,) = split(text).counts
    assert (count.value, count.counter, count.basis) == (value, counter, basis)


def test_a_counter_of_ones_own_can_be_added():
    assert find("3がま") == []
    (found,) = find("3がま", counters=["がま"])
    assert (found.count.value, found.count.counter, found.count.quantity) == (3, "がま", Quantity.OTHER)


@pytest.mark.parametrize(
    ("typed", "change", "written"),
    [
        ("約300人", {"value": 270}, "約270人"),
        ("延べ100作品", {"value": 1043}, "延べ1,043作品"),
        ("6,600部", {"value": 12000}, "12,000部"),
        ("6600部", {"value": 12000}, "12000部"),
        ("６，６００部", {"value": 3400}, "３，４００部"),
        ("252 名", {"value": 204}, "204 名"),
        ("300人程度", {"value": 320}, "320人程度"),
        ("300人程度", {"basis": Basis.EXACT}, "300人"),
        ("300人", {"basis": Basis.CUMULATIVE}, "延べ300人"),
        ("252名", {"counter": "人"}, "252人"),
        ("4市3町", {"value": 8, "breakdown": ((4, "市"), (4, "町"))}, "4市4町"),
        ("4市3町", {"value": 8}, "8市町"),
        ("1万2千人", {"value": 13000}, "13,000人"),
        ("延べ人数は252人", {"value": 260}, "延べ人数は260人"),
    ],
)
def test_a_changed_count_keeps_the_style_it_was_typed_in(typed, change, written):
    assert format_count(replace(parse_count(typed), **change)) == written


def test_a_count_changed_inside_a_line_changes_only_its_own_words():
    line = split(LINES[3])
    changed = [line.counts[0], replace(line.counts[1], value=270)]
    assert render(line.template, changed) == "4市3町で開催し児童計約270人参加"


@given(st.integers(0, 10**7), st.sampled_from(["回", "名", "部", "作品", "団体"]), st.sampled_from(Basis))
def test_a_new_count_is_written_so_that_it_is_read_back(value, counter, basis):
    count = Count(value, counter, basis, "", quantity_of(counter))
    again = parse_count(format_count(count))
    assert (again.value, again.counter, again.basis, again.quantity) == (
        value,
        counter,
        basis,
        count.quantity,
    )


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_municipalities_by_kind_are_one_count(cities, towns, villages):
    count = municipality_count((cities, "市"), (towns, "町"), (villages, "村"))
    assert count.value == cities + towns + villages
    if sum(number > 0 for number in (cities, towns, villages)) > 1:
        assert parse_count(format_count(count)) == count


def test_about_makes_a_sum_about_and_repeats_are_not_added_to_heads():
    counts = [parse_count(text) for text in ("約300人", "25人", "延べ100人", "26回")]
    assert [format_count(one) for one in total(counts)] == ["約325人", "延べ100人", "26回"]


def test_sums_over_several_lines_keep_each_lines_own_parts():
    lines = [split(text).counts for text in (LINES[5], LINES[6], "252名（うち児童30名）", "18人")]
    assert [format_count(one) for one in total(*lines)] == ["20,000部", "252名", "18人"]
    assert [format_count(one) for one in total(*lines, merge_counters=True)] == ["20,000部", "270名"]


def test_a_part_that_points_nowhere_is_refused():
    with pytest.raises(ValueError, match="part_of 5"):
        leaves([replace(parse_count("3名"), part_of=5)])


def test_a_template_with_too_few_counts_is_refused():
    with pytest.raises(WrongInput, match="数量がありません"):
        render("{0} {1}参加", [parse_count("26回")])


@pytest.mark.parametrize("typed", ["", "252", "たくさん", "名", "約名"])
def test_what_is_no_count_is_refused_in_a_field(typed):
    with pytest.raises(WrongInput, match="数量として読めません"):
        parse_count(typed)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("30名参加、うち町民10名", {"10名": "30名"}),
        ("2回 延べ30名参加、うち町民10名、町外20名", {"10名": "延べ30名", "20名": "延べ30名"}),
        ("参加50名。うち10名は職員", {}),
        ("参加者100名、そのうち職員40名が登壇", {"40名": "100名"}),
        ("作成300枚、内訳は川北町200枚、星野町100枚", {"200枚": "300枚", "100枚": "300枚"}),
        ("10名参加、うち職員20名", {}),
        ("参加300名、うちわ300枚", {}),
        ("120名（うち児童30名）、うち職員80名", {"30名": "120名", "80名": "120名"}),
    ],
)
def test_what_stands_behind_uchi_is_part_of_the_count_before_it(text, parts):
    found = split(text).counts
    assert {
        count.as_typed: found[count.part_of].as_typed for count in found if count.part_of is not None
    } == parts

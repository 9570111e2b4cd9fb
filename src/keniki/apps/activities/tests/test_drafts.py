"""Lines typed in natural text, the counts found in them, and what stays of them when they are typed again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django_scopes import scope
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from keniki.apps.activities.actions import save_activity
from keniki.apps.activities.drafts import ActivityDraft, CountDraft, Reading, check_reading, read_lines
from keniki.apps.activities.queries import rendered_lines
from keniki.core.errors import WrongInput

NUMBERS = st.integers(0, 99_999)
PIECES = st.one_of(
    st.sampled_from(
        [
            "→",
            "計",
            "延べ",
            "約",
            "4市3町",
            "名",
            "回 ",
            "参加",
            "（うち児童",
            "）",
            "、",
            "{",
            "}",
            "{x}",
            "各",
        ]
    ),
    NUMBERS.map(str),
    st.builds("{:,}部".format, NUMBERS),
    st.builds("{}名".format, NUMBERS),
    st.text("あ氏人数会場・第-～１千{}① ", max_size=4),
)
LINES = st.lists(
    st.tuples(st.sampled_from(["result", "note", "lecturer"]), st.lists(PIECES, max_size=8).map("".join)),
    max_size=4,
)


def texts(reading: Reading) -> list[tuple[str, str]]:
    return [(line.kind, reading.text(line)) for line in reading.lines]


@pytest.mark.slow
@given(LINES)
def test_the_text_of_a_reading_is_what_was_typed(lines: list[tuple[str, str]]) -> None:
    typed = [(kind, text.strip()) for kind, text in lines if text.strip()]
    assert texts(read_lines(lines)) == typed


@pytest.mark.slow
@given(LINES)
def test_leaving_a_count_as_words_changes_no_text(lines: list[tuple[str, str]]) -> None:
    reading = read_lines(lines)
    before = texts(reading)
    for count in reading.counts:
        reading = reading.without(count.key)
    assert texts(reading) == before
    assert not reading.counts


def test_counts_get_their_quantity_and_parts_know_their_total() -> None:
    reading = read_lines(
        [("result", "札幌圏域 6,600部、空知圏域 3,400部 計 10,000部"), ("lecturer", "職員3名")]
    )
    assert [(c.key, c.value, c.part_of) for c in reading.counts] == [
        ("copies", Decimal(6600), "copies_3"),
        ("copies_2", Decimal(3400), "copies_3"),
        ("copies_3", Decimal(10000), ""),
    ]
    assert reading.lines[1].text == "職員3名"


def test_a_total_cannot_be_a_part_of_its_own_part() -> None:
    one = CountDraft("a", Decimal(1), "名", "participants", part_of="b")
    other = CountDraft("b", Decimal(1), "名", "participants", part_of="a")
    with pytest.raises(WrongInput, match="自分自身の内訳"):
        check_reading(Reading((), (one, other)))


def test_a_part_is_of_the_same_quantity_as_its_total_and_not_larger() -> None:
    total = CountDraft("a", Decimal(10), "名", "participants")
    with pytest.raises(WrongInput, match="内訳にできません"):
        check_reading(Reading((), (total, CountDraft("b", Decimal(1), "回", "sessions", part_of="a"))))
    with pytest.raises(WrongInput, match="大きくなっています"):
        check_reading(Reading((), (total, CountDraft("b", Decimal(11), "名", "participants", part_of="a"))))


def test_a_changed_value_keeps_its_key_town_and_parts(in_region, activity) -> None:
    reading = read_lines([("result", "60名参加")], activity)
    people = next(count for count in reading.counts if count.key == "people")
    assert people.value == 60
    assert not reading.fresh
    assert sum(count.part_of == "people" for count in reading.counts) == 3


def test_an_unchanged_line_stays_as_it_is_stored(in_region, activity) -> None:
    reading = read_lines([("note", "雨天のため1回中止"), ("result", "49名参加")], activity)
    assert [line.text for line in reading.lines] == ["雨天のため{sessions}中止", "{people}参加"]
    assert reading.fresh == ("sessions",)


def test_a_total_with_figures_of_towns_does_not_vanish_from_the_text(in_region, activity) -> None:
    with pytest.raises(WrongInput, match="団体ごとの内訳がある"):
        read_lines([("result", "盛会のうちに終了")], activity)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_stored_lines_are_printed_as_they_were_typed(lines, region, initiative, secretariat) -> None:
    with scope(region=region):
        reading = read_lines(lines)
        assume(all(count.value < 10**12 for count in reading.counts))
        for count in reading.counts:
            reading = reading.with_count(CountDraft(**{**vars_of(count), "part_of": ""}))
        draft = ActivityDraft(initiative, 2024, "訓練", "drill", "done", reading=reading)
        saved = save_activity(secretariat, region, draft)
        assert [(line.kind, line.text) for line in rendered_lines(saved)] == [
            (kind, text.strip()) for kind, text in lines if text.strip()
        ]


def vars_of(count: CountDraft) -> dict:
    return {name: getattr(count, name) for name in count.__dataclass_fields__}

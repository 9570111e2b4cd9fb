"""Rows of several files that are one place are joined; what is not sure is asked, and nothing is lost."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.disaster.formats.base import Kind, ShelterFile, ShelterRow
from keniki.apps.disaster.formats.joining import How, Joined, join
from keniki.apps.disaster.formats.shelters import read
from keniki.apps.disaster.formats.writing import write_standard

FOLDER = Path(os.environ.get("KENIKI_TEST_DATA") or "/", "shelters")
real = pytest.mark.skipif(not FOLDER.is_dir(), reason="KENIKI_TEST_DATA has no shelters")


def row(
    name: str, common: str = "", north: str = "43.0", east: str = "142.0", number: int = 2, **more: object
) -> ShelterRow:
    made = ShelterRow(
        number,
        "012092",
        name,
        common_id=common,
        latitude=Decimal(north),
        longitude=Decimal(east),
        address="紅葉山",
    )
    return made.with_fields(**more)


def sites(*rows: ShelterRow) -> ShelterFile:
    marked = tuple(each.with_fields(is_site=True) for each in rows)
    return ShelterFile(Kind.GSI_SITES, "mergeFromCity_2.csv", marked, ())


def shelters(*rows: ShelterRow) -> ShelterFile:
    marked = tuple(each.with_fields(is_shelter=True) for each in rows)
    return ShelterFile(Kind.GSI_SHELTERS, "mergeFromCity_1.csv", marked, ())


def town(*rows: ShelterRow) -> ShelterFile:
    marked = tuple(each.with_fields(is_site=True) for each in rows)
    return ShelterFile(Kind.STANDARD, "standard.csv", marked, ())


def names(joined: Joined) -> list[list[str]]:
    return [[f"{source.kind.value}:{source.row.row}" for source in place.sources] for place in joined.places]


def test_a_site_and_a_shelter_with_one_facility_number_and_one_name_are_one_place() -> None:
    joined = join(
        [
            sites(row("紅葉園", "E0120900001201", hazards=("flood",))),
            shelters(
                row("紅葉園", "E0120900001111", takes="住民"),
                row("紅葉園", "E0120900001121", number=3, is_welfare=True),
            ),
        ]
    )
    (place,) = joined.places
    assert place.how is How.FACILITY
    assert place.common_ids == ("E0120900001111", "E0120900001121", "E0120900001201")
    assert place.row.common_id == "E0120900001111"
    assert (place.row.is_site, place.row.is_shelter, place.row.is_welfare) == (True, True, True)
    assert (place.row.hazards, place.row.takes) == (("flood",), "住民")
    assert joined.questions == ()


def test_a_school_and_its_ground_stay_two_places_and_are_asked_about() -> None:
    joined = join(
        [sites(row("東小学校グラウンド", "E0121500014201")), shelters(row("東小学校", "E0121500014111"))]
    )
    assert len(joined.places) == 2
    assert "名称が違います" in joined.questions[0].reason
    assert [source.row.name for source in joined.questions[0].sources] == ["東小学校グラウンド", "東小学校"]


def test_the_towns_own_file_joins_by_common_id_or_by_name_and_distance() -> None:
    survey = sites(row("紅葉園", "E0120900001201"), row("平和会館", "E0120900002201", number=3, north="43.1"))
    own = town(
        row("別名", "E0120900001201"), row("平和会舘", number=3, north="43.1005", stated_capacity="300")
    )
    joined = join([survey, own])
    assert names(joined) == [["gsi_sites:2", "standard:2"], ["gsi_sites:3", "standard:3"]]
    assert [place.how for place in joined.places] == [How.COMMON_ID, How.NAME]
    second = joined.places[1]
    assert (second.row.name, second.row.stated_capacity) == ("平和会舘", "300")
    assert {difference.field for difference in second.differences} == {"名称", "緯度"}


@pytest.mark.parametrize(
    ("own", "places", "says"),
    [
        ([row("紅葉園", north="43.01")], 2, "近くにありません"),
        ([row("紅葉園"), row("紅葉園", number=3)], 3, "決められません"),
        ([row("紅葉園", "E0120900009201")], 2, "施設番号が違います"),
    ],
)
def test_what_is_not_sure_is_asked_and_not_guessed(own: list[ShelterRow], places: int, says: str) -> None:
    joined = join([sites(row("紅葉園", "E0120900001201")), town(*own)])
    assert len(joined.places) == places
    (question,) = joined.questions
    assert says in question.reason
    assert len(question.sources) == 1 + len(own)


def test_of_two_with_one_name_each_is_joined_with_the_one_beside_it() -> None:
    survey = sites(row("会館", "E0120900001201"), row("会館", "E0120900002201", number=3, north="43.2"))
    joined = join([survey, town(row("会館", north="43.2"), row("会館", number=3))])
    assert sorted(names(joined)) == [["gsi_sites:2", "standard:3"], ["gsi_sites:3", "standard:2"]]


def test_without_a_position_the_address_decides() -> None:
    nowhere = ShelterRow(2, "012092", "紅葉園", address="紅葉山")
    elsewhere = ShelterRow(2, "012092", "紅葉園", address="清水沢")
    survey = sites(row("紅葉園", "E0120900001201"))
    assert len(join([survey, town(nowhere)]).places) == 1
    apart = join([survey, town(elsewhere)])
    assert len(apart.places) == 2
    assert len(apart.questions) == 1


def test_two_sites_of_one_number_and_name_are_asked_about() -> None:
    joined = join([sites(row("会館", "E0120900001201"), row("会館", "E0120900001202", number=3))])
    assert len(joined.places) == 2
    assert "同じ種別に2つ以上" in joined.questions[0].reason


def test_hazards_in_which_two_files_differ_are_shown() -> None:
    joined = join(
        [
            sites(row("紅葉園", "E0120900001201", hazards=("flood", "fire"))),
            town(row("紅葉園", "E0120900001201", hazards=("flood",))),
        ]
    )
    (place,) = joined.places
    assert place.row.hazards == ("flood",)
    (difference,) = place.differences
    assert difference.field == "災害種別"
    assert [value for _, _, value in difference.values] == ["洪水", "洪水、大規模な火事"]


some_rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["東小", "西小", "会館"]),
        st.sampled_from(["", "E0120900001201", "E0120900001111", "E0120900001202", "E0120900002201"]),
        st.sampled_from(["43.0", "43.0005", "43.1"]),
    ),
    max_size=5,
)


@pytest.mark.slow
@given(some_rows, some_rows, some_rows)
@settings(max_examples=200, deadline=None)
def test_every_row_is_in_one_place_and_an_id_in_no_two(
    one: list[ShelterRow], other: list[ShelterRow], third: list[ShelterRow]
) -> None:
    files = [make(*rows) for make, rows in ((sites, one), (shelters, other), (town, third))]
    joined = join(files)
    spread = [id(source.row) for place in joined.places for source in place.sources]
    assert sorted(spread) == sorted(id(each) for file in files for each in file.rows)
    ids = [common for place in joined.places for common in place.common_ids]
    assert len(ids) == len(set(ids))
    backwards = join(files[::-1])

    def groups(found: Joined) -> set[frozenset[int]]:
        return {frozenset(id(source.row) for source in place.sources) for place in found.places}

    assert groups(joined) == groups(backwards)


@real
def test_the_real_files_of_nine_towns_join_without_a_guess() -> None:
    files = [read(path.read_bytes(), str(path)) for path in sorted(FOLDER.glob("*/*.json"))]
    joined = join(files)
    assert len(joined.places) == 222
    assert sum(place.row.is_site and place.row.is_shelter for place in joined.places) == 91
    assert sum(place.row.is_welfare for place in joined.places) == 14
    assert len([one for one in joined.questions if "名称が違います" in one.reason]) == 32
    # What goes out in the standard and comes back joins with everything it came from.
    survey = [file for file in files if file.kind is Kind.GSI_SITES]
    back = read(write_standard([each for file in survey for each in file.rows]), "standard.csv")
    assert {place.how for place in join([*survey, back]).places} == {How.COMMON_ID}

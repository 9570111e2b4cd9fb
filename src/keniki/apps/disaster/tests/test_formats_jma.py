"""Telegrams of the weather agency: warnings by municipality, drills that are never real, faults with their place."""

from __future__ import annotations

import doctest
import importlib
import random
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.disaster.formats.jma import AreaWarning, Bulletin, read_telegram, standing
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.warnings import codes, r06_start

from .jma_samples import NOTHING, kind, landslides, quake, report, river, weather

IWA, YUB, BIB = "0121000", "0120900", "0121500"
TOWNS = ("012106", "012092", "012157")
BEFORE = "2026-05-20T03:20:00+09:00"


def read(data: bytes, name: str = "20260801_0_VPWW55_016000.xml", **more: object) -> Bulletin:
    return read_telegram(data, name, **{"members": TOWNS, **more})  # type: ignore[arg-type]


def levels(bulletin: Bulletin) -> list[tuple[str, int | None, str]]:
    return [(each.municipality, each.level, each.state) for each in bulletin.warnings]


@pytest.mark.parametrize(
    "name", ["xml_reading", "jma.areas", "jma.feeds", "jma.moments", "jma.weather", "jma.telegrams"]
)
def test_the_examples_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"keniki.apps.disaster.formats.{name}"))
    assert found.failed == 0


def test_a_warning_of_2026_by_municipality() -> None:
    said = read(weather({IWA: kind(), YUB: kind("レベル２大雨注意報", "10", "継続"), BIB: NOTHING}))
    assert (said.telegram, said.mode, said.status, said.office) == ("VPWW55", "real", "通常", "試験気象台")
    assert levels(said) == [("012106", 4, "issued"), ("012092", 2, "continued")]
    first = said.warnings[0]
    assert (first.title, first.code, first.phenomenon, first.grade) == (
        "レベル４大雨危険警報",
        "43",
        "heavy_rain",
        "danger",
    )
    assert first.issued_at == datetime.fromisoformat("2026-08-01T03:20:00+09:00")
    assert {(told.area_code, told.phenomenon) for told in said.told} >= {(BIB, "heavy_rain")}
    assert said.problems == ()


def test_each_telegram_of_2026_reads_its_own_codes() -> None:
    for number, family in {
        55: ("10", "03", "43", "33"),
        56: ("29", "09", "49", "39"),
        57: ("19", "08", "48", "38"),
        58: ("13", "02", "32", "15", "05", "35"),
        59: ("16", "07", "37"),
        60: ("12", "06", "36"),
        61: ("14", "17", "20", "21", "22", "23", "24", "25", "26", "27"),
    }.items():
        rows = {row.code: row for row in codes("r06", r06_start().value.day).value.rows}
        for code in family:
            said = read(weather({IWA: kind(rows[code].name, code)}), f"x_VPWW{number}_016000.xml")
            assert [(each.code, each.level) for each in said.warnings] == [(code, rows[code].level)]
            assert said.problems == ()


def test_a_drill_or_test_is_an_exercise_and_never_real() -> None:
    for status, test in (("訓練", False), ("試験", True)):
        said = read(weather({IWA: kind()}, status=status))
        assert (said.mode, said.status, said.is_test) == ("exercise", status, test)
        assert {each.mode for each in said.warnings} == {"exercise"}
        assert standing([said], "real").warnings == ()
        assert standing([said], "exercise").level("012106") == 4


@pytest.mark.parametrize("status", ["", "実災害", "通常 訓練", "normal", "Actual"])
def test_a_status_nobody_knows_is_refused_with_its_row(status: str) -> None:
    with pytest.raises(WrongInput, match="通常・訓練・試験") as refused:
        read(weather({IWA: kind()}, status=status))
    assert (refused.value.column, refused.value.row) == ("Status", 6)
    assert refused.value.file == "20260801_0_VPWW55_016000.xml"


def test_a_telegram_that_says_both_is_neither() -> None:
    for both in ("通常</Status><Status>訓練", "訓練</Status><Status>通常", "通常</Status><Status>通常"):
        with pytest.raises(WrongInput, match="用いません") as refused:
            read(weather({IWA: kind()}, status=both))
        assert refused.value.column == "Status"


def test_an_xml_without_its_end_is_refused_with_the_place() -> None:
    data = weather({IWA: kind()})
    with pytest.raises(WrongInput, match="XMLとして読めません") as refused:
        read(data[: len(data) // 2])
    assert refused.value.row is not None
    assert refused.value.row > 10
    for wrong in (
        b"",
        b"   ",
        b"\xff\xfe\x00",
        b"<Report/>",
        b"not xml",
        data.replace(b"UTF-8", b"EBCDIC-X"),
    ):
        with pytest.raises(WrongInput):
            read(wrong)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE Report [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE Report SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE Report [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Report [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]>',
    ],
)
def test_dtd_and_entities_are_refused(head: str) -> None:
    data = weather({IWA: kind()}).decode().replace("?>\n", f"?>\n{head}\n", 1).encode()
    with pytest.raises(WrongInput, match="DTD") as refused:
        read(data)
    assert refused.value.row == 2


def test_what_is_too_large_or_too_deep_is_refused() -> None:
    with pytest.raises(WrongInput, match="大きすぎます"):
        read(b"<a>" + b" " * (21 * 1024 * 1024))
    with pytest.raises(WrongInput, match="深すぎます"):
        read(b"<a>" * 100 + b"</a>" * 100)


def test_other_documents_are_refused() -> None:
    good = weather({IWA: kind()})
    for data, column in (
        (good.replace(b'Report xmlns="http://xml.kishou.go.jp/jmaxml1/"', b'Report xmlns="urn:x"'), "Report"),
        (good.replace(b"informationBasis1", b"informationBasis9"), "Head"),
        (good.replace(b"<InfoType>\xe7\x99\xba\xe8\xa1\xa8", b"<InfoType>?"), "InfoType"),
        (good.replace(b"<ReportDateTime>2026-08-01T03", b"<ReportDateTime>2026-13-01T03"), "ReportDateTime"),
        (
            good.replace(
                b"<ReportDateTime>2026-08-01T03:20:00+09:00", b"<ReportDateTime>2026-08-01T03:20:00"
            ),
            "ReportDateTime",
        ),
        (report("<Warning type='x'/>"), "Warning"),
    ):
        with pytest.raises(WrongInput) as refused:
            read(data)
        assert refused.value.column == column
        assert refused.value.row is not None


def test_the_type_is_in_the_name_or_follows_from_the_title() -> None:
    assert read(weather({IWA: kind()}), "received.xml").telegram == "VPWW55"
    flood = river("レベル４氾濫危険警報", "40", cities=[("01210", "岩")])
    assert read(flood, "received.xml").telegram == "VXKO50"
    for data, name in (
        (weather({IWA: kind()}), "x_VPZJ50_010000.xml"),
        (weather({}, title="天気予報"), "a.xml"),
    ):
        with pytest.raises(WrongInput, match="読みません"):
            read(data, name)


def test_towns_of_others_are_left_out_and_without_members_all_are_read() -> None:
    data = weather({IWA: kind(), "1310100": kind()})
    assert [each.municipality for each in read(data).warnings] == ["012106"]
    assert [each.municipality for each in read(data, members=()).warnings] == ["012106", "131016"]
    assert {told.area_code for told in read(data).told} == {IWA}


def test_parts_of_a_divided_municipality_are_its_and_the_highest_level_counts() -> None:
    said = read(weather({"0121001": kind("レベル３大雨警報", "03"), "0121002": kind()}))
    assert [(each.municipality, each.is_part) for each in said.warnings] == [("012106", True)] * 2
    assert standing([said], "real").level("012106") == 4


def test_a_downgrade_holds_with_its_new_level() -> None:
    said = read(
        weather(
            {IWA: kind("レベル３大雨警報", "03", "危険警報から警報", last=("レベル４大雨危険警報", "43"))}
        )
    )
    assert levels(said) == [("012106", 3, "issued")]
    assert said.warnings[0].change == "危険警報から警報"


@pytest.mark.parametrize(
    "lift", [kind("レベル４大雨危険警報", "43", "解除"), NOTHING, kind("解除", "00", "解除")]
)
def test_the_newest_telegram_lifts_whatever_came_last(lift: str) -> None:
    issued = read(weather({IWA: kind()}))
    lifted = read(weather({IWA: lift}, at="2026-08-01T05:00:00+09:00"))
    other = read(weather({IWA: kind("レベル３土砂災害警報", "09")}), "x_VPWW56_016000.xml")
    for order in ([issued, lifted, other], [lifted, other, issued], [other, lifted, issued, issued]):
        (stands,) = standing(order, "real").of("012106")
        assert (stands.phenomenon, stands.level) == ("landslide", 3)


def test_any_order_and_any_repetition_give_the_same() -> None:
    bulletins = [
        read(weather({IWA: kind(), YUB: NOTHING}, at=f"2026-08-01T03:{minute:02d}:00+09:00"))
        for minute in range(0, 40, 10)
    ]
    bulletins.append(read(weather({IWA: NOTHING, YUB: kind()}, at="2026-08-01T03:35:00+09:00")))
    bulletins.append(read(weather({IWA: kind()}, status="訓練", at="2026-08-01T09:00:00+09:00")))
    bulletins.append(
        read(
            weather({IWA: kind(at="2026-08-01T03:10:00+09:00")}, at="2026-08-01T06:00:00+09:00"),
            "x_VPWS50_010000.xml",
        )
    )
    expected = standing(bulletins, "real")
    assert [(each.municipality, each.level) for each in expected.warnings] == [("012092", 4)]
    dice = random.Random(7)
    for _ in range(200):
        mixed = [dice.choice(bulletins) for _ in range(5)] + bulletins
        dice.shuffle(mixed)
        assert standing(mixed, "real") == expected


def test_a_collecting_telegram_does_not_take_back_what_is_newer() -> None:
    newer = read(weather({IWA: kind()}))
    older = weather(
        {IWA: kind("レベル２大雨注意報", "10", "継続", at="2026-08-01T03:00:00+09:00")},
        at="2026-08-01T03:30:00+09:00",
    )
    collected = read(older, "x_VPWS50_010000.xml")
    assert standing([newer, collected], "real").level("012106") == 4
    assert standing([collected], "real").level("012106") == 2


def test_the_old_telegram_gives_the_levels_of_its_time() -> None:
    kinds = (
        kind("大雨警報", "03", condition="浸水害"),
        kind("洪水警報", "04", "継続"),
        kind("高潮特別警報", "38"),
        kind("雷注意報", "14"),
    )
    said = read(
        weather({IWA: kinds, YUB: kind("大雨警報", "03", condition="土砂災害、浸水害")}, at=BEFORE),
        "x_VPWW54_016000.xml",
    )
    assert [(each.code, each.level) for each in said.warnings] == [
        ("03", None),
        ("04", 3),
        ("38", 4),
        ("14", None),
        ("03", 3),
    ]
    assert not any(each.replaced for each in said.warnings)


def test_old_telegrams_that_go_on_speak_apart_and_lift_nothing() -> None:
    new = read(weather({IWA: kind()}))
    old = read(
        weather({IWA: (kind("大雨警報", "03"), kind("洪水警報", "04"))}, at="2026-08-01T04:00:00+09:00"),
        "x_VPWW53_016000.xml",
    )
    assert [(each.phenomenon, each.level, each.replaced) for each in old.warnings] == [
        ("heavy_rain", None, True),
        ("flood", None, False),
    ]
    both = standing([new, old], "real")
    assert [(each.telegram, each.phenomenon, each.level) for each in both.of("012106")] == [
        ("VPWW55", "heavy_rain", 4),
        ("VPWW53", "flood", None),
        ("VPWW53", "heavy_rain", None),
    ]
    gone = read(weather({IWA: NOTHING}, at="2026-08-01T05:00:00+09:00"), "x_VPWW53_016000.xml")
    assert standing([new, old, gone], "real").level("012106") == 4


def test_what_nobody_knows_is_kept_with_its_words_and_told() -> None:
    said = read(weather({IWA: (kind("レベル５新しい特別警報", "77"), kind())}))
    assert [(each.title, each.level, each.phenomenon) for each in said.warnings] == [
        ("レベル５新しい特別警報", 5, "unknown:VPWW55"),
        ("レベル４大雨危険警報", 4, "heavy_rain"),
    ]
    (problem,) = said.problems
    assert "77" in problem.reason
    assert problem.row is not None
    later = read(weather({IWA: kind()}, at="2026-08-01T05:00:00+09:00"))
    assert standing([said, later], "real").level("012106") == 4


def test_a_name_and_a_code_that_differ_are_told_and_the_higher_level_counts() -> None:
    said = read(weather({IWA: kind("レベル５大雨特別警報", "03"), YUB: kind("レベル２大雨注意報", "43")}))
    assert [each.level for each in said.warnings] == [5, 4]
    assert [problem.column for problem in said.problems] == ["Name", "Name"]
    strange = read(weather({IWA: kind("暴風警報", "05")}))
    assert [each.phenomenon for each in strange.warnings] == ["storm"]
    assert "VPWW55" in strange.problems[0].reason


def test_an_item_that_cannot_be_read_lifts_nothing_and_the_rest_goes_on() -> None:
    before = read(weather({IWA: kind()}))
    broken = read(
        weather(
            {IWA: kind(status="不明"), YUB: kind(), "016000": kind(), "xx": kind()},
            at="2026-08-01T05:00:00+09:00",
        )
    )
    assert [each.municipality for each in broken.warnings] == ["012092"]
    assert [problem.column for problem in broken.problems] == ["Status", "Area", "Area"]
    stands = standing([before, broken], "real")
    assert (stands.level("012106"), stands.level("012092")) == (4, 4)


def test_a_telegram_taken_back_is_for_a_person_to_judge() -> None:
    issued = read(weather({IWA: kind()}))
    back = read(weather({}, info_type="取消", at="2026-08-01T05:00:00+09:00"))
    assert (back.withdrawn, back.warnings, back.told) == (True, (), ())
    stands = standing([issued, back, back], "real")
    assert stands.level("012106") == 4
    assert stands.withdrawn == (back,)


def test_landslide_information() -> None:
    areas = {IWA: ("警戒", "発表"), YUB: ("解除", "解除"), BIB: ("なし", "なし")}
    said = read(landslides(areas, at=BEFORE), "x_VXWW50_016000.xml")
    assert [(each.municipality, each.level, each.replaced) for each in said.warnings] == [
        ("012106", 4, False)
    ]
    assert {told.area_code for told in said.told} == {IWA, YUB, BIB}
    later = read(landslides({IWA: ("警戒", "継続"), YUB: ("?", "?")}), "x_VXWW50_016000.xml")
    assert [(each.level, each.replaced, each.state) for each in later.warnings] == [(None, True, "continued")]
    assert [problem.column for problem in later.problems] == ["Kind"]


@pytest.mark.parametrize(
    ("name", "code", "level", "state"),
    [
        ("レベル２氾濫注意報", "20", 2, "issued"),
        ("レベル２氾濫注意報（警報解除）", "22", 2, "issued"),
        ("レベル３氾濫警報", "31", 3, "continued"),
        ("レベル４氾濫危険警報", "40", 4, "issued"),
        ("レベル５氾濫特別警報", "51", 5, "issued"),
    ],
)
def test_a_river_forecast_reaches_the_towns_it_names(name: str, code: str, level: int, state: str) -> None:
    for city in ("01210", "012106", "0121000"):
        said = read(river(name, code, cities=[(city, "岩"), ("13101", "千")]), "x_VXKO50_1.xml")
        assert levels(said) == [("012106", level, state)]
        assert said.warnings[0].phenomenon == "river:830304004400"
        assert said.problems == ()


def test_a_river_without_named_towns_takes_those_known_along_it() -> None:
    data = river("レベル４氾濫危険警報", "40")
    along = read(data, "x_VXKO51_1.xml", rivers={"830304004400": ["012092", "131016"]})
    assert levels(along) == [("012092", 4, "issued")]
    unknown = read(data, "x_VXKO51_1.xml")
    assert levels(unknown) == [("", 4, "issued")]
    assert "沿う市町村が分かりません" in unknown.problems[0].reason
    elsewhere = read(river("レベル４氾濫危険警報", "40", cities=[("13101", "千")]), "x_VXKO51_1.xml")
    assert (elsewhere.warnings, elsewhere.problems) == ((), ())


def test_the_end_of_a_river_forecast_lifts_it() -> None:
    issued = read(river("レベル４氾濫危険警報", "40", cities=[("01210", "岩")]), "x_VXKO50_1.xml")
    lifted = read(river("レベル２氾濫注意報解除", "10", at="2026-08-01T09:00:00+09:00"), "x_VXKO50_1.xml")
    assert (lifted.warnings, lifted.problems) == ((), ())
    assert standing([lifted, issued], "real").warnings == ()
    assert standing([issued], "real").level("012106") == 4


def test_an_old_river_forecast_has_the_names_of_its_time() -> None:
    said = read(
        river(
            "氾濫発生情報", "51", cities=[("01210", "岩")], places="浸水想定地区（氾濫発生情報）", at=BEFORE
        ),
        "x_VXKO50_1.xml",
    )
    assert levels(said) == [("012106", 5, "issued")]


def test_rivers_without_forecasts_say_their_level_in_the_name() -> None:
    kind_of = "水位周知河川に関する情報"
    said = read(
        river("レベル４氾濫危険警報", "94", kind_of=kind_of, cities=[("01210", "岩")]), "x_VXSU50_1.xml"
    )
    assert levels(said) == [("012106", 4, "issued")]
    wrong = read(river("氾濫", "94", kind_of=kind_of, cities=[("01210", "岩")]), "x_VXSU50_1.xml")
    assert (wrong.warnings, [problem.column for problem in wrong.problems]) == ((), ["Code"])
    with pytest.raises(WrongInput, match="予報区域がありません"):
        read(report("", title=kind_of), "x_VXSU50_1.xml")


def test_an_earthquake_with_intensities_by_municipality() -> None:
    cities = [
        (IWA, "岩", "4"),
        (YUB, "夕", "5+"),
        (BIB, "美", ""),
        ("1310100", "千", "3"),
        ("1", "?", "3"),
        (IWA, "岩", "9"),
    ]
    said = read(quake(cities), "x_VXSE53_010000.xml")
    assert said.quake is not None
    assert (said.quake.place, said.quake.magnitude, said.quake.greatest) == ("試験県沖", "5.1", "5+")
    assert [(each.municipality, each.words) for each in said.quake.shakings] == [
        ("012092", "震度5強"),
        ("012157", "震度5弱以上（未入電）"),
        ("012106", "震度4"),
    ]
    assert "津波の心配はありません" in said.quake.comment
    assert [problem.column for problem in said.problems] == ["Code", "MaxInt"]
    assert said.warnings == ()
    unknown = read(quake(cities[:1], magnitude=""), "x_VXSE53_010000.xml").quake
    assert unknown is not None
    assert unknown.magnitude == "Ｍ不明"


def test_wards_are_given_to_their_city_where_the_city_is_meant() -> None:
    data = quake(
        [("0110100", "札幌中央区", "4"), ("0111000", "札幌清田区", "3"), ("1415100", "相模原緑区", "2")]
    )
    cities = read(data, "x_VXSE53_010000.xml", members=["011002", "141305"]).quake
    assert cities is not None
    assert [each.municipality for each in cities.shakings] == ["011002", "011002"]
    wards = read(data, "x_VXSE53_010000.xml", members=["011002", "011011"]).quake
    assert wards is not None
    assert [each.municipality for each in wards.shakings] == ["011011", "011002"]


def test_rows_are_frozen_and_say_where_they_are_from() -> None:
    warning: AreaWarning = read(weather({IWA: kind()})).warnings[0]
    assert (warning.area_code, warning.area_name, warning.office) == (IWA, f"区域{IWA}", "試験気象台")
    with pytest.raises(AttributeError):
        warning.mode = "exercise"  # type: ignore[misc]


SAMPLES = (
    (weather({IWA: (kind(), kind("レベル３土砂災害警報", "09")), YUB: NOTHING}), "x_VPWW55_016000.xml"),
    (landslides({IWA: ("警戒", "発表")}), "x_VXWW50_016000.xml"),
    (river("レベル４氾濫危険警報", "40", cities=[("01210", "岩")]), "x_VXKO50_1.xml"),
    (quake([(IWA, "岩", "5-"), (YUB, "夕", "")]), "x_VXSE53_010000.xml"),
)


def _read_or_refused(data: bytes, name: str) -> tuple[Any, WrongInput | None]:
    """What was read, or why nothing was."""
    try:
        return read(data, name), None
    except WrongInput as refused:
        return None, refused


def read_or_refused(data: bytes, name: str) -> Bulletin | None:
    """The bulletin, None where it was refused with the file's name; any other fault goes through."""
    try:
        return read(data, name)
    except WrongInput as refused:
        return None if refused.file == name else pytest.fail(f"refused without its file: {refused}")


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=12)), max_size=4),
)
def test_whatever_is_broken_is_refused_or_read_and_never_fails(
    sample: tuple[bytes, str], cuts: list[tuple[int, int, bytes]]
) -> None:
    data, name = sample
    for at, length, put in cuts:
        data = data[:at] + put + data[at + length :]
    said, refused = _read_or_refused(data, name)
    if said is None:
        assert refused is not None
        assert refused.file == name
        return
    assert (said.mode == "real") == (said.status == "通常")
    assert {each.mode for each in said.warnings} <= {said.mode}


@given(
    st.sampled_from(SAMPLES),
    st.sampled_from(("Control", "Head", "Body", "Status", "Code", "Name", "Item", "Area", "Kind", "MaxInt")),
    st.integers(0, 3),
)
def test_an_element_that_is_missing_is_no_fault_of_ours(
    sample: tuple[bytes, str], element: str, number: int
) -> None:
    data, name = sample
    parts = data.decode().split(f"<{element}>")
    if len(parts) <= number + 1:
        return
    _, _, rest = parts[number + 1].partition(f"</{element}>")
    without = (
        f"<{element}>".join(parts[: number + 1])
        + rest
        + "".join(f"<{element}>{each}" for each in parts[number + 2 :])
    )
    said, refused = _read_or_refused(without.encode(), name)
    if said is None:
        assert refused is not None
        assert refused.file == name
        return
    assert {each.mode for each in said.warnings} <= {said.mode}

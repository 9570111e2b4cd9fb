"""Alerts in CAP 1.2: valid in structure, status by the mode alone, chains of update and cancel, nothing mixed."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from keniki.apps.disaster.formats import cap
from keniki.apps.disaster.formats.cap import Alert, Area, Info, level_info, order_info, shelter_info, write
from keniki.core.errors import WrongInput

from .cap_structure import schema

AT = datetime(2026, 8, 1, 3, 20, tzinfo=cap.JST)
RING = ((141.7, 43.1), (141.8, 43.1), (141.8, 43.2), (141.7, 43.1))
NORTH = Area("北地区", ("012106",), (RING,))
SOUTH = Area("南地区", ("012106",), (RING, RING))


@cache
def structure() -> etree.XMLSchema:
    return schema()


def evacuate(*areas: Area) -> Info:
    return order_info(
        "evacuate", areas or (NORTH, SOUTH), town="試験市", cause="flood", at=AT, reason="河川の氾濫のおそれ"
    )


def real(*infos: Info) -> Alert:
    return Alert("shiken-1", "bosai@example.jp", AT, "real", infos or (evacuate(),), incidents=("jian-1",))


def exercise(*infos: Info) -> Alert:
    return replace(real(*infos), mode="exercise", exercise_name="総合防災訓練")


def parsed(alert: Alert) -> etree._Element:
    root = etree.fromstring(write(alert))
    structure().assertValid(root)
    return root


def texts(root: etree._Element, path: str) -> list[str]:
    found = root.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))
    return [element.text or "" for element in found]


def test_the_examples_run() -> None:
    assert doctest.testmod(cap).failed == 0


def test_an_evacuation_order_for_several_districts() -> None:
    root = parsed(real())
    assert texts(root, "status") == ["Actual"]
    assert texts(root, "sent") == ["2026-08-01T03:20:00+09:00"]
    assert texts(root, "info/category") == ["Met"]
    assert texts(root, "info/event") == ["避難指示"]
    assert texts(root, "info/responseType") == ["Evacuate"]
    assert texts(root, "info/eventCode/value") == ["4"]
    assert texts(root, "info/area/areaDesc") == ["北地区", "南地区"]
    assert texts(root, "info/area/geocode/value") == ["012106", "012106"]
    assert texts(root, "info/area/polygon")[0].startswith("43.100000,141.700000 43.100000,141.800000")
    assert len(texts(root, "info/area/polygon")) == 3
    assert texts(root, "info/parameter/value") == [
        "実災害",
        "試験市長",
        "災害対策基本法第60条第1項",
    ]
    assert "訓練" not in write(real()).decode()


def test_an_exercise_says_so_in_every_text() -> None:
    root = parsed(exercise())
    assert texts(root, "status") == ["Exercise"]
    assert "総合防災訓練" in texts(root, "note")[0]
    for path in ("note", "info/event", "info/headline", "info/description", "info/area/areaDesc"):
        assert all(text.startswith("【訓練】") for text in texts(root, path)), path
    assert texts(root, "info/parameter/value")[0] == "訓練"


@pytest.mark.parametrize("make", [real, exercise])
def test_every_order_state_and_level_is_valid(make: Callable[..., Alert]) -> None:
    keys = ("elderly", "evacuate", "safety", "lifted")
    orders = [order_info(key, (NORTH,), town="試験市", cause="landslide", at=AT) for key in keys]
    states = [
        shelter_info(state, "北小学校", NORTH, town="試験市", cause="snow", at=AT)
        for state in ("open", "full", "closed")
    ]
    levels = [level_info(level, NORTH, town="試験市", cause="other", at=AT) for level in range(1, 6)]
    root = parsed(make(*orders, *states, *levels))
    assert len(texts(root, "info/event")) == 12
    assert set(texts(root, "info/category")) == {"Geo", "Met", "Safety"}
    assert texts(root, "info/responseType")[:4] == ["Prepare", "Evacuate", "Shelter", "AllClear"]


def test_updates_and_the_cancel_refer_to_all_before_them() -> None:
    first = real()
    second = first.updated("shiken-2", AT + timedelta(minutes=10), [evacuate(NORTH)])
    third = second.cancelled("shiken-3", AT + timedelta(minutes=20), "誤って送ったため")
    assert texts(parsed(second), "references") == ["bosai@example.jp,shiken-1,2026-08-01T03:20:00+09:00"]
    root = parsed(third)
    assert texts(root, "msgType") == ["Cancel"]
    assert texts(root, "references")[0].split() == [
        "bosai@example.jp,shiken-1,2026-08-01T03:20:00+09:00",
        "bosai@example.jp,shiken-2,2026-08-01T03:30:00+09:00",
    ]
    assert texts(root, "note") == ["誤って送ったため"]
    assert texts(root, "incidents") == ["jian-1"]
    with pytest.raises(WrongInput, match="取り消した電文"):
        third.updated("shiken-4", AT + timedelta(hours=1), [evacuate()])


def test_a_chain_keeps_its_mode() -> None:
    followed = exercise().updated("shiken-2", AT + timedelta(minutes=1), [evacuate()])
    cancelled = followed.cancelled("shiken-3", AT + timedelta(minutes=2), "終了")
    assert [texts(parsed(each), "status") for each in (followed, cancelled)] == [["Exercise"]] * 2
    assert texts(parsed(cancelled), "note")[0].startswith("【訓練】")


def test_no_message_refers_across_the_modes() -> None:
    with pytest.raises(WrongInput, match="実災害の電文から訓練の電文") as refused:
        replace(real(), message_type="Update", references=(exercise().reference,))
    assert refused.value.column == "references"
    with pytest.raises(WrongInput, match="訓練の電文から実災害の電文"):
        replace(exercise(), message_type="Cancel", references=(real().reference,))


def test_an_exercise_without_a_name_and_a_real_one_with_one_are_refused() -> None:
    for wrong in ({"mode": "exercise"}, {"exercise_name": "訓練"}, {"mode": "test"}, {"mode": ""}):
        with pytest.raises(WrongInput):
            replace(real(), **wrong)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"identifier": "a b"}, "identifier"),
        ({"identifier": ""}, "identifier"),
        ({"sender": "a,b"}, "sender"),
        ({"incidents": ("a&b",)}, "incidents"),
        ({"sent": datetime(2026, 8, 1, 3, 20)}, "sent"),  # noqa: DTZ001 - what is refused
        ({"infos": ()}, "info"),
        ({"message_type": "Update"}, "references"),
        ({"note": "a\x00b"}, "note"),
    ],
)
def test_what_cap_cannot_say_is_refused_with_its_place(changes: dict[str, object], column: str) -> None:
    with pytest.raises(WrongInput) as refused:
        replace(real(), **changes)  # type: ignore[arg-type]
    assert refused.value.column == column


@pytest.mark.parametrize(
    ("make", "column"),
    [
        (lambda: Area("区", ("012107",)), "geocode"),
        (lambda: Area("区", ("01210",)), "geocode"),
        (lambda: Area(" "), "areaDesc"),
        (lambda: Area("区", (), (RING[:-1],)), "polygon"),
        (lambda: Area("区", (), (tuple((north, east) for east, north in RING),)), "polygon"),
        (lambda: order_info("evacuate", (), town="試験市", cause="flood", at=AT), "area"),
        (lambda: level_info(6, NORTH, town="試験市", cause="flood", at=AT), "警戒レベル"),
        (lambda: level_info(0, NORTH, town="試験市", cause="flood", at=AT), "警戒レベル"),
        (lambda: replace(evacuate(), web="javascript:alert(1)"), "web"),
        (lambda: replace(evacuate(), expires=AT), "expires"),
        (lambda: cap.rings_of({"type": "Point", "coordinates": [141, 43]}), "polygon"),
    ],
)
def test_areas_and_contents_are_checked(make: Callable[[], object], column: str) -> None:
    with pytest.raises(WrongInput) as refused:
        make()
    assert refused.value.column == column


def test_a_later_message_is_later_and_has_its_own_number() -> None:
    with pytest.raises(WrongInput) as refused:
        real().updated("shiken-2", AT, [evacuate()])
    assert refused.value.column == "sent"
    with pytest.raises(WrongInput) as refused:
        real().updated("shiken-1", AT + timedelta(minutes=1), [evacuate()])
    assert refused.value.column == "identifier"


def test_any_zone_is_written_with_its_offset() -> None:
    moved = replace(real(), sent=datetime(2026, 7, 31, 18, 20, 0, 999999, tzinfo=UTC))
    assert texts(parsed(moved), "sent") == ["2026-08-01T03:20:00+09:00"]


def test_holes_are_left_and_both_forms_of_geometry_are_taken() -> None:
    square = [[141, 43], [142, 43], [142, 44], [141, 43]]
    assert cap.rings_of({"type": "Polygon", "coordinates": [square, square]}) == (
        ((141.0, 43.0), (142.0, 43.0), (142.0, 44.0), (141.0, 43.0)),
    )
    assert len(cap.rings_of({"type": "MultiPolygon", "coordinates": [[square], [square]]})) == 2


@pytest.mark.slow
@given(st.text(max_size=60), st.text(min_size=1, max_size=40), st.sampled_from(["real", "exercise"]))
def test_any_text_comes_out_as_it_was_or_is_refused(reason: str, name: str, mode: str) -> None:
    make = real if mode == "real" else exercise
    try:
        info = order_info("evacuate", (Area(name),), town="試験市", cause="flood", at=AT, reason=reason)
        alert = make(info)
    except WrongInput:
        return
    root = parsed(alert)
    assert texts(root, "status") == [{"real": "Actual", "exercise": "Exercise"}[mode]]
    said = texts(root, "info/description")[0]
    expected = reason.replace("\r\n", "\n").replace("\r", "\n")
    assert said.endswith(f"理由：{expected}" if reason else "。")

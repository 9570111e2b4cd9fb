"""Bundles on a USB stick and QR codes: whatever is wrong with one is said, and nothing is taken half."""

from __future__ import annotations

import base64
import json
import random

import pytest

from keniki.analysis.merging import (
    Device,
    bundle,
    file_name,
    header_of,
    missing_serials,
    unbundle,
)
from keniki.analysis.merging.bundles import BadBundle, new_key, public_text
from keniki.analysis.merging.examples import INCIDENT, event, ident, person
from keniki.core.errors import WrongInput

SERVER, PC, STRANGER = new_key(), new_key(), new_key()
DEVICES = {"pc-1": Device(public_text(PC.public_key())), "pc-2": Device(public_text(STRANGER.public_key()))}
EVENTS = [
    event(str(number), person(str(number)), name=f"避難者 {number}", note="持病") for number in range(20)
]


def made(events=EVENTS, **changes):
    about = {
        "region": "r",
        "incident": INCIDENT,
        "mode": "exercise",
        "device": "pc-1",
        "serial": 1,
        "ident": ident("bundle"),
        "made_at": "2026-08-01T06:00:00+09:00",
        "device_key": PC,
        "server_key": public_text(SERVER.public_key()),
    }
    return bundle(events, **{**about, **changes})


def read(data, **changes):
    about = {
        "region": "r",
        "incident": INCIDENT,
        "mode": "exercise",
        "devices": DEVICES,
        "server_keys": [new_key(), SERVER],
        "known": {},
    }
    return unbundle(data, **{**about, **changes})


def trouble(data, **changes):
    with pytest.raises(BadBundle) as caught:
        read(data, **changes)
    assert caught.value.message
    return caught.value.trouble


def altered(data, **changes):
    return json.dumps({**json.loads(data), **changes}).encode()


def test_what_a_device_wrote_comes_out_whole():
    opened = read(made())
    assert list(opened.events) == EVENTS
    assert opened.refused == ()
    assert opened.again is False
    assert (opened.header.count, opened.header.mode) == (20, "exercise")


def test_a_lost_stick_gives_nothing_about_a_person_away():
    text = made().decode()
    for secret in ("避難者", "持病", EVENTS[0].id, EVENTS[0].entity):
        assert secret not in text
        assert base64.b64encode(secret.encode()).decode()[:-4] not in text
    assert file_name(header_of(made())) == "訓練_r_pc-1_001.keniki"


def test_the_same_file_again_is_said_and_gives_the_same_events():
    data = made()
    first = read(data)
    again = read(data, known={first.header.bundle: first.digest})
    assert again.again is True
    assert again.events == first.events


def test_another_content_under_a_known_number_is_refused():
    first = read(made())
    assert trouble(made(EVENTS[:3]), known={first.header.bundle: first.digest}) == "reused"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"region": "other"}, "region"),
        ({"mode": "real"}, "mode"),
        ({"incident": ident("other")}, "incident"),
        ({"devices": {}}, "device"),
        ({"devices": {"pc-1": Device(DEVICES["pc-1"].public_key, revoked=True)}}, "revoked"),
        ({"devices": {"pc-1": DEVICES["pc-2"]}}, "tampered"),
        ({"server_keys": [new_key()]}, "key"),
    ],
)
def test_a_bundle_for_elsewhere_or_of_nobody_is_refused_with_its_reason(changes, why):
    assert trouble(made(), **changes) == why


def test_a_real_bundle_never_enters_an_exercise():
    real = [event("1", mode="real", name="い")]
    data = made(real, mode="real")
    assert trouble(data) == "mode"
    assert read(data, mode="real").events == tuple(real)


@pytest.mark.parametrize("name", ["key", "content", "signature", "header"])
def test_one_changed_byte_anywhere_is_noticed(name):
    whole = json.loads(made())
    text = whole[name]
    rng = random.Random(name)
    for _ in range(40):
        place = rng.randrange(len(text))
        other = rng.choice([each for each in "abcXYZ0189" if each != text[place]])
        changed = text[:place] + other + text[place + 1 :]
        padding = name != "header" and place == len(text) - 1
        if padding and base64.urlsafe_b64decode(changed + "==") == base64.urlsafe_b64decode(text + "=="):
            continue
        why = trouble(altered(json.dumps(whole), **{name: changed}))
        assert why in {"tampered", "truncated", "device", "region", "mode", "incident", "key"}


def test_a_changed_mode_on_the_outside_does_not_make_an_exercise_real():
    whole = json.loads(made())
    header = json.loads(whole["header"])
    changed = json.dumps({**header, "mode": "real"}, separators=(",", ":"), sort_keys=True)
    assert trouble(altered(json.dumps(whole), header=changed), mode="real") == "tampered"


def test_a_file_cut_off_anywhere_gives_nothing():
    data = made()
    for length in range(len(data) // 40, len(data) - 2, len(data) // 40):
        assert trouble(data[:length]) == "truncated"
    whole = json.loads(data)
    assert trouble(altered(data, content=whole["content"][:-8])) == "truncated"


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"[]", b"{}", b"\xff\xfe", b'{"format": "other", "version": 1}', b"x" * 100]
)
def test_what_is_no_bundle_is_said_to_be_none(data):
    assert trouble(data) == "not_a_bundle"


def test_a_later_version_asks_for_a_newer_system():
    assert trouble(altered(made(), version=2)) == "version"
    assert trouble(altered(made(), more="x")) == "not_a_bundle"
    assert trouble(altered(made(), content=7)) == "not_a_bundle"
    assert trouble(altered(made(), header='{"region": "r"}')) == "tampered"


def test_a_device_answers_for_its_own_events_alone_and_the_rest_is_taken(monkeypatch):
    forged = [*EVENTS[:2], event("stray", device="pc-2", name="い"), event("real", mode="real", name="い")]
    for each in forged[2:]:
        with pytest.raises(WrongInput):
            made([each])
    monkeypatch.setattr("keniki.analysis.merging.bundles._check_own", lambda *_: None)
    data = made(forged)
    monkeypatch.undo()
    opened = read(data)
    assert [each.id for each in opened.events] == [EVENTS[0].id, EVENTS[1].id]
    assert [each.number for each in opened.refused] == [3, 4]
    assert "別の端末「pc-2」" in opened.refused[0].reason
    assert "実災害の記録です" in opened.refused[1].reason
    assert len(opened.events) + len(opened.refused) == opened.header.count


def test_nothing_to_send_is_said():
    with pytest.raises(WrongInput, match="送るできごとがありません"):
        made([])


def test_bundles_that_have_not_come_are_named():
    assert missing_serials([]) == []
    assert missing_serials([2, 5, 5]) == [1, 3, 4]

"""Warnings of the weather agency: asked for when switched on, taken once, told to incidents, played into drills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.disaster.actions.incidents import end_incident, save_incident
from keniki.apps.disaster.actions.warnings.polling import poll
from keniki.apps.disaster.actions.warnings.switching import switch_source
from keniki.apps.disaster.actions.warnings.taking import content_of, read_again, take_telegram
from keniki.apps.disaster.actions.warnings.telling import play_telegram, tell_all
from keniki.apps.disaster.actions.warnings.thinning import thin_telegrams
from keniki.apps.disaster.models import (
    AreaWarnings,
    Event,
    Incident,
    RefusedEvent,
    WarningPolling,
    WarningSource,
    WarningTelegram,
)
from keniki.apps.disaster.queries.board import board_of
from keniki.apps.disaster.queries.warnings import weather_of
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions.queries import operator
from keniki.core.errors import WrongInput

from .jma_samples import NOTHING, feed, kind, quake, report, river, weather
from .serving import Server, serving
from .test_incidents import DRILL, RAIN

TOWN, BESIDE, FAR = f"{KAWAKITA[:5]}00", f"{HOSHINO[:5]}00", "4720100"
WARNING = kind("レベル３大雨警報", "03")
PATH = "/data/20260801032000_0_VPWW55_016000.xml"


def ago(minutes: int) -> str:
    return (timezone.localtime() - timedelta(minutes=minutes)).isoformat(timespec="seconds")


def take(data: bytes, name: str = "20260801_0_VPWW55_016000.xml", **more: Any):
    return take_telegram(operator(), data, name, **more)


def titles(region) -> dict[str, list[str]]:
    return {
        each.town.code: [line.title for line in each.lines] for each in weather_of(region).towns if each.lines
    }


def told(incident) -> list[tuple[str, str]]:
    rows = Event.objects.filter(incident=incident, via=Event.Via.WARNING).order_by("received_at", "id")
    return [
        (row.fields["title"]["value"], row.fields["state"]["value"])
        for row in rows
        if row.entity.startswith("warning:")
    ]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as played:
        yield played


@pytest.fixture
def asking(server: Server, settings, in_region) -> Server:
    """The source is switched on and asks the server here."""
    settings.JMA_URL = f"{server.address}/feed/"
    switch_source(operator(), active=True, feeds=["extra", "eqvol"], minutes=1)
    return server


def offered(server: Server, *telegrams: tuple[str, bytes]) -> None:
    listed = feed([(f"{server.address}{path}", ago(1)) for path, _ in telegrams], updated=ago(0))
    server.replies = {
        f"/feed/{name}.xml": (200, feed([], updated=ago(0)), {}) for name in ("eqvol", "eqvol_l", "extra_l")
    }
    server.replies["/feed/extra.xml"] = (
        200,
        listed,
        {"ETag": '"1"', "Last-Modified": "Sat, 01 Aug 2026 03:20:00 GMT"},
    )
    server.replies |= {path: (200, data, {}) for path, data in telegrams}


def asked(server: Server) -> list[str]:
    return [path for path, _ in server.asked]


def poll_now(seconds: float = 8.0, **more: Any):
    """A round with the pauses between questions passing at once."""
    passed = timedelta()

    def sleep(length: float) -> None:
        nonlocal passed
        passed += timedelta(seconds=length)

    return poll(operator(), seconds=seconds, now=lambda: timezone.now() + passed, sleep=sleep, **more)


def test_nothing_is_asked_until_the_operator_switches_it_on(server, settings, in_region) -> None:
    settings.JMA_URL = f"{server.address}/feed/"
    with pytest.raises(WrongInput, match="切られています"):
        poll_now()
    switch_source(operator(), active=True, feeds=["extra"], minutes=2)
    switch_source(operator(), active=False, feeds=["extra"], minutes=2)
    with pytest.raises(WrongInput, match="切られています"):
        poll_now()
    assert server.asked == []


def test_only_the_operator_switches_and_takes(in_region, secretariat, partner) -> None:
    for actor in (secretariat, partner):
        with pytest.raises(Denied):
            switch_source(actor, active=True, feeds=["extra"], minutes=1)
        with pytest.raises(Denied):
            take_telegram(actor, weather({TOWN: WARNING}), "a_VPWW55_016000.xml")
        with pytest.raises(Denied):
            poll(actor, seconds=1)
    assert not WarningSource.objects.exists()
    assert not WarningTelegram.objects.exists()


def test_a_wrong_setting_is_refused_and_a_second_editor_sees_the_first(in_region) -> None:
    for wrong in ({"feeds": []}, {"feeds": ["other"]}, {"minutes": 0}, {"minutes": 11}):
        with pytest.raises(WrongInput):
            switch_source(operator(), **{"active": True, "feeds": ["extra"], "minutes": 1, **wrong})
    row = switch_source(operator(), active=True, feeds=["extra"], minutes=1)
    switch_source(operator(), active=True, feeds=["extra"], minutes=3, version=row.version)
    with pytest.raises(Stale):
        switch_source(operator(), active=False, feeds=["extra"], minutes=3, version=row.version)
    assert LogEntry.objects.filter(verb="disaster.switch_warnings").count() == 2


def test_from_the_feed_to_the_towns_and_nothing_is_asked_twice(asking, in_region) -> None:
    data = weather({TOWN: WARNING, BESIDE: kind("雷注意報", "14"), FAR: WARNING}, at=ago(5))
    offered(asking, (PATH, data))
    polled = poll_now()
    assert [one.outcome for one in polled.taken] == ["taken"]
    assert titles(in_region) == {KAWAKITA: ["レベル３大雨警報"], HOSHINO: ["雷注意報"]}
    telegram = WarningTelegram.objects.get()
    assert content_of(telegram) == data
    assert (telegram.via, telegram.mode, telegram.towns) == ("feed", "real", sorted([KAWAKITA, HOSHINO]))
    assert asked(asking).count(PATH) == 1
    asking.asked.clear()
    poll_now(seconds=100)
    again = dict(asking.asked)
    assert PATH not in again
    assert again["/feed/extra.xml"]["if-none-match"] == '"1"'
    assert again["/feed/extra.xml"]["if-modified-since"] == "Sat, 01 Aug 2026 03:20:00 GMT"


def test_not_modified_is_a_sign_of_life(asking, in_region) -> None:
    asking.replies = {
        f"/feed/{name}.xml": (304, b"", {}) for name in ("extra", "eqvol", "extra_l", "eqvol_l")
    }
    polled = poll_now()
    assert (polled.asked, polled.taken, polled.notes) == (4, (), ())
    weather_now = weather_of(in_region)
    assert weather_now.fresh
    assert not weather_now.any


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"<Report", "XML"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><Report>&a;</Report>', "DTD"),
        (b"<html>503</html>", "電文ではありません"),
    ],
)
def test_a_broken_telegram_is_kept_with_its_reason_and_the_rest_goes_on(
    asking, in_region, broken, reason
) -> None:
    good = weather({TOWN: WARNING}, at=ago(5))
    offered(asking, (PATH, broken), (PATH.replace("VPWW55", "VPWW56"), good))
    polled = poll_now()
    assert sorted(one.outcome for one in polled.taken) == ["refused", "taken"]
    refused = WarningTelegram.objects.get(outcome="refused")
    assert reason in refused.reason
    assert content_of(refused) == broken
    assert titles(in_region)[KAWAKITA]


def test_a_silent_and_a_huge_answer_are_noted_and_asked_again_later(asking, in_region, monkeypatch) -> None:
    asking.wait = 0.5
    polled = poll_now(timeout=0.1)
    assert any("秒以内に答えがない" in note for note in polled.notes)
    assert WarningPolling.objects.get().answered_at is None
    asking.wait = 0.0
    monkeypatch.setattr("keniki.apps.disaster.formats.jma.fetching.MAX_BYTES", 1000)
    WarningPolling.objects.all().delete()
    offered(asking, (PATH, b"x" * 5000))
    asking.replies["/feed/extra.xml"] = (200, feed([(f"{asking.address}{PATH}", ago(1))], updated=ago(0)), {})
    polled = poll_now()
    assert any("答えが大きすぎる" in note for note in polled.notes)
    assert not WarningTelegram.objects.exists()


@pytest.mark.slow
def test_a_switch_while_it_is_asked_ends_the_round(asking, in_region) -> None:
    offered(asking)
    source = WarningSource.objects.get()
    calls = []

    def sleep(_: float) -> None:
        if not calls:
            calls.append(
                switch_source(operator(), active=False, feeds=["extra"], minutes=1, version=source.version)
            )

    polled = poll(operator(), seconds=3, sleep=sleep)
    assert "取得の設定が変わったため、途中で終わります。" in polled.notes
    assert polled.asked <= 2


def test_the_same_telegram_is_taken_once_in_any_order(in_region) -> None:
    older = weather({TOWN: WARNING}, at=ago(60))
    newer = weather({TOWN: NOTHING}, at=ago(10))
    for order in ((older, newer), (newer, older)):
        WarningTelegram.objects.all()
        for data in order:
            take(data)
        assert take(order[0]).outcome == "known"
        assert titles(in_region) == {}
        with verb(SYSTEM, "test", quiet=True):
            AreaWarnings.objects.all().delete()
            WarningTelegram.objects.all().delete()


def test_what_is_about_other_towns_is_not_kept(in_region) -> None:
    assert take(weather({FAR: WARNING})).outcome == "elsewhere"
    assert not WarningTelegram.objects.exists()


@pytest.mark.parametrize("status", ["訓練", "試験"])
def test_a_drill_of_the_agency_stands_nowhere_and_is_told_to_no_real_incident(
    in_region, secretariat, status
) -> None:
    incident = save_incident(secretariat, in_region, RAIN)
    one = take(weather({TOWN: WARNING}, status=status, at=ago(5)))
    assert one.telegram is not None
    assert one.telegram.is_exercise
    tell_all()
    assert titles(in_region) == {}
    assert not AreaWarnings.objects.exists()
    assert told(incident) == []


def test_the_database_refuses_what_stands_from_a_drill(in_region) -> None:
    one = take(weather({TOWN: WARNING}, status="訓練", at=ago(5)))
    with (
        pytest.raises(IntegrityError, match="real telegrams alone"),
        transaction.atomic(),
    ):
        AreaWarnings._base_manager.bulk_create(
            [AreaWarnings(area_code=TOWN, phenomenon="heavy_rain", at=timezone.now(), telegram=one.telegram)]
        )


def test_a_real_incident_is_told_once_what_begins_rises_and_ends(in_region, secretariat) -> None:
    incident = save_incident(secretariat, in_region, RAIN)
    drill = save_incident(secretariat, in_region, DRILL)
    take(weather({TOWN: WARNING, BESIDE: NOTHING}, at=ago(60)))
    assert tell_all() == 1
    assert tell_all() == 0
    take(weather({TOWN: kind("レベル３大雨警報", "03", "継続")}, at=ago(50)))
    assert tell_all() == 0
    take(weather({TOWN: kind()}, at=ago(40)))
    take(weather({TOWN: kind("レベル２大雨注意報", "10", "危険警報から注意報")}, at=ago(30)))
    assert tell_all() == 1
    take(weather({TOWN: NOTHING}, at=ago(20)))
    assert tell_all() == 1
    assert told(incident) == [
        ("レベル３大雨警報", "issued"),
        ("レベル２大雨注意報", "issued"),
        ("レベル２大雨注意報", "lifted"),
    ]
    assert told(drill) == []
    assert not RefusedEvent.objects.exists()
    (row,) = board_of(incident).warnings
    assert not row.in_force
    assert row.town_name == "川北町"


def test_an_incident_that_is_opened_later_begins_with_what_stands(in_region, secretariat) -> None:
    take(weather({TOWN: WARNING}, at=ago(60)))
    incident = save_incident(secretariat, in_region, RAIN)
    assert told(incident) == [("レベル３大雨警報", "issued")]
    (line,) = Event.objects.filter(incident=incident)
    assert (line.via, line.actor_name, line.on_behalf_of) == ("warning", "システム（自動）", "")
    end_incident(secretariat, incident, None)
    take(weather({TOWN: kind()}, at=ago(10)))
    assert tell_all() == 0


def test_what_stood_when_the_source_fell_silent_is_told_to_nobody(in_region, secretariat) -> None:
    take(weather({TOWN: WARNING}, at=ago(60)))
    WarningTelegram.objects.update(received_at=timezone.now() - timedelta(hours=4))
    incident = save_incident(secretariat, in_region, RAIN)
    assert told(incident) == []
    assert not weather_of(in_region).fresh


def test_earthquakes_and_what_is_taken_back_are_notes(in_region, secretariat) -> None:
    now = ago(3)
    cities = [(TOWN, "川北町", "5-"), (BESIDE, "星野町", "")]
    take(quake(cities, at=now), "a_VXSE53_010000.xml")
    take(weather({TOWN: WARNING}, at=ago(9)))
    take(weather({TOWN: WARNING}, at=ago(2), info_type="取消"))
    began = RAIN.__class__(**{**RAIN.__dict__, "began_at": timezone.now() - timedelta(minutes=1)})
    incident = save_incident(secretariat, in_region, began)
    tell_all()
    texts = sorted(
        row.fields["text"]["value"]
        for row in Event.objects.filter(incident=incident, entity__startswith="note:")
    )
    assert len(texts) == 2
    assert "川北町 震度5弱" in texts[1]
    assert "星野町 震度5弱以上（未入電）" in texts[1]
    assert "取り消されました" in texts[0]


def test_rivers_are_told_to_the_towns_where_water_is_expected(in_region, secretariat) -> None:
    incident = save_incident(secretariat, in_region, RAIN)
    data = river("レベル４氾濫危険情報", "40", cities=[(KAWAKITA[:5] + "00", "川北町")], at=ago(5))
    assert take(data, "a_VXKO50_016000.xml").outcome == "taken"
    tell_all()
    (row,) = board_of(incident).warnings
    assert (row.town_name, row.level.value) == ("川北町", 4)
    assert "試験川" in row.title.words


def test_telegrams_are_read_again_when_a_town_joins(in_region) -> None:
    read_again(operator())
    take(weather({TOWN: WARNING}, at=ago(5)))
    polling = WarningPolling.objects.get()
    with verb(SYSTEM, "test", quiet=True):
        AreaWarnings.objects.all().delete()
        polling.towns = [AOBA]
        polling.save()
    assert read_again(operator()) == 1
    assert titles(in_region) == {KAWAKITA: ["レベル３大雨警報"]}
    assert read_again(operator()) == 0


def test_old_telegrams_go_but_what_stands_and_what_an_open_incident_is_told_from(
    in_region, secretariat
) -> None:
    take(weather({TOWN: NOTHING}, at=ago(90)))
    take(weather({TOWN: WARNING}, at=ago(60)))
    broken = take_telegram(operator(), b"<Report>", "a_VPWW55_016000.xml")
    assert broken.outcome == "refused"
    WarningTelegram.objects.update(received_at=timezone.now() - timedelta(days=500))
    take(weather({BESIDE: WARNING}, at=ago(5)))
    rain = save_incident(secretariat, in_region, RAIN)
    Incident.objects.filter(pk=rain.pk).update(began_at=timezone.now() - timedelta(days=501))
    rain.refresh_from_db()
    assert thin_telegrams(400) == 0
    end_incident(secretariat, rain, rain.version)
    with pytest.raises(Denied):
        thin_telegrams(400, secretariat)
    assert thin_telegrams(400) == 2
    assert LogEntry.objects.filter(verb="disaster.thin_telegrams").count() == 1
    assert WarningTelegram.objects.count() == 2
    assert titles(in_region) == {KAWAKITA: ["レベル３大雨警報"], HOSHINO: ["レベル３大雨警報"]}
    assert thin_telegrams(400) == 0


def test_a_telegram_of_a_drill_is_played_into_a_drill_once(in_region, secretariat) -> None:
    drill = save_incident(secretariat, in_region, DRILL)
    data = weather({TOWN: WARNING}, status="訓練", at=ago(5))
    assert play_telegram(secretariat, drill, data, "a_VPWW55_016000.xml") == 1
    with pytest.raises(WrongInput, match="新しく付与する内容がありません"):
        play_telegram(secretariat, drill, data, "a_VPWW55_016000.xml")
    assert told(drill) == [("レベル３大雨警報", "issued")]
    (event,) = Event.objects.filter(incident=drill)
    assert event.mode == "exercise"


def test_neither_a_real_telegram_into_a_drill_nor_one_of_a_drill_into_a_real_incident(
    in_region, secretariat, partner
) -> None:
    drill, real = save_incident(secretariat, in_region, DRILL), save_incident(secretariat, in_region, RAIN)
    training = weather({TOWN: WARNING}, status="訓練", at=ago(5))
    for status in ("通常", "試験"):
        with pytest.raises(WrongInput, match="付与できるのは「訓練」の電文だけ"):
            play_telegram(secretariat, drill, weather({TOWN: WARNING}, status=status), "a_VPWW55_016000.xml")
    with pytest.raises(WrongInput, match="訓練だけです"):
        play_telegram(secretariat, real, training, "a_VPWW55_016000.xml")
    with pytest.raises(Denied):
        play_telegram(partner, drill, training, "a_VPWW55_016000.xml")
    with pytest.raises(WrongInput):
        play_telegram(secretariat, drill, report("<x/>", status="訓練"), "a_VPWW55_016000.xml")
    assert not Event.objects.exists()

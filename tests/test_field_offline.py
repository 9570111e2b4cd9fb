"""The reception of a shelter without network: prepared once, used for days; nothing is lost, nothing is there twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope
from playwright.sync_api import expect

from keniki.analysis import reception
from keniki.apps.disaster import field_pages
from keniki.apps.disaster.actions.reception.devices import revoke_device
from keniki.apps.disaster.models import Device, Incident
from keniki.apps.disaster.queries.states import headcounts_of, state_of
from keniki.apps.portal import testing

from .tablets import Tablet, app_of, cards, drill, enter_household, prepare, scan, stored, type_code, unlock

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE = 200
#: All that stands in the browser's database, as whoever copies the disk would read it.
EVERYTHING_KEPT = """
async (name) => {
  const said = (asked) => new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
  const opened = await said(indexedDB.open(name));
  const all = (store) => said(opened.transaction(store).objectStore(store).getAll());
  const read = (bytes) => new TextDecoder().decode(bytes);
  const text = (value) => value instanceof Uint8Array ? read(value) : JSON.stringify(value);
  const rows = await all("boxes");
  const meta = await all("meta");
  opened.close();
  return {
    boxes: rows.flatMap((row) => Object.values(row).map(text)).join(" "),
    names_of_places: JSON.stringify(meta.map((each) => each.data?.shelters)),
  };
}
"""


@pytest.fixture
def incident(cast: testing.Cast) -> Incident:
    return drill(cast)


def test_two_hundred_people_are_registered_without_network_and_all_arrive_once(
    tablet: Tablet, incident: Incident, cast: testing.Cast
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tokens = cards(incident, PEOPLE - 2)
    tablet.away()
    for token in tokens[:120]:
        scan(page, token)
    page.reload()
    unlock(page)
    expect(page.get_by_label("受付の状態")).to_contain_text("いま120人")
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 120件")
    tablet.stop()

    page = tablet.start(online=False)
    page.goto(app_of(incident))
    unlock(page)
    for token in tokens[120:]:
        scan(page, token)
    enter_household(page, "架空 花子", "架空 次郎")
    expect(page.get_by_label("受付の状態")).to_contain_text(f"いま{PEOPLE}人")
    assert stored(incident) == []

    tablet.log_in()
    tablet.back()
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件", timeout=60_000)
    rows = stored(incident)
    assert len(rows) == len({row.pk for row in rows}) == PEOPLE + 1
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        count = headcounts_of(incident).places["shelter:kita"]
        assert (count.low, count.high) == (PEOPLE, PEOPLE)
        names = {each.value("name") for each in state_of(incident, ["person"]).of_kind("person")}
    assert {"架空 花子", "架空 次郎"} <= names
    page.reload()
    unlock(page)
    expect(page.get_by_label("受付の状態")).to_contain_text("つながっています", timeout=30_000)
    assert len(stored(incident)) == PEOPLE + 1
    tablet.stop()


def test_nothing_of_a_person_can_be_read_without_the_pin_and_guessing_takes_time(
    tablet: Tablet, incident: Incident
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.away()
    enter_household(page, "架空 花子")
    kept = page.evaluate(EVERYTHING_KEPT, f"keniki-reception-{incident.uid}")
    assert "川北町体育館" in kept["names_of_places"]
    assert "花子" not in kept["boxes"]
    page.reload()
    for _ in range(5):
        unlock(page, "111111")
        expect(page.get_by_role("alert")).to_contain_text("暗証番号が違います")
        expect(page.get_by_role("button", name="開く")).to_be_enabled()
    expect(page.get_by_role("alert")).to_contain_text("待ってから")
    unlock(page)
    expect(page.get_by_role("alert")).to_contain_text("待ってから")
    page.clock.install()
    page.clock.fast_forward("01:00")
    unlock(page)
    expect(page.get_by_label("受付の状態")).to_contain_text("いま1人")
    tablet.stop()


def test_a_card_of_a_real_incident_is_no_card_of_a_drill(tablet: Tablet, incident: Incident) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.away()
    type_code(page, reception.new_card("real"))
    expect(page.get_by_text("実災害用のカードです。訓練の受付には使えません。")).to_be_visible()
    token = reception.new_card("exercise")
    type_code(page, token[:-1] + ("0" if token[-1] != "0" else "1"))
    expect(page.get_by_text("番号に誤りがあります。")).to_be_visible()
    expect(page.get_by_label("受付の状態")).to_contain_text("いま0人")
    expect(page.get_by_role("region", name="訓練")).to_contain_text("実際の災害ではありません")
    assert page.title().startswith("【訓練】")
    tablet.stop()


def test_who_was_logged_out_meanwhile_loses_nothing(tablet: Tablet, incident: Incident) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.context.clear_cookies(name="keniki_session")
    scan(page, reception.new_card("exercise"))
    expect(page.get_by_label("受付の状態")).to_contain_text("ログインの期限が切れました")
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 1件")
    page.get_by_role("button", name="端末・送信").click()
    expect(page.get_by_role("link", name="ログインする")).to_be_visible()
    tablet.log_in()
    page.get_by_role("button", name="今すぐ送る").click()
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 1
    tablet.stop()


def test_two_tablets_meet_one_card_and_a_person_decides_what_they_disagree_about(
    tablet: Tablet,
    incident: Incident,
    playwright: Any,
    live_server: Any,
    tmp_path: Path,
    cast: testing.Cast,
) -> None:
    other = Tablet(playwright, tmp_path / "other", live_server.url, tablet.actor)
    token = reception.new_card("exercise")
    pages = []
    for number, (each, name) in enumerate([(tablet, "架空 花子"), (other, "架空 華子")], start=1):
        page = each.start()
        prepare(page, incident, f"受付{number}号")
        each.away()
        scan(page, token)
        page.get_by_role("button", name="氏名などを入力").click()
        page.get_by_label("氏名", exact=True).fill(name)
        page.get_by_role("button", name="保存する").click()
        expect(page.get_by_text("保存しました。")).to_be_visible()
        pages.append(page)
    for each, page in zip([tablet, other], pages, strict=True):
        each.back()
        expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件")
    page = pages[1]
    page.get_by_role("button", name=re.compile("^名簿(（|$)")).click()
    page.get_by_role("button", name="氏名未記入").click()
    page.get_by_role("group", name="食い違い：氏名").get_by_role("button", name="架空 花子").click()
    expect(page.get_by_role("heading", name="架空 花子")).to_be_visible()
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件")
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        [person] = state_of(incident, ["person"]).of_kind("person")
        assert person.value("name") == "架空 花子"
        count = headcounts_of(incident).places["shelter:kita"]
    assert (count.low, count.high) == (1, 1)
    tablet.stop()
    other.stop()
    assert other.errors == []


def test_what_is_carried_on_a_stick_is_what_the_network_would_have_brought(
    tablet: Tablet, incident: Incident, tmp_path: Path, cast: testing.Cast
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.away()
    enter_household(page, "架空 花子")
    page.get_by_role("button", name="端末・送信").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="未送信の記録を書き出す").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name.startswith("訓練_")
    assert "花子" not in file.read_text("utf-8")
    client = Client()
    client.force_login(cast.actor("partner").user, backend="django.contrib.auth.backends.ModelBackend")
    address = f"{incident.get_absolute_url()}reception/bundles/"
    for _ in range(2):
        with file.open("rb") as opened:
            answer = client.post(address, {"file": opened}, follow=True)
        assert answer.status_code == 200
    assert len(stored(incident)) == 2
    tablet.back()
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 2
    tablet.stop()


def test_three_days_later_the_page_still_opens_and_the_device_of_a_neighbour_gets_nobody(
    tablet: Tablet,
    incident: Incident,
    playwright: Any,
    live_server: Any,
    tmp_path: Path,
    cast: testing.Cast,
) -> None:
    page = tablet.start()
    prepare(page, incident)
    scan(page, reception.new_card("exercise"))
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件")
    tablet.stop()
    page = tablet.start(online=False)
    page.clock.install()
    page.clock.fast_forward(72 * 3600 * 1000)
    page.goto(app_of(incident))
    unlock(page)
    scan(page, reception.new_card("exercise"))
    expect(page.get_by_label("受付の状態")).to_contain_text("いま2人")
    tablet.stop()
    neighbour = Tablet(playwright, tmp_path / "neighbour", live_server.url, cast.actor("other_partner"))
    page = neighbour.start()
    prepare(page, incident)
    page.get_by_role("button", name="名簿").click()
    page.get_by_label("範囲").select_option("all")
    expect(page.get_by_text("0人", exact=True)).to_be_visible()
    neighbour.stop()
    assert neighbour.errors == []


def test_a_line_that_breaks_while_it_sends_brings_everybody_once(
    tablet: Tablet, incident: Incident, cast: testing.Cast
) -> None:
    """Torn, without an answer, refusing: each while people arrive, and in each the server may have stored already."""
    wire = tablet.line.wire
    page = tablet.start()
    prepare(page, incident)
    tokens = cards(incident, 24)
    state = page.get_by_label("受付の状態")
    for place, token in enumerate(tokens):
        if place % 8 == 3:
            wire.state = ("deaf", "refusing", "silent")[place // 8]
            wire.cut()
        if place % 8 == 7:
            wire.state = "open"
            wire.cut()
            page.get_by_role("button", name="端末・送信").click()
            page.get_by_role("button", name="今すぐ送る").click()
            page.get_by_role("button", name="受付", exact=True).click()
        scan(page, token)
    expect(state).to_contain_text("いま24人")
    expect(state).to_contain_text("未送信 0件", timeout=60_000)
    rows = stored(incident)
    assert len(rows) == len({row.pk for row in rows}) == 24
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        count = headcounts_of(incident).places["shelter:kita"]
    assert (count.low, count.high) == (24, 24)
    tablet.stop()


def test_a_device_that_was_struck_off_is_told_so_and_its_records_leave_on_a_stick(
    tablet: Tablet, incident: Incident, cast: testing.Cast, tmp_path: Path
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.away()
    scan(page, reception.new_card("exercise"))
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        device = Device.objects.get()
        revoke_device(cast.actor("partner"), device, "紛失（架空）", device.version)
    tablet.back()
    state = page.get_by_label("受付の状態")
    expect(state).to_contain_text("登録を抹消されています")
    expect(state).to_contain_text("未送信 1件")
    assert stored(incident) == []
    page.get_by_role("button", name="端末・送信").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="未送信の記録を書き出す").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.stat().st_size > 100
    tablet.stop()


def test_two_windows_of_one_tablet_show_the_same_people(tablet: Tablet, incident: Incident) -> None:
    page = tablet.start()
    prepare(page, incident)
    other = tablet.context.new_page()
    other.on("pageerror", lambda error: tablet.errors.append(str(error)))
    other.goto(app_of(incident))
    unlock(other)
    tablet.away()
    scan(page, reception.new_card("exercise"))
    expect(other.get_by_label("受付の状態")).to_contain_text("いま1人")
    scan(other, reception.new_card("exercise"))
    expect(page.get_by_label("受付の状態")).to_contain_text("いま2人")
    tablet.back()
    for each in (page, other):
        expect(each.get_by_label("受付の状態")).to_contain_text("未送信 0件", timeout=40_000)
    assert len(stored(incident)) == 2
    tablet.stop()


def test_a_new_version_of_the_page_waits_for_the_button_and_keeps_what_was_not_sent(
    tablet: Tablet, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tablet.start()
    prepare(page, incident)
    page.reload()
    unlock(page)
    state = page.get_by_label("受付の状態")
    page.route("**/send.json", lambda route: route.abort())
    scan(page, reception.new_card(incident.mode))
    expect(state).to_contain_text("未送信 1件")
    monkeypatch.setattr(field_pages, "_version", lambda contents: "0" * 16)
    page.evaluate("navigator.serviceWorker.getRegistration().then((each) => each.update())")
    button = page.get_by_role("button", name="新しい版に切り替える")
    expect(button).to_be_visible()
    expect(state).to_contain_text("いま1人")
    button.click()
    page.get_by_label("暗証番号", exact=True).wait_for()
    unlock(page)
    expect(state).to_contain_text("いま1人")
    assert [name.endswith("0" * 16) for name in page.evaluate("caches.keys()")] == [True]
    page.unroute("**/send.json")
    page.get_by_role("button", name="端末・送信").click()
    page.get_by_role("button", name="今すぐ送る").click()
    expect(state).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 1
    tablet.stop()

"""The reception of a shelter without network: prepared once, used for days; nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import segno
from django.test import Client
from django_scopes import scope, scopes_disabled
from playwright.sync_api import expect

from keniki.analysis import reception
from keniki.apps.disaster import field_pages
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.actions.reception.devices import revoke_device
from keniki.apps.disaster.models import Device, Event, Incident
from keniki.apps.disaster.queries.states import headcounts_of, state_of
from keniki.apps.disaster.tests.boarded import halls
from keniki.apps.disaster.tests.test_incidents import DRILL
from keniki.apps.portal import testing
from keniki.cli.doctor import browser as chromium

from .browser import PHONE, SWITCHES
from .wire import wired

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PIN = "架空246810"
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
#: Remembers every camera the page opens.
COUNT_CAMERAS = """
() => {
  globalThis.cameras = [];
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    cameras.push(...stream.getTracks());
    return stream;
  };
}
"""
#: How many cameras there were, once none of them runs any more.
CAMERAS_ENDED = """
async () => {
  const until = Date.now() + 10_000;
  while (cameras.some((each) => each.readyState !== "ended")) {
    if (Date.now() > until) throw new Error("a camera still runs");
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return cameras.length;
}
"""


class Tablet:
    """A tablet with a profile of its own: switched off and on, with and without network."""

    def __init__(self, playwright: Any, profile: Path, address: str, actor: Any) -> None:
        self.playwright, self.profile, self.address, self.actor = playwright, profile, address, actor
        self.context: Any = None
        self.errors: list[str] = []

    def start(self, *, online: bool = True, switches: Sequence[str] = ()) -> Any:
        """Switch it on."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=str(chromium()), args=[*SWITCHES, *switches], base_url=self.address,
            locale="ja-JP", timezone_id="Asia/Tokyo", viewport=PHONE, accept_downloads=True,
        )  # fmt: skip
        self.context.set_default_timeout(20_000)
        if online:
            self.log_in()
        self.context.set_offline(not online)
        page = self.context.pages[0]
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def log_in(self) -> None:
        """A session of the actor."""
        client = Client()
        client.force_login(self.actor.user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies["keniki_session"].value
        self.context.add_cookies([{"name": "keniki_session", "value": cookie, "url": self.address}])

    def stop(self) -> None:
        """Switch it off."""
        self.context.close()


@pytest.fixture
def playwright() -> Iterator[Any]:
    import os

    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as changed:
        changed.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as started:
            yield started


@pytest.fixture
def incident(cast: testing.Cast) -> Incident:
    with scope(region=cast.region):
        halls(cast.region, cast.towns, cast.actor("secretariat"))
        return save_incident(cast.actor("secretariat"), cast.region, DRILL)


@pytest.fixture
def tablet(playwright: Any, live_server: Any, cast: testing.Cast, tmp_path: Path) -> Iterator[Tablet]:
    made = Tablet(playwright, tmp_path / "tablet", live_server.url, cast.actor("partner"))
    yield made
    assert made.errors == []


def app_of(incident: Incident) -> str:
    return f"{incident.get_absolute_url()}reception/app/"


def prepare(page: Any, incident: Incident, name: str = "受付1号") -> None:
    page.goto(app_of(incident))
    page.get_by_label("暗証番号", exact=True).fill(PIN)
    page.get_by_label("暗証番号（もう一度）").fill(PIN)
    page.get_by_role("button", name="決める").click()
    page.get_by_label("端末の名前").fill(name)
    page.get_by_role("button", name="この端末を登録する").click()
    page.get_by_role("button", name="この避難所で受け付ける").click()
    page.get_by_label("カード・受付簿の番号").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def unlock(page: Any, pin: str = PIN) -> None:
    page.get_by_label("暗証番号", exact=True).fill(pin)
    page.get_by_role("button", name="開く").click()


def scan(page: Any, token: str) -> None:
    """What a reader on the USB port does: the text and Enter."""
    field = page.get_by_label("カード・受付簿の番号")
    field.fill(f"KENIKI:C:{token}")
    field.press("Enter")
    page.get_by_text(reception.spelt(token)).wait_for()


def type_code(page: Any, token: str) -> None:
    field = page.get_by_label("カード・受付簿の番号")
    field.fill(token)
    field.press("Enter")


def enter_household(page: Any, *names: str) -> None:
    """A household by hand."""
    page.get_by_text("カードを使わずに受付（世帯）").click()
    for number, name in enumerate(names):
        page.get_by_label("氏名", exact=True).nth(number).fill(name)
    page.get_by_role("button", name="世帯を受け付ける").click()
    page.get_by_text(f"世帯{len(names)}人", exact=True).wait_for()


def cards(incident: Incident, number: int) -> list[str]:
    random.seed(7)
    return [reception.new_card(incident.mode) for _ in range(number)]


def filmed(text: str, file: Path) -> None:
    """A film of 640 × 480 of one QR code held still, as a camera would give it."""
    width, height, scale = 640, 480, 8
    code = [
        bytes(16 if dark else 235 for dark in row for _ in range(scale))
        for row in segno.make(text, error="m", micro=False).matrix
    ]
    side = len(code) * scale
    left, top = (width - side) // 2, (height - side) // 2
    blank = bytes([235]) * width
    lines = [blank[:left] + row + blank[: width - left - side] for row in code for _ in range(scale)]
    luma = b"".join([blank] * top + lines + [blank] * (height - top - side))
    frame = b"FRAME\n" + luma + bytes([128]) * (width * height // 2)
    file.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 5)


def stored(incident: Incident) -> list[Event]:
    with scopes_disabled():
        return list(Event.objects.filter(incident=incident, personal=True).select_related("incident"))


def test_two_hundred_people_are_registered_without_network_and_all_arrive_once(
    tablet: Tablet, incident: Incident, cast: testing.Cast
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tokens = cards(incident, PEOPLE - 2)
    tablet.context.set_offline(True)
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
    tablet.context.set_offline(False)
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
    tablet.context.set_offline(True)
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
    tablet.context.set_offline(True)
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
    tablet: Tablet, incident: Incident, playwright: Any, tmp_path: Path, cast: testing.Cast
) -> None:
    other = Tablet(playwright, tmp_path / "other", tablet.address, tablet.actor)
    token = reception.new_card("exercise")
    pages = []
    for number, (each, name) in enumerate([(tablet, "架空 花子"), (other, "架空 華子")], start=1):
        page = each.start()
        prepare(page, incident, f"受付{number}号")
        each.context.set_offline(True)
        scan(page, token)
        page.get_by_role("button", name="氏名などを入力").click()
        page.get_by_label("氏名", exact=True).fill(name)
        page.get_by_role("button", name="保存する").click()
        expect(page.get_by_text("保存しました。")).to_be_visible()
        pages.append(page)
    for each, page in zip([tablet, other], pages, strict=True):
        each.context.set_offline(False)
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
    tablet.context.set_offline(True)
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
    tablet.context.set_offline(False)
    expect(page.get_by_label("受付の状態")).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 2
    tablet.stop()


def test_three_days_later_the_page_still_opens_and_the_device_of_a_neighbour_gets_nobody(
    tablet: Tablet, incident: Incident, playwright: Any, tmp_path: Path, cast: testing.Cast
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
    neighbour = Tablet(playwright, tmp_path / "neighbour", tablet.address, cast.actor("other_partner"))
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
    host, port = tablet.address.removeprefix("http://").split(":")
    with wired((host, int(port))) as wire:
        tablet.address = f"http://127.0.0.1:{wire.port}"
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
    tablet.context.set_offline(True)
    scan(page, reception.new_card("exercise"))
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        device = Device.objects.get()
        revoke_device(cast.actor("partner"), device, "紛失（架空）", device.version)
    tablet.context.set_offline(False)
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
    tablet.context.set_offline(True)
    scan(page, reception.new_card("exercise"))
    expect(other.get_by_label("受付の状態")).to_contain_text("いま1人")
    scan(other, reception.new_card("exercise"))
    expect(page.get_by_label("受付の状態")).to_contain_text("いま2人")
    tablet.context.set_offline(False)
    for each in (page, other):
        expect(each.get_by_label("受付の状態")).to_contain_text("未送信 0件", timeout=40_000)
    assert len(stored(incident)) == 2
    tablet.stop()


def test_a_printed_card_before_the_camera_is_one_check_in_and_the_camera_stops_with_its_view(
    tablet: Tablet, incident: Incident, tmp_path: Path
) -> None:
    token = reception.new_card(incident.mode)
    film = tmp_path / "card.y4m"
    filmed(reception.code_of("card", token), film)
    page = tablet.start(
        switches=[
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ]
    )
    prepare(page, incident)
    tablet.context.set_offline(True)
    state = page.get_by_label("受付の状態")
    page.evaluate(COUNT_CAMERAS)
    page.get_by_role("button", name="カメラで読み取る").click()
    expect(page.get_by_text(reception.spelt(token))).to_be_visible()
    expect(page.get_by_label("カメラの映像")).to_be_visible()
    page.wait_for_timeout(4_000)
    expect(page.get_by_role("heading", name="受け付けました（")).to_be_visible()
    expect(state).to_contain_text("いま1人")
    expect(state).to_contain_text("未送信 1件")
    assert page.evaluate("cameras.map((each) => each.readyState)") == ["live"]
    page.get_by_role("button", name="画面をロック").click()
    assert page.evaluate(CAMERAS_ENDED) == 1
    unlock(page)
    page.get_by_role("button", name="カメラで読み取る").click()
    expect(page.get_by_text("この避難所で受け付けています。")).to_be_visible()
    page.get_by_role("button", name=re.compile("^名簿")).click()
    assert page.evaluate(CAMERAS_ENDED) == 2
    tablet.context.set_offline(False)
    expect(state).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 1
    tablet.stop()


def test_a_line_of_paper_and_a_residents_own_code_are_each_taken_once_without_network(
    tablet: Tablet, incident: Incident, cast: testing.Cast
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.context.set_offline(True)
    state = page.get_by_label("受付の状態")
    sheet = reception.new_sheet(incident.mode)
    type_code(page, sheet)
    expect(page.get_by_text("受付簿の行の番号（01から99）も入力してください。")).to_be_visible()
    for _ in range(2):
        type_code(page, f"{sheet}.07")
    expect(page.get_by_text("この避難所で受け付けています。")).to_be_visible()
    expect(state).to_contain_text("いま1人")
    persons = (reception.HomePerson("架空 花子"), reception.HomePerson("架空 次郎"))
    own = reception.home_code(reception.Home(reception.new_home(), persons))
    type_code(page, own)
    expect(page.get_by_role("button", name="架空 次郎の内容")).to_be_visible()
    type_code(page, own)
    expect(page.get_by_role("heading", name=re.compile("架空 花子（"))).to_be_visible()
    type_code(page, own[:-6])
    expect(page.get_by_role("alert").filter(has_text="事前登録のQRコード")).to_be_visible()
    expect(state).to_contain_text("いま3人")
    tablet.context.set_offline(False)
    expect(state).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 4
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        count = headcounts_of(incident).places["shelter:kita"]
        names = {each.value("name") for each in state_of(incident, ["person"]).of_kind("person")}
    assert (count.low, count.high) == (3, 3)
    assert {"架空 花子", "架空 次郎"} <= names
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

"""What a tablet reads without network: a card before its camera, a line of paper, a resident's own code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno
from django_scopes import scope
from playwright.sync_api import expect

from keniki.analysis import reception
from keniki.apps.disaster.models import Incident
from keniki.apps.disaster.queries.states import headcounts_of, state_of
from keniki.apps.portal import testing

from .tablets import Tablet, drill, prepare, stored, type_code, unlock

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
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


@pytest.fixture
def incident(cast: testing.Cast) -> Incident:
    return drill(cast)


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
    tablet.away()
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
    tablet.back()
    expect(state).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 1
    tablet.stop()


def test_a_line_of_paper_and_a_residents_own_code_are_each_taken_once_without_network(
    tablet: Tablet, incident: Incident, cast: testing.Cast
) -> None:
    page = tablet.start()
    prepare(page, incident)
    tablet.away()
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
    tablet.back()
    expect(state).to_contain_text("未送信 0件")
    assert len(stored(incident)) == 4
    with scope(region=cast.region, towns={cast.towns["川北町"].pk}):
        count = headcounts_of(incident).places["shelter:kita"]
        names = {each.value("name") for each in state_of(incident, ["person"]).of_kind("person")}
    assert (count.low, count.high) == (3, 3)
    assert {"架空 花子", "架空 次郎"} <= names
    tablet.stop()

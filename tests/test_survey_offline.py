"""Houses surveyed without network: taken along, surveyed with photos, still there after a reload, all sent once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_scopes import scope, scopes_disabled
from PIL import Image

from keniki.apps.disaster.actions.housing.houses import HouseDraft, save_house
from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident
from keniki.apps.disaster.models import Cause, HouseSurvey, Incident, Mode, SurveyPhoto
from keniki.apps.portal import testing
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.workflow import storage

from .browser import PHONE, fits, running
from .tablets import PIN, Line

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
HOUSES = 5
BEGAN = datetime(2022, 6, 1, 9, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture
def incident(cast: testing.Cast) -> Incident:
    actor, town = cast.actor("partner"), cast.towns["川北町"]
    with scope(region=cast.region, towns={town.pk}):
        made = save_incident(
            cast.actor("secretariat"),
            cast.region,
            IncidentDraft(Mode.EXERCISE, "地震（架空）", Cause.EARTHQUAKE, BEGAN),
        )
        for place in range(HOUSES):
            sealed = {"address": f"本町{place + 1}番（架空）", "owner": "山田花子（架空）"}
            save_house(actor, made, town, HouseDraft("earthquake", BEGAN.date(), "本町", sealed=sealed))
    return made


@pytest.fixture
def line(live_server: Any) -> Iterator[Line]:
    made = Line(live_server.url)
    yield made
    made.wire.close()


@pytest.fixture
def page(line: Line, cast: testing.Cast, settings: Any, tmp_path: Any) -> Iterator[Any]:
    from .browser import Browser

    settings.MEDIA_ROOT = tmp_path
    with running() as opened:
        browser = Browser(opened, line.address)
        yield browser.window(cast.actor("partner"), viewport=PHONE)


def picture() -> dict[str, Any]:
    image = Image.new("RGB", (3000, 2000), "grey")
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    return {"name": "house.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}


def open_app(page: Any, incident: Incident) -> None:
    page.goto(f"{incident.get_absolute_url()}houses/{KAWAKITA}/field/")
    page.get_by_label("暗証番号", exact=True).fill(PIN)
    page.get_by_label("暗証番号（もう一度）").fill(PIN)
    page.get_by_role("button", name="決める").click()
    page.get_by_role("button", name="家屋の一覧を端末に入れる").click()
    page.get_by_text(f"家屋（{HOUSES}棟）").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def fill(page: Any, number: int) -> None:
    """A survey of a house with the published example's damage and a photo, up to the last step."""
    page.get_by_role("button", name=f"第{number}号").click()
    page.get_by_role("button", name="調査を始める").click()
    page.get_by_label("調査した日").fill("2022-06-03")
    page.get_by_role("button", name="次へ").click()
    for name, value in {
        "p_roof_IV": "50", "p_wall_III": "20", "p_wall_IV": "40", "p_foundation_perimeter_m": "30",
        "p_foundation_cracks": "5", "p_foundation_spalls": "2",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=p_roof_I]").focus()
    page.get_by_text("区分の見込み：中規模半壊（37.958％）").wait_for()
    page.get_by_role("button", name="次へ").click()
    page.get_by_label("写真を撮る・選ぶ").set_input_files(picture())
    page.get_by_role("button", name="写真1を削除").wait_for()
    assert fits(page)
    page.get_by_role("button", name="次へ").click()


def arrived(incident: Incident) -> tuple[list[HouseSurvey], list[SurveyPhoto]]:
    with scopes_disabled():
        surveys = HouseSurvey.objects.filter(incident=incident).order_by("house__number")
        return list(surveys.select_related("house")), list(SurveyPhoto.objects.filter(incident=incident))


def test_five_houses_with_photos_are_kept_without_network_and_all_arrive_once(
    page: Any, line: Line, incident: Incident
) -> None:
    open_app(page, incident)
    line.away(page.context)
    for number in range(1, HOUSES + 1):
        fill(page, number)
        page.get_by_role("button", name="この調査を保存して送る").click()
        page.get_by_text(f"送信待ち {number}件").wait_for()
    page.reload()
    page.get_by_label("暗証番号", exact=True).fill(PIN)
    page.get_by_role("button", name="開く").click()
    page.get_by_text(f"送信待ち {HOUSES}件").wait_for()
    assert "訓練" in page.title()
    assert arrived(incident) == ([], [])
    line.back(page.context)
    page.get_by_role("button", name="いま送る").click()
    page.get_by_text("送信待ち 0件").wait_for(timeout=60_000)
    surveys, photos = arrived(incident)
    assert [each.house.number for each in surveys] == list(range(1, HOUSES + 1))
    assert {(each.class_key, str(each.percent), each.via, each.mode) for each in surveys} == {
        ("middle_half", "37.958", "device", "exercise")
    }
    assert {each.survey_id for each in photos} == {each.pk for each in surveys}
    assert len(photos) == HOUSES
    assert max(photos[0].width, photos[0].height) == 1600
    assert b"secret" not in storage.get(photos[0].digest)
    page.get_by_role("button", name="第1号").get_by_text("送信済み：中規模半壊").wait_for()
    page.get_by_role("button", name="いま送る").click()
    page.wait_for_timeout(1000)
    assert len(arrived(incident)[0]) == HOUSES


def test_what_the_server_refuses_stays_with_its_reason_and_is_put_right(
    page: Any, incident: Incident
) -> None:
    open_app(page, incident)
    fill(page, 1)
    page.get_by_role("button", name="戻る").click()
    page.get_by_role("button", name="戻る").click()
    page.get_by_role("button", name="戻る").click()
    page.get_by_label("調査した日").fill("2022-05-01")
    for _ in range(3):
        page.get_by_role("button", name="次へ").click()
    page.get_by_role("button", name="この調査を保存して送る").click()
    page.get_by_text("第1号：調査した日は、被災した日").wait_for()
    page.get_by_text("受け取られなかった 1件").wait_for()
    assert arrived(incident) == ([], [])
    page.get_by_role("button", name="直して送り直す").click()
    page.get_by_label("調査した日").fill("2022-06-03")
    for _ in range(3):
        page.get_by_role("button", name="次へ").click()
    page.get_by_role("button", name="この調査を保存して送る").click()
    page.get_by_role("button", name="第1号").get_by_text("送信済み：中規模半壊").wait_for()
    surveys, photos = arrived(incident)
    assert (len(surveys), len(photos)) == (1, 1)


#: What somebody typed about the foundation, and which field is wrong (None: nothing).
TYPED: list[tuple[dict[str, str], str | None]] = [
    ({"cracks": "2"}, "perimeter_m"),
    ({"length_m": "1.5", "perimeter_m": "0"}, "perimeter_m"),
    ({"perimeter_m": "30", "cracks": "2.5"}, "cracks"),
    ({"perimeter_m": "30", "cracks": "２"}, None),
    ({"perimeter_m": "30"}, None),
]


def test_a_foundation_without_its_length_is_asked_for_and_stops_nothing(
    page: Any, incident: Incident
) -> None:
    open_app(page, incident)
    data = f"{incident.get_absolute_url()}houses/{KAWAKITA}/field/data.json"
    found = page.evaluate(
        """async ([data, typed]) => {
          const twin = await import("/static/disaster/field/survey_record.js");
          const { judge } = await import("/static/disaster/field/survey_class.js");
          const about = await (await fetch(data)).json();
          const house = about.houses[0];
          const form = about.forms[house.forms.first];
          return typed.map((given) => {
            const all = { surveyed_on: "2022-06-01", assessors: "架空", external_force: "no" };
            for (const [name, value] of Object.entries(given)) all[`p_foundation_${name}`] = value;
            const record = twin.recordOf(house, form, all);
            const { percent } = judge(house, form, record);
            return [twin.wrongIn(house, form, all)?.[0] ?? null, String(percent[0])];
          });
        }""",
        [data, [given for given, _ in TYPED]],
    )
    assert [wrong for wrong, _ in found] == [name and f"p_foundation_{name}" for _, name in TYPED]
    assert [total for _, total in found][:2] == ["0", "0"]

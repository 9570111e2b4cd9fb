"""What people of a stricken town do from beginning to end, by what the pages offer, in a real browser."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_scopes import scope
from pypdf import PdfReader

from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident
from keniki.apps.disaster.models import Cause, Incident, Mode
from keniki.apps.portal import testing

from .browser import Browser, expect
from .test_journeys import save

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TOKYO = ZoneInfo("Asia/Tokyo")
STRUCK = date(2025, 8, 1)


@pytest.fixture
def incident(cast: testing.Cast) -> Incident:
    began = datetime(2025, 8, 1, 9, tzinfo=TOKYO)
    with scope(region=cast.region):
        return save_incident(
            cast.actor("secretariat"),
            cast.region,
            IncidentDraft(Mode.EXERCISE, "豪雨（図上訓練）", Cause.FLOOD, began),
        )


def test_a_certificate_goes_from_the_application_to_the_one_after_the_second_survey(
    browser: Browser, cast: testing.Cast, incident: Incident
) -> None:
    page = browser.window(cast.actor("partner"))
    page.goto(incident.get_absolute_url())
    follow(page, "罹災証明書・被災証明書")
    follow(page, "川北町の台帳")
    follow(page, "発行の設定")
    fill(page, mayor_title="川北町長", mayor_name="北川一郎（架空）", number_word="り証第")
    save(page)
    if "台帳" not in page.locator("h1").inner_text():
        follow(page, "川北町")
    follow(page, "申請を受付")
    page.check("[name=kind][value=damage]")
    page.select_option("[name=via]", "window")
    fill(
        page, asked_on="2025-08-10", struck_on=str(STRUCK), applicant="髙橋花子（架空）", address="川北町本町1丁目",
        head="髙橋太郎（架空）", head_address="川北町本町1丁目", place="川北町本町1丁目2番3号", phone="0126-00-0000",
    )  # fmt: skip
    save(page)
    expect(page.get_by_text("まだ発行できません")).to_be_visible()
    application = page.url

    follow(page, "申請の内容で家屋を登録")
    expect(page.locator("[name=address]")).to_have_value("川北町本町1丁目2番3号")
    expect(page.locator("[name=owner]")).to_have_value("髙橋花子（架空）")
    fill(page, district="本町", storeys="2")
    save(page)
    expect(page.get_by_text("の家屋として記録してください。")).to_be_visible()
    fill(page, on="2025-08-11")
    save(page, "記録")
    follow(page, re.compile("を開く$"))
    follow(page, "調査を入力")
    surveyed(page, "2025-08-12", "青木（架空）", "0.75")
    expect(page.get_by_text("中規模半壊").first).to_be_visible()
    settle(page, "中規模半壊", "2025-08-13")

    follow(page, re.compile("^罹災証明書の申請"))
    assert page.url == application
    step(page, "調査の結果を通知", "2025-08-14")
    step(page, "証明書を発行", "2025-08-15")
    words = printed(page, "第1号")
    for said in ("訓練", "中規模半壊", "北川一郎", "髙橋太郎"):
        assert said in words, said
    step(page, "証明書を交付", "2025-08-15")

    step(page, "再調査の申請を受付", "2025-08-20", reason="2階の天井まで水が来た。")
    follow(page, re.compile("^第1号|家屋.*第1号"))
    follow(page, "第2次調査を入力")
    for field in page.locator("input[name^=p_][name$=_V]").all():
        field.fill("100")
    surveyed(page, "2025-08-22", "井上（架空）", "2.0")
    expect(page.get_by_text("全壊").first).to_be_visible()
    settle(page, "全壊", "2025-08-23")
    follow(page, re.compile("^罹災証明書の申請"))
    step(page, "証明書を発行", "2025-08-25", reason="再調査の結果による。")
    expect(page.get_by_role("row", name=re.compile("第1号.*差替え済み"))).to_be_visible()
    assert "全壊" in printed(page, "第2号")
    follow(page, "川北町")
    expect(page.get_by_role("row", name=re.compile("髙橋花子.*第2号 全壊"))).to_be_visible()


def test_assessors_of_two_towns_train_together_and_it_counts_as_an_activity(
    browser: Browser, cast: testing.Cast
) -> None:
    office = browser.window(cast.actor("secretariat"))
    office.goto("/desk/aoba/disaster/")
    follow(office, "被害認定の研修")
    follow(office, "研修会を登録")
    fill(office, title="合同研修会（架空）", on="2024-09-01", place="庁舎（架空）")
    office.select_option("[name=initiative]", label="地域防災体制の充実")
    for key in ("roof_wall_foundation", "flood_force"):
        office.check(f"[name=cases][value={key}]")
    save(office)
    training = office.url
    expect(office.get_by_text("参加者はまだいません。")).to_be_visible()

    for seat, cracks in (("partner", "5"), ("other_partner", "3")):
        page = browser.window(cast.actor(seat))
        page.goto(training)
        save(page, "参加する")
        open_cases = page.locator("section", has=page.get_by_role("heading", name="あなたの事例"))
        with page.expect_navigation():
            open_cases.get_by_role("link", name=re.compile("架空1")).click()
        for number, row in enumerate(FOUND):
            if not page.locator(f"[name=parts-{number}-part]").count():
                page.locator("[data-add]").first.click()
            for name, value in (row | ({"cracks": cracks} if "cracks" in row else {})).items():
                field = page.locator(f"[name=parts-{number}-{name}]")
                field.select_option(value) if name in {"part", "degree"} else field.fill(value)
        page.check("[name=class_key][value=middle_half]")
        page.fill("[name=percent]", "37.958")
        save(page, "答えを出す")
        expect(page.get_by_text("【訓練】答えを記録しました。")).to_be_visible()
        assert "得点" not in page.locator("main").inner_text()

    office.goto(training)
    follow(office, "研修会を終了")
    fill(office, evaluation="次は雪の中で行う。")
    save(office, "終了して記録")
    expect(office.get_by_text("川北町").first).to_be_visible()
    office.goto("/desk/aoba/activities/")
    expect(office.get_by_role("link", name=re.compile("合同研修会（架空）")).first).to_be_visible()
    follow(office, re.compile("合同研修会（架空）"))
    expect(office.get_by_text("2人").or_(office.get_by_text("2名")).first).to_be_visible()

    page.goto(training)
    follow(page, re.compile("^採点を見る"))
    expect(page.get_by_text("亀裂").first).to_be_visible()


#: The roof, the walls and the foundation as the text of the case has them.
FOUND = (
    {"part": "roof", "degree": "IV", "area": "50"},
    {"part": "wall", "degree": "III", "count": "4", "of": "20"},
    {"part": "wall", "degree": "IV", "count": "8", "of": "20"},
    {"part": "foundation", "perimeter_m": "30", "cracks": "5", "spalls": "2"},
)


def follow(page: Any, name: Any) -> None:
    """Press the first link of the page's own part, or of the crumbs, that has this name."""
    link = page.get_by_role("link", name=name, exact=isinstance(name, str)).first
    with page.expect_navigation():
        link.click()


def fill(page: Any, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


def step(page: Any, title: str, on: str, **values: str) -> None:
    """Take a step of the application whose page is open."""
    follow(page, title)
    fill(page, on=on, **values)
    save(page, "記録")
    expect(page.get_by_text(f"【訓練】{title}を記録しました。")).to_be_visible()


def surveyed(page: Any, on: str, by: str, depth: str) -> None:
    page.select_option("[name=external_force]", "yes")
    fill(page, surveyed_on=on, assessors=by, depths=depth)
    save(page, "判定して提出")


def settle(page: Any, name: str, on: str) -> None:
    """Confirm a survey and decide for it, everything doubtful ticked."""
    save(page, "この調査を確認した")
    for box in page.locator("[name=ticked]").all():
        box.check()
    fill(page, by="川北町長（架空）", on=on)
    save(page, f"「{name}」に決定")


def printed(page: Any, number: str) -> str:
    """The words of a certificate's PDF."""
    link = page.get_by_role("row", name=re.compile(f"^{number}")).get_by_role("link", name=re.compile("PDF"))
    answer = page.request.get(link.get_attribute("href"))
    assert "%E8%A8%93%E7%B7%B4" in answer.headers["content-disposition"]
    sheets = PdfReader(io.BytesIO(answer.body())).pages
    assert all("訓練" in sheet.extract_text() for sheet in sheets)
    return re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in sheets))

"""What people do from beginning to end, in a real browser."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from keniki.apps.evidence.tests.country import load_censuses
from keniki.apps.portal import testing
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, PASSWORD
from keniki.cli import database, main
from keniki.core.holidays import Calendar

from .addresses import ADDRESSES
from .browser import OLD, PHONE, Browser, expect, fits, work_off_jobs
from .world import build, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_activity_with_a_photo_appears_in_the_report_which_grows_old_when_a_count_changes(
    browser: Browser, cast: testing.Cast
) -> None:
    page = browser.window(cast.actor("secretariat"))
    page.goto("/desk/aoba/activities/new/?initiative=sumaho")
    page.fill("[name=title]", "夜のスマートフォン相談会")
    page.select_option("[name=kind]", "course")
    page.check("[name=state][value=done]")
    page.fill("[name=lines-0-text]", "3回 45名参加")
    save(page)
    expect(page.get_by_role("heading", name="読み取った数量を確かめてください")).to_be_visible()
    save(page, "確かめた内容で保存")
    expect(page.get_by_text("「夜のスマートフォン相談会」を保存しました。")).to_be_visible()

    page.get_by_role("link", name="写真を追加").first.click()
    page.set_input_files("[name=file]", {"name": "soudan.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.fill("[name=caption]", "R8 相談会の受付")
    page.check("[name=consent][value=given]")
    save(page)
    expect(page.get_by_text("「R8 相談会の受付」を追加しました。")).to_be_visible()
    activity = page.url

    page.goto("/desk/aoba/documents/new/results/")
    page.select_option("[name=first]", "2020")
    page.select_option("[name=last]", str(this_year()))
    save(page, "確認版を作る")
    expect(page).to_have_url(re.compile("/runs/"))
    work_off_jobs()
    page.reload()
    expect(page).to_have_url(re.compile("/documents/results/1/$"))
    answer = page.request.get("/desk/aoba/documents/results/1/files/pdf/")
    words = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)
    words = re.sub(r"\s", "", words)
    assert "45名参加" in words
    assert "R8相談会の受付" in words
    page.goto("/desk/aoba/documents/")
    row = page.get_by_role("row", name=re.compile("実績報告書")).first
    expect(row.get_by_text("最新", exact=True)).to_be_visible()

    page.goto(f"{activity}edit/")
    page.fill("[name=lines-0-text]", "3回 47名参加")
    save(page)
    expect(page.get_by_text("「夜のスマートフォン相談会」を保存しました。")).to_be_visible()
    page.goto("/desk/aoba/documents/")
    expect(row.get_by_text("古い", exact=True)).to_be_visible()


def test_a_partner_corrects_its_own_towns_figure_and_no_other(browser: Browser, cast: testing.Cast) -> None:
    page = browser.window(cast.actor("partner"))
    page.goto("/desk/aoba/activities/r6-sumaho/figures/")
    expect(page.get_by_label("星野町の")).to_have_count(0)
    page.get_by_label(re.compile("川北町の")).fill("28")
    save(page)
    expect(page.get_by_text("数値を保存しました。")).to_be_visible()
    expect(page.get_by_text("56名").first).to_be_visible()
    page.goto("/desk/aoba/log/")
    line = page.get_by_text(re.compile(r"令和6年度.*川北町分の参加人数を 21→28名 に訂正")).first
    expect(line).to_contain_text("圏域計 56名")
    expect(line).to_contain_text("川北町 企画課 中村次郎 が")

    page.goto("/desk/aoba/activities/r6-sumaho/figures/")
    page.evaluate(
        "([from, to]) => { const field = document.querySelector(`[name=value-people-${from}]`);"
        " field.name = `value-people-${to}`; }",
        [KAWAKITA, HOSHINO],
    )
    page.get_by_label(re.compile("川北町の")).fill("99")
    save(page)
    expect(page.get_by_role("heading", name="この操作はできません")).to_be_visible()
    expect(page.get_by_text("ほかの市町村の記録は変更できません")).to_be_visible()
    page.goto("/desk/aoba/activities/r6-sumaho/edit/")
    expect(page.get_by_text("共同の記録は事務局が編集します。")).to_be_visible()


def test_the_second_of_two_writers_sees_both_versions_and_chooses(
    browser: Browser, cast: testing.Cast
) -> None:
    first, second = browser.window(cast.actor("secretariat")), browser.window(cast.actor("administrator"))
    for page in (first, second):
        page.goto("/desk/aoba/activities/r5-kunren/edit/")
    first.fill("[name=place]", "青葉市民会館")
    save(first)
    second.fill("[name=place]", "川北町体育館")
    second.fill("[name=organiser]", "青葉圏域")
    save(second)
    expect(second.get_by_role("heading", name="二つの内容から選ぶ")).to_be_visible()
    expect(second.get_by_text("青葉市民会館").first).to_be_visible()
    expect(second.get_by_text("川北町体育館").first).to_be_visible()
    expect(second.get_by_text(re.compile("佐藤一郎")).first).to_be_visible()
    second.locator("[name=choice-place][value=theirs]").check()
    save(second, "選んだ内容で保存")
    expect(second.get_by_text("青葉市民会館").first).to_be_visible()
    expect(second.get_by_text("青葉圏域").first).to_be_visible()


def test_on_1_april_the_rights_move_with_the_post_and_the_notes_stay(
    browser: Browser, cast: testing.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(this_year() + 1, 4, 1)
    posts = dict(held())
    partner = browser.window(cast.actor("partner"))
    partner.goto(f"/desk/aoba/posts/{posts['nakamura']}/")
    partner.fill("[name=text]", "参加者名簿は、共有の棚の3段目にあります。")
    save(partner, "引継ぎ事項を残す")

    administrator = browser.window(cast.actor("administrator"))
    administrator.goto("/desk/aoba/people/transfer/")
    rows = [
        "ログインID,氏名,異動前の職,異動後の職,発令日",
        f"nakamura,中村次郎,{posts['nakamura']},{posts['kato']},{day}",
        f"kato,加藤三奈,{posts['kato']},{posts['nakamura']},{day}",
    ]
    administrator.set_input_files(
        "[name=file]",
        {"name": "idou.csv", "mimeType": "text/csv", "buffer": "\r\n".join(rows).encode("cp932")},
    )
    save(administrator, "読み込んで確かめる")
    expect(administrator.get_by_role("row", name=re.compile("中村次郎.*川北町.*星野町"))).to_be_visible()
    save(administrator, "2件を登録する")
    expect(administrator.get_by_text("人事異動を登録しました")).to_be_visible()

    figures = "/desk/aoba/activities/r6-sumaho/figures/"
    partner.goto(figures)
    expect(partner.get_by_label(re.compile("川北町の"))).to_have_count(1)
    monkeypatch.setattr(timezone, "localdate", lambda *_, **__: day)
    partner.goto(figures)
    expect(partner.get_by_label(re.compile("川北町の"))).to_have_count(0)
    expect(partner.get_by_label(re.compile("星野町の"))).to_have_count(1)
    successor = browser.window(cast.actor("other_partner"))
    successor.goto("/accounts/profile/")
    expect(successor.get_by_text("参加者名簿は、共有の棚の3段目にあります。")).to_be_visible()
    expect(successor.get_by_text(re.compile("川北町 企画課")).first).to_be_visible()


def test_wrong_passwords_lock_the_account_not_the_office_and_the_administrator_unlocks_it(
    browser: Browser, cast: testing.Cast
) -> None:
    page = browser.window()
    for _ in range(5):
        log_in(page, "nakamura", "chigau-aikotoba")
        expect(page).to_have_url(re.compile("/accounts/login/$"))
    log_in(page, "nakamura", PASSWORD)
    expect(page.get_by_text("このログインIDを一時停止しました")).to_be_visible()
    colleague = browser.window()
    log_in(colleague, "kobayashi", PASSWORD)
    expect(colleague).to_have_url(re.compile("/desk/$"))
    administrator = browser.window(cast.actor("administrator"))
    administrator.goto("/desk/aoba/people/nakamura/")
    expect(administrator.get_by_text("ログイン停止中")).to_be_visible()
    save(administrator, "ログイン停止を解除")
    log_in(page, "nakamura", PASSWORD)
    expect(page).to_have_url(re.compile("/desk/$"))


@pytest.mark.slow
def test_a_towns_decision_needs_its_day_kind_and_document_number(browser: Browser, db: None) -> None:
    world = build()
    page = browser.window(world.actor("secretariat"))
    page.goto("/desk/aoba/documents/new/vision/")
    save(page, "確認版を作る")
    work_off_jobs()
    page.goto("/desk/aoba/documents/vision/1/")
    page.fill("[name=due_on]", str(timezone.localdate() + timedelta(days=20)))
    save(page, "照会版にして照会する")
    expect(page.get_by_text("照会版").first).to_be_visible()

    approver = browser.window(world.actor("approver"))
    approver.goto("/desk/aoba/inquiries/")
    approver.get_by_role("main").get_by_role("link", name=re.compile("ビジョン")).first.click()
    approver.get_by_role("link", name=re.compile("決定を記録")).click()
    approver.check("[name=answer][value=agreed]")
    save(approver, "記録する")
    for words in ("機関決定日", "決裁区分", "文書番号"):
        expect(approver.locator(".error-summary, [role=alert]").get_by_text(words).first).to_be_visible()
    approver.check("[name=answer][value=agreed]")
    approver.fill("[name=decided_on]", str(timezone.localdate()))
    approver.select_option("[name=decision_kind]", "mayor")
    approver.fill("[name=document_no]", "川企第45号")
    save(approver, "記録する")
    expect(approver.get_by_text("川北町の機関決定を記録しました。")).to_be_visible()
    row = approver.get_by_role("row", name=re.compile("川北町.*異議なし"))
    expect(row.get_by_text("川企第45号")).to_be_visible()
    expect(row.get_by_text("市町村長決裁")).to_be_visible()

    page.goto("/desk/aoba/documents/vision/1/")
    save(page, "確認を完了する")
    expect(page.get_by_text("機関決定（異議なし）が届いていない団体があります")).to_be_visible()


def test_a_region_with_members_and_its_first_agreement_is_made_in_the_browser(
    browser: Browser, cast: testing.Cast
) -> None:
    page = browser.window(cast.actor("administrator"))
    page.goto("/desk/regions/")
    page.get_by_role("link", name=re.compile("圏域を作成|圏域の作成")).first.click()
    page.fill("[name=slug]", "minato")
    page.fill("[name=name]", "みなと圏域")
    page.select_option("[name=secretariat]", index=1)
    for number, (town, role) in enumerate(((AOBA, "centre"), ("港南市", "partner"), (HOSHINO, "partner"))):
        page.fill(f"[name=members-{number}-municipality]", town)
        page.select_option(f"[name=members-{number}-role]", role)
        page.fill(f"[name=members-{number}-first]", "2026-04-01")
    page.select_option("[name=programme]", "teiju")
    page.fill("[name=programme_first]", "2026-04-01")
    save(page, "圏域を作成")
    expect(page.get_by_text("圏域「みなと圏域」を作成しました。")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("港南市.*現在"))).to_be_visible()
    page.get_by_role("link", name="協定を登録").click()
    page.select_option("[name=kind]", "multilateral")
    page.fill("[name=title]", "みなと圏域の形成に関する協定書")
    save(page, "案を作成")
    expect(page.get_by_text("協定の案を作成しました。")).to_be_visible()
    expect(page.get_by_role("heading", name="みなと圏域の形成に関する協定書")).to_be_visible()
    expect(page.get_by_text("第1条").first).to_be_visible()


@pytest.mark.slow
def test_a_resident_reads_every_public_page_on_a_phone_without_scripts(browser: Browser, db: None) -> None:
    world = build()
    page = browser.window(viewport=PHONE, java_script_enabled=False, has_touch=True, is_mobile=True)
    measured = browser.window(viewport=PHONE, has_touch=True, is_mobile=True)
    wide = []
    for name, address in ADDRESSES.items():
        if not name.startswith("public:"):
            continue
        url = address.url(name, world)
        answer = page.request.get(url)
        assert answer.ok, url
        if "text/html" not in answer.headers["content-type"]:
            continue
        page.goto(url)
        assert page.locator("h1").first.inner_text().strip(), url
        expect(page.locator("noscript")).to_have_count(0)
        measured.goto(url)
        if not fits(measured):
            wide.append(url)
    assert wide == []


@pytest.mark.slow
def test_figures_are_asked_answered_decided_and_reach_the_store_as_town_reported(
    browser: Browser, cast: testing.Cast, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    office = browser.window(cast.actor("secretariat"))
    office.goto("/desk/aoba/evidence/inquiries/new/")
    office.fill("[name=title]", "令和8年度 基礎数値調査")
    office.fill("[name=years]", "R6～R7")
    deadline = Calendar().next_business_day(timezone.localdate() + timedelta(days=20))
    office.fill("[name=deadline]", str(deadline))
    save(office, "保存")
    office.locator("summary", has_text="人口（").first.click()
    office.check("[name=add][value=births]")
    office.fill("[name=figures-0-name]", "スマートフォン講習会の参加者数")
    office.fill("[name=figures-0-unit]", "人")
    office.check("[name=figures-0-adds_up]")
    office.fill("[name=questions-0-name]", "困っていること")
    save(office, "保存")
    expect(office.get_by_text("保存しました（3項目）。")).to_be_visible()
    inquiry = office.url
    office.get_by_role("link", name="送付する").click()
    office.fill("[name=document_no]", "企第12号")
    save(office, "送付する")
    expect(office.get_by_text("鑑文と回答票をまとめて出力できます。")).to_be_visible()
    with office.expect_download() as download:
        office.get_by_role("link", name=re.compile("鑑文と回答票")).click()
    assert download.value.suggested_filename.endswith(".zip")

    town = browser.window(cast.actor("partner"), viewport=OLD, java_script_enabled=False)
    town.goto("/desk/aoba/")
    town.get_by_role("link", name="数値照会への回答：令和8年度 基礎数値調査").first.click()
    town.get_by_role("link", name=re.compile("回答する.*川北町")).click()
    town.get_by_label("スマートフォン講習会の参加者数（令和6年）", exact=True).fill("百")
    save(town, "保存（まだ回答しない）")
    expect(town.get_by_text("「百」を数として読めません").first).to_be_visible()
    town.get_by_label("スマートフォン講習会の参加者数（令和6年）", exact=True).fill("１，２３４人")
    town.get_by_label("スマートフォン講習会の参加者数（令和7年）", exact=True).fill("該当なし")
    town.get_by_label("出生数（令和6年）", exact=True).fill("31")
    town.get_by_label("出生数（令和7年）", exact=True).fill("80")
    save(town, "保存して、回答の確認へ")
    expect(town.get_by_text("2倍を超える違いがあります").first).to_be_visible()
    expect(town.get_by_text("未入力の欄があります")).to_be_visible()
    save(town, "この内容で回答する")
    expect(town.get_by_text("次に、団体の決裁を記録します。")).to_be_visible()

    chief = browser.window(cast.actor("approver"))
    chief.goto(town.url)
    chief.get_by_role("link", name="決裁を記録").click()
    chief.check("[name=answer][value=agreed]")
    chief.fill("[name=decided_on]", str(timezone.localdate()))
    chief.select_option("[name=decision_kind]", "manager")
    chief.fill("[name=document_no]", "川企第3号")
    save(chief, "記録する")
    chief.goto(town.url)
    expect(chief.get_by_text("決裁済みの回答です")).to_be_visible()

    other = browser.window(cast.actor("other_partner"))
    assert other.request.get(town.url).status == 404

    office.goto(inquiry)
    save(office, "決裁済みの数値を統計に登録（1団体）")
    expect(office.get_by_text("1団体の数値を登録しました。新しい値 4件。")).to_be_visible()
    phone = browser.window(cast.actor("partner"), viewport=PHONE)
    for address in (inquiry, town.url, f"{inquiry}answers/{KAWAKITA}/hand-in/"):
        phone.goto(address)
        assert fits(phone), address

    monkeypatch.setattr(database, "prepare", lambda **_: None)
    asked = ["data", "show", KAWAKITA, "births", "--year", "2024", "--region", "aoba", "--json"]
    assert main.main(asked) == 0
    (figure,) = json.loads(capsys.readouterr().out)["figures"]
    assert (figure["value"], figure["status"]) == (31, "town_reported")


@pytest.mark.slow
def test_a_joint_cost_goes_from_its_rule_through_the_towns_decisions_to_money_received(
    browser: Browser, cast: testing.Cast
) -> None:
    """1,000,000円 less 100,000円: 均等割20％ is 60,000円 each, 人口割80％ of 40,000人 gives 川北町 144,000円."""
    year, today = this_year(), timezone.localdate()
    later = Calendar().next_business_day(today + timedelta(days=30))
    office = browser.window(cast.actor("secretariat"))
    office.goto("/desk/aoba/finance/costs/new/")
    office.fill("[name=title]", "合同防災訓練の共同経費")
    office.select_option("[name=initiative]", label="地域防災体制の充実")
    office.select_option("[name=holder]", label="青葉市")
    office.select_option("[name=first_year]", str(year))
    save(office)
    expect(office.get_by_text("共同経費「合同防災訓練の共同経費」を保存しました。")).to_be_visible()
    cost = office.url.split("?")[0]

    office.get_by_role("link", name="負担割合の定めを作る").first.click()
    office.goto(f"{cost}rules/new/")
    for number, (basis, percent) in enumerate((("均等割", "20"), ("人口割", "80"))):
        office.fill(f"[name=p0-c{number}-basis]", basis)
        office.fill(f"[name=p0-c{number}-weight]", percent)
    office.select_option("[name=first_year]", str(year))
    save(office, "案を保存")
    rule = office.url
    office.goto(f"{cost}items/{year}/?stage=initial")
    for number, (kind, title, yen) in enumerate(
        (("expense", "訓練委託料", "100万円"), ("revenue", "地域づくり総合交付金", "100,000"))
    ):
        office.select_option(f"[name=items-{number}-kind]", kind)
        office.fill(f"[name=items-{number}-title]", title)
        office.fill(f"[name=items-{number}-amount]", yen)
    save(office)
    expect(office.locator(".key-figures").get_by_text("900,000円")).to_be_visible()
    office.goto(f"{cost}figures/{year}/")
    for town, people in ((AOBA, "30000"), (KAWAKITA, "8,000"), (HOSHINO, "２０００")):
        office.fill(f"[name=v-population-{town}]", people)
    save(office)
    expect(office.get_by_text("基礎数値 3件を保存しました。")).to_be_visible()

    office.goto(rule)
    office.fill("[name=due_on]", str(later))
    office.get_by_role("button", name="市町村に照会する").click()
    with office.expect_navigation():
        office.get_by_role("dialog").get_by_role("button", name="市町村に照会する").click()
    office.goto(rule)
    office.get_by_role("link", name="照会の画面で機関決定を記録する").click()
    inquiry = office.url
    chief = browser.window(cast.actor("approver"))
    for page, name in ((office, "青葉市"), (chief, "川北町"), (office, "星野町")):
        page.goto(inquiry)
        page.get_by_role("row", name=re.compile(name)).get_by_role(
            "link", name=re.compile("記録")
        ).first.click()
        page.check("[name=answer][value=agreed]")
        page.fill("[name=decided_on]", str(today))
        page.select_option("[name=decision_kind]", "mayor")
        page.fill("[name=document_no]", "第7号")
        if page is office:
            page.set_input_files(
                "[name=reply]", {"name": "kaitou.jpg", "mimeType": "image/jpeg", "buffer": picture()}
            )
        save(page, "記録する")
        expect(page.get_by_text(f"{name}の機関決定を記録しました。")).to_be_visible()
    office.goto(rule)
    save(office, "決定する")

    office.goto(f"{cost}{year}/issue/?stage=initial")
    expect(office.get_by_role("row", name=re.compile("川北町.*204,000"))).to_be_visible()
    save(office, "負担額を決定")
    expect(office.get_by_text(re.compile("第1号）を決定しました"))).to_be_visible()

    town = browser.window(cast.actor("partner"), viewport=PHONE)
    town.goto(f"{cost}{year}/budgets/")
    town.get_by_role("link", name="川北町の予算を入力").click()
    town.get_by_role("link", name="査定", exact=True).click()
    town.fill("[name=amount]", "20万円")
    town.fill("[name=note]", "4,000円は補正で対応する。")
    save(town)
    expect(town.get_by_text(re.compile("査定 200,000円 を保存しました"))).to_be_visible()
    assert fits(town)
    town.goto(f"{cost}{year}/budgets/{HOSHINO}/")
    expect(town.get_by_role("button", name="保存", exact=True)).to_have_count(0)

    office.goto(f"{cost}{year}/assess/")
    office.fill("[name=due_on]", str(later))
    save(office, "選んだ市町村を調定する")
    office.goto(f"/desk/aoba/finance/assessments/?year={year}")
    office.get_by_role("row", name=re.compile("川北町")).get_by_role("link").first.click()
    expect(office.locator(".key-figures").get_by_text("204,000円").first).to_be_visible()
    with office.expect_download() as download:
        office.get_by_role("link", name=re.compile("通知・計算・定め（PDF）")).click()
    words = "".join(sheet.extract_text() for sheet in PdfReader(download.value.path()).pages)
    assert "204,000" in words
    receipt = office.locator("details", has_text="収納を記帳").first
    if receipt.get_attribute("open") is None:
        receipt.locator("summary").click()
    with office.expect_navigation():
        receipt.get_by_role("button", name="収納を記帳").click()
    expect(office.get_by_text("収納済", exact=True).first).to_be_visible()
    office.goto("/desk/aoba/finance/ledger/check/")
    expect(office.get_by_text("合っています").first).to_be_visible()
    expect(office.get_by_text("合いません")).to_have_count(0)


def save(page: Any, label: str = "保存") -> None:
    """Press the button with that label and wait for what it answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).first.click()


def log_in(page: Any, login: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    save(page, "ログイン")


def this_year() -> int:
    today = timezone.localdate()
    return today.year - (today.month < 4)


def held() -> list[tuple[str, str]]:
    """Everyone's log-in and the identifier of their post."""
    from keniki.apps.regions.models import PostHolder

    return list(PostHolder.objects.values_list("user__login", "post__slug"))


def test_a_slider_is_moved_the_picture_follows_and_what_was_saved_is_shown_in_the_book(
    browser: Browser, cast: testing.Cast
) -> None:
    load_censuses((AOBA, KAWAKITA, HOSHINO))
    page = browser.window(cast.actor("secretariat"))
    page.goto("/desk/aoba/evidence/futures/")
    page.get_by_role("link", name="新しく推計する").click()
    slider = page.get_by_label("15～29歳の移動（つまみ）")
    before = page.locator(".curve.is-changed").first.get_attribute("points")
    expect(slider).to_be_visible()  # Hidden until the page's script can follow it.
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("15～29歳の移動", exact=True)).to_have_value("80")
    expect(page.locator("#said")).to_contain_text("変更しない推計との差 ＋")
    assert page.locator(".curve.is-changed").first.get_attribute("points") != before
    assert "young=80" in page.url
    page.fill("[name=young]", "999")
    expect(page.locator("#id_young_refusal")).to_contain_text("300")
    assert page.locator("svg.live-chart").count() == 3
    page.fill("[name=young]", "60")
    expect(page.locator("#id_young_refusal")).to_be_empty()
    page.fill("[name=title]", "若者の流出が4割減る")
    page.get_by_text("予測区間の計算").click()
    page.fill("[name=draws]", "50")
    save(page, "保存して計算する")
    expect(page.get_by_text("順番を待っています")).to_be_visible()
    work_off_jobs()
    expect(page.get_by_role("heading", name="総人口の推移と見通し")).to_be_visible()
    expect(page.get_by_text("15～29歳の移動を60％にする。")).to_be_visible()
    save(page, "圏域基礎調査に掲載する")
    expect(page.get_by_text("圏域基礎調査に掲載しました。")).to_be_visible()
    page.get_by_role("link", name="圏域基礎調査に掲載", exact=True).click()
    expect(page.get_by_role("heading", name="総人口の推移と見通し", exact=True)).to_be_visible()
    expect(page.get_by_text("若者の流出が4割減る").first).to_be_visible()
    page.goto("/desk/aoba/evidence/futures/")
    expect(page.get_by_text("基礎調査に掲載", exact=True)).to_be_visible()
    phone = browser.window(cast.actor("partner"), viewport=PHONE, java_script_enabled=False)
    phone.goto("/desk/aoba/evidence/futures/new/")
    phone.fill("[name=fertility]", "150")
    phone.get_by_role("button", name="反映する").click()
    expect(phone.locator("#said")).to_contain_text("変更しない推計との差 ＋")
    assert fits(phone)

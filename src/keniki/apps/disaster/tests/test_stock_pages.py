"""The pages of the stock: success, refusal with what was typed kept, conflict and permission of each form."""

from __future__ import annotations

import html
import io
import re
from datetime import date

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from keniki.apps.disaster.actions.stock.items import ItemDraft, save_item
from keniki.apps.disaster.actions.stock.loading import COLUMNS
from keniki.apps.disaster.actions.stock.lots import LotDraft, receive_lot, save_lot
from keniki.apps.disaster.actions.stock.stocktakes import CountDraft, begin_stocktake, count_lot
from keniki.apps.disaster.models import (
    StockCount,
    StockItem,
    StockLot,
    StockMovement,
    StockPlace,
    Stocktake,
    StockTransfer,
)
from keniki.apps.disaster.papers.stock import qr_code
from keniki.apps.disaster.queries.stock.on_hand import parts_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.csv_dialect import write_csv

from .stocked import BOUGHT, DAY, Stocked, incident, issue, stocked, token

BASE = "/desk/aoba/disaster/stock/"


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.slow
def test_the_first_page_says_what_to_do_first(in_region, viewer, client_as) -> None:
    shown = text(client_as(viewer).get(BASE))
    assert "在庫はまだありません" in shown
    assert "備蓄の登録は、各市町村の担当者と事務局が行います" in shown
    assert client_as(viewer).get(BASE + "chart.svg").status_code == 200


@pytest.mark.slow
def test_everybody_of_the_region_reads_and_nobody_else(stock, viewer, neighbour, client_as) -> None:
    paths = [
        "", "items/", f"items/{stock.food.slug}/", "places/", f"places/{stock.kawakita.slug}/", "lots/rice-old/",
        "movements/", "report/", "stocktakes/", "transfers/", "data/", "movements/data/", "transfers/data/",
        f"places/{stock.kawakita.slug}/labels/", "chart.svg", f"lots/rice-old/code/{stock.kawakita.slug}.svg",
    ]  # fmt: skip
    for path in paths:
        assert client_as(viewer).get(BASE + path).status_code == 200, path
        assert client_as(neighbour).get(BASE + path).status_code == 404, path


@pytest.mark.slow
def test_the_overview_counts_by_town_owner_and_expiry(stock, viewer, client_as, monkeypatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: DAY)
    shown = text(client_as(viewer).get(BASE + "?months=240"))
    assert '<td class="num" data-value="300"><strong>300</strong></td>' in shown
    assert "表示しているのは実際の在庫です" in shown
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: date(2025, 5, 1))
    later = text(client_as(viewer).get(BASE))
    assert "期限切れ" in later
    assert '<td class="num" data-value="200"><strong>200</strong></td>' in later


@pytest.mark.slow
def test_an_exercise_is_shown_apart_and_marked(stock, partner, viewer, client_as) -> None:
    drill = incident(stock.region, partner)
    issue(partner, stock, {stock.new: 60}, incident=drill)
    shown = text(client_as(viewer).get(f"{BASE}?incident={drill.slug}"))
    assert "訓練の在庫を表示しています" in shown
    assert "【訓練】" in shown
    assert 'data-value="140"' in shown
    assert 'data-value="140"' not in text(client_as(viewer).get(BASE))
    out = client_as(viewer).get(f"{BASE}data/?incident={drill.slug}")
    assert "%E8%A8%93%E7%B7%B4_" in out["Content-Disposition"]
    assert text(out).splitlines()[1].startswith("訓練,")
    assert "訓練" not in text(client_as(viewer).get(BASE + "movements/data/"))
    assert "訓練,図上訓練" in text(client_as(viewer).get(f"{BASE}movements/data/?incident={drill.slug}"))


# --- items, places, lots ---


def item_form(**changes: str) -> dict[str, str]:
    return {
        "title": "水", "standard": "water", "unit": "L", "pack_size": "12", "shelf_life_months": "60", "order": "1",
        "note": "",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_items_are_the_secretariats(stock, secretariat, partner, client_as) -> None:
    client = client_as(secretariat)
    client.post(BASE + "items/new/", item_form())
    found = StockItem.objects.get(title="水")
    assert (found.slug, found.pack_size) == ("water", 12)
    assert client_as(partner).post(BASE + "items/new/", item_form(title="米")).status_code == 403
    wrong = client.post(BASE + "items/new/", item_form(title="毛布", note="覚え書き"))
    assert wrong.status_code == 422
    assert "既に登録" in text(wrong)
    assert "覚え書き" in text(wrong)
    save_item(secretariat, stock.region, ItemDraft("飲料水", "L", "water"), found, 1)
    clash = client.post(f"{BASE}items/water/edit/", item_form(title="ボトル水") | {"version": "1"})
    assert clash.status_code == 409
    assert "飲料水" in text(clash)
    client.post(f"{BASE}items/water/remove/", {"version": "2"})
    assert not StockItem.objects.filter(slug="water").exists()
    kept = client.post(f"{BASE}items/{stock.food.slug}/remove/", {"version": "1"}, follow=True)
    assert "ロットの記録があるため" in text(kept)


@pytest.mark.slow
def test_items_of_the_standards_are_taken_over_at_once(stock, secretariat, partner, client_as) -> None:
    client = client_as(secretariat)
    client.post(BASE + "items/", {"keys": ["water", "milk"]})
    assert set(StockItem.objects.values_list("standard", flat=True)) == {"food", "", "water", "milk"}
    assert client.post(BASE + "items/", {}).status_code == 422
    assert client_as(partner).post(BASE + "items/", {"keys": ["bed"]}).status_code == 403


@pytest.mark.slow
def test_a_town_registers_its_own_places(stock, partner, secretariat, client_as) -> None:
    form = {
        "town": KAWAKITA,
        "name": "北倉庫",
        "address": "川北町1",
        "latitude": "",
        "longitude": "",
        "note": "",
    }
    client = client_as(partner)
    client.post(BASE + "places/new/", form)
    found = StockPlace.objects.get(name="北倉庫")
    assert found.slug == f"place-{KAWAKITA}-2"
    other = client.post(BASE + "places/new/", form | {"town": HOSHINO, "name": "x"})
    assert other.status_code == 422
    half = client.post(BASE + "places/new/", form | {"name": "南倉庫", "latitude": "43.1"})
    assert half.status_code == 422
    assert "両方を入力" in text(half)
    assert "南倉庫" in text(half)
    assert client.post(f"{BASE}places/{stock.hoshino.slug}/edit/", form).status_code == 403
    full = client.post(
        f"{BASE}places/{stock.kawakita.slug}/edit/",
        form | {"name": "川北防災倉庫", "ended_on": "2024-05-01", "version": "1"},
    )
    assert "在庫が2ロットある" in text(full)
    client.post(
        f"{BASE}places/{found.slug}/edit/",
        form | {"name": "北倉庫", "ended_on": "2024-05-01", "version": "1"},
    )
    found.refresh_from_db()
    assert found.ended_on == date(2024, 5, 1)
    assert client.post(f"{BASE}places/{found.slug}/edit/", form | {"version": "1"}).status_code == 409


def lot_form(stock: Stocked, **changes: str) -> dict[str, str]:
    return {
        "token": token(), "item": stock.food.slug, "code": "", "place": stock.kawakita.slug, "quantity": "50",
        "acquired_on": "2024-06-01", "expires_on": "2029-06-30", "unit_price": "350", "funding": "joint",
        "note": "覚え", f"owner_{KAWAKITA}": "3", f"owner_{HOSHINO}": "1",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_a_lot_comes_in_through_its_form_once(stock, partner, other_partner, client_as) -> None:
    client, form = client_as(partner), lot_form(stock)
    for _ in range(2):
        client.post(BASE + "lots/new/", form)
    found = StockLot.objects.get(code="food-202906-1")
    assert (found.unit_price, parts_of(found)) == (350, {KAWAKITA: 3, HOSHINO: 1})
    assert stock.held(found, stock.kawakita) == 50
    refused = client_as(other_partner).post(BASE + "lots/new/", lot_form(stock))
    assert refused.status_code == 422
    wrong = client.post(BASE + "lots/new/", lot_form(stock, expires_on="2020-01-01"))
    assert wrong.status_code == 422
    assert "使用期限が取得日より前です" in text(wrong)
    assert 'value="覚え"' in text(wrong)
    nobody = client.post(
        BASE + "lots/new/", lot_form(stock, **{f"owner_{KAWAKITA}": "", f"owner_{HOSHINO}": ""})
    )
    assert "持分を1市町村以上" in text(nobody)


@pytest.mark.slow
def test_a_lot_is_corrected_and_the_second_editor_is_shown_both(stock, partner, client_as) -> None:
    form = {
        "acquired_on": "2024-04-01", "expires_on": "2025-06-30", "unit_price": "300", "funding": "own", "note": "",
        f"owner_{KAWAKITA}": "1", "version": "1",
    }  # fmt: skip
    client = client_as(partner)
    client.post(BASE + "lots/rice-old/edit/", form)
    stock.old.refresh_from_db()
    assert (stock.old.expires_on, stock.old.funding) == (date(2025, 6, 30), "own")
    save_lot(partner, stock.old, LotDraft(stock.food, BOUGHT, {stock.towns["川北町"]: 1}, unit_price=999), 2)
    clash = client.post(BASE + "lots/rice-old/edit/", form)
    assert clash.status_code == 409
    assert "999" in text(clash)


@pytest.mark.slow
def test_more_of_a_lot_comes_in(stock, partner, client_as) -> None:
    form = {"token": token(), "place": stock.kawakita.slug, "quantity": "5", "on": "2024-06-03", "note": ""}
    client = client_as(partner)
    client.post(BASE + "lots/rice-old/more/", form)
    client.post(BASE + "lots/rice-old/more/", form)
    assert stock.held(stock.old, stock.kawakita) == 105
    assert (
        client.post(BASE + "lots/rice-old/more/", form | {"on": "2023-01-01", "token": token()}).status_code
        == 422
    )


# --- out of a place ---


def units(stock: Stocked, lot: StockLot, number: int) -> dict[str, str]:
    return {f"units_{lot.pk}_{stock.kawakita.pk}": str(number)}


@pytest.mark.slow
def test_the_page_proposes_what_expires_first_and_posts_what_is_confirmed(
    stock, partner, client_as, monkeypatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: DAY)
    client = client_as(partner)
    query = f"?place={stock.kawakita.slug}&item={stock.food.slug}&quantity=130"
    shown = text(client.get(f"{BASE}out/issue/{query}"))
    assert re.search(rf'name="units_{stock.old.pk}_\d+" value="100"', shown)
    assert re.search(rf'name="units_{stock.new.pk}_\d+" value="30"', shown)
    short = text(
        client.get(f"{BASE}out/issue/?place={stock.kawakita.slug}&item={stock.food.slug}&quantity=400")
    )
    assert "100食 足りません" in short
    sent = {"token": token(), "place": stock.kawakita.slug, "on": "2024-06-03", "note": "断水"}
    sent |= units(stock, stock.old, 100) | units(stock, stock.new, 30)
    client.post(f"{BASE}out/issue/", sent)
    client.post(f"{BASE}out/issue/", sent)
    assert stock.held(stock.old, stock.kawakita) == 0
    assert stock.held(stock.new, stock.kawakita) == 170


@pytest.mark.slow
def test_a_refused_deed_keeps_what_was_typed(stock, partner, other_partner, viewer, client_as) -> None:
    sent = {"token": token(), "place": stock.kawakita.slug, "on": "2024-06-03", "note": "断水のため"}
    wrong = client_as(partner).post(f"{BASE}out/issue/", sent | units(stock, stock.old, 101))
    assert wrong.status_code == 422
    assert "100食です" in text(wrong)
    assert "断水のため" in text(wrong)
    assert 'value="101"' in text(wrong)
    expired = client_as(partner).post(
        f"{BASE}out/issue/", sent | {"on": "2025-06-03"} | units(stock, stock.old, 1)
    )
    assert "期限（2025-03-31）を過ぎています" in text(expired)
    gone = client_as(partner).post(f"{BASE}out/issue/", sent | {"units_999999_1": "1"})
    assert "もうこの場所にありません" in text(gone)
    assert client_as(other_partner).post(f"{BASE}out/issue/", sent).status_code == 403
    assert client_as(partner).post(f"{BASE}out/issue/", sent | {"place": "nowhere"}).status_code == 404
    assert client_as(viewer).post(f"{BASE}out/issue/", sent).status_code == 403
    assert client_as(partner).get(f"{BASE}out/lend/").status_code == 404
    assert stock.held(stock.old, stock.kawakita) == 100


@pytest.mark.slow
def test_move_drill_and_disposal_ask_for_their_own(stock, partner, client_as, initiative) -> None:
    client = client_as(partner)
    client.post(BASE + "places/new/", {"town": KAWAKITA, "name": "分庁舎"})
    second = StockPlace.objects.get(name="分庁舎")
    sent = {"place": stock.kawakita.slug, "on": "2024-06-03", "note": ""} | units(stock, stock.old, 10)
    for kind, said in (("move", "移す先"), ("drill", "訓練・催しの名称"), ("dispose", "理由・用途")):
        refused = client.post(f"{BASE}out/{kind}/", sent | {"token": token()})
        assert refused.status_code == 422
        assert said in text(refused)
    client.post(f"{BASE}out/move/", sent | {"token": token(), "to_place": second.slug})
    client.post(f"{BASE}out/dispose/", sent | {"token": token(), "note": "破損"})
    drill = {"token": token(), "title": "試食会", "initiative": str(initiative.pk), "result": "52名参加"}
    client.post(f"{BASE}out/drill/", sent | drill)
    assert stock.held(stock.old, stock.kawakita) == 70
    assert stock.held(stock.old, second) == 10


@pytest.mark.slow
def test_a_deed_is_taken_back_on_its_page(stock, partner, other_partner, client_as) -> None:
    made = issue(partner, stock, {stock.old: 10})[0]
    path = f"{BASE}movements/{made.pk}/undo/"
    assert "反対の受払" in text(client_as(partner).get(path))
    assert client_as(partner).post(path, {"on": "2024-06-03", "note": ""}).status_code == 422
    assert client_as(other_partner).post(path, {"on": "2024-06-03", "note": "x"}).status_code == 403
    client_as(partner).post(path, {"on": "2024-06-03", "note": "誤り"})
    assert stock.held(stock.old, stock.kawakita) == 100


# --- stocktakes ---


@pytest.mark.slow
def test_a_stocktake_from_label_to_closing(stock, partner, other_partner, viewer, client_as) -> None:
    client = client_as(partner)
    scan = f"{BASE}scan/{stock.kawakita.slug}/rice-old/"
    assert client.get(scan)["Location"] == f"{BASE}lots/rice-old/"
    assert client.post(BASE + "stocktakes/", {"place": "", "on": "2024-06-03"}).status_code == 422
    client.post(BASE + "stocktakes/", {"place": stock.kawakita.slug, "on": "2024-06-03", "note": ""})
    taking = Stocktake.objects.get()
    page = f"{BASE}stocktakes/{taking.pk}/"
    assert client.get(scan)["Location"] == f"{page}?lot=rice-old#count"
    assert 'value="rice-old"' in text(client.get(f"{page}?lot=rice-old"))
    assert "この数を登録" not in text(client_as(viewer).get(page))
    client.post(page, {"token": token(), "code": f"https://example.jp{scan}", "counted": "98", "note": ""})
    wrong = client.post(page, {"token": token(), "code": "nothing", "counted": "5", "note": "覚え"})
    assert wrong.status_code == 422
    assert "「nothing」は登録されていません" in text(wrong)
    assert client_as(other_partner).post(page, {"token": token(), "code": "rice-old"}).status_code == 403
    form = {"on": "2024-06-03", "reason": "破損", "version": "1"}
    left = client.post(page + "close/", form)
    assert left.status_code == 422
    assert "まだ数えていないロットが1件" in text(left)
    assert "破損" in text(left)
    assert client.post(page + "close/", form | {"version": "9", "leave": "on"}).status_code == 409
    client.post(page + "close/", form | {"leave": "on"})
    assert stock.held(stock.old, stock.kawakita) == 98
    assert "-2" in text(client.get(page + "data/"))


@pytest.mark.slow
def test_a_phone_sends_a_count_twice_and_it_counts_once(stock, partner, other_partner, client_as) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    path, sent = (
        f"{BASE}stocktakes/{taking.pk}/counts/",
        {"token": token(), "code": "rice-old", "counted": "97"},
    )
    for _ in range(2):
        assert client_as(partner).post(path, sent).json() == {"code": "rice-old", "counted": 97}
    assert StockCount.objects.count() == 1
    refused = client_as(partner).post(path, sent | {"counted": "x"})
    assert refused.status_code == 422
    assert refused.json()["error"]
    assert client_as(partner).post(path, sent | {"code": "no", "token": token()}).status_code == 422
    assert client_as(other_partner).post(path, sent).status_code == 403


@pytest.mark.slow
def test_labels_carry_the_address_of_the_count(stock, viewer, client_as) -> None:
    answer = client_as(viewer).get(f"{BASE}places/{stock.kawakita.slug}/labels/")
    words = "".join(each.extract_text() for each in PdfReader(io.BytesIO(answer.content)).pages)
    assert "rice-old" in words
    assert "令和7年3月31日" in words
    code = client_as(viewer).get(f"{BASE}lots/rice-old/code/{stock.kawakita.slug}.svg")
    assert code.content == qr_code(f"http://testserver{BASE}scan/{stock.kawakita.slug}/rice-old/")


# --- transfers ---


def asked(stock: Stocked, **changes: str) -> dict[str, str]:
    return {
        "token": token(), "kind": "loan", "borrower": HOSHINO, "lender": KAWAKITA, "incident": "",
        "to_place": stock.hoshino.slug, "reason": "訓練のため", "on": "2024-06-03", "due_on": "2024-09-30",
        "document_no": "星総第1号", "note": "", "line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0",
        "line-0-item": stock.food.slug, "line-0-asked": "30",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_a_loan_goes_its_way_on_the_pages(stock, partner, other_partner, viewer, client_as) -> None:
    lender, borrower = client_as(partner), client_as(other_partner)
    borrower.post(BASE + "transfers/new/", asked(stock))
    found = StockTransfer.objects.get()
    page = f"{BASE}transfers/{found.number}/"
    line = found.lines.get()
    assert "次にすること" in text(lender.get(page))
    step = {"on": "2024-06-03", "document_no": "", "note": "", "version": "1"}
    assert borrower.post(page + "steps/approve/", step).status_code == 403
    assert client_as(viewer).post(page + "steps/approve/", step).status_code == 403
    wrong = lender.post(page + "steps/approve/", step | {f"approved_{line.pk}": "31", "note": "覚え書き"})
    assert wrong.status_code == 422
    assert "0から依頼数" in text(wrong)
    assert "覚え書き" in text(wrong)
    lender.post(page + "steps/approve/", step | {f"approved_{line.pk}": "25"})
    clash = lender.post(page + "steps/ship/", step | units(stock, stock.old, 25))
    assert clash.status_code == 409
    lender.post(page + "steps/ship/", step | units(stock, stock.old, 25) | {"version": "2"})
    borrower.post(
        page + "steps/receive/",
        step
        | {"version": "3", "place": stock.hoshino.slug, f"received_{stock.old.pk}": "24", "note": "1食破損"},
    )
    assert stock.held(stock.old, stock.hoshino) == 24
    back = {
        "from_place": stock.hoshino.slug,
        "to_place": stock.kawakita.slug,
        f"returned_{stock.old.pk}": "20",
    }
    lender.post(page + "steps/return/", step | back | {"version": "4"})
    lender.post(page + "steps/settle/", step | {"version": "5", "yen": "1,200"})
    found.refresh_from_db()
    assert (found.state, found.settled_yen) == ("settled", 1200)
    assert "1,200円" in text(client_as(viewer).get(page))
    row = text(client_as(viewer).get(BASE + "transfers/data/")).splitlines()[1]
    assert ",30,25,25,24,20,2024-09-30,1200," in row


@pytest.mark.slow
def test_a_wrong_request_keeps_what_was_typed(stock, other_partner, viewer, client_as) -> None:
    client = client_as(other_partner)
    for changes, said in (
        ({"due_on": ""}, "返却の期限を入力"), ({"kind": "aid"}, "事案（災害・訓練）の中で依頼"),
        ({"line-0-asked": "0"}, "1"),
        ({"line-0-item": "", "line-0-asked": ""}, "品目と数量を入力"), ({"lender": HOSHINO}, "同じです"),
    ):  # fmt: skip
        answer = client.post(BASE + "transfers/new/", asked(stock, **changes))
        assert answer.status_code == 422
        assert said in text(answer)
        assert "訓練のため" in text(answer)
    assert client.post(BASE + "transfers/new/", asked(stock, borrower=KAWAKITA)).status_code == 422
    assert client_as(viewer).post(BASE + "transfers/new/", asked(stock)).status_code == 403
    assert not StockTransfer.objects.exists()


@pytest.mark.slow
def test_papers_and_pages_of_an_exercise_are_marked(stock, partner, other_partner, client_as) -> None:
    drill = incident(stock.region, partner)
    client = client_as(other_partner)
    client.post(BASE + "transfers/new/", asked(stock, incident=drill.slug, kind="aid"))
    found = StockTransfer.objects.get()
    page = f"{BASE}transfers/{found.number}/"
    assert "【訓練】" in text(client.get(page))
    assert found.ledger == "aid"
    answer = client.get(page + "papers/request.pdf")
    words = "".join(each.extract_text() for each in PdfReader(io.BytesIO(answer.content)).pages)
    assert "訓練" in words
    assert "星総第1号" in words
    assert client.get(page + "papers/slip.pdf").status_code == 404
    assert client.get(page + "papers/request.exe").status_code == 404
    assert "まだ" in text(client.get(BASE + "transfers/")) or str(found) not in text(
        client.get(BASE + "transfers/")
    )
    assert page in text(client.get(f"{BASE}transfers/?incident={drill.slug}"))


# --- files ---


def stock_file(*rows: dict[str, str]) -> SimpleUploadedFile:
    plain = {
        "品目": "水", "基準の品目": "water", "単位": "L", "入数": "12", "備蓄場所": "川北防災倉庫",
        "場所の市町村コード": KAWAKITA, "ロット番号": "water-1", "使用期限": "2029-03", "取得日": "R6.4.1",
        "単価_円": "100", "財源": "共同事業の経費", "所有市町村コード": KAWAKITA, "数量": "600",
    }  # fmt: skip
    content = write_csv(
        [COLUMNS, *(tuple((plain | row).get(name, "") for name in COLUMNS) for row in rows)]
    ).data
    return SimpleUploadedFile("zaiko.csv", content)


def hidden(answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text(answer))
    assert found
    return html.unescape(found[1])


@pytest.mark.slow
def test_a_file_is_shown_first_and_then_registered_whole_and_once(stock, secretariat, client_as) -> None:
    client = client_as(secretariat)
    rows = [{}, {"所有市町村コード": HOSHINO, "数量": "200"}, {"備蓄場所": "東倉庫", "数量": "100"}]
    shown = client.post(BASE + "load/", {"file": stock_file(*rows)})
    assert shown.status_code == 200
    assert "川北町 700、星野町 200" in text(shown)
    assert "期限切れ" not in text(shown)
    old = client.post(BASE + "load/", {"file": stock_file({"使用期限": "2025-01"})})
    assert "期限切れ" in text(old)
    assert not StockLot.objects.filter(code="water-1").exists()
    sent = {name: hidden(shown, name) for name in ("text", "token", "name")}
    for _ in range(2):
        client.post(BASE + "load/", sent)
    found = StockLot.objects.get(code="water-1")
    assert (found.expires_on, parts_of(found)) == (date(2029, 3, 31), {KAWAKITA: 700, HOSHINO: 200})
    assert stock.held(found, stock.kawakita) == 800
    assert stock.held(found, StockPlace.objects.get(name="東倉庫")) == 100
    assert StockItem.objects.get(title="水").pack_size == 12


def test_all_wrong_rows_are_named_and_nothing_is_taken(stock, secretariat, client_as) -> None:
    rows = [
        {}, {"数量": "-3"}, {"ロット番号": "rice-old"}, {"使用期限": "いつか", "ロット番号": "w2"},
        {"所有市町村コード": "999999"}, {"場所の市町村コード": ""}, {"取得日": "2124-01-01", "ロット番号": "w3"},
        {"単価_円": "200"}, {"財源": "宝くじ", "ロット番号": "w4"}, {}, {"単位": "本", "所有市町村コード": HOSHINO},
    ]  # fmt: skip
    answer = client_as(secretariat).post(BASE + "load/", {"file": stock_file(*rows)})
    assert answer.status_code == 422
    found = re.findall(r'<th scope="row" class="num">(\d+)</th><td>([^<]*)</td>', text(answer))
    assert found == [
        ("3", "数量"), ("4", "ロット番号"), ("5", "使用期限"), ("6", "所有市町村コード"), ("7", "場所の市町村コード"),
        ("8", "取得日"), ("9", "単価_円"), ("10", "財源"), ("11", "ロット番号"), ("12", "単位"),
    ]  # fmt: skip
    assert "この内容で登録" not in text(answer)
    assert StockLot.objects.count() == 3


@pytest.mark.slow
def test_a_town_loads_its_own_places_and_no_exercise(stock, partner, viewer, client_as) -> None:
    client = client_as(partner)
    other = client.post(BASE + "load/", {"file": stock_file({"場所の市町村コード": HOSHINO})})
    assert other.status_code == 422
    drill = incident(stock.region, partner)
    issue(partner, stock, {stock.old: 60}, incident=drill)
    exported = client.get(f"{BASE}data/?incident={drill.slug}").content
    refused = client.post(BASE + "load/", {"file": SimpleUploadedFile("x.csv", exported)})
    assert "訓練の在庫は、実際の在庫として登録できません" in text(refused)
    assert client.post(BASE + "load/", {"file": SimpleUploadedFile("x.csv", b"")}).status_code == 422
    assert client_as(viewer).post(BASE + "load/", {"file": stock_file({})}).status_code == 403


@pytest.mark.slow
def test_what_comes_out_goes_in_again(stock, secretariat, client_as) -> None:
    client = client_as(secretariat)
    out = client.get(BASE + "data/").content.decode("utf-8-sig")
    again = out.replace("rice-", "reis-").replace("blankets", "decken")
    shown = client.post(BASE + "load/", {"file": SimpleUploadedFile("x.csv", again.encode())})
    client.post(BASE + "load/", {name: hidden(shown, name) for name in ("text", "token", "name")})
    copied = StockLot.objects.get(code="decken")
    assert stock.held(copied, stock.hoshino) == 90
    assert parts_of(copied) == {KAWAKITA: 60, HOSHINO: 30}
    assert StockMovement.objects.filter(lot__code__startswith="reis").count() == 2


@pytest.mark.slow
def test_the_year_is_reported_in_units_and_yen(stock, partner, viewer, client_as) -> None:
    issue(partner, stock, {stock.old: 40}, on=date(2024, 7, 1))
    issue(partner, stock, {stock.old: 10}, on=date(2025, 4, 1), kind="dispose", note="期限切れ")
    issue(partner, stock, {stock.new: 60}, incident=incident(stock.region, partner))
    client = client_as(viewer)
    first = text(client.get(f"{BASE}report/?year=2024"))
    assert '<td class="num" data-value="-40">' in first
    assert f'<td class="num">{60 * 300 + 200 * 320:,}</td>' in first
    second = text(client.get(f"{BASE}report/?year=2025&town={KAWAKITA}"))
    assert f'<td class="num">{50 * 300 + 200 * 320:,}</td>' in second
    assert "毛布" not in second
    assert '<td class="num">90</td>' in text(client.get(f"{BASE}report/?year=2025"))


def test_yen_of_large_lots_do_not_overflow(stock, partner, viewer, client_as) -> None:
    owners = {stock.towns["川北町"]: 1}
    receive_lot(
        partner,
        stock.region,
        LotDraft(stock.food, DAY, owners, "big", None, 10**9, quantities={stock.kawakita: 10**9}),
        token(),
    )
    shown = text(client_as(viewer).get(f"{BASE}report/?year=2024"))
    assert f"{10**18 + 100 * 300 + 200 * 320:,}" in shown


@pytest.mark.slow
def test_more_lots_movements_and_transfers_cost_no_more_queries(
    stock, partner, other_partner, viewer, client_as
) -> None:
    client = client_as(viewer)
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)

    def more(number: int) -> None:
        owners = {stock.towns["川北町"]: 1, stock.towns["星野町"]: 2}
        for place in range(number):
            draft = LotDraft(
                stock.food, DAY, owners, f"more-{number}-{place}", quantities={stock.kawakita: 9}
            )
            lot = receive_lot(partner, stock.region, draft, token())
            issue(partner, stock, {lot: 1})
            count_lot(partner, taking, CountDraft(lot, 8, token()))
            client_as(other_partner).post(BASE + "transfers/new/", asked(stock))

    def queries() -> dict[str, int]:
        found = {}
        for path in (
            "", "items/", f"items/{stock.food.slug}/", "places/", f"places/{stock.kawakita.slug}/", "movements/",
            "report/", "stocktakes/", f"stocktakes/{taking.pk}/", "transfers/", "data/", "movements/data/",
            "transfers/data/", "lots/rice-old/", f"out/issue/?place={stock.kawakita.slug}", "transfers/1/",
        ):  # fmt: skip
            client.get(BASE + path)
            cache.clear()
            with CaptureQueriesContext(connection) as seen:
                assert client.get(BASE + path).status_code == 200, path
            found[path] = len(seen)
        return found

    more(2)
    few = queries()
    more(7)
    many = queries()
    assert {path: (few[path], many[path]) for path in few if many[path] > few[path]} == {}

"""Counting on a phone in a real browser: without a network the counts stay in the page, and are sent once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client
from django_scopes import scopes_disabled

from keniki.apps.disaster.actions.stock.stocktakes import begin_stocktake
from keniki.apps.disaster.models import StockCount
from tests.browser import PHONE, Browser, fits, running

from .stocked import DAY, Stocked, stocked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


@pytest.fixture
def browser(live_server) -> Iterator[Browser]:
    with running() as opened:
        yield Browser(opened, live_server.url)
        # The browser's driver has an event loop, in which Django opened a connection of its own.
        connections.close_all()


def counted() -> list[tuple[str, int]]:
    with scopes_disabled():
        return list(StockCount.objects.order_by("id").values_list("lot__code", "counted"))


def test_counts_without_a_network_are_kept_and_sent_once(stock, partner, browser) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    page = browser.window(partner, viewport=PHONE)
    page.goto(f"/desk/aoba/disaster/stock/scan/{stock.kawakita.slug}/rice-old/")
    assert page.url.endswith(f"/stocktakes/{taking.pk}/?lot=rice-old#count")
    assert page.input_value("[name=code]") == "rice-old"
    assert fits(page)
    page.context.set_offline(True)
    page.fill("[name=counted]", "98")
    page.keyboard.press("Enter")
    page.get_by_text("まだ送っていない計数が1件あります").wait_for()
    page.fill("[name=code]", "rice-new")
    page.fill("[name=counted]", "200")
    page.keyboard.press("Enter")
    page.get_by_text("まだ送っていない計数が2件あります").wait_for()
    assert counted() == []
    page.context.set_offline(False)
    page.get_by_text("2ロットのうち2ロットを数えました").wait_for()
    assert counted() == [("rice-old", 98), ("rice-new", 200)]
    page.reload()
    assert page.locator("[data-counts-list] li").count() == 0
    assert counted() == [("rice-old", 98), ("rice-new", 200)]
    assert [each for each in browser.complaints if "ERR_INTERNET_DISCONNECTED" not in each] == []


def test_a_count_that_is_refused_is_said_and_stays(stock, partner, browser) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    page = browser.window(partner, viewport=PHONE)
    page.goto(f"/desk/aoba/disaster/stock/stocktakes/{taking.pk}/")
    page.fill("[name=code]", "nothing")
    page.fill("[name=counted]", "5")
    page.keyboard.press("Enter")
    page.get_by_text("ロット番号「nothing」は登録されていません").wait_for()
    page.reload()
    page.get_by_text("ロット番号「nothing」は登録されていません").wait_for()
    page.get_by_role("button", name="この行を消す").click()
    assert page.locator("[data-counts-list] li").count() == 0
    assert counted() == []


def test_without_a_script_the_form_counts_as_well(stock, partner, client_as) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    client: Client = client_as(partner)
    shown = client.get(f"/desk/aoba/disaster/stock/stocktakes/{taking.pk}/?lot=rice-old").content.decode()
    token = shown.partition('name="token" value="')[2].partition('"')[0]
    client.post(
        f"/desk/aoba/disaster/stock/stocktakes/{taking.pk}/",
        {"token": token, "code": "rice-old", "counted": "99", "note": ""},
    )
    assert counted() == [("rice-old", 99)]

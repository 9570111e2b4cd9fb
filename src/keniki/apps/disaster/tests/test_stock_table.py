"""The yearly table: what counts, what is published, and that it stays as it was made public."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest
from django.urls import reverse

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.stock.items import ItemDraft, save_item
from keniki.apps.disaster.actions.stock_plans.tables import publish_table, withdraw_table
from keniki.apps.disaster.actions.stock_plans.targets import save_target
from keniki.apps.disaster.models import StockTable
from keniki.apps.disaster.papers.stock_tables import stock_paper
from keniki.apps.disaster.queries.stock_plans.tables import table_on
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .stocked import DAY, incident, issue, stocked
from .test_stock_plans import draft

PAGE = "/desk/aoba/disaster/stock/table/"


@pytest.fixture
def stock(in_region, secretariat, towns):
    return stocked(in_region, secretariat, towns)


def cells(region, day=DAY) -> dict[tuple[str, str], tuple[int, int]]:
    return {(row.town.name, row.item.title): (row.owned, row.stored) for row in table_on(region, day).rows}


def test_what_is_owned_and_what_lies_where(in_region, stock) -> None:
    found = cells(in_region)
    assert found["川北町", "毛布"] == (60, 0)
    assert found["星野町", "毛布"] == (30, 90)
    assert found["川北町", "アルファ米"] == (300, 300)
    assert found["青葉市", "毛布"] == (0, 0)


def test_expired_stock_and_exercises_do_not_count(in_region, stock, secretariat) -> None:
    assert cells(in_region, date(2025, 3, 31))["川北町", "アルファ米"] == (300, 300)
    assert cells(in_region, date(2025, 4, 1))["川北町", "アルファ米"] == (200, 200)
    drill = incident(in_region, secretariat)
    issue(secretariat, stock, {stock.new: 40}, incident=drill)
    assert cells(in_region)["川北町", "アルファ米"] == (300, 300)
    issue(secretariat, stock, {stock.new: 150})
    assert cells(in_region)["川北町", "アルファ米"] == (150, 150)


def test_only_published_items(in_region, stock, secretariat) -> None:
    blanket = stock.blanket
    save_item(secretariat, in_region, ItemDraft("毛布", "枚", published=False), blanket, blanket.version)
    found = table_on(in_region, DAY)
    assert [each.title for each in found.items] == ["アルファ米"]
    assert [each.title for each in found.unpublished] == ["毛布"]


@pytest.mark.slow
def test_what_was_made_public_stays(in_region, stock, secretariat, partner, client) -> None:
    save_target(secretariat, in_region, draft(stock.towns["川北町"], people=50))
    with pytest.raises(Denied):
        publish_table(partner, in_region, DAY)
    made = publish_table(secretariat, in_region, DAY, "初めての公表", 0)
    issue(secretariat, stock, {stock.new: 150})
    rows = json.loads(b"".join(client.get(_data("json")).streaming_content))["rows"]
    food = next(row for row in rows if row["municipality_code"] == KAWAKITA and row["item"] == "アルファ米")
    assert (food["owned"], food["people"], food["days"], food["as_of"]) == (300, 50, 3, "2024-06-03")
    assert food["fiscal_year"] == 2024
    text = b"".join(client.get(_data("csv")).streaming_content).decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(text)))[:4] == ["年度", "基準日", "全国地方公共団体コード", "市町村名"]
    again = publish_table(secretariat, in_region, DAY, "", made.version)
    rows = json.loads(b"".join(client.get(_data("json")).streaming_content))["rows"]
    assert {row["owned"] for row in rows if row["municipality_code"] == KAWAKITA} == {150, 60}
    with pytest.raises(Stale):
        withdraw_table(secretariat, again, 1)
    withdraw_table(secretariat, again, again.version)
    assert json.loads(b"".join(client.get(_data("json")).streaming_content))["rows"] == []


def _data(ending: str) -> str:
    return reverse("public:dataset", args=["aoba", "stock", ending])


@pytest.mark.slow
def test_it_is_published_on_its_page(in_region, stock, secretariat, partner, client_as) -> None:
    data = {"as_of": "2024-06-03", "note": "", "version": "0"}
    assert client_as(partner).post(PAGE, data).status_code == 403
    page = client_as(secretariat).post(f"{PAGE}?on=2024-06-03", data, follow=True).content.decode()
    assert "公表しました" in page
    assert "令和6年度" in page
    twice = client_as(secretariat).post(PAGE, data)
    assert twice.status_code == 422
    assert "先に公表していました" in twice.content.decode()
    found = StockTable.objects.get()
    assert client_as(partner).post(f"{PAGE}2024/withdraw/", {"version": "1"}).status_code == 403
    client_as(secretariat).post(f"{PAGE}2024/withdraw/", {"version": found.version})
    assert not StockTable.objects.exists()
    assert client_as(secretariat).post(f"{PAGE}2024/withdraw/").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2199-01-01", "2150"),
        ("2100-01-01", "今日まで"),
        ("2024-03-31", "公表できる備蓄がありません"),
        ("", "入力"),
    ],
)
def test_a_day_that_cannot_be_is_refused(in_region, stock, secretariat, client_as, as_of, said) -> None:
    answer = client_as(secretariat).post(PAGE, {"as_of": as_of, "note": "メモ", "version": "0"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert 'value="メモ"' in answer.content.decode()


def test_the_page_without_records_says_what_to_do(in_region, viewer, client_as) -> None:
    assert "公表する品目がありません" in client_as(viewer).get(PAGE).content.decode()


@pytest.mark.slow
def test_files(in_region, stock, viewer, client_as) -> None:
    client = client_as(viewer)
    text = client.get(f"{PAGE}files/csv/?on=2024-06-03").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["保有数量"] for row in rows if row["全国地方公共団体コード"] == HOSHINO] == ["0", "30"]
    assert client.get(f"{PAGE}files/xlsx/?on=2024-06-03").content[:2] == b"PK"
    assert client.get(f"{PAGE}files/docx/").status_code == 404


@pytest.mark.slow
def test_the_paper_is_the_same_for_the_same_records(in_region, stock) -> None:
    table = table_on(in_region, DAY)
    first, second = (stock_paper(in_region, table).render("pdf") for _ in range(2))
    assert first[:5] == b"%PDF-"
    assert first == second


def test_a_table_without_stock_is_not_made_public(in_region, secretariat) -> None:
    with pytest.raises(WrongInput, match="公表できる備蓄がありません"):
        publish_table(secretariat, in_region, DAY)

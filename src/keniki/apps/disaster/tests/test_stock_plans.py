"""Targets, needs and shortfall: one number of people, the same quantities as the command, stock as it lies."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from keniki.analysis.needs import needs, people
from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.stock.items import ItemDraft, save_item
from keniki.apps.disaster.actions.stock.lots import LotDraft, receive_lot
from keniki.apps.disaster.actions.stock_plans import targets as actions
from keniki.apps.disaster.actions.stock_plans.targets import TargetDraft, save_target
from keniki.apps.disaster.models import ItemMeasure, StockTarget
from keniki.apps.disaster.queries.stock_plans import (
    held_on,
    position_of,
    reckon_target,
    town_needs,
)
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.cli.main import main
from keniki.core.errors import WrongInput

from .stocked import DAY, incident, issue, stocked, token

BASE = "/desk/aoba/disaster/stock/"
TARGETS = f"{BASE}targets/"


def draft(town, **changes) -> TargetDraft:
    return TargetDraft(
        **({"municipality": town, "fiscal_year": 2024, "people": 100, "basis": "人口の5％"} | changes)
    )


def typed(**changes: str) -> dict[str, str]:
    return {
        "town": KAWAKITA, "fiscal_year": "2024", "people": "100", "basis": "人口の5％", "basis_url": "", "days": "3",
        "winter": "on", "share": "100", "share_basis": "", "places": "1", "area": "", "shares_basis": "",
        "overrides-TOTAL_FORMS": "1", "overrides-INITIAL_FORMS": "0", "overrides-0-item": "",
        "overrides-0-quantity": "", "overrides-0-basis": "",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_a_town_sets_its_target_on_the_page(in_region, partner, other_partner, client_as) -> None:
    client = client_as(partner)
    page = client.post(
        f"{TARGETS}new/", typed(share="40", share_basis="家庭の備蓄が6割"), follow=True
    ).content.decode()
    found = StockTarget.objects.get()
    assert (found.people, found.days, found.share, found.winter) == (100, 3, Decimal("0.400"), True)
    assert "公的備蓄で賄う割合 100人 × 40％ = 40人" in page
    assert "40人 × 3日 × 3食 = 360食" in page
    assert "要確認" in page
    assert client_as(other_partner).post(f"{TARGETS}{found.pk}/edit/", typed(people="1")).status_code == 403
    assert client_as(other_partner).get(f"{TARGETS}{found.pk}/edit/").status_code == 200
    listed = client_as(other_partner).get(f"{TARGETS}?year=2024").content.decode()
    assert "人口の5％" in listed
    assert ">360<" in listed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"people": "-1"}, "0 以上"),
        ({"basis": ""}, "入力してください"),
        ({"share": "40"}, "割合の根拠を入力"),
        ({"share": "0", "share_basis": "なし"}, "0より大きく"),
        ({"share": "33.33", "share_basis": "三分の一"}, "小数は1桁まで"),
        ({"group-infants": "1"}, "内訳の割合の根拠"),
        ({"group-infants": "101", "shares_basis": "住民基本台帳"}, "100％以下"),
        ({"days": "0"}, "1 以上"),
        ({"overrides-0-item": "food", "overrides-0-quantity": "4"}, "根拠を入力"),
        (
            {"overrides-0-item": "tent", "overrides-0-quantity": "0", "overrides-0-basis": "x"},
            "0より大きい",
        ),
        ({"overrides-0-basis": "x", "overrides-0-quantity": "2"}, "品目を選んで"),
    ],
)
def test_a_target_that_cannot_be_is_refused_and_kept_as_typed(
    in_region, partner, client_as, changes, said
) -> None:
    answer = client_as(partner).post(f"{TARGETS}new/", typed(**changes))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert 'value="人口の5％"' in text or changes.get("basis") == ""
    assert not StockTarget.objects.exists()


def test_one_target_a_town_and_year(in_region, partner, towns) -> None:
    save_target(partner, in_region, draft(towns["川北町"]))
    with pytest.raises(WrongInput, match="既に登録"):
        save_target(partner, in_region, draft(towns["川北町"]))
    with pytest.raises(Denied):
        save_target(partner, in_region, draft(towns["星野町"]))
    with pytest.raises(WrongInput, match="年度"):
        save_target(partner, in_region, draft(towns["川北町"], fiscal_year=1990))


def test_the_second_of_two_editors_is_shown_both(in_region, partner, towns, client_as) -> None:
    made = save_target(partner, in_region, draft(towns["川北町"]))
    save_target(partner, in_region, draft(towns["川北町"], people=200), made, 1)
    answer = client_as(partner).post(f"{TARGETS}{made.pk}/edit/", typed(people="300", version="1"))
    assert answer.status_code == 409
    assert "300" in answer.content.decode()
    assert "200" in answer.content.decode()
    with pytest.raises(Stale):
        actions.remove_target(partner, made, 1)
    actions.remove_target(partner, made, 2)
    assert not StockTarget.objects.exists()


def test_an_unchanged_target_leaves_no_log_entry(in_region, partner, towns) -> None:
    made = save_target(partner, in_region, draft(towns["川北町"]))
    entries = LogEntry.objects.count()
    save_target(partner, in_region, draft(towns["川北町"]), made, 1)
    assert LogEntry.objects.count() == entries


def test_pages_say_what_the_command_says(in_region, partner, towns, capsys) -> None:
    target = save_target(
        partner,
        in_region,
        draft(
            towns["川北町"], people=2083, share=Decimal("0.4"), share_basis="家庭の備蓄", places=2,
            shares={"infants": "7/1000"}, shares_basis="住民基本台帳", area=Decimal(700),
        ),
    )  # fmt: skip
    code = main(
        ["disaster", "needs", "--people", "2083", "--days", "3", "--season", "winter", "--date", "2024-04-01",
         "--public-share", "0.4", "--places", "2", "--infants", "0.007", "--area", "700", "--json"]
    )  # fmt: skip
    said = json.loads(capsys.readouterr().out)
    found = reckon_target(target)
    assert code == 0
    assert found.people.count == said["people"] == 834
    assert [(line.key, line.quantity, line.arithmetic) for line in found.lines] == [
        (line["item"], line["quantity"], line["arithmetic"]) for line in said["items"]
    ]
    assert list(found.people.steps) == said["denominator"]["steps"]


def test_an_earlier_target_goes_on_until_there_is_a_new_one(in_region, secretariat, towns) -> None:
    save_target(secretariat, in_region, draft(towns["川北町"]))
    found = {each.town.name: each for each in town_needs(in_region, 2025)}
    assert found["川北町"].carried
    assert found["川北町"].target.people == 100
    assert found["星野町"].target is None
    assert actions.copy_targets(secretariat, in_region, 2025) == 1
    assert actions.copy_targets(secretariat, in_region, 2025) == 0
    assert not {each.town.name: each for each in town_needs(in_region, 2025)}["川北町"].carried
    assert all(each.target is None for each in town_needs(in_region, 2023))


def test_a_towns_own_figure_replaces_the_standard(in_region, partner, towns, client_as) -> None:
    client_as(partner).post(
        f"{TARGETS}new/",
        typed(
            fiscal_year="2025",
            **{"overrides-0-item": "partition", "overrides-0-quantity": "4", "overrides-0-basis": "町の計画"},
        ),
    )
    found = StockTarget.objects.get()
    assert found.overrides == {"partition": {"basis": "町の計画", "of": "4"}}
    assert reckon_target(found).line("partition").quantity == 25


def test_shares_are_kept_exact(in_region, partner, towns, client_as) -> None:
    client = client_as(partner)
    client.post(f"{TARGETS}new/", typed(**{"group-infants": "0.7", "shares_basis": "住民基本台帳"}))
    found = StockTarget.objects.get()
    assert found.shares == {"infants": "7/1000"}
    assert 'value="0.7"' in client.get(f"{TARGETS}{found.pk}/edit/").content.decode()


def test_stock_is_what_movements_say_and_whose_parts_are(in_region, secretariat, towns) -> None:
    stock = stocked(in_region, secretariat, towns)
    held = {each.lot.code: each for each in held_on(in_region, DAY)}
    assert held["blankets"].owners == {KAWAKITA: 60, HOSHINO: 30}
    assert held["blankets"].lies_in == {HOSHINO: 90}
    assert not held_on(in_region, date(2024, 3, 31))
    drill = incident(in_region, secretariat)
    issue(secretariat, stock, {stock.new: 10}, incident=drill)
    assert {each.lot.code: each.quantity for each in held_on(in_region, DAY)}["rice-new"] == 200


def test_need_against_stock(in_region, secretariat, towns) -> None:
    stocked(in_region, secretariat, towns)
    save_target(secretariat, in_region, draft(towns["川北町"], people=10, days=1))
    save_target(secretariat, in_region, draft(towns["星野町"], people=20, days=3))
    found = position_of(in_region, 2024, DAY)
    food = next(row for row in found.rows if row.key == "food")
    assert found.people == 30
    assert (food.joint.minimum, food.joint.has, food.joint.missing) == (30 + 180, 300, 0)
    assert [(each.giver.name, each.taker.name, each.quantity) for each in food.lends] == [
        ("川北町", "星野町", 180)
    ]
    assert food.joint.missing_apart == 180
    assert food.after_lending == 0
    assert [each.name for each in found.without_target] == ["青葉市"]
    late = position_of(in_region, 2024, date(2025, 4, 1))
    assert next(row for row in late.rows if row.key == "food").joint.has == 200
    assert [each.lot.code for each in late.expired] == ["rice-old"]
    assert [(each.item.title, each.quantity) for each in found.uncounted] == [("毛布", 90)]


def test_joint_need_is_one_reckoning_for_all_people(in_region, secretariat, towns) -> None:
    for town, number in (("川北町", 33), ("星野町", 34), ("青葉市", 133)):
        save_target(secretariat, in_region, draft(towns[town], people=number))
    found = {row.key: row.joint for row in position_of(in_region, 2024, DAY, mode="joint").rows}
    together = needs(people(200), 3, "winter", date(2024, 4, 1), places=3)
    apart = {row.key: row.joint for row in position_of(in_region, 2024, DAY).rows}
    for line in together.lines:
        if line.key in ("jet_heater", "kerosene", "co_alarm"):
            continue
        assert found[line.key].minimum == line.quantity, line.key
        assert sum(each.minimum for each in found[line.key].standings) == line.quantity
        assert apart[line.key].minimum >= line.quantity


@pytest.mark.slow
def test_other_units_count_once_somebody_says_what_they_are(
    in_region, secretariat, partner, towns, client_as
) -> None:
    stock = stocked(in_region, secretariat, towns)
    save_target(secretariat, in_region, draft(towns["川北町"]))
    water = save_item(secretariat, in_region, ItemDraft("保存水2L", "本", "water"))
    lot = LotDraft(
        water,
        date(2024, 4, 1),
        {towns["川北町"]: 1},
        "mizu",
        date(2029, 4, 1),
        quantities={stock.kawakita: 7},
    )
    receive_lot(secretariat, in_region, lot, token())
    url = f"{BASE}shortfall/measures/{water.slug}/"
    page = client_as(secretariat).get(f"{BASE}shortfall/?year=2024&on={DAY}").content.decode()
    assert "換算が登録されていません" in page
    assert url in page
    assert client_as(partner).post(url, {"amount": "2", "basis": "2L"}).status_code == 403
    assert client_as(secretariat).post(url, {"amount": "-2", "basis": "2L"}).status_code == 422
    assert client_as(secretariat).post(url, {"amount": "2", "basis": "2L"}).status_code == 302
    row = next(row for row in position_of(in_region, 2024, DAY).rows if row.key == "water")
    assert row.joint.has == 14
    kept = ItemMeasure.objects.get()
    answer = client_as(secretariat).post(url, {"amount": "3", "basis": "", "version": kept.version + 1})
    assert answer.status_code == 409
    client_as(secretariat).post(url, {"amount": "", "basis": "", "version": kept.version})
    assert not ItemMeasure.objects.exists()


@pytest.mark.slow
def test_the_shortfall_page_opens_its_arithmetic(
    in_region, secretariat, viewer, neighbour, towns, client_as
) -> None:
    stocked(in_region, secretariat, towns)
    client = client_as(viewer)
    assert "備蓄目標がまだありません" in client.get(f"{BASE}shortfall/").content.decode()
    save_target(secretariat, in_region, draft(towns["川北町"]))
    page = client.get(f"{BASE}shortfall/?year=2024&on=2024-06-03&mode=joint").content.decode()
    assert "アルファ米" not in page
    assert "食料" in page
    assert "星野町" in page
    item = client.get(f"{BASE}shortfall/items/food/?year=2024&on=2024-06-03").content.decode()
    assert "100人 × 3日 × 3食 = 900食" in item
    assert "rice-old" in item
    assert client.get(f"{BASE}shortfall/?year=2024&on=xx").status_code == 200
    drawn = client.get(f"{BASE}shortfall/chart.svg?year=2024")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"<svg" in drawn.content[:200]
    assert client_as(neighbour).get(f"{BASE}shortfall/").status_code == 404

"""Purchase plans: reckoned once with what they rest on, divided to the yen, posted once to a joint cost."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection
from django_scopes import scope

from keniki.analysis.needs import Lot, Target, plan
from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.activities.models import YearClosing
from keniki.apps.disaster.actions.stock_plans import buying as actions
from keniki.apps.disaster.actions.stock_plans.buying import PlanDraft, post_year, save_plan, withdraw_posting
from keniki.apps.disaster.actions.stock_plans.targets import save_target
from keniki.apps.disaster.models import PlanPosting, PurchasePlan, StockTarget
from keniki.apps.disaster.queries.stock_plans.buying import BuyLine, Settings, inputs_of
from keniki.apps.disaster.queries.stock_plans.plans import amounts_there, postings_of
from keniki.apps.finance.actions.cost_items import ItemDraft, items_at, save_items
from keniki.apps.finance.models import CostItem
from keniki.apps.finance.sharing import StageOf
from keniki.apps.finance.tests.joint import joint_cost
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .stocked import BOUGHT, issue, stocked
from .test_stock_plans import draft

BASE = "/desk/aoba/disaster/stock/purchases/"
REQUEST, INITIAL = StageOf("request"), StageOf("initial")
LINES = (BuyLine("food", 15_000, 50, 60, 1), BuyLine("portable_toilet", 8_000, 100, None, 2))


def settings(**changes) -> Settings:
    made = {"as_of": BOUGHT, "goal": "apart", "phase_in": 2, "lines": LINES} | changes
    return Settings(**made)


def of(cost=None, *, title="備蓄5か年計画", years=5, **changes) -> PlanDraft:
    return PlanDraft(title, 2024, years, settings(**changes), cost)


@pytest.fixture
def targets(in_region, secretariat, towns) -> None:
    for name, number in (("青葉市", 100), ("川北町", 50), ("星野町", 30)):
        save_target(secretariat, in_region, draft(towns[name], people=number))


@pytest.fixture
def cost(in_region, initiative):
    return joint_cost(in_region, initiative)


def typed(**changes: str) -> dict[str, str]:
    return {
        "title": "備蓄5か年計画", "first_year": "2024", "years": "5", "goal": "joint", "as_of": "2024-04-01",
        "phase_in": "2", "budget": "", "rolling_months": "6", "delivery_month": "10", "delivery_day": "1", "cost": "",
        "cost_class": "", "split": "none", "note": "", "lines-TOTAL_FORMS": "2", "lines-INITIAL_FORMS": "0",
        "lines-0-item": "food", "lines-0-price": "15,000", "lines-0-pack": "50", "lines-0-shelf_months": "60",
        "lines-0-priority": "1", "lines-1-item": "bed", "lines-1-price": "", "lines-1-pack": "",
        "lines-1-shelf_months": "", "lines-1-priority": "",
    } | changes  # fmt: skip


@pytest.mark.slow
def test_a_plan_is_made_on_the_page(in_region, targets, secretariat, partner, client_as) -> None:
    assert client_as(partner).post(f"{BASE}new/", typed()).status_code == 403
    page = client_as(secretariat).post(f"{BASE}new/", typed(), follow=True).content.decode()
    found = PurchasePlan.objects.get()
    assert found.result["people"] == 180
    assert found.result["goals"]["food"] == 1620
    assert "段ボールベッド" in page
    assert "単価がないため購入しない品目" in page
    years = found.result["years"]
    assert [each["cost"] for each in years[:2]] == [17 * 15_000, 16 * 15_000]
    assert years[1]["stock"]["food"] == 33 * 50


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "入力してください"),
        ({"years": "21"}, "20"),
        ({"budget": "-1"}, "0円以上"),
        ({"lines-0-price": ""}, "購入する品目がありません"),
        ({"lines-0-item": ""}, "品目を選んで"),
        ({"lines-1-item": "food", "lines-1-price": "1"}, "「食料」が2回"),
        ({"split": "rule"}, "共同経費を選んで"),
        ({"split": "weights"}, "0より大きい数"),
        ({"lines-0-shelf_months": "6"}, "「食料」は保存月数"),
        ({"delivery_day": "31"}, "28 以下"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    in_region, targets, secretariat, client_as, changes, said
) -> None:
    answer = client_as(secretariat).post(f"{BASE}new/", typed(**changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not PurchasePlan.objects.exists()


def test_a_plan_needs_targets(in_region, secretariat) -> None:
    with pytest.raises(WrongInput, match="先に備蓄目標"):
        save_plan(secretariat, in_region, of())


def test_the_result_is_that_of_the_analysis(in_region, targets, secretariat, towns) -> None:
    stocked(in_region, secretariat, towns)
    found = save_plan(secretariat, in_region, of(budget=200_000))
    goals = found.result["goals"]
    lots = [
        Lot("rice-old", "food", 100, date(2025, 3, 31)),
        Lot("rice-new", "food", 200, date(2028, 3, 31)),
    ]
    expected = plan(
        [
            Target("food", goals["food"], 15_000, 50, 60),
            Target("portable_toilet", goals["portable_toilet"], 8_000, 100, None, 2),
        ],
        lots, 2024, 5, phase_in=2, budget=200_000,
    )  # fmt: skip
    assert [each["cost"] for each in found.result["years"]] == [each.cost for each in expected.years]
    assert [each["behind"] for each in found.result["years"]] == [
        dict(each.behind) for each in expected.years
    ]
    rolled = found.result["years"][0]["rolling"]
    assert [(each["lot"], each["since"], each["until"]) for each in rolled] == [
        ("rice-old", "2024-09-30", "2025-03-31")
    ]


@pytest.mark.slow
def test_it_says_when_what_it_rests_on_has_changed(in_region, targets, secretariat, towns, client_as) -> None:
    stock = stocked(in_region, secretariat, towns)
    found = save_plan(secretariat, in_region, of(as_of=date(2024, 6, 30)))
    client, url = client_as(secretariat), f"{BASE}{found.slug}/"
    assert "計算が古くなっています" not in client.get(url).content.decode()
    issue(secretariat, stock, {stock.new: 50})
    assert "計算が古くなっています" in client.get(url).content.decode()
    before = found.result["years"][0]["cost"]
    page = client.post(f"{url}reckon/", {"version": found.version}, follow=True).content.decode()
    assert "計算し直しました" in page
    assert "計算が古くなっています" not in page
    found.refresh_from_db()
    assert found.result["years"][0]["cost"] > before
    assert client.get(f"{url}cost.svg").status_code == client.get(f"{url}reach.svg").status_code == 200
    assert client.get(f"{url}other.svg").status_code == 404


def test_costs_are_divided_by_the_adopted_rule_to_the_yen(in_region, targets, secretariat, cost) -> None:
    found = save_plan(secretariat, in_region, of(cost, split="rule"))
    first, second = found.result["years"][:2]
    assert sum(first["shares"].values()) == first["cost"] > 0
    assert set(first["shares"]) == {AOBA, KAWAKITA, HOSHINO}
    assert "均等割20・人口割80" in first["share_note"]
    assert "見込み" not in first["share_note"]
    assert sum(second["shares"].values()) == second["cost"]
    assert "令和6年度の値で計算した見込み" in second["share_note"]


def test_without_a_rule_the_plan_says_why_it_divides_nothing(
    in_region, targets, secretariat, initiative
) -> None:
    found = save_plan(secretariat, in_region, of(joint_cost(in_region, initiative, rule=None), split="rule"))
    first = found.result["years"][0]
    assert first["shares"] == {}
    assert "まだ決まっていない" in first["share_note"]


def test_other_ways_to_divide(in_region, targets, secretariat) -> None:
    people = save_plan(secretariat, in_region, of(split="people", title="人数"))
    first = people.result["years"][0]
    assert sum(first["shares"].values()) == first["cost"]
    assert abs(first["shares"][AOBA] - first["cost"] * 100 / 180) < 1
    typed_weights = save_plan(
        secretariat, in_region, of(split="weights", weights={AOBA: "2", KAWAKITA: "1"}, title="割合")
    )
    first = typed_weights.result["years"][0]
    assert set(first["shares"]) == {AOBA, KAWAKITA}
    assert sum(first["shares"].values()) == first["cost"]


def titles(cost, stage=REQUEST) -> list[tuple[str, int]]:
    return [(item.title, item.amount) for item in items_at(cost, 2024, stage)]


@pytest.mark.slow
def test_a_year_is_posted_once_and_brought_up_to_date(in_region, targets, secretariat, cost, towns) -> None:
    found = save_plan(secretariat, in_region, of(cost))
    before = titles(cost)
    first = post_year(secretariat, found, 2024, REQUEST)
    amount = found.result["years"][0]["cost"]
    posted = titles(cost)
    assert set(before) < set(posted)
    assert sum(yen for title, yen in posted if title.startswith("共同備蓄")) == amount == first.amount
    again = post_year(secretariat, found, 2024, REQUEST)
    assert again.pk == first.pk
    assert titles(cost) == posted
    assert PlanPosting.objects.count() == 1
    kept = {item.pk for item in items_at(cost, 2024, REQUEST)}
    save_target(secretariat, in_region, draft(towns["星野町"], people=60), _target(towns), 1)
    with pytest.raises(WrongInput, match="計算し直して"):
        post_year(secretariat, found, 2024, REQUEST)
    newer = actions.reckon_again(secretariat, found)
    post_year(secretariat, newer, 2024, REQUEST)
    assert {item.pk for item in items_at(cost, 2024, REQUEST)} == kept
    assert sum(yen for title, yen in titles(cost) if title.startswith("共同備蓄")) > amount
    withdraw_posting(secretariat, postings_of(newer)[0])
    assert titles(cost) == before
    assert not PlanPosting.objects.exists()


def _target(towns):
    return StockTarget.objects.get(municipality=towns["星野町"])


def test_what_finance_changed_is_shown_and_posted_anew(in_region, targets, secretariat, cost) -> None:
    found = save_plan(secretariat, in_region, of(cost))
    post_year(secretariat, found, 2024, REQUEST)
    save_items(secretariat, cost, 2024, REQUEST, [ItemDraft("ほかの経費", 1)])
    (posting,) = postings_of(found)
    assert amounts_there([posting]) == {posting.pk: 0}
    post_year(secretariat, found, 2024, REQUEST)
    assert amounts_there(postings_of(found))[posting.pk] == posting.amount
    assert ("ほかの経費", 1) in titles(cost)


def test_two_plans_never_post_to_the_same_stage(in_region, targets, secretariat, cost) -> None:
    one = save_plan(secretariat, in_region, of(cost))
    other = save_plan(secretariat, in_region, of(cost, title="別の計画"))
    post_year(secretariat, one, 2024, REQUEST)
    with pytest.raises(WrongInput, match="既に計上"):
        post_year(secretariat, other, 2024, REQUEST)
    post_year(secretariat, other, 2024, INITIAL)
    assert PlanPosting.objects.count() == 2


def test_a_plan_does_not_post_where_it_may_not(in_region, targets, secretariat, partner, cost) -> None:
    found = save_plan(secretariat, in_region, of(cost))
    with pytest.raises(WrongInput, match="要求と当初"):
        post_year(secretariat, found, 2024, StageOf("supplementary", 1))
    with pytest.raises(WrongInput, match="この計画の年度ではありません"):
        post_year(secretariat, found, 2020, REQUEST)
    with pytest.raises(Denied):
        post_year(partner, found, 2024, REQUEST)
    bare = save_plan(secretariat, in_region, of(title="共同経費なし"))
    with pytest.raises(WrongInput, match="共同経費が選ばれていません"):
        post_year(secretariat, bare, 2024, REQUEST)


def test_a_closed_year_is_refused_with_the_remedy(in_region, targets, secretariat, cost, client_as) -> None:
    found = save_plan(secretariat, in_region, of(cost))
    with verb(secretariat, "testing.close", quiet=True) as act:
        act.save(YearClosing(region=in_region, fiscal_year=2024, state=YearClosing.State.CLOSED))
    with pytest.raises(Denied):
        post_year(secretariat, found, 2024, REQUEST)
    answer = client_as(secretariat).post(
        f"{BASE}{found.slug}/post/", {"year": "2024", "stage": "request", "version": found.version}
    )
    assert answer.status_code == 403
    assert "締" in answer.content.decode()
    assert not CostItem.objects.filter(title__startswith="共同備蓄").exists()


@pytest.mark.slow
def test_a_plan_is_posted_and_taken_back_on_its_page(
    in_region, targets, secretariat, partner, cost, client_as
) -> None:
    found = save_plan(secretariat, in_region, of(cost))
    url, data = f"{BASE}{found.slug}/", {"year": "2024", "stage": "request", "version": found.version}
    assert client_as(partner).post(f"{url}post/", data).status_code == 403
    page = client_as(secretariat).post(f"{url}post/", data, follow=True).content.decode()
    assert "計上しました" in page
    assert f"/finance/costs/{cost.slug}/items/2024/" in page
    posting = PlanPosting.objects.get()
    assert posting.user is not None
    items = (
        client_as(partner)
        .get(f"/desk/aoba/finance/costs/{cost.slug}/items/2024/?stage=request")
        .content.decode()
    )
    assert f'href="{url}">購入計画「{found.title}」' in items
    refused = client_as(secretariat).post(f"{url}remove/", {"version": found.version}, follow=True)
    assert "先に計上を取り消して" in refused.content.decode()
    assert client_as(partner).post(f"{url}postings/{posting.pk}/withdraw/").status_code == 403
    client_as(secretariat).post(f"{url}postings/{posting.pk}/withdraw/")
    assert not PlanPosting.objects.exists()
    client_as(secretariat).post(f"{url}remove/", {"version": found.version})
    assert not PurchasePlan.objects.exists()
    assert client_as(secretariat).get(url).status_code == 404


@pytest.mark.slow
def test_the_second_of_two_editors_is_shown_both(in_region, targets, secretariat, client_as) -> None:
    found = save_plan(secretariat, in_region, of())
    save_plan(secretariat, in_region, of(title="先の変更"), found, 1)
    answer = client_as(secretariat).post(f"{BASE}{found.slug}/edit/", typed(title="後の変更", version="1"))
    assert answer.status_code == 409
    assert "先の変更" in answer.content.decode()
    assert "後の変更" in answer.content.decode()
    with pytest.raises(Stale):
        actions.remove_plan(secretariat, found, 1)


def test_settings_come_back_as_they_were_kept(in_region, targets, secretariat, cost) -> None:
    wanted = settings(split="weights", weights={AOBA: "1.5"}, budget=1, delivery=(5, 20))
    assert Settings.of(wanted.to_json()) == wanted
    found = save_plan(secretariat, in_region, PlanDraft("計画", 2024, 3, wanted, cost))
    found.refresh_from_db()
    found.region = in_region
    assert inputs_of(found).digest == found.digest


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_who_post_at_once_post_once(region, secretariat, initiative, towns) -> None:
    with scope(region=region):
        save_target(secretariat, region, draft(towns["川北町"], people=50))
        cost = joint_cost(region, initiative)
        found = save_plan(secretariat, region, of(cost))
        before = titles(cost)
    said: list[object] = []

    def work() -> None:
        try:
            with scope(region=region):
                said.append(post_year(secretariat, found, 2024, REQUEST).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with scope(region=region):
        (posting,) = PlanPosting.objects.all()
        assert said == [posting.pk] * 8
        posted = [row for row in titles(cost) if row not in before]
        assert sum(yen for _, yen in posted) == posting.amount
        assert len(posted) == len(posting.items)

"""Shares made known: stored as reckoned, once, by the secretariat; the page says whether they still hold."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import verb
from keniki.apps.activities.actions import close_year
from keniki.apps.finance.actions import allocating
from keniki.apps.finance.actions.allocating import IssueDraft, Moved, issue
from keniki.apps.finance.models import Allocation, BasisFigure, BudgetLine, CostItem, SharingRule
from keniki.apps.finance.queries import allocations, decisions
from keniki.apps.finance.sharing import StageOf
from keniki.apps.workflow.models import DueItem
from keniki.core.errors import WrongInput

from .joint import RULE, adopted_rule, joint_cost

BASE = "/desk/aoba/finance/costs/kunren-hi/2024/"
ISSUE = f"{BASE}issue/"
INITIAL = StageOf("initial")
REQUEST = StageOf("request")


@pytest.fixture
def cost(in_region, initiative):
    return joint_cost(in_region, initiative)


def initial(**changes) -> IssueDraft:
    return IssueDraft(
        **({"stage": INITIAL, "issued_on": date(2024, 4, 1), "document_no": "青企第7号"} | changes)
    )


def request_of(**changes) -> IssueDraft:
    return initial(**({"stage": REQUEST, "answer_by": date(2024, 11, 15)} | changes))


def change(cost, **fields) -> None:
    """Another amount for the item of 当初, as the cost's own page would write it."""
    with verb(SYSTEM, "testing.item", region=cost.region.slug, quiet=True):
        CostItem.objects.filter(cost=cost, stage="initial", kind="expense").update(**fields)


def revenue_lines(cost) -> dict[str, int]:
    rows = BudgetLine.objects.filter(region=cost.region, origin__endswith="/revenue")
    return {row.origin: row.amount for row in rows}


def test_the_shares_are_stored_as_they_were_reckoned(cost, secretariat) -> None:
    made = issue(secretariat, cost, 2024, initial())
    assert (made.number, made.total, made.deducted, made.document_no) == (1, 2_800_000, 400_000, "青企第7号")
    assert list(allocations.shares_of(made).values()) == [1_760_000, 400_000, 240_000]
    assert made.author == "青葉市 企画課 佐藤一郎"
    assert LogEntry.objects.first().text == (
        "青葉市 企画課 佐藤一郎 が 令和6年度 合同防災訓練の共同経費 当初の負担額（第1号）を決定"
        "（負担額の計 2,400,000円、3団体）"
    )


def test_the_same_decision_is_refused_and_a_changed_one_gets_the_next_number(cost, secretariat) -> None:
    issue(secretariat, cost, 2024, initial())
    with pytest.raises(WrongInput, match="既に第1号として決定しています"):
        issue(secretariat, cost, 2024, initial(document_no="ほか"))
    change(cost, amount=2_900_000)
    again = issue(secretariat, cost, 2024, initial())
    assert (again.number, again.total) == (2, 2_900_000)
    assert sum(allocations.shares_of(again).values()) == 2_500_000


def test_a_town_more_or_less_is_another_decision_though_no_figure_changed(cost, secretariat) -> None:
    SharingRule.objects.filter(cost=cost)
    made = issue(secretariat, cost, 2024, initial())
    cost.places = [share.municipality.code for share in made.shares.all()][:2]
    with verb(SYSTEM, "testing.places", region=cost.region.slug, quiet=True) as act:
        cost = act.save(cost)
    found = decisions.decision(allocations.allocation_for(cost, 2024, 1))
    assert found.changed == ("星野町が負担する市町村から外れました。",)
    assert issue(secretariat, cost, 2024, initial()).number == 2


def test_what_changed_after_it_was_shown_is_not_issued(cost, secretariat) -> None:
    shown = allocations.issue_of(cost, 2024, INITIAL).digest
    change(cost, amount=2_900_000)
    with pytest.raises(Moved):
        issue(secretariat, cost, 2024, initial(shown=shown))
    assert not Allocation.objects.exists()


def test_without_an_adopted_rule_nothing_is_issued(in_region, initiative, secretariat) -> None:
    cost = joint_cost(in_region, initiative, rule=None)
    with pytest.raises(WrongInput, match="定めが、まだ決定されていません"):
        issue(secretariat, cost, 2024, request_of())
    adopted_rule(cost, RULE, year=2025)
    with pytest.raises(WrongInput, match="定めが、まだ決定されていません"):
        issue(secretariat, cost, 2024, request_of())


def test_what_cannot_be_shared_is_not_issued(cost, secretariat) -> None:
    BasisFigure.objects.filter(municipality__name="星野町").delete()
    with pytest.raises(WrongInput, match="人口割・星野町：按分の基礎数値がありません"):
        issue(secretariat, cost, 2024, initial())


@pytest.mark.parametrize("who", ["partner", "approver", "viewer", "panel_member"])
def test_only_the_secretariat_issues(request, cost, client_as, who) -> None:
    actor = request.getfixturevalue(who)
    with pytest.raises(Denied):
        issue(actor, cost, 2024, initial())
    client = client_as(actor)
    page = client.get(ISSUE)
    assert page.status_code == 200
    assert "決定できません" in page.content.decode()
    assert client.post(ISSUE, {"stage": "initial", "issued_on": "2024-04-01"}).status_code == 403


@pytest.mark.slow
def test_another_regions_people_find_nothing(cost, client_as, secretariat, neighbour) -> None:
    issue(secretariat, cost, 2024, initial())
    client = client_as(neighbour)
    for path in ("issue/", "allocations/1/", "budgets/", "revenue/"):
        assert client.get(BASE + path).status_code == 404, path
    client = client_as(secretariat)
    for path in ("allocations/2/", "budgets/999999/"):
        assert client.get(BASE + path).status_code == 404, path
    assert client.get(BASE.replace("2024", "99999") + "budgets/").status_code == 404


def test_a_closed_year_takes_no_decision(cost, in_region, secretariat, administrator, client_as) -> None:
    close_year(secretariat, in_region, 2024)
    with pytest.raises(Denied, match="締め切られています"):
        issue(secretariat, cost, 2024, initial())
    page = client_as(secretariat).get(ISSUE)
    assert "この年度は締め切られています" in page.content.decode()


def test_a_request_asks_every_paying_town_by_a_day(cost, secretariat) -> None:
    with pytest.raises(WrongInput, match="回答期限を入力"):
        issue(secretariat, cost, 2024, request_of(answer_by=None))
    with pytest.raises(WrongInput, match="通知日より前"):
        issue(secretariat, cost, 2024, request_of(answer_by=date(2024, 3, 31)))
    made = issue(secretariat, cost, 2024, request_of())
    dues = list(DueItem.objects.order_by("id"))
    assert [(each.municipality.name, each.due_on) for each in dues] == [
        (name, date(2024, 11, 15)) for name in ("青葉市", "川北町", "星野町")
    ]
    assert dues[1].text == "負担見込額は433,000円です。予算の査定の結果を入力してください。"
    assert dues[0].about == made
    with verb(SYSTEM, "testing.item", region="aoba", quiet=True):
        CostItem.objects.filter(cost=cost, stage="request", kind="expense").update(amount=3_500_000)
    issue(secretariat, cost, 2024, request_of())
    assert [each.state for each in DueItem.objects.order_by("id")] == ["dropped"] * 3 + ["open"] * 3


@pytest.mark.slow
def test_the_revenue_meant_for_the_cost_stands_with_its_holder_and_follows(
    cost, secretariat, in_region
) -> None:
    """A 補正's line is what the decision after it takes off more than the one before."""
    issue(secretariat, cost, 2024, initial())
    first = "joint/kunren-hi/2024/019011/initial/0/revenue".replace("019011", cost.holder.municipality.code)
    assert revenue_lines(cost) == {first: 400_000}
    with verb(SYSTEM, "testing.more", region=in_region.slug, quiet=True):
        for kind, amount in (("expense", 500_000), ("revenue", 100_000)):
            CostItem(
                region=in_region, cost=cost, fiscal_year=2024, stage="supplementary", round=1, kind=kind,
                title="追加", amount=amount,
            ).save()  # fmt: skip
    issue(secretariat, cost, 2024, initial(stage=StageOf("supplementary", 1)))
    second = first.replace("initial/0", "supplementary/1")
    assert revenue_lines(cost) == {first: 400_000, second: 100_000}
    with verb(SYSTEM, "testing.less", region=in_region.slug, quiet=True):
        CostItem.objects.filter(cost=cost, stage="initial", kind="revenue").delete()
    issue(secretariat, cost, 2024, initial())
    assert revenue_lines(cost) == {second: 500_000}, "until the 補正 is decided anew it still holds 500,000"
    issue(secretariat, cost, 2024, initial(stage=StageOf("supplementary", 1)))
    assert revenue_lines(cost) == {second: 100_000}


def test_revenue_of_a_body_that_is_no_member_is_the_regions(cost, secretariat, in_region) -> None:
    union = in_region.related.first() or cost.holder
    with verb(SYSTEM, "testing.union", region=in_region.slug, quiet=True) as act:
        cost.manner, cost.holder = "each", None
        cost = act.save(cost)
    assert union is not None
    issue(secretariat, cost, 2024, initial())
    (line,) = BudgetLine.objects.filter(origin__endswith="/revenue")
    assert line.municipality is None
    assert line.origin == "joint/kunren-hi/2024/0/initial/0/revenue"


@pytest.mark.slow
def test_the_page_says_what_changed_since(cost, secretariat, client_as) -> None:
    made = issue(secretariat, cost, 2024, initial())
    page = client_as(secretariat).get(made.get_absolute_url()).content.decode()
    assert "いまの記録と同じ" in page
    assert "1,760,000" in page
    change(cost, amount=2_900_000)
    BasisFigure.objects.filter(municipality__name="川北町").update(value="9500")
    page = client_as(secretariat).get(made.get_absolute_url()).content.decode()
    assert "経費が 2,800,000円から 2,900,000円になりました。" in page
    assert "人口割・川北町の値が 9,000から 9,500になりました。" in page
    newer = issue(secretariat, cost, 2024, initial())
    page = client_as(secretariat).get(made.get_absolute_url()).content.decode()
    assert newer.get_absolute_url() in page
    assert "この段階の新しい決定があります" in page


def test_a_missing_figure_and_a_new_rule_are_named_too(cost, secretariat) -> None:
    made = issue(secretariat, cost, 2024, initial())
    BasisFigure.objects.filter(municipality__name="川北町").delete()
    found = decisions.decision(allocations.allocation_for(cost, 2024, made.number))
    assert found.changed[0] == "人口割・川北町の値が 未入力になりました。"
    assert found.changed[1].startswith("いまの記録では計算できません。人口割・川北町：")
    with verb(SYSTEM, "testing.rule", region="aoba", quiet=True):
        SharingRule.objects.filter(cost=cost).update(first_year=2020, last_year=2023)
    adopted_rule(cost, {"name": "均等", "components": [{"basis": "equal", "weight": 100}]}, number=2)
    found = decisions.decision(allocations.allocation_for(cost, 2024, made.number))
    assert found.changed[0] == "負担割合の定めが第1版から第2版になりました。"


def test_a_figure_the_rule_does_not_use_changes_nothing(cost, secretariat, in_region) -> None:
    issue(secretariat, cost, 2024, initial())
    with verb(SYSTEM, "testing.figure", region=in_region.slug, quiet=True) as act:
        town = BasisFigure.objects.filter(cost=cost).first().municipality
        act.save(
            BasisFigure(
                region=in_region, cost=cost, fiscal_year=2024, basis="area", municipality=town, value=5
            )
        )
    assert allocations.issue_of(cost, 2024, INITIAL).is_repeated


def test_every_step_is_shown_with_its_exact_fraction(in_region, initiative, secretariat, client_as) -> None:
    cost = joint_cost(in_region, initiative, amounts={"initial": 1_000_000}, revenue=0)
    made = issue(secretariat, cost, 2024, initial())
    page = client_as(secretariat).get(made.get_absolute_url()).content.decode()
    assert "66,666と2/3" in page, "a fifth of 1,000,000 in three equal parts"
    assert "住民基本台帳（架空）" in page


@pytest.mark.slow
def test_the_page_issues_and_a_second_send_changes_nothing(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    page = client.get(f"{ISSUE}?stage=initial")
    assert "1,760,000" in page.content.decode()
    shown = page.context["form"].initial["shown"]
    data = {
        "stage": "initial",
        "round": "0",
        "issued_on": "2024-04-01",
        "document_no": "第5号",
        "shown": shown,
    }
    assert client.post(ISSUE, data | {"issued_on": ""}).status_code == 422
    answer = client.post(ISSUE, data)
    assert answer.status_code == 302
    assert answer["Location"] == f"{BASE}allocations/1/"
    again = client.post(ISSUE, data)
    assert again.status_code == 422
    assert "既に第1号として決定しています" in again.content.decode()
    assert Allocation.objects.count() == 1
    assert "決定済みです" in client.get(f"{ISSUE}?stage=initial").content.decode()


@pytest.mark.slow
def test_the_page_shows_what_moved_with_409_and_then_takes_it(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    shown = client.get(f"{ISSUE}?stage=initial").context["form"].initial["shown"]
    change(cost, amount=2_900_000)
    data = {
        "stage": "initial",
        "round": "0",
        "issued_on": "2024-04-01",
        "document_no": "第5号",
        "shown": shown,
    }
    answer = client.post(ISSUE, data)
    assert answer.status_code == 409
    assert 'value="第5号"' in answer.content.decode()
    now = answer.context["form"]["shown"].value()
    assert now != shown
    assert client.post(ISSUE, data | {"shown": now}).status_code == 302


@pytest.mark.slow
def test_a_link_to_no_stage_is_answered_and_a_post_is_not(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    for query in ("?stage=nothing", "?stage=supplementary", "?stage=initial&round=2", "?round=x"):
        assert client.get(ISSUE + query).status_code == 200, query
    assert client.post(ISSUE, {"stage": "assessed", "issued_on": "2024-04-01"}).status_code == 404


def test_the_page_of_a_year_without_costs_says_what_to_do(cost, client_as, secretariat) -> None:
    page = client_as(secretariat).get(ISSUE.replace("2024", "2025")).content.decode()
    assert "まだ決定できません" in page
    assert "経費の内訳を入力してください" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", ["issue/", "allocations/1/"])
def test_the_pages_ask_as_often_for_many_rows(
    cost, client_as, secretariat, django_assert_max_num_queries, name, in_region
) -> None:
    """Fifty items and fifty figures of another basis more, and no query more."""
    from django.test.utils import CaptureQueriesContext

    issue(secretariat, cost, 2024, initial())
    client = client_as(secretariat)
    client.get(BASE + name)
    with CaptureQueriesContext(connection) as few:
        client.get(BASE + name)
    with verb(SYSTEM, "testing.more", region=in_region.slug, quiet=True):
        for number in range(50):
            CostItem(
                region=in_region, cost=cost, fiscal_year=2024, stage="initial", title=f"{number}", amount=10
            ).save()
    with django_assert_max_num_queries(len(few)):
        client.get(BASE + name)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_issue_at_once_one_wins(in_region, initiative, secretariat) -> None:
    cost = joint_cost(in_region, initiative)
    ready = threading.Barrier(4)
    said: list[str] = []

    def run() -> None:
        try:
            with scope(region=in_region):
                ready.wait(10)
                made = allocating.issue(secretariat, cost, 2024, initial())
                said.append(f"第{made.number}号")
        except WrongInput as wrong:
            said.append(wrong.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said)[-1] == "第1号"
    assert sum("既に第1号" in each for each in said) == 3
    assert Allocation.objects.count() == 1

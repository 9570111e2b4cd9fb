"""Joint costs: who registers them, what the list and the page of a cost say, what is refused and what is kept."""

from __future__ import annotations

import csv
import io

import pytest

from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.actions import close_year
from keniki.apps.compacts.models import Initiative
from keniki.apps.finance.actions.budgets import BudgetDraft, save_town_budget
from keniki.apps.finance.actions.cost_items import ItemDraft, save_items
from keniki.apps.finance.actions.costs import CostDraft, save_cost
from keniki.apps.finance.cost_charts import YearSum, cost_chart
from keniki.apps.finance.models import BasisFigure, BudgetLine, CostItem, JointCost
from keniki.apps.finance.queries import cost_path, costs
from keniki.apps.finance.sharing import StageOf
from keniki.core.errors import WrongInput

from .joint import allocated, joint_cost

BASE = "/desk/aoba/finance/costs/"


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


def form(initiative, towns, **changes) -> dict:
    return {
        "title": "スマートフォン講習会の経費", "initiative": initiative.pk, "project": "", "manner": "centre",
        "holder": f"m:{towns['青葉市'].pk}", "first_year": "2024", "last_year": "", "note": "",
    } | changes  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("secretariat", 200), ("administrator", 200), ("partner", 200), ("viewer", 200), ("panel_member", 200),
        ("neighbour", 404), ("neighbour_secretariat", 404),
    ],
)  # fmt: skip
def test_people_of_the_region_see_joint_costs(request, cost, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    own = f"{cost.slug}/"
    for path in (
        "", "new/", own, f"{own}?year=2024", f"{own}edit/", f"{own}items/2024/", f"{own}figures/2024/",
        f"{own}figures/2024/fetch/", f"{own}figures/2024/file/", f"{own}data/",
    ):  # fmt: skip
        assert client.get(BASE + path).status_code == status, path


@pytest.mark.parametrize("who", ["partner", "viewer", "panel_member"])
def test_only_the_secretariat_registers_and_removes(request, cost, client_as, who, initiative, towns) -> None:
    client = client_as(request.getfixturevalue(who))
    assert client.post(BASE + "new/", form(initiative, towns)).status_code == 403
    assert client.post(f"{BASE}{cost.slug}/edit/", form(initiative, towns)).status_code == 403
    assert client.post(f"{BASE}{cost.slug}/remove/", {"version": cost.version}).status_code == 403
    assert JointCost.objects.count() == 1


def test_a_region_without_costs_says_what_to_do_first(in_region, client_as, secretariat) -> None:
    page = client_as(secretariat).get(BASE).content.decode()
    assert "共同経費はまだありません" in page
    assert f"{BASE}new/" in page


def test_a_cost_is_registered_with_its_holder(in_region, client_as, secretariat, initiative, towns) -> None:
    answer = client_as(secretariat).post(BASE + "new/", form(initiative, towns))
    saved = JointCost.objects.get()
    assert answer.url == f"{BASE}{saved.slug}/"
    assert saved.slug == "bousai-cost-1"
    assert saved.holder.municipality == towns["青葉市"]
    assert "共同経費「スマートフォン講習会の経費」を登録" in LogEntry.objects.latest("pk").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"holder": ""}, "会計をもつ団体を選んでください"),
        ({"last_year": "2020", "first_year": "2024"}, "最後の年度が最初の年度より前です"),
        ({"places": ["019011"]}, "2団体以上"),
        ({"title": ""}, "入力してください"),
    ],
)
def test_a_wrong_cost_is_told_in_place(
    in_region, client_as, secretariat, initiative, towns, changes, said
) -> None:
    answer = client_as(secretariat).post(BASE + "new/", form(initiative, towns, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not JointCost.objects.exists()


def test_a_union_or_nobody_may_keep_the_account(in_region, client_as, secretariat, initiative, towns) -> None:
    client = client_as(secretariat)
    assert client.post(BASE + "new/", form(initiative, towns, manner="each", holder="")).status_code == 302
    assert JointCost.objects.get().holder is None
    keys = {holder.key for holder in costs.holders_of(in_region)}
    assert {f"m:{towns[name].pk}" for name in ("青葉市", "川北町", "星野町")} <= keys


@pytest.mark.slow
def test_the_second_editor_chooses_between_both(cost, client_as, secretariat, initiative, towns) -> None:
    client = client_as(secretariat)
    url = f"{BASE}{cost.slug}/edit/"
    typed = form(initiative, towns, version=cost.version)
    assert client.post(url, typed | {"title": "先の名称"}).status_code == 302
    second = client.post(url, typed | {"title": "後の名称"})
    assert second.status_code == 409
    assert "先の名称" in second.content.decode()
    now = JointCost.objects.get(pk=cost.pk)
    choice = {"title": "後の名称", "choice-title": "theirs", "version": now.version}
    assert client.post(url, typed | choice).status_code == 302
    assert JointCost.objects.get(pk=cost.pk).title == "先の名称"


def test_years_with_records_stay_inside_the_cost(cost, client_as, secretariat, initiative, towns) -> None:
    typed = form(initiative, towns, version=cost.version, first_year="2025")
    answer = client_as(secretariat).post(f"{BASE}{cost.slug}/edit/", typed)
    assert answer.status_code == 422
    assert "令和6年度の記録がある" in answer.content.decode()


def test_a_cost_with_a_decided_rule_is_ended_and_not_removed(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    answer = client.post(f"{BASE}{cost.slug}/remove/", {"version": cost.version}, follow=True)
    assert "照会した定めがあるため、削除できません" in answer.content.decode()
    assert JointCost.objects.filter(pk=cost.pk).exists()


def test_a_cost_nobody_was_told_of_goes_with_its_items(in_region, client_as, secretariat, initiative) -> None:
    cost = joint_cost(in_region, initiative, rule=None)
    client = client_as(secretariat)
    assert client.post(f"{BASE}{cost.slug}/remove/", {"version": 99}).status_code == 302
    assert JointCost.objects.exists()
    client.post(f"{BASE}{cost.slug}/remove/", {"version": cost.version})
    assert not JointCost.objects.exists()
    assert not CostItem.objects.exists()
    assert not BasisFigure.objects.exists()


def test_the_page_shares_by_the_decided_rule_and_shows_what_was_made_known(cost, client_as, partner) -> None:
    allocated(cost)
    page = client_as(partner).get(f"{BASE}{cost.slug}/?year=2024").content.decode()
    records = costs.records(cost, 2024)
    shares = {each.municipality.name: each.amount for each in records.allocations[0].shares.all()}
    assert sum(shares.values()) == 2_400_000
    for name, yen in shares.items():
        assert name in page
        assert f"{yen:,}" in page
    assert "訓練委託料" in page
    assert "地域づくり総合交付金" in page


def test_a_missing_figure_is_named_and_the_page_still_opens(cost, client_as, secretariat, towns) -> None:
    from keniki.apps.accounts.actor import SYSTEM
    from keniki.apps.accounts.verbs import verb

    with verb(SYSTEM, "testing.figure", region=cost.region.slug, quiet=True):
        BasisFigure.objects.get(municipality=towns["星野町"]).delete()
    page = client_as(secretariat).get(f"{BASE}{cost.slug}/?year=2024").content.decode()
    assert "いまの記録では分けられません" in page
    assert "人口割：星野町 未入力" in page


def test_the_path_names_what_comes_next(in_region, initiative) -> None:
    cost = joint_cost(in_region, initiative, rule=None, amounts={})
    path = cost_path.share_path(costs.records(cost, 2024), "構成市町")
    assert cost_path.next_of(path).deed == "負担割合の定めを作る"
    ready = joint_cost(in_region, initiative, slug="dai-ni")
    path = cost_path.share_path(costs.records(ready, 2024), "構成市町")
    assert [step.state for step in path[:3]] == ["done", "done", "done"]
    assert cost_path.next_of(path).deed == "負担額を決定して通知する"
    allocated(ready)
    path = cost_path.share_path(costs.records(ready, 2024), "構成市町")
    assert cost_path.next_of(path).label == "請求"
    assert "0／2 に調定" in cost_path.next_of(path).note


def test_a_stage_that_was_left_out_is_passed(cost) -> None:
    path = cost_path.budget_path(costs.records(cost, 2024), "構成市町")
    assert [step.state for step in path] == ["done", "skipped", "done", "todo", "current", "todo"]


def test_after_a_supplementary_budget_all_changes_count(in_region, initiative) -> None:
    cost = joint_cost(in_region, initiative, amounts={"initial": 1_000}, revenue=0)
    from keniki.apps.regions.queries import operator

    for number, amount in ((1, 300), (2, -100)):
        draft = ItemDraft("訓練委託料", amount)
        save_items(operator(), cost, 2024, StageOf("supplementary", number), [draft])
    records = costs.records(cost, 2024)
    assert [records.gross(stage) for stage in records.stages] == [1_000, 1_300, 1_200]
    (line,) = records.lines
    assert list(line.amounts.values()) == [1_000, 300, -100]


def test_the_data_file_has_one_item_a_row(cost, client_as, viewer) -> None:
    answer = client_as(viewer).get(f"{BASE}{cost.slug}/data/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["段階"], row["種類"], row["金額_円"]) for row in rows] == [
        ("要求", "経費", "3000000"), ("要求", "特定財源", "400000"),
        ("当初", "経費", "2800000"), ("当初", "特定財源", "400000"),
    ]  # fmt: skip


@pytest.mark.slow
def test_the_chart_stands_beside_its_table(cost, client_as, viewer) -> None:
    client = client_as(viewer)
    page = client.get(f"{BASE}{cost.slug}/?year=2024").content.decode()
    assert "年度ごとの経費（最後の段階）" in page
    svg = client.get(f"{BASE}{cost.slug}/chart.svg")
    assert svg["Content-Type"] == "image/svg+xml"
    assert b"<svg" in svg.content


@pytest.mark.slow
def test_pages_ask_as_often_for_many_costs_as_for_one(
    in_region, client_as, viewer, initiative, django_assert_max_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_as(viewer)
    allocated(joint_cost(in_region, initiative))
    client.get(BASE)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(BASE + "?year=2024")
    for number in range(4):
        allocated(joint_cost(in_region, initiative, slug=f"more-{number}"))
    with django_assert_max_num_queries(len(one)):
        client.get(BASE + "?year=2024")


@pytest.mark.slow
def test_a_cost_asks_as_often_for_many_items_as_for_few(
    cost, client_as, viewer, secretariat, django_assert_max_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    allocated(cost)
    client = client_as(viewer)
    paths = [f"{BASE}{cost.slug}/{path}" for path in ("?year=2024", "items/2024/", "figures/2024/")]
    client.get(paths[0])
    few = []
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        few.append(len(asked))
    drafts = [ItemDraft(f"委託料{number}", 1_000) for number in range(30)]
    save_items(secretariat, cost, 2024, StageOf("initial"), drafts)
    for path, number in zip(paths, few, strict=True):
        with django_assert_max_num_queries(number):
            client.get(path)


@pytest.mark.slow
def test_a_year_of_no_cost_is_not_there(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    assert client.get(f"{BASE}{cost.slug}/items/1999/").status_code == 404
    assert client.get(f"{BASE}{cost.slug}/figures/2099/").status_code == 404
    assert client.get(f"{BASE}nichts/").status_code == 404
    assert client.get(f"{BASE}{cost.slug}/?year=abc").status_code == 200
    assert client.get(f"{BASE}?year=99999999").status_code == 200


@pytest.mark.slow
def test_in_a_closed_year_nothing_is_written(cost, client_as, secretariat, administrator) -> None:
    close_year(administrator, cost.region, 2024)
    client = client_as(secretariat)
    page = client.get(f"{BASE}{cost.slug}/items/2024/").content.decode()
    assert "締め切られています" in page
    for path in ("items/2024/", "figures/2024/", "figures/2024/fetch/", "items/2024/copy/"):
        assert client.post(f"{BASE}{cost.slug}/{path}", {}).status_code == 403, path


def test_a_first_year_outside_the_regions_years_is_refused(cost, secretariat, initiative) -> None:
    with pytest.raises(WrongInput, match="年度"):
        save_cost(secretariat, cost.region, CostDraft("x", initiative, 1950, holder=None))


def test_the_towns_budget_lines_follow_to_another_initiative(cost, secretariat, towns) -> None:
    budget = BudgetDraft(StageOf("initial"), 500_000, earmarked=100_000)
    save_town_budget(secretariat, cost, 2024, towns["川北町"], budget, shown=False)
    lines = BudgetLine.objects.filter(origin__startswith="joint/")
    assert {line.initiative for line in lines} == {cost.initiative}
    other = Initiative.objects.exclude(pk=cost.initiative_id).first()
    draft = CostDraft(cost.title, other, 2024, holder=cost.holder)
    moved = save_cost(secretariat, cost.region, draft, JointCost.objects.get(pk=cost.pk))
    assert {(line.initiative_id, line.funding, line.amount) for line in lines.all()} == {
        (moved.initiative_id, "general_revenue", 400_000), (moved.initiative_id, "other", 100_000),
    }  # fmt: skip


def test_the_lines_of_a_renamed_cost_say_its_new_name(cost, secretariat, towns) -> None:
    from .budgeting import decided, enter

    decided(secretariat, cost)
    enter(secretariat, cost, towns["川北町"], 500_000, earmarked=100_000)
    draft = CostDraft("広域防災訓練の経費", cost.initiative, 2024, holder=cost.holder)
    save_cost(secretariat, cost.region, draft, JointCost.objects.get(pk=cost.pk))
    assert {line.note for line in BudgetLine.objects.all()} == {
        "共同経費「広域防災訓練の経費」の負担金",
        "共同経費「広域防災訓練の経費」の負担金（特定財源）",
        "共同経費「広域防災訓練の経費」の特定財源",
    }


def test_a_cost_sent_twice_is_registered_once(in_region, client_as, secretariat, initiative, towns) -> None:
    client, typed = client_as(secretariat), form(initiative, towns)
    assert client.post(f"{BASE}new/", typed).status_code == 302
    answer = client.post(f"{BASE}new/", typed)
    assert answer.status_code == 422
    assert "既に登録されています" in answer.content.decode()
    assert JointCost.objects.count() == 1


def test_only_some_towns_may_bear_a_cost(in_region, client_as, secretariat, initiative, towns) -> None:
    chosen = [towns["青葉市"].code, towns["星野町"].code]
    client = client_as(secretariat)
    assert client.post(BASE + "new/", form(initiative, towns, places=chosen)).status_code == 302
    saved = JointCost.objects.get()
    assert [town.code for town in costs.records(saved, 2024).towns] == chosen
    assert "青葉市・星野町" in client.get(f"{BASE}{saved.slug}/?year=2024").content.decode()


def test_the_bars_are_stacked_by_class_where_there_are_several() -> None:
    def year(number: int, **classes: int) -> YearSum:
        return YearSum(number, StageOf("settled"), classes, sum(classes.values()), 0)

    labels = {"running": "運営費", "debt": "公債費"}
    both = cost_chart(
        "ごみ処理", [year(2023, running=8_000_500), year(2024, running=1_000, debt=2_000)], labels
    )
    assert both.columns == ("経費の区分", "R5 決算", "R6 決算")
    assert both.rows == (("運営費", 8_001, 1), ("公債費", 0, 2), ("計", 8_001, 3))
    one = cost_chart("ごみ処理", [year(2023, running=8_000_500)], labels)
    assert one.rows == (("R5 決算", 8_001),)
    less = cost_chart("ごみ処理", [year(2023, running=-5_000, debt=6_000)], labels)
    assert less.rows == (("R5 決算", 1),)


def test_the_years_around_the_shown_one_are_at_hand(cost, client_as, secretariat, initiative, towns) -> None:
    client = client_as(secretariat)
    typed = form(initiative, towns, version=cost.version, last_year="2034")
    assert client.post(f"{BASE}{cost.slug}/edit/", typed).status_code == 302
    tabs = client.get(f"{BASE}{cost.slug}/?year=2026").context["years"]
    assert [tab["url"] for tab in tabs] == [f"?year={year}" for year in range(2024, 2030)]
    assert [tab["current"] for tab in tabs].index(True) == 2

"""What towns budget for their shares: entered by each, beside what it was told, and in the region's money by itself."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.activities.actions import close_year
from keniki.apps.finance import actions as money
from keniki.apps.finance import policies
from keniki.apps.finance.actions.budgets import (
    BudgetDraft,
    remove_town_budget,
    save_town_budget,
)
from keniki.apps.finance.actions.joint_lines import follow_cost
from keniki.apps.finance.models import BudgetLine, TownBudget
from keniki.apps.finance.origins import joint_origin, origin_of
from keniki.apps.finance.queries import budgets
from keniki.apps.finance.queries import money as lines
from keniki.apps.finance.sharing import StageOf
from keniki.apps.portal.interchange import schema
from keniki.apps.portal.interchange.export import export_region
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.workflow.models import DueItem
from keniki.core.errors import WrongInput

from .budgeting import ASSESSED, BASE, EXECUTED, INITIAL, REQUEST, SETTLED, decided, enter, supplementary
from .joint import joint_cost


@pytest.fixture
def cost(in_region, initiative):
    return joint_cost(
        in_region, initiative, amounts={"request": 3_000_000, "initial": 2_800_000, "settled": 2_700_000}
    )


def posted(**only) -> dict[tuple[str, str, str], int]:
    rows = BudgetLine.objects.exclude(origin="").filter(**only).select_related("municipality")
    return {(row.municipality.name, row.stage, row.funding): row.amount for row in rows}


# --- entering ---------------------------------------------------------------------------------------------


def test_a_town_enters_its_own_and_its_lines_follow(cost, partner, towns) -> None:
    made = enter(partner, cost, towns["川北町"], 400_000, earmarked=100_000, document_no="議案第3号")
    assert posted() == {
        ("川北町", "initial", "general_revenue"): 300_000,
        ("川北町", "initial", "other"): 100_000,
    }
    assert not made.proxy
    assert LogEntry.objects.first().text.endswith(
        "が 令和6年度 川北町 合同防災訓練の共同経費 当初 400,000円 を登録"
    )
    line = BudgetLine.objects.get(funding="general_revenue")
    assert (line.initiative, line.project) == (cost.initiative, cost.project)
    assert line.origin == f"joint/kunren-hi/2024/{towns['川北町'].code}/initial/0/general"
    again = enter(partner, cost, towns["川北町"], 350_000, version=made.version)
    assert posted() == {("川北町", "initial", "general_revenue"): 350_000}
    assert "金額を 400,000円→350,000円" in LogEntry.objects.first().text
    remove_town_budget(partner, again, again.version)
    assert posted() == {}
    assert not TownBudget.objects.exists()


def test_what_is_saved_unchanged_changes_nothing(cost, partner, towns) -> None:
    made = enter(partner, cost, towns["川北町"], 400_000)
    number = LogEntry.objects.count()
    assert enter(partner, cost, towns["川北町"], 400_000, version=made.version).version == made.version
    assert LogEntry.objects.count() == number


def test_nobody_else_enters_it_but_the_secretariat_as_proxy(
    cost, partner, viewer, neighbour, secretariat, towns
) -> None:
    for actor in (partner, viewer, neighbour):
        with pytest.raises(Denied):
            enter(actor, cost, towns["星野町"], 1)
    made = enter(secretariat, cost, towns["星野町"], 240_000)
    assert made.proxy
    assert BudgetLine.objects.get().proxy
    assert "（星野町分を代理入力）" in LogEntry.objects.first().text


def test_the_second_who_enters_sees_the_first(cost, partner, secretariat, towns) -> None:
    first = enter(partner, cost, towns["川北町"], 400_000)
    with pytest.raises(Stale):
        enter(secretariat, cost, towns["川北町"], 500_000)
    enter(secretariat, cost, towns["川北町"], 410_000, version=first.version)
    with pytest.raises(Stale):
        enter(partner, cost, towns["川北町"], 420_000, version=first.version)
    with pytest.raises(Stale):
        remove_town_budget(partner, first, first.version)


@pytest.mark.parametrize(
    ("stage", "amount", "earmarked", "column"),
    [
        (INITIAL, -1, 0, "amount"), (SETTLED, -1, 0, "amount"), (INITIAL, 5, 6, "earmarked"),
        (INITIAL, 5, -1, "earmarked"),
    ],
)  # fmt: skip
def test_impossible_amounts_are_refused_at_their_field(
    cost, partner, towns, stage, amount, earmarked, column
) -> None:
    with pytest.raises(WrongInput) as refused:
        enter(partner, cost, towns["川北町"], amount, stage, earmarked=earmarked)
    assert refused.value.column == column
    assert not TownBudget.objects.exists()


def test_a_closed_year_takes_nothing(cost, in_region, partner, secretariat, towns) -> None:
    made = enter(partner, cost, towns["川北町"], 400_000)
    close_year(secretariat, in_region, 2024)
    with pytest.raises(Denied, match="締め切られています"):
        enter(partner, cost, towns["川北町"], 1, version=made.version)
    with pytest.raises(Denied, match="締め切られています"):
        remove_town_budget(secretariat, made, made.version)


def test_a_town_that_takes_no_part_has_no_budget_for_it(cost, secretariat, towns) -> None:
    with verb(SYSTEM, "testing.places", region="aoba", quiet=True) as act:
        cost.places = [towns["青葉市"].code]
        cost = act.save(cost)
    with pytest.raises(WrongInput, match="負担する市町村ではありません"):
        enter(secretariat, cost, towns["星野町"], 1)


def test_a_year_in_which_there_is_no_such_cost_takes_nothing(cost, secretariat, towns, client_as) -> None:
    with pytest.raises(WrongInput, match="令和5年度は、この共同経費の年度ではありません"):
        save_town_budget(secretariat, cost, 2023, towns["青葉市"], BudgetDraft(INITIAL, 1))
    assert client_as(secretariat).get(BASE.replace("2024", "2023") + "budgets/").status_code == 404


def test_the_assessed_result_ends_what_asked_for_it(cost, secretariat, partner, towns) -> None:
    made = decided(secretariat, cost, REQUEST, answer_by=date(2024, 11, 15))
    saved = enter(partner, cost, towns["川北町"], 430_000, ASSESSED)
    assert saved.expected == made
    states = {row.municipality.name: row.state for row in DueItem.objects.all()}
    assert states == {"青葉市": "open", "川北町": "done", "星野町": "open"}


# --- the money tables -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["centre", "each"])
@pytest.mark.parametrize(
    ("stage", "whole"), [("request", 3_000_000), ("initial", 2_800_000), ("settled", 2_700_000)]
)
def test_the_lines_of_a_stage_add_up_to_the_cost(
    in_region, initiative, secretariat, stage, whole, manner
) -> None:
    """The towns' shares and the revenue the holder has for it are the whole, once, however the work is run."""
    cost = joint_cost(in_region, initiative, amounts={stage: whole}, manner=manner)
    at = StageOf(stage)
    made = decided(secretariat, cost, at, answer_by=date(2024, 11, 15))
    for share in made.shares.select_related("municipality"):
        enter(secretariat, cost, share.municipality, share.amount, at, earmarked=share.amount // 3)
    table = lines.budget_table(lines.lines_of(cost.region, year=2024, initiative="bousai"), 2024)
    assert sum(row.money.at(stage) or 0 for row in table.rows) == whole


@pytest.mark.slow
def test_the_lines_of_a_year_with_a_supplementary_budget_add_up_to_what_is_there(cost, secretariat) -> None:
    made = decided(secretariat, cost)
    for share in made.shares.select_related("municipality"):
        enter(secretariat, cost, share.municipality, share.amount)
    supplementary(cost, -300_000)
    after = decided(secretariat, cost, StageOf("supplementary", 1))
    grid = budgets.budget_grid(secretariat, cost, 2024)
    for row in grid.rows:
        cell = row.at(StageOf("supplementary", 1))
        enter(secretariat, cost, row.town, cell.expected, cell.stage)
    table = lines.budget_table(lines.lines_of(cost.region, year=2024, initiative="bousai"), 2024)
    assert table.total.available == after.total == 2_500_000
    assert table.total.changes == -300_000


@pytest.mark.slow
def test_what_is_left_leaves_out_revenue_of_which_nobody_records_the_spending(
    cost, secretariat, in_region, towns, client_as
) -> None:
    """青葉市 keeps the account: its row has its own share and the 400,000 yen of revenue."""

    def row():
        table = lines.budget_table(lines.lines_of(in_region, year=2024, initiative="bousai"), 2024)
        money = next(each.money for each in table.rows if each.municipality == towns["青葉市"])
        return money.available, money.spent, money.unused, table.unsettled_revenue

    shares = {share.municipality: share.amount for share in decided(secretariat, cost).shares.all()}
    own = shares[towns["青葉市"]]
    enter(secretariat, cost, towns["青葉市"], own)
    assert row() == (own + 400_000, None, None, 400_000)
    enter(secretariat, cost, towns["青葉市"], own - 5_000, EXECUTED)
    assert row() == (own + 400_000, own - 5_000, 5_000, 400_000)
    page = client_as(secretariat).get("/desk/aoba/finance/?year=2024").content.decode()
    assert "共同経費の特定財源400,000円は、決算まで支出した額の記録がないため、残額に含めていません" in page
    decided(secretariat, cost, SETTLED)
    assert row() == (own + 400_000, own - 5_000 + 400_000, 5_000, 0)
    enter(secretariat, cost, towns["青葉市"], own - 7_000, SETTLED)
    assert row() == (own + 400_000, own - 7_000 + 400_000, 7_000, 0)


def test_a_row_of_several_costs_keeps_what_one_spent_while_the_other_is_settled(
    cost, secretariat, in_region, towns
) -> None:
    other = joint_cost(in_region, cost.initiative, slug="bousai-2", revenue=0)
    town = towns["川北町"]
    enter(secretariat, cost, town, 400_000)
    enter(secretariat, cost, town, 390_000, SETTLED)
    enter(secretariat, other, town, 100_000)
    enter(secretariat, other, town, 60_000, EXECUTED)
    table = lines.budget_table(lines.lines_of(in_region, year=2024, town=town.code), 2024)
    assert (table.total.available, table.total.spent, table.total.unused) == (500_000, 450_000, 50_000)


@pytest.mark.slow
def test_a_line_of_a_joint_cost_is_changed_where_it_comes_from(
    cost, partner, secretariat, towns, client_as, in_region
) -> None:
    enter(partner, cost, towns["川北町"], 400_000)
    line = BudgetLine.objects.get()
    for actor in (partner, secretariat):
        ruling = policies.edit_line(actor, line)
        assert not ruling
        assert ruling.remedy.url == f"{BASE}budgets/{towns['川北町'].code}/?stage=initial&round=0"
        with pytest.raises(Denied, match="もとの記録で直してください"):
            money.remove_line(actor, line, line.version)
    client = client_as(partner)
    address = f"/desk/aoba/finance/lines/{line.slug}/"
    page = client.get(address).content.decode()
    assert "もとの記録で直してください" in page
    assert f"budgets/{towns['川北町'].code}/" in page
    assert client.post(address, {"amount": "1", "version": line.version}).status_code == 403
    assert "共同経費の記録から" in client.get("/desk/aoba/finance/?year=2024").content.decode()


@pytest.mark.slow
def test_money_typed_beside_the_joint_costs_own_is_pointed_at(
    cost, in_region, initiative, secretariat, partner, towns, client_as
) -> None:
    """Of the same thing, town and stage only: it may be other money, or the same twice."""
    typed = {
        (town, stage): money.save_line(
            secretariat,
            in_region,
            money.LineDraft(initiative, 2024, stage, 5, municipality=towns[town]),
        )
        for town, stage in (("川北町", "initial"), ("川北町", "settled"), ("星野町", "initial"))
    }
    assert budgets.typed_beside(cost, 2024) == []
    enter(partner, cost, towns["川北町"], 400_000)
    assert budgets.typed_beside(cost, 2024) == [typed["川北町", "initial"]]
    page = client_as(secretariat).get(f"{BASE}budgets/").content.decode()
    assert f"lines/{typed['川北町', 'initial'].slug}/" in page
    assert f"lines/{typed['星野町', 'initial'].slug}/" not in page


def test_all_lines_follow_a_cost_that_moves_to_another_initiative(cost, secretariat, partner, towns) -> None:
    decided(secretariat, cost)
    enter(partner, cost, towns["川北町"], 400_000)
    with verb(SYSTEM, "testing.move", region="aoba", quiet=True) as act:
        cost.initiative = type(cost.initiative).objects.get(slug="sumaho")
        cost = act.save(cost)
        follow_cost(act, cost, 2024)
    assert {row.initiative.slug for row in BudgetLine.objects.exclude(origin="")} == {"sumaho"}


def test_an_origin_fits_whatever_the_name_and_is_read_back(cost) -> None:
    cost.slug = "a" * 80
    long = origin_of(cost, 2024, "019020", "supplementary", 99, "earmarked")
    assert len(long) <= 120
    found = joint_origin(BudgetLine(origin=long))
    assert (found.code, found.stage, found.round, found.part) == ("019020", "supplementary", 99, "earmarked")
    assert joint_origin(BudgetLine(origin="joint/x")) is None


def test_the_regions_file_holds_the_assessed_stage(cost, in_region, partner, towns) -> None:
    enter(partner, cost, towns["川北町"], 400_000, ASSESSED)
    found = export_region(in_region)
    (row,) = [each for each in found["budgets"] if each["stage"] == "assessed"]
    read = schema.BudgetLine.model_validate(row)
    assert (read.amount, read.origin) == (400_000, BudgetLine.objects.get().origin)


@pytest.mark.slow
def test_a_file_loaded_again_leaves_the_lines_what_they_follow(cost, in_region, partner, towns) -> None:
    """Also one that names no origin: otherwise the next entry would make the line a second time."""
    made = enter(partner, cost, towns["川北町"], 400_000)
    file = export_region(in_region)
    for line in file["budgets"]:
        line.pop("origin", None)
    load_region(Actor(operator=True), schema.RegionFile.model_validate(file))
    enter(partner, cost, towns["川北町"], 390_000, version=made.version)
    assert posted() == {("川北町", "initial", "general_revenue"): 390_000}


def test_the_money_page_shows_the_assessed_stage(cost, partner, towns, client_as) -> None:
    enter(partner, cost, towns["川北町"], 432_000, ASSESSED)
    page = client_as(partner).get("/desk/aoba/finance/?year=2024").content.decode()
    assert "査定" in page
    assert '<td class="num">432</td>' in page


# --- the grid ---------------------------------------------------------------------------------------------


def test_the_grid_has_what_was_told_beside_what_was_entered(cost, secretariat, partner, towns) -> None:
    decided(secretariat, cost)
    enter(partner, cost, towns["川北町"], 390_000)
    grid = budgets.budget_grid(partner, cost, 2024)
    row = grid.row(towns["川北町"])
    cell = row.at(INITIAL)
    assert (cell.expected, cell.amount, cell.difference) == (400_000, 390_000, -10_000)
    assert (row.available, row.lacking, row.unused) == (390_000, 10_000, None)
    assert [(label, [town.name for town in open_]) for label, open_ in grid.unanswered] == [
        ("当初", ["青葉市", "星野町"])
    ]
    assert {town.town.name for town in grid.rows if town.may} == {"川北町"}


def test_a_supplementary_budget_is_told_as_its_change(cost, secretariat, towns) -> None:
    decided(secretariat, cost)
    for number, amount in ((1, 500_000), (2, -100_000)):
        supplementary(cost, amount, number=number)
        decided(secretariat, cost, StageOf("supplementary", number))
    row = budgets.budget_grid(secretariat, cost, 2024).row(towns["青葉市"])
    shares = [1_760_000, 2_127_000, 2_053_000]
    told = [row.at(StageOf("supplementary", number)).expected for number in (1, 2)]
    assert [1_760_000, *told] == [shares[0], shares[1] - shares[0], shares[2] - shares[1]]
    assert row.told == shares[2]


def test_what_is_there_and_what_is_left_is_computed(cost, partner, towns) -> None:
    town = towns["川北町"]
    for stage, amount in (
        (INITIAL, 400_000), (StageOf("supplementary", 1), 50_000), (StageOf("transfer"), -10_000),
        (StageOf("carried_over"), -40_000), (EXECUTED, 380_000),
    ):  # fmt: skip
        enter(partner, cost, town, amount, stage)
    row = budgets.budget_grid(partner, cost, 2024).row(town)
    assert (row.available, row.spent, row.unused) == (400_000, 380_000, 20_000)
    enter(partner, cost, town, 375_000, SETTLED)
    row = budgets.budget_grid(partner, cost, 2024).row(town)
    assert (row.spent, row.unused) == (375_000, 25_000)


@pytest.mark.slow
def test_the_grid_asks_as_often_for_many_budgets(
    cost, secretariat, client_as, towns, django_assert_max_num_queries
) -> None:
    client = client_as(secretariat)
    decided(secretariat, cost)
    enter(secretariat, cost, towns["青葉市"], 1)
    client.get(f"{BASE}budgets/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"{BASE}budgets/")
    for number in (1, 2, 3):
        supplementary(cost, 30_000, number=number)
        decided(secretariat, cost, StageOf("supplementary", number))
    for town in towns.values():
        if town.name != "港南市":
            for stage in ("assessed", "transfer", "executed", "settled"):
                enter(secretariat, cost, town, 5, StageOf(stage))
    with django_assert_max_num_queries(len(few)):
        client.get(f"{BASE}budgets/")


# --- pages ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_town_enters_its_budget_on_its_page(cost, secretariat, partner, towns, client_as) -> None:
    decided(secretariat, cost)
    client = client_as(partner)
    address = f"{BASE}budgets/{towns['川北町'].code}/"
    page = client.get(address)
    assert page.context["stage"] == INITIAL, "what it was told and has not entered"
    assert 'value="400,000"' in page.content.decode()
    assert "18節 負担金、補助及び交付金" in page.content.decode()
    data = {"stage": "initial", "round": "0", "amount": "39万円", "earmarked": "", "decided_on": "2024-03-20"}
    wrong = client.post(address, data | {"amount": "多め"})
    assert wrong.status_code == 422
    assert "「多め」を金額として読めません" in wrong.content.decode()
    answer = client.post(address, data)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "知らせた負担額と違います" in page
    assert TownBudget.objects.get().decided_on == date(2024, 3, 20)
    second = client.post(address, data | {"amount": "5"})
    assert second.status_code == 409
    assert "390,000" in second.content.decode() or "390000" in second.content.decode()
    version = TownBudget.objects.get().version
    chosen = {f"choice-{name}": "mine" for name in ("amount", "earmarked", "decided_on")}
    assert client.post(address, data | chosen | {"amount": "5", "version": version}).status_code == 302
    assert TownBudget.objects.get().amount == 5
    gone = client.post(f"{address}remove/", {"stage": "initial", "round": "0", "version": version})
    assert gone.status_code == 302
    assert TownBudget.objects.exists(), "somebody changed it since"
    client.post(f"{address}remove/", {"stage": "initial", "round": "0", "version": version + 1})
    assert not TownBudget.objects.exists()
    assert client.post(f"{address}remove/", {"stage": "initial", "version": 1}).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "own", "other"), [("secretariat", 302, 302), ("partner", 302, 403), ("viewer", 403, 403),
                              ("panel_member", 403, 403), ("neighbour", 404, 404)],
)  # fmt: skip
def test_who_may_send_which_budget(request, cost, client_as, towns, who, own, other) -> None:
    client = client_as(request.getfixturevalue(who))
    data = {"stage": "initial", "round": "0", "amount": "1"}
    for town, status in (("川北町", own), ("星野町", other)):
        address = f"{BASE}budgets/{towns[town].code}/"
        assert client.post(address, data).status_code == status
        assert client.get(address).status_code == (404 if status == 404 else 200)


@pytest.mark.slow
def test_unknown_towns_and_stages_are_not_found(cost, client_as, secretariat, towns) -> None:
    client = client_as(secretariat)
    assert client.get(f"{BASE}budgets/{towns['青葉市'].code}/?stage=nothing&round=x").status_code == 200
    assert client.get(f"{BASE}budgets/999999/").status_code == 404
    address = f"{BASE}budgets/{towns['青葉市'].code}/"
    assert client.post(address, {"stage": "available", "amount": "1"}).status_code == 404
    assert client.post(address, {"stage": "supplementary", "round": "0", "amount": "1"}).status_code == 404


@pytest.mark.slow
def test_a_town_that_was_told_its_share_and_left_has_its_page(cost, client_as, secretariat, towns) -> None:
    decided(secretariat, cost)
    with verb(SYSTEM, "testing.leave", region="aoba", quiet=True) as act:
        cost.places = [towns["青葉市"].code, towns["川北町"].code]
        act.save(cost)
    client, address = client_as(secretariat), f"{BASE}budgets/{towns['星野町'].code}/"
    assert address in client.get(f"{BASE}budgets/").content.decode()
    assert client.get(address).status_code == 200
    answer = client.post(address, {"stage": "initial", "round": "0", "amount": "1"})
    assert answer.status_code == 422
    assert "星野町は、この共同経費を負担する市町村ではありません" in answer.content.decode()


@pytest.mark.slow
def test_the_empty_page_says_what_to_do_first(cost, client_as, secretariat, partner) -> None:
    page = client_as(secretariat).get(f"{BASE}budgets/").content.decode()
    assert "負担額はまだ知らせていません" in page
    assert "の予算を入力" not in page
    assert "川北町の予算を入力" in client_as(partner).get(f"{BASE}budgets/").content.decode()
    page = client_as(secretariat).get(f"{BASE}revenue/").content.decode()
    assert "負担金の予算がまだありません" in page


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_those_who_enter_a_budget_at_once_one_is_first_and_the_others_see_it(
    in_region, initiative, partner, secretariat, towns
) -> None:
    cost = joint_cost(in_region, initiative)
    ready = threading.Barrier(4)
    said: list[str] = []

    def run(actor, amount: int) -> None:
        try:
            with scope(region=in_region):
                ready.wait(10)
                said.append(str(enter(actor, cost, towns["川北町"], amount).amount))
        except Stale as stale:
            said.append(f"先に {stale.current.amount}")
        finally:
            connection.close()

    actors = (partner, secretariat, partner, secretariat)
    threads = [threading.Thread(target=run, args=(each, n)) for n, each in enumerate(actors, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    kept = TownBudget.objects.get().amount
    assert sorted(said) == sorted([str(kept), *[f"先に {kept}"] * 3])
    assert BudgetLine.objects.get(origin__startswith="joint/").amount == kept

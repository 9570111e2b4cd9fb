"""The workbench: one rule's shares with what they mean, all rules beside each other, the core, and the same numbers
as the commands give.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.finance.actions.games import save_game
from keniki.apps.finance.games import Refused, game_of, kilometres, spec_of
from keniki.apps.finance.models import BasisFigure, JointCost, TownBudget
from keniki.apps.finance.queries import workbench as queries
from keniki.apps.finance.sharing import StageOf, gather, solving
from keniki.apps.finance.sharing.comparing import candidates, compare, published
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.programmes.models import RevenueClaim
from keniki.cli import main
from keniki.core.errors import WrongInput

from .joint import RULE, joint_cost

QUOTES = {
    "kind": "quotes",
    "quotes": [
        {"towns": [AOBA], "amount": 1_700_000},
        {"towns": [KAWAKITA], "amount": 900_000},
        {"towns": [HOSHINO], "amount": 800_000},
        {"towns": [KAWAKITA, HOSHINO], "amount": 1_000_000, "source": "A社見積"},
    ],
}


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


def at(cost: JointCost, name: str = "workbench", *more: object, **query: object) -> str:
    found = reverse(f"finance:{name}", args=[cost.region.slug, cost.slug, *more])
    return f"{found}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else found


def command(capsys, *arguments: str) -> dict:
    assert main.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("secretariat", 200),
        ("partner", 200),
        ("viewer", 200),
        ("neighbour", 404),
        ("neighbour_secretariat", 404),
    ],
)
def test_people_of_the_region_see_the_workbench(request, cost, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    for path in (at(cost), at(cost, "workbench-data"), at(cost, "outlook"), at(cost, "game", 2024)):
        assert client.get(path).status_code == status, path


def test_a_cost_that_is_not_there_is_404(cost, client_as, secretariat) -> None:
    assert client_as(secretariat).get(at(cost).replace(cost.slug, "nai")).status_code == 404


def test_the_page_shows_what_each_town_pays_and_what_that_means(cost, client_as, secretariat) -> None:
    page = client_as(secretariat).get(at(cost)).content.decode()
    for shown in ("1,760,000", "400,000", "240,000", "均等割20・人口割80", "見込み", "29.3", "計算の段階"):
        assert shown in page, shown
    assert "単独・共同の費用が未入力です" in page


def test_a_cost_without_items_says_what_to_do_first(in_region, initiative, client_as, secretariat) -> None:
    empty = joint_cost(in_region, initiative, slug="kara", amounts={})
    answer = client_as(secretariat).get(at(empty))
    assert answer.status_code == 200
    assert "経費の内訳がまだありません" in answer.content.decode()


def test_a_rule_put_together_in_the_address_is_used_and_a_wrong_one_is_told(
    cost, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    found = client.get(at(cost, rule="own", **{"w-equal": "50", "w-population": "50"})).context
    assert list(found["view"].made.shares.values()) == [1_400_000, 550_000, 450_000]
    wrong = client.get(at(cost, rule="own", **{"w-equal": "50", "w-population": "40"}))
    assert wrong.status_code == 200
    assert "割合の合計が 90％ です" in wrong.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"year": "1900"}, {"year": "x"}, {"stage": "nai"}, {"stage": "supplementary", "round": "9"},
        {"rule": "v99"}, {"rule": "p-nai"}, {"rule": "own", "w-equal": "abc"}, {"rule": "own", "unit": "-5"},
    ],
)  # fmt: skip
def test_no_link_is_refused(cost, client_as, secretariat, query) -> None:
    answer = client_as(secretariat).get(at(cost, **query))
    assert answer.status_code == 200
    assert answer.context["view"].said.sentences


@pytest.mark.slow
def test_the_stage_asked_for_is_shown(cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    assert client.get(at(cost, stage="request")).context["total"] == 3_000_000
    assert client.get(at(cost, year=2024)).context["total"] == 2_800_000


def test_general_revenue_is_what_the_towns_own_budget_leaves(cost, client_as, secretariat, towns) -> None:
    with verb(SYSTEM, "testing.budget", region=cost.region.slug, quiet=True) as act:
        act.save(
            TownBudget(
                region=cost.region, cost=cost, fiscal_year=2024, municipality=towns["川北町"], stage="initial",
                amount=400_000, earmarked=150_000,
            )
        )  # fmt: skip
    rows = {row.town.name: row for row in client_as(secretariat).get(at(cost)).context["burdens"].rows}
    assert (rows["川北町"].earmarked, rows["川北町"].general) == (150_000, 250_000)
    assert (rows["青葉市"].earmarked, rows["青葉市"].general) == (None, 1_760_000)


@pytest.mark.slow
def test_a_rule_that_was_tried_leads_to_a_draft_of_it(cost, client_as, secretariat, viewer) -> None:
    client = client_as(secretariat)
    new = reverse("finance:new-rule", args=[cost.region.slug, cost.slug])
    for key, start in (("v1", "version%3A1"), ("p-mito.tourism", "published%3Amito.tourism")):
        page = client.get(at(cost, rule=key)).content.decode()
        assert f'href="{new}?from={start}"' in page
        assert client.get(f"{new}?from={start}").status_code == 200
    assert f"{new}?from" not in client.get(at(cost, rule="own")).content.decode()
    assert f"{new}?from" not in client_as(viewer).get(at(cost)).content.decode()


def test_what_towns_spend_themselves_is_set_against_their_shares(cost, client_as, secretariat, towns) -> None:
    with verb(SYSTEM, "testing.item", region=cost.region.slug, quiet=True) as act:
        item = cost.items.get(fiscal_year=2024, stage="initial", kind="expense")
        item.municipality = towns["川北町"]
        act.save(item)
    found = client_as(secretariat).get(at(cost)).context["burdens"]
    rows = {row.town.name: (row.spent, row.balance) for row in found.rows}
    assert rows == {
        "青葉市": (0, 1_760_000), "川北町": (2_800_000, -2_400_000), "星野町": (0, 240_000),
    }  # fmt: skip
    assert (found.spent, found.balance) == (2_800_000, -400_000)


def test_the_tax_estimate_stands_beside_and_is_never_taken_off(cost, in_region, initiative) -> None:
    """The measure of 定住自立圏: 0.8 of the revenue of a partner, up to its cap."""
    initiative.programme = "teiju"
    found = queries.effects_of(
        in_region, initiative, 2024, {AOBA: 1_760_000, KAWAKITA: 400_000, HOSHINO: 10**9}
    )
    assert (found[AOBA].amount, found[KAWAKITA].amount) == (1_408_000, 320_000)
    assert found[HOSHINO].amount is not None
    assert found[HOSHINO].amount < 10**9 // 2
    none = queries.effects_of(in_region, initiative, 2015, {AOBA: 1})
    assert none[AOBA].amount is None
    assert none[AOBA].why


def test_what_is_left_of_the_cap_by_other_initiatives_bounds_the_estimate(
    cost, in_region, initiative, towns
) -> None:
    """川北町 claims so much for another initiative that 100,000 yen are left of its cap."""
    initiative.programme = "teiju"
    whole = queries.effects_of(in_region, initiative, 2024, {KAWAKITA: 10**9})[KAWAKITA].amount
    assert whole is not None
    claimed = (whole - 100_000) * 10 // 8
    with verb(SYSTEM, "testing.claim", region=in_region.slug, quiet=True) as act:
        for slug, amount in (("sumaho", claimed), (initiative.slug, 5_000_000)):
            act.save(
                RevenueClaim(
                    region=in_region, fiscal_year=2024, municipality=towns["川北町"], initiative=slug,
                    initiative_slug=slug, programme="teiju", general_revenue=amount,
                )
            )  # fmt: skip
    found = queries.effects_of(in_region, initiative, 2024, {KAWAKITA: 400_000, AOBA: 400_000})
    assert (found[KAWAKITA].amount, found[AOBA].amount) == (100_000, 320_000)


def test_the_benefits_are_the_towns_own_figures_of_the_initiative(in_region) -> None:
    from keniki.apps.compacts.models import Initiative

    course = Initiative.objects.get(region=in_region, slug="sumaho")
    found = queries.benefits_of(in_region, course, 2024)
    assert {code: benefit.people for code, benefit in found.items()} == {
        AOBA: Decimal(20), KAWAKITA: Decimal(21), HOSHINO: Decimal(8),
    }  # fmt: skip
    assert not queries.benefits_of(in_region, Initiative.objects.get(region=in_region, slug="bousai"), 2024)


@pytest.mark.slow
def test_the_page_asks_the_database_as_often_for_one_town_as_for_three(
    cost, client_as, secretariat, django_assert_max_num_queries
) -> None:
    client = client_as(secretariat)
    client.get(at(cost))
    with django_assert_max_num_queries(60) as asked:
        client.get(at(cost))
    more = len(asked)
    with verb(SYSTEM, "testing.places", region=cost.region.slug, quiet=True) as act:
        cost.places = [AOBA]
        act.save(cost)
    with django_assert_max_num_queries(more):
        client.get(at(cost))


def test_the_shares_are_those_of_the_command(cost, tmp_path, capsys, client_as, secretariat) -> None:
    rule = {**RULE, "deductions": [{"name": "交付金", "amount": 400_000}]}
    (tmp_path / "rule.yaml").write_text(json.dumps(rule, ensure_ascii=False), encoding="utf-8")
    figures = "code,population\n" + "".join(
        f"{row.municipality.code},{row.value:f}\n" for row in BasisFigure.objects.filter(cost=cost)
    )
    (tmp_path / "basis.csv").write_text(figures, encoding="utf-8")
    told = command(
        capsys, "share", "--cost", "2800000", "--rule", str(tmp_path / "rule.yaml"),
        "--basis", str(tmp_path / "basis.csv"),
    )  # fmt: skip
    assert told["shares"] == dict(client_as(secretariat).get(at(cost)).context["view"].made.shares)


@pytest.mark.slow
def test_theory_and_core_are_those_of_the_command(cost, secretariat, tmp_path, capsys, client_as) -> None:
    save_game(secretariat, cost, 2024, spec_of(QUOTES))
    found = client_as(secretariat).get(at(cost)).context
    game = found["game"].game
    costs = {
        ",".join(game.members(number)): float(game.costs[number]) for number in range(1, len(game.costs))
    }
    file = tmp_path / "game.json"
    columns = {column.key: column for column in found["comparison"].columns}
    shares = columns["v1"].amounts
    file.write_text(json.dumps({"players": list(game.players), "costs": costs, "shares": shares}))
    for solution in ("shapley", "nucleolus", "scrb", "equal_gain", "proportional", "per_capita_nucleolus"):
        told = command(capsys, "game", "--costs", str(file), "--solution", solution)
        assert dict(columns[solution].amounts) == pytest.approx(told["shares"]), solution
        assert columns[solution].test.inside == told["core"]["inside"]
    told = command(capsys, "game", "--costs", str(file), "--solution", "core")["core"]
    test = columns["v1"].test
    assert (test.inside, list(test.worst), test.over) == (told["inside"], told["worst"], told["over"])
    assert told["worst"] == [AOBA]
    assert told["over"] == 60_000


def test_the_page_names_who_would_be_better_off_alone(cost, secretariat, client_as) -> None:
    save_game(secretariat, cost, 2024, spec_of(QUOTES))
    page = client_as(secretariat).get(at(cost)).content.decode()
    assert "青葉市は、自分たちだけで行うより60,000円多く負担します。" in page
    assert "シャープレイ値" in page
    assert "逐次分担：量に応じた費用関数のときに求めます。" in page


def test_rules_without_figures_are_listed_with_what_lacks(cost) -> None:
    found = compare(gather(cost, 2024, StageOf("initial")), candidates(cost.rules.all()), None)
    names = {column.key for column in found.columns}
    assert "v1" in names
    assert "p-mito.tourism" in names
    assert "p-gotemba_oyama.fire" in names
    lacking = {column.key: column.problem for column in found.lacking}
    assert lacking["p-mito.clinic"] == "基礎数値が足りません：患者数割"
    assert "p-souraku.planned" in lacking


def test_a_published_rule_that_says_the_same_as_one_before_it_stands_once(cost) -> None:
    gathered = gather(cost, 2024, StageOf("initial"))
    first = next(rule for rule in published() if rule.key == "p-gotemba_oyama.general")
    same = replace(first, key="p-same")
    found = compare(gathered, [first, same], None)
    assert [column.key for column in found.columns] == ["p-gotemba_oyama.general"]


def test_the_comparison_can_be_taken_away(cost, secretariat, client_as) -> None:
    save_game(secretariat, cost, 2024, spec_of(QUOTES))
    client = client_as(secretariat)
    rows = list(
        csv.DictReader(io.StringIO(client.get(at(cost, "workbench-data")).content.decode("utf-8-sig")))
    )
    own = {row["団体名"]: row["負担額_円"] for row in rows if row["定め・解"].startswith("第1版")}
    assert own == {"青葉市": "1760000", "川北町": "400000", "星野町": "240000"}
    assert {row["コアに入る"] for row in rows if row["定め・解"].startswith("第1版")} == {"0"}
    book = client.get(at(cost, "workbench-data", format="xlsx"))
    assert book["Content-Type"].endswith("spreadsheetml.sheet")
    assert book.content.startswith(b"PK")


@pytest.mark.slow
def test_the_picture_is_drawn(cost, client_as, secretariat) -> None:
    answer = client_as(secretariat).get(at(cost, "workbench-chart"))
    assert answer.status_code == 200
    assert "青葉市" in answer.content.decode()


def test_a_function_counts_demand_distance_and_the_cheaper_parts(cost, towns) -> None:
    gathered = gather(cost, 2024, StageOf("initial"))
    function = {"fixed": "300000", "variable": "10", "basis": "population", "distance": "1000"}
    made = game_of(spec_of({"kind": "function", "function": function}), gathered.towns, gathered.bases)
    assert not isinstance(made, Refused)
    assert made.alone.tolist() == [900_000, 390_000, 330_000]
    ways = kilometres(gathered.towns)
    assert ways[0, 1] == pytest.approx(13.7, abs=0.3)
    pair = 300_000 + 10 * 69_000 + 1000 * ways[0, 1]
    assert made.cost((AOBA, KAWAKITA)) == pytest.approx(pair)


def test_what_a_function_lacks_is_told_by_name(cost) -> None:
    gathered = gather(cost, 2024, StageOf("initial"))
    spec = spec_of({"kind": "function", "function": {"variable": "10", "basis": "use"}})
    found = game_of(spec, gathered.towns, gathered.bases)
    assert isinstance(found, Refused)
    assert "青葉市、川北町、星野町" in found.problem
    towns = list(gathered.towns)
    towns[1].latitude = None
    spec = spec_of({"kind": "function", "function": {"fixed": "1", "distance": "10"}})
    found = game_of(spec, towns, gathered.bases)
    assert isinstance(found, Refused)
    assert "庁舎の位置" in found.problem
    assert "川北町" in found.problem


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"kind": "function", "function": {"variable": "10"}}, "量を表す基準"),
        ({"kind": "function", "function": {}}, "どれかを入力"),
        ({"kind": "quotes"}, "1つ以上"),
        ({"kind": "quotes", "quotes": [{"towns": ["012106", "012106"], "amount": 1}]}, "2回"),
        ({"kind": "nai"}, "使える値"),
    ],
)
def test_a_game_that_is_none_is_refused_in_words(content, said) -> None:
    with pytest.raises(WrongInput, match=said):
        spec_of(content)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "sampled"), [(17, False), (24, True)])
def test_many_towns_are_sampled_with_an_error_that_is_stated(count: int, sampled: bool) -> None:
    from keniki.apps.regions.models import Municipality

    towns = [
        Municipality(code=f"{number:06d}", name=f"町{number}", latitude=Decimal(43), longitude=Decimal(141))
        for number in range(1, count + 1)
    ]
    bases = {"population": {town.code: Decimal(1000 * (at + 1)) for at, town in enumerate(towns)}}
    function = {"fixed": "1000000", "variable": "100", "scale": "0.9", "basis": "population"}
    made = game_of(spec_of({"kind": "function", "function": function}), towns, bases, 5_000_000.0)
    assert not isinstance(made, Refused)
    found = {each.key: each for each in solving.solutions(made)}
    assert (found["shapley"].errors is not None) is sampled
    assert sum(found["shapley"].shares.values()) == pytest.approx(5_000_000)
    assert "16" in found["nucleolus"].problem or "20" in found["nucleolus"].problem
    test = solving.tested(made, found["equal_gain"].shares)
    assert test.complete is not sampled


@pytest.mark.slow
@pytest.mark.parametrize("places", [[AOBA], [AOBA, KAWAKITA]])
@pytest.mark.parametrize("amount", [0, 400_000, 7_777_777])
def test_one_town_two_towns_and_a_cost_of_nothing_have_their_page(
    in_region, initiative, secretariat, client_as, places, amount
) -> None:
    made = joint_cost(
        in_region, initiative, slug="chiisai", amounts={"initial": amount}, revenue=min(amount, 400_000)
    )
    with verb(SYSTEM, "testing.places", region=in_region.slug, quiet=True) as act:
        made.places = places
        act.save(made)
    function = {"fixed": "100", "variable": "3", "basis": "population", "distance": "7"}
    save_game(secretariat, made, 2024, spec_of({"kind": "function", "function": function}))
    client = client_as(secretariat)
    found = client.get(at(made))
    assert found.status_code == 200
    assert sum(found.context["view"].made.shares.values()) == max(amount - 400_000, 0)
    assert client.get(at(made, "game", 2024)).status_code == 200
    assert client.get(at(made, "workbench-data", format="xlsx")).status_code == 200


def test_a_rule_with_classes_shows_the_steps_of_each(in_region, initiative, client_as, secretariat) -> None:
    content = {
        "name": "建設と運営",
        "bases": RULE["bases"],
        "classes": {
            "building": {"label": "建設", "components": [{"basis": "equal", "weight": 100}]},
            "running": {"label": "運営", "components": [{"basis": "population", "weight": 100}]},
        },
    }
    made = joint_cost(in_region, initiative, slug="kubun", rule=content, revenue=0)
    with verb(SYSTEM, "testing.classes", region=in_region.slug, quiet=True) as act:
        first = made.items.get(stage="initial")
        first.cost_class = "building"
        act.save(first)
        first.pk, first.cost_class, first.amount = None, "running", 720_000
        first._state.adding = True
        act.save(first)
    found = client_as(secretariat).get(at(made)).context
    assert [row.bill for row in found["steps"] if row.name == "端数処理"] == ["建設", "運営"]
    assert sum(found["view"].made.shares.values()) == 3_520_000
    assert list(found["view"].made.shares.values())[2] == 933_333 + 30_000


def test_the_whole_of_a_game_is_what_is_really_shared(cost) -> None:
    gathered = gather(cost, 2024, StageOf("initial"))
    shared = game_of(spec_of(QUOTES), gathered.towns, {}, 2_400_000.0)
    assert not isinstance(shared, Refused)
    assert (shared.whole, shared.estimated) == (2_400_000, 2_700_000)
    assert shared.cost((KAWAKITA, HOSHINO)) == 1_000_000
    scaled = game_of(spec_of({**QUOTES, "whole": "scaled"}), gathered.towns, {}, 2_400_000.0)
    assert not isinstance(scaled, Refused)
    assert scaled.cost((KAWAKITA, HOSHINO)) == pytest.approx(1_000_000 * 24 / 27)

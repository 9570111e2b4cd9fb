"""What towns would pay alone and in groups: entered in three ways, kept, changed, and what that comes to."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.finance.actions.games import remove_game, save_game
from keniki.apps.finance.forms.workbench import COLUMNS, read_groups
from keniki.apps.finance.games import spec_of
from keniki.apps.finance.models import CostGame, JointCost
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, KONAN
from keniki.core.errors import WrongInput

from .joint import joint_cost

FUNCTION = {"kind": "function", "function": {"fixed": "300000", "variable": "10", "basis": "population"}}
ALONE = {f"alone-{AOBA}": "170万円", f"alone-{KAWAKITA}": "900,000", f"alone-{HOSHINO}": "800000"}


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


@pytest.fixture
def here(cost) -> str:
    return reverse("finance:game", args=[cost.region.slug, cost.slug, 2024])


def rows(*filled: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"joint-TOTAL_FORMS": len(filled), "joint-INITIAL_FORMS": 0}
    for number, row in enumerate(filled):
        data |= {f"joint-{number}-{name}": value for name, value in row.items()}
    return data


def test_the_empty_page_says_what_to_do_first(here, client_as, secretariat, viewer) -> None:
    page = client_as(secretariat).get(here).content.decode()
    assert "この年度の単独・共同の費用はまだありません" in page
    assert "固定費（円/年）" in page
    seen = client_as(viewer).get(here).content.decode()
    assert "入力できません" in seen
    assert "1か所で行うごとにかかる費用" not in seen


def test_a_function_is_entered_and_its_groups_are_shown(here, cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    typed = {"fixed": "30万円", "variable": "10", "basis": "population", "parts": "on", "whole": "shared"}
    assert client.post(f"{here}?kind=function", typed).status_code == 302
    kept = CostGame.objects.get(cost=cost)
    assert kept.content == FUNCTION
    assert kept.author
    page = client.get(here).content.decode()
    for shown in ("青葉市・川北町", "900,000", "990,000", "2,400,000", "300,000"):
        assert shown in page, shown
    said = LogEntry.objects.get(verb="finance.save_game")
    assert "令和6年度 合同防災訓練の共同経費 の単独・共同の費用（費用関数）を登録" in said.text


def test_quotes_of_single_towns_and_of_a_pair_are_entered(here, cost, client_as, secretariat) -> None:
    pair = {"towns": [KAWAKITA, HOSHINO], "amount": "100万", "source": "A社"}
    client = client_as(secretariat)
    answer = client.post(f"{here}?kind=quotes", {**ALONE, "whole": "shared", "parts": "on", **rows(pair)})
    assert answer.status_code == 302
    kept = spec_of(CostGame.objects.get(cost=cost).content)
    assert [(each.towns, each.amount) for each in kept.quotes] == [
        ((AOBA,), 1_700_000), ((KAWAKITA,), 900_000), ((HOSHINO,), 800_000), ((KAWAKITA, HOSHINO), 1_000_000),
    ]  # fmt: skip
    found = client.get(here)
    assert found.context["kind"] == "quotes"
    shown = {row.name: row.cost for row in found.context["rows"]}
    assert shown["青葉市・川北町"] == 2_600_000
    assert shown["川北町・星野町"] == 1_000_000


def test_a_group_of_one_and_a_group_without_amount_are_told_in_place(here, client_as, secretariat) -> None:
    answer = client_as(secretariat).post(
        f"{here}?kind=quotes",
        {**ALONE, "whole": "shared", **rows({"towns": [AOBA], "amount": "5"}, {"towns": [AOBA, HOSHINO]})},
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "2団体以上を選んでください" in page
    assert "この組合せの金額を入力してください" in page
    assert 'value="170万円"' in page


@pytest.mark.slow
def test_a_variable_cost_without_what_it_varies_with_is_refused(here, client_as, secretariat) -> None:
    answer = client_as(secretariat).post(f"{here}?kind=function", {"variable": "10", "whole": "shared"})
    assert answer.status_code == 422
    assert "量を表す基準" in answer.content.decode()
    assert not CostGame.objects.exists()


def test_the_whole_table_of_three_towns_is_typed(here, cost, client_as, secretariat) -> None:
    typed = {"c-1": "10", "c-2": "8", "c-3": "15", "c-4": "6", "c-5": "13", "c-6": "11", "c-7": "18"}
    client = client_as(secretariat)
    assert client.post(f"{here}?kind=table", {**typed, "whole": "scaled"}).status_code == 302
    kept = spec_of(CostGame.objects.get(cost=cost).content)
    assert (len(kept.quotes), kept.whole) == (7, "scaled")
    assert {frozenset(each.towns): each.amount for each in kept.quotes}[frozenset((AOBA, HOSHINO))] == 13
    lacking = {name: value for name, value in typed.items() if name != "c-5"}
    assert client.post(f"{here}?kind=table", {**lacking, "whole": "shared"}).status_code == 422


def test_the_file_of_groups_is_what_the_page_reads_again(here, cost, client_as, secretariat) -> None:
    client = client_as(secretariat)
    save_game(secretariat, cost, 2024, spec_of(FUNCTION))
    content = client.get(here + "data/").content
    table = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(table) == 7
    read = read_groups(content, "組合せ.csv")
    assert {tuple(each["towns"]): each["amount"] for each in read}[AOBA, KAWAKITA] == 990_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{COLUMNS[0]},{COLUMNS[2]}\n{AOBA},千円\n", "整数（円）"),
        (f"{COLUMNS[0]},{COLUMNS[2]}\n999999,5\n", "999999"),
        ("code,yen\n1,2\n", COLUMNS[0]),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text, said) -> None:
    with pytest.raises(WrongInput) as wrong:
        read_groups(text.encode(), "組合せ.csv")
    assert said in str(wrong.value)


def test_a_table_of_many_towns_comes_from_a_file(here, cost, client_as, secretariat, monkeypatch) -> None:
    monkeypatch.setattr("keniki.apps.finance.forms.workbench.MOST_TYPED", 2)
    groups = ((AOBA,), (KAWAKITA,), (HOSHINO,), (AOBA, KAWAKITA), (AOBA, HOSHINO), (KAWAKITA, HOSHINO))
    lines = [f"{'+'.join(group)},{10 * len(group)}" for group in (*groups, (AOBA, KAWAKITA, HOSHINO))]
    head = f"{COLUMNS[0]},{COLUMNS[2]}"
    client = client_as(secretariat)

    def sent(*rows: str) -> Any:
        file = SimpleUploadedFile("組合せ.csv", "\n".join((head, *rows)).encode())
        return client.post(f"{here}?kind=table", {"file": file, "whole": "shared"})

    short = sent(*lines[:-1])
    assert short.status_code == 422
    assert "この組合せの費用がありません" in short.content.decode()
    assert sent(*lines).status_code == 302
    assert len(CostGame.objects.get(cost=cost).content["quotes"]) == 7


def test_towns_that_do_not_pay_have_no_quote(cost, secretariat) -> None:
    content = {"kind": "quotes", "quotes": [{"towns": [KONAN], "amount": 1}]}
    with pytest.raises(WrongInput, match=KONAN):
        save_game(secretariat, cost, 2024, spec_of(content))
    alone = {"kind": "quotes", "quotes": [{"towns": [AOBA], "amount": 1}]}
    with pytest.raises(WrongInput, match="川北町：単独の費用（見積）がありません"):
        save_game(secretariat, cost, 2024, spec_of(alone))


@pytest.mark.slow
def test_only_the_secretariat_of_the_region_enters_games(
    here, cost, client_as, partner, viewer, neighbour_secretariat
) -> None:
    for actor in (partner, viewer):
        with pytest.raises(Denied):
            save_game(actor, cost, 2024, spec_of(FUNCTION))
        assert client_as(actor).post(f"{here}?kind=function", {"fixed": "1"}).status_code == 403
    assert client_as(neighbour_secretariat).post(here, {"fixed": "1"}).status_code == 404


def test_the_second_of_two_editors_is_shown_both(here, cost, client_as, secretariat, administrator) -> None:
    kept = save_game(secretariat, cost, 2024, spec_of(FUNCTION))
    seen = kept.version
    other = {"kind": "function", "function": {"fixed": "999"}}
    save_game(administrator, cost, 2024, spec_of(other), "新しい見積", kept, seen)
    with pytest.raises(Stale):
        save_game(secretariat, cost, 2024, spec_of(FUNCTION), "", kept, seen)
    answer = client_as(secretariat).post(
        f"{here}?kind=function", {"fixed": "12345", "whole": "shared", "parts": "on", "version": seen}
    )
    assert answer.status_code == 409
    assert "新しい見積" in answer.content.decode()
    with pytest.raises(WrongInput, match="先にこの年度"):
        save_game(secretariat, cost, 2024, spec_of(FUNCTION))


@pytest.mark.slow
def test_a_game_is_taken_out_again(here, cost, client_as, secretariat) -> None:
    kept = save_game(secretariat, cost, 2024, spec_of(FUNCTION))
    client = client_as(secretariat)
    assert client.post(here, {"deed": "remove", "version": kept.version + 5}).status_code == 302
    assert CostGame.objects.exists()
    assert client.post(here, {"deed": "remove", "version": kept.version}).status_code == 302
    assert not CostGame.objects.exists()
    again = save_game(secretariat, cost, 2024, spec_of(FUNCTION))
    remove_game(secretariat, cost, again, again.version)
    assert client.post(here, {"deed": "remove", "version": 1}).status_code == 404


def test_the_game_of_an_earlier_year_serves_until_there_is_a_newer_one(cost, secretariat, client_as) -> None:
    from keniki.apps.finance.queries import workbench as queries

    save_game(secretariat, cost, 2024, spec_of(FUNCTION))
    bench = queries.bench(cost)
    assert bench.game_in(2023) is None
    assert bench.game_in(2026) == bench.game_in(2024) == CostGame.objects.get()


def test_what_buying_together_saves_is_told(here, client_as, secretariat) -> None:
    client = client_as(secretariat)
    page = client.get(here, {"fixed": "3000000", "variable": "600000", "extra": "3.75"}).content.decode()
    assert "2団体から、まとめて買う方が安くなります。" in page
    assert "5,025,000" in page
    never = client.get(here, {"fixed": "100", "variable": "10", "coordination": "120"}).content.decode()
    assert "何団体でも、まとめて買う方が安くはなりません。" in never
    wrong = client.get(here, {"fixed": "abc"})
    assert wrong.status_code == 200
    assert "金額として読めません" in wrong.content.decode()


@pytest.mark.parametrize("year", [99999, 1800, 2020])
def test_a_year_that_is_none_of_the_costs_is_404(here, client_as, secretariat, year) -> None:
    for place in (here, f"{here}data/"):
        assert client_as(secretariat).get(place.replace("2024", str(year))).status_code == 404

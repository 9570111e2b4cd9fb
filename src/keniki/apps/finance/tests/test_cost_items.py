"""Items of a joint cost: a stage as one form, copied from another stage, changed by two people at once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django_scopes import scope

from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.finance.actions import cost_items as actions
from keniki.apps.finance.actions.cost_items import ItemDraft, copy_items, items_at, items_digest, save_items
from keniki.apps.finance.models import CostItem, JointCost
from keniki.apps.finance.sharing import StageOf
from keniki.apps.regions.editing import ROWS
from keniki.core.errors import WrongInput

from .joint import RULE, joint_cost

REQUEST, INITIAL, SETTLED = StageOf("request"), StageOf("initial"), StageOf("settled")
CLASSES = {
    "name": "建設と起債の償還",
    "bases": RULE["bases"],
    "classes": {
        "running": {"label": "運営費", "components": [{"basis": "population", "weight": 100}]},
        "debt": {
            "label": "公債費",
            "by_year": {2015: {"019011": 60, "019020": 30, "019038": 10}},
        },
    },
}


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


@pytest.fixture
def url(cost) -> str:
    return f"/desk/aoba/finance/costs/{cost.slug}/items/2024/"


def rows(*given: dict, **more) -> dict:
    data: dict = {"items-TOTAL_FORMS": len(given), "items-INITIAL_FORMS": 0}
    for number, row in enumerate(given):
        data |= {f"items-{number}-{name}": value for name, value in row.items()}
    return data | more


def row(title: str, amount: str, **more) -> dict:
    return {"kind": "expense", "title": title, "amount": amount, "municipality": "", "reckoning": ""} | more


def at(cost, stage: StageOf, year: int = 2024) -> list[tuple[str, str, int]]:
    return [(item.kind, item.title, item.amount) for item in items_at(cost, year, stage)]


def test_a_stage_is_saved_as_it_is_typed(cost, url, client_as, secretariat, towns) -> None:
    (kept, _) = items_at(cost, 2024, INITIAL)
    answer = client_as(secretariat).post(
        f"{url}?stage=initial",
        rows(
            row("訓練委託料", "300万円", id=kept.pk, reckoning="1回×300万円"),
            row("会場使用料", "１２０千円", municipality=towns["川北町"].pk),
            row("県補助金", "500,000", kind="revenue"),
            row("", ""),
        ),
    )
    assert answer.status_code == 302
    assert at(cost, INITIAL) == [
        ("expense", "訓練委託料", 3_000_000), ("expense", "会場使用料", 120_000), ("revenue", "県補助金", 500_000),
    ]  # fmt: skip
    first, second, _ = items_at(cost, 2024, INITIAL)
    assert (first.pk, first.version) == (kept.pk, 2)
    assert second.municipality == towns["川北町"]
    assert at(cost, REQUEST)[0] == ("expense", "訓練委託料", 3_000_000)
    text = LogEntry.objects.latest("pk").text
    assert "令和6年度 当初の内訳を 3件・経費3,120,000円 に変更" in text


def test_saving_the_same_again_writes_nothing(cost, url, client_as, secretariat) -> None:
    before = LogEntry.objects.count()
    kept = items_at(cost, 2024, INITIAL)
    same = [
        row(item.title, str(item.amount), id=item.pk, kind=item.kind, reckoning=item.reckoning)
        for item in kept
    ]
    assert client_as(secretariat).post(f"{url}?stage=initial", rows(*same)).status_code == 302
    assert [item.version for item in items_at(cost, 2024, INITIAL)] == [
        item.version + (item.order != place) for place, item in enumerate(kept)
    ]
    assert LogEntry.objects.count() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (row("委託料", "たくさん"), "「たくさん」を金額として読めません"),
        (row("", "100"), "何の経費か"),
        (row("委託料", ""), "金額を円で入力してください"),
        (row("委託料", "▲100"), "▲は補正で使います"),
    ],
)
def test_a_wrong_row_is_told_in_its_place(cost, url, client_as, secretariat, given, said) -> None:
    before = at(cost, INITIAL)
    answer = client_as(secretariat).post(f"{url}?stage=initial", rows(row("よい行", "1"), given))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'value="よい行"' in page
    assert at(cost, INITIAL) == before


def test_a_supplementary_budget_holds_changes_with_a_sign(cost, url, client_as, secretariat) -> None:
    client = client_as(secretariat)
    page = client.get(f"{url}?stage=supplementary&round=1").content.decode()
    assert "当初からの増減だけ" in page
    answer = client.post(f"{url}?stage=supplementary&round=1", rows(row("訓練委託料", "▲300千円")))
    assert answer.status_code == 302
    assert at(cost, StageOf("supplementary", 1)) == [("expense", "訓練委託料", -300_000)]
    page = client.get(f"{url}?stage=supplementary&round=1").content.decode()
    assert "2,100,000円" in page  # 2,800,000 - 300,000 - 400,000


def test_the_second_editor_sees_both_and_chooses(cost, url, client_as, secretariat) -> None:
    client = client_as(secretariat)
    seen = items_digest(items_at(cost, 2024, INITIAL))
    first = rows(row("先の内訳", "100"), version=seen)
    assert client.post(f"{url}?stage=initial", first).status_code == 302
    mine = rows(row("後の内訳", "200"), version=seen)
    second = client.post(f"{url}?stage=initial", mine)
    page = second.content.decode()
    assert second.status_code == 409
    assert "先の内訳" in page
    assert "後の内訳" in page
    assert at(cost, INITIAL) == [("expense", "先の内訳", 100)]
    now = items_digest(items_at(cost, 2024, INITIAL))
    theirs = mine | {"version": now, "choice-items": "theirs"}
    assert client.post(f"{url}?stage=initial", theirs).status_code == 302
    assert at(cost, INITIAL) == [("expense", "先の内訳", 100)]
    chosen = mine | {"version": now, "choice-items": "mine"}
    assert client.post(f"{url}?stage=initial", chosen).status_code == 302
    assert at(cost, INITIAL) == [("expense", "後の内訳", 200)]


def test_nobody_writes_over_what_was_not_seen(cost, secretariat) -> None:
    with pytest.raises(Stale):
        save_items(secretariat, cost, 2024, INITIAL, [ItemDraft("x", 1)], shown="old")
    assert at(cost, INITIAL)[0] == ("expense", "訓練委託料", 2_800_000)


@pytest.mark.slow
def test_an_empty_stage_is_copied_from_another(cost, url, client_as, secretariat) -> None:
    client = client_as(secretariat)
    page = client.get(f"{url}?stage=settled").content.decode()
    assert "令和6年度 当初から写す" in page
    chosen = {
        "stage": "settled",
        "round": "0",
        "from_year": "2024",
        "from_stage": "initial",
        "from_round": "0",
    }
    answer = client.post(f"{url}copy/", chosen)
    assert answer.url.endswith("?stage=settled")
    assert at(cost, SETTLED) == at(cost, INITIAL)
    again = client.post(f"{url}copy/", chosen, follow=True).content.decode()
    assert "にはもう内訳があります" in again
    assert len(at(cost, SETTLED)) == 2


def test_the_next_year_begins_with_the_last_stage_of_the_year_before(cost, secretariat) -> None:
    save_items(secretariat, cost, 2024, StageOf("supplementary", 1), [ItemDraft("訓練委託料", 200_000)])
    copy_items(secretariat, cost, 2025, REQUEST, (2024, StageOf("supplementary", 1)))
    assert at(cost, REQUEST, 2025) == [
        ("expense", "訓練委託料", 3_000_000), ("revenue", "地域づくり総合交付金", 400_000),
    ]  # fmt: skip


def test_changes_are_not_copied(cost, secretariat) -> None:
    with pytest.raises(WrongInput, match="増減だけ"):
        copy_items(secretariat, cost, 2024, StageOf("supplementary", 1), (2024, INITIAL))
    with pytest.raises(WrongInput, match="まだありません"):
        copy_items(secretariat, cost, 2025, REQUEST, (2024, SETTLED))


@pytest.mark.parametrize("who", ["partner", "viewer"])
def test_towns_read_the_items_only(request, cost, url, client_as, who) -> None:
    client = client_as(request.getfixturevalue(who))
    page = client.get(f"{url}?stage=initial").content.decode()
    assert "訓練委託料" in page
    assert "items-0-title" not in page
    assert client.post(f"{url}?stage=initial", rows(row("x", "1"))).status_code == 403
    assert client.post(f"{url}copy/", {}).status_code == 403


@pytest.mark.slow
def test_classes_are_those_of_the_rule(in_region, initiative, client_as, secretariat) -> None:
    cost = joint_cost(in_region, initiative, rule=CLASSES, amounts={})
    url = f"/desk/aoba/finance/costs/{cost.slug}/items/2024/?stage=initial"
    client = client_as(secretariat)
    page = client.get(url).content.decode()
    assert ">運営費</option>" in page
    for given, said in (
        (row("償還", "1", cost_class="debt"), "借入年度を入力してください"),
        (row("償還", "1", cost_class="debt", loan_year="2016"), "定めに率のある借入年度"),
        (row("光熱水費", "1", cost_class="running", loan_year="2015"), "空欄にしてください"),
        (row("光熱水費", "1", cost_class=""), "負担割合の定めにある区分"),
    ):
        answer = client.post(url, rows(given))
        assert answer.status_code == 422
        assert said in answer.content.decode()
    right = rows(
        row("償還", "1,000", cost_class="debt", loan_year="2015"),
        row("光熱水費", "2,000", cost_class="running"),
    )
    assert client.post(url, right).status_code == 302
    assert CostItem.objects.get(title="償還").loan_year == 2015


@pytest.mark.slow
def test_a_form_has_no_more_rows_than_it_may(cost, url, client_as, secretariat) -> None:
    given = rows(row("x", "1")) | {"items-TOTAL_FORMS": ROWS + 1000}
    answer = client_as(secretariat).post(f"{url}?stage=initial", given)
    assert answer.status_code == 422
    assert len(at(cost, INITIAL)) == 2


def test_an_item_reads_as_one_line() -> None:
    words = actions.item_words(ItemDraft("償還", 1_000, cost_class="debt", loan_year=2015))
    assert words == "経費／debt／2015年度借入／償還／1,000円"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_shown_both(in_region, initiative, secretariat) -> None:
    cost = joint_cost(in_region, initiative)
    seen = items_digest(items_at(cost, 2024, INITIAL))
    ready = threading.Barrier(2)
    said: list[str] = []

    def run(title: str) -> None:
        try:
            with scope(region=in_region):
                ready.wait(10)
                save_items(secretariat, cost, 2024, INITIAL, [ItemDraft(title, 1)], shown=seen)
                said.append("saved")
        except Stale:
            said.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(title,)) for title in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["saved", "stale"]
    assert len(items_at(cost, 2024, INITIAL)) == 1

"""The subsidiary book: corrections, the journal, the proof that it is right, and that the proof finds what is wrong."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.accounts.actor import Denied
from keniki.apps.finance.actions import assessing, claims, ledger
from keniki.apps.finance.actions.ledger import Spending
from keniki.apps.finance.models import Account, Assessment, Entry, JointCost, Line
from keniki.apps.finance.queries import ledger as queries
from keniki.apps.finance.queries.claims import billed_allocation, standing
from keniki.apps.finance.queries.ledger import JournalFilter, check
from keniki.core.errors import WrongInput

from .billed import assess, correction, deed, shared_anew, token
from .joint import allocated, joint_cost

pytestmark = pytest.mark.slow

Kind = Entry.Kind


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    return joint_cost(in_region, initiative)


@pytest.fixture
def claim(cost, towns, secretariat) -> Assessment:
    (made,) = assess(secretariat, allocated(cost), towns["川北町"])
    return made


def spent(kind: Kind, amount: int, on: date = date(2024, 7, 1), **more: Any) -> Spending:
    return Spending(kind, deed(amount, on), more.pop("text", "訓練委託料"), **more)


def at_the_end() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def failing(region) -> set[str]:
    return {proof.name for proof in check(region).proofs if not proof.holds}


# --- corrections ------------------------------------------------------------------------------------------


def test_a_correction_is_the_opposite_entry_with_its_reason(in_region, claim, secretariat) -> None:
    part = claim.instalments.get(number=1)
    wrong = claims.receive(secretariat, claim, part, deed(20_000))
    made = ledger.reverse(secretariat, wrong, correction(reason="金額の誤り"))
    assert (made.kind, made.number, made.reverses) == ("reversal", 3, wrong)
    assert "金額の誤り" in made.text
    assert sum(line.amount for line in Line.objects.filter(account=Account.CASH)) == 0
    assert standing(claim).settled == 0
    with pytest.raises(WrongInput, match="既に訂正されています"):
        ledger.reverse(secretariat, wrong, correction())
    with pytest.raises(Denied, match="訂正の仕訳は訂正できません"):
        ledger.reverse(secretariat, made, correction())
    assert check(in_region).holds


def test_a_correction_sent_twice_is_posted_once(claim, secretariat) -> None:
    wrong = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(20_000))
    sent = token()
    first = ledger.reverse(secretariat, wrong, correction(token=sent))
    assert ledger.reverse(secretariat, wrong, correction(token=sent)) == first


def test_what_later_entries_rest_on_is_not_taken_back_before_them(claim, partner, secretariat) -> None:
    committed = claims.commit(partner, claim, deed(400_000))
    ordered = claims.order(partner, claim, deed(300_000))
    paid = claims.pay(partner, claim, deed(100_000))
    for entry, said in ((committed, "支出命令"), (ordered, "支出")):
        with pytest.raises(WrongInput, match=f"先に{said}を訂正してください"):
            ledger.reverse(partner, entry, correction())
    for entry in (paid, ordered, committed):
        ledger.reverse(partner, entry, correction())
    assert not any(standing(claim).of(kind) for kind in (Kind.COMMIT, Kind.ORDER, Kind.PAY))


def test_the_entry_of_an_assessment_takes_the_assessment_with_it(claim, secretariat, partner) -> None:
    entry = Entry.objects.get(assessment=claim)
    receipt = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(1_000))
    with pytest.raises(WrongInput, match="収納が記帳されているため"):
        ledger.reverse(secretariat, entry, correction())
    ledger.reverse(secretariat, receipt, correction())
    ledger.reverse(secretariat, entry, correction())
    claim.refresh_from_db()
    assert claim.cancelled_on == date(2024, 12, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": " "}, "訂正の理由を入力してください"),
        ({"on": date(2024, 5, 19)}, "令和6年5月20日より前の日"),
        ({"on": date(2025, 6, 1)}, "出納閉鎖（令和7年5月31日）の後です"),
    ],
)
def test_a_correction_needs_a_reason_and_a_day_of_the_book(claim, secretariat, change, said) -> None:
    wrong = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(20_000))
    with pytest.raises(WrongInput, match=said):
        ledger.reverse(secretariat, wrong, correction(**change))


def test_each_side_corrects_its_own_book(claim, partner, secretariat, other_partner) -> None:
    receipt = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(20_000))
    committed = claims.commit(partner, claim, deed(400_000))
    for actor, entry in ((partner, receipt), (other_partner, committed), (other_partner, receipt)):
        with pytest.raises(Denied):
            ledger.reverse(actor, entry, correction())


# --- spending ---------------------------------------------------------------------------------------------


def test_spending_stands_in_the_book_of_who_keeps_the_account(in_region, cost, secretariat, partner) -> None:
    made = ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 700_000))
    ledger.post_spending(secretariat, cost, 2024, spent(Kind.EARMARKED, 400_000, text="交付金"))
    assert {line.body for line in made.lines.all()} == {cost.holder}
    with pytest.raises(Denied):
        ledger.post_spending(partner, cost, 2024, spent(Kind.EXPENSE, 1))
    with pytest.raises(WrongInput, match="出納閉鎖"):
        ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 1, date(2025, 6, 1)))
    with pytest.raises(WrongInput, match="1円以上"):
        ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 0))
    (trial,) = queries.trial_balance(in_region, JournalFilter(year=2024))
    assert [(row.account, row.balance) for row in trial.rows] == [
        ("cash", -300_000),
        ("earmarked_revenue", -400_000),
        ("expense", 700_000),
    ]
    assert check(in_region).holds


def test_a_town_posts_its_own_spending_where_every_town_runs_its_part(
    in_region, initiative, partner, towns
) -> None:
    cost = joint_cost(in_region, initiative, manner="each")
    made = ledger.post_spending(partner, cost, 2024, spent(Kind.EXPENSE, 5_000, municipality=towns["川北町"]))
    assert {line.body.municipality for line in made.lines.all()} == {towns["川北町"]}
    with pytest.raises(Denied):
        ledger.post_spending(partner, cost, 2024, spent(Kind.EXPENSE, 5_000, municipality=towns["星野町"]))
    ledger.reverse(partner, made, correction())
    assert check(in_region).holds


def test_spending_sent_again_with_other_words_is_not_lost_silently(
    in_region, initiative, secretariat, towns
) -> None:
    cost, sent = joint_cost(in_region, initiative, manner="each"), token()

    def post(**more: Any) -> Entry:
        given = {"text": "委託料", "municipality": towns["川北町"]} | more
        return ledger.post_spending(
            secretariat, cost, 2024, Spending(Kind.EXPENSE, deed(5_000, token=sent), **given)
        )

    first = post()
    assert post() == first
    for other in ({"text": "委託料 2回目"}, {"municipality": towns["星野町"]}):
        with pytest.raises(WrongInput, match="既に5,000円"):
            post(**other)
    assert Entry.objects.count() == 1


# --- the journal ------------------------------------------------------------------------------------------


def test_balances_run_through_the_years(in_region, cost, claim, secretariat) -> None:
    part = claim.instalments.get(number=1)
    claims.receive(secretariat, claim, part, deed(30_000))
    claims.receive(secretariat, claim, part, deed(20_000, date(2025, 6, 10), fiscal_year=2025))
    narrowed = JournalFilter(year=2025, account=Account.RECEIVABLE)
    (row,) = queries.with_balances(in_region, narrowed, queries.journal(in_region, narrowed))
    assert (row.credit, row.balance) == (20_000, 350_000)
    (trial,) = queries.trial_balance(in_region, JournalFilter(year=2025))
    receivable = next(each for each in trial.rows if each.account == Account.RECEIVABLE)
    assert (receivable.opening, receivable.debit, receivable.credit, receivable.balance) == (
        370_000,
        0,
        20_000,
        350_000,
    )
    assert trial.balance == 0


# --- the proof --------------------------------------------------------------------------------------------


def everything(cost, secretariat, partner, towns) -> None:
    """A book with every kind of entry, one reversed, one assessment cancelled."""
    allocation = allocated(cost)
    first, second = assess(secretariat, allocation, towns["川北町"], towns["星野町"])
    claims.receive(secretariat, first, first.instalments.get(number=1), deed(200_000))
    wrong = claims.receive(secretariat, first, first.instalments.get(number=2), deed(1_000))
    ledger.reverse(secretariat, wrong, correction())
    for act in (claims.commit, claims.order, claims.pay):
        act(partner, first, deed(200_000))
    assessing.cancel(secretariat, second, correction())
    ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 700_000))
    at_the_end()


_CORRUPTIONS = {
    "仕訳の貸借": "UPDATE finance_line SET amount = amount + 1 WHERE account = 'cash' AND amount = 200000",
    "全体の貸借": "UPDATE finance_line SET amount = amount - 7 WHERE account = 'cash' AND amount = 200000",
    "勘定と団体": "UPDATE finance_line SET account = 'expense' WHERE account = 'share_expense'",
    "番号": "UPDATE finance_entry SET number = 99 WHERE number = 3",
    "訂正": """UPDATE finance_line SET amount = amount * 2 WHERE entry_id =
        (SELECT id FROM finance_entry WHERE kind = 'reversal' ORDER BY id LIMIT 1)""",
    "調定と未収": "UPDATE finance_assessment SET amount = 399999 WHERE number = 1",
    "限度": """UPDATE finance_line SET amount = amount * 3
        WHERE entry_id = (SELECT id FROM finance_entry WHERE kind = 'pay')""",
    "負担額と調定": "UPDATE finance_share SET amount = 1 WHERE amount = 400000",
    "残高の向き": """UPDATE finance_line SET amount = -amount
        WHERE entry_id = (SELECT id FROM finance_entry WHERE kind = 'expense')""",
}


@pytest.mark.parametrize("name", _CORRUPTIONS)
def test_the_proof_finds_what_the_guards_would_not_let_in(
    in_region, cost, secretariat, partner, towns, name
) -> None:
    everything(cost, secretariat, partner, towns)
    assert failing(in_region) == set()
    tables = ("finance_line", "finance_entry", "finance_assessment", "finance_share")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(_CORRUPTIONS[name])
        assert cursor.rowcount > 0
    assert name in failing(in_region)
    finding = next(proof for proof in check(in_region).proofs if proof.name == name).findings[0]
    assert finding.text


def test_an_entry_without_lines_is_found(in_region, cost, secretariat, partner, towns) -> None:
    everything(cost, secretariat, partner, towns)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE finance_line DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM finance_line WHERE entry_id = (SELECT max(id) FROM finance_entry)")
    assert "仕訳の貸借" in failing(in_region)


def test_what_the_other_side_has_not_done_is_no_mistake(in_region, claim, secretariat, partner) -> None:
    claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(200_000))
    found = check(in_region)
    assert found.holds
    assert [finding.text.split("：")[1] for finding in found.pending] == [
        "市町村の支出負担行為が 400,000円分まだです。",
        "収納 200,000円に対し、市町村の支出は 0円です。",
    ]


def test_the_proof_asks_as_often_for_many_rows_as_for_few(
    in_region, cost, secretariat, partner, towns, django_assert_num_queries
) -> None:
    everything(cost, secretariat, partner, towns)
    with CaptureQueriesContext(connection) as few:
        check(in_region)
    allocation = next(iter(Assessment.objects.all())).allocation
    assess(secretariat, allocation, towns["星野町"], on=date(2024, 12, 2), due_on=date(2024, 12, 27))
    for _ in range(5):
        ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 1_000))
    with django_assert_num_queries(len(few)):
        check(in_region)


# --- any sequence of deeds --------------------------------------------------------------------------------

_NAMES = (
    "assess", "receive", "receive", "receive", "commit", "commit", "order", "order", "pay", "pay", "cancel", "reverse",
    "settle", "spend", "assess_refund", "assess_refund", "pay_refund", "receive_refund",
)  # fmt: skip


def _play(name: str, percent: int, choice: int, cost: JointCost, actor, towns) -> None:
    """One deed: of so many per cent of what is left (above 100 too much), on one of the rows there are."""
    rows = list(Assessment.objects.order_by("number"))
    if name == "assess":
        allocation = billed_allocation(cost, 2024)
        allocation.cost = cost
        town = towns[("川北町", "星野町")[choice % 2]]
        assess(
            actor,
            allocation,
            town,
            on=date(2024, 4, 10),
            refund_on=date(2024, 6, 28),
            due_on=date(2024, 6, 28),
        )
    elif name == "settle":
        part = 5_000 * percent
        shares = {"青葉市": 1_760_000, "川北町": part, "星野町": 600_000 - part}
        day, both = date(2024, 6, 28), (towns["川北町"], towns["星野町"])
        newer = shared_anew(cost, shares, stage="settled")
        assess(actor, newer, both[choice % 2], on=day, due_on=day, refund_on=day)
    elif name == "spend":
        ledger.post_spending(actor, cost, 2024, spent(Kind.EXPENSE, 1_000 * percent))
    elif name == "reverse":
        entries = list(Entry.objects.exclude(kind=Kind.REVERSAL).order_by("number"))
        if entries:
            ledger.reverse(actor, entries[choice % len(entries)], correction())
    elif rows and name == "cancel":
        assessing.cancel(actor, rows[choice % len(rows)], correction())
    elif mine := [row for row in rows if (row.kind == "refund") == name.endswith("refund")]:
        row = mine[choice % len(mine)]
        if name == "receive":
            parts = standing(row).instalments
            part = parts[percent % len(parts)]
            claims.receive(
                actor, row, part.instalment, deed(part.outstanding * percent // 100, date(2024, 7, 1))
            )
        else:
            left = standing(row).left(_KINDS[name])
            getattr(claims, name)(actor, row, deed(left * percent // 100, date(2024, 7, 1)))


_KINDS = {
    "commit": Kind.COMMIT,
    "order": Kind.ORDER,
    "pay": Kind.PAY,
    "assess_refund": Kind.REFUND_ASSESS,
    "pay_refund": Kind.REFUND_PAY,
    "receive_refund": Kind.REFUND_RECEIVE,
}


@pytest.mark.slow
def test_the_book_is_right_after_any_sequence_of_deeds(in_region, cost, secretariat, towns) -> None:
    """Deeds in any order, some of them too much: what is posted always proves, what is refused posts nothing."""
    assess(secretariat, allocated(cost), towns["川北町"], towns["星野町"])
    at_the_end()
    done: Counter[str] = Counter()

    @settings(max_examples=12, database=None, derandomize=True)
    @given(st.integers(0, 2**32))
    def run(seed: int) -> None:
        chance = Random(seed)
        with transaction.atomic():
            for name in chance.choices(_NAMES, k=60):
                percent, choice = chance.randint(1, 110), chance.randint(0, 30)
                before = Entry.objects.count()
                try:
                    _play(name, percent, choice, cost, secretariat, towns)
                except (WrongInput, Denied):
                    assert Entry.objects.count() == before
                done[name] += Entry.objects.count() - before
            at_the_end()
            found = check(in_region)
            assert found.holds, [each for proof in found.proofs for each in proof.findings]
            transaction.set_rollback(True)

    run()
    assert all(done[name] for name in _NAMES), done


# --- pages ------------------------------------------------------------------------------------------------

BASE = "/desk/aoba/finance/"


@pytest.mark.parametrize(
    ("who", "status"), [("secretariat", 200), ("partner", 200), ("viewer", 200), ("neighbour", 404)]
)
def test_people_of_the_region_read_the_book(
    request, client_as, cost, secretariat, partner, towns, who, status
) -> None:
    everything(cost, secretariat, partner, towns)
    client = client_as(request.getfixturevalue(who))
    for path in (
        "ledger/", "ledger/?year=2024&account=cash", "ledger/?kind=receive", "ledger/?year=x&body=y", "ledger/check/",
        "ledger/data/", "ledger/2024/1/", "ledger/2024/5/", f"costs/{cost.slug}/2024/spending/",
    ):  # fmt: skip
        assert client.get(BASE + path).status_code == status, path
    assert client.get(BASE + "ledger/2024/999/").status_code == 404


def test_an_empty_book_says_where_it_begins(client_as, region, secretariat) -> None:
    text = client_as(secretariat).get(BASE + "ledger/").content.decode()
    assert "負担金を調定すると、最初の仕訳ができます" in text


def test_every_entry_leads_back_to_the_rule_and_the_items(client_as, claim, secretariat) -> None:
    receipt = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(20_000))
    text = client_as(secretariat).get(receipt.get_absolute_url()).content.decode()
    for record in (claim, claim.allocation, claim.allocation.rule):
        assert f'href="{record.get_absolute_url()}' in text
    assert "未収負担金" in text


def test_an_entry_is_corrected_on_its_page(client_as, claim, secretariat, partner) -> None:
    receipt = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(20_000))
    url = reverse("finance:reverse-entry", args=["aoba", 2024, receipt.number])
    given = {"token": token(), "on": "2024-06-01", "fiscal_year": "2024", "reason": ""}
    assert client_as(partner).post(url, given).status_code == 403
    client = client_as(secretariat)
    refused = client.post(url, given)
    assert refused.status_code == 422
    assert given["token"] in refused.content.decode()
    for _ in range(2):
        assert client.post(url, given | {"reason": "誤り"}).status_code == 302
    assert Entry.objects.filter(kind="reversal").count() == 1
    assert "訂正済" in client.get(receipt.get_absolute_url()).content.decode()


def test_the_journal_is_data_with_one_value_a_cell(client_as, claim, viewer) -> None:
    answer = client_as(viewer).get(BASE + "ledger/data/?account=receivable")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["仕訳番号"], row["日付"], row["借方_円"], row["貸方_円"]) == ("1", "2024-04-10", "400000", "")
    assert (row["調定の番号"], row["市町村コード"]) == ("1", claim.municipality.code)


def test_the_journal_needs_as_many_queries_for_many_entries_as_for_few(
    in_region, cost, client_as, secretariat, django_assert_num_queries
) -> None:
    client = client_as(secretariat)
    ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 1_000))
    for path in ("ledger/", "ledger/data/", f"costs/{cost.slug}/2024/spending/"):
        client.get(BASE + path)
        with CaptureQueriesContext(connection) as few:
            client.get(BASE + path)
        for _ in range(4):
            ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 1_000))
        with django_assert_num_queries(len(few)):
            client.get(BASE + path)


def test_a_long_list_of_spending_is_paged(in_region, cost, client_as, secretariat, monkeypatch) -> None:
    monkeypatch.setattr("keniki.apps.finance.views.ledger.PER_PAGE", 2)
    for number in range(3):
        ledger.post_spending(secretariat, cost, 2024, spent(Kind.EXPENSE, 1_000, text=f"委託料その{number}"))
    client, url = client_as(secretariat), f"{BASE}costs/{cost.slug}/2024/spending/"
    first, second = (client.get(f"{url}?page={number}").content.decode() for number in (1, 2))
    assert "委託料その1" in first
    assert "委託料その2" not in first
    assert "委託料その2" in second


def test_spending_is_posted_on_its_page_once(in_region, cost, client_as, secretariat, partner) -> None:
    url = f"{BASE}costs/{cost.slug}/2024/spending/"
    given = {"token": token(), "kind": "expense", "amount": "70万円", "on": "2024-07-01", "text": "委託料"}
    assert client_as(partner).post(url, given).status_code == 403
    client = client_as(secretariat)
    assert client.post(url, given | {"amount": "たくさん"}).status_code == 422
    for _ in range(2):
        assert client.post(url, given).status_code == 302
    assert [entry.text for entry in Entry.objects.all()] == ["委託料"]
    assert client.get(f"{BASE}costs/{cost.slug}/1900/spending/").status_code == 404

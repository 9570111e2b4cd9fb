"""Many people at the same book at once, on the real database: nothing too much, nothing twice, no number lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope

from keniki.apps.finance.actions import assessing, claims, ledger
from keniki.apps.finance.actions.assessing import AssessDraft
from keniki.apps.finance.actions.ledger import Spending
from keniki.apps.finance.actions.posting import Deed
from keniki.apps.finance.models import Allocation, Assessment, Entry
from keniki.apps.finance.queries.claims import standing
from keniki.apps.finance.queries.ledger import check
from keniki.core.errors import WrongInput

from .billed import correction, deed, shared_anew, token
from .joint import allocated, joint_cost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

THREADS = 8


def at_once(region, jobs: list[Callable[[], Any]]) -> list[Any]:
    """The jobs in threads that begin together, each with a connection of its own; results, or what was raised."""
    start = Barrier(THREADS)

    def run(mine: list[Callable[[], Any]]) -> list[Any]:
        found: list[Any] = []
        start.wait(timeout=30)
        try:
            with scope(region=region):
                for job in mine:
                    try:
                        found.append(job())
                    except WrongInput as wrong:
                        found.append(wrong)
        finally:
            connections.close_all()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        shares = [jobs[number::THREADS] for number in range(THREADS)]
        return [each for result in pool.map(run, shares) for each in result]


@pytest.fixture
def allocation(in_region, initiative) -> Allocation:
    return allocated(joint_cost(in_region, initiative))


@pytest.fixture
def claim(allocation, towns, secretariat) -> Assessment:
    draft = AssessDraft((towns["川北町"],), date(2024, 4, 10), token())
    (made,) = assessing.assess(secretariat, allocation, draft)
    return made


def gapless() -> bool:
    numbers = list(Entry.objects.order_by("number").values_list("number", flat=True))
    return numbers == list(range(1, len(numbers) + 1))


def test_receipts_of_one_instalment_never_exceed_it(in_region, claim, secretariat) -> None:
    """Eight tills, 48 receipts of 7,000 yen for 200,000: 28 are taken."""
    part = claim.instalments.get(number=1)
    jobs = [lambda: claims.receive(secretariat, claim, part, deed(7_000)) for _ in range(48)]
    found = at_once(in_region, jobs)
    assert len(found) == 48
    assert sum(isinstance(each, Entry) for each in found) == 28
    assert standing(claim).settled == 196_000
    assert gapless()
    assert check(in_region).holds


def test_a_form_sent_by_many_at_once_is_posted_once(in_region, claim, secretariat) -> None:
    part = claim.instalments.get(number=1)
    same = Deed(50_000, date(2024, 5, 20), "double-click-1")
    found = at_once(in_region, [lambda: claims.receive(secretariat, claim, part, same) for _ in range(16)])
    assert {each.pk for each in found} == {Entry.objects.get(kind="receive").pk}
    assert standing(claim).settled == 50_000


def test_two_corrections_of_one_entry_are_one(in_region, claim, secretariat) -> None:
    entry = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(50_000))
    found = at_once(in_region, [lambda: ledger.reverse(secretariat, entry, correction()) for _ in range(8)])
    assert sum(isinstance(each, Entry) for each in found) == 1
    assert Entry.objects.filter(kind="reversal").count() == 1
    assert gapless()


def test_numbers_have_no_gap_whoever_posts(in_region, claim, allocation, towns, secretariat) -> None:
    """Two claims and the spending of a cost at once: nobody is refused because of a number."""
    draft = AssessDraft((towns["星野町"],), date(2024, 4, 10), token())
    (other,) = assessing.assess(secretariat, allocation, draft)
    parts = [(row, row.instalments.get(number=1)) for row in (claim, other)]

    def receipt(number: int) -> Entry:
        return claims.receive(secretariat, *parts[number % 2], deed(1_000))

    def expense(_number: int) -> Entry:
        spending = Spending(Entry.Kind.EXPENSE, deed(1_000))
        return ledger.post_spending(secretariat, allocation.cost, 2024, spending)

    jobs = [partial(expense if number % 3 == 0 else receipt, number) for number in range(48)]
    assert all(isinstance(each, Entry) for each in at_once(in_region, jobs))
    assert gapless()
    assert check(in_region).holds


def test_towns_and_holder_work_side_by_side(in_region, claim, secretariat, partner) -> None:
    part = claim.instalments.get(number=2)
    jobs = [
        each
        for _ in range(12)
        for each in (
            lambda: claims.receive(secretariat, claim, part, deed(30_000)),
            lambda: claims.commit(partner, claim, deed(60_000)),
            lambda: claims.order(partner, claim, deed(50_000)),
            lambda: claims.pay(partner, claim, deed(40_000)),
        )
    ]
    at_once(in_region, jobs)
    state = standing(claim)
    assert state.settled == 180_000
    assert state.of("commit") == 360_000
    assert state.of("pay") <= state.of("order") <= state.of("commit")
    assert gapless()
    assert check(in_region).holds


def test_an_allocation_is_assessed_once_by_whoever_comes_first(
    in_region, allocation, towns, secretariat
) -> None:
    def draft() -> AssessDraft:
        return AssessDraft((towns["川北町"], towns["星野町"]), date(2024, 4, 10), token())

    found = at_once(
        in_region, [lambda: assessing.assess(secretariat, allocation, draft()) for _ in range(THREADS)]
    )
    assert sum(isinstance(each, list) for each in found) == 1
    assert [row.number for row in Assessment.objects.order_by("number")] == [1, 2]
    assert check(in_region).holds


def test_what_is_given_back_was_received_whoever_is_faster(in_region, claim, towns, secretariat) -> None:
    """A receipt taken back while the refund that rests on it is decided: one of the two is refused."""
    receipt = claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(60_000))
    newer = shared_anew(
        claim.cost,
        {"青葉市": 1_800_000, "川北町": 350_000, "星野町": 250_000},
        stage="supplementary",
        round=1,
    )
    day = date(2024, 10, 1)
    refund = AssessDraft((towns["川北町"],), day, token(), refund_on=day)
    jobs: list[Callable[[], Any]] = [
        lambda: assessing.assess(secretariat, newer, refund),
        lambda: ledger.reverse(secretariat, receipt, correction()),
    ]
    found = at_once(in_region, [*jobs, *([lambda: None] * (THREADS - 2))])
    assert sum(isinstance(each, WrongInput) for each in found) == 1
    assert check(in_region).holds


def test_deeds_of_every_kind_at_once_neither_wait_for_each_other_nor_break_the_book(
    in_region, claim, towns, secretariat, partner
) -> None:
    """Assessing, cancelling, receiving, correcting, notifying and the town's side of the same claims in eight threads:
    each is posted or refused in words (a deadlock would raise another error)."""
    part = claim.instalments.get(number=1)
    receipts = [claims.receive(secretariat, claim, part, deed(1_000)) for _ in range(6)]
    newer = shared_anew(
        claim.cost,
        {"青葉市": 1_800_000, "川北町": 420_000, "星野町": 250_000},
        stage="supplementary",
        round=1,
    )
    day = date(2024, 10, 1)

    def bill(name: str) -> list[Assessment]:
        draft = AssessDraft((towns[name],), day, token(), due_on=day, refund_on=day)
        return assessing.assess(secretariat, newer, draft)

    def undo() -> Entry:
        last = Assessment.objects.filter(cancelled_on=None).order_by("-number").first()
        assert last is not None
        return assessing.cancel(secretariat, last, correction())

    jobs: list[Callable[[], Any]] = []
    for number in range(6):
        jobs += [
            partial(bill, "川北町"),
            partial(ledger.reverse, secretariat, receipts[number], correction()),
            partial(claims.notify, secretariat, claim, None, f"第{number}号", date(2024, 4, 15)),
            partial(claims.receive, secretariat, claim, part, deed(30_000)),
            partial(bill, "星野町"),
            undo,
            partial(claims.commit, partner, claim, deed(50_000)),
            partial(
                ledger.post_spending, secretariat, claim.cost, 2024, Spending(Entry.Kind.EXPENSE, deed(1))
            ),
        ]
    found = at_once(in_region, jobs)
    assert len(found) == len(jobs)
    assert sum(each.kind == "reversal" for each in Entry.objects.all()) >= len(receipts)
    assert gapless()
    assert check(in_region).holds

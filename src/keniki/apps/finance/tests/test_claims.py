"""Bills of joint costs from 調定 to 精算: what is claimed, who records what, what is refused, what stays traceable."""

from __future__ import annotations

from datetime import date

import pytest

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.finance.actions import assessing, claims, ledger
from keniki.apps.finance.actions.claims import DunDraft
from keniki.apps.finance.actions.posting import Deed
from keniki.apps.finance.models import Allocation, Assessment, CostItem, Entry, JointCost
from keniki.apps.finance.queries import claims as queries
from keniki.apps.finance.queries.ledger import check
from keniki.apps.finance.standing import State
from keniki.apps.regions.actions import town_organisation
from keniki.apps.workflow.models import DueItem
from keniki.core.errors import WrongInput

from .billed import assess, correction, deed, shared_anew, token
from .joint import RULE, allocated, joint_cost


@pytest.fixture
def cost(in_region, initiative) -> JointCost:
    """青葉市 keeps the account; 1,760,000, 400,000 and 240,000 yen are shared at 当初."""
    return joint_cost(in_region, initiative)


@pytest.fixture
def claim(cost, towns, secretariat) -> Assessment:
    """川北町 assessed on 10 April: 400,000 yen in two instalments."""
    (made,) = assess(secretariat, allocated(cost), towns["川北町"])
    return made


def proved(region) -> None:
    found = check(region)
    assert found.holds, [finding for proof in found.proofs for finding in proof.findings]


def test_the_year_s_shares_are_claimed_in_the_rule_s_instalments(in_region, cost, towns, secretariat) -> None:
    """20 May 2024 is a Monday, 20 November a Wednesday."""
    numbers = {towns["川北町"].code: "第5号"}
    made = assess(secretariat, allocated(cost), towns["川北町"], towns["星野町"], numbers=numbers)
    assert [(row.number, row.municipality.name, row.amount) for row in made] == [
        (1, "川北町", 400_000),
        (2, "星野町", 240_000),
    ]
    parts = [(part.amount, part.due_on) for part in made[0].instalments.order_by("number")]
    assert parts == [(200_000, date(2024, 5, 20)), (200_000, date(2024, 11, 20))]
    entries = list(Entry.objects.filter(assessment__in=made).order_by("number"))
    assert [(each.number, each.kind, each.document_no) for each in entries] == [
        (1, "assess", "第5号"),
        (2, "assess", ""),
    ]
    assert [(line.body, line.account, line.amount) for line in entries[0].lines.order_by("-amount")] == [
        (cost.holder, "receivable", 400_000),
        (cost.holder, "share_revenue", -400_000),
    ]
    proved(in_region)


def test_the_body_that_keeps_the_account_claims_nothing_of_itself(cost, towns, secretariat) -> None:
    allocation = allocated(cost)
    with pytest.raises(WrongInput, match="会計をもつ団体自身"):
        assess(secretariat, allocation, towns["青葉市"])
    own = next(row for row in queries.positions(allocation) if row.municipality == towns["青葉市"])
    assert (own.share, own.difference, own.is_own) == (1_760_000, 0, True)


def test_what_is_told_for_the_budget_is_not_billed(cost, towns, secretariat) -> None:
    with pytest.raises(WrongInput, match="要求の段階"):
        assess(secretariat, allocated(cost, stage="request"), towns["川北町"])


def test_a_supplementary_budget_claims_the_increase_and_gives_the_decrease_back(
    in_region, cost, towns, secretariat, claim
) -> None:
    claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(200_000))
    (other,) = assess(secretariat, claim.allocation, towns["星野町"])
    newer = shared_anew(
        cost, {"青葉市": 1_800_000, "川北町": 350_000, "星野町": 300_000}, stage="supplementary", round=1
    )
    with pytest.raises(WrongInput, match="より新しい負担額の決定"):
        assess(secretariat, claim.allocation, towns["星野町"])
    day = date(2024, 10, 1)
    with pytest.raises(WrongInput, match="返還の支払期限"):
        assess(secretariat, newer, towns["川北町"], on=day)
    made = assess(secretariat, newer, towns["川北町"], towns["星野町"], on=day, refund_on=date(2024, 10, 31))
    assert [(row.kind, row.amount) for row in made] == [("refund", 50_000), ("share", 60_000)]
    assert [part.due_on for part in made[1].instalments.all()] == [date(2024, 11, 20)]
    assert [row.difference for row in queries.positions(newer)] == [0, 0, 0]
    assert queries.standing(other).amount == 240_000
    proved(in_region)


def test_what_never_came_is_not_given_back_but_cancelled(cost, towns, secretariat, claim, in_region) -> None:
    newer = shared_anew(
        cost, {"青葉市": 1_800_000, "川北町": 350_000, "星野町": 300_000}, stage="supplementary", round=1
    )
    day = date(2024, 10, 1)
    with pytest.raises(WrongInput, match="収納がまったくない調定があれば、先に取り消して"):
        assess(secretariat, newer, towns["川北町"], on=day, refund_on=day)
    assessing.cancel(secretariat, claim, correction(day))
    (made,) = assess(secretariat, newer, towns["川北町"], on=day)
    assert (made.kind, made.amount) == ("share", 350_000)
    proved(in_region)


def test_what_the_page_showed_is_what_is_claimed(cost, towns, secretariat) -> None:
    town = towns["川北町"]
    with pytest.raises(WrongInput, match="表示していた額から変わりました"):
        assess(secretariat, allocated(cost), town, shown={town.code: 399_000})
    assert not Assessment.objects.exists()


def test_a_form_sent_twice_assesses_once(cost, towns, secretariat) -> None:
    allocation, sent = allocated(cost), token()
    first = assess(secretariat, allocation, towns["川北町"], token=sent)
    assert assess(secretariat, allocation, towns["川北町"], token=sent) == first
    assert Entry.objects.count() == 1
    with pytest.raises(WrongInput, match="調定する差額がありません"):
        assess(secretariat, allocation, towns["川北町"])


def test_a_form_sent_again_for_other_towns_is_refused(cost, towns, secretariat) -> None:
    allocation, sent = allocated(cost), token()
    assess(secretariat, allocation, towns["川北町"], token=sent)
    for again in ({"on": date(2024, 4, 11)}, {}):
        town = towns["川北町" if again else "星野町"]
        with pytest.raises(WrongInput, match="既に川北町分を調定しています"):
            assess(secretariat, allocation, town, token=sent, **again)
    assert Assessment.objects.count() == 1


def test_another_body_neither_writes_nor_goes_on_with_the_claims_of_the_first(
    in_region, cost, claim, towns, secretariat, centre_officer, partner
) -> None:
    """The account passes to 川北町 when 青葉市 has claimed already: what it claimed stays in its own book."""
    part = claim.instalments.get(number=1)
    receipt = claims.receive(secretariat, claim, part, deed(1_000))
    with verb(SYSTEM, "testing.passed_on", region=in_region.slug, quiet=True) as act:
        moved = act.lock(cost, None)
        moved.holder = town_organisation(towns["川北町"])
        act.save(moved)
    held = queries.assessment_for(in_region, 2024, claim.number)
    for refused in (
        lambda: claims.receive(partner, held, part, deed(1)),
        lambda: ledger.reverse(partner, receipt, correction()),
        lambda: assessing.cancel(partner, held, correction()),
    ):
        with pytest.raises(Denied):
            refused()
    claims.receive(centre_officer, held, part, deed(2_000))
    allocation = claim.allocation
    allocation.cost = moved
    with pytest.raises(WrongInput, match="青葉市が既に調定しています"):
        assess(secretariat, allocation, towns["星野町"])
    proved(in_region)


def test_a_rule_without_days_needs_one_typed(in_region, initiative, towns, secretariat) -> None:
    rule = {key: value for key, value in RULE.items() if key != "payment"}
    allocation = allocated(joint_cost(in_region, initiative, rule=rule))
    with pytest.raises(WrongInput, match="定めに納期がありません") as wrong:
        assess(secretariat, allocation, towns["川北町"])
    assert wrong.value.column == "due_on"
    (made,) = assess(secretariat, allocation, towns["川北町"], due_on=date(2024, 6, 28))
    assert [part.amount for part in made.instalments.all()] == [400_000]


def test_a_notice_tells_the_town_its_dates_and_a_receipt_ends_them(claim, secretariat, towns) -> None:
    claims.notify(secretariat, claim, claim.version, "青会第12号", date(2024, 4, 15))
    dues = DueItem.objects.filter(state="open").order_by("due_on")
    assert [(due.municipality, due.due_on) for due in dues] == [
        (towns["川北町"], date(2024, 5, 20)),
        (towns["川北町"], date(2024, 11, 20)),
    ]
    part = claim.instalments.get(number=1)
    claims.receive(secretariat, claim, part, deed(150_000))
    assert dues.count() == 2
    last = claims.receive(secretariat, claim, part, deed(50_000))
    assert [due.due_on for due in dues.all()] == [date(2024, 11, 20)]
    ledger.reverse(secretariat, last, correction())
    assert dues.all().count() == 2
    with pytest.raises(Stale):
        claims.notify(secretariat, claim, 1, "青会第13号", date(2024, 4, 16))


def test_a_notice_after_a_receipt_asks_for_the_rest_only(claim, secretariat) -> None:
    first, second = claim.instalments.order_by("number")
    claims.receive(secretariat, claim, first, deed(200_000))
    claims.receive(secretariat, claim, second, deed(50_000))
    claims.notify(secretariat, claim, None, "第1号", date(2024, 6, 3))
    (due,) = DueItem.objects.filter(state="open")
    assert due.due_on == second.due_on
    assert "150,000円" in due.text


def test_more_than_is_open_never_comes_in(claim, secretariat) -> None:
    part = claim.instalments.get(number=1)
    claims.receive(secretariat, claim, part, deed(150_000))
    with pytest.raises(WrongInput, match=r"収納は調定の残り（50,000円）を超えられません") as wrong:
        claims.receive(secretariat, claim, part, deed(50_001))
    assert wrong.value.column == "amount"
    assert queries.standing(claim).outstanding == 250_000


def test_a_receipt_sent_twice_is_posted_once(claim, secretariat) -> None:
    part, sent = claim.instalments.get(number=1), token()
    first = claims.receive(secretariat, claim, part, deed(80_000, token=sent))
    assert claims.receive(secretariat, claim, part, deed(80_000, token=sent)) == first
    with pytest.raises(WrongInput, match="既に80,000円"):
        claims.receive(secretariat, claim, part, deed(90_000, token=sent))
    for other in (deed(80_000, token=sent, document_no="第9号"), deed(80_000, date(2024, 5, 21), token=sent)):
        with pytest.raises(WrongInput, match="既に80,000円"):
            claims.receive(secretariat, claim, part, other)
    with pytest.raises(WrongInput, match="送信の印がありません"):
        claims.receive(secretariat, claim, part, Deed(1, date(2024, 5, 20), ""))
    assert queries.standing(claim).settled == 80_000


def test_the_town_commits_orders_and_pays_in_this_order(in_region, claim, partner, towns) -> None:
    with pytest.raises(WrongInput, match="支出負担行為の残り（0円）"):
        claims.order(partner, claim, deed(1))
    claims.commit(partner, claim, deed(400_000, document_no="負担第7号"))
    with pytest.raises(WrongInput, match="残っている額（0円）"):
        claims.commit(partner, claim, deed(1))
    claims.order(partner, claim, deed(200_000))
    with pytest.raises(WrongInput, match="支出命令の残り（200,000円）"):
        claims.pay(partner, claim, deed(200_001))
    paid = claims.pay(partner, claim, deed(200_000))
    claim.refresh_from_db()
    assert claim.commitment_no == "負担第7号"
    assert {line.body.municipality for line in paid.lines.all()} == {towns["川北町"]}
    state = queries.standing(claim)
    assert [state.of(kind) for kind in ("commit", "order", "pay", "receive")] == [
        400_000,
        200_000,
        200_000,
        0,
    ]
    proved(in_region)


def test_an_order_and_a_payment_are_not_dated_before_what_they_rest_on(claim, partner) -> None:
    claims.commit(partner, claim, deed(400_000, date(2024, 5, 1)))
    with pytest.raises(WrongInput, match="支出負担行為の日（令和6年5月1日）より前") as wrong:
        claims.order(partner, claim, deed(1, date(2024, 4, 30)))
    assert wrong.value.column == "on"
    claims.order(partner, claim, deed(400_000, date(2024, 5, 10)))
    with pytest.raises(WrongInput, match="支出命令の日（令和6年5月10日）より前"):
        claims.pay(partner, claim, deed(1, date(2024, 5, 9)))


def test_the_number_of_a_commitment_goes_with_its_entry(claim, partner) -> None:
    first = claims.commit(partner, claim, deed(400_000, document_no="負担第7号"))
    ledger.reverse(partner, first, correction())
    claim.refresh_from_db()
    assert claim.commitment_no == ""
    claims.commit(partner, claim, deed(400_000, document_no="負担第8号"))
    claim.refresh_from_db()
    assert claim.commitment_no == "負担第8号"


@pytest.mark.parametrize("who", ["other_partner", "viewer", "panel_member", "approver"])
def test_each_side_writes_its_own_book(request, claim, partner, who) -> None:
    part = claim.instalments.get(number=1)
    with pytest.raises(Denied):
        claims.receive(partner, claim, part, deed(1))
    actor = request.getfixturevalue(who)
    if who == "approver":
        claims.commit(actor, claim, deed(1))
        return
    with pytest.raises(Denied):
        claims.commit(actor, claim, deed(1))
    with pytest.raises(Denied):
        claims.receive(actor, claim, part, deed(1))


def test_the_holder_s_own_people_keep_the_account(claim, centre_officer) -> None:
    claims.receive(centre_officer, claim, claim.instalments.get(number=1), deed(1))
    with pytest.raises(Denied):
        claims.commit(centre_officer, claim, deed(1))


@pytest.mark.parametrize(
    ("day", "year", "said"),
    [
        (date(2025, 6, 2), None, "出納閉鎖（令和7年5月31日）の後です"),
        (date(2024, 4, 9), None, "令和6年4月10日より前の日"),
        (date(2100, 1, 1), None, "まだ来ていない日"),
        (date(2024, 12, 2), 2025, "令和6年度にしてください"),
    ],
)
def test_a_day_the_year_s_book_does_not_take_is_refused(claim, secretariat, day, year, said) -> None:
    with pytest.raises(WrongInput, match=said):
        claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(1, day, fiscal_year=year))


def test_what_comes_after_the_closing_stands_in_the_next_year_s_book(in_region, claim, secretariat) -> None:
    part = claim.instalments.get(number=1)
    in_time = claims.receive(secretariat, claim, part, deed(1_000, date(2025, 5, 30)))
    late = claims.receive(secretariat, claim, part, deed(2_000, date(2025, 6, 2), fiscal_year=2025))
    assert (in_time.fiscal_year, late.fiscal_year, late.number) == (2024, 2025, 1)
    assert queries.standing(claim).settled == 3_000
    proved(in_region)


def test_what_is_late_is_asked_for_after_its_day(claim, secretariat) -> None:
    part = claim.instalments.get(number=1)
    with pytest.raises(WrongInput, match="先に通知"):
        claims.dun(secretariat, claim, part, DunDraft(date(2024, 5, 21), date(2024, 6, 10)))
    claims.notify(secretariat, claim, claim.version, "第1号", date(2024, 4, 15))
    with pytest.raises(WrongInput, match="期限（令和6年5月20日）を過ぎていません"):
        claims.dun(secretariat, claim, part, DunDraft(date(2024, 5, 20), date(2024, 6, 10)))
    claims.receive(secretariat, claim, part, deed(50_000))
    draft = DunDraft(date(2024, 5, 21), date(2024, 6, 10), "督第1号")
    letter = claims.dun(secretariat, claim, part, draft)
    assert letter.amount == 150_000
    assert claims.dun(secretariat, claim, part, draft) == letter
    assert DueItem.objects.get(title__contains="第1期").due_on == date(2024, 6, 10)
    with pytest.raises(WrongInput, match="期限（令和6年6月10日）を過ぎていません"):
        claims.dun(secretariat, claim, part, DunDraft(date(2024, 6, 1), date(2024, 6, 20)))
    assert queries.standing(claim).state is State.LATE


def test_an_assessment_is_cancelled_only_while_nothing_rests_on_it(
    in_region, claim, secretariat, partner
) -> None:
    committed = claims.commit(partner, claim, deed(400_000))
    with pytest.raises(WrongInput, match="支出負担行為が記帳されているため"):
        assessing.cancel(secretariat, claim, correction())
    ledger.reverse(partner, committed, correction())
    done = assessing.cancel(secretariat, claim, correction(token="cancel-once"))
    assert assessing.cancel(secretariat, claim, correction(token="cancel-once")) == done
    claim.refresh_from_db()
    assert claim.cancelled_on == date(2024, 12, 1)
    with pytest.raises(WrongInput, match="取り消されています"):
        claims.receive(secretariat, claim, claim.instalments.get(number=1), deed(1))
    assert queries.standing(claim).outstanding == 0
    proved(in_region)


@pytest.mark.slow
def test_a_refund_is_not_undone_under_what_was_claimed_after_it(
    in_region, cost, claim, secretariat, towns
) -> None:
    for part in claim.instalments.all():
        claims.receive(secretariat, claim, part, deed(part.amount))
    day, town = date(2024, 12, 2), towns["川北町"]
    made = []
    for number, amount in enumerate((350_000, 380_000), 1):
        shares = {"青葉市": 1_800_000, "川北町": amount, "星野町": 250_000}
        newer = shared_anew(cost, shares, stage="supplementary", round=number)
        made += assess(secretariat, newer, town, on=day, due_on=day, refund_on=day)
    refund, more = made
    with pytest.raises(WrongInput, match="先にそれを取り消してください"):
        assessing.cancel(secretariat, refund, correction(day))
    for row in (more, refund):
        assessing.cancel(secretariat, row, correction(day))
    proved(in_region)


def settled(cost: JointCost, **shares: int) -> Allocation:
    return shared_anew(cost, shares, stage="settled")


@pytest.mark.slow
def test_the_settlement_claims_what_is_short_and_gives_back_what_is_left(
    in_region, cost, towns, secretariat, partner, claim
) -> None:
    (other,) = assess(secretariat, claim.allocation, towns["星野町"])
    for row in (claim, other):
        for part in row.instalments.all():
            claims.receive(secretariat, row, part, deed(part.amount))
    assert queries.settlement(cost, 2024).allocation is None
    allocation = settled(cost, 青葉市=1_700_000, 川北町=380_000, 星野町=250_000)
    found = queries.settlement(cost, 2024)
    assert (found.additional, found.refunds, found.is_assessed) == (10_000, 20_000, False)
    day = date(2025, 5, 20)
    refund, more = assess(
        secretariat, allocation, towns["川北町"], towns["星野町"],
        on=day, due_on=date(2025, 5, 30), refund_on=date(2025, 5, 30),
    )  # fmt: skip
    assert [(row.kind, row.amount) for row in (refund, more)] == [("refund", 20_000), ("additional", 10_000)]
    assert queries.settlement(cost, 2024).is_assessed
    with pytest.raises(WrongInput, match="返還金の調定の残り（0円）"):
        claims.receive_refund(partner, refund, deed(20_000, day))
    claims.assess_refund(partner, refund, deed(20_000, day))
    claims.pay_refund(secretariat, refund, deed(20_000, day))
    claims.receive_refund(partner, refund, deed(20_000, day))
    with pytest.raises(WrongInput, match="「返還」には収納を記帳しません"):
        claims.receive(secretariat, refund, refund.instalments.get(), deed(1, day))
    assert queries.standing(refund).state is State.DONE
    first, second = Entry.objects.filter(assessment=claim, kind="receive")
    ledger.reverse(secretariat, first, correction(day))
    with pytest.raises(WrongInput, match="この収納に基づく返還"):
        ledger.reverse(secretariat, second, correction(day))
    assert [row.assessment for row in queries.settlement(cost, 2024).open] == [claim, more]
    proved(in_region)


def test_where_every_town_runs_its_own_part_the_holder_only_evens_out(
    in_region, initiative, towns, secretariat
) -> None:
    cost = joint_cost(in_region, initiative, manner="each", amounts={"initial": 2_800_000})
    with pytest.raises(WrongInput, match="各市町村が執行する"):
        assess(secretariat, allocated(cost), towns["川北町"])
    with verb(SYSTEM, "testing.spent", region="aoba", quiet=True):
        for name, amount in (("青葉市", 1_000_000), ("川北町", 900_000), ("星野町", 500_000)):
            CostItem(
                region=in_region, cost=cost, fiscal_year=2024, stage="settled", title="委託料",
                municipality=towns[name], amount=amount,
            ).save()  # fmt: skip
    allocation = settled(cost, 青葉市=1_500_000, 川北町=600_000, 星野町=300_000)
    found = queries.settlement(cost, 2024)
    assert [row.difference for row in found.positions] == [0, -300_000, -200_000]
    day = date(2025, 5, 20)
    made = assess(secretariat, allocation, towns["川北町"], towns["星野町"], on=day, refund_on=day)
    assert [(row.kind, row.amount) for row in made] == [("refund", 300_000), ("refund", 200_000)]
    proved(in_region)

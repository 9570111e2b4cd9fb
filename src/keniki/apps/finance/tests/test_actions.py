"""Grants and budget lines as verbs, and the sums made of them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.actions import close_year
from keniki.apps.finance import actions, policies, queries
from keniki.apps.finance.actions import GrantDraft, LineDraft
from keniki.apps.finance.models import BudgetLine, Grant, GrantStep
from keniki.apps.finance.queries import Money
from keniki.apps.finance.steps import StepDraft
from keniki.core.errors import WrongInput


def said() -> str:
    return LogEntry.objects.first().text


def grant(*steps: StepDraft, year: int = 2024) -> GrantDraft:
    return GrantDraft("hokkaido", year, "地域づくり総合交付金", None, steps)


def test_a_grant_moves_from_decision_to_final_amount(in_region, secretariat) -> None:
    decided = StepDraft("decision", 3_300_000, document_no="第12号")
    saved = actions.save_grant(secretariat, in_region, grant(decided))
    assert said() == (
        "青葉市 企画課 佐藤一郎 が 令和6年度 地域づくり総合交付金 の交付金を登録(交付決定 3,300,000円 第12号)"
    )
    changed = grant(StepDraft("final", 3_200_000), decided)
    again = actions.save_grant(secretariat, in_region, changed, saved, saved.version)
    state = queries.state_of(queries.grant_for(in_region, again.slug))
    assert state.amount == 3_200_000
    assert [step.step for step in state.grant.steps.all()] == ["decision", "final"]
    assert again.version == saved.version + 1
    assert (
        "手続を 交付決定 3,300,000円 第12号→交付決定 3,300,000円 第12号／額の確定 3,200,000円 に変更"
        in said()
    )
    with pytest.raises(Stale):
        actions.save_grant(secretariat, in_region, grant(decided), saved, saved.version)


def test_only_the_secretariat_writes_grants(in_region, partner, viewer, neighbour) -> None:
    for actor in (partner, viewer, neighbour):
        with pytest.raises(Denied):
            actions.save_grant(actor, in_region, grant(StepDraft("decision", 1)))


def test_a_town_writes_its_own_lines_and_the_secretariat_as_proxy(
    in_region, initiative, partner, secretariat, towns
) -> None:
    def line(town):
        return LineDraft(initiative, 2024, "initial", 1_200_000, municipality=town)

    own = actions.save_line(partner, in_region, line(towns["川北町"]))
    assert not own.proxy
    for town in (None, towns["星野町"]):
        with pytest.raises(Denied):
            actions.save_line(partner, in_region, line(town))
    proxy = actions.save_line(secretariat, in_region, line(towns["星野町"]))
    assert proxy.proxy
    assert said() == (
        "青葉市 企画課 佐藤一郎 が（星野町分を代理入力） "
        "令和6年度 星野町 地域防災体制の充実 当初 1,200,000円 を登録"
    )
    assert not policies.edit_line(partner, proxy)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"stage": "supplementary"}, "round"),
        ({"round": 1}, "round"),
        ({"amount": -1}, "amount"),
    ],
)
def test_a_line_that_cannot_be_names_its_field(in_region, initiative, secretariat, changes, column) -> None:
    values = {"initiative": initiative, "fiscal_year": 2024, "stage": "initial", "amount": 1} | changes
    with pytest.raises(WrongInput) as raised:
        actions.save_line(secretariat, in_region, LineDraft(**values))
    assert raised.value.column == column


def test_the_same_origin_is_one_cost(in_region, initiative, secretariat) -> None:
    def post(amount):
        return actions.post_cost(
            secretariat, origin="fees/2024", initiative=initiative, fiscal_year=2024, amount=amount
        )

    first, entries = post(100), LogEntry.objects.count()
    assert post(100).pk == first.pk
    assert LogEntry.objects.count() == entries
    assert post(150).pk == first.pk
    assert [line.amount for line in queries.lines_of(in_region)] == [150]
    assert "金額を 100円→150円 に変更" in said()


def test_a_closed_year_takes_no_money(in_region, initiative, secretariat) -> None:
    saved = actions.save_grant(secretariat, in_region, grant(StepDraft("decision", 10)))
    close_year(secretariat, in_region, 2024)
    with pytest.raises(Denied, match="締め切られています"):
        actions.save_grant(secretariat, in_region, grant(StepDraft("decision", 11)), saved, saved.version)
    with pytest.raises(Denied, match="締め切られています"):
        actions.post_cost(secretariat, origin="x/1", initiative=initiative, fiscal_year=2024, amount=1)
    for write in (
        lambda: Grant.objects.filter(pk=saved.pk).update(title="別"),
        lambda: GrantStep.objects.filter(grant=saved).update(amount=1),
        lambda: BudgetLine.objects.bulk_create(
            [
                BudgetLine(
                    region=in_region,
                    slug="x",
                    initiative=initiative,
                    fiscal_year=2024,
                    stage="initial",
                    amount=1,
                )
            ]
        ),
    ):
        with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
            write()


def test_sums_are_computed_from_the_lines(in_region, initiative, secretariat, towns) -> None:
    for stage, amount, round_ in (
        ("initial", 1_000_000, 0),
        ("supplementary", -200_400, 1),
        ("executed", 700_000, 0),
    ):
        for name in ("青葉市", "川北町"):
            draft = LineDraft(initiative, 2024, stage, amount, municipality=towns[name], round=round_)
            actions.save_line(secretariat, in_region, draft)
    table = queries.budget_table(queries.lines_of(in_region, year=2024), 2024)
    assert [row.money.available for row in table.rows] == [799_600, 799_600]
    assert (table.total.available, table.total.spent, table.total.unused) == (1_599_200, 1_400_000, 199_200)
    assert table.total.request is None
    assert {town: total.unused for town, total in table.by_town} == {"青葉市": 99_600, "川北町": 99_600}


@given(
    st.lists(
        st.tuples(st.sampled_from([s.value for s in BudgetLine.Stage]), st.integers(-(10**12), 10**12)),
        max_size=12,
    )
)
def test_totals_never_lose_or_invent_yen(lines: list[tuple[str, int]]) -> None:
    moneys = [Money({"": {stage: amount}}) for stage, amount in lines]
    together = Money()
    for stage, amount in lines:
        together.put(stage, amount)
    total = queries.total_of(moneys)
    for name, stages in (("request", ["request"]), ("initial", ["initial"])):
        amounts = [amount for stage, amount in lines if stage in stages]
        assert getattr(total, name) == (sum(amounts) if amounts else None)
    assert (together.unused is None) == (together.available is None or together.spent is None)


def test_reading_money_takes_a_constant_number_of_queries(
    in_region, initiative, secretariat, django_assert_num_queries
) -> None:
    for year in range(2020, 2025):
        actions.save_grant(secretariat, in_region, grant(StepDraft("decision", year), year=year))
    with django_assert_num_queries(2):
        table = queries.grant_table(in_region)
    assert table.sums[-1] == 2024

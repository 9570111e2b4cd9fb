"""The steps of a grant: order, what cannot be, which amount holds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.finance.steps import BINDING, ORDER, REPEATED, StepDraft, check, current, in_order, missing
from keniki.core.errors import WrongInput


def steps(*given: tuple[str, int]) -> list[StepDraft]:
    return [StepDraft(step, amount) for step, amount in given]


def test_the_last_binding_step_says_the_amount() -> None:
    taken = steps(("wish", 9), ("decision", 7), ("change", 6), ("advance", 3), ("results_report", 5))
    assert current(taken).amount == 6
    assert current([*taken, StepDraft("final", 4), StepDraft("repayment", 1)]).amount == 4


def test_a_reported_amount_holds_only_without_papers() -> None:
    assert current(steps(("reported", 10))).amount == 10
    assert current(steps(("decision", 8), ("reported", 10))).amount == 8
    assert current(steps(("wish", 8), ("application", 8))) is None


def test_steps_that_must_have_happened_are_named() -> None:
    assert missing(steps(("wish", 1), ("final", 1))) == ["交付申請", "交付決定", "実績報告"]
    assert missing(steps(("reported", 1))) == []


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        ([], "1つ以上"),
        (steps(("decision", -1)), "0円以上"),
        (steps(("decision", 1), ("decision", 1)), "2つあります"),
        (steps(("change", 1)), "交付決定を入力"),
        (steps(("repayment", 1)), "額の確定を入力"),
        (steps(("decision", 5), ("final", 6)), "超えています"),
        (steps(("decision", 5), ("change", 3), ("advance", 4)), "超えています"),
        (steps(("decision", 5), ("advance", 2), ("final", 1), ("repayment", 3)), "超えています"),
    ],
)
def test_what_cannot_have_happened_is_refused(taken: list[StepDraft], message: str) -> None:
    with pytest.raises(WrongInput, match=message):
        check(taken)


def test_a_later_step_is_not_dated_before_an_earlier_one() -> None:
    taken = [StepDraft("application", 5, date(2024, 6, 1)), StepDraft("decision", 5, date(2024, 5, 31))]
    with pytest.raises(WrongInput, match=r"交付決定（令和6年5月31日）が、交付申請（令和6年6月1日）より"):
        check(taken)


DRAFTS = st.lists(
    st.builds(
        StepDraft, st.sampled_from(ORDER), st.integers(0, 10**9), st.none() | st.dates(date(2020, 1, 1))
    ),
    max_size=8,
)


@pytest.mark.slow
@given(DRAFTS)
def test_sorting_keeps_every_step_and_the_official_order(taken: list[StepDraft]) -> None:
    ordered = in_order(taken)
    assert sorted(map(repr, ordered)) == sorted(map(repr, taken))
    positions = [ORDER.index("change" if step.step == "advance" else step.step) for step in ordered]
    assert positions == sorted(positions)


@pytest.mark.slow
@given(DRAFTS)
def test_what_holds_is_always_a_binding_step(taken: list[StepDraft]) -> None:
    found = current(in_order(taken))
    assert (found is None) == (not any(step.step in BINDING for step in taken))
    assert found is None or found.step in BINDING
    assert set(REPEATED) <= set(ORDER)

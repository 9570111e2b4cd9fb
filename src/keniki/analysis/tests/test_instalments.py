"""Dates of payment of a rule: which day they fall on, and that the parts always add up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.sharing import due_dates, instalments
from keniki.core.fiscal_year import FiscalYear
from keniki.core.holidays import Calendar
from keniki.rulebooks.sharing import PaymentSpec


def payment(*days: tuple[int, int, int], **more: object) -> PaymentSpec:
    rows = [{"month": month, "day": day, "percent": percent} for month, day, percent in days]
    return PaymentSpec.model_validate({"instalments": rows, **more})


FOUR = ((5, 20, 25), (8, 20, 25), (11, 20, 25), (2, 20, 25))


@pytest.mark.parametrize(
    ("closed", "due"),
    [("next", date(2026, 5, 7)), ("previous", date(2026, 5, 1)), ("stay", date(2026, 5, 3))],
)
def test_a_closed_day_moves_as_the_rule_says(closed, due) -> None:
    """3 May 2026 is a Sunday and the first of four days off; the 7th a Thursday, 1 May a Friday."""
    (found,) = due_dates(payment((5, 3, 100), closed_days=closed), 2026, Calendar())
    assert (found.nominal_on, found.due_on) == (date(2026, 5, 3), due)
    assert found.is_moved == (closed != "stay")


def test_the_office_s_own_holidays_count() -> None:
    calendar = Calendar(overrides={date(2024, 5, 20): "町の休日"})
    (found,) = due_dates(payment((5, 20, 100)), 2024, calendar)
    assert found.due_on == date(2024, 5, 21)


def test_months_after_december_are_of_the_next_calendar_year() -> None:
    found = due_dates(payment(*FOUR, closed_days="stay"), 2024, Calendar())
    assert [str(each.due_on) for each in found] == ["2024-05-20", "2024-08-20", "2024-11-20", "2025-02-20"]


@pytest.mark.parametrize(("year", "day"), [(2023, date(2024, 2, 29)), (2024, date(2025, 2, 28))])
def test_the_last_of_february_is_there_every_year(year, day) -> None:
    (found,) = due_dates(payment((2, 29, 100), closed_days="stay"), year, Calendar())
    assert found.due_on == day


def test_small_amounts_are_paid_in_one_sum() -> None:
    spec = payment(*FOUR, above=10_000_000)
    assert [each.amount for each in instalments(10_000_000, spec, 2024, Calendar())] == [10_000_000]
    assert len(instalments(10_000_001, spec, 2024, Calendar())) == 4


def test_what_is_claimed_late_falls_on_the_days_that_are_left() -> None:
    spec = payment((5, 20, 50), (8, 20, 20), (11, 20, 30), notice_days=14)
    found = instalments(100, spec, 2024, Calendar(), since=date(2024, 5, 6))
    assert [each.amount for each in found] == [50, 20, 30]
    found = instalments(100, spec, 2024, Calendar(), since=date(2024, 5, 7))
    assert [(each.number, each.amount) for each in found] == [(1, 40), (2, 60)]
    assert instalments(100, spec, 2024, Calendar(), since=date(2024, 11, 7)) == ()


def test_a_yen_is_not_split() -> None:
    found = instalments(1, payment(*FOUR), 2024, Calendar())
    assert [(each.number, each.amount) for each in found] == [(1, 1)]
    with pytest.raises(ValueError, match="no instalments"):
        instalments(0, payment(*FOUR), 2024, Calendar())


@st.composite
def payments(draw: st.DrawFn) -> PaymentSpec:
    count = draw(st.integers(1, 6))
    cuts = sorted(draw(st.lists(st.integers(1, 99), min_size=count - 1, max_size=count - 1, unique=True)))
    percents = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    days = draw(
        st.lists(
            st.tuples(st.integers(0, 11), st.integers(1, 28)), min_size=count, max_size=count, unique=True
        )
    )
    rows = [
        ((month + 3) % 12 + 1, day, percent)
        for (month, day), percent in zip(sorted(days), percents, strict=True)
    ]
    closed = draw(st.sampled_from(["next", "previous", "stay"]))
    return payment(*rows, closed_days=closed, above=draw(st.integers(0, 1000)))


@given(payments(), st.integers(1, 10**12), st.integers(1990, 2090))
def test_the_parts_add_up_and_none_is_far_from_its_share(spec, amount, year) -> None:
    found = instalments(amount, spec, year, Calendar())
    assert sum(each.amount for each in found) == amount
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert all(each.nominal_on in FiscalYear(year) for each in found)
    if spec.closed_days != "stay":
        assert all(Calendar().is_business_day(each.due_on) for each in found)
    if len(found) == len(spec.instalments) > 1:
        for part, day in zip(found, spec.instalments, strict=True):
            assert abs(part.amount - amount * day.percent / 100) < 1

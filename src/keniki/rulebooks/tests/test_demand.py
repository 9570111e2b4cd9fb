"""The rates demands are reckoned with: they fit the catalogue, one another and the totals they were published with."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from keniki.core.errors import WrongInput
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import ByAge, Flat, RateRow
from keniki.rulebooks.indicators import catalogue
from keniki.rulebooks.loader import load

ON = date(2026, 4, 1)


def test_every_demand_names_units_themes_indicators_and_rules_that_exist() -> None:
    indicators = catalogue(ON)
    for name, rule in book.demands(ON).items():
        assert rule.unit in indicators.units, name
        assert rule.theme in indicators.themes, name
        for indicator in (*rule.totals, *([rule.indicator] if rule.indicator else [])):
            assert indicator in indicators, name
        if rule.rate:
            assert book.rate(rule.rate, ON).id == rule.rate
        if rule.factor:
            assert book.factor(rule.factor, ON).id == rule.factor
        assert rule.level in ("", *book.care_levels(ON).value.levels), name
        assert rule.method.endswith("。"), name


def test_a_rule_has_figures_with_evidence_or_asks_and_never_both() -> None:
    asks = set()
    for name in book.known_rates():
        rule = book.rate(name, ON) if book.asked_in(name) else book.factor(name, ON)
        if not rule.is_known:
            asks.add(name)
            assert rule.question, name
            assert rule.parameter == f"demand.{name}"
        else:
            assert isinstance(rule.value, ByAge if book.asked_in(name) else Flat)
            assert rule.confirmed, name
    assert asks == {
        "transit_users", "water_billed_share", "water_load_factor", "dwellings_built", "dwellings_removed",
        "construction_prices",
    }  # fmt: skip


def test_the_standard_population_is_the_census_and_the_levels_of_care_fill_their_table() -> None:
    nation = book.standard_population(ON).value
    assert sum(nation.male) + sum(nation.female) + sum(nation.unknown) == 126_146_099
    care = book.care_levels(ON).value
    assert sum(total.persons for total in care.totals) == 6_803_578
    assert np.array([row.counts for row in care.rows]).sum() == pytest.approx(4135.9 - 138.7, abs=0.5)


def test_renewal_has_the_unit_costs_of_every_use_as_published() -> None:
    uses = book.renewal(ON).value.uses
    assert len(uses) == 13
    pairs = {(cost.repair, cost.rebuild) for cost in uses.values()}
    assert pairs == {(25, 40), (20, 36), (17, 33), (17, 28)}
    assert (uses["housing"].repair, uses["housing"].rebuild) == (17, 28)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("[{age: [0, 4], both: 1}, {age: [6, 9], both: 1}]", "2行目の年齢 6"),
        ("[{age: [0, 4], both: 1, male: 1}]", "both か、male と female"),
        ("[{age: [9, 4], both: 1}]", "年齢の終わり"),
        ("[{age: [0, 4], both: -1}]", "rows.0.both"),
    ],
)
def test_rates_that_cannot_be_used_are_refused_with_their_row(tmp_path, rows, words) -> None:
    (tmp_path / "rates.yaml").write_text(
        "rules:\n  - id: a\n    valid_from: 2020-01-01\n    source: a\n    evidence: [BG]\n"
        f"    value: {{kind: by_age, year: 2020, rows: {rows}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(WrongInput, match=words):
        load("rates.yaml", book.RateValue, folder=tmp_path)  # type: ignore[arg-type]
    assert RateRow(age=(0, None), both=1.0).of is None

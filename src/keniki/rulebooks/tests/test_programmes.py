"""The rules of the programmes: what was read, what asks, and since when."""

import itertools
from datetime import date
from decimal import Decimal

import pytest

from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.loader import RuleNotInForce, RuleUnknown
from keniki.rulebooks.programmes import PROGRAMMES, catalogue, policy_fields
from keniki.rulebooks.programmes.eligibility import (
    Comparison,
    eligibility_rules,
    metropolitan_areas,
    metropolitan_exception,
    metropolitan_prefectures,
    named_census,
    partner_guide,
    published_findings,
)
from keniki.rulebooks.programmes.funding import (
    Kind,
    Role,
    Support,
    cap_history,
    cap_rule,
    rate_rule,
    support,
    support_rules,
)
from keniki.rulebooks.programmes.procedures import (
    ProgrammeStep,
    Track,
    Who,
    programme_procedure,
    programme_procedures,
)

DAY = date(2024, 5, 24)


def test_every_rule_of_the_outlines_stands_in_the_book():
    ids = set(eligibility_rules().ids())
    assert {f"A1-{number}" for number in range(1, 12)} <= ids
    assert {f"B1-{number}" for number in range(1, 6)} <= ids
    assert "C1-1" in ids


def test_what_no_text_gives_asks_and_names_its_parameter():
    asked = {rule.id: rule.parameter for rule in eligibility_rules().rules if not rule.is_known}
    assert asked == {
        "A1-7.distance": "teiju.twin_distance",
        "B1-2.floor": "renkei.ratio_floor",
        "C1-1": "hokkaido.eligibility",
    }
    asked_money = {rule.parameter for rule in support_rules().rules if not rule.is_known}
    assert {"teiju.experts", "teiju.medical", "renkei.medical", "renkei.cap.partner.from_2019"} <= asked_money
    with pytest.raises(RuleUnknown, match=r"hokkaido\.partners"):
        _ = partner_guide("hokkaido", DAY).value


def test_every_rule_says_what_it_cites_and_no_figure_rests_on_memory_alone():
    for rule in (*eligibility_rules().rules, *support_rules().rules):
        assert rule.source
        if rule.is_known and isinstance(rule.known_value, Support) and rule.id != "renkei.rate":
            assert rule.confirmed, rule.id
    unconfirmed = [rule.id for rule in eligibility_rules().rules if rule.is_known and not rule.confirmed]
    assert unconfirmed == ["A1-6"]
    assert not support_rules().history("renkei.rate")[0].confirmed


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        (Comparison.GREATER, False, False, True),
        (Comparison.AT_LEAST, False, True, True),
        (Comparison.BELOW, True, False, False),
        (Comparison.AT_MOST, True, True, False),
    ],
)
def test_thresholds_are_met_at_their_boundary_or_not(comparison, below, at, above):
    one = Decimal(1)
    assert [comparison.holds(Decimal(value), one) for value in ("0.999", "1.000", "1.001")] == [
        below,
        at,
        above,
    ]


def test_the_three_metropolitan_areas_have_eleven_prefectures():
    together = metropolitan_prefectures(DAY)
    assert together.confirmed
    assert len(together.value.prefectures) == 11
    areas = metropolitan_areas(DAY)
    parts = itertools.chain.from_iterable(rule.value.prefectures for rule in areas.values())
    assert sorted(parts) == sorted(together.value.prefectures)
    assert not any(rule.confirmed for rule in areas.values())


@pytest.mark.parametrize(
    ("programme", "rule_id", "confirmed"), [("teiju", "A1-6", False), ("renkei", "B1-3", True)]
)
def test_the_exception_inside_them_agrees_with_the_rule_and_shows_what_it_rests_on(
    programme, rule_id, confirmed
):
    exception = metropolitan_exception(programme, DAY)
    assert exception.confirmed is confirmed
    assert exception.value.commuting_below == eligibility_rules().on(rule_id, DAY).value.threshold


def test_the_named_census_follows_the_amendments():
    assert [named_census("teiju", date(year, 5, 24)) for year in (2016, 2018, 2024, 2026)] == [
        None,
        2015,
        2020,
        2020,
    ]
    assert named_census("renkei", DAY) is None
    (finding,) = published_findings("012106")
    assert (finding.value.census, finding.value.meets) == (2020, True)
    assert published_findings("011002") == ()


def test_the_guide_for_partners_is_no_hard_rule():
    for programme in ("teiju", "renkei"):
        guide = partner_guide(programme, DAY).value
        assert guide.at_least == Decimal("0.1")
        assert not guide.binding
    assert partner_guide("near_miss", DAY).is_product_default


def test_the_caps_have_their_history():
    centre = [
        rule.known_value.cap if rule.known_value else None for rule in cap_history("teiju", Role.CENTRE)
    ]
    partner = [
        rule.known_value.cap if rule.known_value else None for rule in cap_history("teiju", Role.PARTNER)
    ]
    assert centre == [40_000_000, None, 85_000_000, None]
    assert partner == [None, 15_000_000, None, 18_000_000, None]
    assert cap_rule("renkei", Role.CENTRE, FiscalYear(2018)).value.cap == 120_000_000
    assert rate_rule("teiju", FiscalYear(2024)).value.factor == Decimal("0.8")
    assert cap_rule("teiju", Role.CENTRE, FiscalYear(2024)).value.approximate


@pytest.mark.parametrize(
    ("rule_id", "first"),
    [
        ("teiju.cap.centre", 2008),
        ("renkei.cap.centre", 2015),
        ("renkei.ordinary", 2015),
        ("renkei.experts", 2015),
    ],
)
def test_no_support_before_its_rule_began(rule_id, first):
    assert support(rule_id, FiscalYear(first)).is_known
    with pytest.raises(RuleNotInForce):
        support(rule_id, FiscalYear(first - 1))


def test_a_support_without_the_value_its_kind_needs_is_refused():
    with pytest.raises(ValueError, match="要る値"):
        Support(kind=Kind.BOND, title="債", rate=Decimal("0.9"))
    with pytest.raises(ValueError, match="0～1"):
        Support(kind=Kind.RATE, title="率", rate=Decimal(8))
    assert Support.model_validate(5).cap == 5


def test_every_procedure_names_its_steps_in_order_with_what_they_rest_on():
    procedures = programme_procedures(DAY)
    assert set(procedures) == set(PROGRAMMES)
    resolutions = {
        key: [step.id for step in rule.value.steps if step.resolution] for key, rule in procedures.items()
    }
    assert resolutions == {"teiju": ["ordinance", "resolution"], "renkei": ["resolution"], "hokkaido": []}
    for rule in procedures.values():
        for step in rule.value.steps:
            assert step.evidence
            assert step.timing
            if step.resolution:
                assert step.legal_basis.startswith("地方自治法")
                assert step.who is Who.EACH_PARTY


def test_the_settlement_region_has_panels_groups_and_the_october_budget_request():
    procedure = programme_procedure("teiju", DAY).value
    tracks = [step.track for step in procedure.steps]
    assert (tracks.count(Track.WORKING_GROUP), tracks.count(Track.PANEL)) == (4, 4)
    assert procedure.step("budget_request").months == (10,)
    assert {"declaration", "resolution", "panel_3", "base_survey"} <= procedure.before("vision")
    assert "budget_request" in procedure.before("start")
    assert procedure.example == DAY


def test_a_pact_is_resolved_on_then_noticed_and_notified():
    procedure = programme_procedure("renkei", DAY).value
    for key, paragraph in (("resolution", "第3項"), ("public_notice", "第2項"), ("notification", "第2項")):
        assert procedure.step(key).legal_basis == f"地方自治法第252条の2{paragraph}"
    assert procedure.step("notification").after == ("signing",)


def test_a_step_that_follows_an_unknown_one_is_refused():
    known = programme_procedure("hokkaido", DAY).value
    first, *rest = known.steps
    with pytest.raises(ValueError, match="先行する手順"):
        type(known).model_validate(known.model_dump() | {"steps": [step.model_dump() for step in rest]})
    with pytest.raises(ValueError, match="20 以下"):
        ProgrammeStep.model_validate(first.model_dump() | {"months": [4], "days": 21})


@pytest.mark.parametrize(
    ("key", "day"),
    [("teiju", date(2008, 12, 25)), ("renkei", date(2014, 8, 24)), ("hokkaido", date(2020, 7, 13))],
)
def test_no_procedure_before_its_programme_began(key, day):
    with pytest.raises(RuleNotInForce):
        programme_procedure(key, day)


def test_the_table_of_hokkaido_keeps_order_and_counts_and_no_column():
    table = catalogue.fields_of_hokkaido(DAY).value
    assert len(table.regions) == 13
    assert (table.marks, table.added) == (134, 22)
    assert sum(len(row.centres) for row in table.regions) == 15
    columns = len(policy_fields("teiju", DAY).value.fields)
    assert columns == 15
    assert all(row.marks < columns for row in table.regions)
    assert [row.declared for row in table.regions] == sorted(row.declared for row in table.regions)
    counts = catalogue.region_counts(DAY).value.counts
    hokkaido = next(count for count in counts if count.area == "北海道")
    assert (hokkaido.centres, hokkaido.regions) == (15, 13)


def test_a_row_whose_marks_do_not_add_up_is_refused():
    row = catalogue.fields_of_hokkaido(DAY).value.regions[0]
    for wrong in ({"marks": 12}, {"added": 2}, {"sequence": "○✕"}):
        with pytest.raises(ValueError, match="印"):
            type(row).model_validate(row.model_dump() | wrong)


@pytest.mark.parametrize(
    ("city", "density"),
    [
        ("札幌市", "576.1"),
        ("熊本市", "438.6"),
        ("広島市", "365.7"),
        ("北九州市", "954.5"),
        ("静岡市", "445.6"),
        ("新潟市", "331.9"),
        ("岡山市", "310.8"),
    ],
)
def test_the_designated_cities_compare_by_density(city, density):
    hubs = {hub.city: hub for hub in catalogue.hub_regions(DAY).value.comparison}
    assert round(hubs[city].density, 1) == Decimal(density)
    assert hubs[city].reference == (hubs[city].declared is None) == (city == "札幌市")


def test_every_practice_has_its_place_and_fields_of_the_settlement_region():
    keys = {field.key for field in policy_fields("teiju", DAY).value.fields}
    library = catalogue.practices(DAY).value.practices
    assert len(library) == 24
    for practice in library:
        assert set(practice.fields) <= keys
        assert practice.place
        assert practice.text or practice.note
    with pytest.raises(RuleNotInForce):
        catalogue.practices(date(2018, 7, 22))

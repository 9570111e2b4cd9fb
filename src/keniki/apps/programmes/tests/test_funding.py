"""Support per municipality and year against the computed figures, and properties of the cap."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.programmes.funding import (
    Claim,
    Income,
    IncomeKind,
    Member,
    Role,
    Severity,
    basis_sheet,
    cap_scenarios,
    double_claims,
    estimate,
    expert_support,
    fund_formation,
    fund_income,
    general_revenue,
    hub_reference,
    income_by_kind,
    maximum,
    prefecture_grant,
    refuse_doubles,
    regional_bond,
    special_allocation,
    what_if,
)
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.loader import Answered, RuleNotInForce, RuleUnknown
from keniki.rulebooks.programmes.funding import cap_rule

pytestmark = pytest.mark.slow

R6 = FiscalYear(2024)
H30 = FiscalYear(2018)
RATE = Decimal("0.8")
CENTRE, PARTNER = 85_000_000, 18_000_000
IWAMIZAWA, YUBARI, NANPORO = "012106", "012092", "014231"
MEMBERS = [
    Member(IWAMIZAWA, "岩見沢市", Role.CENTRE),
    Member(YUBARI, "夕張市", Role.PARTNER),
    Member(NANPORO, "南幌町", Role.PARTNER),
]


def claim(code=IWAMIZAWA, revenue=0, initiative="防災", region="minami-sorachi", year=R6, **more):
    return Claim(region, code, initiative, year, revenue, **more)


@pytest.mark.parametrize(
    ("revenue", "cap", "support"),
    [
        (106_250_000, CENTRE, 85_000_000),
        (106_250_001, CENTRE, 85_000_000),
        (50_000_000, CENTRE, 40_000_000),
        (22_500_000, PARTNER, 18_000_000),
        (10_000_000, PARTNER, 8_000_000),
        (0, PARTNER, 0),
        (1, PARTNER, 0),
        (4, PARTNER, 3),
    ],
)
def test_support_is_eight_tenths_of_general_revenue_up_to_the_cap(revenue, cap, support):
    assert special_allocation(revenue, cap, RATE) == support


money = st.integers(0, 10**12)
rates = st.decimals(0, 1, places=3)


@given(money, money, rates)
def test_support_never_exceeds_the_cap_nor_its_share_of_the_money_spent(revenue, cap, rate):
    support = special_allocation(revenue, cap, rate)
    assert 0 <= support <= cap
    assert support <= rate * revenue


@given(money, money, money, money, rates)
def test_more_money_or_a_higher_cap_never_gives_less(revenue, more, cap, higher, rate):
    support = special_allocation(revenue, cap, rate)
    assert special_allocation(revenue + more, cap, rate) >= support
    assert special_allocation(revenue, cap + higher, rate) >= support


@given(st.lists(st.integers(0, 10**9), max_size=6))
def test_the_region_never_gets_more_than_its_caps_together(amounts):
    claims = [claim(MEMBERS[i % 3].code, amount, f"取組{i}") for i, amount in enumerate(amounts)]
    result = estimate("teiju", R6, MEMBERS, claims)
    assert result.total is not None
    assert result.total <= maximum("teiju", R6, 2).total
    assert sum(row.general_revenue for row in result.rows) == sum(amounts)


def test_each_municipality_is_estimated_with_what_would_exhaust_its_cap():
    claims = [
        claim(IWAMIZAWA, 100_000_000),
        claim(IWAMIZAWA, 20_000_000, "公共交通"),
        claim(YUBARI, 10_000_000),
        claim(YUBARI, 99, year=FiscalYear(2025)),
    ]
    result = estimate("teiju", R6, MEMBERS, claims)
    centre, yubari, nanporo = result.rows
    assert (centre.eligible, centre.estimate, centre.capped, centre.unused) == (
        96_000_000,
        85_000_000,
        True,
        0,
    )
    assert centre.exhausting == 106_250_000
    assert (yubari.estimate, yubari.exhausting, yubari.unused) == (8_000_000, 22_500_000, 10_000_000)
    assert (nanporo.estimate, nanporo.general_revenue) == (0, 0)
    assert result.total == 93_000_000
    assert result.confirmed
    assert centre.rule is not None
    assert centre.rule.evidence == ("P:6", "S002")
    sheet = basis_sheet(result, claims)
    assert [row.initiative for row in sheet[0].rows] == ["防災", "公共交通"]
    assert all(part.general_revenue == part.municipality.general_revenue for part in sheet)


def test_the_computed_maxima_of_both_regions():
    minami_sorachi = maximum("teiju", R6, 8)
    assert minami_sorachi.total == 229_000_000
    reference = hub_reference(2_600_875, H30)
    sapporo = maximum("renkei", H30, 11, ordinary=reference.amount)
    assert (sapporo.ordinary, sapporo.centre, sapporo.partners) == (440_000_000, 120_000_000, 165_000_000)
    assert sapporo.total == 725_000_000


def test_years_between_two_sources_ask_and_the_installation_may_answer():
    with pytest.raises(RuleUnknown) as raised:
        maximum("teiju", FiscalYear(2020), 8)
    assert raised.value.parameter == "teiju.cap.partner.before_2024"
    result = estimate("teiju", FiscalYear(2020), MEMBERS, [])
    assert result.rows[0].estimate == 0
    assert result.rows[1].estimate is None
    assert result.total is None
    assert len(result.asks) == 1
    answered = {"teiju.cap.partner.before_2024": 15_000_000}
    assert maximum("teiju", FiscalYear(2020), 8, settings=answered).total == 205_000_000
    with pytest.raises(RuleUnknown):
        cap_rule("renkei", Role.PARTNER, FiscalYear(2019)).value.cap  # noqa: B018
    assert cap_rule("renkei", Role.PARTNER, H30).value.cap == 15_000_000


def test_before_the_programme_there_is_no_support():
    with pytest.raises(RuleNotInForce):
        estimate("teiju", FiscalYear(2007), MEMBERS, [])
    with pytest.raises(RuleNotInForce):
        maximum("renkei", FiscalYear(2014), 1)


def test_the_rate_and_the_newer_caps_of_the_hub_city_programme_ask_and_an_answer_is_never_official():
    open_ = estimate("renkei", H30, MEMBERS, [claim(year=H30, revenue=100)])
    assert (open_.total, open_.rows[0].eligible) == (None, None)
    assert "renkei.special_rate" in open_.asks[0]
    answers = {"renkei.special_rate": (Answered({"rate": "0.8"}, "省令第3条", date(2015, 4, 1)),)}
    answered = estimate("renkei", H30, MEMBERS, [claim(year=H30, revenue=100)], settings=answers)
    assert (answered.total, answered.confirmed) == (80, False)
    assert answered.rate.source == "回答値（根拠：省令第3条）"
    later = estimate("renkei", FiscalYear(2019), MEMBERS, [], settings=answers)
    assert all("from_2019" in row.asks[0] for row in later.rows)
    assert all(row.asks for row in estimate("teiju", FiscalYear(2025), MEMBERS, []).rows)


def test_the_history_of_the_caps_is_there_for_what_if():
    scenarios = cap_scenarios("teiju")
    centre = [scenario.caps[Role.CENTRE] for scenario in scenarios]
    partner = [scenario.caps[Role.PARTNER] for scenario in scenarios]
    assert list(dict.fromkeys(cap for cap in centre if cap)) == [40_000_000, 85_000_000]
    assert list(dict.fromkeys(cap for cap in partner if cap)) == [15_000_000, 18_000_000]
    claims = [claim(IWAMIZAWA, 200_000_000), claim(YUBARI, 200_000_000)]
    totals = [result.total for _, result in what_if("teiju", R6, MEMBERS, claims)]
    assert totals == [100_000_000, 103_000_000]


def test_a_claim_of_a_municipality_outside_the_region_is_refused():
    with pytest.raises(WrongInput, match="構成市町村ではありません"):
        estimate("teiju", R6, MEMBERS, [claim("011002", 1)])
    with pytest.raises(WrongInput, match="負の数"):
        claim(revenue=-1)
    with pytest.raises(WrongInput, match="一致しません"):
        claim(revenue=5, cost=10, earmarked=4)


def test_a_bond_leaves_seventy_three_hundredths_of_the_cost():
    bond = regional_bond("teiju", R6, 100_000_000, field="transit")
    assert (bond.borrowed, bond.cash, bond.supported, bond.net) == (
        90_000_000,
        10_000_000,
        27_000_000,
        73_000_000,
    )
    with_interest = regional_bond(
        "teiju", R6, 100_000_000, field="medical", earmarked=50_000_000, interest=1_000_000
    )
    assert (with_interest.borrowed, with_interest.cash) == (45_000_000, 5_000_000)
    assert with_interest.supported == 13_800_000
    assert with_interest.net == 5_000_000 + 45_000_000 + 1_000_000 - 13_800_000
    assert regional_bond("renkei", H30, 10).rule.value.condition
    with pytest.raises(WrongInput, match="公共交通"):
        regional_bond("teiju", R6, 100, field="disaster")
    with pytest.raises(WrongInput):
        regional_bond("teiju", R6, 100, field="medical", earmarked=101)


@given(money, st.integers(0, 10**9))
def test_a_bond_and_cash_cover_the_cost_and_the_net_burden_is_never_more(cost, interest):
    bond = regional_bond("teiju", R6, cost, field="industry", interest=interest)
    assert bond.borrowed + bond.cash == cost
    assert 0 <= bond.net <= cost + interest


@pytest.mark.parametrize(
    ("population", "amount"),
    [
        (750_000, 200_000_000),
        (1_675_000, 320_000_000),
        (2_600_000, 440_000_000),
        (2_600_875, 440_000_000),
    ],
)
def test_the_reference_between_the_two_published_points(population, amount):
    reference = hub_reference(population, H30)
    assert reference.amount == amount
    assert amount <= reference.upper <= 440_000_000
    assert "参考" in reference.statement


@pytest.mark.parametrize("population", [749_999, 2_600_876, 3_000_000, 0])
def test_outside_the_two_points_no_reference_is_given(population):
    with pytest.raises(WrongInput, match="手入力"):
        hub_reference(population, H30)


@given(st.integers(750_000, 2_600_874))
def test_the_reference_never_falls_with_population(population):
    assert hub_reference(population, H30).amount <= hub_reference(population + 1, H30).amount


def test_experts_funds_and_other_income():
    assert expert_support("renkei", H30, 9_000_000, 3) == 7_000_000
    assert expert_support("renkei", H30, 5_000_000, 1) == 5_000_000
    assert expert_support("renkei", H30, 5_000_000, 4) == 0
    with pytest.raises(RuleUnknown):
        expert_support("teiju", R6, 1, 1)
    fund = fund_formation(H30, 100_000_000, 3_000_000)
    assert (fund.borrowed, fund.supported) == (90_000_000, 1_500_000)
    assert fund_income(1_000_000_000, Decimal("0.002")) == 2_000_000
    incomes = [
        Income(IncomeKind.COMMISSION, "新たな広域連携促進事業", H30, 12_500_000, "札幌市 説明資料"),
        Income(IncomeKind.GRANT, "交付金", R6, 3_300_000),
    ]
    assert income_by_kind(incomes, H30) == {
        IncomeKind.GRANT: 0,
        IncomeKind.COMMISSION: 12_500_000,
        IncomeKind.FUND: 0,
    }
    assert general_revenue(10, [3, 4]) == 3
    with pytest.raises(WrongInput, match="超えて"):
        general_revenue(10, [11])


def test_the_prefectures_grant_asks_for_rate_and_cap():
    with pytest.raises(RuleUnknown, match="grant_rate"):
        prefecture_grant(R6, 1_000)
    answer = {"hokkaido.grant_rate": "0.5", "hokkaido.grant_cap": "10000000"}
    assert prefecture_grant(R6, 6_600_001, settings=answer) == 3_300_000
    assert prefecture_grant(R6, 30_000_000, settings=answer) == 10_000_000
    grants_only = estimate("hokkaido", R6, MEMBERS, [])
    assert grants_only.total is None
    assert "交付金の制度" in grants_only.asks[0]


def both(first, second):
    return [claim(NANPORO, region="minami-sorachi", **first), claim(NANPORO, region="sapporo", **second)]


def test_one_budget_line_in_two_regions_is_blocked_unless_it_is_split():
    line = {"origin": "2-1-5 企画費", "revenue": 1_000_000}
    (double,) = double_claims(both(line, line))
    assert double.severity is Severity.BLOCK
    assert double.regions == ("minami-sorachi", "sapporo")
    assert double.claimed == 2_000_000
    with pytest.raises(WrongInput, match="一つの圏域だけ"):
        refuse_doubles(both(line, line))
    split = line | {"origin_total": 2_000_000}
    (warning,) = refuse_doubles(both(split, split))
    assert warning.severity is Severity.WARN
    (over,) = double_claims(both(split, split | {"revenue": 1_000_001}))
    assert over.severity is Severity.BLOCK


def test_the_same_name_or_amount_in_two_regions_is_warned_of():
    (by_name,) = double_claims(
        both({"initiative": "地域公共交通", "revenue": 3}, {"initiative": "地域 公共交通", "revenue": 4})
    )
    assert (by_name.severity, "取組名" in by_name.message) == (Severity.WARN, True)
    (by_amount,) = double_claims(both({"initiative": "A", "revenue": 3}, {"initiative": "B", "revenue": 3}))
    assert "3円" in by_amount.message
    other_lines = both(
        {"initiative": "A", "revenue": 3, "origin": "1"}, {"initiative": "A", "revenue": 3, "origin": "2"}
    )
    assert double_claims(other_lines) == ()
    assert double_claims(both({"revenue": 3, "year": H30}, {"revenue": 3})) == ()
    assert double_claims([claim(revenue=3), claim(revenue=3)]) == ()


def test_more_than_a_municipality_has_is_blocked_over_all_regions():
    claims = both({"initiative": "A", "revenue": 3}, {"initiative": "B", "revenue": 4})
    (double,) = double_claims(claims, {(NANPORO, R6): 6})
    assert (double.severity, double.claimed, double.available) == (Severity.BLOCK, 7, 6)
    assert double_claims(claims, {(NANPORO, R6): 7}) == ()

from datetime import date

import numpy as np
import pytest

from keniki.analysis.indicators import CannotAggregate, Figures, aggregate, compute, density, interval
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import Aggregation, PeriodRate, Ratio, Term, catalogue

from .real_files import Ssdse, industries

pytestmark = pytest.mark.slow

BOOK = catalogue(date(2024, 5, 24))


def given(**values):
    return Figures({Term(of=name): figures for name, figures in values.items()})


def test_a_count_is_added():
    found = aggregate(BOOK["population"], given(population=[79_306, 7_334]), BOOK)
    assert (found.value, found.method, found.missing) == (86_640, Aggregation.SUM, ())


def test_a_rate_is_recomputed_from_its_parts_and_differs_from_the_mean_of_the_towns():
    figures = given(daytime_population=[8_000, 1_500], nighttime_population=[10_000, 1_000])
    region = aggregate(BOOK["day_night_ratio"], figures, BOOK)
    towns = compute(BOOK["day_night_ratio"], figures, BOOK)
    assert towns.tolist() == [80.0, 150.0]
    assert region.value == pytest.approx(9_500 / 11_000 * 100)
    assert region.value != pytest.approx(towns.mean())


def test_published_rates_of_the_towns_are_shown_but_the_regions_is_recomputed_all_the_same():
    figures = given(
        day_night_ratio=[96.7, 100.0], daytime_population=[8_000, 1_500], nighttime_population=[10_000, 1_000]
    )
    assert compute(BOOK["day_night_ratio"], figures, BOOK).tolist() == [96.7, 100.0]
    assert aggregate(BOOK["day_night_ratio"], figures, BOOK).value == pytest.approx(9_500 / 11_000 * 100)


def test_published_rates_alone_do_not_make_a_regions_rate():
    with pytest.raises(WrongInput, match="「昼間人口」の値が渡されていません"):
        aggregate(BOOK["day_night_ratio"], given(day_night_ratio=[96.7, 100.0]), BOOK)


def test_a_weighted_mean_uses_the_weight_of_the_catalogue():
    figures = Figures(
        {
            Term(of="access_time_min", part="mode:バス"): [40, 60],
            Term(of="population"): [30_000, 10_000],
        }
    )
    assert aggregate(BOOK["access_time_min"], figures, BOOK, part="mode:バス").value == 45


@pytest.mark.parametrize(
    ("indicator", "reason"),
    [
        ("universities", "複数の市町村に校舎をもつ大学"),
        ("fiscal_strength_index", "3か年平均"),
        ("income_from_outside", "二重になります"),
        ("main_products", "文字の情報です"),
    ],
)
def test_what_cannot_be_added_is_refused_with_the_reason(indicator, reason):
    with pytest.raises(CannotAggregate, match=reason):
        aggregate(BOOK[indicator], given(**{indicator: [1, 2]}), BOOK)


def test_a_fire_union_that_reaches_outside_is_never_added():
    figures = Figures(
        {Term(of="ambulance_calls"): [4_000, 900]},
        beyond=[False, True],
        names=["札幌市消防局", "南空知消防事務組合"],
    )
    with pytest.raises(CannotAggregate, match="南空知消防事務組合の値は圏域外を含みます"):
        aggregate(BOOK["ambulance_calls"], figures, BOOK)


def test_nothing_is_added_up_with_a_hole_in_it_and_the_hole_is_named():
    found = aggregate(BOOK["shipments"], given(shipments=[100, np.nan, 300]), BOOK)
    assert np.isnan(found.value)
    assert found.missing == (1,)
    rate = aggregate(BOOK["doctors_per_100k"], given(doctors=[5, 7], population=[np.nan, 10]), BOOK)
    assert np.isnan(rate.value)
    assert rate.missing == (0,)


def test_a_quotient_compares_the_sums_of_the_region_with_the_nation():
    part = "industry:E"
    figures = Figures(
        {Term(of="employees", part=part): [30, 50], Term(of="employees"): [100, 300]},
        reference={Term(of="employees", part=part): 1_000, Term(of="employees"): 10_000},
    )
    share = aggregate(BOOK["employees_share"], figures, BOOK, part=part)
    assert share.value == pytest.approx(20)
    productivity = Figures(
        {Term(of="value_added", part=part): [100, 300], Term(of="employees", part=part): [30, 50]},
        reference={Term(of="value_added", part=part): 10_000, Term(of="employees", part=part): 1_000},
    )
    quotient = aggregate(BOOK["productivity_location_quotient"], productivity, BOOK, part=part)
    assert quotient.value == pytest.approx((400 / 80) / 10)


def test_a_quotient_without_the_nations_figures_says_so():
    part = "industry:E"
    figures = Figures({Term(of="value_added", part=part): [1], Term(of="value_added"): [2]})
    with pytest.raises(WrongInput, match="比較する全国の値（value_added"):
        aggregate(BOOK["value_added_location_quotient"], figures, BOOK, part=part)


def test_a_change_compares_two_years():
    figures = Figures({Term(of="population"): [90, 50]}, earlier={Term(of="population"): [100, 100]})
    assert aggregate(BOOK["population_change"], figures, BOOK).value == -60
    assert aggregate(BOOK["population_change_rate"], figures, BOOK).value == pytest.approx(-30)
    assert compute(BOOK["population_change_rate"], figures, BOOK) == pytest.approx([-10, -50])


def test_value_added_is_sales_less_costs_plus_wages_and_taxes():
    figures = given(sales=[1000, 500], total_costs=[900, 450], wages_paid=[200, 100], taxes_and_dues=[10, 5])
    assert compute(BOOK["value_added"], figures, BOOK).tolist() == [310, 155]
    assert aggregate(BOOK["value_added"], figures, BOOK).value == 465


def test_demand_at_constant_rates_runs_over_the_ages():
    figures = given(
        care_need_rate=[0.05, 0.3],
        projected_population=[[1_000, 400], [200, 100]],
    )
    assert aggregate(BOOK["projected_care_recipients"], figures, BOOK).value == pytest.approx(
        50 + 120 + 10 + 30
    )


def test_water_demand_multiplies_each_towns_own_use():
    figures = given(water_use_per_person=[250.0, 300.0], projected_population=[10_000, 2_000])
    assert aggregate(BOOK["projected_water_demand"], figures, BOOK).value == pytest.approx(2_500 + 600)


def test_an_age_class_that_is_not_there_is_added_up_from_those_that_fill_it():
    fine = {
        Term(of="population", age=age): [1.0, 10.0]
        for age in [(0, 4), (5, 9), (10, 14), (15, 64), (65, None)]
    }
    figures = Figures(fine)
    assert aggregate(BOOK["population_0_14"], figures, BOOK).value == 33
    assert compute(BOOK["share_65_plus"], figures, BOOK) == pytest.approx([20, 20])
    with pytest.raises(WrongInput, match="「総人口」（75歳以上）の値が渡されていません"):
        aggregate(BOOK["population_75_plus"], figures, BOOK)
    children = Figures({Term(of="projected_population", age=age): [1.0] for age in [(0, 4), (5, 9)]})
    with pytest.raises(WrongInput, match="「将来推計人口」（0～5歳）"):
        aggregate(BOOK["projected_children_0_5"], children, BOOK)


def test_openings_are_yearly_and_rest_on_the_establishments_of_the_beginning():
    figures = Figures(
        {Term(of="opened_establishments"): [30, 6], Term(of="closed_establishments"): [15, 9]},
        earlier={Term(of="establishments"): [200, 40]},
        years=3,
    )
    assert compute(BOOK["openings_rate"], figures, BOOK) == pytest.approx([5, 5])
    assert aggregate(BOOK["closings_rate"], figures, BOOK).value == pytest.approx(24 / 3 / 240 * 100)


def test_the_components_of_the_catalogue_are_those_of_shift_share(test_data):
    earlier, later = Ssdse(test_data, 2022), Ssdse(test_data, 2025)
    codes = industries(later, "C2208")
    names = [Term(of="employees", part=f"industry:{letter}") for letter in "ABCDEFGHIJKLMNOPQR"]
    total = Term(of="employees")
    before, after = earlier.table(codes), later.table(codes)
    here = (earlier.minami_sorachi, later.minami_sorachi)
    figures = Figures(
        dict(zip(names, after[here[1]].T, strict=True)),
        earlier=dict(zip(names, before[here[0]].T, strict=True)),
        reference={**dict(zip(names, after.sum(axis=0), strict=True)), total: after.sum()},
        reference_earlier={**dict(zip(names, before.sum(axis=0), strict=True)), total: before.sum()},
    )
    sums = [
        sum(
            aggregate(BOOK[f"shift_share_{component}"], figures, BOOK, part=name.part).value for name in names
        )
        for component in ("national", "mix", "regional")
    ]
    assert [round(each, 1) for each in sums] == [1071.9, 328.2, -3070.2]
    with pytest.raises(WrongInput, match="産業ごとに計算します"):
        aggregate(BOOK["shift_share_mix"], figures, BOOK)


def test_small_towns_get_the_interval_the_catalogue_asks_for_and_the_region_the_narrowest():
    given_doctors = given(doctors=[2, 5, 177], population=[3_329, 7_927, 84_499])
    found = interval(BOOK["doctors_per_100k"], given_doctors, BOOK)
    assert found.rate[:3] == pytest.approx(compute(BOOK["doctors_per_100k"], given_doctors, BOOK))
    assert found.rate[3] == pytest.approx(aggregate(BOOK["doctors_per_100k"], given_doctors, BOOK).value)
    assert (np.diff(found.high - found.low) < 0).all()
    assert interval(BOOK["share_65_plus"], given_doctors, BOOK) is None
    opened = Figures(
        {Term(of="opened_establishments"): [30]}, earlier={Term(of="establishments"): [200]}, years=3
    )
    assert interval(BOOK["openings_rate"], opened, BOOK).rate == pytest.approx([5, 5])
    women = Figures(
        {Term(of="population", age=(0, 4)): [10], Term(of="population", sex="female", age=(15, 49)): [100]}
    )
    assert interval(BOOK["child_woman_ratio"], women, BOOK).rate[0] == pytest.approx(10)


def test_every_indicator_that_asks_for_an_interval_can_have_one():
    asking = [each for each in BOOK if each.interval]
    assert len(asking) > 10
    assert all(isinstance(each.recipe, Ratio | PeriodRate) for each in asking)


def test_mean_age_of_a_region_is_that_of_all_its_persons():
    figures = Figures({Term(of="population"): [[10, 0], [0, 30]]}, ages=[(0, 4), (5, 9)])
    assert compute(BOOK["mean_age"], figures, BOOK).tolist() == [2.5, 7.5]
    assert aggregate(BOOK["mean_age"], figures, BOOK).value == pytest.approx(6.25)


def test_a_figure_that_was_not_given_is_named_with_its_age():
    with pytest.raises(WrongInput, match="「総人口」（0～14歳）の値が渡されていません"):
        aggregate(BOOK["share_65_plus"], Figures({Term(of="population", age=(65, None)): [1]}), BOOK)


def test_minami_sorachi_from_the_published_file(test_data):
    edition = Ssdse(test_data, 2025)
    nine = edition.minami_sorachi
    area = np.array([BOOK.converted(each, "hectare", "km2") for each in edition.column("B1101")[nine]])
    population = edition.column("A1101")[nine]
    figures = given(
        population=population,
        total_area=area,
        moves_in=edition.column("A5101")[nine],
        moves_out=edition.column("A5102")[nine],
        doctors=edition.column("I6100")[nine],
    )
    assert aggregate(BOOK["population"], figures, BOOK).value == 152_486
    assert aggregate(BOOK["total_area"], figures, BOOK).value == pytest.approx(2_562.25)
    assert round(aggregate(BOOK["population_density"], figures, BOOK).value, 2) == 59.51
    assert density(population.sum(), area.sum()) == pytest.approx(152_486 / 2_562.25)
    assert aggregate(BOOK["net_migration"], figures, BOOK).value == 4_752 - 5_164
    assert aggregate(BOOK["doctors_per_100k"], figures, BOOK).value == pytest.approx(269 / 152_486 * 1e5)

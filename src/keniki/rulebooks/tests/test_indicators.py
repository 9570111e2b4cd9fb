from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from keniki import apps
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import Aggregation, Indicator, Term, catalogue
from keniki.rulebooks.indicators.catalogue import check
from keniki.rulebooks.loader import evidence_titles

pytestmark = pytest.mark.slow

BOOK = catalogue(date(2024, 5, 24))

# Of the Sapporo region's survey (S003), by its pages 圏域の現状①～⑨.
OF_THE_SURVEY = {
    "構想": "commuting_share day_night_ratio total_area population",
    "①": "population projected_population share_0_14 share_15_64 share_65_plus projected_share_65_plus "
    "net_migration moves_in moves_out",
    "②": "sales sales_share employed_share value_added labour_productivity value_added_location_quotient "
    "productivity_location_quotient trade_balance shipments shipments_location_quotient opened_share closed_share",
    "③": "agricultural_output main_products",
    "④": "visitors day_visitors overnight_visitors foreign_guests hub_passengers",
    "⑤": "universities university_faculties university_departments",
    "⑥": "medical_facilities hospitals clinics dental_clinics doctors doctors_per_100k",
    "⑦": "fires ambulance_calls ambulance_calls_change_rate",
    "⑧": "transport_modes access_time_min access_time_max",
    "⑨": "renewable_potential",
}
# 「地域の未来予測」, by field.
OF_THE_FUTURE = {
    "人口": "projected_population projected_population_75_plus projected_population_85_plus projected_households",
    "子育て・教育": "projected_children_0_5 projected_childcare_demand projected_elementary_pupils "
    "projected_junior_high_students school_classes",
    "医療・介護": "projected_outpatients projected_inpatients projected_care_recipients doctors care_workers",
    "公共交通": "projected_transit_users bus_drivers",
    "衛生": "projected_water_demand projected_waste projected_deaths",
    "消防・防災": "projected_ambulance_transports volunteer_firefighters",
    "空間管理": "vacancy_rate farmland_area forest_area",
    "施設": "public_floor_area renewal_cost old_bridge_share old_main_share",
    "行財政": "total_revenue general_administration_staff",
}


def changed(indicator_id: str, **update: object):
    indicators = dict(BOOK.indicators)
    indicators[indicator_id] = indicators[indicator_id].model_copy(update=update)
    return replace(BOOK, indicators=indicators)


@pytest.mark.parametrize("ids", [*OF_THE_SURVEY.values(), *OF_THE_FUTURE.values()])
def test_every_indicator_of_the_surveys_pages_and_of_the_future_forecast_is_in_the_catalogue(ids):
    assert [each for each in ids.split() if each not in BOOK] == []


def test_every_recipe_names_indicators_and_units_that_exist_and_none_rests_on_itself():
    check(BOOK)
    for indicator in BOOK:
        assert indicator.unit in BOOK.units
        assert indicator.theme in BOOK.themes
        assert all(BOOK[term.of].recipe is None for term in BOOK.needs(indicator.id))


def test_every_indicator_rests_on_named_texts_and_says_what_it_is_in_japanese():
    for indicator in BOOK:
        assert indicator.evidence
        assert set(indicator.evidence) <= set(evidence_titles())
        assert indicator.definition.endswith("。")
        assert any(ord(sign) > 0x3000 for sign in indicator.name)


def test_a_published_figure_names_the_file_an_office_has_to_import():
    for indicator in BOOK:
        for published in indicator.published:
            assert "「" in BOOK.file_of(published)
    assert BOOK.what_to_import("doctors_per_100k", loaded=["population"]) == (
        "「医師数」がありません。独立行政法人統計センター「教育用標準データセット SSDSE-A（市区町村）」のCSVファイル"
        "（SSDSE-A-2025.csv など）、又は厚生労働省「医師・歯科医師・薬剤師統計」の"
        "従業地（市区町村）別の医師数・歯科医師数・薬剤師数の表を読み込んでください。",
    )


def test_nothing_is_asked_for_when_the_figures_or_all_that_makes_them_are_loaded():
    assert BOOK.what_to_import("value_added", loaded=["value_added"]) == ()
    assert (
        BOOK.what_to_import(
            "farm_households", ["commercial_farm_households", "self_sufficient_farm_households"]
        )
        == ()
    )
    (sentence,) = BOOK.what_to_import("labour_productivity", loaded=["employees"])
    assert sentence.startswith("「付加価値額」がありません。")


def test_a_rate_is_recomputed_for_a_region_and_never_added():
    rates = {
        "percent",
        "persons_per_100k",
        "persons_per_km2",
        "persons_per_1k",
        "persons_per_household",
        "years",
    }
    added = [each.id for each in BOOK if each.unit in rates and each.aggregation is Aggregation.SUM]
    assert added == []


def test_what_cannot_be_added_says_why():
    refused = [each for each in BOOK if each.aggregation is Aggregation.NONE]
    assert {"universities", "fiscal_strength_index", "income_from_outside"} <= {each.id for each in refused}
    assert all(each.not_added_because.endswith("。") for each in refused)


def test_the_figures_a_ratio_needs_are_found_through_what_it_is_made_of():
    assert BOOK.needs("value_added_location_quotient")[:2] == (
        Term(of="sales", part="same"),
        Term(of="total_costs", part="same"),
    )
    assert Term(of="employees", part="industry:E") in BOOK.needs("labour_productivity", "industry:E")
    assert BOOK.needs("share_65_plus") == (
        Term(of="population", age=(65, None)),
        Term(of="population", age=(0, 14)),
        Term(of="population", age=(15, 64)),
    )
    assert BOOK.needs("births") == (Term(of="births"),)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (256_225, "hectare", "km2", 2562.25),
        (27_931_130, "million_yen", "hundred_million_yen", 279_311.3),
        (0.967, "fraction", "percent", 96.7),
        (96.7, "percent", "percent", 96.7),
        (71_286, "thousand_persons", "persons", 71_286_000),
    ],
)
def test_a_value_is_converted_between_units_of_one_kind(value, unit, to, expected):
    assert BOOK.converted(value, unit, to) == pytest.approx(expected, rel=1e-14)


def test_units_of_different_kinds_are_not_converted():
    with pytest.raises(WrongInput, match="「人」の値を「ha」に直すことはできません"):
        BOOK.converted(1, "persons", "hectare")


def test_commuting_is_read_from_flows_to_the_centre_out_of_all_flows():
    share = BOOK["commuting_share"].recipe
    above, below = (BOOK[term.of].flow for term in share.used)
    assert (above.to, below.to) == ("centre", "anywhere")
    assert above.purposes == below.purposes == ("commute", "school", "commute_school")
    assert {each.id for each in BOOK if each.flow} >= {"hospital_visitors_to_centre", "shoppers_to_centre"}


def test_an_unknown_indicator_is_answered_with_similar_names():
    with pytest.raises(WrongInput, match="day_night_ratio"):
        BOOK["day_night_rate"]


def test_every_column_of_the_ssdse_importer_is_an_indicator_in_a_unit_of_its_kind():
    file = Path(apps.__file__).parent / "evidence" / "importers" / "ssdse_a.yaml"
    if not file.is_file():
        pytest.skip("no importer for SSDSE-A in this tree")
    for code, column in yaml.safe_load(file.read_text("utf-8"))["columns"].items():
        indicator = BOOK[column["indicator"]]
        BOOK.converted(1, column["unit"], indicator.unit)
        kind, _, member = column.get("part", "").partition(":")
        if kind:
            assert kind in indicator.parts, code
            assert member in BOOK.part_kinds[kind].members, code
        assert any(published.source == "ssdse_a" for published in indicator.published), code


@pytest.mark.parametrize(
    ("indicator_id", "update", "complaint"),
    [
        ("population", {"unit": "heads"}, "単位「heads」がありません"),
        ("population", {"theme": "people"}, "分野「people」がありません"),
        (
            "births",
            {"published": (BOOK["births"].published[0].model_copy(update={"source": "x"}),)},
            "出典「x」がありません",
        ),
        (
            "population",
            {"recipe": BOOK["population_change"].recipe, "formula": "式"},
            "式が自分自身に戻ります",
        ),
        (
            "natural_change",
            {"recipe": BOOK["net_migration"].recipe, "parts": ("mode",)},
            "同じ内訳がありません",
        ),
        ("water_use_per_person", {"weight": "nobody"}, "重みの指標「nobody」がありません"),
    ],
)
def test_a_catalogue_that_names_what_is_not_there_is_refused(indicator_id, update, complaint):
    with pytest.raises(WrongInput, match=complaint):
        check(changed(indicator_id, **update))


def test_a_recipe_with_an_unknown_indicator_or_an_unknown_industry_is_refused():
    recipe = BOOK["births"].model_copy(update={"recipe": BOOK["natural_change"].recipe}).recipe
    unknown = recipe.model_copy(update={"terms": (Term(of="storks"),)})
    with pytest.raises(WrongInput, match="式の中の指標「storks」がありません"):
        check(changed("natural_change", recipe=unknown))
    wrong_part = recipe.model_copy(update={"terms": (Term(of="employees", part="industry:Z"),)})
    with pytest.raises(WrongInput, match="内訳「industry」に「Z」がありません"):
        check(changed("natural_change", recipe=wrong_part))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aggregation": "none"},
        {"aggregation": "weighted_mean"},
        {"aggregation": "recompute"},
        {"aggregation": "sum", "weight": "population"},
        {"aggregation": "sum", "published": []},
        {"aggregation": "sum", "flow": {"purposes": ["hospital"], "to": "centre"}},
    ],
)
def test_an_entry_that_does_not_say_how_it_is_found_or_added_is_refused(wrong):
    entry = {"id": "x", "name": "名", "definition": "意味。", "unit": "persons", "published": ["census"]}
    with pytest.raises(ValidationError):
        Indicator.model_validate(entry | wrong)

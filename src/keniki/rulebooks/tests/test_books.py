import itertools
from datetime import date
from decimal import Decimal

import pytest

from keniki.core.municipality_code import check_digit
from keniki.rulebooks import compacts, kpi, programmes, regions
from keniki.rulebooks.compacts import Action, StepKind
from keniki.rulebooks.loader import RuleNotInForce, RuleUnknown
from keniki.rulebooks.programmes import Parties

DAY = date(2024, 5, 24)


def test_the_prefectures_form_has_eleven_fields_six_on_the_left_and_five_on_the_right():
    left, right = programmes.policy_fields("hokkaido", DAY).value.in_columns()
    assert [field.name for field in left] == ["医療", "福祉", "教育", "環境", "防災", "機能の集約化"]
    assert [field.name for field in right] == [
        "地域公共交通",
        "デジタル・ディバイドの解消へ向けたICTの活用",
        "連携市町村における人材の育成",
        "連携市町村の職員等の交流",
        "その他",
    ]


def test_the_settlement_region_has_fifteen_fields_in_three_groups():
    fields = programmes.policy_fields("teiju", DAY).value
    assert [(group.name, len(group.fields)) for group in fields.groups] == [
        ("生活機能の強化", 7),
        ("結びつきやネットワークの強化", 5),
        ("圏域マネジメント能力の強化", 3),
    ]
    assert fields.in_columns() == (fields.fields,)


def test_the_hub_urban_area_has_three_roles_the_last_in_three_groups():
    fields = programmes.policy_fields("renkei", DAY).value
    assert [len(group.groups) for group in fields.groups] == [0, 0, 3]
    assert [field.key for field in fields.fields] == [
        "growth",
        "urban_functions",
        "living",
        "network",
        "management",
    ]


@pytest.mark.parametrize("key", programmes.PROGRAMMES)
def test_every_programme_has_names_a_basis_fields_and_the_procedure_of_its_agreement(key):
    names = programmes.programme(key, DAY).value
    assert programmes.legal_basis(key, DAY).value.title.endswith("要綱")
    keys = [field.key for field in programmes.policy_fields(key, DAY).value.fields]
    assert len(set(keys)) == len(keys)
    procedure = compacts.procedure(names.agreement_kind, DAY).value
    assert procedure.programme == key
    assert procedure.parties is names.agreement_parties


def test_a_programme_is_not_known_before_it_began():
    with pytest.raises(RuleNotInForce, match="2020-07-13"):
        programmes.programme("hokkaido", date(2020, 7, 13))
    assert set(programmes.programmes(date(2010, 1, 1))) == {"teiju"}


def test_grant_rate_and_cap_are_asked_for_and_not_guessed():
    for name in ("hokkaido.grant_rate", "hokkaido.grant_cap"):
        with pytest.raises(RuleUnknown) as raised:
            _ = programmes.grant_parameters().on(name, DAY).value
        assert raised.value.parameter == name
    answered = programmes.grant_parameters({"hokkaido.grant_rate": "0.5"})
    assert answered.on("hokkaido.grant_rate", DAY).value == Decimal("0.5")


def kinds(agreement_kind, action=Action.CONCLUDE):
    return [step.kind for step in compacts.procedure(agreement_kind, DAY).value.per_municipality(action)]


def test_a_formation_agreement_takes_ordinance_bill_and_resolution_of_every_party():
    assert kinds("teiju_agreement")[-3:] == [StepKind.ORDINANCE, StepKind.BILL, StepKind.RESOLUTION]
    assert StepKind.RESOLUTION in kinds("teiju_agreement", Action.CHANGE)
    assert StepKind.RESOLUTION in kinds("teiju_agreement", Action.DISSOLVE)
    steps = compacts.procedure("teiju_agreement", DAY).value.conclude
    (resolution,) = [step for step in steps if step.kind is StepKind.RESOLUTION]
    assert resolution.legal_basis == "地方自治法第96条第2項"
    assert [step.kind for step in steps if not step.required] == [StepKind.PRIOR_PUBLICATION]
    assert [step.kind for step in steps if not step.confirmed] == [StepKind.ORDINANCE]


def test_a_cooperation_pact_takes_resolution_signing_notice_and_notification_in_this_order():
    steps = compacts.procedure("renkei_pact", DAY).value.conclude
    order = [step.kind for step in steps]
    assert order[-4:] == [
        StepKind.RESOLUTION,
        StepKind.SIGNING,
        StepKind.PUBLIC_NOTICE,
        StepKind.NOTIFICATION,
    ]
    assert all(step.legal_basis.startswith("地方自治法第252条の2") for step in steps)
    assert kinds("renkei_pact", Action.CHANGE)[-2:] == [StepKind.PUBLIC_NOTICE, StepKind.NOTIFICATION]


def test_the_prefectures_agreement_takes_no_assembly():
    procedure = compacts.procedure("hokkaido_agreement", DAY).value
    assert kinds("hokkaido_agreement") == []
    assert not any(procedure.needs_resolution(action) for action in Action)
    assert procedure.parties is Parties.MULTILATERAL


def test_a_formation_policy_is_decided_by_one_assembly():
    procedure = compacts.procedure("teiju_policy", DAY).value
    assert procedure.parties is Parties.SINGLE
    assert procedure.needs_resolution()


def test_procedures_nobody_has_read_are_flagged():
    rules = compacts.procedures(DAY)
    assert {key for key, rule in rules.items() if not rule.confirmed} == {"disaster_agreement", "memorandum"}


@pytest.mark.parametrize(
    ("achievement", "label"),
    [("1.2", "達成"), ("1", "達成"), ("0.99", "順調"), ("0.8", "順調"), ("0.79", "遅れ"), ("-3", "遅れ")],
)
def test_a_status_follows_from_stated_thresholds(achievement, label):
    rule = kpi.status_rule(DAY)
    assert rule.value.grade(Decimal(achievement)).label == label
    assert rule.is_product_default
    for grade in rule.value.grades[:-1]:
        assert f"{grade.at_least}以上を{grade.label}" in rule.value.statement


@pytest.mark.parametrize(
    ("rate", "grade"),
    [
        ("0.86", "A"),
        ("0.8599", "B"),
        ("0.71", "B"),
        ("0.7099", "C"),
        ("0.56", "C"),
        ("0.5599", "D"),
        ("0", "D"),
    ],
)
def test_a_score_rate_falls_into_one_grade(rate, grade):
    scale = kpi.evaluation_scale("seto_takamatsu", DAY).value
    found = scale.grade_of(Decimal(rate))
    assert found is not None
    assert found.key == grade


def test_a_scale_of_judgement_gives_no_grade_by_number():
    assert kpi.evaluation_scale("chiho_sosei", DAY).value.grade_of(Decimal("0.9")) is None
    assert kpi.evaluation_scale("kitsuki", DAY).value.grade_of(Decimal("0.5")) is None


def test_scales_are_ordered_from_the_best_grade_without_gaps():
    for rule in kpi.evaluation_scales(DAY).values():
        limited = [grade for grade in rule.value.grades if grade.at_least is not None]
        for better, worse in itertools.pairwise(limited):
            assert worse.below == better.at_least


def test_all_prefectures_have_number_code_name_and_kana():
    found = regions.prefectures(DAY)
    assert [prefecture.number for prefecture in found] == [f"{number:02d}" for number in range(1, 48)]
    assert all(prefecture.code[5] == check_digit(prefecture.code[:5]) for prefecture in found)
    endings = {"都": "と", "府": "ふ", "県": "けん", "道": "どう"}
    assert all(prefecture.kana.endswith(endings[prefecture.name[-1]]) for prefecture in found)
    assert regions.prefecture_of("012106", DAY).name == "北海道"


def test_the_kinds_of_organisations_are_distinct_and_named():
    kinds_found = regions.organisation_kinds(DAY)
    assert len({kind.key for kind in kinds_found}) == len(kinds_found)
    assert {"municipality", "secretariat", "prefecture", "bureau", "contractor"} <= {
        k.key for k in kinds_found
    }

"""Joint costs travel in a region's file: the same twice changes nothing, what does not fit is named."""

from __future__ import annotations

import json

import pytest
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.finance.models import BasisFigure, CostGame, CostItem, JointCost, SharingRule
from keniki.apps.finance.sharing import StageOf, canonical, gather, reckon, spec_of
from keniki.apps.finance.tests.joint import RULE, joint_cost
from keniki.apps.portal import testing
from keniki.apps.portal.interchange.export import export_region
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.portal.interchange.schema import RegionFile
from keniki.core.errors import WrongInput

COST = {
    "slug": "shoubou",
    "title": "消防の共同運用",
    "initiative": "bousai",
    "manner": "union",
    "holder": "aoba-shouboukumiai",
    "places": [testing.AOBA, testing.KAWAKITA],
    "first_year": 2024,
    "items": [
        {"fiscal_year": 2024, "stage": "initial", "title": "指令台の保守", "amount": 1_000_001},
        {
            "fiscal_year": 2024,
            "stage": "initial",
            "title": "負担金以外の収入",
            "kind": "revenue",
            "amount": 1,
        },
        {"fiscal_year": 2024, "stage": "supplementary", "round": 1, "title": "減額", "amount": -1000},
    ],
    "rules": [
        {"number": 1, "content": RULE, "state": "adopted", "first_year": 2024, "adopted_on": "2024-03-01"}
    ],
    "figures": [
        {"fiscal_year": 2024, "basis": "population", "municipality": code, "value": value}
        for code, value in ((testing.AOBA, 600), (testing.KAWAKITA, "90.5"))
    ],
    "games": [
        {
            "fiscal_year": 2024,
            "kind": "quotes",
            "content": {"kind": "quotes", "quotes": [{"towns": [testing.AOBA], "amount": 5}]},
        }
    ],
}


def file(**changes):
    return testing.region_file(joint_costs=[{**COST, **changes}])


@pytest.mark.slow
def test_a_file_brings_joint_costs_and_the_same_again_changes_nothing(in_region, operator) -> None:
    first = load_region(operator, file())
    assert {name: count for name, count in first.created.items() if count} == {
        "JointCost": 1, "CostItem": 3, "SharingRule": 1, "BasisFigure": 2, "CostGame": 1,
    }  # fmt: skip
    assert not load_region(operator, file()).anything
    cost = JointCost.objects.get()
    assert cost.holder.name == "青葉消防組合" or cost.holder.slug == "aoba-shouboukumiai"
    found = reckon(gather(cost, 2024, StageOf("supplementary", 1)), spec_of(cost.rules.get().content))
    assert sum(found.shares.values()) == 999_000
    assert list(found.shares) == [testing.AOBA, testing.KAWAKITA]
    changed = file(items=[{**COST["items"][0], "amount": 2_000_000}, *COST["items"][1:]])
    assert +load_region(operator, changed).changed == {"CostItem": 1}
    assert CostItem.objects.count() == 3


@pytest.mark.slow
def test_what_is_exported_loads_without_a_change_and_into_an_empty_place(
    region, initiative, operator
) -> None:
    with scope(region=region):
        cost = joint_cost(region, initiative)
        with verb(SYSTEM, "testing.rule", region=region.slug, quiet=True) as act:
            draft = canonical(spec_of({**RULE, "name": "案"}))
            act.save(
                SharingRule(
                    region=region,
                    cost=cost,
                    number=2,
                    title="案",
                    content=draft,
                    digest="0" * 64,
                    first_year=2026,
                )
            )
    document = export_region(region)
    rules = document["joint_costs"][0]["rules"]
    assert [(rule["number"], rule["state"]) for rule in rules] == [(1, "adopted"), (2, "draft")]
    again = load_region(operator, RegionFile.model_validate(document))
    assert +again.changed == {"SharingRule": 1}, "the hash of the draft is made anew, nothing else"
    with scope(region=region):
        for model in (BasisFigure, CostItem, CostGame):
            model.objects.all().delete()
        SharingRule.objects.filter(state="draft").delete()
    loaded = load_region(operator, RegionFile.model_validate(document))
    assert loaded.created["CostItem"] == 4
    assert export_region(region) == document


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"initiative": "nai"}, "取組 nai がありません"),
        ({"holder": "nai"}, "団体 nai がありません"),
        ({"holder": None}, "会計をもつ団体"),
        ({"holder_town": testing.AOBA}, "どちらか一つ"),
        ({"places": ["016969"]}, "municipalities にありません"),
        ({"last_year": 2020}, "終わりの年度"),
        ({"items": [{**COST["items"][0], "amount": -1}]}, "▲の金額は補正だけ"),
        ({"items": [{**COST["items"][0], "round": 1}]}, "round（号数）"),
        ({"rules": [{**COST["rules"][0], "content": {"name": "x"}}]}, "components か classes"),
        ({"rules": [{**COST["rules"][0], "adopted_on": None}]}, "adopted_on"),
        ({"rules": [COST["rules"][0], {**COST["rules"][0], "number": 2}]}, "年度が重なっています"),
        ({"games": [{**COST["games"][0], "kind": "table"}]}, "kind が quotes"),
        ({"games": [{**COST["games"][0], "content": {"kind": "quotes"}}]}, "1つ以上入力"),
        ({"figures": [COST["figures"][0], COST["figures"][0]]}, "二度あります"),
    ],
)
def test_what_does_not_fit_is_named(cast, tmp_path, changes, words) -> None:
    path = tmp_path / "region.json"
    path.write_text(json.dumps(file(**changes).model_dump(mode="json"), ensure_ascii=False), encoding="utf-8")
    with pytest.raises(WrongInput, match=words) as caught:
        read(path)
    assert caught.value.file is not None

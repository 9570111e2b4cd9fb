"""A region with two centres: whom they conclude with, and whom evaluations are held against."""

from datetime import date

import pytest
from psycopg.types.range import DateRange

from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts import actions
from keniki.apps.compacts.models import Evaluation
from keniki.apps.compacts.queries.evaluations import divergence, evaluation_table, scales
from keniki.apps.regions.models import RegionMembership
from keniki.core.errors import WrongInput


@pytest.fixture
def two_centres(in_region, secretariat, towns):
    with verb(secretariat, "testing.second_centre", quiet=True):
        RegionMembership(
            region=in_region,
            municipality=towns["港南市"],
            role="centre",
            order=4,
            valid=DateRange(date(2020, 10, 1), None, "[)"),
        ).save()
    return in_region


def parties(agreement):
    return [(party.mark, party.municipality.name) for party in agreement.parties.all()]


def test_two_centres_stand_on_one_side_of_a_settlement_agreement(two_centres, secretariat, towns):
    made = actions.create_pairs(secretariat, two_centres, kind="settlement", programme="teiju")
    assert [parties(agreement) for agreement in made] == [
        [("甲", "青葉市"), ("甲", "港南市"), ("乙", "川北町")],
        [("甲", "青葉市"), ("甲", "港南市"), ("乙", "星野町")],
    ]
    text = made[0].versions.get()
    assert text.preamble.startswith("青葉市及び港南市（以下「甲」という。）と川北町（以下「乙」という。）")
    assert "3通" in text.closing
    assert made[0].title.endswith("（青葉市・港南市・川北町）")
    with pytest.raises(WrongInput, match="既にあります"):
        actions.create_pairs(secretariat, two_centres, kind="settlement")
    with pytest.raises(WrongInput, match="2市とも"):
        actions.create_agreement(
            secretariat, two_centres, kind="settlement", parties=[towns["青葉市"], towns["川北町"]]
        )


def test_a_pact_binds_two_so_each_centre_concludes_its_own(two_centres, secretariat, towns):
    first = actions.create_agreement(
        secretariat, two_centres, kind="pact", parties=[towns["港南市"], towns["川北町"]]
    )
    assert parties(first) == [("甲", "港南市"), ("乙", "川北町")]
    made = actions.create_pairs(secretariat, two_centres, kind="pact", programme="renkei")
    assert [parties(agreement) for agreement in made] == [
        [("甲", "青葉市"), ("乙", "川北町")],
        [("甲", "青葉市"), ("乙", "星野町")],
        [("甲", "港南市"), ("乙", "星野町")],
    ]
    assert len({agreement.slug for agreement in made}) == 3
    with pytest.raises(WrongInput, match="1市町村ずつ"):
        actions.create_agreement(
            secretariat,
            two_centres,
            kind="pact",
            parties=[towns["青葉市"], towns["港南市"], towns["川北町"]],
        )


@pytest.mark.parametrize(
    ("grades", "gap", "apart"),
    [
        ("AABB", 1, ["川北町", "星野町"]),
        ("ABAB", 1, ["港南市", "川北町", "星野町"]),
        ("A DA", 3, ["川北町"]),
        (" BBD", 2, ["星野町"]),
        ("AA  ", 0, []),
        ("  AB", None, []),
        ("A   ", None, []),
    ],
)
def test_partners_are_held_against_both_centres(two_centres, towns, initiative, grades, gap, apart):
    names = ["青葉市", "港南市", "川北町", "星野町"]
    given = dict(zip(names, grades, strict=True))
    cells = [
        (
            towns[name],
            Evaluation(scale="default", grade=given[name]) if given[name] != " " else None,
        )
        for name in names
    ]
    centres = [towns["青葉市"].pk, towns["港南市"].pk]
    assert divergence(cells, centres, scales(two_centres, 2024)) == (gap, apart)


def test_the_table_knows_both_centres(two_centres, secretariat, towns, initiative):
    for name, grade in (("青葉市", "A"), ("港南市", "C"), ("川北町", "A")):
        actions.evaluate(secretariat, initiative, 2024, towns[name], None, scale="default", grade=grade)
    row = next(row for row in evaluation_table(two_centres, 2024) if row.initiative == initiative)
    assert row.gap == 2
    assert sorted(row.apart) == ["川北町", "港南市"]

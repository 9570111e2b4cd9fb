"""Numbers a target may begin with: each says what it rests on, and where it stands."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from keniki.apps.disaster.actions.districts import DistrictDraft, save_district
from keniki.apps.disaster.queries.stock_plans.proposals import group_shares, proposals
from keniki.apps.evidence import actions as evidence
from keniki.apps.evidence.importers.base import (
    UNKNOWN_AGE,
    AreaKey,
    EditionSpec,
    Parsed,
    RawBytes,
    SeriesKey,
    SourceSpec,
)
from keniki.apps.portal.testing import KAWAKITA

DAY = date(2024, 4, 1)
TARGETS = "/desk/aoba/disaster/stock/targets/"
#: Persons of a made-up town by age (first, last): of each sex; the last row is of unknown age.
AGES = {(0, 4): 50, (5, 9): 50, (10, 14): 50, (15, 54): 400, (55, None): 450, (UNKNOWN_AGE, UNKNOWN_AGE): 99}
#: A broad class that must not be counted beside those it is made of.
BROAD = {(0, 14): 150}


def census(ages: dict) -> Parsed:
    made = Parsed(
        "handmade",
        RawBytes("ages.csv", repr(sorted(ages.items(), key=str)).encode()),
        SourceSpec("census", "国勢調査", publisher="総務省統計局", credit="総務省統計局「国勢調査」"),
        EditionSpec("census-2020", "令和2年国勢調査", table="2-7-1", census_year=2020),
        area_keys=[AreaKey("municipality", KAWAKITA, "川北町")],
        column_labels={2: "人口"},
    )
    made.row_labels[5] = "川北町の行"

    def add(value: float, **of) -> None:
        made.series_keys.append(SeriesKey("population", "persons", 2020, "2020-10-01", **of))
        made.add(len(made.series_keys) - 1, 0, value, 5, 2, "")

    add(2198)
    for sex in ("male", "female"):
        for (first, last), number in ages.items():
            add(number, sex=sex, age_from=first, age_to=last)
    return made


@pytest.fixture
def statistics(in_region, operator) -> None:
    done = evidence.import_figures(operator, [census(AGES | BROAD)])
    assert done.quarantined == 0


@pytest.mark.slow
def test_the_population_of_the_statistics_with_its_page(
    in_region, statistics, towns, partner, client_as
) -> None:
    (found,) = proposals(in_region, towns["川北町"], DAY)
    assert (found.people, found.basis) == (2198, "人口（国勢調査 2020年、全員）")
    client = client_as(partner)
    assert "2,198" in client.get(found.url).content.decode()
    page = client.get(f"{TARGETS}new/?year=2024").content.decode()
    assert found.url in page
    assert "people=2198" in page
    filled = client.get(
        f"{TARGETS}new/?year=2024&town={KAWAKITA}&people=2198&basis=人口&basis_url={found.url}"
    )
    assert 'value="2198"' in filled.content.decode()


def test_no_figures_no_proposals(in_region, towns) -> None:
    assert proposals(in_region, towns["川北町"], DAY) == []
    assert group_shares(in_region, towns["川北町"], DAY) is None


def test_a_census_of_later_is_not_taken_for_an_earlier_year(in_region, statistics, towns) -> None:
    assert proposals(in_region, towns["川北町"], date(2019, 4, 1)) == []
    assert group_shares(in_region, towns["川北町"], date(2019, 4, 1)) is None


def test_districts_give_people_and_a_flood_formula(in_region, secretariat, towns) -> None:
    town = towns["川北町"]
    save_district(secretariat, in_region, DistrictDraft(town, "東", residents=1000, target=True))
    save_district(secretariat, in_region, DistrictDraft(town, "西", residents=101))
    every, flood = proposals(in_region, town, DAY)
    assert every.people == 1000
    assert flood.people == 841
    assert "1,000人 × 80％ ＋ 101人 × 40％" in flood.basis


def test_the_towns_own_shares_of_the_groups(in_region, statistics, towns, partner, client_as) -> None:
    found = group_shares(in_region, towns["川北町"], DAY)
    assert found is not None
    assert found.shares["infants"] == Fraction(20, 2000)
    assert found.shares["toddlers"] == Fraction(80, 2000)
    assert found.shares["women"] == (Fraction(50) * 3 / 5 + Fraction(400) * 37 / 40) / 2000
    assert "care" not in found.shares
    page = client_as(partner).get(f"{TARGETS}new/?year=2024&shares=own").content.decode()
    assert 'name="group-toddlers" value="4"' in page
    assert found.basis in page

"""`keniki eligibility`, `partners` and `funding`, on figures read from files as they are published."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from keniki.cli import database, main

pytestmark = pytest.mark.django_db
TEST_DATA = os.environ.get("KENIKI_TEST_DATA")
real_data = pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")

#: Workers and students: of 100 living in each town so many go to the centre (seed 003, in tenths of a per cent).
TO_SAPPORO = {
    "012351": ("石狩市", 477), "012343": ("北広島市", 413), "012173": ("江別市", 391), "013030": ("当別町", 381),
    "014231": ("南幌町", 223), "012319": ("恵庭市", 147), "012033": ("小樽市", 147), "014281": ("長沼町", 110),
    "012106": ("岩見沢市", 102), "013048": ("新篠津村", 75), "012246": ("千歳市", 64), "014303": ("月形町", 44),
}  # fmt: skip
SAPPORO = "011002"


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


def keniki(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    """Exit code, the object of `--json` and what stood on standard error."""
    code = main.main([*arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


def written(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.slow
@real_data
def test_iwamizawa_does_not_meet_the_ratio_of_the_census_of_2015_and_the_answer_says_what_would_change_it(
    capsys,
) -> None:
    keniki(capsys, "data", "import", f"{TEST_DATA}/day_night/day_night_2015.csv")
    asked = ("eligibility", "--programme", "teiju", "--municipality", "01210", "--date", "2024-05-24")
    code, found, _ = keniki(capsys, *asked, "--census", "2015")
    assert (code, found["verdict"], found["census"]) == (0, "不適合", 2015)
    rules = {rule["id"]: rule for rule in found["rules"]}
    assert {"id", "verdict", "value", "unit", "threshold", "edition", "article"} <= rules["A1-2"].keys()
    assert (rules["A1-2"]["verdict"], rules["A1-2"]["value"], rules["A1-2"]["threshold"]) == (
        "不適合",
        0.967,
        1.0,
    )
    assert (rules["A1-2"]["margin"], rules["A1-2"]["margin_share"]) == (-0.033, -0.033)
    assert "通院" in rules["A1-4"]["explanation"]
    assert "要確認" in rules["A1-4"]["explanation"]
    assert any(other["census"] == 2020 for other in found["other_editions"])


@pytest.mark.slow
@real_data
def test_a_census_that_is_not_loaded_is_named_with_its_file(capsys) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "minami-sorachi"))
    code, found, _ = keniki(
        capsys, "eligibility", "--programme", "teiju", "--municipality", "012106", "--date", "R6.5.24"
    )
    assert (code, found["verdict"]) == (0, "要確認")
    assert any("国勢調査" in rule["explanation"] for rule in found["rules"] if rule["verdict"] == "要確認")


@pytest.mark.slow
def test_nine_by_the_rule_and_eleven_in_fact(capsys, tmp_path) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "sapporo"))
    rows = ["origin,destination,purpose,value,year"]
    for code, (_, share) in TO_SAPPORO.items():
        rows += [
            f"{code},{SAPPORO},commute_school,{share},2015",
            f"{code},{code},commute_school,{1000 - share},2015",
        ]
    keniki(capsys, "data", "import", written(tmp_path, "flows.csv", *rows))
    code, found, _ = keniki(capsys, "partners", "--centre", "01100", "--threshold", "0.10")
    assert code == 0
    by_rule = [row["code"] for row in found["partners"] if row["by_rule"]]
    members = [row["code"] for row in found["partners"] if row["member"]]
    assert sorted(by_rule) == sorted(code for code, (_, share) in TO_SAPPORO.items() if share >= 100)
    assert len(by_rule) == 9
    assert len(members) == 11
    assert {row["code"] for row in found["partners"] if row["member"] and not row["by_rule"]} == {
        "013048",
        "012246",
    }
    shares = {row["code"]: row["share"] for row in found["partners"]}
    assert shares["012351"] == 0.477
    for wrong in ("一割", "NaN"):
        assert keniki(capsys, "partners", "--centre", "01100", "--threshold", wrong)[0] == 2


@pytest.mark.slow
def test_two_cities_are_one_centre_and_what_is_wrong_names_its_argument(capsys, tmp_path) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "sample"))
    file = written(
        tmp_path,
        "twin.csv",
        "origin,destination,purpose,value,year",
        "012271,012254,commute_school,6,2020",
        "012271,012262,commute_school,5,2020",
        "012271,012271,commute_school,89,2020",
        "012262,012254,commute_school,50,2020",
        "012262,012262,commute_school,50,2020",
    )
    keniki(capsys, "data", "import", file)
    code, found, _ = keniki(capsys, "partners", "--centre", "01225", "01226")
    assert (code, found["centre"], found["centres"]) == (0, "012254", ["012254", "012262"])
    assert [(row["code"], row["share"], row["by_rule"]) for row in found["partners"]] == [
        ("012271", 0.11, True)
    ]
    assert keniki(capsys, "partners", "--centre", "993018")[0] == 0
    asked = ("eligibility", "--programme", "teiju", "--date", "2024-05-24", "--municipality")
    for arguments, column, words in (
        (("partners", "--centre", "01225", "01226", "01227"), "--centre", "2市まで"),
        (("partners", "--centre", "01225", "--threshold", "10"), "--threshold", "0～1"),
        ((*asked, "012107"), "--municipality", "検査数字"),
        ((*asked, "010006"), "--municipality", "都道府県のコード"),
        ((*asked, "12254"), "--municipality", "先頭の0が落ちた 012254"),
        (
            ("eligibility", "--programme", "teiju", "--date", "昨日", "--municipality", "01225"),
            "--date",
            "日付",
        ),
        (
            ("eligibility", "--programme", "renkei", "--date", "2014-01-01", "--municipality", "01225"),
            "--date",
            "平成26年8月25日からの制度",
        ),
    ):
        code, refused, _ = keniki(capsys, *arguments)
        assert (code, refused["error"]["column"]) == (2, column), arguments
        assert words in refused["error"]["message"]
        assert ".yaml" not in refused["error"]["message"]


def test_shares_come_from_one_edition_and_are_unknown_where_only_the_way_to_the_centre_is_counted(
    capsys, tmp_path
) -> None:
    head = "origin,destination,purpose,value,year"
    whole = written(
        tmp_path,
        "whole.csv",
        head,
        "012351,011002,commute_school,477,2015",
        "012351,011002,commute,400,2015",
        "012351,012351,commute_school,523,2015",
        "012343,011002,commute,300,2015",
        "012343,011002,school,100,2015",
        "012343,012343,commute,600,2015",
    )
    again = written(tmp_path, "again.csv", head, "012351,011002,commute_school,4770,2015")
    keniki(capsys, "data", "import", whole)
    keniki(capsys, "data", "import", again)
    _, found, _ = keniki(capsys, "partners", "--centre", "01100")
    assert {row["code"]: row["share"] for row in found["partners"]} == {"012351": 0.477, "012343": 0.4}
    only = written(
        tmp_path,
        "only.csv",
        head,
        "352021,342025,commute_school,50,2015",
        "352012,342025,commute_school,70,2015",
    )
    keniki(capsys, "data", "import", only)
    _, found, _ = keniki(capsys, "partners", "--centre", "342025")
    assert [(row["share"], row["by_rule"]) for row in found["partners"]] == [(None, False), (None, False)]


@pytest.mark.slow
@pytest.mark.parametrize("census", ["0", "-5", "99999", "2017", "2025"])
def test_a_year_without_a_census_by_then_is_refused(capsys, census) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "minami-sorachi"))
    asked = ("eligibility", "--programme", "teiju", "--municipality", "01210", "--date", "2024-05-24")
    code, refused, _ = keniki(capsys, *asked, "--census", census)
    assert (code, refused["error"]["column"]) == (2, "--census")


@pytest.mark.slow
def test_what_each_member_may_receive_is_the_smaller_of_cap_and_eight_tenths(capsys, tmp_path) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "minami-sorachi"))
    head = "municipality_code,initiative,general_revenue"
    file = written(
        tmp_path,
        "general.csv",
        head,
        "012106,bousai,120000000",
        "01209,bousai,10000000",
        "014290,ict,22500001",
    )
    asked = ("funding", "--region", "minami-sorachi", "--year", "2024", "--general-revenue")
    code, found, err = keniki(capsys, *asked, file)
    assert code == 0, found
    rows = {row["code"]: row for row in found["municipalities"]}
    assert len(rows) == 9
    assert (rows["012106"]["estimate"], rows["012106"]["capped"]) == (85_000_000, True)
    assert (rows["012092"]["estimate"], rows["012092"]["capped"]) == (8_000_000, False)
    assert rows["014290"]["estimate"] == 18_000_000
    assert found["total"] == 111_000_000
    assert "見込み" in err
    wrong = written(tmp_path, "wrong.csv", head, "012106,bousai,百万")
    code, refused, _ = keniki(capsys, *asked, wrong)
    assert (code, refused["error"]["row"], refused["error"]["column"]) == (2, 2, "general_revenue")
    for row in (
        "011002,bousai,1",
        "012107,bousai,1",
        "012106,bousai,-1",
        '012106,bousai,"2,250,0000"',
        "012106,,5",
    ):
        code, refused, _ = keniki(capsys, *asked, written(tmp_path, "wrong.csv", head, row))
        assert (code, refused["error"]["row"]) == (2, 2), row
    twice = written(tmp_path, "twice.csv", head, "012106,bousai,5", "01210,bousai,6")
    assert keniki(capsys, *asked, twice)[1]["error"]["row"] == 3
    assert keniki(capsys, *asked, written(tmp_path, "empty.csv", head))[0] == 2


@pytest.mark.slow
def test_funding_reads_what_was_entered_when_no_file_is_named(capsys) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "minami-sorachi"))
    asked = ("funding", "--region", "minami-sorachi", "--year", "2024")
    code, refused, _ = keniki(capsys, *asked)
    assert (code, refused["error"]["column"]) == (2, "--general-revenue")
    entered("minami-sorachi", {"岩見沢市": 120_000_000, "南幌町": 10_000_000})
    code, found, _ = keniki(capsys, *asked)
    rows = {row["name"]: row for row in found["municipalities"]}
    assert (code, found["total"]) == (0, 93_000_000)
    assert (rows["岩見沢市"]["estimate"], rows["岩見沢市"]["exhausting"]) == (85_000_000, 106_250_000)
    code, later, _ = keniki(
        capsys, "funding", "--region", "minami-sorachi", "--year", "2024", "--programme", "renkei"
    )
    assert (code, later["total"], later["rate"]) == (0, None, None)
    assert any("renkei.special_rate" in asked for asked in later["asks"])


@pytest.mark.slow
@pytest.mark.parametrize("first", ["minami-sorachi", "sapporo"])
def test_the_towns_of_both_regions_cannot_confirm_the_same_money_twice(capsys, first) -> None:
    from django_scopes import scope

    from keniki.apps.programmes import actions, queries
    from keniki.apps.regions.queries import operator
    from keniki.core.errors import WrongInput
    from keniki.core.fiscal_year import FiscalYear

    for folder in ("minami-sorachi", "sapporo"):
        keniki(capsys, "load", str(ROOT / "data" / folder))
    second = "sapporo" if first == "minami-sorachi" else "minami-sorachi"
    both = {"岩見沢市": 5_000_000, "南幌町": 1_000_000, "長沼町": 2_000_000}
    entered(first, both, origin="2-1-5 企画費")
    region = entered(second, both, origin="2-1-5 企画費")
    year = FiscalYear(2024)
    with scope(region=region):
        found = queries.clashes(operator(), region, year)
        assert {claim.municipality.name for clash in found for claim in clash.claims} == set(both)
        with pytest.raises(WrongInput, match="一つの圏域だけ"):
            actions.confirm_claims(operator(), region, year)
        for row in queries.claims_of(region, year):
            actions.remove_claim(operator(), row, row.version)
    entered(second, {"岩見沢市": 7_000_000}, origin="6-1-3 農業振興費", initiative="研修")
    with scope(region=region):
        assert actions.confirm_claims(operator(), region, year).fiscal_year == 2024


@pytest.mark.slow
def test_answers_and_supplied_facts_of_the_region_reach_the_command(capsys) -> None:
    from datetime import date

    from django_scopes import scope

    from keniki.apps.programmes import actions
    from keniki.apps.regions.models import Municipality, Region
    from keniki.apps.regions.queries import operator

    keniki(capsys, "load", str(ROOT / "data" / "minami-sorachi"))
    asked = ("eligibility", "--programme", "teiju", "--municipality", "01210", "--date", "2024-05-24")
    region = Region.objects.get(slug="minami-sorachi")
    draft = actions.FactDraft(
        Municipality.objects.get(code="012106"), "recognition", "要綱第3（確かめた条項）", programme="teiju"
    )
    with scope(region=region):
        actions.supply_fact(operator(), region, draft)
        actions.answer_rule(
            operator(),
            region,
            actions.AnswerDraft("hokkaido.grant_rate", {"": "0.5"}, "要綱別表", date(2020, 7, 14)),
        )
    _, found, _ = keniki(capsys, *asked)
    assert found["verdict"] == "手動認定"
    assert any("要綱第3（確かめた条項）" in note for note in found["notes"])


def test_a_municipality_outside_the_prefecture_is_outside_its_programme(capsys, tmp_path) -> None:
    head = "municipality_code,indicator,year,value,unit"
    figures = written(tmp_path, "tidy.csv", head, "342025,population,2020,214000,persons")
    keniki(capsys, "data", "import", figures)
    code, found, _ = keniki(
        capsys, "eligibility", "--programme", "hokkaido", "--municipality", "34202", "--date", "2024-05-24"
    )
    assert (code, found["verdict"]) == (0, "対象外")
    assert "広島県の市町村です" in found["rules"][0]["explanation"]


def entered(slug: str, amounts: dict[str, int], *, initiative: str = "公共交通", origin: str = "") -> Any:
    """Store claims of 2024 as the operator; the region."""
    from django_scopes import scope

    from keniki.apps.programmes import actions, queries
    from keniki.apps.regions.models import Region
    from keniki.apps.regions.queries import operator
    from keniki.core.fiscal_year import FiscalYear

    region = Region.objects.get(slug=slug)
    with scope(region=region):
        towns = {
            row.municipality.name: row.municipality
            for row in queries.memberships_of_year(region, FiscalYear(2024))
        }
        for name, yen in amounts.items():
            draft = actions.ClaimDraft(2024, towns[name], initiative, yen, origin=origin)
            actions.save_claim(operator(), region, draft)
    return region

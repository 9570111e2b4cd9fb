"""`keniki demand`: from censuses, rates and totals to what a population needs, and where each rate came from."""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django_scopes import scope

from keniki.apps.evidence import actions
from keniki.apps.evidence.book.book import places_named
from keniki.apps.evidence.futures import files, making
from keniki.apps.evidence.futures.demanding import Demands, demands
from keniki.apps.regions.queries import operator
from keniki.cli import database, main, project
from keniki.cli.tests.test_futures import HEAD, TOWNS, rows
from keniki.core.municipality_code import six_digits
from keniki.rulebooks.demand import known_rates, renewal

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "demand.md"

BOTH = "01210,02201"
OWN = """
01210,elementary_pupils,2023,400,persons,,
01210,compulsory_pupils,2023,-,persons,,
01210,general_households,2020,4000,households,,
01210,dwellings,2018,5000,dwellings,,
01210,general_administration_staff,2023,300,persons,,
02201,general_administration_staff,2023,200,persons,,
01210,water_use_per_person,2022,258,litres_per_person_day,,
01210,water_served_population,2022,1000000,persons,,
01210,waste_collected,2022,9000,tonnes,,
01000,inpatient_rate,2020,500,persons_per_100k,male,0-64
01000,inpatient_rate,2020,5000,persons_per_100k,male,65+
01000,inpatient_rate,2020,400,persons_per_100k,female,0-64
01000,inpatient_rate,2020,6000,persons_per_100k,female,65+
02201,care_need_rate,2022,0.1,fraction,,65-79
02201,care_need_rate,2022,0.4,fraction,,80+
02201,care_recipients,2022,1,persons,,
"""
GIVEN = """
rules:
  - {id: water_load_factor, source: 水道事業ビジョン, value: {kind: flat, year: 2022, value: 0.8}}
  - id: transit_users
    source: 利用実態調査（令和4年）
    municipalities: [012106]
    value:
      kind: by_age
      year: 2022
      per: 1000
      rows:
        - {age: [15, 18], both: 30}
        - {age: [19, 64], both: 2}
        - {age: [65, null], male: 10, female: 20}
  - {id: dwellings, source: 空家調査, municipalities: ["02201"], value: {kind: flat, year: 2020, value: 12000}}
  - {id: dwellings_removed, source: 実績, municipalities: ["02201"], value: {kind: flat, year: 2020, value: 20}}
  - id: public_buildings
    source: 公共施設の台帳
    municipalities: [012106]
    value: {kind: buildings, year: 2024, rows: [{use: school, built: 1990, area: 5000}]}
"""


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


def run(capsys: Any, *arguments: str) -> tuple[int, Any]:
    code = main.main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def load(tmp_path: Path, capsys: Any, lines: list[str], *more: str) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    assert main.main(["data", "import", str(path), *more]) == 0
    capsys.readouterr()


@pytest.fixture
def held(tmp_path: Path, capsys: Any, db: None) -> None:
    load(tmp_path, capsys, [*rows(), *OWN.split()])


def by_id(done: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in done["demands"]}


@pytest.mark.slow
def test_every_demand_says_whose_rate_it_is_and_what_would_change_it(capsys, tmp_path, held) -> None:
    out = tmp_path / "demand.csv"
    code, done = run(
        capsys, "demand", "--municipalities", BOTH, "--to", "2035", "--draws", "40", "--out", str(out)
    )
    assert code == 0, done
    found = by_id(done)
    assert {name: list(found[name]["basis"].values()) for name in (
        "births", "elementary_pupils", "households", "inpatients", "hospital_beds", "care_recipients", "care_level_3",
        "municipal_staff", "water_average", "waste", "ambulance",
    )} == {
        "births": ["projection", "projection"],
        "elementary_pupils": ["scaled", "national"],
        "households": ["scaled", "national"],
        "inpatients": ["prefecture", "national"],
        "hospital_beds": ["prefecture", "national"],
        "care_recipients": ["national", "own"],
        "care_level_3": ["national", "own"],
        "municipal_staff": ["own", "own"],
        "water_average": ["own", "national"],
        "waste": ["own", "national"],
        "ambulance": ["national", "national"],
    }  # fmt: skip
    assert found["vacant_dwellings"]["basis"] == {"012106": "own"}
    missing = {each["id"]: each for each in done["missing"]}
    assert missing["vacant_dwellings"]["municipalities"] == ["022012"]
    assert "住宅・土地統計調査" in missing["vacant_dwellings"]["sentence"]
    assert missing["transit_users"]["municipalities"] == ["012106", "022012"]
    assert {"water_maximum", "renewal_cost"} < set(missing)

    pupils = found["elementary_pupils"]["municipalities"]["012106"]
    assert np.interp(2023, done["years"], pupils) == pytest.approx(400)
    assert found["households"]["municipalities"]["012106"][0] == pytest.approx(4000)
    for each in done["demands"]:
        if (parts := each["decomposition"]) is not None:
            causes = sum(parts[name][-1] for name in ("size", "structure", "rate"))
            assert causes == pytest.approx(each["values"][-1] - each["values"][0]), each["id"]
        low, *_, high = (row[-1] for row in each["bands"]["values"])
        assert low <= high
        assert sum(each["municipalities"][code][-1] for code in each["basis"]) == pytest.approx(
            each["values"][-1]
        )
        changed = {change["id"]: change for change in each["changes"]}
        assert changed["forecast"] == {
            "id": "forecast", "name": "推計どおり", "value": each["values"][-1], "difference": 0.0,
        }  # fmt: skip
    care = {change["id"]: change["difference"] for change in found["care_recipients"]["changes"]}
    assert (
        care["rate_up"]
        == pytest.approx(-care["rate_down"])
        == pytest.approx(0.1 * found["care_recipients"]["values"][-1])
    )
    assert care["later"] < 0 < care["mortality"]
    assert care["fertility"] == 0
    assert all(change["id"] != "later" for change in found["elementary_pupils"]["changes"])
    levels = sum(
        np.array(each["values"])
        for name, each in found.items()
        if name.startswith("care_") and "rec" not in name
    )
    assert levels == pytest.approx(found["care_recipients"]["values"])
    assert all(len(each["digest"]) == 64 for each in done["inputs"])
    assert (done["base"], done["draws"]) == ("census2020", {"number": 40, "seed": 1})

    table = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    whole = [
        row
        for row in table
        if row["demand"] == "waste" and row["year"] == "2035" and not row["municipality_code"]
    ]
    assert [row["quantile"] for row in whole] == ["", "0.025", "0.1", "0.5", "0.9", "0.975"]
    assert float(whole[0]["value"]) == pytest.approx(found["waste"]["values"][-1], abs=0.001)


@pytest.mark.slow
def test_rates_of_ones_own_come_first_and_bring_what_was_missing(capsys, tmp_path, held) -> None:
    given = tmp_path / "rates.yaml"
    given.write_text(GIVEN, encoding="utf-8")
    code, done = run(
        capsys, "demand", "--municipalities", BOTH, "--to", "2030", "--draws", "0", "--rates", str(given)
    )
    assert code == 0, done
    found = by_id(done)
    average, maximum = (np.array(found[name]["values"]) for name in ("water_average", "water_maximum"))
    assert maximum == pytest.approx(average / 0.8)
    assert found["transit_users"]["basis"] == {"012106": "asked"}
    assert found["transit_users"]["sources"] == ["利用実態調査（令和4年）"]
    homes, empty = (found[name]["municipalities"]["022012"] for name in ("households", "vacant_dwellings"))
    assert empty == pytest.approx([12000 - 20 * 5 * step - homes[step] for step in range(3)])
    cost = found["renewal_cost"]
    assert cost["municipalities"]["012106"] == pytest.approx([170 * 5 / 10, 170 * 5 / 10])
    assert "単価のままの額" in cost["note"]
    each = found["renewal_cost_per_person"]
    assert each["unit_label"] == "円／人"
    assert each["values"][1] > each["values"][0] > 0
    assert (done["rates"]["file"], len(done["rates"]["digest"])) == ("rates.yaml", 64)
    assert all(each["bands"] is None for each in done["demands"])
    assert done["draws"] is None


@pytest.mark.slow
def test_the_rates_of_the_reference_can_be_used_and_it_names_all_there_are(capsys, tmp_path, held) -> None:
    text = REFERENCE.read_text("utf-8")
    given = tmp_path / "rates.yaml"
    given.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    code, done = run(
        capsys, "demand", "--municipalities", "01210", "--to", "2030", "--draws", "0", "--rates", str(given)
    )
    assert code == 0, done
    found = by_id(done)
    assert {found[name]["basis"]["012106"] for name in ("ambulance", "vacant_dwellings", "renewal_cost")} == {
        "asked"
    }
    assert [each["id"] for each in done["missing"]] == ["transit_users"]
    for name in (*known_rates(), *renewal(date(2026, 4, 1)).value.uses):
        assert f"`{name}`" in text, name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("rules: [\n", None, "YAMLとして読めません"),
        ("rates: []\n", None, "rules: の一覧だけ"),
        ("rules:\n  - {id: ambulances, source: a, value: {kind: flat, year: 2020, value: 1}}\n", "id", "使える名前"),
        ("rules:\n  - {id: ambulance, source: a, value: {kind: flat, year: 2020, value: 1}}\n",
         "ambulance.value.kind", "by_age"),
        ("rules:\n  - {id: waste_per_day, value: {kind: flat, year: 2020, value: 1}}\n",
         "waste_per_day.source", "この項目が要ります"),
        ("rules:\n  - {id: waste_per_day, source: a, value: {kind: flat, year: 2020, value: -1}}\n",
         "waste_per_day.value.flat.value", "小さすぎます"),
        ("rules:\n  - {id: bed_occupancy, source: a, value: {kind: flat, year: 2020, value: 1.5}}\n",
         "bed_occupancy.value.value", "割合にしてください"),
        ("rules:\n  - {id: ambulance, source: a, value: {kind: by_age, year: 2020, rows: [{age: [0, 4], both: 1},"
         " {age: [9, 14], both: 1}]}}\n", "ambulance.value.by_age", "2行目の年齢 9"),
        ("rules:\n  - {id: ambulance, source: a, value: {kind: table}}\n", "ambulance.value", "by_age、flat、"),
        ("rules:\n  - {id: dwellings, source: a, municipalities: ['012105'], value: {kind: flat, year: 2020,"
         " value: 1}}\n",
         "dwellings.municipalities", "検査数字"),
        ("rules:\n  - {id: public_buildings, source: a, municipalities: [012106], value: {kind: buildings, year: 2020,"
         " rows: [{use: palace, built: 1990, area: 1}]}}\n", "public_buildings", "用途「palace」はありません"),
        ("rules:\n  - {id: ambulance, source: a, value: {kind: by_age, year: 2020, rows: [{age: [110, 120], both: 1,"
         " of: standard}]}}\n", "ambulance", "人口が0の年齢階級"),
        ("rules:\n  - {id: nursery_children, source: a, value: {kind: by_age, year: 2020, rows: [{age: [0, 5],"
         " both: 47.7}]}}\n", "nursery_children", "0～5歳の率が1人当たり1を超えます"),
        ("rules:\n  - {id: ambulance, source: a, value: {kind: by_age, year: 2020, level: {male: 1}, rows: [{age:"
         " [0, null], both: 1}]}}\n", "ambulance.value.by_age.level", "male と female"),
        ("rules:\n  - {id: waste_per_day, source: a, value: {kind: flat, year: 2020, value: true}}\n",
         "waste_per_day.value.flat.value", "数を書いてください"),
        ("rules:\n  - {id: construction_prices, source: a, value: {kind: flat, year: 2020, value: 0}}\n",
         "construction_prices.value.value", "0より大きい"),
        ("rules:\n  - {id: dwellings, source: a, value: {kind: flat, year: 2020, value: 9}}\n",
         "dwellings", "総数には municipalities に団体コード"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_rates_is_one_message_with_its_place(
    capsys, tmp_path, held, text, place, words
) -> None:
    given = tmp_path / "rates.yaml"
    given.write_text(text, encoding="utf-8")
    told = ("demand", "--municipalities", "01210", "--to", "2025", "--draws", "0", "--rates", str(given))
    code, done = run(capsys, *told)
    assert (code, done["error"]["column"]) == (2, place), done
    assert words in done["error"]["message"]


@pytest.mark.slow
def test_totals_that_are_not_of_the_residents_are_told_and_beyond_all_proportion_left_out(
    capsys, tmp_path, db
) -> None:
    """The pupils of an evacuated town go to school elsewhere; and a staff without people has no ratio to follow."""
    empty = [",".join([*row.split(",")[:3], "0", *row.split(",")[4:]]) for row in rows(towns=("01202",))]
    load(tmp_path, capsys, [*rows(), *(row.replace("01202", "02202") for row in empty)])
    told = ("demand", "--municipalities", "01100,01202,02202", "--to", "2030", "--draws", "0")
    code, done = run(capsys, *told)
    assert code == 0, done
    usual = by_id(done)["elementary_pupils"]["municipalities"]
    then = {town: np.interp(2023, done["years"], usual[six_digits(town)]) for town in ("01100", "01202")}
    load(
        tmp_path,
        capsys,
        [
            f"01100,elementary_pupils,2023,{3 * then['01100']:.0f},persons,,",
            f"01202,elementary_pupils,2023,{30 * then['01202']:.0f},persons,,",
            "02202,general_administration_staff,2020,100,persons,,",
            "01202,general_administration_staff,2020,50,persons,,",
        ],
    )
    code, done = run(capsys, *told)
    assert code == 0, done
    pupils = by_id(done)["elementary_pupils"]
    assert list(pupils["basis"].values()) == ["scaled", "national", "national"]
    assert pupils["municipalities"]["012025"] == pytest.approx(usual["012025"])
    assert "01202は、総数が人口と全国の率から求めた数の5倍を超える" in pupils["note"]
    assert "01100は、総数が人口と全国の率から求めた数の3倍" in pupils["note"]
    assert "国立、私立を含む" in pupils["note"]
    staff = by_id(done)["municipal_staff"]
    assert list(staff["municipalities"]) == ["012025"]
    lost = {tuple(each["municipalities"]): each["sentence"] for each in done["missing"]}
    assert "人口が0" in lost["022021",]


@pytest.mark.slow
def test_what_would_change_it_names_the_rate_and_leaves_out_what_cannot_be(capsys, held) -> None:
    code, done = run(capsys, "demand", "--municipalities", BOTH, "--to", "2035", "--draws", "0")
    assert code == 0, done
    found = {each["id"]: {row["id"]: row for row in each["changes"]} for each in done["demands"]}
    for name in ("births", "deaths", "cremations"):
        assert "rate_up" not in found[name], name
    assert found["births"]["fertility"]["difference"] > 0
    assert found["vacant_dwellings"]["rate_up"]["name"] == "世帯主率が10%高い"
    assert found["vacant_dwellings"]["rate_up"]["difference"] < 0
    assert found["municipal_staff"]["rate_up"]["name"] == "弾力性が10%高い"
    assert (
        found["municipal_staff"]["rate_up"]["difference"]
        < 0
        < found["municipal_staff"]["mortality"]["difference"]
    )
    assert found["hospital_beds"]["rate_up"]["difference"] > 0


@pytest.mark.slow
def test_levels_of_care_are_of_65_and_over_and_codes_may_be_written_as_numbers(
    capsys, tmp_path, held
) -> None:
    given = tmp_path / "rates.yaml"
    given.write_text(
        "rules:\n  - id: care_recipients\n    source: 介護保険事業計画\n    municipalities: [012106, 431001]\n"
        "    value: {kind: by_age, year: 2022, rows: [{age: [40, 64], both: 0.004}, {age: [65, null], both: 0.2}]}\n",
        encoding="utf-8",
    )
    told = ("demand", "--municipalities", "01210", "--to", "2025", "--draws", "0", "--rates", str(given))
    code, done = run(capsys, *told)
    assert code == 0, done
    found = by_id(done)
    assert found["care_recipients"]["basis"] == {"012106": "asked"}
    levels = sum(
        each["values"][0] for name, each in found.items() if name.startswith("care_") and "rec" not in name
    )
    assert 0 < levels < found["care_recipients"]["values"][0]
    assert "65歳未満の認定者は、要介護度別に分けていない" in found["care_level_3"]["note"]
    assert "65歳未満" not in found["care_recipients"]["note"]


@pytest.mark.slow
def test_a_regions_own_statistics_are_used_for_the_region_only(capsys, tmp_path, region) -> None:
    towns = ("01901", "01902", "01903")
    names = dict(zip(TOWNS, towns, strict=False))
    censuses = [names[row[:5]] + row[5:] for row in rows(years=(2015, 2020), towns=TOWNS[:3])]
    load(tmp_path, capsys, censuses)
    own = [
        f"01901,ambulance_transport_rate,2023,{rate},fraction,,{age}"
        for age, rate in (("0-64", 0.01), ("65+", 0.2))
    ]
    load(tmp_path, capsys, own, "--region", "aoba")
    told = ("demand", "--to", "2025", "--draws", "0")
    code, done = run(capsys, *told, "--region", "aoba")
    assert code == 0, done
    six = [six_digits(town) for town in towns]
    assert by_id(done)["ambulance"]["basis"] == dict(zip(six, ("own", "national", "national"), strict=True))
    assert list(done["municipalities"]) == six
    code, done = run(capsys, *told, "--municipalities", ",".join(towns))
    assert set(by_id(done)["ambulance"]["basis"].values()) == {"national"}
    assert run(capsys, *told, "--region", "nashi")[0] == 2


@pytest.mark.slow
def test_a_regions_registered_rates_are_taken_where_no_file_is_given(capsys, tmp_path, region) -> None:
    towns = ("01901", "01902", "01903")
    names = dict(zip(TOWNS, towns, strict=False))
    load(tmp_path, capsys, [names[row[:5]] + row[5:] for row in rows(years=(2015, 2020), towns=TOWNS[:3])])
    factor = GIVEN.splitlines()[2]
    with scope(region=region):
        actions.save_demand_rates(operator(), region, f"rules:\n{factor}\n", name="mizu.yaml")
    told = ("demand", "--to", "2025", "--draws", "0")
    code, done = run(capsys, *told, "--region", "aoba")
    assert code == 0, done
    average, maximum = (np.array(by_id(done)[name]["values"]) for name in ("water_average", "water_maximum"))
    assert maximum == pytest.approx(average / 0.8)
    assert (done["rates"]["file"], len(done["rates"]["digest"])) == ("mizu.yaml", 64)
    assert any("圏域で登録した率（mizu.yaml）" in note for note in done["notes"])
    assert done["inputs"][-1]["digest"] == done["rates"]["digest"]
    given = tmp_path / "rates.yaml"
    given.write_text("rules: []\n", encoding="utf-8")
    for other in (("--region", "aoba", "--rates", str(given)), ("--municipalities", ",".join(towns))):
        code, done = run(capsys, *told, *other)
        assert (code, "water_maximum" in by_id(done)) == (0, False)


@pytest.mark.slow
def test_without_three_censuses_there_is_no_band_and_a_note_says_so(
    capsys, monkeypatch, tmp_path, db
) -> None:
    load(tmp_path, capsys, rows(years=(2015, 2020)))
    code, done = run(capsys, "demand", "--municipalities", "01210", "--to", "2025")
    assert (code, done["draws"]) == (0, None)
    assert any("3回分" in note for note in done["notes"])
    code, done = run(capsys, "demand", "--municipalities", "01210", "--to", "2025", "--draws", "10")
    assert (code, done["error"]["column"]) == (2, "--draws")
    code, done = run(capsys, "demand", "--municipalities", "01210", "--to", "2020")
    assert (code, [each["id"] for each in done["demands"]][:2]) == (0, ["households", "nursery_children"])
    assert {len(each["years"]) for each in done["demands"]} == {1}
    with monkeypatch.context() as little:
        little.setattr(project, "_memory", lambda: 2_000_000)
        code, done = run(capsys, "demand", "--municipalities", "01210", "--to", "2025")
    assert (code, done["error"]["column"]) == (2, "--draws")
    assert "メモリが足りません" in done["error"]["message"]
    for arguments, place in (
        (("--seed", "-1"), "--seed"),
        (("--draws", "-1"), "--draws"),
        (("--base", "a"), "--to"),
    ):
        code, done = run(capsys, "demand", "--municipalities", "01210", *arguments)
        assert (code, done["error"]["column"]) == (2, place)


@pytest.mark.slow
def test_demands_go_to_json_and_back_and_a_correction_to_totals_stays_in_what_if(held) -> None:
    codes = ("01210", "02201")
    wanted = making.Wanted(
        tuple(places_named(BOTH)), "census2020", "net", 2030, draws=20,
        changes=({"kind": "control", "areas": [list(codes)], "totals": {2025: [[50_000]], 2030: [[45_000]]}},),
    )  # fmt: skip
    found = making.projected(wanted)
    made = demands(codes, found.ready.base, found.made, None, date(2026, 4, 1))
    assert Demands.from_json(json.loads(json.dumps(made.to_json()))) == made
    waste = {change.id: change for change in made["waste"].changes}
    assert abs(waste["fertility"].difference) < 0.1 * made["waste"].values[-1]
    assert "waste" in made
    assert made["municipal_staff"].of(2020, "01210") > made["municipal_staff"].of(2030, "01210")
    assert (
        made["elementary_pupils"].basis_shown
        == "市区町村の総数に合わせた全国の年齢別の値（1）、全国の値（1）"
    )


NINE = "01210,01209,01215,01222,01423,01427,01428,01429,01430"
KUMAMOTO = "43202,43203"


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)
def test_real_towns_come_near_to_their_pupils_households_and_deaths(capsys, tmp_path, db) -> None:
    """Censuses and SSDSE of nine towns and of two elsewhere; what is compared is not what it was scaled to."""
    folder = Path(os.environ["KENIKI_TEST_DATA"])
    towns = [*NINE.split(","), *KUMAMOTO.split(",")]
    history = files.history_in(folder / "ipss_h30", Path.read_bytes)
    census, _ = files.census_in(folder / "census2020" / "population_census_2020.csv", Path.read_bytes)
    lines = []
    for population in (*(history.at(year) for year in (2005, 2010, 2015)), census[2020]):
        there = [code for code in towns if code in set(population.codes)]
        for code, people in zip(there, population.of(there).values, strict=True):
            for sex, word in enumerate(("male", "female")):
                for age, value in zip(population.ages, people[sex], strict=True):
                    label = f"{age[0]}+" if age[1] is None else f"{age[0]}-{age[1]}"
                    lines.append(f"{code},population,{population.year},{value:.3f},persons,{word},{label}")
    load(tmp_path, capsys, lines)
    code, done = run(capsys, "demand", "--municipalities", NINE, "--draws", "200")
    assert code == 0, done
    found = by_id(done)
    assert done["years"] == [2020, 2025, 2030, 2035, 2040, 2045, 2050]
    assert np.interp(2023, done["years"], found["elementary_pupils"]["values"]) == pytest.approx(
        5600, rel=0.08
    )
    assert np.interp(2023, done["years"], found["junior_high_students"]["values"]) == pytest.approx(
        3072, rel=0.08
    )
    assert found["households"]["values"][0] == pytest.approx(67_744, rel=0.02)
    assert found["deaths"]["values"][0] == pytest.approx(2697, rel=0.08)
    assert found["births"]["values"][0] == pytest.approx(537, rel=0.3)
    low, *_, high = (row[-1] for row in found["care_recipients"]["bands"]["values"])
    assert low < found["care_recipients"]["values"][-1] < high < 1.5 * low
    code, done = run(capsys, "demand", "--municipalities", KUMAMOTO, "--draws", "0")
    assert code == 0, done
    assert list(done["municipalities"]) == ["432024", "432032"]
    assert by_id(done)["deaths"]["values"][0] > by_id(done)["births"]["values"][0]

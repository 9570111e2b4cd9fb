"""`keniki project` and `keniki backcast`: from loaded censuses to a table, and from files to errors."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keniki.analysis.population import five_year_ages
from keniki.cli import console, database, main, project

HEAD = "municipality_code,indicator,year,value,unit,sex,age"
TOWNS = ("01100", "01202", "01210", "02201")
YEARS = (2010, 2015, 2020)
AGES = five_year_ages(85)


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


def run(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    code = main.main([*arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


def people(town: str, year: int, sex: int, at: int) -> int:
    """A town that shrinks by a tenth in each class every five years; one class of one town has nobody."""
    if town == "02201" and at == len(AGES) - 1:
        return 0
    return round((1000 + 100 * TOWNS.index(town) + 10 * sex) * 0.97**at * 0.9 ** ((year - 2010) // 5))


def rows(years: tuple[int, ...] = YEARS, towns: tuple[str, ...] = TOWNS) -> list[str]:
    found = []
    for town in towns:
        for year in years:
            for sex, word in enumerate(("male", "female")):
                for at, (first, last) in enumerate(AGES):
                    age = f"{first}-{last}" if last is not None else f"{first}+"
                    number = people(town, year, sex, at)
                    found.append(f"{town},population,{year},{number},persons,{word},{age}")
    return found


@pytest.fixture
def censuses(tmp_path: Path, capsys: Any, db: None) -> Path:
    path = tmp_path / "censuses.csv"
    path.write_text("\n".join([HEAD, *rows()]), encoding="utf-8")
    assert main.main(["data", "import", str(path)]) == 0
    capsys.readouterr()
    return path


def test_municipalities_are_projected_with_their_cells_and_where_everything_came_from(
    capsys, tmp_path, censuses
) -> None:
    out = tmp_path / "future.csv"
    code, done, _ = run(
        capsys, "project", "--municipalities", "01210,022012", "--base", "census2020", "--model", "ccr",
        "--to", "2030", "--out", str(out),
    )  # fmt: skip
    assert code == 0, done
    assert done["years"] == [2020, 2025, 2030]
    assert set(done["totals"]) == {"012106", "022012"}
    base = sum(people("01210", 2020, sex, at) for sex in (0, 1) for at in range(len(AGES)))
    assert done["totals"]["012106"][0] == base
    assert done["region"] == pytest.approx([sum(pair) for pair in zip(*done["totals"].values(), strict=True)])
    assert done["region"][2] < done["region"][1] < done["region"][0]
    assert done["basis"] == {"012106": "own", "022012": "own"}
    assert [len(each["digest"]) for each in done["inputs"]] == [64]
    table = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert len(table) == 2 * 3 * 2 * len(AGES)
    young = next(row for row in table if row["year"] == "2030" and row["age"] == "15-19")
    assert float(young["value"]) > 0
    assert sum(float(row["value"]) for row in table if row["year"] == "2030") == pytest.approx(
        done["region"][2], abs=0.1
    )


@pytest.mark.slow
def test_a_scenario_changes_it_and_its_mistakes_are_named(capsys, tmp_path, censuses) -> None:
    told = ["project", "--municipalities", "01210", "--base", "census2020", "--model", "net", "--to", "2030"]
    plain = run(capsys, *told)[1]
    more = tmp_path / "家族.yaml"
    more.write_text(
        "name: 毎年10世帯\nchanges:\n  - kind: families\n    per_year: 10\n    municipalities: [012106]\n"
        "    members:\n      - {sex: male, age: 30, persons: 1}\n      - {sex: female, age: 30, persons: 1}\n",
        encoding="utf-8",
    )
    code, done, _ = run(capsys, *told, "--scenario", str(more))
    assert (code, done["scenario"]) == (0, "毎年10世帯")
    assert done["region"][1] - plain["region"][1] > 100
    for text, place, words in (
        ("name: x\nchanges:\n  - kind: closer\n", "changes.0", "kind は closed、"),
        ("name: x\nchanges:\n  - {kind: fertility}\n", "changes.0.fertility", "どれか一つ"),
        ("name: x\nchanges:\n  - {kind: survival, factor: {2030: -1}}\n", "changes.0.survival.factor.2030", "小さ"),
        ("changes: []\n", "name", "この項目が要ります"),
        ("name: x\nchanges:\n  - {kind: migration, ages: [17, 3]}\n", "changes.0.migration", "初めより前"),
        ("name: x\nchanges:\n  - {kind: migration, since: 2040, until: 2030}\n", "changes.0.migration", "until"),
        ("name: x\nchanges:\n  - {kind: migration, ages: [3, 7]}\n", None, "5歳階級の区切り"),
        ("name: x\nchanges:\n  - {kind: migration, municipalities: [131016]}\n", None, "推計する市区町村にありません"),
        ("name: [\n", None, "YAMLとして読めません"),
    ):  # fmt: skip
        more.write_text(text, encoding="utf-8")
        code, done, _ = run(capsys, *told, "--scenario", str(more))
        assert (code, done["error"]["column"]) == (2, place)
        assert words in done["error"]["message"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "column", "words"),
    [
        (("--base", "census2000", "--model", "ccr"), "--base", "ある基準人口: census2010、census2015、census2020"),
        (("--base", "census2010", "--model", "ccr"), "--model", "2005年の国勢調査"),
        (("--base", "census2020", "--model", "pool"), "--model", "転出者数と転入者数がありません"),
        (("--base", "census2020", "--model", "published"), "--published", "どの公表推計"),
        (("--base", "census2020", "--model", "published", "--published", "ipss_r5"), "--published", "読み込まれて"),
        (("--base", "census2020", "--model", "ccr", "--to", "2033"), "--to", "5年おき"),
        (("--base", "census2020", "--model", "ccr", "--draws", "-1"), "--draws", "0から"),
        (("--base", "census2015", "--model", "ccr", "--draws", "5"), "--draws", "3回分"),
    ],
)  # fmt: skip
def test_what_is_missing_for_a_projection_is_said(capsys, censuses, arguments, column, words) -> None:
    given = ("--municipalities", "01210", *arguments)
    code, done, _ = run(capsys, "project", *given, *(() if "--to" in given else ("--to", "2030")))
    assert (code, done["error"]["column"]) == (2, column)
    assert words in done["error"]["message"]


@pytest.mark.slow
def test_draws_give_bands_and_the_same_ones_again(capsys, censuses) -> None:
    told = (
        "project",
        "--all",
        "--base",
        "census2020",
        "--model",
        "ccr",
        "--to",
        "2030",
        "--draws",
        "40",
        "--seed",
        "5",
    )
    code, done, _ = run(capsys, *told)
    assert code == 0, done
    assert len(done["totals"]) == len(TOWNS)
    bands = np.array(done["draws"]["region"])
    assert bands.shape == (5, 2)
    assert np.all(np.diff(bands, axis=0) >= 0)
    assert run(capsys, *told)[1]["draws"] == done["draws"]


#: More than one part of four towns' draws.
MANY = ("--all", "--base", "census2020", "--model", "ccr", "--to", "2030", "--draws", "30000", "--seed", "5")


@pytest.mark.slow
def test_draws_in_parts_are_the_same_on_every_engine(capsys, monkeypatch, censuses) -> None:
    found = []
    for engine in ("local", "processes:2"):
        monkeypatch.setenv("KENIKI_ENGINE", engine)
        code, done, _ = run(capsys, "project", *MANY)
        assert code == 0, done
        found.append(done["draws"])
    assert found[0] == found[1]
    assert found[0]["number"] == 30000


@pytest.mark.slow
def test_an_engine_that_cannot_be_used_ctrl_c_and_too_many_draws_end_with_one_message(
    capsys, monkeypatch, censuses
) -> None:
    from keniki import engines
    from keniki.engines import cluster

    monkeypatch.setattr(cluster, "_REACHED", 0.2)
    for engine, words in (
        ("threads", "KENIKI_ENGINE を読めません"),
        ("dask://127.0.0.1:1", "接続できません"),
    ):
        monkeypatch.setenv("KENIKI_ENGINE", engine)
        code, done, _ = run(capsys, "project", *MANY)
        assert code == 2
        assert words in done["error"]["message"]
    monkeypatch.setenv("KENIKI_ENGINE", "processes:2")
    monkeypatch.setattr(console._Lines, "step", interrupted)
    code, done, said = run(capsys, "project", *MANY)
    assert (code, done["error"]["message"]) == (130, "中断しました。")
    assert "Traceback" not in said
    assert [child for child in multiprocessing.active_children() if child.name == "keniki-engine"] == []
    with monkeypatch.context() as little:
        little.setattr(project, "_memory", lambda: 2_000_000)
        code, done, _ = run(capsys, "project", *MANY)
    assert (code, done["error"]["column"]) == (2, "--draws")
    assert "6,250回までに" in done["error"]["message"]
    monkeypatch.setattr(engines, "stream", lost)
    code, done, _ = run(capsys, "project", *MANY)
    assert (code, done["error"]["message"]) == (1, "止まりました。")


def interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def lost(*_: Any, **__: Any) -> Iterator[Any]:
    from keniki import engines

    raise engines.WorkerLost("止まりました。")
    yield


@pytest.mark.slow
def test_control_totals_of_a_published_projection_are_met(capsys, tmp_path, censuses) -> None:
    groups = ("0_14", "15_64", "65_plus")
    published = tmp_path / "ipss_r5_tidy.csv"
    lines = [
        f"{town},projected_population_{group},{year},{1000 * at + year},persons,ipss_r5"
        for town in ("01210", "01202")
        for year in (2025, 2030)
        for at, group in enumerate(groups, 1)
    ]
    published.write_text(
        "\n".join(["municipality_code,indicator,year,value,unit,source", *lines]), encoding="utf-8"
    )
    assert main.main(["data", "import", str(published)]) == 0
    capsys.readouterr()
    code, done, _ = run(
        capsys, "project", "--municipalities", "01210,01202", "--base", "census2020", "--model", "published",
        "--published", "ipss_r5", "--to", "2030",
    )  # fmt: skip
    assert code == 0, done
    assert done["totals"]["012106"][1:] == pytest.approx([6000 + 3 * 2025, 6000 + 3 * 2030])
    assert len(done["inputs"]) == 2


def test_a_past_census_is_forecast_from_files_and_the_missing_are_named(capsys, tmp_path) -> None:
    made_series(tmp_path / "past")
    actual = tmp_path / "census.csv"
    actual.write_text("\n".join([HEAD, *rows((2020,), (*TOWNS[:3], "02201"))]), encoding="utf-8")
    told = ("backcast", "--history", str(tmp_path / "past"), "--origin", "2015", "--target", "2020")
    code, done, _ = run(capsys, *told, "--actual", str(actual), "--rival", str(tmp_path / "past"))
    assert code == 0, done
    assert done["n"] == 3
    assert done["mape"] < 0.02
    assert done["missing"]["municipalities"] == [{"code": "022012", "name": ""}]
    assert done["rival"]["n"] == 3
    assert done["rival"]["mape"] == pytest.approx(0.05, abs=0.01)
    assert done["rival"]["own"]["mape"] == done["mape"]
    assert 0 <= done["coverage_80"] <= done["coverage_95"] <= 1
    for change, column, words in (
        (("--origin", "2012"), "--target", "5年後"),
        (("--origin", "2020", "--target", "2025"), "--target", "2020年の人口で"),
        (("--seed", "-1"), "--seed", "0以上"),
    ):
        code, done, _ = run(capsys, *told, "--actual", str(actual), *change)
        assert (code, done["error"]["column"]) == (2, column), done
        assert words in done["error"]["message"]
    code, done, _ = run(capsys, *told, "--actual", str(tmp_path / "none.csv"))
    assert (code, done["error"]["file"]) == (2, str(tmp_path / "none.csv"))
    (tmp_path / "past" / "CityM" / "pd01100.json").write_text("[]", encoding="utf-8")
    code, done, _ = run(capsys, *told, "--actual", str(actual))
    assert code == 2
    assert done["error"]["file"].endswith("pd01100.json")


def made_series(folder: Path) -> None:
    """Eight censuses that fall by a tenth each time, and a projection five in a hundred too high."""
    labels = [f"{first}～{last}歳" if last is not None else f"{first}歳以上" for first, last in AGES]
    for sex, name in enumerate(("CityM", "CityF")):
        (folder / name).mkdir(parents=True)
        for town in TOWNS[:3]:
            past = [
                [people(town, 2015, sex, at) / 0.9**back for back in range(7, -1, -1)]
                for at in range(len(AGES))
            ]
            future = [[people(town, 2020, sex, at) * 1.05] * 7 for at in range(len(AGES))]
            for prefix, figures in (("pd", past), ("pp", future)):
                whole = [[round(value) for value in line] for line in figures]
                lines = [
                    ("総数", [sum(each) for each in zip(*whole, strict=True)]),
                    *zip(labels, whole, strict=True),
                ]
                if prefix == "pd":
                    lines.append(("年齢不詳", [0] * 8))
                content = [{"Series": label, "Population": values} for label, values in lines]
                (folder / name / f"{prefix}{town}.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)
def test_the_real_2020_is_forecast_nearer_than_the_national_institute_did(capsys) -> None:
    folder = Path(os.environ["KENIKI_TEST_DATA"])
    census = folder / "census2020" / "population_census_2020.csv"
    series = str(folder / "ipss_h30")
    code, done, _ = run(
        capsys, "backcast", "--history", series, "--origin", "2015", "--target", "2020",
        "--actual", str(census), "--rival", series,
    )  # fmt: skip
    assert code == 0, done
    rival, own = done["rival"], done["rival"]["own"]
    assert (rival["n"], round(rival["mape"], 4), round(rival["cell_error"], 4)) == (179, 0.0218, 0.0262)
    assert all(own[name] < rival[name] for name in ("mape", "median_ape", "cell_error"))
    assert 0.75 <= done["coverage_80"] <= 0.86
    assert 0.93 <= done["coverage_95"] <= 0.97
    assert {"code": "022012", "name": "青森市"} in done["missing"]["municipalities"]

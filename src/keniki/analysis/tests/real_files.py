"""The real files the tests of this package read, and the nine municipalities of Minami-Sorachi."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np

from keniki.analysis.population import History, Population, five_year_ages, with_unknown

MINAMI_SORACHI = ("01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430")


class Ssdse:
    """An edition of SSDSE-A: three head rows (codes, years, labels), then one row for each municipality."""

    def __init__(self, folder: Path, edition: int) -> None:
        text = (folder / "ssdse_a" / f"SSDSE-A-{edition}.csv").read_bytes().decode("cp932")
        rows = list(csv.reader(io.StringIO(text)))
        self.codes, self.years, self.labels = rows[0], rows[1], rows[2]
        self.municipalities = rows[3:]

    def column(self, code: str) -> np.ndarray:
        """The figures of one code, all municipalities."""
        at = self.codes.index(code)
        return np.array([float(row[at]) for row in self.municipalities])

    def table(self, codes: list[str]) -> np.ndarray:
        """(municipalities, codes)"""
        return np.stack([self.column(code) for code in codes], axis=1)

    def label(self, code: str) -> str:
        """The heading with one kind of comma: editions write 「，」 or 「、」."""
        return self.labels[self.codes.index(code)].replace("，", "、")

    @property
    def minami_sorachi(self) -> np.ndarray:
        """Which rows are the nine municipalities."""
        wanted = {f"R{code}" for code in MINAMI_SORACHI}
        return np.array([row[0] in wanted for row in self.municipalities])


def industries(ssdse: Ssdse, prefix: str) -> list[str]:
    """The codes of the industries below a total, `C2208` (employees) or `C2108` (establishments)."""
    return [code for code in ssdse.codes if code.startswith(prefix) and len(code) > len(prefix)]


def census_ages(folder: Path) -> dict[tuple[str, str], tuple[list[int], int, int]]:
    """By (municipality, sex 1 or 2) of census 2020 table 2-7-1: persons by class to 100+, of unknown age, in all."""
    with (folder / "census2020" / "population_census_2020.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = [row for row in csv.reader(file) if len(row) > 33 and row[4] in ("1", "2") and row[6] == "0"]
    wanted = [row for row in rows if row[8] in MINAMI_SORACHI]
    return {
        (row[8], row[4]): ([_whole(cell) for cell in row[12:33]], _whole(row[33]), _whole(row[11]))
        for row in wanted
    }


def _whole(cell: str) -> int:
    return 0 if cell == "-" else int(cell.replace(",", ""))


def census_history(folder: Path) -> History:
    """Censuses 1980–2015 by municipality, sex and five-year age to 90+, 年齢不詳 distributed."""
    codes = sorted(path.stem[2:] for path in (folder / "ipss_h30" / "CityM").glob("pd*.json"))
    values, unknown = np.empty((len(codes), 2, 19, 8)), np.empty((len(codes), 2, 8))
    for row, code in enumerate(codes):
        for sex, name in enumerate(("CityM", "CityF")):
            lines = json.loads((folder / "ipss_h30" / name / f"pd{code}.json").read_bytes())
            figures = [line["Population"] for line in lines]
            values[row, sex], unknown[row, sex] = figures[1:20], figures[20]
    return History(
        tuple(codes), five_year_ages(90), with_unknown(values, unknown), tuple(range(1980, 2016, 5))
    )


def census_2020(folder: Path) -> Population:
    """Census 2020 of every municipality (and ward), to 100+, 年齢不詳 distributed."""
    found: dict[str, dict[str, list[int]]] = {}
    with (folder / "census2020" / "population_census_2020.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        for row in csv.reader(file):
            if len(row) > 33 and row[4] in ("1", "2") and row[6] == "0" and row[8].isdigit():
                found.setdefault(row[8], {})[row[4]] = [_whole(cell) for cell in row[12:34]]
    codes = tuple(sorted(code for code in found if code[2:] != "000"))
    values = np.array([[found[code][sex] for sex in "12"] for code in codes], dtype=float)
    known = with_unknown(values[:, :, :21, None], values[:, :, 21, None])
    return Population(codes, five_year_ages(100), known[..., 0], 2020)


def ipss_h30(folder: Path) -> list[Population]:
    """The national institute's projection of 2018 for Hokkaido, 2015 to 2045."""
    codes = sorted(path.stem[2:] for path in (folder / "ipss_h30" / "CityM").glob("pp*.json"))
    values = np.empty((len(codes), 2, 19, 7))
    for row, code in enumerate(codes):
        for sex, name in enumerate(("CityM", "CityF")):
            lines = json.loads((folder / "ipss_h30" / name / f"pp{code}.json").read_bytes())
            values[row, sex] = [line["Population"] for line in lines][1:20]
    ages = five_year_ages(90)
    return [Population(tuple(codes), ages, values[..., at], 2015 + 5 * at) for at in range(7)]

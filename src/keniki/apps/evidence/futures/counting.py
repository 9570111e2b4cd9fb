"""From single figures, as files and store have them, to populations by municipality, sex and five-year age."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array
from keniki.analysis.population import STEP, History, InputError, Population, five_year_ages, with_unknown
from keniki.core.errors import WrongInput

from ..importers.base import UNKNOWN_AGE, Parsed

SEXES: Final = ("male", "female")
FIRST: Final[AgeClass] = (0, 4)
#: Marks that stand for nobody.
NOBODY: Final = ("-", "－", "―", "‐")
_UNKNOWN: Final = (UNKNOWN_AGE, UNKNOWN_AGE)


class Cell(NamedTuple):
    """Persons of one sex and class in one municipality (five digits) and year; ages −1 to −1 are 年齢不詳."""

    code: str
    year: int
    sex: str
    age: AgeClass
    value: float


@dataclass(frozen=True)
class Counted:
    """One year's population by sex and five-year age; `unknown` are persons of 年齢不詳 already distributed."""

    population: Population
    unknown: float
    #: Municipalities that lack a sex or a class, and so are left out.
    incomplete: tuple[str, ...]


def cells_of(parsed: Parsed, indicator: str) -> Iterable[Cell]:
    """The cells of one indicator in municipalities, by sex and class; marks for nobody are 0, words are left out."""
    wanted = {
        number: (key.year, key.sex, (key.age_from, key.age_to))
        for number, key in enumerate(parsed.series_keys)
        if key.indicator == indicator and key.sex in SEXES and key.age_from is not None and not key.part
    }
    codes = {
        number: area.code[:5] for number, area in enumerate(parsed.area_keys) if area.kind == "municipality"
    }
    for at, (series, area, value) in enumerate(zip(parsed.series, parsed.areas, parsed.values, strict=True)):
        if series in wanted and area in codes:
            if value != value:
                if parsed.texts.get(at, "").strip() not in NOBODY:
                    continue
                value = 0.0
            year, sex, (first, last) = wanted[series]
            yield Cell(codes[area], year, sex, (first or 0, last), value)


def counted(cells: Iterable[Cell]) -> dict[int, Counted]:
    """The population of each year there are cells of, in the classes of that year, the oldest first.

    年齢不詳 is distributed by municipality and sex. WrongInput where a year has no chain of five-year classes.
    """
    by_year: dict[int, dict[str, dict[str, dict[AgeClass, float]]]] = {}
    for cell in cells:
        by_year.setdefault(cell.year, {}).setdefault(cell.code, {}).setdefault(cell.sex, {})[cell.age] = (
            cell.value
        )
    return {year: _counted(year, by_year[year]) for year in sorted(by_year)}


def series(years: Mapping[int, Counted]) -> History:
    """The years five apart, up to the newest, as one history in the classes that all of them have.

    WrongInput where there is no year.
    """
    if not years:
        raise WrongInput("男女、年齢5歳階級別の人口がありません。")
    newest = max(years)
    kept = [newest]
    while kept[0] - STEP in years:
        kept.insert(0, kept[0] - STEP)
    open_age = min(years[year].population.ages[-1][0] for year in kept)
    folded = [years[year].population.folded(open_age) for year in kept]
    codes = tuple(sorted({code for each in folded for code in each.codes}))
    at = {code: row for row, code in enumerate(codes)}
    values = np.full((len(codes), 2, len(folded[0].ages), len(folded)), np.nan)
    for place, each in enumerate(folded):
        values[[at[code] for code in each.codes], ..., place] = each.values
    return History(codes, folded[0].ages, values, tuple(kept))


def _counted(year: int, by_code: Mapping[str, Mapping[str, Mapping[AgeClass, float]]]) -> Counted:
    ages = _classes(year, by_code.values())
    codes, rows, lost, incomplete = [], [], [], []
    for code in sorted(by_code):
        sexes = by_code[code]
        if any(age not in sexes.get(sex, {}) for sex in SEXES for age in ages):
            incomplete.append(code)
            continue
        codes.append(code)
        rows.append([[sexes[sex][age] for age in ages] for sex in SEXES])
        lost.append([sexes[sex].get(_UNKNOWN, 0.0) for sex in SEXES])
    known: Array = np.array(rows, dtype=float).reshape(len(rows), 2, len(ages))
    unknown: Array = np.array(lost, dtype=float).reshape(len(rows), 2)
    try:
        values = with_unknown(known[..., None], unknown[..., None])[..., 0]
        population = Population(tuple(codes), ages, values, year)
    except (InputError, ValueError) as error:
        raise WrongInput(f"{year}年の人口が正しくありません（{error}）。") from None
    return Counted(population, float(unknown.sum()), tuple(incomplete))


def _classes(year: int, people: Iterable[Mapping[str, Mapping[AgeClass, float]]]) -> tuple[AgeClass, ...]:
    """The five-year classes with the highest open one that any municipality of the year has in full."""
    found = five_year_classes({age for sexes in people for ages in sexes.values() for age in ages})
    if found is None:
        raise WrongInput(
            f"{year}年の人口に、0～4歳から「90歳以上」のような最後の階級までの切れ目のない5歳階級がありません。"
        )
    return found


def five_year_classes(there: Collection[AgeClass]) -> tuple[AgeClass, ...] | None:
    """0–4, 5–9 … to the highest open class with which they are all among these; None where there is no such chain."""
    for open_age in sorted((first for first, last in there if last is None), reverse=True):
        try:
            wanted = five_year_ages(open_age)
        except ValueError:
            continue
        if set(wanted) <= set(there):
            return wanted
    return None


def names_of(parsed: Sequence[Parsed]) -> dict[str, str]:
    """Names of the municipalities of some readings by five-digit code, where the file has names."""
    return {
        area.code[:5]: area.name
        for each in parsed
        for area in each.area_keys
        if area.kind == "municipality" and area.name not in ("", area.code)
    }

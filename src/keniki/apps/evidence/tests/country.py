"""A small made-up country with censuses, for whoever tests what is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from keniki.analysis.population import five_year_ages
from keniki.apps.evidence import actions
from keniki.apps.evidence.importers import tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.models import Edition
from keniki.apps.regions import queries

YEARS = (2005, 2010, 2015, 2020)
#: Municipalities beside those asked for, in two prefectures.
OTHERS = ("02201", "02202", "02203", "01202")
_AGES = five_year_ages(85)
_HEAD = "municipality_code,indicator,year,value,unit,sex,age"


def census_table(
    codes: Sequence[str],
    years: Sequence[int] = YEARS,
    *,
    more: int = 0,
    others: Sequence[str] = OTHERS,
) -> str:
    """Population by sex and five-year age as a tidy CSV; `more` people in every class of the newest year."""
    rows = [_HEAD]
    for number, code in enumerate((*codes, *others)):
        town = number % 20
        for year in years:
            for sex, word in enumerate(("male", "female")):
                for at, (first, last) in enumerate(_AGES):
                    age = f"{first}-{last}" if last is not None else f"{first}+"
                    number = people(town, year, sex, at) + (more if year == max(years) else 0)
                    rows.append(f"{code},population,{year},{number},persons,{word},{age}")
    return "\n".join(rows)


def people(town: int, year: int, sex: int, at: int) -> int:
    """Persons of a class: towns of different size that shrink, the young fastest; none alike."""
    steps = (year - YEARS[0]) // 5
    size = 400 + 130 * town + 9 * sex
    young = 0.93 if at in (3, 4, 5) else 0.97
    return round(size * 0.975**at * (young - 0.004 * town) ** steps + (at * 7 + town * 5 + steps * 3) % 11)


def load_censuses(codes: Sequence[str], years: Sequence[int] = YEARS, *, more: int = 0) -> Edition:
    """The country's censuses as official statistics; also of municipalities whose codes are no prefecture's."""
    stand_ins = {f"03{201 + number}": code for number, code in enumerate(codes)}
    file = RawBytes("censuses.csv", census_table(list(stand_ins), years, more=more).encode())
    read = tidy.READER.read(file)
    named = [(key, stand_ins.get(key.code[:5], key.code)) for key in read.area_keys]
    areas = [replace(key, code=code, name=code) for key, code in named]
    return actions.import_figures(queries.operator(), [replace(read, area_keys=areas)]).edition

"""Censuses as forecasts use them: codes that changed, editions that were used, towns that were evacuated."""

from __future__ import annotations

import numpy as np
import pytest

from keniki.apps.evidence import actions
from keniki.apps.evidence.book.holdings import Place
from keniki.apps.evidence.futures import forecasting, held
from keniki.apps.evidence.futures.making import Wanted, projected
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.importers.mapping import read_mapped, spec_of
from keniki.apps.regions.queries import operator
from keniki.core.errors import WrongInput

from ..importers import tidy
from .country import census_table, load_censuses
from .country import people as persons

pytestmark = pytest.mark.django_db

OLD, NEW = "01421", "01299"
#: A census that names the former municipality in today's one (国勢調査の「旧：○○町」).
FORMER = f"""
title: 旧市町村
area: {{name: 地域, kind: former}}
areas: [{{name: （旧：北村）, code: "{OLD}4", kind: former, members: ["{NEW}8"]}}]
year: 2020
columns: [{{column: 人口, indicator: population, unit: 人}}]
"""


def told_by_the_census() -> None:
    file = RawBytes("kyu.csv", "地域,人口\n（旧：北村）,100\n".encode())
    actions.import_figures(operator(), [read_mapped(file, spec_of(FORMER), {})])


def table(old_years, new_years) -> None:
    """The country with one town under an old code in some years, under a new one in others."""
    whole = census_table([OLD, NEW]).splitlines()
    kept = [
        line
        for line in whole
        if not (line.startswith(OLD) and int(line.split(",")[2]) not in old_years)
        and not (line.startswith(NEW) and int(line.split(",")[2]) not in new_years)
    ]
    content = "\n".join(kept).encode()
    actions.import_figures(operator(), [tidy.READER.read(RawBytes("censuses.csv", content))])


@pytest.mark.slow
def test_a_town_that_got_another_code_keeps_its_past() -> None:
    table((2005, 2010, 2015), (2020,))
    before = forecasting.ready("census2020", "net", 2030).rates
    assert before.basis[before.codes.index(NEW)] == "prefecture"
    told_by_the_census()
    assert held.successors() == {OLD: NEW}
    found = forecasting.ready("census2020", "net", 2030)
    assert found.rates.basis[found.rates.codes.index(NEW)] == "own"
    assert found.history is not None
    assert OLD not in found.history.codes
    at = found.history.codes.index(NEW)
    assert found.history.values[at, 1, 2, 0] == persons(0, 2005, 1, 2)
    assert found.history.values[at, 1, 2, -1] == persons(1, 2020, 1, 2)
    assert NEW in forecasting.ready("census2015", "net", 2030).base.codes


@pytest.mark.slow
def test_who_asks_by_the_old_code_is_told_the_new_one() -> None:
    table((2005, 2010, 2015), (2020,))
    told_by_the_census()
    with pytest.raises(WrongInput, match=f"{OLD}は{NEW}です"):
        projected(Wanted((Place(f"{OLD}4", "北村"),), "census2020", "net", 2030))


def test_what_went_into_a_town_counts_until_it_is_gone() -> None:
    table((2005, 2010), (2005, 2010, 2015, 2020))
    told_by_the_census()
    history = held.censuses().history
    values = history.values[history.codes.index(NEW), 0, 4]
    both = [persons(0, year, 0, 4) + persons(1, year, 0, 4) for year in (2005, 2010)]
    assert values.tolist() == [*both, *(persons(1, year, 0, 4) for year in (2015, 2020))]


def test_a_census_that_one_of_them_lacks_in_between_is_lacking() -> None:
    table((2005, 2015), (2005, 2010, 2015, 2020))
    told_by_the_census()
    history = held.censuses().history
    assert np.isnan(history.values[history.codes.index(NEW), 0, 4]).tolist() == [False, True, False, False]


@pytest.mark.slow
def test_an_earlier_base_names_only_the_editions_up_to_it() -> None:
    load_censuses([OLD], (2005, 2010, 2015))
    newest = tidy.READER.read(RawBytes("census_2020.csv", census_table([OLD], (2020,)).encode()))
    actions.import_figures(operator(), [newest])
    assert len(forecasting.ready("census2020", "net", 2030).used) == 2
    (used,) = forecasting.ready("census2015", "net", 2030).used
    assert "2015" in used.edition or "2005" in used.edition


@pytest.mark.slow
def test_towns_that_lost_most_of_their_people_at_once_are_named() -> None:
    lines = census_table([OLD, NEW]).splitlines()
    emptied = [
        ",".join([*parts[:3], "0", *parts[4:]]) if parts[0] == OLD and parts[2] == "2020" else line
        for line in lines
        if (parts := line.split(","))
    ]
    content = "\n".join(emptied).encode()
    actions.import_figures(operator(), [tidy.READER.read(RawBytes("censuses.csv", content))])
    found = forecasting.ready("census2020", "net", 2030)
    assert any(OLD in note and "避難指示" in note for note in found.said_of([OLD, NEW]))
    assert found.said_of([NEW]) == ()

"""Fans: counted, projected, bands; any numbers, no band, one panel or forty."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from typing import Any

import altair
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keniki.press.book_charts import Band, Fan, fan, fans
from keniki.press.tests.samples import TOWNS
from keniki.press.tests.test_book_charts import name, number

pytestmark = pytest.mark.slow

PAST = ((2010, 1200), (2015, None), (2020, 1000))
AHEAD = ((2025, 950.4), (2030, 900))
WIDE, NARROW = Band("95 %区間", [900, 800], [990, 1010]), Band("80 %区間", [930, 850], [970, 960])


def town(name: str = "白樺市", *bands: Band, unit: str = "") -> Fan:
    return Fan(name, PAST, AHEAD, bands, unit)


def test_the_last_values_stand_at_its_edges_and_every_number_in_the_table() -> None:
    chart = fan("総人口", "人", town("計", WIDE, NARROW), checked="過去の検証：5年先 85 %")
    altair.LayerChart.from_dict(chart.spec)
    svg = chart.svg().decode().replace("\xa0", " ")
    for words in (
        "推計  900",
        "95 %区間の上限  1,010",
        "80 %区間の下限  850",
        "2010年 1,200",
        "2020年 1,000",
        "過去の検証：5年先 85 %",
        "淡い帯：95 %区間",
    ):
        assert words in svg
    assert chart.columns == (
        "年",
        "実績（人）",
        "推計（人）",
        "95 %区間の下限",
        "95 %区間の上限",
        "80 %区間の下限",
        "80 %区間の上限",
    )
    assert chart.rows[1] == ("2015", None, None, None, None, None, None)
    assert chart.rows[-1] == ("2030", None, 900, 800, 1010, 850, 960)
    assert chart.alt == (
        "総人口の図（人）：実績 2010年 1,200、2020年 1,000／推計 2025年 950、2030年 900"
        "／2030年の95 %区間 800～1,010／2030年の80 %区間 850～960"
    )
    assert (
        chart.svg() == fan("総人口", "人", town("計", WIDE, NARROW), checked="過去の検証：5年先 85 %").svg()
    )


def test_without_a_band_it_is_a_line_and_says_so_where_it_is_told() -> None:
    chart = fan("総人口", "人", town(), checked="この推計には予測区間がない。")
    assert "この推計には予測区間がない。" in chart.svg().decode()
    assert "区間の" not in chart.svg().decode()
    assert len(chart.columns) == 3


def test_forty_small_fans_are_named_each_with_its_own_unit() -> None:
    panels = [town(f"{TOWNS[at % 9]}{at}", WIDE, NARROW, unit="世帯") for at in range(40)]
    chart = fans("世帯数", "", panels)
    altair.LayerChart.from_dict(chart.spec)
    svg = chart.svg().decode()
    assert all(f">{panel.name}（世帯）<" in svg for panel in panels)
    assert len(chart.rows) == 40 * 5
    assert chart.wide
    assert len(svg) < 400_000
    assert "ほか28" in chart.alt


def test_a_band_of_other_years_is_refused() -> None:
    with pytest.raises(ValueError, match="values for 2"):
        fan("", "", town("", Band("80 %区間", [1], [2])))
    with pytest.raises(ValueError, match="values for 2"):
        fans("", "", [town("", Band("80 %区間", [1, 2], [2]))])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(name, min_size=0, max_size=14),
    st.lists(number, min_size=1, max_size=9),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 2),
)
def test_any_names_and_numbers_give_a_picture(
    names: list[str], pool: list[Any], before: int, after: int, banded: int
) -> None:
    chosen = random.Random(len(names))

    def values(count: int) -> list[Any]:
        return [chosen.choice(pool) for _ in range(count)]

    def panel(name: str) -> Fan:
        past = list(zip(range(1980, 1980 + 5 * before, 5), values(before), strict=True))
        ahead = list(zip(range(2020, 2020 + 5 * after, 5), values(after), strict=True))
        bands = [Band(f"{at}", values(after), values(after)) for at in range(banded)]
        return Fan(name, past, ahead, bands, name)

    made = [
        fans("題", "人", [panel(each) for each in names]),
        *(fan("題", "人", panel(each)) for each in names[:1]),
    ]
    for chart in made:
        svg = chart.svg()
        ET.fromstring(svg)  # noqa: S314
        assert b"NaN" not in svg
        assert b"undefined" not in svg
        assert all(len(row) == len(chart.columns) for row in chart.rows)
        assert json.dumps(chart.spec).count("http") == 1

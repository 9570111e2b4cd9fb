"""The charts of a region book: any region, any numbers."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast

import altair
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keniki.press import blocks as b
from keniki.press import book_charts as book
from keniki.press.book_charts import common
from keniki.press.charts import Chart
from keniki.press.tests.samples import TOWNS

pytestmark = pytest.mark.slow

YEARS = ("平成27年", "令和2年", "令和7年", "令和12年")


def town_series(count: int = 9) -> dict[str, list[int | None]]:
    return {f"{TOWNS[n % 9]}{n // 9 or ''}": [900 - 60 * n + year for year in range(4)] for n in range(count)}


def columns(count: int = 9) -> Chart:
    return book.columns_by_year("人口", "人", YEARS, town_series(count), projected_from=2)


def shares() -> Chart:
    return book.shares(
        "年齢別人口", YEARS[:2], {"0～14歳": [10, 20], "15～64歳": [60, None], "65歳以上": [30, 5]}
    )


def bars() -> Chart:
    return book.bars(
        "昼夜間人口比率",
        "％",
        ["白樺市", "霧丘市"],
        [Decimal("96.7"), None],
        references={"圏域": 96.1, "道": 100.0, "全国": 100.0},
        intervals=[(95.0, 98.4), None],
        decimals=1,
        highlight=["白樺市"],
    )


def paired() -> Chart:
    return book.paired("就業者割合", "％", ["農業", "漁業"], {"圏域": [12.5, None], "全国": [3.1, -0.4]})


def quotients() -> Chart:
    return book.quotients("特化係数", ["農業", "鉱業"], {"圏域": [1.2, 15.94], "道": [2.0, None]})


def components() -> Chart:
    return book.components("人口の増減", "人", TOWNS[:2], {"自然増減": [-90, -8], "社会増減": [30, None]})


def pyramid() -> Chart:
    return book.pyramid(
        "人口ピラミッド", ["0～4歳", "5～9歳"], [10, None], [11, 9], outline=("令和32年", [5, 4], [6, 3])
    )


def lines() -> Chart:
    series: dict[str, list[float | None]] = {"白樺市": [100, None, 93.5, 90], "全国": [100, 99, 98, None]}
    return book.lines("人口指数", "", YEARS, series, 1, base=100)


def matrix() -> Chart:
    return book.matrix(
        "通勤・通学", "人", TOWNS[:2], [*TOWNS[:2], "圏域外"], [[500, 20, None], [35, 200, 0]], 0
    )


ALL = [columns, shares, bars, paired, quotients, components, pyramid, lines, matrix]


@pytest.mark.parametrize("make", ALL)
def test_each_is_valid_drawn_and_the_same_again(make: Callable[[], Chart]) -> None:
    chart = make()
    altair.LayerChart.from_dict(chart.spec)
    assert chart.svg() == make().svg()
    ET.fromstring(chart.svg())  # noqa: S314
    assert json.dumps(chart.spec).count("http") == 1
    chart.table()


def test_of_many_municipalities_the_largest_are_drawn_and_all_stand_in_the_table() -> None:
    chart = columns(40)
    svg = chart.svg().decode()
    assert "その他25市町村" in svg
    assert len(chart.rows) == 41
    given = town_series(40).values()
    assert chart.rows[-1] == ("計", *(sum(row[year] or 0 for row in given) for year in range(4)))
    fifteen = columns(15).svg().decode()
    assert "その他" not in fifteen
    assert all(f">{name}<" in fifteen for name in town_series(15))


def test_projected_years_are_pale_dashed_and_named() -> None:
    chart = columns()
    assert "推計" in chart.svg().decode()
    assert chart.columns == ("市町村", "平成27年", "令和2年", "令和7年（推計）", "令和12年（推計）")
    assert "stroke-dasharray" in chart.svg().decode()
    assert "令和7年（推計）" in chart.alt


def test_shares_are_of_what_is_there_and_a_bar_that_is_not_whole_is_not_drawn() -> None:
    chart = shares()
    assert chart.columns == ("区分", "0～14歳（％）", "15～64歳（％）", "65歳以上（％）")
    assert chart.rows[1] == ("令和2年", 20, None, 5)
    assert "令和2年 ―" in chart.alt
    amounts = book.shares("就業者", ["白樺市"], {"1次": [1], "3次": [3]})
    assert amounts.rows == (("白樺市", 1, Decimal("25.0"), 3, Decimal("75.0")),)


def test_bars_write_value_reference_and_interval() -> None:
    chart = bars()
    svg = chart.svg().decode()
    for words in ("96.7", "圏域 96.1", "道 100.0", "全国 100.0", "―"):
        assert words in svg
    assert chart.rows[0] == ("白樺市", Decimal("96.7"), 95.0, 98.4)
    assert cast("tuple[object, ...]", chart.table().rows[1])[1] is b.NOTHING
    assert chart.alt.endswith("白樺市 96.7、霧丘市 ―／圏域 96.1／道 100.0／全国 100.0")


def test_letters_stand_above_their_rim() -> None:
    svg = bars().svg().decode()
    rimmed, plain = (part for part in svg.split("<text ") if ">96.7</text>" in part)
    assert 'stroke="#ffffff"' in rimmed
    assert "stroke" not in plain.partition(">")[0]


def test_two_places_of_one_name_keep_a_bar_each() -> None:
    chart = book.bars("人口", "人", ["府中市", "府中市"], [260000, 37000])
    svg = chart.svg().decode()
    assert svg.count(">府中市<") == 2
    assert "260,000" in svg
    assert "37,000" in svg


def test_a_quotient_beyond_the_scale_stands_at_the_edge_with_its_number() -> None:
    assert "15.94" in quotients().svg().decode()
    assert "鉱業15.94" in quotients().alt


def test_what_lacks_a_part_has_no_sum() -> None:
    assert components().rows[0] == (TOWNS[0], -90, 30, -60)
    assert components().rows[1] == (TOWNS[1], -8, None, None)
    assert "▲60" in components().svg().decode()


def test_the_pyramid_tells_both_years() -> None:
    chart = pyramid()
    assert chart.columns == ("年齢", "男", "女", "令和32年 男", "令和32年 女")
    assert chart.rows[-1] == ("計", 10, 20, 9, 9)
    assert "男　10" in chart.svg().decode()


def test_lines_end_with_name_and_value_and_a_thirteenth_stands_in_the_table_only() -> None:
    assert ">白樺市  90.0<" in lines().svg().decode().replace("\xa0", " ")
    many = book.lines("人口", "人", YEARS, town_series(14))
    assert len(many.rows) == 14
    assert "図は14のうち初めの12" in many.svg().decode()


def test_numbers_in_cells_and_the_largest_flows_in_the_sentence() -> None:
    assert "大きい順に 白樺市→白樺市 500" in matrix().alt
    assert ">500<" in matrix().svg().decode()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: book.columns_by_year("", "", ["R2"], {"白樺市": [1, 2]}),
        lambda: book.shares("", ["R2"], {"白樺市": []}),
        lambda: book.bars("", "", ["白樺市"], [1], intervals=[]),
        lambda: book.matrix("", "", ["白樺市"], ["霧丘市"], [[1, 2]]),
        lambda: book.pyramid("", ["0歳"], [1], [1, 2]),
    ],
)
def test_numbers_that_do_not_fit_the_names_are_refused(wrong: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="values for 1"):
        wrong()


def test_labels_keep_apart_in_their_order() -> None:
    places = common.spread([5.0, 5.0, 5.1, 90.0], 10, 0, 100)
    assert places == sorted(places)
    assert all(other - one >= 10 - 1e-9 for one, other in pairwise(places))
    assert places[3] == 90.0


def test_numbers_are_written_as_documents_write_them() -> None:
    assert common.fixed(-1234.55, 1) == "▲1,234.6"
    assert common.fixed(-0.04, 1) == "0.0"
    assert common.fixed(None) == common.fixed(float("nan")) == "―"
    assert common.fixed(3e18) == "3.0e+18"


number = st.one_of(
    st.none(),
    st.integers(-(10**15), 10**15),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.decimals(-1000, 1000, places=2),
    st.just(0),
)
word = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=8).filter(
    lambda written: not {"NaN", "undefined"} & {written}
)
#: Names as municipalities have them, and hostile ones.
name = st.one_of(
    st.sampled_from(TOWNS), word, st.sampled_from(["'];", '"\\', "<b>&", "\u2028", "a\\'", "if"])
)


@st.composite
def charts(draw: st.DrawFn) -> tuple[Chart, list[Any]]:
    """A chart of any kind with the numbers it was given."""
    names = draw(st.lists(name, min_size=1, max_size=40))
    keys = draw(st.lists(name, min_size=1, max_size=15, unique=True))
    shuffler = random.Random(draw(st.integers(0, 999)))
    pool = draw(st.lists(number, min_size=1, max_size=12))

    def row() -> list[Any]:
        return [shuffler.choice(pool) for _ in names]

    series = {key: row() for key in keys}
    one, other = row(), row()
    title, unit = draw(st.one_of(word, st.just("とても長い題名" * 12))), draw(word)
    kinds: dict[str, Callable[[], Chart]] = {
        "columns": lambda: book.columns_by_year(
            title, unit, names, series, projected_from=draw(st.one_of(st.none(), st.integers(0, 40)))
        ),
        "shares": lambda: book.shares(title, names, series),
        "bars": lambda: book.bars(
            title, unit, names, one, references={"圏域": 3, "全国": 3.0, "道": 1e6}, highlight=names[:1]
        ),
        "paired": lambda: book.paired(title, unit, names, dict(list(series.items())[:4])),
        "quotients": lambda: book.quotients(title, names, dict(list(series.items())[:4])),
        "components": lambda: book.components(title, unit, names, series),
        "pyramid": lambda: book.pyramid(title, names, one, other, outline=("前", other, one)),
        "lines": lambda: book.lines(title, unit, names, series, base=100),
        "matrix": lambda: book.matrix(title, unit, keys, names, list(series.values())),
    }
    return kinds[draw(st.sampled_from(sorted(kinds)))](), pool


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(charts())
def test_any_names_and_numbers_give_a_picture_and_a_table_of_the_very_numbers(
    made: tuple[Chart, list[Any]],
) -> None:
    chart, pool = made
    svg = chart.svg()
    ET.fromstring(svg)  # noqa: S314
    assert b"NaN" not in svg
    assert b"undefined" not in svg
    assert all(len(row) == len(chart.columns) for row in chart.rows)
    if "帯グラフ" in chart.alt or "◇" in svg.decode():
        return  # shares and sums are worked out
    numbers = [cell for row in chart.rows if row[0] != "計" for cell in row[1:]]
    assert set(numbers) <= {*pool, 3, 1e6}

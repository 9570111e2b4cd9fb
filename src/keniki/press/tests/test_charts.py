import json
from decimal import Decimal
from io import BytesIO

import altair
import pytest
from PIL import Image as Pillow

from keniki.press import blocks as b
from keniki.press import look
from keniki.press.charts import KpiPoint, kpi_line, palette, stacked_by_municipality, year_bars
from keniki.press.tests.samples import TOWNS

YEARS = [f"R{year}" for year in range(2, 9)]


def kpi(**changes):
    given = {
        "baseline": KpiPoint("R2", 180),
        "targets": [KpiPoint("R5", 220), KpiPoint("R8", 300)],
        "actuals": [KpiPoint("R3", Decimal("201.5")), KpiPoint("R5", 204), KpiPoint("R6", None)],
        "years": YEARS,
    }
    return kpi_line("参加者数", "名", "increase", **{**given, **changes})


def towns():
    return stacked_by_municipality(
        "参加者数", "名", ["R4", "R5"], {town: (10 + n, 5 * n) for n, town in enumerate(TOWNS)}
    )


def bars():
    return year_bars("交付額", "千円", [("R2", 10000), ("R3", None)])


@pytest.mark.parametrize("make", [kpi, towns, bars])
def test_the_same_numbers_give_the_same_picture(make):
    make().svg()
    assert make().svg() == make().svg()
    assert make().png() == make().png()


@pytest.mark.slow
@pytest.mark.parametrize("make", [kpi, towns, bars])
def test_the_definition_is_valid_vega_lite(make):
    altair.LayerChart.from_dict(make().spec)
    assert make().vega_spec()["width"] == "container"


def test_the_definition_names_no_outside_address_but_its_schema():
    text = json.dumps(kpi().vega_spec())
    assert text.count("http") == text.count("https://vega.github.io/schema/") == 1


def test_the_table_has_every_year_and_says_what_is_absent():
    chart = kpi()
    assert chart.columns == ("年度", "基準値（名）", "目標（名）", "実績（名）")
    assert chart.rows[0] == ("R2", 180, None, None)
    assert chart.rows[3] == ("R5", None, 220, 204)
    table = chart.table()
    assert table.rows[0][2] is b.NOTHING
    assert table.rows[1][3] == Decimal("201.5")


def test_the_alternative_text_tells_the_numbers():
    assert (
        kpi().alt == "参加者数の折れ線グラフ（名）：基準値 R2 180／目標 R5 220、R8 300／実績 R3 201.5、R5 204"
    )
    assert bars().alt == "交付額の棒グラフ（千円）：R2 10,000、R3 ―"


def test_series_are_named_in_the_picture_and_the_bundled_font_is_used():
    svg = kpi().svg().decode()
    for words in ("実績", "目標", "基準値（R2）180名", "増やす", look.SANS):
        assert words in svg


def test_where_target_and_actual_meet_the_higher_number_stands_above():
    layers = kpi().spec["layer"]
    above = {
        (value["year"], value["value"]): value["above"]
        for layer in layers
        for value in layer["data"]["values"]
        if "above" in value
    }
    assert above["R5", 220] is True
    assert above["R5", 204] is False


def names(chart):
    """The mark of each series' name."""
    marks = [layer["mark"] for layer in chart.spec["layer"]]
    return {mark["text"]: mark for mark in marks if mark.get("text") in ("目標", "実績")}


def test_a_name_stands_beside_the_last_point_and_beyond_its_number_where_the_other_line_goes_on():
    flat = kpi(targets=[KpiPoint(year, 2) for year in YEARS], actuals=[KpiPoint("R3", 2), KpiPoint("R4", 2)])
    assert names(flat)["目標"]["dx"] == 11
    assert "dx" not in names(flat)["実績"]
    assert names(flat)["実績"]["dy"] < -13
    both = names(kpi(targets=[KpiPoint("R8", 2)], actuals=[KpiPoint("R8", 2)]))
    assert both["実績"]["dy"] < -13 < 15 < both["目標"]["dy"]


def test_an_axis_says_nothing_below_zero_unless_a_number_is_there():
    def labels(chart):
        return [layer["encoding"]["y"]["axis"].get("labelExpr") for layer in chart.spec["layer"]]

    assert all(labels(kpi()))
    assert not any(labels(kpi(actuals=[KpiPoint("R3", -1)])))


def test_a_kpi_without_any_value_is_still_drawn():
    chart = kpi(baseline=None, targets=[], actuals=[])
    assert chart.svg().startswith(b"<svg")
    assert chart.alt.endswith("値なし")


def test_a_point_off_the_axis_is_refused():
    with pytest.raises(ValueError, match="R1 is not one of the years"):
        kpi(targets=[KpiPoint("R1", 1)])


def test_a_total_without_all_municipalities_says_so():
    chart = stacked_by_municipality("参加者数", "名", ["R4"], {"白樺市": [10], "霧丘市": [None]})
    assert chart.rows == (("白樺市", 10), ("霧丘市", None), ("計", 10))
    assert "※値のない市町を除く計" in chart.svg().decode()
    assert "10※" in chart.svg().decode()


def test_what_cannot_be_stacked_is_refused():
    with pytest.raises(ValueError, match="1 values for 2 years"):
        stacked_by_municipality("費用", "円", ["R4", "R5"], {"白樺市": [1]})
    with pytest.raises(ValueError, match="negative"):
        stacked_by_municipality("費用", "円", ["R4"], {"白樺市": [-1]})


def test_two_dozen_colours_are_all_different_and_more_are_refused():
    assert len(set(palette(24))) == 24
    with pytest.raises(ValueError, match="too many"):
        palette(25)


def test_a_picture_can_be_made_twice_as_large():
    with (
        Pillow.open(BytesIO(bars().png(scale=1))) as small,
        Pillow.open(BytesIO(bars().png(scale=2))) as large,
    ):
        assert large.width == pytest.approx(2 * small.width, abs=2)

"""What a forecast shows: every chart has its table, method and sources, for any towns, with bands and without."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence.book.book import Book, members_of
from keniki.apps.evidence.book.document import write
from keniki.apps.evidence.book.holdings import Place
from keniki.apps.evidence.book.tables import Exhibit
from keniki.apps.evidence.futures.demanded import Changed
from keniki.apps.evidence.futures.earlier import earlier
from keniki.apps.evidence.futures.exhibits import IDS, beside, exhibit, exhibits
from keniki.apps.evidence.futures.results import Result
from keniki.apps.evidence.futures.summary import sentences
from keniki.apps.evidence.models import Forecast, ForecastResult
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.book import Kind, exhibit_forms

from .country import load_censuses
from .made_results import TOWNS, YEARS, many, result

pytestmark = pytest.mark.django_db

CODES = tuple(place.code for place in TOWNS)
#: Nothing to draw: rates are words.
WITHOUT_CHARTS = {"future_rates"}


def kept(region: Region, actor: Actor, content: Result, *, title: str = "基本の推計") -> ForecastResult:
    """A forecast with this result, shown in the region's book."""
    with verb(actor, "evidence.save_forecast", region=region.slug, quiet=True) as act:
        forecast = Forecast(
            region=region,
            title=title,
            places=[place.code for place in content.places],
            base="census2020",
            until=content.years[-1],
            shown_in_book=True,
        )
        act.save(forecast)
        stored = ForecastResult(
            region=region, forecast=forecast, digest="cd" * 32, content=content.to_json(), inputs=[]
        )
        stored.save()
    return stored


def shown(made: Exhibit, row: str, column: str) -> str:
    table = made.table
    assert table is not None
    found = next(each for each in table.rows if each.label == row)
    return found.cells[table.columns.index(column)].shown


@pytest.mark.parametrize("places", [TOWNS, TOWNS[:1], many(40)], ids=["three", "one", "forty"])
@pytest.mark.parametrize(("step", "banded"), [(0.9, True), (1.04, False)], ids=["shrinks", "grows_unbanded"])
def test_every_exhibit_has_chart_table_method_and_sources(
    places: tuple[Place, ...], step: float, banded: bool
) -> None:
    made = exhibits(result(places, step=step, banded=banded))
    missing = set() if len(places) > 1 else {"future_places"}
    if not banded:
        missing |= {"future_accuracy"}
    assert [each.id for each in made] == [each for each in IDS if each not in missing]
    for each in made:
        assert each.table is not None
        assert each.table.rows
        assert all(len(row.cells) == len(each.table.columns) for row in each.table.rows)
        assert bool(each.charts) is (each.id not in WITHOUT_CHARTS)
        assert all(chart.alt and chart.rows for chart in each.charts)
        assert each.notes
        assert "国勢調査 令和2年国勢調査" in each.sources
        assert not re.search(
            r"\b(None|nan)\b", " ".join([*each.notes, *(chart.alt for chart in each.charts)])
        )
    assert len({each.title for each in made}) == len(made)


def test_the_total_has_its_quantiles_and_beside_it_how_such_bands_held() -> None:
    made = exhibit(result(), "future_total")
    assert made is not None
    whole = result().total
    assert shown(made, "2035年", "推計") == f"{whole[-1]:,.0f}"
    assert shown(made, "2035年", "80 %下限") == f"{whole[-1] * 0.6:,.0f}"
    assert shown(made, "2020年", "指数") == "100.0"
    (chart,) = made.charts
    assert "5年先 85 %、10年先 83 %" in chart.svg().decode()
    (said,) = [note for note in made.notes if "過去の国勢調査での検証" in note]
    assert "2015年から2020年を推計したとき85 %（1,451団体）" in said
    assert "順に95 %、95 %" in said
    assert any("都道府県の変化率による: 星野町" in note for note in made.notes)


def test_without_bands_it_says_so_and_claims_nothing() -> None:
    made = exhibit(result(banded=False), "future_total")
    assert made is not None
    assert made.table is not None
    assert made.table.columns == ("国勢調査", "推計", "指数")
    assert any("予測区間がない" in note for note in made.notes)
    assert "予測区間がない" in made.charts[0].svg().decode()
    assert not any("区間に入った" in note for note in made.notes)


@pytest.mark.slow
def test_earlier_censuses_stand_before_the_base_and_a_town_that_was_not_counted_leaves_no_sum() -> None:
    load_censuses(CODES)
    made = exhibit(result(), "future_total")
    assert made is not None
    found = earlier([code[:5] for code in CODES], 2020)
    assert found.years == (2005, 2010, 2015)
    assert shown(made, "2015年", "国勢調査") == f"{float(found.values[-1].sum()):,.0f}"
    assert "2005年" in made.charts[0].svg().decode()
    strange = earlier(["01901", "99999"], 2020)
    assert [value for _, value in strange.group((0, None))] == [None] * 3
    assert strange.group((0, None), 0)[0][1] is not None
    assert strange.group((2, 7), 0)[0][1] is None


@pytest.mark.slow
def test_the_municipalities_add_up_and_forty_are_drawn_twelve_at_a_time() -> None:
    made = exhibit(result(many(40)), "future_places")
    assert made is not None
    assert made.table is not None
    *towns, whole = made.table.rows
    assert whole.kind == "sum"
    for at in range(len(YEARS)):
        assert sum(row.cells[at].value or 0 for row in towns) == pytest.approx(whole.cells[at].value)
    assert len(made.charts) == 2 + 4
    drawn = "".join(chart.svg().decode() for chart in made.charts[2:])
    assert all(f">第{at}町<" in drawn for at in range(1, 41))
    few = exhibit(result(many(70)), "future_places")
    assert few is not None
    assert few.charts == ()
    assert any("60市区町村まで" in note for note in few.notes)


def test_the_balance_adds_up_to_the_change() -> None:
    made = exhibit(result(), "future_balance")
    assert made is not None
    assert made.table is not None
    for row in made.table.rows:
        born, died, moved, change = (cell.value or 0.0 for cell in row.cells[:4])
        assert born + died + moved == pytest.approx(change)
    whole = result().total
    assert made.table.rows[-1].cells[3].value == pytest.approx(whole[-1] - whole[0])


def test_demands_name_what_is_missing_for_whom_and_what_brings_it() -> None:
    made = exhibit(result(), "future_demands")
    assert made is not None
    assert shown(made, "出生数（1年間）", "2020年") == ""
    assert any("（バスの利用者数）：乗降客数の表を読み込んで" in note for note in made.notes)
    assert any("（空き家数、青葉市）" in note for note in made.notes)
    changes = exhibit(result(), "future_changes")
    assert changes is not None
    assert changes.table is not None
    assert changes.table.columns == ("この推計の2035年", "出生率が10%高い（仮定）")
    assert "出生率が10%高い<" in changes.charts[0].svg().decode()
    assert exhibit(result(needs=False), "future_demands") is None


def test_a_tenth_more_of_each_demands_own_rate_stands_in_one_column() -> None:
    content = result()
    assert content.demands is not None
    raised = [
        replace(
            each, changes=(*each.changes, Changed("rate_up", f"{rated}が10%高い", each.values[-1] * 1.1, 1.0))
        )
        for each, rated in zip(content.demands.demands, ("率", "1人1日当たりの水量", "率"), strict=False)
    ]
    changes = exhibit(
        replace(content, demands=replace(content.demands, demands=tuple(raised))), "future_changes"
    )
    assert changes is not None
    assert changes.table is not None
    assert changes.table.columns == ("この推計の2035年", "出生率が10%高い（仮定）", "率が10%高い")
    assert changes.notes[-1] == "「率」は、その需要の推計に使った率（1人1日当たりの水量など）。"


def test_one_municipality_has_its_own_figures() -> None:
    content = result()
    made = {each.id: each for each in exhibits(content, 1)}
    assert "future_places" not in made
    assert shown(made["future_total"], "2035年", "推計") == f"{content.totals[-1, 1]:,.0f}"
    assert "川北町" in made["future_total"].title
    assert shown(made["future_demands"], "1日平均給水量", "2020年") == f"{content.totals[0, 1] * 0.3:,.0f}"


def test_scenarios_stand_beside_each_other_and_regions_as_indices() -> None:
    made = beside([("今のまま", result()), ("転入を増やす", result(step=0.95))])
    assert [each.id for each in made] == ["future_total", "future_groups", "future_demands"]
    assert "人" in made[0].charts[0].alt
    others = beside([("甲", result()), ("乙", result(many(5), years=YEARS[:3]))])
    assert "基準の年＝100" in others[0].charts[0].alt
    assert others[0].table is not None
    assert others[0].table.rows[1].cells[3].shown == ""
    assert beside([]) == []


def test_the_summary_tells_a_growing_region_as_one_that_grows() -> None:
    falling, rising = (" ".join(sentences(result(step=step, needs=True))) for step in (0.9, 1.04))
    assert "減る見通しである" in falling
    assert "減る" not in rising
    assert "増える見通しである" in rising
    alone = sentences(result(TOWNS[1:2], banded=False, needs=False))
    assert alone[0].startswith("川北町の総人口は")
    assert not any("市区町村別" in each for each in alone)
    assert not any("区間" in each for each in alone[:-1])
    still = result(step=1.0, years=YEARS[:2])
    peak = Result.from_json({**still.to_json(), "values": (np.array(still.values) * 0).tolist()})
    assert all("nan" not in each for each in sentences(peak))


@pytest.mark.slow
def test_the_forecast_chosen_is_a_chapter_of_the_regions_own_book_only(in_region, operator) -> None:
    members = members_of(in_region)
    empty = Book(members, in_region).chapter("future_forecast")
    assert empty.exhibits == ()
    assert empty.missing == ("将来推計の画面で推計を計算し、「圏域基礎調査に掲載」を選んでください。",)
    kept(in_region, operator, result())
    book = Book(members, in_region)
    found = book.chapter("future_forecast")
    forms = exhibit_forms(today())["future_forecast"]
    assert [form.id for form in forms] == list(IDS)
    assert {form.kind for form in forms} == {Kind.FORECAST}
    assert [each.id for each in found.exhibits] == list(IDS)
    assert found.missing == ()
    assert found.exhibits[0].notes[0].startswith("将来推計「基本の推計」（純移動率モデル、")
    assert book.found("future_balance") is not None
    for other in (Book(members[:2], in_region), Book(members)):
        chapter = other.chapter("future_forecast")
        assert chapter.exhibits == ()
        assert chapter.missing == ("将来推計は、圏域の構成市町村の基礎調査に載せます。",)
    written = write(book)
    assert [each.key for each in written.chapters if each.exhibits] == ["future_forecast"]
    assert written.sheets[0].name == "01_総人口の推移と見通し"


@pytest.mark.slow
def test_the_chapters_page_shows_it_and_asks_the_store_no_more_for_more_towns(
    in_region, operator, secretariat, client_as
) -> None:
    stored = kept(in_region, operator, result())
    client = client_as(secretariat)
    url = reverse("evidence:book-chapter", args=["aoba", "future_forecast"])
    page = client.get(url).content.decode()
    assert "何が変われば需要が変わるか" in page
    picture = reverse("evidence:book-file", args=["aoba", "future_total", 1, "svg"])
    assert picture in page
    assert client.get(picture).status_code == 200
    table = client.get(reverse("evidence:book-file", args=["aoba", "future_places", 1, "csv"]))
    assert "青葉市" in table.content.decode("utf-8-sig")
    counts = []
    for places in (TOWNS, many(40)):
        with verb(operator, "evidence.make_forecast", region="aoba", quiet=True):
            ForecastResult(
                region=in_region,
                forecast=stored.forecast,
                digest="ef" * 32,
                content=result(places).to_json(),
            ).save()
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        counts.append(len(asked))
    assert counts[0] == counts[1]

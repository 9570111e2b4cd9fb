"""未来予測書: of any region, the same bytes of the same result, old as soon as the forecast is reckoned anew."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import pytest
from django.urls import reverse

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.documents import actions, queries
from keniki.apps.documents.composing import Composed, compose, future
from keniki.apps.documents.composing.base import inputs
from keniki.apps.documents.models import BuildRun
from keniki.apps.documents.rendering import render
from keniki.apps.evidence.models import Forecast, ForecastResult
from keniki.apps.evidence.tests.country import load_censuses
from keniki.apps.evidence.tests.made_results import TOWNS, many, result
from keniki.apps.evidence.tests.test_future_exhibits import kept
from keniki.apps.regions.models import Region
from keniki.cli import database, main
from keniki.core.errors import WrongInput
from keniki.press import blocks as b
from keniki.press.pdf import render_png

from .reading import pdf_text, word_text, workbook

pytestmark = pytest.mark.django_db


def captions(composed: Composed) -> list[str]:
    """The captions of charts and tables in the order they are printed."""
    found: list[str] = []
    for block in composed.document.blocks:
        if isinstance(block, b.Figure | b.DataTable):
            found.append(b.plain(block.caption))
        elif isinstance(block, b.PhotoGrid):
            found.extend(b.plain(photo.caption) for photo in block.photos)
    return found


def headings(composed: Composed) -> list[str]:
    return [
        b.plain(block.text)
        for block in composed.document.blocks
        if isinstance(block, b.Heading) and block.level == 1
    ]


@pytest.mark.slow
def test_it_has_summary_numbered_charts_and_tables_method_and_inputs(in_region, operator) -> None:
    stored = kept(in_region, operator, result())
    composed = compose(in_region, "future", forecast=stored.forecast.pk)
    assert headings(composed) == [
        "要旨",
        "人口の見通し",
        "需要の見通し",
        "需要を変えるもの",
        "推計の精度",
        "推計の方法と限界",
        "推計の条件と入力",
    ]
    numbers = [re.match(r"(図|表)(\d+)　\S", each) for each in captions(composed)]
    assert all(numbers)
    for kind in ("図", "表"):
        drawn = [int(each[2]) for each in numbers if each and each[1] == kind]
        assert drawn == list(range(1, len(drawn) + 1))
    words = "\n".join(
        b.plain(block.text) for block in composed.document.blocks if isinstance(block, b.Paragraph | b.Note)
    )
    assert "純移動率モデルによる。" in words
    assert "目標や計画ではない" in words
    assert "80 %区間に入った市区町村" in words
    assert composed.document.draft_mark == "確認版"
    assert composed.gaps == ()
    (used,) = [sheet for sheet in composed.sheets if sheet.name == "入力"]
    assert used.rows == [("国勢調査", "令和2年国勢調査", 1, "ab" * 32)]
    facts = next(sheet for sheet in composed.sheets if sheet.name == "推計の条件")
    assert ("推計のハッシュ", "cd" * 32) in facts.rows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("places", "more"),
    [
        (TOWNS[:1], {"banded": False, "needs": False}),
        (many(40), {"step": 1.03}),
        (many(2), {"years": (2020,), "banded": False, "needs": False}),
    ],
    ids=["one_town_without_bands", "forty_that_grow", "no_step"],
)
def test_any_region_gets_one_on_pages_that_hold_it(in_region, operator, places, more: dict[str, Any]) -> None:
    stored = kept(in_region, operator, result(places, **more))
    composed = compose(in_region, "future", forecast=stored.forecast.pk)
    pages = render_png(composed.document, 30)
    assert 5 <= len(pages) <= 40
    for block in composed.document.blocks:
        if isinstance(block, b.Figure):
            assert block.image.alt
            assert 0.1 < block.width <= 1.0


@pytest.mark.slow
def test_the_same_result_gives_the_same_bytes(in_region, operator) -> None:
    stored = kept(in_region, operator, result())
    files = [
        {
            file.format: file.content
            for file in render(compose(in_region, "future", forecast=stored.forecast.pk))
        }
        for _ in range(2)
    ]
    assert files[0] == files[1]
    assert set(files[0]) == {"docx", "pdf", "xlsx"}
    for text in (pdf_text(files[0]["pdf"]), word_text(files[0]["docx"])):
        assert "未来予測書" in text
        assert "3市区町村の総人口は" in text


def test_it_is_marked_in_a_fictional_region_and_the_region_books_report_rests_on_it_too(
    in_region, operator
) -> None:
    Region.objects.filter(pk=in_region.pk).update(fictional=True)
    before = inputs(in_region, "profile")
    stored = kept(in_region, operator, result())
    assert compose(in_region, "future", forecast=stored.forecast.pk).document.fictional
    now = inputs(in_region, "profile")
    assert [now.labels[key] for key in now.records if key not in before.records] == ["将来推計「基本の推計」"]


@pytest.mark.slow
def test_it_grows_old_when_the_forecast_is_reckoned_anew_and_is_not_drawn_to_find_out(
    in_region, operator, secretariat
) -> None:
    stored = kept(in_region, operator, result())
    build = actions.build(secretariat, in_region, "future", {"forecast": stored.forecast.pk})
    assert {row.format for row in queries.files(build)["downloads"]} == {"docx", "pdf", "xlsx"}
    with mock.patch.object(future, "write", side_effect=AssertionError("drawn")):
        assert not queries.freshness(build).stale
        load_censuses([place.code for place in TOWNS])
        assert queries.freshness(build).changes == (("変更", "過去の国勢調査"),)
        again(operator, stored)
        assert [label[:4] for _, label in queries.freshness(build).changes] == ["推計結果", "過去の国"]


def again(operator: Actor, stored: ForecastResult) -> None:
    with verb(operator, "evidence.make_forecast", region=stored.region.slug, quiet=True) as act:
        ForecastResult(
            region=stored.region,
            forecast=stored.forecast,
            digest="ef" * 32,
            content=result(step=0.95).to_json(),
        ).save()
        act.log(stored.forecast, None, {"digest": "ef"}, "将来推計を計算")


@pytest.mark.slow
def test_the_command_writes_the_forecast_it_is_told(
    in_region, operator, monkeypatch, capsys, tmp_path
) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)
    kept(in_region, operator, result(many(2), needs=False))
    options = ["--region", "aoba", "--kind", "future", "--forecast", "基本の推計", "--formats", "xlsx"]
    assert main.main(["report", *options, "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.iterdir()
    assert capsys.readouterr().out == f"{path}\n"
    assert path.name == "aoba-future.xlsx"
    sheets = workbook(path.read_bytes())
    assert "01_総人口の推移と見通し" in sheets
    assert ["第1町"] in [row[:1] for row in sheets["04_市区町村別人口の見通し"]]


@pytest.mark.slow
def test_a_reckoned_forecast_is_chosen_and_any_other_told_in_place(
    in_region, operator, secretariat, client_as
) -> None:
    client = client_as(secretariat)
    url = reverse("documents:new", args=["aoba", "future"])
    assert "計算の済んだ将来推計がありません" in client.get(url).content.decode()
    with pytest.raises(WrongInput, match="掲載している将来推計がありません"):
        compose(in_region, "future")
    stored = kept(in_region, operator, result())
    with verb(operator, "evidence.save_forecast", region="aoba", quiet=True) as act:
        bare = Forecast(region=in_region, title="未計算", places=[], base="census2020", until=2030)
        act.save(bare)
    page = client.get(url, {"forecast": stored.forecast.pk}).content.decode()
    assert f'<option value="{stored.forecast.pk}" selected>' in page
    assert "未計算" not in page
    for wrong in (bare.pk, 999_999, "x", ""):
        assert client.post(url, {"forecast": wrong}).status_code == 422
    assert client.post(url, {"forecast": stored.forecast.pk}).status_code == 302
    assert BuildRun.objects.latest("pk").parameters == {"forecast": stored.forecast.pk}
    with pytest.raises(WrongInput, match="まだ計算されていません"):
        compose(in_region, "future", title="未計算")
    assert compose(in_region, "future").name == "aoba-future"
    assert "未来予測書" in client.get(reverse("documents:documents", args=["aoba"])).content.decode()

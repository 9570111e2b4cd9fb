"""Other regions in the browser: practices, comparison, the table of Hokkaido, fields left out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.compacts.queries import others
from keniki.apps.evidence.actions import import_figures
from keniki.apps.evidence.importers import tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.programmes.library import COLUMNS_FILE
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Region

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DATA = Path(__file__).parents[5] / "data"


@pytest.fixture
def desk(client_as: Any, partner: Actor, region: Region) -> Any:
    return client_as(partner)


def shown(desk: Any, address: str) -> str:
    answer = desk.get(f"/desk/aoba/library/{address}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_practices_are_found_by_words_field_and_source(desk: Any) -> None:
    whole = shown(desk, "")
    assert "RPA+AI OCR" in whole
    assert "取組の内容は資料の別添にあり" in whole
    found = shown(desk, "?words=バス&field=transit&source=S004")
    assert "八戸" in found
    assert "RPA+AI OCR" not in found
    assert "条件に合う事例はありません" in shown(desk, "?words=ない言葉")


def test_the_table_keeps_unknown_columns_unknown_until_a_vision_is_read(
    desk: Any, settings: Any, tmp_path: Path
) -> None:
    assert shown(desk, "regions/").count("列不明</span>") == 13 * 15
    settings.HOME = type("Home", (), {"root": tmp_path})
    keys = "medical welfare education land_use industry environment disaster transit ict roads local_produce"
    cells = ", ".join(f"{key}: ○" for key in f"{keys} migration human_resources outside_experts".split())
    file = tmp_path / COLUMNS_FILE
    file.write_text(
        f"columns: [{{region: 13, source: 北見のビジョン, cells: {{{cells}}}}}]", encoding="utf-8"
    )
    page = shown(desk, "regions/")
    assert page.count("列不明</span>") == 12 * 15
    assert "北見のビジョン" in page
    assert "北見地域定住自立圏：○" in shown(desk, "gaps/")
    file.write_text("columns: [", encoding="utf-8")
    assert "YAMLとして読めません" in shown(desk, "regions/")
    assert "YAMLとして読めません" in shown(desk, "gaps/")


def test_fields_others_work_in_are_shown_with_who_does_what(desk: Any, other_region: Region) -> None:
    page = shown(desk, "gaps/?by=members")
    assert "港南圏域" in page
    assert "列不明" in page
    everything = shown(desk, "gaps/?by=programme&by=population")
    assert "不明" in everything


def test_the_papers_regions_stand_beside_the_pilots_with_computed_numbers(desk: Any) -> None:
    for folder in ("sapporo", "minami-sorachi"):
        load_region(regions.operator(), read(DATA / folder))
    sapporo, sorachi = (Region.objects.get(slug=slug) for slug in ("sapporo", "minami-sorachi"))
    with scope(region=sapporo):
        (row,) = others.compared([sapporo], sapporo)
        assert (row.partners, row.population, row.area) == ("7市3町1村", 2_600_875, Decimal("4514.89"))
        assert round(row.density or 0, 1) == Decimal("576.1")
        assert (row.declared, row.agreed, row.vision) == (None, None, None)
        by_programme = {each.programme: each for each in others.compared([sorachi], sapporo)}
        assert by_programme["teiju"].population == 152_486
        assert round(by_programme["teiju"].density or 0, 2) == Decimal("59.51")
        assert str(by_programme["teiju"].declared) == "2024-05-24"
        assert others.neighbours([sorachi])[0].fields is not None
        assert [each.slug for each in others.shown_beside(sapporo)] == ["sapporo", "minami-sorachi"]
    page = shown(desk, "comparison/")
    for words in ("熊本市", "438.6", "青葉圏域", "南空知圏域", "576.1"):
        assert words in page, words


def test_the_comparison_shows_the_books_figures_and_says_which_are_the_regions_own(desk: Any) -> None:
    load_region(regions.operator(), read(DATA / "minami-sorachi"))
    sorachi = Region.objects.get(slug="minami-sorachi")
    codes = [row.municipality.code for row in regions.members_on(sorachi)]
    lines = "\n".join(f"{code},population,2020,1000,persons" for code in codes)
    figures = RawBytes("人口.csv", f"municipality_code,indicator,year,value,unit\n{lines}".encode())
    import_figures(regions.operator(), [tidy.READER.read(figures)])
    with scope(region=sorachi):
        row = others.compared([sorachi], sorachi)[0]
        assert (row.population, row.area) == (9_000, Decimal("2562.25"))
        assert row.basis == "人口は2020年の統計、面積は圏域の登録値"
        assert others.neighbours([sorachi])[0].population == 9_000

"""Every region gets its own documents: no word of the pilot stands in code, templates or rulebooks."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django_scopes import scope, scopes_disabled

import keniki
from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts.models import Initiative
from keniki.apps.documents.composing import compose
from keniki.apps.documents.rendering import FORMATS, render
from keniki.apps.portal.interchange.schema import RegionFile
from keniki.apps.portal.testing import code
from keniki.apps.regions import actions as regions
from keniki.apps.regions import queries
from keniki.apps.regions.actions import NewTown
from keniki.apps.regions.models import Fact, Region, RegionProgramme
from keniki.press import blocks as b

from . import reading, small_region
from .conftest import DATA
from .reading import READERS, every

PACKAGE = Path(keniki.__file__).parent
TOWNS = ("岩見沢", "夕張", "美唄", "三笠", "南幌", "由仁", "長沼", "栗山", "月形")
PILOT = (*TOWNS, "南空知", "空知総合", "ひぐまっぴ", "まさかの事態", "デジタル・ディバイド対策")


def _strings(file: Path) -> str:
    """What a Python file can print: its string literals without docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    )


def _shipped() -> dict[Path, str]:
    found: dict[Path, str] = {}
    printed = (".html", ".txt", ".typ", ".js", ".css", ".svg", ".json", ".yaml")
    for file in sorted(PACKAGE.rglob("*")):
        if "tests" in file.parts or "vendor" in file.parts or not file.is_file():
            continue
        if file.suffix == ".py":
            found[file] = _strings(file)
        elif file.suffix in printed and file.name != "evidence.yaml":  # which names the sources by title
            found[file] = file.read_text(encoding="utf-8")
    return found


@pytest.mark.slow
def test_no_word_of_the_pilot_stands_in_what_is_shipped():
    shipped = _shipped()
    assert len(shipped) > 200
    found = {
        f"{file.relative_to(PACKAGE)}: {word}"
        for file, text in shipped.items()
        for word in PILOT
        if word in text
    }
    assert found == set()


@pytest.mark.slow
def test_no_long_sentence_of_the_pilots_records_stands_in_what_is_shipped():
    sentences = set()
    for file in (DATA / "minami-sorachi").glob("*.yaml"):
        for words in _texts(yaml.safe_load(file.read_text(encoding="utf-8"))):
            sentences.update(part for part in re.split("[。、\n]", words) if re.search("[ぁ-ん]", part[17:]))
    sentences.discard("結びつきやネットワークの強化に係る政策分野")  # the national guideline's own words
    assert len(sentences) > 100
    shipped = "\n".join(_shipped().values())
    assert {sentence for sentence in sentences if sentence in shipped} == set()


def _texts(node: object) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    return [text for value in node for text in _texts(value)] if isinstance(node, list) else []


@pytest.mark.slow
@pytest.mark.django_db
def test_a_past_period_names_the_secretariats_town_as_it_was_called_then(small):
    city = small.secretariat.municipality
    new = NewTown(city.code, "新海辺市", "city")
    regions.rename(queries.operator(), city, new, date(2025, 4, 1))
    renamed = Region.objects.get(pk=small.pk)
    assert renamed.secretariat.municipality.name == "新海辺市"
    text = reading.tree_text(compose(renamed, "results", first=2022, last=2024).document)
    assert "事務局担当市町村海辺市" in text
    assert "新海辺市" not in text.split("事務局担当市町村", 1)[1]
    later = reading.tree_text(compose(renamed, "results", first=2022, last=2025).document)
    assert "事務局担当市町村新海辺市" in later


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("kind", ["results", "agreement", "declaration", "vision"])
def test_the_samples_documents_hold_nothing_of_the_pilot(sample, kind, format_):
    parameters = {"first": 2023, "last": 2024} if kind == "results" else {}
    text = READERS[format_](next(render(compose(sample, kind, **parameters), (format_,))).content)
    assert {word for word in PILOT if word in text} == set()
    assert "稔野市" in text


@pytest.mark.django_db
def test_a_small_region_gets_its_own_order_words_notes_and_years(small):
    composed = compose(small, "results", first=2022, last=2024)
    text = reading.tree_text(composed.document)
    parts = [
        "海辺圏域",
        "広域連携加速化事業",
        "（令和4年度～令和6年度）",
        "人口*12,345人",
        "面積**98.7km2",
        "構成市町村数2",
        "事務局担当市町村海辺市",
        "※令和5年1月1日現在",
        "※※令和2年国勢調査結果より",
        "漁港をともに使う二つのまちで形成。",
        "診療所の共同運営（R4～R6）",
        "実施団体名岬村・海辺市",
        "（R4年度）―",
        "（R5年度）診療所の運営→240日延べ1,300人受診※漁期は土曜日も診療海辺医師会医師磯野凪氏ほか→うち児童約300人",
        "（R6年度）診療所の運営",
        "海辺市医師を確保する。岬村建物を管理する。",
        "●医療分野の活動記録写真",
        "R5診療所の様子",
    ]
    assert reading.out_of_order(text, parts) == ""
    assert composed.gaps == ()
    table = next(t for t in every(b.DataTable, composed.document.blocks) if t.head)
    assert [b.plain(cell.content) for cell in table.rows[0]] == ["1,000", "2,346", "700"]
    assert [b.plain(cell.content) for cell in table.head[0]] == ["交付額（千円）"]


@pytest.mark.django_db
def test_a_programme_that_pays_no_yearly_grant_lacks_none(small):
    RegionProgramme.objects.filter(region=small).update(programme="renkei")
    composed = compose(small, "results", first=2022, last=2024)
    table = next(t for t in every(b.DataTable, composed.document.blocks) if t.head)
    assert [b.plain(cell.content) for cell in table.rows[0]] == ["―", "―", "―"]
    assert not [gap for gap in composed.gaps if "交付額" in str(gap)]


@pytest.mark.django_db
def test_years_before_and_after_a_programme_have_no_grant_and_later_ones_without_papers_are_missing(small):
    composed = compose(small, "results", first=2021, last=2025)
    table = next(t for t in every(b.DataTable, composed.document.blocks) if t.head)
    assert [b.plain(cell.content) for cell in table.rows[0]] == ["―", "1,000", "2,346", "700", "―"]


@pytest.mark.django_db
def test_population_and_area_are_the_sum_of_the_members_where_no_figure_of_the_whole_is_known(small):
    from keniki.apps.regions.models import Municipality

    towns = {town.name: town for town in Municipality.objects.filter(name__in=["海辺市", "岬村"])}
    with verb(queries.operator(), "testing.facts", quiet=True):
        Fact.objects.filter(region=small, indicator="population").delete()
        for order, (name, value) in enumerate((("海辺市", 9_000), ("岬村", 1_234))):
            Fact.objects.create(
                region=small,
                indicator="population",
                municipality=towns[name],
                value=value,
                as_of="2020-10-01",
                order=order,
            )
        Fact.objects.create(
            region=small,
            indicator="population",
            municipality=towns["岬村"],
            value=9,
            as_of="2023-10-01",
            order=9,
        )
        Fact.objects.filter(region=small, indicator="area").delete()
    composed = compose(small, "results", first=2022, last=2024)
    text = reading.tree_text(composed.document)
    assert "人口*10,234人" in text
    assert "面積未入力" in text
    assert [str(gap) for gap in composed.gaps] == ["連携地域の概要：面積"]


@pytest.mark.django_db
def test_an_initiative_of_another_programme_or_of_other_years_stays_out(small):
    with verb(queries.operator(), "testing.initiatives", quiet=True):
        Initiative.objects.create(region=small, slug="a", order=2, title="別の制度の取組", programme="renkei")
        Initiative.objects.create(region=small, slug="b", order=3, title="後の取組", first_year=2026)
        Initiative.objects.create(region=small, slug="c", order=4, title="前の取組", last_year=2020)
        Initiative.objects.create(region=small, slug="d", order=5, title="期間内の取組", last_year=2022)
    text = reading.tree_text(compose(small, "results", first=2022, last=2024).document)
    assert "別の制度の取組" not in text
    assert "後の取組" not in text
    assert "前の取組" not in text
    assert "期間内の取組" in text


def moved(name: str, **changes: Any) -> Any:
    """A region of three towns: 磯町 left after fiscal 2022, 丘町 joined on 1 October 2023."""
    from keniki.apps.portal.interchange.load import load_region

    content = small_region.content()
    iso, oka = code("01913"), code("01914")
    content["region"]["slug"] = name
    content["municipalities"] += [
        {"code": iso, "name": "磯町", "kind": "town", "prefecture": "01"},
        {"code": oka, "name": "丘町", "kind": "town", "prefecture": "01"},
    ]
    content["members"] += [
        {
            "municipality": iso,
            "role": "partner",
            "order": 3,
            "valid_from": "2022-04-01",
            "valid_to": "2023-03-31",
        },
        {"municipality": oka, "role": "partner", "order": 4, "valid_from": "2023-10-01"},
    ]
    early = content["initiatives"][0] | {
        "slug": "hajime",
        "order": 2,
        "title": "はじめの一年の事業",
        "first_year": 2022,
        "last_year": 2022,
        "bodies": [],
        "photos": [],
        "projects": [],
    }
    content["initiatives"][0]["bodies"] = []
    content["initiatives"].append(early)
    load_region(queries.operator(), RegionFile.model_validate(content | changes))
    return Region.objects.select_related("secretariat").get(slug=name)


def test_members_that_joined_or_left_inside_the_period_are_named_with_their_dates(small):
    with scopes_disabled():
        region = moved("ugoku")
    with scope(region=region):
        composed = compose(region, "results", first=2022, last=2024)
    rows = {b.plain(row.label): row.content for row in every(b.KeyValueRow, composed.document.blocks)}
    assert rows["構成市町村数"] == "3（※）"
    notes = [b.plain(note.text) for note in every(b.Note, composed.document.blocks)]
    assert (
        "（※）令和7年3月31日現在。期間中の異動：磯町（令和5年3月31日脱退）、丘町（令和5年10月1日加入）"
        in notes
    )
    bodies = [
        b.plain(row.content)
        for row in every(b.KeyValueRow, composed.document.blocks)
        if row.label == "実施団体名"
    ]
    assert bodies == [
        "岬村・海辺市・磯町・丘町\n※磯町は令和5年3月31日まで、丘町は令和5年10月1日から",
        "岬村・海辺市・磯町",
    ]
    (sheet,) = (sheet for sheet in composed.sheets if sheet.name == "構成市町")
    assert [(row[1], row[4]) for row in sheet.rows] == [
        ("岬村", None),
        ("海辺市", None),
        ("磯町", date(2023, 3, 31)),
        ("丘町", None),
    ]


def test_founding_members_did_not_join_and_a_steady_region_has_no_note(pilot, small):
    for region, first, last in ((pilot, 2020, 2024), (small, 2021, 2024)):
        with scope(region=region):
            text = reading.tree_text(compose(region, "results", first=first, last=last).document)
        assert "異動" not in text
        assert "（※）" not in text


def test_a_report_without_initiatives_and_fields_says_that_they_are_missing(small):
    with verb(queries.operator(), "testing.empty", quiet=True):
        Initiative.objects.all().delete()
        RegionProgramme.objects.update(fields=[])
        composed = compose(small, "results", first=2022, last=2024)
    assert {"連携する具体的事項：該当する事項", "実施事業（概要）：実施事業"} <= {
        str(gap) for gap in composed.gaps
    }
    assert [table for table in every(b.DataTable, composed.document.blocks) if not table.rows] == []

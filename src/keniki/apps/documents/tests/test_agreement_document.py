"""協定書: the pilot's nine-party agreement, one-to-one agreements of the fictional sample, drafts."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import pgtrigger
import pytest

from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts.models import Agreement, Signatory
from keniki.apps.documents.composing import Stage, compose
from keniki.apps.documents.rendering import FORMATS, render
from keniki.apps.regions import queries
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from . import reading
from .reading import READERS, every

pytestmark = pytest.mark.django_db

TITLE = "南空知圏域の形成に関する協定書"
DATE = "令和2年（2020年）10月9日"
SIGNATURES = [
    ("岩見沢市鳩が丘1丁目1番1号", "岩見沢市", "岩見沢市長", "松野"),
    ("夕張市本町4丁目2番地", "夕張市", "夕張市長", "厚谷"),
    ("美唄市西3条南1丁目1番1号", "美唄市", "美唄市長", "板東知文"),
    ("三笠市幸町2番地", "三笠市", "三笠市長", "西城賢策"),
    ("空知郡南幌町栄町3丁目2番1号", "南幌町", "南幌町長", "大崎貞二"),
    ("夕張郡由仁町新光200番地", "由仁町", "由仁町長", "松村諭"),
    ("夕張郡長沼町中央北1丁目1番1号", "長沼町", "長沼町長", "齋藤良彦"),
    ("夕張郡栗山町松風3丁目252番地", "栗山町", "栗山町長", "佐々木学"),
    ("樺戸郡月形町1219番地", "月形町", "月形町長", "上坂隆一"),
]


@pytest.fixture(scope="module")
def printed(library: dict[str, Any], django_db_blocker: Any) -> dict[str, Any]:
    from django_scopes import scope

    region = library["minami-sorachi"]
    with django_db_blocker.unblock(), scope(region=region):
        composed = compose(region, "agreement")
        return {"composed": composed, **{file.format: file.content for file in render(composed)}}


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_cover_preamble_seven_articles_closing_date_signatures_and_annex_follow_each_other(printed, format_):
    signed = [
        part for address, town, title, name in SIGNATURES for part in (address, town, title, name, "㊞")
    ]
    parts = [
        TITLE,
        DATE,
        "岩見沢市、夕張市、美唄市、三笠市、南幌町、由仁町、長沼町、栗山町、月形町",
        TITLE,
        "（以下「連携市町」という。）",
        *[f"第{number}条" for number in range(1, 8)],
        "本書9通を作成し",
        DATE,
        *signed,
        "別表（第3条、第4条関係）",
        "1 生活機能の強化に係る政策分野",
        "(1)防災",
        "地域防災体制等の充実",
        "取組の方向性",
        "取組内容",
        "連携市町の役割",
        "【岩見沢市】",
        "【夕張市、美唄市、三笠市、南幌町、由仁町、長沼町、栗山町、月形町】",
        "備考",
        "「南空知災害時相互応援に関する協定」（平成24年11月26日）",
        "2 結びつきやネットワークの強化に係る政策分野",
        "(1)地域公共交通",
        "(2)ICTインフラ",
    ]
    assert reading.out_of_order(READERS[format_](printed[format_]), parts) == ""


def test_the_second_paragraph_carries_its_number_and_items_their_brackets(printed):
    articles = every(b.Article, printed["composed"].document.blocks)
    assert [(article.number, b.plain(article.heading)) for article in articles] == [
        ("第1条", "（目的）"),
        ("第2条", "（基本方針）"),
        ("第3条", "（連携する取組及び役割分担）"),
        ("第4条", "（事業の執行に当たっての連携及び負担）"),
        ("第5条", "（協定の変更）"),
        ("第6条", "（協定の解消）"),
        ("第7条", "（定めのない事項等の処理）"),
    ]
    assert [paragraph.number for paragraph in articles[3].paragraphs] == ["", "2"]
    assert [item.mark for item in articles[2].paragraphs[0].items] == ["(1)", "(2)"]


def test_remarks_stand_only_where_there_are_some(printed):
    labels = [
        [b.plain(row.label) for row in t.rows]
        for t in every(b.KeyValueTable, printed["composed"].document.blocks)
    ]
    assert labels == [
        ["取組の方向性", "取組内容", "連携市町の役割", "備考"],
        ["取組の方向性", "取組内容", "連携市町の役割"],
        ["取組の方向性", "取組内容", "連携市町の役割"],
    ]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_two_lost_given_names_are_missing_and_never_filled_in(printed, format_):
    text = READERS[format_](printed[format_])
    assert text.count("名未入力") == 2
    assert "岩見沢市長松野名未入力" in text
    assert "夕張市長厚谷名未入力" in text
    assert [str(gap) for gap in printed["composed"].gaps] == [
        "署名欄 岩見沢市：氏名（松野 の続き）",
        "署名欄 夕張市：氏名（厚谷 の続き）",
    ]


@pytest.mark.slow
def test_the_original_cannot_be_issued_while_a_name_is_incomplete(pilot):
    with pytest.raises(WrongInput, match="氏名（松野 の続き）"):
        compose(pilot, "agreement", Stage.SUBMITTED)
    with verb(queries.operator(), "testing.names", quiet=True):
        Signatory.objects.filter(name__in=["松野", "厚谷"]).update(name="架空 名", name_complete=True)
    original = compose(pilot, "agreement", Stage.SUBMITTED)
    text = READERS["pdf"](next(render(original, ("pdf",))).content)
    assert "未入力" not in text
    assert "確認版" not in text
    assert "（案）" not in text


def test_a_signatory_is_never_left_out_even_where_nothing_is_known_of_it(pilot):
    kept = pgtrigger.ignore("compacts.Signatory:frozen_text_is_kept")
    with verb(queries.operator(), "testing.names", quiet=True), kept:
        Signatory.objects.filter(municipality__name="月形町").delete()
    composed = compose(pilot, "agreement")
    last = every(b.SignatureBlock, composed.document.blocks)[0].signatories[-1]
    assert (last.body, last.title, b.plain(last.address), b.plain(last.name)) == (
        "月形町",
        "月形町長",
        "住所 未入力",
        "氏名 未入力",
    )


@pytest.mark.parametrize("slug", ["suzugahara-henkou", "yukisawa-henkou", "kazami-henkou"])
def test_an_agreement_not_concluded_is_a_draft_on_every_page_without_a_date(sample, slug):
    composed = compose(sample, "agreement", slug=slug)
    pages = reading.pdf_pages(next(render(composed, ("pdf",))).content)
    assert all("（案）" in page for page in pages)
    assert "令和年月日" in reading.squeezed(pages[0])


def test_an_agreement_that_has_ended_was_concluded_and_is_no_draft(small):
    with verb(queries.operator(), "testing.end", quiet=True):
        Agreement.objects.update(state="ended")
    composed = compose(small, "agreement", Stage.SUBMITTED)
    assert composed.document.draft_mark is None
    outline = reading.tree_text(compose(small, "results", first=2022, last=2024).document)
    assert "連携協定締結令和4年4月1日" in outline


@pytest.mark.slow
def test_a_one_to_one_agreement_names_both_sides_two_copies_and_the_days_of_resolution(sample):
    composed = compose(sample, "agreement", slug="kobato-kyoutei")
    text = READERS["pdf"](next(render(composed, ("pdf",))).content)
    parts = [
        "稔野市（以下「甲」という。）",
        "小鳩村（以下「乙」という。）",
        "本書2通",
        "甲稔野市",
        "乙",
        "小鳩村",
        "議決日",
        "令和5年3月17日",
    ]
    assert reading.out_of_order(text, parts) == ""
    block = every(b.SignatureBlock, composed.document.blocks)[0]
    assert [(s.party, s.body) for s in block.signatories] == [("甲", "稔野市"), ("乙", "小鳩村")]
    assert "役割分担" in text
    assert composed.gaps == ()


def test_a_day_of_resolution_not_yet_known_is_missing(sample):
    gaps = compose(sample, "agreement", slug="yukisawa-henkou").gaps
    assert [str(gap) for gap in gaps] == ["議決 雪沢町：議決日"]


def test_the_word_file_has_the_signatures_and_the_annex_as_tables_of_its_own(printed):
    word = docx.Document(BytesIO(printed["docx"]))
    annex = [t for t in word.tables if t.cell(0, 0).text == "取組の方向性"]
    assert len(annex) == 3
    assert annex[0].cell(3, 0).text == "備考"


def test_the_data_sheets_tell_a_complete_name_from_an_incomplete_one(printed):
    rows = reading.workbook(printed["xlsx"])["署名者"][1:]
    assert [(row[1], row[5]) for row in rows[:3]] == [("岩見沢市", 0), ("夕張市", 0), ("美唄市", 1)]


@pytest.mark.parametrize(
    ("parameters", "words"), [({"slug": "nashi"}, "nashi"), ({"version": 9}, "第9版はありません")]
)
def test_an_unknown_agreement_or_version_is_refused_in_words(pilot, parameters, words):
    with pytest.raises(WrongInput, match=words):
        compose(pilot, "agreement", **parameters)


def test_the_copies_follow_the_number_of_parties(small):
    text = reading.tree_text(compose(small, "agreement").document)
    assert "本書2通を作成し" in text
    assert text.index("岬村崎2番地") < text.index("海辺市浜1番地")

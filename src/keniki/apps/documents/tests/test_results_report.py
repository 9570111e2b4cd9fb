"""The rules a prefecture officer checks a results report by, on the pilot region, tree and files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import pytest

from keniki.apps.accounts.verbs import verb
from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Initiative
from keniki.apps.documents.composing import Stage, compose
from keniki.apps.documents.rendering import FORMATS, render
from keniki.apps.finance.models import Grant, GrantStep
from keniki.apps.regions import queries
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from . import reading
from .reading import READERS, every, row_of

pytestmark = pytest.mark.django_db

YEARS = {"first": 2020, "last": 2024}
MEMBERS = "岩見沢市・夕張市・美唄市・三笠市・南幌町・由仁町・長沼町・栗山町・月形町"
INITIATIVES = (
    "圏域基礎調査",
    "地域防災体制の充実",
    "地域公共交通の維持確保と利用促進",
    "ICTインフラの研究・活用",
)
DETAIL = "広域連携加速化事業における実施事業（詳細）"


@pytest.fixture(scope="module")
def printed(library: dict[str, Any], django_db_blocker: Any) -> dict[str, Any]:
    """The pilot's report: the tree under `tree`, the files by format."""
    from django_scopes import scope

    region = library["minami-sorachi"]
    with django_db_blocker.unblock(), scope(region=region):
        composed = compose(region, "results", **YEARS)
        return {"tree": composed, **{file.format: file.content for file in render(composed)}}


@pytest.fixture(scope="module")
def tree(printed: dict[str, Any]) -> b.Document:
    return printed["tree"].document


def report(region: Any, **parameters: Any) -> b.Document:
    return compose(region, "results", **{**YEARS, **parameters}).document


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_the_parts_come_in_the_stated_order_and_photos_never_at_the_end(printed, format_):
    parts = [
        "南空知圏域",
        "広域連携加速化事業",
        "実績報告書",
        "（令和2年度～令和6年度）",
        "連携地域の概要",
        "人口*152,486人",
        "面積*2,562.25km2",
        "構成市町村数9",
        "事務局担当市町村岩見沢市",
        "連携協定締結令和2年10月9日",
        "連携ビジョン策定令和2年10月23日",
        "※令和2年国勢調査結果より",
        "連携地域形成の経緯",
        "交付額（千円） ※令和6年度は交付予定額",
        "広域連携加速化事業における実施事業（概要）",
        *INITIATIVES,
        DETAIL,
        "圏域基礎調査（R2のみ実施）",
        "連携により得られた成果又は見込まれる成果",
        "南空知圏域基礎調査成果品一式",
        DETAIL,
        "地域防災体制の充実（R3～R6）",
        "実施団体名",
        "事業の目的",
        "事業概要",
        "構成団体の役割分担",
        "これまでの成果と課題",
        "今後の連携に必要な視点と取組内容",
        "方針",
        "取組",
        "●防災分野の活動記録写真",
        "R6 空き家を活用した実技研修の様子",
        DETAIL,
        "地域公共交通の維持確保と利用促進（R3～R6）",
        "鉄道ネットワークの確保",
        "●地域公共交通分野の活動記録写真",
        "R6 バスの乗務員確保に向けたチラシ",
        DETAIL,
        "ICTインフラの研究・活用（R3～R6）",
        "●ICTインフラ分野の活動記録写真",
        "R6 生成AI研修会の様子",
    ]
    if format_ != "pdf":  # there the label of the grid is laid out after its items
        parts.insert(parts.index("交付額（千円） ※令和6年度は交付予定額"), "連携する具体的事項")
    assert reading.out_of_order(READERS[format_](printed[format_]), parts) == ""


def test_eleven_items_stand_in_two_columns_of_six_and_five_with_circles_on_the_right_ones(tree, printed):
    grid = every(b.CheckGrid, tree.blocks)[0]
    assert [(item.name, item.on) for item in grid.left] == [
        ("医療", False),
        ("福祉", False),
        ("教育", False),
        ("環境", False),
        ("防災", True),
        ("機能の集約化", False),
    ]
    assert [(item.name, item.on) for item in grid.right] == [
        ("地域公共交通", True),
        ("デジタル・ディバイドの解消へ向けたICTの活用", True),
        ("連携市町村における人材の育成", False),
        ("連携市町村の職員等の交流", False),
        ("その他", False),
    ]
    table = next(
        t for t in docx.Document(BytesIO(printed["docx"])).tables if t.cell(0, 0).text == "連携する具体的事項"
    )
    rows = [[cell.text for cell in row.cells[1:]] for row in table.rows]
    assert rows[0] == ["医療", "", "地域公共交通", "○"]
    assert rows[4] == ["防災", "○", "その他", ""]
    assert rows[5] == ["機能の集約化", "", "", ""]
    assert sum(cell == "○" for row in rows for cell in row) == 3


def test_grants_have_their_head_thousands_separators_and_no_total(tree):
    table = next(t for t in every(b.DataTable, tree.blocks) if t.head)
    assert [b.plain(cell.content) for cell in table.head[0]] == ["交付額（千円） ※令和6年度は交付予定額"]
    assert [b.plain(cell.content) for cell in table.head[1]] == [
        "令和2年度",
        "令和3年度",
        "令和4年度",
        "令和5年度",
        "令和6年度",
    ]
    assert [b.plain(cell.content) for cell in table.rows[0]] == ["10,000", "600", "8,000", "3,900", "3,300"]
    assert len(table.rows) == 1


def test_a_grant_of_which_only_a_wish_is_known_is_missing_and_a_later_step_changes_the_amount(pilot):
    with verb(queries.operator(), "testing.grant", quiet=True):
        wished = Grant.objects.get(slug="kasokuka-2021")
        wished.steps.all().delete()
        GrantStep.objects.create(grant=wished, order=1, step="wish", amount=999_000)
        decided = Grant.objects.get(slug="kasokuka-2024")
        decided.steps.all().delete()
        GrantStep.objects.create(grant=decided, order=1, step="decision", amount=3_300_000, provisional=True)
        GrantStep.objects.create(grant=decided, order=2, step="final", amount=3_150_400)
        GrantStep.objects.create(grant=decided, order=3, step="repayment", amount=149_600)
    composed = compose(pilot, "results", **YEARS)
    table = next(t for t in every(b.DataTable, composed.document.blocks) if t.head)
    cells = [b.plain(cell.content) for cell in table.rows[0]]
    assert cells == ["10,000", "未入力", "8,000", "3,900", "3,150"]
    assert b.plain(table.head[0][0].content) == "交付額（千円）"
    assert "交付額：令和3年度の交付額" in [str(gap) for gap in composed.gaps]


def test_each_place_has_its_own_notation_of_years(tree):
    overview = next(
        t for t in every(b.DataTable, tree.blocks) if not t.head and b.plain(t.columns[0].title) == "事業名"
    )
    assert [b.plain(row[0]) for row in overview.rows] == ["圏域基礎調査\n（R2のみ実施）", *INITIATIVES[1:]]
    titles = [
        b.plain(t.rows[0].content)
        for t in every(b.KeyValueTable, tree.blocks)
        if b.plain(t.rows[0].label) == "事業名"
    ]
    assert titles == ["圏域基礎調査（R2のみ実施）", *(f"{title}（R3～R6）" for title in INITIATIVES[1:])]
    headings = [
        [b.plain(section.heading) for section in years.sections]
        for years in every(b.YearSections, tree.blocks)
    ]
    assert headings == [["（R2年度）", "（R3年度）", "（R4年度）", "（R5年度）", "（R6年度）"]] * 4
    captions = [b.plain(photo.caption) for photo in every(b.Photo, tree.blocks)]
    assert captions[0] == "南空知圏域基礎調査成果品一式"
    assert captions[1] == "R3 合同研修会の様子(オンラインで実施)"


def test_every_year_has_a_row_and_the_dash_stands_only_where_nothing_was_done(tree):
    nothing = {
        title: [
            b.plain(section.heading)
            for section in row_of(tree, title, "事業概要")[0].sections
            if section.content == b.NOTHING
        ]
        for title in INITIATIVES
    }
    assert nothing == {
        "圏域基礎調査": ["（R3年度）", "（R4年度）", "（R5年度）", "（R6年度）"],
        "地域防災体制の充実": ["（R2年度）"],
        "地域公共交通の維持確保と利用促進": ["（R2年度）"],
        "ICTインフラの研究・活用": ["（R2年度）"],
    }


@pytest.mark.slow
def test_a_year_of_which_nobody_said_anything_is_missing_and_never_a_dash(pilot):
    with verb(queries.operator(), "testing.year", quiet=True):
        Activity.objects.filter(initiative__slug="bousai", fiscal_year=2022).delete()
        Activity.objects.filter(initiative__slug="bousai", fiscal_year=2023).update(state="planned")
    composed = compose(pilot, "results", **YEARS)
    sections = row_of(composed.document, "地域防災体制の充実", "事業概要")[0].sections
    assert [isinstance(section.content, b.Missing) for section in sections] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert {"地域防災体制の充実（詳細）：令和4年度の実績", "地域防災体制の充実（詳細）：令和5年度の実績"} <= {
        str(gap) for gap in composed.gaps
    }
    assert "（R4年度）未入力（R5年度）未入力" in reading.pdf_text(next(render(composed, ("pdf",))).content)


@pytest.mark.parametrize("title", INITIATIVES)
def test_the_bodies_stand_in_agreement_order_joined_by_dots(tree, title):
    assert b.plain(row_of(tree, title, "実施団体名")) == MEMBERS


def test_an_initiative_of_some_towns_names_only_those_in_agreement_order(pilot):
    from keniki.apps.regions.models import Municipality

    with verb(queries.operator(), "testing.bodies", quiet=True):
        Initiative.objects.get(slug="ict").bodies.set(
            Municipality.objects.filter(name__in=["月形町", "美唄市", "三笠市"])
        )
    assert b.plain(row_of(report(pilot), "ICT", "実施団体名")) == "美唄市・三笠市・月形町"


def test_roles_are_labelled_as_the_report_spaces_them(tree):
    roles = row_of(tree, "地域防災体制の充実", "構成団体の役割分担")[0]
    assert [item.label for item in roles.items] == ["岩見沢市", "各 市 町"]
    assert roles.separator == "："


def test_a_one_off_initiative_has_results_or_expected_results_and_no_outlook(tree):
    labels = [
        [b.plain(row.label) for row in t.rows]
        for t in every(b.KeyValueTable, tree.blocks)
        if b.plain(t.rows[0].label) == "事業名"
    ]
    assert [rows[-1] for rows in labels] == [
        "連携により得られた成果又は見込まれる成果",
        *["これまでの成果と課題"] * 3,
    ]
    markers = [
        row_of(tree, title, rows[-1])[0].marker for title, rows in zip(INITIATIVES, labels, strict=True)
    ]
    assert markers == ["・", "①", "①", "①"]
    assert len(every(b.Outlook, tree.blocks)) == 3
    outlook = every(b.Outlook, tree.blocks)[1]
    assert [b.plain(policy.title) for policy in outlook.policies] == [
        "生活に必要な交通手段の確保",
        "鉄道ネットワークの確保",
    ]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "lines",
    [
        ["・高齢者を対象としたスマートフォン講習会の開催", "→26回 252名参加"],
        [
            "→「住家被害認定調査（地震編）」14名参加",
            "※理論研修と空き家を活用した実技研修を目的として開催",
            "（公社）北海道不動産鑑定士協会",
        ],
        ["→延べ100作品の応募、各市町賞（9作品）を選び賞状・賞品送付"],
        ["→4市3町で開催し児童計約300人参加"],
        ["→札幌圏域 6,600部、空知圏域 3,400部 計 10,000部"],
        ["→自動運転EVバスを活用した新たな交通モードの展開", "株式会社マクニカ職員"],
        ["→10,000部作成。", "→延べ43作品の応募、各市町の優秀作品を選び賞品送付"],
        ["→25名参加", "苫小牧市総務部ICT推進室職員ほか"],
        ["東北大学災害科学国際研究所 定池 祐季 氏"],
    ],
    ids=lambda lines: lines[0],
)
def test_results_lecturers_and_remarks_read_as_in_the_source(printed, format_, lines):
    bullets = [line.removeprefix("・") if format_ == "docx" else line for line in lines]
    assert reading.squeezed("".join(bullets)) in READERS[format_](printed[format_])


def test_photos_may_be_flyers_and_those_without_a_file_print_as_missing(tree, printed):
    grids = every(b.PhotoGrid, tree.blocks)
    assert [b.plain(grid.heading) for grid in grids] == [
        "",
        "●防災分野の活動記録写真",
        "●地域公共交通分野の活動記録写真",
        "●ICTインフラ分野の活動記録写真",
    ]
    assert [len(grid.photos) for grid in grids] == [1, 6, 6, 6]
    kinds = {row[3]: row[4] for row in reading.workbook(printed["xlsx"])["写真"][1:]}
    assert kinds["R4 公共交通フォトコンテストのチラシ"] == "チラシ"
    assert READERS["pdf"](printed["pdf"]).count("写真未入力") == 19


def test_the_reports_own_titles_and_overviews_are_not_those_of_the_annex(printed, pilot):
    report_text = READERS["pdf"](printed["pdf"])
    annex = reading.tree_text(compose(pilot, "agreement").document)
    assert "地域防災体制の充実" in report_text
    assert "地域防災体制等の充実" not in report_text
    assert "まさかの事態への備え" in report_text
    assert "地域防災体制等の充実" in annex
    assert "まさかへの備え" in annex
    assert "まさかの事態への備え" not in annex


def test_population_and_area_carry_the_star_the_census_note_and_a_raised_two(tree, printed):
    table = every(b.KeyValueTable, tree.blocks)[0]
    assert [b.plain(row.label) for row in table.rows[:2]] == ["人口*", "面積*"]
    area = b.text(table.rows[1].content).runs
    assert [(run.text, run.superscript) for run in area] == [("2,562.25km", False), ("2", True)]
    notes = [b.plain(note.text) for note in every(b.Note, tree.blocks)]
    assert notes[0] == "※令和2年国勢調査結果より"
    word = docx.Document(BytesIO(printed["docx"]))
    raised = [
        run.text
        for t in word.tables
        for row in t.rows
        for cell in row.cells
        for p in cell.paragraphs
        for run in p.runs
        if run.font.superscript
    ]
    assert raised == ["2"]


@pytest.mark.parametrize("stage", [Stage.SUBMITTED, Stage.REPLACEMENT])
def test_a_final_report_is_refused_while_something_is_missing_and_names_it(pilot, stage):
    with pytest.raises(WrongInput) as refusal:
        compose(pilot, "results", stage, **YEARS)
    message = str(refusal.value)
    assert stage.label in message
    assert "未入力が19件" in message
    assert "南空知圏域基礎調査成果品一式" in message
    assert "ほか14件" in message


def test_a_check_report_says_so_on_every_page_and_lists_what_is_missing_on_its_own_sheet(printed):
    pages = reading.pdf_pages(printed["pdf"])
    assert all("確認版" in page for page in pages)
    missing = reading.workbook(printed["xlsx"])["未入力"][1:]
    assert len(missing) == len(printed["tree"].gaps) == 19


@pytest.mark.slow
def test_a_complete_region_gets_its_final_report_without_a_mark(small):
    composed = compose(small, "results", Stage.SUBMITTED, first=2022, last=2024)
    files = {file.format: file.content for file in render(composed)}
    assert composed.gaps == ()
    for format_, content in files.items():
        text = READERS[format_](content)
        assert "確認版" not in text
        assert "未入力" not in text.replace("写真未入力", "")
    assert "写真未入力" not in READERS["pdf"](files["pdf"])


def test_the_data_sheets_hold_numbers_codes_and_the_basis_of_every_count(printed):
    sheets = reading.workbook(printed["xlsx"])
    head, *rows = sheets["数量"]
    counts = [dict(zip(head, row, strict=True)) for row in rows]
    smartphone = [row for row in counts if row["活動ID"] == "ict-2022-1"]
    assert [(row["数"], row["単位"], row["数え方"]) for row in smartphone] == [
        (26, "回", "実数"),
        (252, "名", "実数"),
    ]
    works = [row for row in counts if row["単位"] == "作品"]
    assert (100, "延べ") in [(row["数"], row["数え方"]) for row in works]
    assert [row[0] for row in sheets["構成市町"][1:]] == [
        "012106",
        "012092",
        "012157",
        "012220",
        "014231",
        "014273",
        "014281",
        "014290",
        "014303",
    ]
    assert [row[3] for row in sheets["交付額"][1:]] == [10_000_000, 600_000, 8_000_000, 3_900_000, 3_300_000]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"first": 2024, "last": 2020}, "終わりの年度"), ({"programme": "renkei"}, "制度が登録されていません")],
)
def test_wrong_parameters_are_refused_in_words(pilot, parameters, words):
    with pytest.raises(WrongInput, match=words):
        compose(pilot, "results", **{**YEARS, **parameters})

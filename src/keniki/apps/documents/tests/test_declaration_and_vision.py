"""宣言書 with its five parts, and ビジョン with its sheets, KPI and costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pgtrigger
import pytest

from keniki.apps.accounts.verbs import verb
from keniki.apps.compacts.models import AnnexItem, Declaration, Initiative, Kpi, Project, Vision
from keniki.apps.documents.composing import Stage, compose
from keniki.apps.documents.rendering import FORMATS, render
from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from . import reading
from .reading import READERS, every

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def vision(library: dict[str, Any], django_db_blocker: Any) -> Any:
    from django_scopes import scope

    with django_db_blocker.unblock(), scope(region=library["minorino"]):
        return compose(library["minorino"], "vision")


def costs(document: b.Document, initiative: str) -> b.DataTable:
    found = False
    for block in document.blocks:
        found = found or (isinstance(block, b.Heading) and b.plain(block.text) == initiative)
        if found and isinstance(block, b.DataTable) and b.plain(block.columns[-1].title) == "計":
            return block
    raise LookupError(initiative)


def cells(table: b.DataTable) -> list[list[str]]:
    rows = [row.cells if isinstance(row, b.Row) else row for row in table.rows]
    return [[b.plain(cell) for cell in row] for row in rows]


def test_the_declaration_has_its_gist_and_its_five_parts_in_order(pilot):
    composed = compose(pilot, "declaration")
    headings = [(h.number, b.plain(h.text)) for h in every(b.Heading, composed.document.blocks)]
    assert headings == [
        ("(1)", "都市機能の集積状況"),
        ("(2)", "近隣市町からの都市機能利用状況"),
        ("(3)", "連携に向けたこれまでの取組み"),
        ("(4)", "連携が想定される取組み"),
        ("(5)", "連携の意思を有する近隣市町"),
    ]
    text = reading.tree_text(composed.document)
    assert (
        reading.out_of_order(
            text,
            [
                "中心市宣言",
                "令和6年5月24日",
                "岩見沢市",
                "誰もが安心して暮らし続けられる",
                "職員研修",
                "岩見沢市長",
            ],
        )
        == ""
    )
    assert "夕張市、美唄市、三笠市、南幌町、由仁町、長沼町、栗山町、月形町" in text


def test_a_summary_is_printed_as_one_and_the_text_itself_as_missing(pilot):
    composed = compose(pilot, "declaration")
    parts = ["都市機能の集積状況", "近隣市町からの都市機能利用状況", "連携に向けたこれまでの取組み"]
    parts += ["連携が想定される取組み", "連携の意思を有する近隣市町"]
    assert [gap.what for gap in composed.gaps] == [
        "宣言書の本文",
        *(f"{part}の本文" for part in parts),
        "宣言者の氏名",
    ]
    text = reading.tree_text(composed.document)
    order = ["本文未入力", "（要旨）", "南空知圏域の人口が縮小する中", "(1)都市機能の集積状況", "本文未入力"]
    assert reading.out_of_order(text, [*order, "（要旨）医療機関、福祉施設", "岩見沢市長氏名未入力"]) == ""
    with pytest.raises(WrongInput, match="未入力が7件あるため提出版は出力できません"):
        compose(pilot, "declaration", Stage.SUBMITTED)


def test_a_declaration_with_its_text_can_be_issued_and_has_no_word_of_a_summary(sample):
    composed = compose(sample, "declaration", Stage.SUBMITTED)
    assert not composed.gaps
    assert "要旨" not in reading.tree_text(composed.document)


def test_a_part_known_in_full_stands_without_its_outline_though_the_rest_is_a_summary(pilot):
    part = Declaration.objects.get().parts.get(key="functions")
    with verb(queries.operator(), "testing.part", quiet=True):
        part.text = "岩見沢市には総合病院がある。"
        part.save()
    composed = compose(pilot, "declaration")
    assert "都市機能の集積状況の本文" not in [gap.what for gap in composed.gaps]
    text = reading.tree_text(composed.document)
    assert "岩見沢市には総合病院がある。" in text
    assert "医療機関、福祉施設" not in text


def test_the_fields_of_the_cooperation_stand_once_in_the_declarations_own_words_under_their_group(pilot):
    table = every(b.DataTable, compose(pilot, "declaration").document.blocks)[0]
    groups = [(b.plain(row[1].content), row[1].rowspan) for row in table.rows if len(row) == 3]
    assert groups == [
        ("生活機能の強化", 7),
        ("結びつきやネットワークの強化", 5),
        ("圏域マネジメント能力の強化", 3),
    ]
    assert [b.plain(row[-1].content) for row in table.rows][6:9] == ["防災", "公共交通", "ICTインフラ"]
    text = reading.tree_text(compose(pilot, "declaration").document)
    assert text.count("ICTインフラ") == 1


def test_the_published_declaration_is_printed_and_a_draft_only_where_there_is_no_other(sample):
    published = Declaration.objects.get()
    with verb(queries.operator(), "testing.draft", quiet=True):
        draft = Declaration.objects.create(
            region=sample, slug="an", programme="teiju", title="次の宣言", centre=published.centre
        )
    assert compose(sample, "declaration").document.title == "中心市宣言書"
    assert compose(sample, "declaration", slug="an").document.draft_mark == "（案）"
    with verb(queries.operator(), "testing.draft", quiet=True), pgtrigger.ignore():
        published.delete()
    alone = compose(sample, "declaration").document
    assert (alone.title, alone.draft_mark) == (draft.title, "（案）")


def test_a_declaration_lacking_a_part_says_which_and_is_a_draft_until_published(sample):
    declaration = Declaration.objects.get()
    with verb(queries.operator(), "testing.part", quiet=True), pgtrigger.ignore():
        declaration.parts.filter(key="history").delete()
        declaration.parts.filter(key="use").update(text="", items=[])
    composed = compose(sample, "declaration")
    assert [str(gap) for gap in composed.gaps] == [
        "(2) 近隣市町村からの都市機能の利用状況：近隣市町村からの都市機能の利用状況",
        "(3) 連携に向けたこれまでの取組：連携に向けたこれまでの取組",
    ]
    with pytest.raises(WrongInput, match="提出版は出力できません"):
        compose(sample, "declaration", Stage.SUBMITTED)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_vision_goes_from_its_name_to_the_sheets_and_the_annexes(vision, format_):
    parts = [
        "みのり野定住自立圏共生ビジョン",
        "令和5年度～令和9年度",
        "目次",
        "名称・期間・将来像",
        "川と田と雪がめぐる、六つのまちの暮らしの輪",
        "圏域の概況",
        "体系図",
        "協定に基づき推進する具体的取組",
        "夜間・休日初期救急の共同運営",
        "基本目標",
        "協定の根拠",
        "成果指標（KPI）",
        "事業費",
        "地域防災力の共同強化",
        "職員の合同研修",
        "資料",
        "策定の経過",
        "令和7年3月28日変更第1版",
    ]
    text = READERS[format_](next(render(vision, (format_,))).content)
    assert reading.out_of_order(text, parts) == ""


def test_a_fictional_regions_document_says_so_on_every_page(vision):
    assert all("架空のデータ" in page for page in reading.pdf_pages(next(render(vision, ("pdf",))).content))


def test_an_initiatives_sheet_names_the_annex_items_and_the_roles_of_both_sides(vision):
    table = next(
        t for t in every(b.KeyValueTable, vision.document.blocks) if b.plain(t.rows[0].label) == "政策分野"
    )
    rows = {b.plain(row.label): reading.squeezed("".join(reading.words(row.content))) for row in table.rows}
    assert list(rows) == ["政策分野", "基本目標", "協定の根拠", "取組の内容", "役割分担"]
    assert rows["協定の根拠"].count("形成に関する協定書別表（第3条、第4条関係）") == 5
    assert "【稔野市（甲）】" in rows["役割分担"]
    assert "【川霧市（乙）、風見町（乙）、雪沢町（乙）、鈴ヶ原町（乙）、小鳩村（乙）】" in rows["役割分担"]


def test_the_sheet_says_what_the_agreements_say_and_not_what_the_results_report_says(vision, sample):
    text = reading.tree_text(vision.document)
    for initiative in Initiative.objects.all():
        assert reading.squeezed(initiative.overview) not in text
    links = Initiative.objects.get(slug="bousai").annex_links.all()
    measures = AnnexItem.objects.filter(key__in=[link.key for link in links]).values_list("measures__text")
    assert measures
    assert all(reading.squeezed(text_) in text for (text_,) in measures)


def test_an_annex_item_without_measures_is_missing_in_the_sheet(sample):
    link = Initiative.objects.get(slug="bousai").annex_links.first()
    with verb(queries.operator(), "testing.link", quiet=True):
        Initiative.objects.get(slug="bousai").annex_links.exclude(pk=link.pk).delete()
        type(link).objects.filter(pk=link.pk).update(key="nai")
    gaps = [str(gap) for gap in compose(sample, "vision").gaps]
    assert "取組 地域防災力の共同強化：協定の別表の取組の内容" in gaps
    assert "取組 地域防災力の共同強化：協定の別表の役割分担" in gaps


def test_a_changed_vision_carries_both_days_on_its_cover_and_a_decided_one_its_own(vision, small):
    def days(document: b.Document) -> list[str]:
        return [b.plain(line.text) for line in document.blocks[0].lines if line.role == "date"]

    assert days(vision.document) == ["令和5年3月30日　策定", "令和7年3月28日　変更（第1版）"]
    assert days(compose(small, "vision").document) == ["令和4年6月1日"]


def test_kpis_go_from_baseline_to_target_each_with_its_year_and_direction(vision):
    rows = [
        row
        for t in every(b.DataTable, vision.document.blocks)
        if b.plain(t.columns[0].title) == "指標"
        for row in cells(t)
    ]
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["夜間・休日初期救急の診療科目数"] == ["2科目\n（R3）", "2科目\n（R9）", "維持"]
    assert by_name["救急搬送に占める軽症者の割合"] == ["46.8％\n（R3）", "42％\n（R9）", "減少"]
    assert by_name["個別避難計画が未作成の避難行動要支援者数"] == ["1,284人\n（R4）", "550人\n（R9）", "減少"]
    assert by_name["広域路線バスの利用者数の減少率（対前年度）"] == [
        "4.6％\n（H29～R3平均）",
        "2％以内\n（R9）",
        "以内",
    ]
    assert by_name["デジタル専門人材の派遣を受けた業務の数"] == ["―", "検討中", "検討中"]


def test_every_kpi_is_printed_also_those_of_the_vision_as_a_whole(vision, sample):
    text = reading.tree_text(vision.document)
    for kpi in Kpi.objects.all():
        assert reading.squeezed(kpi.name) in text
    assert "612人（R1～R3平均）450人（R9）減少" in text


def test_each_kpi_with_numbers_has_one_chart_with_its_numbers_under_it(vision, sample):
    figures = list(every(b.Figure, vision.document.blocks))
    names = [kpi.name for kpi in Kpi.objects.exclude(direction=Kpi.Direction.UNDECIDED)]
    assert sorted(figure.image.alt.split("の折れ線")[0] for figure in figures) == sorted(names)
    group = next(
        block
        for block in every(b.Group, vision.document.blocks)
        if "夜間・休日初期救急の診療科目数" in block.blocks[0].image.alt
    )
    table = group.blocks[1]
    assert [b.plain(column.title) for column in table.columns] == [
        "（科目）",
        "R3",
        "R5",
        "R6",
        "R7",
        "R8",
        "R9",
    ]
    assert [row[0] for row in table.rows] == ["基準値", "目標", "実績"]
    assert table.rows[0][1] == 2
    assert table.rows[2][-1] == b.NOTHING


def test_the_charts_are_pictures_with_a_description_in_word_and_excel(vision):
    alts = [figure.image.alt for figure in every(b.Figure, vision.document.blocks)]
    word, excel = render(vision, ("docx", "xlsx"))
    assert [shape.get("descr") for shape in reading.pictures(word.content)] == alts
    assert [shape.get("descr") for shape in reading.pictures(excel.content)] == alts


def test_a_kpi_without_numbers_prints_that_they_are_missing_and_no_chart(sample):
    kpi = Kpi.objects.filter(count_query__isnull=True).exclude(direction=Kpi.Direction.UNDECIDED).first()
    with verb(queries.operator(), "test", quiet=True):
        kpi.targets.all().delete()
        kpi.readings.all().delete()
        composed = compose(sample, "vision")
    assert not [f for f in every(b.Figure, composed.document.blocks) if f.image.alt.startswith(kpi.name)]
    assert reading.squeezed(f"「{kpi.name}」の推移 目標値・実績値 未入力") in reading.tree_text(
        composed.document
    )
    assert f"「{kpi.name}」の目標値" in [gap.what for gap in composed.gaps]


def test_a_vision_with_charts_has_the_same_bytes_each_time(small):
    first, second = (
        {file.format: file.content for file in render(compose(small, "vision"))} for _ in range(2)
    )
    assert first == second


def test_costs_are_summed_per_year_and_body_with_the_note_that_they_are_estimates(vision):
    table = costs(vision.document, "夜間・休日初期救急の共同運営")
    assert [b.plain(column.title) for column in table.columns[2:]] == [
        f"令和{n}年度" for n in range(5, 10)
    ] + ["計"]
    rows = cells(table)
    assert rows[0] == [
        "急病センターの共同運営",
        "稔野市",
        "48,200",
        "48,600",
        "49,100",
        "49,500",
        "50,000",
        "245,400",
    ]
    assert [row[1] for row in rows] == [
        "稔野市",
        "川霧市",
        "風見町",
        "雪沢町",
        "鈴ヶ原町",
        "小鳩村",
        "稔野市",
        "",
    ]
    assert rows[-1] == ["計", "", "70,300", "70,400", "71,300", "71,900", "72,600", "356,500"]
    notes = [b.plain(note.text) for note in every(b.Note, vision.document.blocks)]
    assert "事業費は見込みであり、各年度の予算の定めるところによる。" in notes
    assert "※千円未満を四捨五入しているため、合計が一致しない場合がある。" in notes


def test_a_sum_is_of_the_yen_and_rounded_once(sample):
    initiative = Initiative.objects.order_by("order").last()
    with verb(queries.operator(), "testing.money", quiet=True):
        BudgetLine.objects.filter(initiative=initiative).delete()
        for number, name in enumerate(("稔野市", "川霧市", "風見町")):
            BudgetLine.objects.create(
                region=sample,
                initiative=initiative,
                slug=f"test-{number}",
                fiscal_year=2023,
                municipality=Municipality.objects.get(name=name),
                stage="initial",
                amount=1_400,
            )
    rows = cells(costs(compose(sample, "vision").document, initiative.title))
    assert [row[2] for row in rows] == ["1", "1", "1", "4"]
    assert [row[3] for row in rows] == ["―", "―", "―", "0"]


def test_of_a_request_and_an_initial_budget_only_the_later_stage_counts(sample):
    line = BudgetLine.objects.filter(stage="initial", fiscal_year=2023, municipality__name="稔野市").first()
    before = cells(costs(compose(sample, "vision").document, line.initiative.title))
    with verb(queries.operator(), "testing.money", quiet=True):
        BudgetLine.objects.create(
            region=sample,
            initiative=line.initiative,
            project=line.project,
            slug="test-request",
            fiscal_year=2023,
            municipality=line.municipality,
            stage="request",
            amount=line.amount * 3,
        )
    assert cells(costs(compose(sample, "vision").document, line.initiative.title)) == before


def test_costs_follow_the_order_of_the_projects_and_keep_the_name_of_a_body_that_left(sample):
    projects = list(Project.objects.filter(initiative__slug="bousai").order_by("order"))
    outside = Municipality.objects.filter(name="岩見沢市").first()
    with verb(queries.operator(), "testing.order", quiet=True):
        Project.objects.filter(pk=projects[0].pk).update(order=9)
        BudgetLine.objects.filter(project=projects[1]).update(municipality=outside)
    rows = cells(costs(compose(sample, "vision").document, "地域防災力の共同強化"))
    assert rows[0][:2] == [projects[1].title, "岩見沢市"]
    assert rows[1][0] == projects[0].title


def test_what_the_pilots_sources_do_not_say_of_the_vision_is_missing_and_not_a_dash(pilot):
    composed = compose(pilot, "vision", slug="renkei-vision")
    gaps = [str(gap) for gap in composed.gaps]
    assert "将来像：圏域の将来像" in gaps
    assert len(gaps) == len(set(gaps))
    system = next(
        t for t in every(b.DataTable, composed.document.blocks) if b.plain(t.columns[0].title) == "政策分野"
    )
    assert [row[1:] for row in cells(system)][1] == ["未入力", "地域防災体制の充実", "未入力"]
    with pytest.raises(WrongInput, match="未入力が"):
        compose(pilot, "vision", Stage.SUBMITTED, slug="renkei-vision")


def test_a_vision_that_is_not_decided_carries_its_state_on_every_page(pilot):
    assert Vision.objects.get(slug="kyousei-vision").state == "outline"
    composed = compose(pilot, "vision", slug="kyousei-vision")
    pages = reading.pdf_pages(next(render(composed, ("pdf",))).content)
    assert all("（骨子）" in page for page in pages)
    assert "令和7年度～令和11年度" in reading.squeezed(pages[0])


def test_actuals_from_activities_stand_beside_typed_ones_in_the_data(vision):
    rows = reading.workbook(next(render(vision, ("xlsx",))).content)["KPI"][1:]
    actual = {(row[0], row[5]): row[6] for row in rows if row[4] == "実績値"}
    assert actual["shakai-zougen", 2024] == 571
    assert actual["kunren-sankasha", 2023] > 0
    assert Decimal(str(actual["keishou-hansou", 2023])) == Decimal("45.7")

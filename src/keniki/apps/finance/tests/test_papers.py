"""What the papers of joint costs say: exact amounts, one page where one is promised, the same bytes again."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from fractions import Fraction
from io import BytesIO
from typing import Any

import docx
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions as evidence
from keniki.apps.evidence.importers import tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.finance import papers
from keniki.apps.finance.models import Allocation, BasisFigure, CostGame, CostItem, JointCost, TownBudget
from keniki.apps.finance.papers.explanation import reckoned
from keniki.apps.finance.papers.qa import parts_of, questions
from keniki.apps.finance.queries import explaining
from keniki.apps.finance.queries import papers as queries
from keniki.apps.finance.sharing import towns_of
from keniki.apps.workflow import actions as workflow
from keniki.press import blocks as b
from keniki.press.layout import missing_marks

from .joint import RULE, adopted_rule, allocated, joint_cost
from .papered import billed, dunned, many_towns

pytestmark = pytest.mark.slow


@pytest.fixture
def cost(in_region, initiative):
    return joint_cost(in_region, initiative)


def pages(paper: papers.Paper) -> list[str]:
    """The words of each page without blanks."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(paper.render("pdf"))).pages]


def made(cost: JointCost, number: int = 1) -> queries.Decided:
    return queries.decided(cost.region, cost.slug, 2024, number)


def explained(cost: JointCost, name: str = "川北町", number: int = 1) -> explaining.Explained:
    found = made(cost, number)
    return explaining.explained(found, next(town for town in found.towns if town.name == name))


def asked(facts: explaining.Explained) -> dict[str, str]:
    return {each.asked: each.answer for each in questions(facts)}


def item(cost: JointCost, amount: int, **more: Any) -> None:
    with verb(SYSTEM, "testing.item", region=cost.region.slug, quiet=True) as act:
        act.save(
            CostItem(
                region=cost.region,
                cost=cost,
                fiscal_year=2024,
                stage="initial",
                title="経費",
                amount=amount,
                **more,
            )
        )


# --- the explanation ---


def test_a_page_says_what_a_town_pays_and_how_it_was_reckoned(cost) -> None:
    allocated(cost)
    paper = papers.explanation(explained(cost))
    (text,) = pages(paper)
    assert "400,000円（負担の合計2,400,000円の16.7％）" in text
    assert "均等割20％：480,000円÷3団体＝160,000円" in text
    assert "人口割80％：1,920,000円×9,000人÷72,000人＝240,000円" in text
    assert "人口１人当たり44.4円（全団体では33.3円）" in text
    assert "青葉市1,760,00073.329.3" in text
    assert "架空" in text
    assert "南空知" not in text
    assert paper.name == "負担金の説明_R6_合同防災訓練の共同経費_川北町"
    assert missing_marks(paper.document) == ()


def test_the_same_records_give_the_same_files(cost) -> None:
    bill = billed(allocated(cost), made(cost).town(made(cost).towns[1].code))
    for form, again in (
        ("pdf", lambda: papers.explanation(explained(cost))),
        ("docx", lambda: papers.explanation(explained(cost))),
        ("xlsx", lambda: papers.calculation(made(cost))),
        ("pdf", lambda: papers.notice(queries.bill(cost.region, 2024, bill.number))),
    ):
        assert again().render(form) == again().render(form), form


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 3, 9, 11, 24, 40])
def test_a_page_stays_one_page_for_any_number_of_towns(in_region, initiative, number) -> None:
    """Names as long as any there is, a title and a purpose as long as the fields hold."""
    many_towns(in_region, number)
    initiative.purpose = "圏域の住民が安心して暮らせるよう、" + "災害に備えた合同の訓練と備蓄を、" * 40
    cost = joint_cost(in_region, initiative)
    allocated(cost, stage="request", number=1)
    allocated(cost, number=2)
    for title in ("合同防災訓練の共同経費", "圏域" * 60):
        with verb(SYSTEM, "testing.title", region=in_region.slug, quiet=True) as act:
            cost.title = title
            initiative.save()
            act.save(cost)
        paper = papers.explanation(explained(cost, number=2))
        (text,) = pages(paper)
        assert text.count("答") >= 3
        assert text.count("南富士見野") == max(number - 3, 0)
        docx.Document(BytesIO(paper.render("docx")))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice on this machine")
@pytest.mark.parametrize("number", [2, 10, 40])
def test_the_word_file_keeps_to_one_page_too(in_region, initiative, number, tmp_path) -> None:
    many_towns(in_region, number)
    cost = joint_cost(in_region, initiative)
    allocated(cost)
    file = tmp_path / "page.docx"
    file.write_bytes(papers.explanation(explained(cost)).render("docx"))
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
            "--outdir", str(tmp_path), str(file),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert len(PdfReader(tmp_path / "page.pdf").pages) == 1


@pytest.mark.slow
def test_quotes_of_towns_alone_are_told_where_the_game_is_too_large(in_region, initiative) -> None:
    many_towns(in_region, 20)
    cost = joint_cost(in_region, initiative)
    allocated(cost)
    towns = made(cost).towns
    quotes = [{"towns": [town.code], "amount": 900_000} for town in towns]
    with verb(SYSTEM, "testing.game", region=in_region.slug, quiet=True) as act:
        act.save(
            CostGame(
                region=in_region, cost=cost, fiscal_year=2024, kind="quotes",
                content={"kind": "quotes", "quotes": quotes},
            )
        )  # fmt: skip
    assert explained(cost).alone == dict.fromkeys((town.code for town in towns), 900_000)


def test_the_one_page_has_narrow_margins_in_both_files(cost) -> None:
    allocated(cost)
    paper = papers.explanation(explained(cost))
    section = docx.Document(BytesIO(paper.render("docx"))).sections[0]
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (17, 18)
    usual = docx.Document(
        BytesIO(papers.request_letter(made(cost), made(cost).towns[0]).render("docx"))
    ).sections[0]
    assert (round(usual.top_margin.mm), round(usual.left_margin.mm)) == (24, 22)


def test_a_town_calls_itself_as_it_is_called(cost) -> None:
    allocated(cost)
    assert "本市の負担" in pages(papers.explanation(explained(cost, "青葉市")))[0]
    assert "本町の負担" in pages(papers.explanation(explained(cost)))[0]


@pytest.mark.slow
def test_last_year_the_budget_and_the_cost_alone_are_told(in_region, initiative) -> None:
    cost = joint_cost(in_region, initiative, year=2023, amounts={"initial": 2_500_000})
    allocated(cost, year=2023)
    item(cost, 2_800_000)
    town = made_towns = queries.read(allocated_of(cost, 2023)).towns[1]
    figures(cost, {"青葉市": 60000, "川北町": 8900, "星野町": 3000})
    with verb(SYSTEM, "testing.more", region=in_region.slug, quiet=True) as act:
        act.save(
            TownBudget(
                region=in_region, cost=cost, fiscal_year=2024, municipality=town, stage="initial",
                amount=460_000, earmarked=60_000, decided_on=date(2024, 3, 20),
            )
        )  # fmt: skip
        game = {
            "kind": "quotes",
            "quotes": [
                {"towns": [each.code], "amount": amount}
                for each, amount in zip(
                    queries.read(allocated_of(cost, 2023)).towns, (2_500_000, 900_000, 400_000), strict=True
                )
            ],
        }
        act.save(CostGame(region=in_region, cost=cost, fiscal_year=2024, kind="quotes", content=game))
    allocated(cost)
    facts = explained(cost)
    own = facts.decided.shares[made_towns.code]
    past = facts.before.shares[made_towns.code]
    (text,) = pages(papers.explanation(facts))
    assert (past, facts.before.allocation.fiscal_year) == (350_000, 2023)
    assert f"前年度350,000円から{own - past:,}円増" in text
    assert "当初460,000円（R6.3.20）" in text
    assert f"年900,000円。共同の方が{900_000 - own:,}円少ない" in text
    assert facts.tax.general == own - 60_000
    answer = next(each for question, each in asked(facts).items() if "なぜですか" in question)
    assert "人口は9,000人から8,900人になりました" in answer
    assert "分ける額は2,100,000円から2,800,000円（700,000円増）" in answer


def allocated_of(cost: JointCost, year: int) -> Allocation:
    return cost.allocations.get(fiscal_year=year)


def figures(cost: JointCost, people: dict[str, int], year: int = 2024) -> None:
    with verb(SYSTEM, "testing.figures", region=cost.region.slug, quiet=True) as act:
        for town in towns_of(cost, year):
            act.save(
                BasisFigure(
                    region=cost.region, cost=cost, fiscal_year=year, basis="population", municipality=town,
                    value=people[town.name], source="住民基本台帳（架空）", as_of=f"{year - 1}-09-30",
                )
            )  # fmt: skip


def test_why_a_resident_pays_more_is_the_part_that_makes_the_difference(cost) -> None:
    allocated(cost)
    found = asked(explained(cost))
    answer = found["１人当たりの負担（44.4円）が青葉市（29.3円）より高いのは、なぜですか。"]
    assert "均等割は人口にかかわらず160,000円ずつ" in answer
    assert "本町17.8円、青葉市2.7円" in answer
    dearest = asked(explained(cost, "青葉市"))
    assert "１人当たりの負担（29.3円）が星野町（80.0円）より低いのは、なぜですか。" in dearest


@pytest.mark.slow
def test_what_fewer_people_change_is_reckoned_with_the_same_rule(cost, operator) -> None:
    """Without a projection a tenth less; with one its people of ten years later."""
    allocated(cost)
    question = "人口が減ると、負担はどうなりますか。"
    facts = explained(cost)
    fewer = explaining.with_people(
        facts.decided,
        {
            code: Fraction(v) * (Fraction(9, 10) if code == facts.town.code else 1)
            for code, v in facts.residents.people.items()
        },
    )
    assert sum(fewer.values()) == 2_400_000
    assert (
        f"{fewer[facts.town.code]:,}円（{400_000 - fewer[facts.town.code]:,}円減）" in asked(facts)[question]
    )
    codes = [town.code for town in facts.decided.towns]
    rows = ["municipality_code,indicator,year,value,unit"]
    for code, people in zip(codes, (60_000, 9_000, 3_000), strict=True):
        rows += [
            f"{code},projected_population,{year},{people - cut},persons"
            for year, cut in ((2020, 0), (2035, 1_800))
        ]
    evidence.import_figures(operator, [tidy.READER.read(RawBytes("推計.csv", "\n".join(rows).encode()))])
    facts = explained(cost)
    assert facts.ahead.year == 2035
    exact = {
        code: Fraction(people - 1_800) for code, people in zip(codes, (60_000, 9_000, 3_000), strict=True)
    }
    assert facts.ahead.shares == explaining.with_people(facts.decided, exact)
    later = facts.ahead.shares[facts.town.code]
    assert "（令和17年の本町は7,200人）の増減の率を今の人口に当てはめ" in asked(facts)[question]
    assert f"同じ経費を分けると、本町は{later:,}円" in asked(facts)[question]


def test_what_happens_without_the_town_adds_up(cost) -> None:
    allocated(cost)
    facts = explained(cost)
    others = explaining.without(facts.decided, [facts.town.code])
    assert sum(others.values()) == 2_400_000
    assert set(others) == {town.code for town in facts.decided.towns} - {facts.town.code}
    answer = asked(facts)["本町が参加をやめると、どうなりますか。"]
    assert "合わせて400,000円増える" in answer
    assert "登録されていません" in answer


def test_a_later_stage_says_what_changed_since_the_request(cost) -> None:
    allocated(cost, stage="request")
    allocated(cost, number=2)
    assert asked(explained(cost, number=2))["要求額（433,000円）と違うのは、なぜですか。"] == (
        "経費が3,000,000円から2,800,000円になったためです。"
    )
    assert explained(cost, number=2).replaced is False


def test_a_later_stage_says_all_that_changed(cost) -> None:
    allocated(cost, stage="request")
    with verb(SYSTEM, "testing.figures", region=cost.region.slug, quiet=True):
        BasisFigure.objects.filter(cost=cost, municipality__name="川北町").update(value=8000)
    allocated(cost, number=2)
    (answer,) = [
        each for question, each in asked(explained(cost, number=2)).items() if "違うのは" in question
    ]
    assert answer == "経費が3,000,000円から2,800,000円になった、按分の基礎数値が変わったためです。"


def test_only_what_is_still_to_come_is_told_of_payments(cost) -> None:
    """Days of the rule before the bill, then those of the bills after the decision; none to who keeps the account."""
    allocation = allocated(cost)
    (text,) = pages(papers.explanation(explained(cost)))
    assert "今後：納期5月20日・11月20日→出納閉鎖R7.5.31→決算の認定" in text
    (own,) = pages(papers.explanation(explained(cost, "青葉市")))
    assert "納期" not in own
    assert "本市は会計をもつ団体のため、本市の分の納入通知はない。" in own
    billed(allocation, made(cost).towns[1])
    facts = explained(cost)
    facts.decided.allocation.issued_on = date(2024, 6, 1)
    (text,) = pages(papers.explanation(facts))
    assert "今後：納期R6.10.18200,000円→出納閉鎖" in text


def test_who_bears_what_rounding_leaves_is_told_so(in_region, initiative) -> None:
    """The parts of that town do not add up to its share by less than the unit."""
    bearer = joint_cost(in_region, initiative, rule=None)
    code = towns_of(bearer, 2024)[0].code
    adopted_rule(bearer, {**RULE, "rounding": {"unit": 100_000, "remainder": code}})
    allocated(bearer)
    assert reckoned(explained(bearer, "青葉市"))[-1].endswith("（100,000円未満の端数処理の差額を加減した額）")
    assert reckoned(explained(bearer, "星野町"))[-1].endswith("（100,000円未満の端数を処理した額）")


def test_what_a_formula_makes_is_told_as_about(cost) -> None:
    allocated(cost)
    function = {"kind": "function", "function": {"fixed": 900_123, "variable": 10, "basis": "population"}}
    with verb(SYSTEM, "testing.game", region=cost.region.slug, quiet=True) as act:
        act.save(CostGame(region=cost.region, cost=cost, fiscal_year=2024, kind="function", content=function))
    facts = explained(cost)
    assert facts.alone[facts.town.code] == 990_000
    (text,) = pages(papers.explanation(facts))
    assert "単独で行う場合の費用（試算）年約990,000円。共同の方が約590,000円少ない。" in text
    assert "見積り" not in text


def test_a_page_of_an_amount_that_was_replaced_says_so(cost) -> None:
    allocated(cost)
    item(cost, 100_000)
    allocated(cost, number=2)
    assert "この後に更新された額があります" in pages(papers.explanation(explained(cost)))[0]
    assert "この後に更新された額があります" not in pages(papers.explanation(explained(cost, number=2)))[0]


def test_a_rule_without_people_says_that_they_do_not_count(in_region, initiative) -> None:
    rule = {**RULE, "bases": {}, "components": [{"basis": "equal", "weight": 100}], "name": "均等割"}
    cost = joint_cost(in_region, initiative, rule=rule)
    allocated(cost)
    facts = explained(cost)
    assert "総人口を基準に使っていません" in asked(facts)["人口が減ると、負担はどうなりますか。"]
    assert facts.residents is None
    (text,) = pages(papers.explanation(facts))
    assert "川北町800,00033.3―" in text
    assert "人口１人当たり" not in text


def test_a_town_that_pays_nothing_is_told_so(in_region, initiative) -> None:
    """Revenue covers everything; or the rule leaves the town out."""
    cost = joint_cost(in_region, initiative, amounts={"initial": 400_000})
    allocated(cost)
    (text,) = pages(papers.explanation(explained(cost)))
    assert "本町の負担0円前年度の額は記録がない" in text
    assert "納期" not in text
    assert "分ける額（経費－特定財源）0" in "".join(pages(papers.calculation(made(cost))))
    assert papers.calculation(made(cost)).render("xlsx")
    other = joint_cost(in_region, initiative, slug="hoka", rule=None)
    left_out = towns_of(other, 2024)[1]
    adopted_rule(other, {**RULE, "exclude": [left_out.code]})
    allocated(other)
    (text,) = pages(papers.explanation(explained(other)))
    assert "（本町は対象外）" in text
    assert "合計：0円" in text
    assert all(papers.request_letter(made(other), town).render("pdf") for town in made(other).towns)


# --- every kind of rule ---


RICH: dict[str, Any] = {
    "name": "区分ごとの割合",
    "clause": "別表のとおり負担する。",
    "bases": {"population": {"label": "人口割", "column": "population", "unit": "人"}},
    "classes": {
        "build": {
            "label": "建設",
            "components": [{"basis": "equal", "weight": "33.3"}, {"basis": "population", "weight": "66.7"}],
        },
        "run": {"label": "運営", "components": [{"basis": "population", "weight": 100}]},
        "debt": {"label": "公債費", "by_year": {}},
    },
}


def rich(in_region, initiative) -> JointCost:
    """Three classes: building with a host, a fixed amount and a cap, running, and a debt by the year of borrowing."""
    cost = joint_cost(in_region, initiative, rule=None, amounts={}, revenue=0)
    one, two, three = (town.code for town in towns_of(cost, 2024))
    content = {**RICH, "classes": {key: dict(value) for key, value in RICH["classes"].items()}}
    content["classes"]["build"] |= {
        "host": {"code": one, "percent": 10},
        "fixed": {two: 50_000},
        "limits": {one: {"most": 600_000}},
    }
    content["classes"]["debt"] |= {"by_year": {"2015": {one: "60", two: "30", three: "10"}}}
    adopted_rule(cost, content)
    for amount, key, loan in ((1_000_001, "build", None), (500_000, "run", None), (333_333, "debt", 2015)):
        item(cost, amount, cost_class=key, loan_year=loan)
    item(cost, 100_000, cost_class="run", kind="revenue")
    return cost


def test_every_part_of_a_rich_rule_stands_in_the_calculation(in_region, initiative) -> None:
    allocated(rich(in_region, initiative))
    cost = JointCost.objects.get()
    found = made(cost)
    text = "".join(pages(papers.calculation(found)))
    for words in (
        "所在市町村の負担",
        "固定額",
        "上限・下限の適用後",
        "公債費（平成27年度借入）",
        "負担額の計",
    ):
        assert words in text, words
    for amount in found.shares.values():
        assert f"{amount:,}" in text
    assert f"分ける額（経費－特定財源）{found.shared:,}" in text
    lines = reckoned(explained(cost))
    assert lines[-1] == f"合計：{found.shares[found.towns[1].code]:,}円"
    assert [line.split("：")[0] for line in lines[1:-1]] == ["建設", "運営", "公債費（平成27年度借入）"]
    assert len(pages(papers.explanation(explained(cost)))) == 1
    for town in found.towns:
        parts = sum(parts_of(explained(cost, town.name), town.code).values())
        assert abs(parts - found.shares[town.code]) < len(found.splits), town


def test_the_data_sheets_hold_every_part_as_an_exact_fraction(in_region, initiative) -> None:
    cost = rich(in_region, initiative)
    allocated(cost)
    found = made(cost)
    book = CalamineWorkbook.from_filelike(BytesIO(papers.calculation(found).render("xlsx")))
    assert book.sheet_names == ["様式", "負担額", "計算の段階", "経費の内訳", "基礎数値"]
    head, *rows = book.get_sheet_by_name("負担額").to_python()
    assert head == ["年度", "段階", "回", "決定の番号", "団体コード", "団体名", "負担額_円", "割合_％"]
    assert {row[4]: row[6] for row in rows} == found.shares
    assert all(isinstance(row[4], str) and len(row[4]) == 6 for row in rows)
    head, *rows = book.get_sheet_by_name("計算の段階").to_python()
    parts = [Fraction(row[9]) for row in rows if (row[0], row[2]) == ("run", "割")]
    assert len(parts) == 3
    assert sum(parts) == 400_000


def test_a_rule_of_many_parts_gets_a_table_for_each(in_region, initiative) -> None:
    bases = {f"b{at}": {"label": f"第{at}割", "unit": "人"} for at in range(5)}
    rule = {
        **RULE,
        "bases": bases,
        "components": [{"basis": key, "weight": 20} for key in bases],
    }
    cost = joint_cost(in_region, initiative, rule=None)
    with verb(SYSTEM, "testing.figures", region=in_region.slug, quiet=True) as act:
        for town in towns_of(cost, 2024):
            for at, key in enumerate(bases):
                act.save(
                    BasisFigure(
                        region=in_region,
                        cost=cost,
                        fiscal_year=2024,
                        basis=key,
                        municipality=town,
                        value=7 + at,
                    )
                )
    adopted_rule(cost, rule)
    allocated(cost)
    paper = papers.calculation(made(cost))
    text = "".join(pages(paper))
    assert all(f"第{at}割20％の額" in text for at in range(5))
    assert "出典未入力" in text
    tables = [block for block in paper.document.blocks if isinstance(block, b.DataTable)]
    assert max(len(table.columns) for table in tables) <= 7


# --- bills ---


def test_a_notice_holds_notice_calculation_and_clause(cost) -> None:
    decision = allocated(cost)
    found = made(cost)
    billed(decision, found.towns[1], note="指定金融機関の窓口（架空）")
    first, second, third = pages(papers.notice(queries.bill(cost.region, 2024, 1)))
    for words in (
        "架企第34号", "令和6年4月15日", "川北町長様", "青葉市長", "納入通知書", "400,000円", "調定第12号",
        "令和6年5月20日(月)", "令和6年10月18日(金)", "定めの日（令和6年10月20日(日)）が閉庁日のため",
        "指定金融機関の窓口（架空）", "正式の納入通知書は、会計をもつ団体の会計システムから発行する",
    ):  # fmt: skip
        assert words in first, words
    assert "案（" not in first
    for words in ("1,760,000", "240,000", "▲400,000", "9,000", "2,400,000", "1,000円未満"):
        assert words in second, words
    for words in (found.allocation.rule.digest, RULE["clause"], "第1版", "住民基本台帳（架空）", "記録なし"):
        assert words in third, words


def test_a_notice_names_the_towns_own_decisions_on_this_text(cost, approver) -> None:
    decision = allocated(cost)
    rule = decision.rule
    inquiry = workflow.ask(SYSTEM, rule, rule.digest, "第1版", None, asked_on=date(2024, 2, 1))
    town = made(cost).towns[1]
    workflow.record_decision(
        approver, inquiry, town, answer="agreed", decided_on=date(2024, 2, 20), decision_kind="assembly",
        document_no="川企第9号",
    )  # fmt: skip
    billed(decision, town)
    third = pages(papers.notice(queries.bill(cost.region, 2024, 1)))[2]
    assert "川北町異議なし令和6年2月20日議会の議決川企第9号" in third
    assert "青葉市記録なし" in third


def test_a_notice_without_number_is_a_draft_and_a_cancelled_one_says_so(cost) -> None:
    decision = allocated(cost)
    town = made(cost).towns[1]
    bill = billed(decision, town, notified=False)
    text = pages(papers.notice(queries.bill(cost.region, 2024, 1)))
    assert all("案（通知の番号・日付が未記録）" in page for page in text)
    with verb(SYSTEM, "testing.cancelled", region=cost.region.slug, quiet=True) as act:
        bill.cancelled_on = date(2024, 4, 20)
        act.save(bill)
    assert "取消（令和6年4月20日）" in pages(papers.notice(queries.bill(cost.region, 2024, 1)))[0]


@pytest.mark.slow
def test_a_second_bill_and_a_refund_say_what_they_are_made_of(cost) -> None:
    town = queries.read(allocated(cost)).towns[1]
    billed(cost.allocations.get(), town)
    item(cost, 200_000)
    second = allocated(cost, number=2)
    share = second.shares.get(municipality=town).amount
    billed(second, town, amount=share - 400_000, number=2)
    first, text, *_ = pages(papers.notice(queries.bill(cost.region, 2024, 2)))
    assert "負担金のうち、既に調定した額を除いた分を、次のとおり納入してください。" in first
    assert f"負担額{share:,}円から既に調定した額400,000円を差し引いた{share - 400_000:,}円を請求する" in text
    item(cost, 500_000, kind="revenue", order=3)
    third = allocated(cost, number=3)
    less = third.shares.get(municipality=town).amount
    billed(third, town, amount=share - less, number=3, kind="refund")
    paper = papers.notice(queries.bill(cost.region, 2024, 3))
    first, calculation, _ = pages(paper)
    assert "返還通知書" in first
    assert "返還する団体青葉市" in first
    assert "負担金の額を減じたため、次のとおり返還します。" in first
    assert (
        f"既に調定した額{share:,}円から負担額{less:,}円を差し引いた{share - less:,}円を返還する"
        in calculation
    )
    assert paper.name.startswith("返還通知書_")


def test_an_additional_bill_is_called_so(cost) -> None:
    decision = allocated(cost)
    billed(decision, made(cost).towns[2], amount=10_000, kind="additional")
    assert "納入通知書（精算による追加）" in pages(papers.notice(queries.bill(cost.region, 2024, 1)))[0]


# --- letters ---


def test_a_request_goes_out_with_a_form_to_answer(cost) -> None:
    allocated(cost, stage="request")
    found = made(cost)
    first, second, third = pages(papers.request_letter(found, found.towns[1]))
    for words in (
        "川北町長様",
        "青葉圏域事務局青葉市企画課",
        "（要求額）について（通知）",
        "433,000円",
        "別に連絡する日",
    ):
        assert words in first, words
    assert "433,000" in second
    for words in ("査定結果回答書", "通知した額433,000円", "査定後の額", "青葉圏域事務局御中"):
        assert words in third, words
    allocated(cost, number=2)
    decided = "".join(pages(papers.request_letter(made(cost, 2), found.towns[1])))
    assert "（当初予算額）について（通知）" in decided
    assert "査定結果回答書" not in decided


def test_a_dunning_letter_names_the_instalment_and_the_new_day(cost) -> None:
    decision = allocated(cost)
    bill = billed(decision, made(cost).towns[1])
    dunned(bill, amount=150_000)
    assessment, letter = queries.dunning(cost.region, 2024, 1, 1)
    (text,) = pages(papers.dunning_letter(made(cost), assessment, letter))
    for words in (
        "督促状",
        "架企第56号",
        "150,000円",
        "第1期令和6年5月20日(月)",
        "令和6年6月14日(金)",
        "令和6年4月15日付け架企第34号",
    ):
        assert words in text, words


def test_papers_are_tagged_for_every_reader(cost) -> None:
    allocated(cost)
    content = papers.explanation(explained(cost)).render("pdf")
    reader = PdfReader(BytesIO(content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith("ja")
    assert b"pdfuaid" in content

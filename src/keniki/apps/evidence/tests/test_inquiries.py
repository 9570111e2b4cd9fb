"""Inquiries for figures: from the form to the store, with every refusal on the way."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import date, timedelta
from pathlib import Path

import docx
import pytest
from django.db import DatabaseError, transaction
from django_scopes import scope
from psycopg.types.range import DateRange
from python_calamine import CalamineWorkbook

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions as store
from keniki.apps.evidence.importers import ssdse, tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.inquiring import actions, letters, policies, queries, tables
from keniki.apps.evidence.inquiring.actions import Draft
from keniki.apps.evidence.inquiring.items import (
    Item,
    Kind,
    from_catalogue,
    next_year,
    read_items,
    read_years,
    slots_of,
    years_words,
)
from keniki.apps.evidence.inquiring.references import References
from keniki.apps.evidence.inquiring.values import Mark, Value, read_value
from keniki.apps.evidence.models import AnswerVersion, FigureInquiry, InquiryLetter, Series, TownAnswer
from keniki.apps.evidence.queries import figures
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read as read_region
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions import actions as regions_actions
from keniki.apps.regions import policies as rights
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow import queries as workflow_queries
from keniki.apps.workflow.models import DueItem
from keniki.apps.workflow.tests import files
from keniki.core.errors import WrongInput
from keniki.core.holidays import Calendar
from keniki.press import blocks as b
from keniki.press.word import render_docx

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
YEARS = [2023, 2024]
DATA = Path(__file__).parents[5] / "data"
DECISION = {"answer": "agreed", "decision_kind": "manager", "document_no": "川企第12号"}


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def soon(days: int = 20) -> date:
    return Calendar().next_business_day(rights.today() + timedelta(days=days))


def items() -> list[Item]:
    return [
        from_catalogue("births"),
        Item("", Kind.FIGURE, "町民講座の参加者数", unit="人", fiscal=True, adds_up=True),
        Item("", Kind.CHOICE, "広報の方法", choices=("広報紙", "ウェブ")),
        Item("", Kind.TEXT, "課題"),
    ]


@pytest.fixture
def draft(in_region, secretariat):
    made = actions.make_inquiry(
        secretariat,
        in_region,
        Draft(
            "令和7年度 圏域基礎数値調査",
            YEARS,
            purpose="圏域の基礎調査のため",
            deadline=soon(),
            contact="青葉市 企画課　電話 00-0000",
            sender="青葉圏域\n青葉市 企画課",
        ),
    )
    return actions.change_items(secretariat, made, made.version, items())


@pytest.fixture
def sent(draft, secretariat):
    actions.send_inquiry(secretariat, draft, draft.version, dated=rights.today(), document_no="企第5号")
    return FigureInquiry.objects.get(pk=draft.pk)


def answer_of(inquiry, code=KAWAKITA) -> TownAnswer:
    return TownAnswer.objects.select_related("inquiry__region__secretariat", "municipality").get(
        inquiry=inquiry, municipality__code=code
    )


def content(inquiry, *values: float, note: str = "") -> dict:
    """Numbers for the figures in the order of the form, and answers to the questions."""
    slots = slots_of(read_items(inquiry.items), inquiry.years)
    said = {slot.key: Value(number=value, note=note) for slot, value in zip(slots, values, strict=False)}
    said[slots[-2].key] = Value(text="ウェブ")
    return said


def handed_in(actor, inquiry, *values: float, code=KAWAKITA) -> AnswerVersion:
    saved = actions.save_answer(actor, answer_of(inquiry, code), None, content(inquiry, *values))
    return actions.hand_in(actor, answer_of(inquiry, code), saved.version)


def decided(approver, answer: TownAnswer):
    (asked,) = [row for row in workflow_queries.inquiries_about(answer) if row.state == "open"]
    return workflow.record_decision(
        approver, asked, answer.municipality, decided_on=rights.today(), **DECISION
    )


# --- the form -----------------------------------------------------------------------------------------------


def test_a_draft_is_the_secretariats_and_a_sent_form_stays(draft, sent, secretariat, partner, in_region):
    assert queries.inquiries_for(partner, in_region) == [sent]
    with pytest.raises(WrongInput, match="写して新しい照会"):
        actions.change_items(secretariat, sent, sent.version, items()[:1])
    with pytest.raises(DatabaseError), transaction.atomic():
        FigureInquiry.objects.filter(pk=sent.pk).update(title="別の件名")
    with pytest.raises(Denied):
        actions.make_inquiry(partner, in_region, Draft("照会"))


def test_towns_see_no_draft(draft, partner, viewer, secretariat, in_region):
    assert queries.inquiries_for(partner, in_region) == queries.inquiries_for(viewer, in_region) == []
    assert queries.inquiries_for(secretariat, in_region) == [draft]


def test_a_deadline_on_a_closed_day_is_refused_with_the_next_open_one(in_region, secretariat):
    with pytest.raises(WrongInput, match=r"元日で、閉庁日です。次の開庁日は 令和10年1月4日\(火\)") as wrong:
        actions.make_inquiry(secretariat, in_region, Draft("照会", deadline=date(2028, 1, 1)))
    assert wrong.value.column == "回答期限"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ([Item("", Kind.FIGURE, "バスの本数")], "単位を入力"),
        ([Item("", Kind.CHOICE, "方法", choices=("一つ",))], "2つ以上"),
        ([from_catalogue("births")] * 2, "2回あります"),
        ([Item("", Kind.TEXT, " ")], "名称を入力"),
        ([Item(f"a{number}", Kind.FIGURE, "数", unit="人") for number in range(301)], "照会を分けて"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(draft, secretariat, changed, said):
    with pytest.raises(WrongInput, match=said):
        actions.change_items(secretariat, draft, draft.version, changed)


@pytest.mark.parametrize(
    ("typed", "years"),
    [
        ("2021-2023", [2021, 2022, 2023]),
        ("R3～R5", [2021, 2022, 2023]),
        ("令和５年度、令和元年度", [2019, 2023]),
        ("", []),
    ],
)
def test_years_are_read_as_offices_write_them(typed, years):
    assert read_years(typed) == years
    assert read_years(years_words(years)) == years


def test_last_years_form_is_copied_with_its_years_moved_on(sent, secretariat):
    copied = actions.copy_inquiry(secretariat, sent)
    assert (copied.title, copied.years, copied.follows) == ("令和8年度 圏域基礎数値調査", [2024, 2025], sent)
    assert [item.key for item in read_items(copied.items)] == [item.key for item in read_items(sent.items)]
    assert Calendar().is_business_day(copied.deadline)
    assert (
        next_year("R6・令和元年・２０２５年・10年間・（R５年度）")
        == "R7・令和2年・２０２６年・10年間・（R６年度）"
    )


# --- letters ------------------------------------------------------------------------------------------------


def test_every_town_gets_its_letter_a_blank_sheet_and_a_due_item(sent):
    (letter,) = sent.letters.all()
    names = zipfile.ZipFile(io.BytesIO(letters.archive(letter))).namelist()
    assert [name.rpartition("/")[2] for name in names if AOBA in name] == [
        f"鑑文_{AOBA}_青葉市.docx",
        f"鑑文_{AOBA}_青葉市.pdf",
        f"回答票_{AOBA}_青葉市.xlsx",
    ]
    assert len(names) == 9
    dues = DueItem.objects.filter(state="open", due_on=sent.deadline)
    assert sorted(item.municipality.name for item in dues) == ["川北町", "星野町", "青葉市"]


def test_the_letter_says_what_the_record_says(sent):
    (letter,) = sent.letters.all()
    town = next(row for row in letters.addressed(letter) if row.code == KAWAKITA)
    words = [p.text for p in docx.Document(io.BytesIO(render_docx(letters.compose(letter, town)))).paragraphs]
    whole = "\n".join(words)
    assert words[0] == "企第5号"
    for said in (
        "川北町長　様",
        "令和7年度 圏域基礎数値調査について（照会）",
        "圏域の基礎調査のため",
        "数値　2項目（令和5年～令和6年、令和5年度～令和6年度）",
        "質問　2問",
        "青葉市 企画課　電話 00-0000",
    ):
        assert said in whole, said


def test_without_a_number_the_letter_leaves_room_for_it(draft, secretariat):
    letter = actions.send_inquiry(secretariat, draft, draft.version, dated=rights.today())
    first = letters.compose(letter, letters.addressed(letter)[0]).blocks[0]
    assert b.plain(first.text) == letters.NO_NUMBER


def test_the_department_is_addressed_where_it_is_recorded(draft, secretariat, towns):
    changed = actions.change_form(
        secretariat,
        draft,
        draft.version,
        Draft("照会", YEARS, deadline=soon(), contact="企画課", sender="青葉市", addressee="department"),
    )
    letter = actions.send_inquiry(secretariat, changed, changed.version, dated=rights.today())
    assert {row.addressee for row in letters.addressed(letter)} <= {
        *(f"{town.name}長　様" for town in towns.values()),
        *(f"{town.name} 企画課　御中" for town in towns.values()),
    }


def test_a_reminder_goes_to_who_has_not_answered_with_a_letter_a_log_line_and_a_note(
    sent, secretariat, partner, towns
):
    letter = actions.remind_towns(
        secretariat, sent, [towns["川北町"]], dated=rights.today(), document_no="企第9号"
    )
    assert letter.kind == InquiryLetter.Kind.REMINDER
    composed = letters.compose(letter, letters.addressed(letter)[0])
    whole = "".join(b.plain(block.text) for block in composed.blocks if isinstance(block, b.Paragraph))
    assert "付け企第5号で照会した標記の件について" in whole
    assert "行き違い" in whole
    assert LogEntry.objects.latest("pk").text.endswith("への回答を川北町に督促")
    assert DueItem.objects.get(state="open", municipality=towns["川北町"]).reminders.count() == 1
    with pytest.raises(Denied):
        actions.remind_towns(partner, sent, [towns["星野町"]], dated=rights.today())


def test_a_town_that_has_answered_is_reminded_of_its_decision_whose_day_moves_with_the_deadline(
    sent, secretariat, partner, towns
):
    handed_in(partner, sent, 30, 28)
    item = DueItem.objects.get(state="open", municipality=towns["川北町"])
    actions.remind_towns(secretariat, sent, [towns["川北町"]], dated=rights.today())
    assert item.reminders.count() == 1
    later = soon(40)
    inquiry = FigureInquiry.objects.get(pk=sent.pk)
    actions.change_terms(secretariat, inquiry, inquiry.version, deadline=later, contact="企画課")
    item.refresh_from_db()
    (asked,) = workflow_queries.inquiries_about(answer_of(sent))
    assert (item.due_on, asked.due_on) == (later, later)
    assert {due.due_on for due in DueItem.objects.filter(state="open")} == {later}


def test_a_reminder_is_mailed_at_once_where_mail_is_set_up(
    sent, secretariat, partner, towns, settings, mailoutbox, django_capture_on_commit_callbacks
):
    settings.MAIL_ENABLED = True
    with verb(secretariat, "testing.mail", quiet=True):
        partner.user.email = "nakamura@kawakita.example"
        partner.user.save()
    with django_capture_on_commit_callbacks(execute=True):
        actions.remind_towns(secretariat, sent, [towns["川北町"]], dated=rights.today())
    (mail,) = mailoutbox
    assert mail.to == ["nakamura@kawakita.example"]
    assert "数値照会への回答：令和7年度 圏域基礎数値調査" in mail.body


def test_some_towns_may_be_asked_and_a_stranger_not(draft, secretariat, in_region):
    chosen = Draft("照会", YEARS, towns=[KAWAKITA], deadline=soon(), contact="企画課", sender="青葉市")
    changed = actions.change_form(secretariat, draft, draft.version, chosen)
    actions.send_inquiry(secretariat, changed, changed.version, dated=rights.today())
    assert [row.municipality.code for row in draft.answers.all()] == [KAWAKITA]
    with pytest.raises(WrongInput, match="構成市町ではありません"):
        actions.make_inquiry(secretariat, in_region, Draft("照会", towns=["019048"]))


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("１，２３４", 1234),
        ("1,234人", 1234),
        ("▲5", -5),
        ("0", 0),
        ("12.5", 12.5),
        ("1.2千人", 1200),
    ],
)
def test_numbers_are_read_as_offices_write_them(typed, number):
    assert read_value(from_catalogue("births"), typed).number == number


def test_nothing_and_unknown_are_answers_and_a_dash_is_asked_about():
    births = from_catalogue("births")
    assert read_value(births, "該当なし").mark is Mark.NONE
    assert read_value(births, "不明", "統計なし") == Value(mark=Mark.UNKNOWN, note="統計なし")
    assert not read_value(births, " ").is_answered
    for typed, said in (
        ("－", "0、該当なし、不明"),
        ("百人", "数として読めません"),
        ("12千円", "単位が違います"),
    ):
        with pytest.raises(WrongInput, match=said):
            read_value(births, typed)


def test_an_answer_becomes_confirmed_by_the_towns_decision_and_a_change_needs_another(
    sent, partner, approver, in_region
):
    first = handed_in(partner, sent, 30, 28, 100, 120)
    state = queries.state_of(answer_of(sent))
    assert (state.stage, str(first)) == (queries.Stage.HANDED_IN, "第1版")
    decided(approver, answer_of(sent))
    assert queries.state_of(answer_of(sent)).stage is queries.Stage.DECIDED
    assert queries.confirmed_versions(sent) == [first]
    actions.save_answer(partner, answer_of(sent), None, content(sent, 31, 28, 100, 120))
    changing = queries.state_of(answer_of(sent))
    assert (changing.stage, changing.label) == (queries.Stage.TYPING, "第1版を訂正中")
    second = actions.hand_in(partner, answer_of(sent), None)
    assert queries.state_of(answer_of(sent)).stage is queries.Stage.HANDED_IN
    assert queries.confirmed_versions(sent) == [first]
    decided(approver, answer_of(sent))
    assert queries.confirmed_versions(sent) == [second]
    assert not DueItem.objects.filter(state="open", municipality__code=KAWAKITA).exists()


def test_the_same_answer_again_is_still_a_new_version_with_a_decision_of_its_own(sent, partner, approver):
    handed_in(partner, sent, 30)
    decided(approver, answer_of(sent))
    handed_in(partner, sent, 31)
    third = handed_in(partner, sent, 30)
    assert queries.state_of(answer_of(sent)).approval is None
    with pytest.raises(WrongInput, match=f"{third}から変わっていません"):
        actions.hand_in(partner, answer_of(sent), None)


def test_after_its_round_was_withdrawn_the_same_answer_is_handed_in_again(sent, partner, secretariat):
    handed_in(partner, sent, 30)
    (asked,) = workflow_queries.inquiries_about(answer_of(sent))
    with pytest.raises(Denied):
        workflow.withdraw_inquiry(partner, asked)
    workflow.withdraw_inquiry(secretariat, asked)
    assert actions.hand_in(partner, answer_of(sent), None).number == 2


def test_a_version_never_changes(sent, partner):
    version = handed_in(partner, sent, 30)
    with pytest.raises(DatabaseError), transaction.atomic():
        AnswerVersion.objects.filter(pk=version.pk).update(content={})


def test_a_value_far_from_the_last_one_asks_for_a_note_and_is_not_refused(sent, partner, secretariat):
    tidy_file = RawBytes(
        "births.csv",
        f"municipality_code,indicator,year,value,unit\n{KAWAKITA},births,2022,30,persons\n".encode(),
    )
    store.import_figures(secretariat, [tidy.read(tidy_file)], region=sent.region)
    answer = answer_of(sent)
    known = References(sent, [answer.municipality])
    for number, said in ((59, ""), (61, "2倍を超える"), (30_000, "およそ1,000倍"), (14, "2倍を超える")):
        cell = queries.cells_of(answer, content(sent, number, 28), known)[0]
        assert (said in cell.doubt) if said else not cell.doubt
    noted = queries.cells_of(answer, content(sent, 30_000, 28, note="団地ができた"), known)[0]
    assert not noted.doubt
    assert handed_in(partner, sent, 30_000).number == 1


def test_a_town_writes_its_own_answer_only_and_the_secretariat_visibly_for_it(
    sent, partner, other_partner, viewer, secretariat, neighbour
):
    for actor in (other_partner, viewer, neighbour):
        with pytest.raises(Denied):
            actions.save_answer(actor, answer_of(sent), None, content(sent, 1))
    assert not policies.see_answer(other_partner, answer_of(sent))
    saved = actions.save_answer(secretariat, answer_of(sent), None, content(sent, 1))
    assert saved.proxy
    assert "（川北町分を代理入力）" in LogEntry.objects.latest("pk").text


def test_others_see_an_answer_after_closing_only_where_that_was_said_before(
    draft, secretariat, other_partner, in_region
):
    chosen = Draft("照会", YEARS, opened=True, deadline=soon(), contact="企画課", sender="青葉市")
    changed = actions.change_form(secretariat, draft, draft.version, chosen)
    actions.send_inquiry(secretariat, changed, changed.version, dated=rights.today())
    open_ = queries.inquiry_for(other_partner, in_region, draft.pk)
    assert not policies.see_all(other_partner, open_)
    closed = actions.close_inquiry(secretariat, open_, None)
    assert policies.see_all(other_partner, closed)
    assert policies.see_answer(other_partner, answer_of(closed))
    with pytest.raises(Denied):
        actions.save_answer(other_partner, answer_of(closed, HOSHINO), None, {})


def test_progress_names_each_town_and_counts(sent, partner, approver, secretariat, django_assert_num_queries):
    handed_in(partner, sent, 30)
    decided(approver, answer_of(sent))
    actions.save_answer(secretariat, answer_of(sent, HOSHINO), None, content(sent, 5))
    with django_assert_num_queries(3):
        progress = queries.progress_of(sent)
    assert [town.label for town in progress.towns] == ["未着手", "決裁済", "入力中"]
    assert (progress.answered, progress.decided, progress.overdue) == (1, 1, 0)
    FigureInquiry.objects.filter(pk=sent.pk).update(
        asked_on=date(2024, 4, 1), deadline=rights.today() - timedelta(days=1)
    )
    assert queries.progress_of(FigureInquiry.objects.get(pk=sent.pk)).overdue == 2


def test_sums_stand_only_where_figures_add_up(sent, partner, other_partner, secretariat):
    for actor, code, number in ((partner, KAWAKITA, 30), (other_partner, HOSHINO, 12)):
        handed_in(actor, sent, number, code=code)
    rows = queries.table_of(secretariat, queries.progress_of(sent)).rows
    assert (rows[0].total, rows[0].partial) == (None, 42)
    said = {**content(sent), ("births", "2023"): Value(mark=Mark.NONE)}
    actions.save_answer(secretariat, answer_of(sent, AOBA), None, said)
    actions.hand_in(secretariat, answer_of(sent, AOBA), None)
    rows = queries.table_of(secretariat, queries.progress_of(sent)).rows
    assert (rows[0].total, rows[-1].total) == (42, None)
    with pytest.raises(Denied):
        queries.table_of(partner, queries.progress_of(sent))


# --- into the store -----------------------------------------------------------------------------------------


def test_decided_figures_are_taken_once_and_a_correction_stands_beside_them(
    sent, partner, approver, secretariat, in_region
):
    said = {**content(sent, 30, 28, 100), (read_items(sent.items)[1].key, "2024"): Value(mark=Mark.UNKNOWN)}
    actions.save_answer(partner, answer_of(sent), None, said)
    actions.hand_in(partner, answer_of(sent), None)
    assert actions.take_figures(secretariat, sent).stored == 0
    decided(approver, answer_of(sent))
    assert actions.take_figures(secretariat, sent).stored == 4
    assert actions.take_figures(secretariat, sent).stored == 0
    (found,) = figures([KAWAKITA], ["births"], region=in_region, year=2023)
    assert (found.value, found.status, found.unit) == (30, Series.Status.REPORTED, "persons")
    assert (found.cell.row_label, found.cell.column_label) == ("川北町", "出生数")
    assert found.source_title.startswith("青葉圏域 数値照会")
    own = read_items(sent.items)[1].key
    (unknown,) = figures([KAWAKITA], [own], region=in_region, year=2024)
    assert (unknown.value, unknown.text, unknown.period) == (None, "不明", "FY2024")

    handed_in(partner, sent, 33, 28, 100, 120)
    decided(approver, answer_of(sent))
    assert actions.take_figures(secretariat, sent).stored == 4
    assert actions.take_figures(secretariat, sent).stored == 0
    both = figures([KAWAKITA], ["births"], region=in_region, year=2023)
    assert [row.value for row in both] == [33, 30]
    assert len({row.edition for row in both}) == 2
    with pytest.raises(Denied):
        actions.take_figures(partner, sent)


def test_the_last_answer_stands_beside_next_years_cell(sent, partner, approver, secretariat):
    handed_in(partner, sent, 30, 28, 100)
    following = actions.copy_inquiry(secretariat, sent)
    actions.send_inquiry(secretariat, following, following.version, dated=rights.today())
    answer = answer_of(following)
    known = References(answer.inquiry, [answer.municipality])
    cells = queries.cells_of(answer, {}, known)
    assert (cells[0].known.same.number, cells[0].known.before.number) == (28, 30)
    assert next(cell for cell in cells if cell.slot.item.kind is Kind.CHOICE).known.last == "ウェブ"


def test_who_has_left_since_still_answers_an_inquiry_of_its_time(sent, partner, towns):
    with transaction.atomic():
        RegionMembership.objects.filter(region=sent.region, municipality=towns["川北町"]).update(
            valid=DateRange(date(2019, 4, 1), rights.today(), "[)")
        )
    rights.forget_members(sent.region)
    FigureInquiry.objects.filter(pk=sent.pk).update(asked_on=rights.today() - timedelta(days=1))
    with scope(region=sent.region):
        assert handed_in(partner, FigureInquiry.objects.get(pk=sent.pk), 30).number == 1


def test_a_town_that_merged_meanwhile_is_answered_for_by_the_one_it_went_into(
    sent, operator, secretariat, cast, towns, in_region
):
    FigureInquiry.objects.filter(pk=sent.pk).update(asked_on=rights.today() - timedelta(days=1))
    regions_actions.merge(operator, [towns["星野町"]], towns["川北町"], rights.today())
    rights.forget_members(sent.region)
    heir, approver = cast.actor("partner"), cast.actor("approver")
    inquiry = FigureInquiry.objects.select_related("region__secretariat").get(pk=sent.pk)
    gone = answer_of(inquiry, HOSHINO)
    assert policies.answer(heir, gone)
    assert not policies.answer(heir, gone).on_behalf_of
    stored = Municipality.objects.get(code=HOSHINO)
    letter = actions.remind_towns(secretariat, inquiry, [stored], dated=rights.today())
    assert letter.addressees[0]["addressee"] == "川北町長　様"
    assert letter.addressees[0]["name"] == "星野町"
    blocks = letters.compose(letter, letters.addressed(letter)[0]).blocks
    assert any("承継した星野町の分" in b.plain(each.text) for each in blocks if isinstance(each, b.Paragraph))
    assert any(
        due.item.title.startswith("数値照会への回答") and due.mine
        for due in workflow_queries.due_for(heir, in_region)
    )
    version = handed_in(heir, inquiry, 30, 28, code=HOSHINO)
    (asked,) = workflow_queries.inquiries_about(answer_of(inquiry, HOSHINO))
    row = workflow.record_decision(approver, asked, stored, decided_on=rights.today(), **DECISION)
    assert not row.proxy
    (state,) = [each for each in queries.progress_of(inquiry).towns if each.town.code == HOSHINO]
    assert (state.stage, state.heir.name) == (queries.Stage.DECIDED, "川北町")
    assert actions.take_figures(secretariat, inquiry).versions == [version]


def test_the_secretariat_records_a_decision_with_the_towns_paper(sent, secretariat):
    handed_in(secretariat, sent, 30)
    (asked,) = workflow_queries.inquiries_about(answer_of(sent))
    row = workflow.record_decision(
        secretariat,
        asked,
        answer_of(sent).municipality,
        decided_on=rights.today(),
        reply=workflow.Reply("回答.pdf", files.pdf()),
        **DECISION,
    )
    assert row.proxy
    assert [town.municipality.name for town in workflow_queries.standing_of(asked).towns] == ["川北町"]


# --- the pilot's towns with published figures ---------------------------------------------------------------


@pytest.mark.slow
def test_nine_towns_answer_beside_published_figures_and_add_up_to_the_regions_population(db):
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no published files")
    operator = regions.operator()
    load_region(operator, read_region(DATA / "minami-sorachi"))
    file = Path(folder, "ssdse_a", "SSDSE-A-2025.csv")
    store.import_figures(operator, [ssdse.read(RawBytes(file.name, file.read_bytes()))])
    region = Region.objects.get(slug="minami-sorachi")
    with scope(region=region):
        says = Draft("基礎数値", [2020], deadline=soon(), contact="企画課", sender="事務局")
        made = actions.make_inquiry(operator, region, says)
        made = actions.change_items(
            operator, made, None, [from_catalogue("population"), from_catalogue("births")]
        )
        actions.send_inquiry(operator, made, None, dated=rights.today())
        inquiry = FigureInquiry.objects.get(pk=made.pk)
        answers = list(inquiry.answers.select_related("inquiry__region", "municipality"))
        known = References(inquiry, [answer.municipality for answer in answers])
        slot = slots_of(read_items(inquiry.items), inquiry.years)[0]
        for answer in answers:
            figure = known.of(answer.municipality.code, slot).same
            assert figure is not None
            assert figure.source.startswith("教育用標準データセット")
            said = {slot.key: Value(figure.number)}
            assert not queries.cells_of(answer, said, known)[0].doubt
            actions.save_answer(operator, answer, None, said)
            actions.hand_in(operator, answer, None)
        table = queries.table_of(operator, queries.progress_of(inquiry))
        assert table.towns[0].town.name == "岩見沢市"
        assert (len(table.towns), table.rows[0].total, table.rows[1].total) == (9, 152_486, None)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(tables.xlsx_file(inquiry, table)))
        wide, long = (workbook.get_sheet_by_name(name).to_python() for name in ("一覧", "回答"))
        assert wide[1][:5] == ["population", "総人口", "令和2年", "人", 152_486]
        assert (len(long), long[1][0]) == (1 + 9 * 2, "012106")
        assert tables.csv_file(table).decode("utf-8-sig").count("\n") == 19

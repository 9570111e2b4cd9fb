"""A grant from the wish to the final amount and the repayment: by the secretariat on the page, seen by a partner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.actions import close_year
from keniki.apps.finance import actions
from keniki.apps.finance.actions import GrantDraft, LineDraft
from keniki.apps.finance.models import BudgetLine, Grant, GrantStep
from keniki.apps.finance.steps import StepDraft
from keniki.apps.portal import testing
from keniki.apps.regions import actions as regions
from keniki.apps.regions.models import RegionMembership
from keniki.core.errors import WrongInput

NEW = "/desk/aoba/finance/grants/new/"
#: Step, amount, day, document number.
PATH = (
    ("wish", "5,000千円", "2023-10-02", "青企第1号"),
    ("informal_notice", "480万円", "2024-03-25", "空振第2号"),
    ("application", "4,800,000", "2024-04-10", "青企第3号"),
    ("decision", "4,800,000", "2024-05-20", "空振指令第4号"),
    ("change", "4,500,000", "2024-10-01", "空振指令第5号"),
    ("advance", "4,000,000", "2024-11-15", "空振第6号"),
    ("results_report", "3,900,000", "2025-04-10", "青企第7号"),
    ("final", "3,900,000", "2025-05-20", "空振第8号"),
    ("repayment", "100,000", "2025-06-10", "青企第9号"),
)


def sent(steps, **changes) -> dict:
    data = {
        "title": "", "programme": "hokkaido", "fiscal_year": 2024, "recipient": "",
        "steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": 0,
    }  # fmt: skip
    for number, step in enumerate(steps):
        data |= {
            f"steps-{number}-{name}": value
            for name, value in zip(("step", "amount", "on", "document_no"), step, strict=True)
        }
    return data | changes


def drafts(*steps: str) -> tuple[StepDraft, ...]:
    days = {step: date.fromisoformat(on) for step, _, on, _ in PATH}
    return tuple(StepDraft(step, 100, days[step], "第1号") for step in steps)


def at_once(write: Callable[[], object]) -> None:
    """Write, and let the database check what it would check at the end of the transaction."""
    with transaction.atomic():
        write()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.slow
def test_the_secretariat_takes_a_grant_step_by_step_to_its_end_and_the_partner_sees_it(
    in_region, secretariat, partner, client_as
) -> None:
    office, town = client_as(secretariat), client_as(partner)
    answer = office.post(NEW, sent(PATH[:1]))
    assert answer.status_code == 302
    page = answer["Location"]
    for number in range(2, len(PATH) + 1):
        grant = Grant.objects.get(fiscal_year=2024)
        assert office.post(page, sent(PATH[:number], version=grant.version)).status_code == 302
        label = GrantStep.Step(PATH[number - 1][0]).label
        assert label in LogEntry.objects.first().text
    grant = Grant.objects.get(fiscal_year=2024)
    stored = [(s.step, s.on.isoformat(), s.document_no) for s in grant.steps.order_by("order")]
    assert stored == [(step, on, number) for step, _, on, number in PATH]
    shown = town.get(page).content.decode()
    for step, _, _, number in PATH:
        assert GrantStep.Step(step).label in shown
        assert number in shown
    assert "共同の記録は事務局が編集します" in shown
    assert town.post(page, sent(PATH, version=grant.version)).status_code == 403
    assert town.post(f"{page}remove/", {"version": grant.version}).status_code == 403
    assert "3,900" in town.get("/desk/aoba/finance/").content.decode()


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((PATH[3], ("final", "4,900,000", "2025-05-20", "")), "超えています"),
        ((PATH[3], ("final", "1", "2024-05-01", "")), "前の日付"),
        ((PATH[4],), "交付決定を入力"),
        ((PATH[3], PATH[8]), "額の確定を入力"),
        ((PATH[3], PATH[3]), "2つあります"),
        ((("decision", "三百万", "2024-05-20", ""),), "金額として読めません"),
    ],
)
def test_a_path_that_cannot_be_is_refused_with_what_was_typed(
    in_region, secretariat, client_as, steps, message
) -> None:
    answer = client_as(secretariat).post(NEW, sent(steps))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert message in page
    assert all(amount in page for _, amount, _, _ in steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("decision", "wish"), ("final", "decision"), ("change",), ("decision", "repayment"),
        ("decision", "decision"), ("results_report", "advance"),
    ],
)  # fmt: skip
def test_the_database_refuses_steps_out_of_order(in_region, secretariat, steps) -> None:
    grant = actions.save_grant(secretariat, in_region, GrantDraft("hokkaido", 2024, steps=drafts("wish")))

    def write() -> None:
        grant.steps.all().delete()
        rows = [GrantStep(grant=grant, order=n, step=step, amount=100) for n, step in enumerate(steps, 1)]
        GrantStep.objects.bulk_create(rows)

    with pytest.raises(DatabaseError, match=r"order|lacks"):
        at_once(write)


def test_the_database_refuses_a_step_before_the_day_of_the_last_and_taking_out_what_another_rests_on(
    in_region, secretariat
) -> None:
    steps = drafts("decision", "change", "final")
    grant = actions.save_grant(secretariat, in_region, GrantDraft("hokkaido", 2024, steps=steps))
    rows = grant.steps
    for write in (
        lambda: rows.filter(step="final").update(on=date(2024, 1, 1)),
        lambda: rows.filter(step="decision").delete(),
        lambda: rows.filter(step="change").update(amount=-1),
    ):
        with pytest.raises(DatabaseError, match=r"order|lacks|grant_step_not_negative"):
            at_once(write)
    assert rows.count() == 3


def test_a_step_without_its_day_or_number_says_so(in_region, secretariat, client_as) -> None:
    steps = (StepDraft("decision", 100), StepDraft("change", 100, date(2024, 6, 1), "第2号"))
    grant = actions.save_grant(secretariat, in_region, GrantDraft("hokkaido", 2024, steps=steps))
    page = client_as(secretariat).get(f"/desk/aoba/finance/grants/{grant.slug}/").content.decode()
    assert page.count("日付 未入力・文書番号 未入力") == 1


def test_a_closed_year_takes_no_step_and_says_where_it_is_reopened(in_region, secretariat, client_as) -> None:
    grant = actions.save_grant(secretariat, in_region, GrantDraft("hokkaido", 2024, steps=drafts("decision")))
    close_year(secretariat, in_region, 2024)
    client = client_as(secretariat)
    page = f"/desk/aoba/finance/grants/{grant.slug}/"
    assert "締め切られています" in client.get(page).content.decode()
    refused = client.post(page, sent(PATH[3:5], version=grant.version))
    assert refused.status_code == 403
    assert "年度の締切と再開を開く" in refused.content.decode()


def test_a_year_that_is_none_of_the_regions_takes_no_money(in_region, secretariat, initiative) -> None:
    for year in (1999, 2090, 99999):
        with pytest.raises(WrongInput, match="年度"):
            actions.save_grant(secretariat, in_region, GrantDraft("hokkaido", year, steps=drafts("wish")))
        with pytest.raises(WrongInput, match="年度"):
            actions.save_line(secretariat, in_region, LineDraft(initiative, year, "initial", 1))


def test_the_proxy_mark_stays_while_only_the_note_changes(
    in_region, secretariat, partner, initiative, towns
) -> None:
    line = LineDraft(initiative, 2024, "initial", 100, municipality=towns["川北町"])
    saved = actions.save_line(secretariat, in_region, line)
    assert saved.proxy
    noted = LineDraft(initiative, 2024, "initial", 100, municipality=towns["川北町"], note="確認済")
    saved = actions.save_line(partner, in_region, noted, saved, saved.version)
    assert saved.proxy
    own = LineDraft(initiative, 2024, "initial", 200, municipality=towns["川北町"], note="確認済")
    assert not actions.save_line(partner, in_region, own, saved, saved.version).proxy


def test_a_towns_line_of_a_year_in_which_it_was_no_member_is_removed_by_the_secretariat(
    administrator, secretariat, partner, in_region, initiative, towns, client_as
) -> None:
    own = LineDraft(initiative, 2025, "initial", 100, municipality=towns["川北町"])
    line = actions.save_line(partner, in_region, own)
    row = RegionMembership.objects.get(region=in_region, municipality=towns["川北町"])
    regions.leave(administrator, row, row.version, date(2025, 3, 31))
    page = client_as(secretariat).get(f"/desk/aoba/finance/lines/{line.slug}/").content.decode()
    assert "事務局が取り消せます" in page
    line = BudgetLine.objects.get(pk=line.pk)
    with pytest.raises(Denied):
        actions.remove_line(testing.fresh(partner), line, line.version)
    actions.remove_line(secretariat, line, line.version)
    assert not BudgetLine.objects.exists()

"""The cost of a settled transfer: mutual aid into the claim, the project into its initiative, never across."""

from __future__ import annotations

import io
from datetime import date

import pytest
from pypdf import PdfReader

from keniki.apps.accounts.actor import Denied
from keniki.apps.disaster.actions.procedures import CostDraft, StepDraft, ask_aid, save_costs, take_step
from keniki.apps.disaster.actions.stock import settling as actions
from keniki.apps.disaster.actions.stock import transfers
from keniki.apps.disaster.actions.stock.transfers import Step
from keniki.apps.disaster.models import AidCost
from keniki.apps.finance.models import BudgetLine
from keniki.core.errors import WrongInput

from .stocked import DAY, Stocked, incident, stocked
from .test_procedures import aid_draft
from .test_stock_transfers import asked, received, sent


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def settled(stock, partner, other_partner, yen=30_000, **changes):
    """川北町 lent 星野町 50 meals, which were eaten."""
    transfer = asked(stock, other_partner, asked={stock.food: 50}, **changes)
    transfer = received(stock, other_partner, sent(stock, partner, transfer, 50))
    return transfers.settle(
        partner, transfer, transfer.version, yen, Step(DAY, note="現物" if yen is None else "")
    )


def helped(found, towns, partner, other_partner):
    """星野町 asked 川北町 for help, which came."""
    draft = aid_draft(towns, between=aid_draft(towns).between.__class__(towns["星野町"], towns["川北町"]))
    aid = ask_aid(other_partner, found, draft, StepDraft("request", DAY))
    for key in ("acceptance", "dispatch"):
        take_step(partner, aid, StepDraft(key, DAY), None)
    return aid


@pytest.fixture
def aided(stock, secretariat, partner, other_partner):
    """A transfer of mutual aid that was settled, and the request for help beside it."""
    found = incident(stock.region, secretariat, "real")
    transfer = settled(stock, partner, other_partner, kind="aid", incident=found, due_on=None)
    aid = helped(found, stock.towns, partner, other_partner)
    aid.refresh_from_db()
    aid.region, aid.incident = stock.region, found
    return transfer, aid


@pytest.mark.slow
def test_a_settlement_of_mutual_aid_is_claimed_once_and_printed(aided, partner, client_as) -> None:
    transfer, aid = aided
    actions.claim_settlement(partner, transfer, aid, aid.version)
    aid.refresh_from_db()
    with pytest.raises(WrongInput, match="既に応援の費用に入っています"):
        actions.claim_settlement(partner, transfer, aid, aid.version)
    save_costs(partner, aid, [CostDraft("fuel", "軽油", 12_000)], aid.version)
    assert sorted(AidCost.objects.values_list("amount", flat=True)) == [12_000, 30_000]
    take_step(partner, aid, StepDraft("end", DAY), None)
    take_step(partner, aid, StepDraft("claim", DAY), None)
    pdf = client_as(partner).get(f"{aid.get_absolute_url()}papers/claim.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "アルファ米 50食" in text.replace("\n", "")
    assert "42,000" in text
    aid.refresh_from_db()
    with pytest.raises(WrongInput, match="請求済み"):
        actions.release_settlement(partner, transfer, aid, aid.version)
    assert not BudgetLine.objects.filter(origin__startswith="stock/").exists()


@pytest.mark.slow
def test_it_is_taken_out_again_before_the_claim(aided, partner) -> None:
    transfer, aid = aided
    actions.claim_settlement(partner, transfer, aid, aid.version)
    aid.refresh_from_db()
    actions.release_settlement(partner, transfer, aid, aid.version)
    assert not AidCost.objects.exists()


@pytest.mark.slow
def test_the_peacetime_project_is_posted_under_its_initiative_once(
    stock, partner, other_partner, initiative
) -> None:
    transfer = settled(stock, partner, other_partner)
    for _ in range(2):
        line = actions.post_settlement(other_partner, transfer, initiative)
    assert BudgetLine.objects.filter(origin=f"stock/transfers/{transfer.pk}").count() == 1
    assert (line.amount, line.fiscal_year, line.municipality, line.stage) == (
        30_000, 2024, stock.towns["星野町"], "executed",
    )  # fmt: skip
    assert "平時の共同事業" in line.note
    assert not AidCost.objects.exists()


@pytest.mark.slow
def test_neither_way_takes_the_others(stock, aided, partner, other_partner, initiative) -> None:
    aid_transfer, aid = aided
    with pytest.raises(WrongInput, match="区分を越えて"):
        actions.post_settlement(other_partner, aid_transfer, initiative)
    peacetime = settled(stock, partner, other_partner)
    with pytest.raises(WrongInput, match="区分を越えて"):
        actions.claim_settlement(partner, peacetime, aid, aid.version)
    assert not AidCost.objects.exists()
    assert not BudgetLine.objects.filter(origin__startswith="stock/").exists()


@pytest.mark.slow
def test_an_exercise_and_what_was_not_settled_in_yen_cost_nothing(
    stock, secretariat, partner, other_partner, initiative, client_as
) -> None:
    drill = incident(stock.region, secretariat)
    played = settled(stock, partner, other_partner, kind="aid", incident=drill, due_on=None)
    aid = helped(drill, stock.towns, partner, other_partner)
    with pytest.raises(WrongInput, match="訓練の精算は"):
        actions.claim_settlement(partner, played, aid, None)
    assert client_as(partner).get(f"{played.get_absolute_url()}cost/").status_code == 404
    kind = settled(stock, partner, other_partner, yen=None)
    with pytest.raises(WrongInput, match="金額で精算した記録がありません"):
        actions.post_settlement(other_partner, kind, initiative)


@pytest.mark.slow
def test_each_town_does_its_own_and_other_towns_claims_do_not_fit(
    stock, aided, secretariat, partner, other_partner, initiative
) -> None:
    transfer, aid = aided
    with pytest.raises(Denied):
        actions.claim_settlement(other_partner, transfer, aid, aid.version)
    with pytest.raises(Denied):
        actions.post_settlement(partner, settled(stock, partner, other_partner), initiative)
    turned = ask_aid(partner, aid.incident, aid_draft(stock.towns), StepDraft("request", DAY))
    with pytest.raises(WrongInput, match="同じ2つの市町村の間の応援"):
        actions.claim_settlement(secretariat, transfer, turned, None)


@pytest.mark.slow
def test_the_pages_lead_from_the_settlement_to_where_it_stands(
    stock, aided, partner, other_partner, initiative, client_as
) -> None:
    transfer, aid = aided
    client = client_as(partner)
    url = f"{transfer.get_absolute_url()}cost/"
    assert url in client.get(transfer.get_absolute_url()).content.decode()
    assert url in client.get(aid.get_absolute_url()).content.decode()
    assert client.post(url, {"aid": ""}).status_code == 422
    page = client.post(url, {"aid": str(aid.number)}, follow=True).content.decode()
    assert "費用に加えました" in page
    assert "応援の費用から外す" in client.get(url).content.decode()
    peacetime = settled(stock, partner, other_partner)
    other = client_as(other_partner)
    url = f"{peacetime.get_absolute_url()}cost/"
    assert client_as(partner).post(url, {"initiative": initiative.slug}).status_code == 403
    page = other.post(url, {"initiative": initiative.slug}, follow=True).content.decode()
    assert "計上しました" in page
    assert date(2024, 6, 3) == DAY

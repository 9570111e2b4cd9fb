"""The towns' general revenue for joint costs in the special-tax basis: summed up, written once, by whom it is."""

from __future__ import annotations

import pytest

from keniki.apps.accounts.actor import SYSTEM, Denied
from keniki.apps.accounts.verbs import Stale, verb
from keniki.apps.finance.actions.allocating import Moved
from keniki.apps.finance.actions.budgets import claim_revenue
from keniki.apps.finance.queries import budgets
from keniki.apps.finance.sharing import StageOf
from keniki.apps.programmes import actions as programmes
from keniki.apps.programmes.models import RevenueClaim
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .budgeting import BASE, SETTLED, enter
from .joint import joint_cost


@pytest.fixture
def cost(in_region, initiative):
    return joint_cost(in_region, initiative)


def shown(actor, cost) -> dict[str, tuple[int, int | None]]:
    return {
        row.town.code: (row.proposed, row.claim.version if row.claim else None)
        for row in budgets.claim_rows(actor, cost, 2024)
        if row.may_write
    }


def claims() -> dict[str, int]:
    rows = RevenueClaim.objects.filter(initiative_slug="bousai").select_related("municipality")
    return {row.municipality.name: row.general_revenue for row in rows}


@pytest.fixture
def unclaimed(in_region):
    """The year without the claims that the standing cast has."""
    with verb(SYSTEM, "testing.claims", region=in_region.slug, quiet=True):
        for row in RevenueClaim.objects.filter(region=in_region, fiscal_year=2024):
            row.delete()


def test_the_account_goes_before_the_budget(cost, partner, secretariat, towns, unclaimed) -> None:
    enter(partner, cost, towns["川北町"], 400_000, earmarked=100_000)
    (row,) = [each for each in budgets.claim_rows(partner, cost, 2024) if each.proposed is not None]
    assert (row.proposed, row.parts[0].basis) == (300_000, "当初")
    enter(partner, cost, towns["川北町"], 50_000, StageOf("supplementary", 1))
    (row,) = [each for each in budgets.claim_rows(partner, cost, 2024) if each.proposed is not None]
    assert (row.proposed, row.parts[0].basis) == (350_000, "予算現額")
    enter(partner, cost, towns["川北町"], 390_000, SETTLED, earmarked=90_000)
    (row,) = [each for each in budgets.claim_rows(partner, cost, 2024) if each.proposed is not None]
    assert (row.proposed, row.parts[0].basis) == (300_000, "決算")


@pytest.mark.slow
def test_two_costs_of_an_initiative_add_up_and_are_written_once(
    cost, in_region, initiative, partner, secretariat, towns, unclaimed
) -> None:
    other = joint_cost(in_region, initiative, slug="bichiku-hi")
    enter(partner, cost, towns["川北町"], 400_000)
    enter(partner, other, towns["川北町"], 50_000)
    assert claim_revenue(partner, cost, 2024, shown(partner, cost)) == 1
    assert claims() == {"川北町": 450_000}
    assert shown(partner, cost) == shown(partner, other) == {}
    with pytest.raises(WrongInput, match="計上する市町村を選んで"):
        claim_revenue(partner, other, 2024, shown(partner, other))
    enter(secretariat, cost, towns["星野町"], 240_000)
    claim_revenue(secretariat, cost, 2024, shown(secretariat, cost))
    assert claims() == {"川北町": 450_000, "星野町": 240_000}
    note = RevenueClaim.objects.get(municipality=towns["川北町"], initiative_slug="bousai").note
    assert note.startswith("共同経費の負担金から：「合同防災訓練の共同経費」当初 ")


@pytest.mark.slow
def test_a_town_writes_its_own_claim_only(
    cost, partner, secretariat, viewer, towns, unclaimed, client_as
) -> None:
    enter(secretariat, cost, towns["星野町"], 240_000)
    assert shown(partner, cost) == {}
    with pytest.raises(Denied):
        claim_revenue(partner, cost, 2024, {towns["星野町"].code: (240_000, None)})
    assert claims() == {}
    assert "計上できません" not in client_as(partner).get(f"{BASE}revenue/").content.decode()
    assert "計上できません" in client_as(viewer).get(f"{BASE}revenue/").content.decode()


def test_a_typed_claim_is_not_chosen_by_itself_and_keeps_its_words(
    cost, in_region, partner, towns, unclaimed
) -> None:
    typed = programmes.save_claim(
        partner, in_region,
        programmes.ClaimDraft(
            2024, towns["川北町"], "", 700_000, initiative_slug="bousai", origin="総務費", note="町の分も"
        ),
    )  # fmt: skip
    enter(partner, cost, towns["川北町"], 400_000)
    row = next(each for each in budgets.claim_rows(partner, cost, 2024) if each.town == towns["川北町"])
    assert (row.by_hand, row.is_chosen, row.may_write, row.difference) == (True, False, True, -300_000)
    claim_revenue(partner, cost, 2024, {row.town.code: (400_000, typed.version)})
    kept = RevenueClaim.objects.get(pk=typed.pk)
    assert (kept.general_revenue, kept.origin) == (400_000, "総務費")


def test_what_changed_since_it_was_shown_is_not_written(cost, in_region, partner, towns, unclaimed) -> None:
    town = towns["川北町"]
    made = enter(partner, cost, town, 400_000)
    old = shown(partner, cost)
    enter(partner, cost, town, 500_000, version=made.version)
    with pytest.raises(Moved):
        claim_revenue(partner, cost, 2024, old)
    now = shown(partner, cost)
    programmes.save_claim(
        partner, in_region, programmes.ClaimDraft(2024, town, "", 5, initiative_slug="bousai")
    )
    with pytest.raises(Stale):
        claim_revenue(partner, cost, 2024, now)
    assert claims() == {"川北町": 5}


def test_a_confirmed_year_is_not_written_to(cost, in_region, partner, secretariat, towns, unclaimed) -> None:
    enter(partner, cost, towns["川北町"], 400_000)
    programmes.save_claim(
        secretariat, in_region, programmes.ClaimDraft(2024, towns["青葉市"], "ほか", 5, apart="別の財源")
    )
    programmes.confirm_claims(secretariat, in_region, FiscalYear(2024))
    assert shown(secretariat, cost) == {}
    with pytest.raises(Denied, match="確定しています"):
        claim_revenue(secretariat, cost, 2024, {towns["川北町"].code: (400_000, None)})


@pytest.mark.slow
def test_the_page_writes_what_is_ticked(cost, partner, towns, client_as, unclaimed, secretariat) -> None:
    enter(partner, cost, towns["川北町"], 400_000)
    enter(secretariat, cost, towns["星野町"], 240_000)
    client = client_as(secretariat)
    page = client.get(f"{BASE}revenue/").content.decode()
    assert page.count("checked") == 2
    code = towns["川北町"].code
    assert client.post(f"{BASE}revenue/", {"towns": [], f"yen-{code}": "400000"}).status_code == 422
    assert client.post(f"{BASE}revenue/", {"towns": [code], f"yen-{code}": "400001"}).status_code == 409
    assert client.post(f"{BASE}revenue/", {"towns": [code], f"yen-{code}": "400000"}).status_code == 302
    assert claims() == {"川北町": 400_000}
    assert "計上済" in client.get(f"{BASE}revenue/").content.decode()


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("panel_member", 403), ("neighbour", 404)])
def test_readers_do_not_claim(request, cost, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    assert client.post(f"{BASE}revenue/", {"towns": []}).status_code == status

"""Demonstration accounts: one per kind of user, with the rights they promise, refused where others reach the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from django_scopes import scope

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import User
from keniki.apps.activities.actions import enter_town_count
from keniki.apps.activities.models import Activity
from keniki.apps.portal import testing
from keniki.apps.portal.demo import make_accounts
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.interchange.read import read
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality, Region

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[5] / "data"


@pytest.fixture
def accounts() -> list[dict[str, str]]:
    for document in (testing.region_file(), testing.other_region_file()):
        load_region(queries.operator(), document)
    return make_accounts(queries.operator(), None, ["aoba", "konan"])


def by_role(accounts: list[dict[str, str]], role: str) -> dict[str, str]:
    return next(account for account in accounts if account["role"] == role)


def actor(account: dict[str, str]):
    return queries.actor_for(User.objects.get(login=account["login"]))


@pytest.mark.slow
def test_every_kind_of_user_is_there_and_can_log_in(accounts, client):
    roles = [account["role"] for account in accounts]
    for role in (
        "secretariat",
        "partner",
        "approver",
        "administrator",
        "panel_member",
        "viewer",
        "neighbour",
        "operator",
    ):
        assert role in roles
    for account in accounts:
        user = User.objects.get(login=account["login"])
        assert user.is_demo
        assert user.check_password(account["password"])


@pytest.mark.slow
def test_partner_and_neighbour_have_the_rights_their_names_promise(accounts):
    partner, neighbour = actor(by_role(accounts, "partner")), actor(by_role(accounts, "neighbour"))
    assert "aoba" in {region.slug for region in queries.visible_regions(partner)}
    assert {region.slug for region in queries.visible_regions(neighbour)} == {"konan"}
    town = Municipality.objects.get(pk=partner.posts[0].municipality_id)
    other = Municipality.objects.exclude(pk=town.pk).filter(name__in=["青葉市", "川北町", "星野町"]).first()
    with scope(region=Region.objects.get(slug="aoba")):
        activity = Activity.objects.get(slug="r6-sumaho")
        assert enter_town_count(partner, activity, "people", town, 30).value == 30
        for stranger, where in ((partner, other), (neighbour, town)):
            with pytest.raises(Denied):
                enter_town_count(stranger, activity, "people", where, 31)


@pytest.mark.slow
def test_known_accounts_come_back_unchanged_and_lost_ones_get_new_passwords(accounts):
    operator = queries.operator()
    assert make_accounts(operator, accounts) == accounts
    User.objects.filter(login=accounts[0]["login"]).update(is_active=False)
    assert make_accounts(operator, accounts) == []
    again = make_accounts(operator, None, ["aoba", "konan"])
    assert [account["login"] for account in again] == [account["login"] for account in accounts]
    assert User.objects.get(login=accounts[0]["login"]).is_active
    assert User.objects.count() == len(accounts)


def test_only_the_operator_makes_them(cast, secretariat):
    with pytest.raises(Denied):
        make_accounts(secretariat, None)


@pytest.mark.slow
def test_the_pilots_partner_is_a_town_of_no_other_region():
    load_region(queries.operator(), read(DATA / "minami-sorachi"))
    load_region(queries.operator(), read(DATA / "sapporo"))
    made = make_accounts(queries.operator(), None, ["minami-sorachi", "sapporo"])
    assert [region.slug for region in queries.visible_regions(actor(by_role(made, "partner")))] == [
        "minami-sorachi"
    ]
    neighbour = actor(by_role(made, "neighbour"))
    assert [region.slug for region in queries.visible_regions(neighbour)] == ["sapporo"]

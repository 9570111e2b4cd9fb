"""The desk: one region opened, the others with what waits in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Organisation, Region
from keniki.apps.workflow import actions

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_other_regions_say_how_much_waits_in_them(
    region: Region,
    other_region: Region,
    partner: Actor,
    neighbour_secretariat: Actor,
    client_as: Callable[[Actor], Client],
) -> None:
    client = client_as(partner)
    page = client.get(f"/desk/?region={region.slug}")
    assert page.context["desk"].region == region
    assert [(each.region, each.number) for each in page.context["others"]] == [(other_region, 0)]
    assert "期限のあるものはありません。" in page.content.decode()
    body = Organisation.objects.get(pk=partner.posts[0].organisation_id)
    with scope(region=other_region):
        actions.create_due(neighbour_secretariat, other_region, "人数の確認", date(2031, 5, 9), [body])
    page = client.get(f"/desk/?region={region.slug}")
    assert [(each.region, each.number) for each in page.context["others"]] == [(other_region, 1)]
    assert "令和13年5月9日" in page.content.decode()
    assert "人数の確認" not in page.content.decode()
    assert "人数の確認" in client.get(f"/desk/?region={other_region.slug}").content.decode()


def test_a_region_one_does_not_see_cannot_be_put_on_the_desk(
    region: Region, neighbour: Actor, client_as: Callable[[Actor], Client]
) -> None:
    assert client_as(neighbour).get(f"/desk/?region={region.slug}").status_code == 404

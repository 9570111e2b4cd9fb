"""One initiative on one page: its money in the region's order, its numbers as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.compacts import actions as compacts
from keniki.apps.compacts.models import Initiative, Kpi
from keniki.apps.finance import actions as finance
from keniki.apps.portal.public.queries.activities import initiative_years
from keniki.apps.portal.queries import costs_of
from keniki.apps.regions.models import Region

pytestmark = pytest.mark.django_db


def test_costs_stand_in_the_regions_order_and_in_the_order_of_a_budgets_life(
    region: Region, secretariat: Actor, towns: dict[str, Any]
) -> None:
    lines = [("星野町", "settled"), ("川北町", "initial"), ("青葉市", "executed"), (None, "initial")]
    with scope(region=region):
        initiative = Initiative.objects.get(slug="sumaho")
        for town, stage in lines:
            draft = finance.LineDraft(initiative, 2024, stage, 1000, municipality=towns.get(town or ""))
            finance.save_line(secretariat, region, draft)
        columns, rows = costs_of(initiative)
    assert [stage for _, stage in columns] == ["当初", "支出済額", "決算"]
    assert [row.body.name if row.body else None for row in rows] == [None, "青葉市", "川北町", "星野町"]


def test_an_actual_is_printed_without_the_zeros_of_its_column(
    region: Region, secretariat: Actor, client_as: Callable[[Actor], Client]
) -> None:
    with scope(region=region):
        initiative = Initiative.objects.get(slug="sumaho")
        values = {"name": "満足した人の割合", "unit": "%", "direction": "increase", "initiative": initiative}
        compacts.save_kpi(secretariat, region, None, None, values=values, targets={2024: Decimal("45.9")})
        kpi = Kpi.objects.get(name="満足した人の割合")
        compacts.save_reading(secretariat, kpi, 2024, None, value=Decimal("45.9"))
    page = client_as(secretariat).get("/desk/aoba/initiatives/sumaho/").content.decode()
    assert re.search(r'href="/desk/aoba/kpis/[-\w]+/">満足した人の割合</a>', page)
    assert "45.9<small>%</small>" in page


def test_after_its_end_residents_are_not_told_every_year_that_nothing_was_done(region: Region) -> None:
    with scope(region=region):
        initiative = Initiative.objects.get(slug="bousai")
        told = [
            year for year, cards in initiative_years(region, initiative) if all(card.none for card in cards)
        ]
        assert told
        initiative.last_year = min(told) - 1
        assert not set(told) & {year for year, _ in initiative_years(region, initiative)}


@pytest.mark.parametrize("url", ["/accounts/2fa/", "/accounts/password/change/"])
def test_the_head_names_the_post_on_the_sign_in_pages_too(
    region: Region, secretariat: Actor, client_as: Callable[[Actor], Client], url: str
) -> None:
    page = client_as(secretariat).get(url).content.decode()
    menu = re.search(r"<summary>(.*?)</summary>", page, re.S)
    assert menu is not None
    assert "青葉市 企画課" in menu[1]

"""What is missing, for one's own town with the way to enter it, and town by town."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities.actions import close_year, reopen_year
from keniki.apps.activities.models import Activity
from keniki.apps.compacts import actions as compacts
from keniki.apps.compacts.models import Initiative, Kpi
from keniki.apps.compacts.queries.evaluations import scale_in_use, scales
from keniki.apps.portal import lacks
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Organisation, Region
from keniki.apps.workflow import actions as workflow
from keniki.core.fiscal_year import FiscalYear

pytestmark = pytest.mark.django_db
YEAR = FiscalYear(2024)


def by_town(region: Region, year: FiscalYear = YEAR) -> dict[str, lacks.TownLacks]:
    with scope(region=region):
        towns = lacks.missing(regions.operator(), region, year).towns
    return {each.municipality.name: each for each in towns}


@pytest.mark.slow
def test_a_town_without_its_figure_for_a_shared_activity_is_named(region: Region) -> None:
    with scope(region=region):
        activity = Activity.objects.get(slug="r6-sumaho")
        given = set(activity.counts.exclude(municipality=None).values_list("municipality__name", flat=True))
    found = by_town(region)
    assert given
    assert not given & {name for name, each in found.items() if each.figures}
    assert all(each.figures == 1 for name, each in found.items() if name not in given)
    assert by_town(region, FiscalYear(2020)) == {}


def test_an_officer_goes_from_the_desk_straight_to_the_figure_to_enter(
    region: Region, other_partner: Actor, partner: Actor
) -> None:
    with scope(region=region):
        asked = [lacks.missing(actor, region, YEAR).mine for actor in (partner, other_partner)]
    ways = [[way for lack in found if lack.town for way in lack.ways] for found in asked]
    missing = [name for name, each in by_town(region).items() if each.figures]
    for actor, found in zip((partner, other_partner), ways, strict=True):
        town = actor.posts[0].organisation_name
        assert found == (
            [("スマートフォン講習会", "/desk/aoba/activities/r6-sumaho/figures/")] if town in missing else []
        )


def test_open_due_items_are_counted_by_town_with_those_overdue(
    region: Region, secretariat: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(region=region):
        body = Organisation.objects.get(slug="hoshino-cho")
        for day in (date(2098, 5, 9), date(2099, 5, 9)):
            workflow.create_due(secretariat, region, "人数の確認", day, [body])
    assert (by_town(region)["星野町"].due, by_town(region)["星野町"].overdue) == (2, 0)
    monkeypatch.setattr("keniki.apps.regions.policies.today", lambda: date(2098, 6, 1))
    assert (by_town(region)["星野町"].due, by_town(region)["星野町"].overdue) == (2, 1)


def test_evaluations_are_missed_once_the_region_has_begun_with_the_year(
    region: Region, partner: Actor, secretariat: Actor, towns: dict[str, Any]
) -> None:
    assert not any(each.evaluations for each in by_town(region, FiscalYear(2025)).values())
    with scope(region=region):
        initiative = Initiative.objects.get(slug="sumaho")
        before = Initiative.objects.filter(region=region).count()
        scale = scale_in_use(region, 2024)
        grade = scales(region, 2024)[scale].grades[0].key
        town = towns["川北町"]
        compacts.evaluate(partner, initiative, 2024, town, None, scale=scale, grade=grade)
    found = by_town(region, FiscalYear(2025))
    assert found["川北町"].evaluations < found["星野町"].evaluations <= before
    with scope(region=region):
        close_year(secretariat, region, 2024)
    assert not any(each.evaluations for each in by_town(region, FiscalYear(2025)).values())


def test_the_desk_shows_the_towns_and_the_ways_of_the_region(
    region: Region, secretariat: Actor, client_as: Callable[[Actor], Client]
) -> None:
    with scope(region=region):
        workflow.create_due(
            secretariat,
            region,
            "人数の確認",
            date(2099, 5, 9),
            [Organisation.objects.get(slug="hoshino-cho")],
        )
    page = client_as(secretariat).get("/desk/").content.decode()
    assert "市町村ごとの状況" in page
    assert '<th scope="row">星野町</th>' in page
    assert f'href="/desk/{region.slug}/trace/"' in page


def test_a_typed_actual_is_missed_until_it_is_entered_and_leads_to_its_form(
    region: Region, secretariat: Actor
) -> None:
    with scope(region=region):
        sumaho = Initiative.objects.get(slug="sumaho")
        compacts.save_kpi(
            secretariat,
            region,
            None,
            None,
            values={"name": "訓練の回数", "unit": "回", "direction": "increase", "initiative": sumaho},
            targets={2024: Decimal(4)},
        )
        kpi = Kpi.objects.get(name="訓練の回数")
        ways = [
            way for lack in lacks.missing(secretariat, region, FiscalYear(2025)).mine for way in lack.ways
        ]
        assert (kpi.name, f"/desk/aoba/kpis/{kpi.slug}/readings/2024/") in ways
        close_year(secretariat, region, 2024)
        ways = [
            way for lack in lacks.missing(secretariat, region, FiscalYear(2025)).mine for way in lack.ways
        ]
        assert kpi.name not in dict(ways)
        reopen_year(secretariat, region, 2024, reason="実績の追加のため")
        compacts.save_reading(secretariat, kpi, 2024, None, value=Decimal(4))
        ways = [
            way for lack in lacks.missing(secretariat, region, FiscalYear(2025)).mine for way in lack.ways
        ]
        assert kpi.name not in dict(ways)

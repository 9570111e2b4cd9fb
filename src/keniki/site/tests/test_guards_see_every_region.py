"""What is frozen in one region stays so for a session that has another region in scope."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities import actions as activities
from keniki.apps.activities.models import Activity
from keniki.apps.compacts import actions
from keniki.apps.compacts.models import AgreementVersion
from keniki.apps.finance.models import Grant
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on

pytestmark = pytest.mark.django_db

CLOSED = [
    "UPDATE activities_count SET value = 1 WHERE activity_id = {activity}",
    "DELETE FROM activities_count WHERE activity_id = {activity} AND part_of_id IS NOT NULL",
    "UPDATE activities_activityline SET text = 'x' WHERE activity_id = {activity}",
    "DELETE FROM activities_activityline WHERE activity_id = {activity}",
    "INSERT INTO activities_measurelink (activity_id, agreement_id, key) "
    "SELECT {activity}, agreement_id, 'x' FROM compacts_agreementversion WHERE id = {version}",
    "INSERT INTO activities_rolelink (activity_id, agreement_id, item, key) "
    "SELECT {activity}, agreement_id, 'x', 'x' FROM compacts_agreementversion WHERE id = {version}",
    "UPDATE finance_grantstep SET amount = 1 WHERE grant_id = {grant}",
    "DELETE FROM finance_grantstep WHERE grant_id = {grant}",
]


FROZEN = [
    "UPDATE compacts_annexitem SET title = 'x' WHERE agreement_version_id = {version}",
    "UPDATE compacts_measure SET text = 'x' WHERE annex_item_id = {item}",
    "DELETE FROM compacts_measure WHERE annex_item_id = {item}",
    "INSERT INTO compacts_measure (annex_item_id, key, \"order\", text) VALUES ({item}, 'x', 9, 'x')",
    "UPDATE compacts_partyrole SET items = '[]' WHERE annex_item_id = {item}",
    "UPDATE compacts_signatory SET name = 'x' WHERE agreement_version_id = {version}",
    "UPDATE compacts_party SET mark = 'x' WHERE agreement_id = {agreement}",
    "DELETE FROM compacts_statechange WHERE agreement_id = {agreement}",
]


def run(statement: str, **keys: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(**keys))


@pytest.fixture
def keys(region: Region, secretariat: Actor, activity: Activity) -> dict[str, int]:
    with scope(region=region):
        grant = Grant.objects.filter(steps__isnull=False).first()
        assert grant is not None
        version = AgreementVersion.objects.filter(frozen=True).first()
        assert version is not None
        for year in {activity.fiscal_year, grant.fiscal_year}:
            activities.close_year(secretariat, region, year)
        item = version.annex_items.filter(measures__isnull=False, roles__isnull=False).first()
        assert item is not None
    return {
        "activity": activity.pk,
        "version": version.pk,
        "agreement": version.agreement_id,
        "item": item.pk,
        "grant": grant.pk,
    }


@pytest.mark.parametrize("statement", CLOSED)
def test_a_closed_year_is_closed_for_other_regions_sessions_too(
    other_region: Region, keys: dict[str, int], statement: str
) -> None:
    with scope(region=other_region), pytest.raises(DatabaseError, match="closed"):
        run(statement, **keys)
    with scopes_disabled(), pytest.raises(DatabaseError, match="closed"):
        run(statement, **keys)


@pytest.mark.parametrize("statement", FROZEN)
def test_a_frozen_text_is_frozen_for_other_regions_sessions_too(
    other_region: Region, keys: dict[str, int], statement: str
) -> None:
    with scope(region=other_region), pytest.raises(DatabaseError, match=r"frozen|bound|entered_states_stay"):
        run(statement, **keys)


def test_what_was_decided_in_a_closed_year_stays_for_other_regions_sessions_too(
    region: Region, other_region: Region, secretariat: Actor, activity: Activity
) -> None:
    with scope(region=region):
        centre = members_on(region)[0].municipality
        actions.evaluate(secretariat, activity.initiative, 2024, centre, None, scale="default", grade="A")
        activities.close_year(secretariat, region, 2024)
    with scope(region=other_region), pytest.raises(DatabaseError, match="closed"):
        run("UPDATE compacts_evaluation SET grade = 'D'")


def test_a_guard_leaves_the_scope_as_it_was(region: Region, other_region: Region, activity: Activity) -> None:
    with scope(region=region):
        run("UPDATE activities_activity SET place = 'x' WHERE id = {activity}", activity=activity.pk)
    with scope(region=other_region), connection.cursor() as cursor:
        cursor.execute("UPDATE activities_count SET value = value WHERE activity_id = %s", [activity.pk])
        cursor.execute("SELECT current_setting('keniki.regions')")
        assert cursor.fetchone() == (str(other_region.pk),)
        cursor.execute("SELECT count(*) FROM activities_activity WHERE region_id = %s", [region.pk])
        assert cursor.fetchone() == (0,)


def test_a_closing_is_neither_deleted_nor_moved(region: Region, keys: dict[str, int]) -> None:
    with scope(region=region):
        with pytest.raises(DatabaseError, match="closings_stay"):
            run("DELETE FROM activities_yearclosing")
        with pytest.raises(DatabaseError, match="year_stays"):
            run("UPDATE activities_yearclosing SET fiscal_year = 1999")

"""A town that left finishes the years in which it was a member: its activities, figures and photos."""

from __future__ import annotations

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.activities import actions, policies, queries
from keniki.apps.activities.models import Photo
from keniki.apps.portal import testing
from keniki.apps.regions import actions as regions
from keniki.apps.regions import queries as regions_queries
from keniki.apps.regions.models import RegionMembership
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .test_actions import draft
from .test_photos import ADD, jpeg, media, upload  # noqa: F401

LAST = 2024


@pytest.fixture
def left(administrator, in_region, towns):
    """The region after 星野町 left on 31 March of the last year."""
    row = RegionMembership.objects.select_related("region", "municipality").get(
        region=in_region, municipality=towns["星野町"]
    )
    regions.leave(administrator, row, row.version, FiscalYear(LAST).last_day)
    return regions_queries.public_region(in_region.slug)


@pytest.fixture
def officer(left, other_partner):
    return testing.fresh(other_partner)


def test_it_corrects_its_last_years_figure_and_enters_none_later(
    left, officer, secretariat, initiative, towns
) -> None:
    stored = queries.activity_for(left, "r6-sumaho")
    actions.enter_town_count(officer, stored, "people", towns["星野町"], 9)
    assert queries.total_words(queries.activity_for(left, "r6-sumaho"), "participants") == "50名"
    later = actions.save_activity(
        secretariat, left, draft(initiative, year=LAST + 1, lines=[("result", "30名参加")])
    )
    with pytest.raises(Denied):
        actions.enter_town_count(officer, later, "participants", towns["星野町"], 9)
    with pytest.raises(Denied):
        actions.enter_town_count(secretariat, later, "participants", towns["星野町"], 9)


def test_it_adds_its_own_activity_of_its_last_year_in_the_browser(left, officer, client_as, towns) -> None:
    from .test_pages import BASE, posted

    client = client_as(officer)
    page = client.get(f"{BASE}new/?initiative=bousai&year={LAST}").content.decode()
    assert "星野町の活動" in page
    sent = posted(municipality=towns["星野町"].pk)
    assert client.post(f"{BASE}new/?initiative=bousai", sent).status_code == 302
    refused = client.post(f"{BASE}new/?initiative=bousai", {**sent, "fiscal_year": LAST + 1})
    assert refused.status_code == 403


def test_it_keeps_its_photos_and_their_consent(
    left, officer, client_as, secretariat, initiative, towns
) -> None:
    own = actions.save_activity(officer, left, draft(initiative, municipality=towns["星野町"]))
    client = client_as(officer)
    assert client.post(ADD.replace("r6-sumaho", own.slug), upload(jpeg())).status_code == 302
    photo = Photo.objects.get(caption="会場")
    assert (photo.municipality, photo.proxy) == (towns["星野町"], False)
    assert policies.withdraw(officer, photo)
    assert not policies.change_photo(officer, photo, LAST + 1)


def test_a_town_that_was_never_a_member_has_no_activity_here(in_region, initiative, operator, towns) -> None:
    with pytest.raises((WrongInput, Denied)):
        actions.save_activity(operator, in_region, draft(initiative, municipality=towns["港南市"]))

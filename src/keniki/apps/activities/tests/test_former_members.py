"""A town that left finishes the years in which it was a member: its activities, figures and photos."""

from __future__ import annotations

import re
from datetime import date

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


@pytest.mark.slow
def test_what_was_entered_before_its_leaving_was_registered_is_cleared_away_by_the_secretariat(
    administrator, secretariat, other_partner, partner, in_region, initiative, towns, client_as
) -> None:
    hoshino = towns["星野町"]
    lines = [("result", "30名参加")]
    shared = actions.save_activity(secretariat, in_region, draft(initiative, year=LAST + 1, lines=lines))
    actions.enter_town_count(other_partner, shared, "participants", hoshino, 9)
    own = actions.save_activity(
        other_partner, in_region, draft(initiative, year=LAST + 1, municipality=hoshino)
    )
    row = RegionMembership.objects.get(region=in_region, municipality=hoshino)
    regions.leave(administrator, row, row.version, FiscalYear(LAST).last_day)
    region = regions_queries.public_region(in_region.slug)
    shared = queries.activity_for(region, shared.slug)
    own = queries.activity_for(region, own.slug)
    for nobody in (testing.fresh(other_partner), partner):
        assert not policies.remove(nobody, own)
        assert not policies.take_back(nobody, shared, hoshino)
    client, page = client_as(secretariat), f"/desk/aoba/activities/{shared.slug}/figures/"
    assert "事務局が取り消せます" in client.get(page).content.decode()
    field = f"participants-{hoshino.code}"
    assert client.post(page, {f"value-{field}": "8", f"version-{field}": "1"}).status_code == 403
    assert client.post(page, {f"value-{field}": "", f"version-{field}": "1"}).status_code == 302
    assert hoshino.name not in client.get(page).content.decode()
    assert "この活動を削除" in client.get(f"/desk/aoba/activities/{own.slug}/").content.decode()
    actions.remove_activity(secretariat, own, own.version)


@pytest.mark.slow
def test_the_old_and_the_new_name_of_one_code_have_their_own_figures(
    operator, secretariat, in_region, towns, client_as
) -> None:
    hoshino = towns["星野町"]
    new = regions.rename(
        operator, hoshino, regions.NewTown(hoshino.code, "新星野町", "town"), date(LAST, 10, 1)
    )
    client, page = client_as(secretariat), "/desk/aoba/activities/r6-sumaho/figures/"
    fields = [f"people-{hoshino.code}-{hoshino.pk}", f"people-{hoshino.code}"]
    shown = client.get(page).content.decode()
    assert all(f'name="value-{field}"' in shown for field in fields)
    typed = {f"value-{field}": str(number) for number, field in enumerate(fields, 3)}
    seen = {f"version-{field}": value for field, value in zip(fields, versions(shown, fields), strict=True)}
    assert client.post(page, typed | seen).status_code == 302
    stored = queries.activity_for(in_region, "r6-sumaho")
    values = {count.municipality: int(count.value) for count in stored.counts.all() if count.municipality}
    assert (values[hoshino], values[new]) == (3, 4)


def versions(shown: str, fields: list[str]) -> list[str]:
    return [re.search(f'name="version-{field}" value="([0-9]+)"', shown)[1] for field in fields]


@pytest.mark.slow
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


def test_consent_to_a_photo_without_a_year_is_withdrawn_after_the_town_has_left(
    left, officer, partner, secretariat, initiative, towns, client_as
) -> None:
    own = actions.save_activity(officer, left, draft(initiative, municipality=towns["星野町"]))
    client_as(officer).post(ADD.replace("r6-sumaho", own.slug), upload(jpeg()))
    photo = Photo.objects.get(caption="会場")
    photo.fiscal_year = photo.activity = None
    assert policies.withdraw(officer, photo)
    assert policies.withdraw(secretariat, photo).on_behalf_of == "星野町"
    assert not policies.withdraw(testing.fresh(partner), photo)
    assert not policies.change_photo(officer, photo)


def test_it_opens_the_originals_of_its_own_years_only(left, officer, client_as, secretariat) -> None:
    client_as(secretariat).post(ADD, upload(jpeg()))
    photo = Photo.objects.get(caption="会場")
    url = f"/desk/aoba/photos/{photo.slug}/original/"
    assert client_as(officer).get(url).status_code == 200
    photo.activity, photo.fiscal_year = None, LAST + 1
    assert not policies.see_original(officer, left, photo)
    assert policies.see_original(secretariat, left, photo)


def test_a_town_that_was_never_a_member_has_no_activity_here(in_region, initiative, operator, towns) -> None:
    with pytest.raises((WrongInput, Denied)):
        actions.save_activity(operator, in_region, draft(initiative, municipality=towns["港南市"]))

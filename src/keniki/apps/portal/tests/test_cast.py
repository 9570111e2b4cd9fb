from __future__ import annotations

import pytest

from keniki.apps.accounts.models import User
from keniki.apps.portal import testing
from keniki.apps.regions import policies, queries

pytestmark = pytest.mark.django_db


def test_the_shared_towns_officer_sees_both_regions_and_the_neighbour_only_the_other(
    cast, partner, neighbour, other_partner
):
    assert [r.slug for r in queries.visible_regions(partner)] == ["aoba", "konan"]
    assert [r.slug for r in queries.visible_regions(neighbour)] == ["konan"]
    assert [r.slug for r in queries.visible_regions(other_partner)] == ["aoba"]


def test_everyone_of_the_cast_sees_a_region_and_can_log_in(cast, client_as):
    for key, actor in cast.actors.items():
        assert queries.visible_regions(actor).exists(), key
        assert actor.user.check_password(testing.PASSWORD)
        assert client_as(actor).session["_auth_user_id"] == str(actor.user.pk)


def test_the_counts_of_the_course_add_up_by_town(in_region, activity):
    parts = [count.value for count in activity.counts.all() if count.part_of_id]
    assert sum(parts) == activity.counts.get(key="people").value


def test_a_visitor_sees_nothing(region, resident):
    assert not policies.see(resident, region)


def test_what_one_test_does_to_the_cast_is_gone_in_the_next(cast):
    assert not User.objects.filter(login="nakamura-2").exists()
    User.objects.create_user("nakamura-2", "中村二世")


def test_what_one_test_does_to_the_cast_is_gone_in_the_next_again(cast):
    assert not User.objects.filter(login="nakamura-2").exists()
    User.objects.create_user("nakamura-2", "中村二世")


def test_a_test_without_the_cast_finds_an_empty_database():
    assert not User.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_test_with_real_commits_gets_a_cast_of_its_own(cast, partner):
    assert partner.post.municipality_code == testing.KAWAKITA

from __future__ import annotations

from datetime import date

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.portal import testing
from keniki.apps.regions import actions, policies, queries
from keniki.apps.regions.models import Organisation, Region, RegionMembership
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 1)


def membership(region, name):
    return RegionMembership.objects.select_related("region", "municipality").get(
        region=region, municipality__name=name, valid__contains=policies.today()
    )


def rows(towns, *pairs):
    return [actions.MemberRow(towns[name], role, DAY) for name, role in pairs]


def create(actor, towns, **changes):
    return actions.create_region(
        actor,
        **{
            "slug": "midori",
            "name": "みどり圏域",
            "secretariat": actions.NewSecretariat("midori-kikaku", "港南市", "企画課", towns["港南市"]),
            "members": rows(towns, ("川北町", "partner"), ("港南市", "centre"), ("星野町", "partner")),
            "programme": "teiju",
            "programme_first": DAY,
            **changes,
        },
    )


def test_a_region_is_created_with_its_centre_first_and_its_creator_able_to_run_it(administrator, towns):
    region = create(administrator, towns)
    assert [m.municipality.name for m in queries.members_on(region, DAY)] == ["港南市", "川北町", "星野町"]
    assert queries.members_on(region, date(2026, 3, 31)) == []
    assert region.programmes.get().programme == "teiju"
    actor = testing.fresh(administrator)
    assert policies.manage_region(actor, region)
    assert queries.region_for(actor, "midori") == region
    assert LogEntry.objects.latest("pk").text.endswith("圏域「みどり圏域」を作成（港南市・川北町・星野町）")


def test_every_member_of_a_new_region_has_a_body_to_hold_posts_in(administrator, towns):
    Organisation.objects.filter(slug="hoshino-cho").update(slug="old", kind="union")
    create(administrator, towns)
    assert Organisation.objects.get(kind="municipality", municipality=towns["星野町"]).name == "星野町"


def test_an_officer_creates_no_region(partner, towns):
    with pytest.raises(Denied):
        create(partner, towns)
    assert not Region.objects.filter(slug="midori").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": "aoba"}, "既に使われています"),
        ({"slug": "Mi dori"}, "使えません"),
        ({"slug": "regions"}, "画面の住所"),
        ({"name": " "}, "圏域名"),
        ({"members": []}, "1つ以上"),
        ({"programme": "nothing"}, "ありません"),
    ],
)
def test_what_is_missing_or_taken_is_said(administrator, towns, changes, words):
    with pytest.raises(WrongInput, match=words):
        create(administrator, towns, **changes)
    assert not Region.objects.filter(slug="midori").exists()


def test_a_region_needs_a_centre_and_names_no_town_twice(administrator, towns):
    with pytest.raises(WrongInput, match="中心市"):
        create(administrator, towns, members=rows(towns, ("川北町", "partner")))
    with pytest.raises(WrongInput, match="川北町が2回"):
        create(
            administrator,
            towns,
            members=rows(towns, ("港南市", "centre"), ("川北町", "partner"), ("川北町", "partner")),
        )


def test_a_region_may_not_be_given_to_a_secretariat_the_creator_does_not_administer(administrator, towns):
    with pytest.raises(Denied):
        create(administrator, towns, secretariat=Organisation.objects.get(slug="konan-seisakuka"))


def test_a_town_joins_leaves_and_joins_again_later(administrator, region, towns):
    joined = actions.join(administrator, region, towns["港南市"], "partner", date(2026, 4, 1))
    assert joined.order == 4
    left = actions.leave(administrator, joined, joined.version, date(2027, 3, 31))
    again = actions.join(administrator, region, towns["港南市"], "partner", date(2028, 4, 1))
    assert again.order == left.order
    days = {date(2027, 3, 31): True, date(2027, 4, 1): False, date(2028, 4, 1): True}
    for day, expected in days.items():
        names = [m.municipality.name for m in queries.members_on(region, day)]
        assert ("港南市" in names) is expected


def test_overlapping_membership_is_refused_with_the_period_in_the_way(administrator, region, towns):
    with pytest.raises(WrongInput, match="令和2年10月1日から「近隣市町村」として"):
        actions.join(administrator, region, towns["川北町"], "partner", date(2026, 4, 1))


def test_a_change_of_role_keeps_the_past(administrator, region, towns):
    row = membership(region, "川北町")
    actions.change_role(administrator, row, row.version, "centre", date(2026, 4, 1))
    roles = {
        day: next(m.role for m in queries.members_on(region, day) if m.municipality.name == "川北町")
        for day in (date(2026, 3, 31), date(2026, 4, 1))
    }
    assert list(roles.values()) == ["partner", "centre"]


@pytest.mark.parametrize(("role", "day"), [("partner", date(2026, 4, 1)), ("centre", date(2020, 10, 1))])
def test_a_role_that_is_the_same_or_from_the_first_day_is_refused(administrator, region, role, day):
    row = membership(region, "川北町")
    with pytest.raises(WrongInput):
        actions.change_role(administrator, row, row.version, role, day)


def test_the_second_to_change_a_membership_is_told(administrator, region):
    row = membership(region, "川北町")
    actions.change_role(administrator, row, row.version, "centre", date(2026, 4, 1))
    with pytest.raises(Stale):
        actions.leave(administrator, row, row.version, date(2027, 3, 31))


def test_the_order_puts_centres_first_and_needs_every_town(administrator, region, towns):
    order = [towns["星野町"], towns["川北町"], towns["青葉市"]]
    actions.reorder(administrator, region, order)
    assert [m.municipality.name for m in queries.members_on(region)] == ["青葉市", "星野町", "川北町"]
    with pytest.raises(WrongInput, match="すべて"):
        actions.reorder(administrator, region, order[:2])


def test_the_secretariat_without_an_administrators_post_changes_no_members(secretariat, region, towns):
    with pytest.raises(Denied, match="管理者"):
        actions.join(secretariat, region, towns["港南市"], "partner", DAY)


def test_a_programme_gets_its_last_day_and_does_not_overlap_itself(administrator, region):
    row = actions.set_programme(administrator, region, "teiju", date(2024, 5, 1), date(2029, 3, 31))
    assert row.last_day == date(2029, 3, 31)
    with pytest.raises(WrongInput, match="重なります"):
        actions.set_programme(administrator, region, "teiju", date(2026, 4, 1))
    assert region.programmes.filter(programme="teiju").count() == 1

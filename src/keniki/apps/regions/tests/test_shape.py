from __future__ import annotations

from datetime import date

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.portal import testing
from keniki.apps.regions import actions, policies, queries
from keniki.apps.regions.models import Organisation, Post, PostHolder, Region, RegionMembership
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


def change(actor, region, **changes):
    names = ("name", "short_name", "members_term", "formation_history", "secretariat")
    given = {name: getattr(region, name) for name in names}
    return actions.change_region(actor, region, None, **{**given, **changes})


def test_the_secretariat_goes_only_to_a_body_whose_own_administrator_consents(
    administrator, operator, region
):
    town = Organisation.objects.get(slug="kawakita-cho")
    with pytest.raises(Denied, match="川北町の同意が必要"):
        change(administrator, region, secretariat=town)
    assert Region.objects.get(pk=region.pk).secretariat != town
    post = actions.create_post(operator, town, role="administrator")
    actions.assign(operator, post, administrator.user, policies.today())
    assert change(testing.fresh(administrator), region, secretariat=town).secretariat == town
    assert LogEntry.objects.latest("pk").text.endswith("の事務局を 青葉市→川北町 に変更")


def test_a_new_region_is_not_run_by_a_body_without_its_consent(administrator, towns):
    with pytest.raises(Denied, match="同意が必要"):
        create(administrator, towns, secretariat=Organisation.objects.get(slug="konan-shi"))


def test_an_administrator_of_another_kind_of_body_creates_no_region(operator, towns, partner):
    school = actions.create_organisation(operator, slug="aoba-koukou", kind="school", name="青葉高校")
    post = actions.create_post(operator, school, role="administrator")
    actions.end_holding(operator, PostHolder.objects.get(user=partner.user), date(2026, 3, 31))
    actions.assign(operator, post, partner.user, date(2026, 4, 1))
    with pytest.raises(Denied, match="市町村・事務局・都道府県"):
        create(testing.fresh(partner), towns)


def test_the_members_word_is_made_of_their_kinds_where_none_is_given(administrator, towns):
    assert create(administrator, towns).members_term == "構成市町"
    towns["星野町"].kind = "village"
    village = create(administrator, towns, slug="midori2", secretariat=second(towns))
    assert village.members_term == "構成市町村"
    assert (
        change(testing.fresh(administrator), village, members_term="連携市町村").members_term == "連携市町村"
    )


def second(towns):
    return actions.NewSecretariat("midori2-kikaku", "港南市", "企画課", towns["港南市"])


@pytest.mark.parametrize(
    ("body", "offered"),
    [
        ("aoba-kikakuka", {"secretariat", "administrator", "panel_member", "viewer"}),
        ("kawakita-cho", {"officer", "approver", "administrator", "panel_member", "viewer"}),
        ("aoba-shouboukumiai", {"officer", "administrator", "viewer"}),
    ],
)
def test_a_post_has_only_roles_that_mean_something_for_its_body(operator, region, body, offered):
    organisation = Organisation.objects.get(slug=body)
    assert set(queries.roles_for(organisation)) == offered
    for role in Post.Role.values:
        if role in offered:
            actions.create_post(operator, organisation, role=role)
        else:
            with pytest.raises(WrongInput, match="意味を持ちません"):
                actions.create_post(operator, organisation, role=role)


def test_a_post_keeps_a_role_that_is_no_longer_offered(operator, region):
    post = actions.create_post(operator, region.secretariat, role="viewer")
    Post.objects.filter(pk=post.pk).update(role="officer")
    post.refresh_from_db()
    assert (
        actions.change_post(operator, post, post.version, role="officer", section="政策課").section
        == "政策課"
    )
    assert "officer" in queries.roles_for(region.secretariat, "officer")

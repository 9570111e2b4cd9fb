"""Who may do what, as one table: roles against verbs. ○ may, △ as 代理入力, · may not."""

from __future__ import annotations

import pytest

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.portal import testing
from keniki.apps.regions import policies, queries
from keniki.apps.regions.models import Organisation

pytestmark = pytest.mark.django_db

WHO = (
    *("operator", "secretariat", "administrator", "centre_officer", "partner", "approver", "other_partner"),
    *("viewer", "panel_member", "fire_officer", "neighbour", "neighbour_secretariat", "resident"),
)

#: Columns in the order of WHO; 川北町 is in both regions, 星野町 only here.
TABLE = """
see                 ○ ○ ○ ○ ○ ○ ○ ○ ○ ○ · · ·
comment             ○ ○ ○ ○ ○ ○ ○ ○ ○ ○ · · ·
edit_shared         ○ ○ ○ · · · · · · · · · ·
edit_town 青葉市    △ △ △ ○ · · · · · · · · ·
edit_town 川北町    △ △ △ · ○ ○ · · · · · · ·
edit_town 星野町    △ △ △ · · · ○ · · · · · ·
edit_town 港南市    · · · · · · · · · · · · ·
decide_for 川北町   △ △ △ · · ○ · · · · · · ·
decide_for 星野町   △ △ △ · · · · · · · · · ·
decide_for 港南市   · · · · · · · · · · · · ·
manage_region       ○ · ○ · · · · · · · · · ·
manage_people 川北町 ○ · ○ · · · · · · · · · ·
manage_people 港南市 ○ · · · · · · · · · · · ·
create_account      ○ · ○ · · · · · · · · · ·
create_region       ○ · ○ · · · · · · · · · ·
"""


def _cells():
    for line in TABLE.strip().splitlines():
        words = line.split()
        signs, verb = words[-len(WHO) :], words[: -len(WHO)]
        for who, sign in zip(WHO, signs, strict=True):
            yield pytest.param(who, tuple(verb), sign, id=f"{who}-{'-'.join(verb)}")


@pytest.mark.parametrize(("who", "verb", "sign"), list(_cells()))
def test_the_table_of_rights_holds(cast, operator, resident, who, verb, sign):
    actor = {"operator": operator, "resident": resident}.get(who) or cast.actor(who)
    name, *town = verb
    ruling = _ask(cast, actor, name, *town)
    found = "△" if ruling and ruling.on_behalf_of else "○" if ruling else "·"
    assert found == sign, ruling.reason
    assert ruling.reason.endswith("。")


def _ask(cast: testing.Cast, actor: Actor, name: str, town: str = ""):
    if name == "manage_people":
        return policies.manage_people(actor, Organisation.objects.get(kind="municipality", name=town))
    if name in {"create_region", "create_account"}:
        return getattr(policies, name)(actor)
    extra = (cast.towns[town],) if town else ()
    return getattr(policies, name)(actor, cast.region, *extra)


def test_the_shared_town_edits_its_own_records_in_both_regions(partner, region, other_region, towns):
    for each in (region, other_region):
        ruling = policies.edit_town(partner, each, towns["川北町"])
        assert ruling
        assert not ruling.on_behalf_of


def test_a_town_with_its_own_administrator_is_not_managed_by_the_secretariat(
    administrator, operator, cast, partner
):
    from datetime import date

    from keniki.apps.regions import actions

    body = Organisation.objects.get(slug="kawakita-cho")
    post = actions.create_post(operator, body, role="administrator", section="総務課")
    actions.assign(operator, post, partner.user, date(2020, 4, 1))
    ruling = policies.manage_people(administrator, body)
    assert not ruling
    assert "自らの管理者" in ruling.reason
    assert policies.manage_people(testing.fresh(partner), body)


def test_who_names_a_town_of_another_region_gains_no_hold_on_its_people(
    administrator, operator, cast, neighbour
):
    from datetime import date

    from keniki.apps.regions import actions

    rows = [
        actions.MemberRow(cast.towns["青葉市"], "centre", date(2019, 4, 1)),
        actions.MemberRow(cast.towns["港南市"], "partner", date(2010, 4, 1)),
    ]
    office = actions.NewSecretariat("midori-kikaku", "青葉市", "企画課", cast.towns["青葉市"])
    actions.create_region(administrator, slug="midori", name="みどり圏域", secretariat=office, members=rows)
    creator = testing.fresh(administrator)
    konan = Organisation.objects.get(slug="konan-shi")
    ruling = policies.manage_people(creator, konan)
    assert not ruling
    assert "先に「港南圏域」に加わっている" in ruling.reason
    assert not policies.manage_account(creator, neighbour.user)
    with pytest.raises(Denied):
        actions.create_post(creator, konan, role="officer", section="企画課")
    post = actions.create_post(operator, konan, role="administrator", section="総務課")
    assert post.organisation == konan


def test_a_town_of_two_regions_is_managed_where_it_was_registered_first_as_long_as_it_stays(
    administrator, operator, cast
):
    from datetime import timedelta

    from keniki.apps.regions import actions
    from keniki.apps.regions.models import RegionMembership

    kawakita = Organisation.objects.get(slug="kawakita-cho")
    office = cast.other_region.secretariat
    post = actions.create_post(operator, office, role="administrator")
    actions.assign(operator, post, cast.actor("neighbour_secretariat").user, policies.today())
    other = cast.actor("neighbour_secretariat")
    assert policies.manage_people(administrator, kawakita)
    assert not policies.manage_people(other, kawakita)
    row = RegionMembership.objects.select_related("region", "municipality").get(
        region=cast.region, municipality=kawakita.municipality
    )
    actions.leave(operator, row, row.version, policies.today() - timedelta(days=1))
    assert not policies.manage_people(administrator, kawakita)
    assert policies.manage_people(other, kawakita)


def test_an_administrator_manages_accounts_only_of_people_whose_every_post_they_manage(
    administrator, partner, neighbour, operator, cast
):
    from datetime import date

    from keniki.apps.regions import actions
    from keniki.apps.regions.models import Post

    assert policies.manage_account(administrator, partner.user)
    assert not policies.manage_account(administrator, neighbour.user)
    konan = Post.objects.filter(organisation__slug="konan-shi").first()
    actions.assign(operator, konan, partner.user, date(2024, 4, 1))
    assert not policies.manage_account(administrator, partner.user)


def test_nobody_but_an_operator_touches_an_operators_account(administrator, operator, partner):
    partner.user.is_operator = True
    partner.user.save()
    assert not policies.manage_account(administrator, partner.user)
    assert policies.manage_account(operator, partner.user)


def test_rights_end_on_the_day_after_the_last_day_of_a_post(operator, partner, region, towns):
    from datetime import timedelta

    from keniki.apps.regions import actions
    from keniki.apps.regions.models import PostHolder

    today = policies.today()
    holder = PostHolder.objects.get(user=partner.user)
    actions.end_holding(operator, holder, today)
    assert policies.edit_town(testing.fresh(partner), region, towns["川北町"])
    tomorrow = queries.actor_for(partner.user, on=today + timedelta(days=1))
    assert tomorrow.posts == ()
    assert not policies.see(tomorrow, region)


def test_a_town_that_left_no_longer_sees_the_region_and_its_officer_writes_nothing(
    administrator, other_partner, region, towns
):
    from datetime import timedelta

    from keniki.apps.regions import actions
    from keniki.apps.regions.models import RegionMembership

    row = RegionMembership.objects.select_related("region", "municipality").get(municipality=towns["星野町"])
    actions.leave(administrator, row, row.version, policies.today() - timedelta(days=1))
    region.__dict__.pop("_member_ids", None)
    assert not policies.see(other_partner, region)
    assert not policies.edit_town(other_partner, region, towns["星野町"])
    assert list(queries.visible_regions(other_partner)) == []

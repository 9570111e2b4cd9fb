"""Who may do what, as one table: roles against verbs. ○ may, △ as 代理入力, · may not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.portal import testing
from keniki.apps.regions import actions, policies, queries
from keniki.apps.regions.days import period
from keniki.apps.regions.models import Municipality, Organisation, Post, PostHolder, RegionMembership
from keniki.core.fiscal_year import FiscalYear, format_table

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
    today = policies.today()
    holder = PostHolder.objects.get(user=partner.user)
    actions.end_holding(operator, holder, today)
    assert policies.edit_town(testing.fresh(partner), region, towns["川北町"])
    tomorrow = queries.actor_for(partner.user, on=today + timedelta(days=1))
    assert tomorrow.posts == ()
    assert not policies.see(tomorrow, region)


def _left(actor, region, town, last):
    """The town's last day was `last`; the region as the next request reads it."""
    row = RegionMembership.objects.select_related("region", "municipality").get(
        region=region, municipality=town
    )
    actions.leave(actor, row, row.version, last)
    return queries.public_region(region.slug)


def test_a_town_that_left_on_31_march_finishes_its_last_year_and_writes_nothing_later(
    administrator, other_partner, region, towns
):
    this_year = FiscalYear.of(policies.today())
    last, hoshino = this_year.previous, towns["星野町"]
    region = _left(administrator, region, hoshino, last.last_day)
    officer = testing.fresh(other_partner)
    seen = policies.see(officer, region)
    assert seen
    assert "以前この圏域の" in seen.reason
    assert list(queries.visible_regions(officer)) == [region]
    assert policies.edit_town(officer, region, hoshino, year=last)
    assert not policies.edit_town(officer, region, hoshino, year=last).on_behalf_of
    assert not policies.edit_town(officer, region, hoshino)
    late = policies.edit_town(officer, region, hoshino, year=this_year)
    assert format_table(this_year) in late.reason
    assert policies.town_post(officer, region) is None
    assert policies.town_post(officer, region, hoshino, year=last)
    assert not policies.edit_town(officer, region, towns["川北町"], year=last)
    assert not policies.edit_shared(officer, region)


def test_a_town_that_left_within_a_year_finishes_that_year(administrator, other_partner, region, towns):
    left = FiscalYear.of(policies.today()).previous
    last, hoshino = date(left, 9, 30), towns["星野町"]
    region = _left(administrator, region, hoshino, last)
    officer = testing.fresh(other_partner)
    assert policies.edit_town(officer, region, hoshino, year=left)
    assert not policies.edit_town(officer, region, hoshino, year=left.next)
    assert queries.towns_in(region, left)[-1] == hoshino
    assert hoshino not in queries.towns_in(region, left.next)


def test_the_secretariat_enters_for_a_town_that_left_only_the_years_of_its_membership(
    administrator, secretariat, region, towns
):
    last = FiscalYear.of(policies.today()).previous
    region = _left(administrator, region, towns["星野町"], last.last_day)
    ruling = policies.edit_town(secretariat, region, towns["星野町"], year=last)
    assert ruling.on_behalf_of == "星野町"
    assert not policies.edit_town(secretariat, region, towns["星野町"], year=last.next)
    assert policies.decide_for(secretariat, region, towns["星野町"], on=last.last_day)
    assert not policies.decide_for(secretariat, region, towns["星野町"], on=last.next.first_day)


def test_a_town_that_left_records_a_decision_asked_while_it_was_a_member(
    administrator, operator, other_partner, region, towns
):
    body = Organisation.objects.get(kind="municipality", name="星野町")
    post = actions.create_post(operator, body, role="approver", section="総務課")
    actions.assign(operator, post, other_partner.user, date(2020, 4, 1))
    last = policies.today() - timedelta(days=10)
    region = _left(administrator, region, towns["星野町"], last)
    officer = testing.fresh(other_partner)
    ruling = policies.decide_for(officer, region, towns["星野町"], on=last)
    assert ruling
    assert not ruling.on_behalf_of
    assert not policies.decide_for(officer, region, towns["星野町"])
    assert not policies.decide_for(officer, region, towns["川北町"], on=last)


def test_a_town_that_left_long_ago_no_longer_sees_the_region(administrator, other_partner, region, towns):
    limit = policies.first_day_to_finish()
    region = _left(administrator, region, towns["星野町"], limit - timedelta(days=1))
    officer = testing.fresh(other_partner)
    assert not policies.see(officer, region)
    assert list(queries.visible_regions(officer)) == []


def test_after_a_merger_the_successors_officer_finishes_what_the_old_town_began(
    administrator, other_partner, operator, cast, region, towns
):
    hoshino, kawakita, last = towns["星野町"], towns["川北町"], policies.today() - timedelta(days=40)
    region = _left(administrator, region, hoshino, last)
    Municipality.objects.filter(pk=hoshino.pk).update(valid=period(None, last), successor=kawakita)
    year = FiscalYear.of(last)
    ruling = policies.edit_town(cast.actor("partner"), region, hoshino, year=year)
    assert ruling
    assert "承継した" in ruling.reason
    assert not policies.edit_town(testing.fresh(other_partner), region, kawakita, year=year)
    assert policies.edit_town(testing.fresh(other_partner), region, hoshino, year=year)


def test_a_successor_has_no_rights_before_the_day_of_the_merger(cast, region, towns):
    tomorrow = policies.today() + timedelta(days=1)
    Municipality.objects.filter(pk=towns["星野町"].pk).update(
        valid=period(None, tomorrow), successor=towns["川北町"]
    )
    assert not policies.edit_town(cast.actor("partner"), region, towns["星野町"])


def test_the_members_word_follows_the_kinds_of_the_members(region, towns):
    assert queries.kinds_word(towns.values()) == "市町"
    assert queries.kinds_word([*towns.values(), Municipality(kind="village")]) == "市町村"
    assert queries.kinds_word([Municipality(kind="core_city")]) == "市"
    assert queries.kinds_word([]) == "市町村"
    assert queries.members_word(region) == region.members_term
    region.members_term = ""
    assert queries.members_word(region) == "構成市町"

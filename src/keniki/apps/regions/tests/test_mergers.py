"""Towns that go into another on a day: what ends, what goes on, who works on, what is printed of former years."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.portal import testing
from keniki.apps.regions import actions, policies, queries
from keniki.apps.regions.models import Municipality, Organisation, Post, PostHolder, RegionMembership
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

pytestmark = pytest.mark.django_db
DAY = FiscalYear.of(policies.today()).first_day
EVE = DAY - timedelta(days=1)
NEW = actions.NewTown(testing.code("01905"), "青星市", "city", "あおほしし")
WRONG = NEW.code[:5] + str((int(NEW.code[5]) + 1) % 10)


def names(region, on):
    return [row.municipality.name for row in queries.members_on(region, on)]


def stored(town):
    return Municipality.objects.get(pk=town.pk)


def test_a_town_goes_into_another_member_and_the_past_keeps_its_name(administrator, region, towns):
    merged = actions.merge(administrator, [towns["星野町"]], towns["青葉市"], DAY, region=region.slug)
    old = stored(towns["星野町"])
    assert (old.valid.upper, old.successor) == (DAY, towns["青葉市"])
    assert names(region, EVE) == ["青葉市", "川北町", "星野町"]
    assert names(region, DAY) == ["青葉市", "川北町"]
    assert merged.proposals == []
    assert merged.joined == []
    assert {post.organisation.name for post in merged.posts} == {"星野町"}
    said = LogEntry.objects.filter(verb="regions.merge").earliest("pk").text
    assert "への編入合併を登録（青葉圏域の期間：星野町は" in said


def test_the_successors_officer_finishes_the_old_towns_years(administrator, cast, region, towns):
    actions.merge(administrator, [towns["星野町"]], towns["青葉市"], DAY)
    region = queries.public_region(region.slug)
    officer = cast.actor("centre_officer")
    last = FiscalYear.of(EVE)
    assert policies.edit_town(officer, region, towns["星野町"], year=last)
    assert not policies.edit_town(officer, region, towns["星野町"], year=last.next)
    assert policies.edit_town(cast.actor("other_partner"), region, towns["星野町"], year=last)
    assert not policies.edit_town(officer, region, towns["川北町"], year=last)


def test_several_towns_become_a_new_one_that_takes_the_first_ones_place(operator, region, towns):
    merged = actions.merge(operator, [towns["青葉市"], towns["星野町"]], NEW, DAY, roles={"aoba": "centre"})
    assert names(region, EVE) == ["青葉市", "川北町", "星野町"]
    assert names(region, DAY) == ["青星市", "川北町"]
    assert queries.centre_of(region, DAY) == merged.successor
    assert {stored(towns[name]).successor for name in ("青葉市", "星野町")} == {merged.successor}
    assert Organisation.objects.filter(kind="municipality", municipality=merged.successor).count() == 1
    office = Organisation.objects.get(slug="aoba-kikakuka")
    assert (office.name, office.municipality) == ("青星市", merged.successor)
    fire = Organisation.objects.get(slug="aoba-shouboukumiai")
    assert {town.name for town in fire.members.all()} == {"青星市", "川北町"}


def test_a_successor_outside_the_region_is_proposed_and_a_city_may_be_merged_by_all_secretariats_only(
    administrator, operator, region, other_region, towns
):
    with pytest.raises(Denied, match="「港南圏域」にも"):
        actions.merge(administrator, [towns["川北町"]], towns["港南市"], DAY)
    merged = actions.merge(operator, [towns["川北町"]], towns["港南市"], DAY)
    assert merged.proposals == [region]
    assert actions.proposals(region) == [(towns["川北町"], towns["港南市"], DAY, "partner")]
    assert actions.proposals(other_region) == []
    assert names(other_region, DAY) == ["港南市"]
    actions.join(operator, region, towns["港南市"], "partner", DAY)
    assert actions.proposals(region) == []


def test_a_merger_opens_no_region_that_the_town_has_left_to_those_who_do_not_run_it(
    administrator, operator, region, other_region, towns
):
    actions.join(operator, other_region, towns["星野町"], "partner", DAY - timedelta(days=400))
    left = RegionMembership.objects.get(region=other_region, municipality=towns["星野町"])
    actions.leave(operator, left, left.version, EVE)
    with pytest.raises(Denied, match="「港南圏域」にも"):
        actions.merge(administrator, [towns["星野町"]], towns["青葉市"], DAY)
    actions.merge(operator, [towns["星野町"]], towns["青葉市"], DAY)
    with pytest.raises(Denied, match="「港南圏域」にも"):
        actions.merge(administrator, [towns["青葉市"]], NEW, DAY + timedelta(days=1))


def test_what_is_registered_ahead_takes_effect_on_its_day(operator, region, towns, monkeypatch):
    later = policies.today() + timedelta(days=30)
    actions.merge(operator, [towns["青葉市"]], NEW, later, roles={"aoba": "centre"})
    office = Organisation.objects.get(slug="aoba-kikakuka")
    assert office.name == "青葉市"
    assert names(region, policies.today()) == ["青葉市", "川北町", "星野町"]
    assert actions.follow_successors() == 0
    monkeypatch.setattr(policies, "today", lambda: later)
    assert actions.follow_successors() == 2
    office.refresh_from_db()
    assert office.name == "青星市"
    assert actions.follow_successors() == 0


def test_a_membership_that_would_begin_later_is_taken_back(operator, other_region, towns):
    begins = DAY + timedelta(days=400)
    actions.join(operator, other_region, towns["星野町"], "partner", begins)
    actions.merge(operator, [towns["星野町"]], towns["青葉市"], DAY)
    assert not RegionMembership.objects.filter(region=other_region, municipality=towns["星野町"]).exists()
    said = LogEntry.objects.get(verb="regions.merge", region=other_region.slug)
    assert "取消し" in said.text


def test_a_town_that_becomes_a_city_stays_a_member_with_its_people(operator, cast, region, towns):
    city = actions.NewTown(testing.code("01906"), "川北市", "city", "かわきたし")
    new = actions.rename(operator, towns["川北町"], city, DAY)
    assert names(region, EVE)[1] == "川北町"
    assert names(region, DAY)[1] == "川北市"
    officer = cast.actor("partner")
    assert officer.posts[0].label.startswith("川北市")
    region = queries.public_region(region.slug)
    assert policies.edit_town(officer, region, new)
    assert policies.edit_town(officer, region, towns["川北町"], year=FiscalYear.of(EVE))
    assert not policies.edit_town(officer, region, towns["川北町"])
    assert PostHolder.objects.filter(post__organisation__municipality=towns["川北町"]).count() == 0


def test_the_same_code_carries_a_new_name_from_its_day_on(operator, region, towns):
    hoshino = towns["星野町"]
    new = actions.rename(operator, hoshino, actions.NewTown(hoshino.code, "新星野町", "town"), DAY)
    assert queries.municipality_by_code(hoshino.code, EVE) == hoshino
    assert queries.municipality_by_code(hoshino.code, DAY) == new
    assert names(region, DAY)[-1] == "新星野町"
    assert new.office_address == hoshino.office_address


def test_a_city_that_becomes_a_core_city_stays_one_record(operator, region, towns):
    aoba = towns["青葉市"]
    same = actions.rename(operator, aoba, actions.NewTown(aoba.code, aoba.name, "core_city", aoba.kana), DAY)
    assert (same.pk, same.kind, same.valid.upper) == (aoba.pk, "core_city", None)
    assert "から 市→中核市 に変更" in LogEntry.objects.latest("pk").text
    with pytest.raises(WrongInput, match="変わっていません"):
        actions.rename(operator, aoba, actions.NewTown(aoba.code, aoba.name, "core_city", aoba.kana), DAY)


def test_the_region_that_registered_a_town_first_stays_the_first_after_a_new_name(
    administrator, operator, region, towns
):
    actions.rename(operator, towns["川北町"], actions.NewTown(towns["川北町"].code, "川北村", "village"), DAY)
    body = Organisation.objects.get(slug="kawakita-cho")
    assert body.name == "川北村"
    assert policies.manage_people(administrator, body)


def test_the_posts_of_a_town_that_is_gone_stay_in_hand(administrator, operator, cast, region, towns):
    actions.merge(operator, [towns["星野町"]], towns["青葉市"], DAY)
    region = queries.public_region(region.slug)
    body = Organisation.objects.get(slug="hoshino-cho")
    assert body in queries.organisations_of(region)
    assert policies.manage_people(administrator, body)
    (left,) = queries.leftover_posts(region)
    assert (left, left.held) == (body, 2)
    post = actions.create_post(
        operator, Organisation.objects.get(kind="municipality", name="青葉市"), role="administrator"
    )
    actions.assign(operator, post, cast.actor("centre_officer").user, DAY)
    heir = policies.manage_people(cast.actor("centre_officer"), body)
    assert heir
    assert "承継した" in heir.reason


@pytest.mark.parametrize(
    ("gone", "into", "on", "words"),
    [
        ([], "青葉市", DAY, "1つ以上"),
        (["星野町", "星野町"], "青葉市", DAY, "2回"),
        (["星野町"], "星野町", DAY, "どちらか"),
        (["星野町"], actions.NewTown(WRONG, "青星市", "city"), DAY, "検査数字"),
        (["星野町"], actions.NewTown(testing.KAWAKITA, "青星市", "city"), DAY, "川北町 のもの"),
        (["星野町"], actions.NewTown(testing.code("02905"), "青星市", "city"), DAY, "都道府県"),
        (["星野町"], actions.NewTown(NEW.code, "", "city"), DAY, "名称"),
        (["星野町"], actions.NewTown(NEW.code, "青星市", "land"), DAY, "種別"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_changes(operator, region, towns, gone, into, on, words):
    into = towns[into] if isinstance(into, str) else into
    with pytest.raises(WrongInput, match=words):
        actions.merge(operator, [towns[name] for name in gone], into, on)
    assert names(region, date(2100, 1, 1)) == ["青葉市", "川北町", "星野町"]
    assert Municipality.objects.filter(successor__isnull=False).count() == 0


def test_a_town_goes_only_once_and_nothing_goes_into_one_that_is_gone(operator, towns):
    actions.merge(operator, [towns["星野町"]], towns["青葉市"], DAY)
    with pytest.raises(WrongInput, match="承継先：青葉市"):
        actions.merge(operator, [towns["星野町"]], towns["川北町"], DAY + timedelta(days=9))
    with pytest.raises(WrongInput, match="存在しません"):
        actions.merge(operator, [towns["川北町"]], stored(towns["星野町"]), DAY)


def test_a_municipality_is_a_member_only_on_days_on_which_it_exists(operator, other_region, towns):
    actions.merge(operator, [towns["星野町"]], towns["青葉市"], DAY)
    hoshino = stored(towns["星野町"])
    with pytest.raises(WrongInput, match="までの市町村"):
        actions.join(operator, other_region, hoshino, "partner", DAY)
    assert actions.join(operator, other_region, hoshino, "partner", date(2020, 4, 1), EVE).last_day == EVE


def test_nobody_takes_up_a_post_in_a_town_that_is_gone(operator, cast, towns):
    actions.merge(operator, [towns["星野町"]], towns["青葉市"], DAY)
    post = Post.objects.filter(organisation__slug="hoshino-cho").first()
    user = cast.actor("partner").user
    with pytest.raises(WrongInput, match="青葉市の職に発令"):
        actions.assign(operator, post, user, DAY)
    assert actions.assign(operator, post, user, EVE, EVE)
    file = f"ログインID,氏名,異動前の職,異動後の職,発令日\n{user.login},{user.name},,{post.slug},{DAY}"
    (problem,) = actions.plan_transfer(operator, file.encode()).problems
    assert (problem.row, problem.column) == (2, "異動後の職")


def test_members_with_the_same_code_are_put_in_order(operator, administrator, client_as, region, towns):
    hoshino = towns["星野町"]
    new = actions.rename(operator, hoshino, actions.NewTown(hoshino.code, "新星野町", "town"), DAY)
    page = client_as(administrator).get("/desk/aoba/members/order/").content.decode()
    names = [f"{hoshino.code}-{town.pk}" for town in (new, hoshino)]
    assert all(f'name="{name}"' in page for name in names)
    typed = dict(zip([testing.AOBA, *names, testing.KAWAKITA], range(1, 5), strict=True))
    client_as(administrator).post("/desk/aoba/members/order/", typed)
    rows = RegionMembership.objects.filter(region=region).order_by("order")
    assert [row.municipality.name for row in rows] == ["青葉市", "新星野町", "星野町", "川北町"]


def test_an_officer_registers_no_merger(partner, secretariat, towns):
    for actor in (partner, secretariat):
        with pytest.raises(Denied):
            actions.merge(actor, [towns["星野町"]], towns["青葉市"], DAY)


def test_the_members_page_leads_to_a_new_name_exactly_where_it_is_allowed(
    operator, administrator, partner, client_as, region, towns
):
    listed = [row.municipality for row in RegionMembership.objects.filter(region=region)]
    for actor in (operator, administrator, partner):
        allowed = {town.pk for town in listed if policies.merge_towns(actor, [town])}
        assert policies.may_rename_each(actor, listed) == allowed
        page = client_as(actor).get("/desk/aoba/members/").content.decode() if actor != operator else ""
        assert page.count("/rename/") == (len(allowed) if actor != operator else 0)
    assert 0 < len([town for town in listed if policies.merge_towns(administrator, [town])]) < len(listed)


@pytest.mark.slow
def test_a_merger_is_registered_in_the_browser_and_the_page_says_what_is_left(
    administrator, operator, client_as, region, towns
):
    client = client_as(administrator)
    page = client.get("/desk/aoba/members/merge/").content.decode()
    assert "なくなる市町村" in page
    typed = {"towns": [towns["星野町"].pk], "on": str(DAY), "into": "", "role": "partner"}
    refused = client.post("/desk/aoba/members/merge/", typed)
    assert refused.status_code == 422
    assert "新しい市町村を入力" in refused.content.decode()
    new = {"code": NEW.code, "name": NEW.name, "kind": "city"}
    both = client.post("/desk/aoba/members/merge/", {**typed, **new, "into": "青葉市"})
    assert "どちらか一方" in both.content.decode()
    done = client.post("/desk/aoba/members/merge/", {**typed, **new, "role": ""}, follow=True)
    shown = done.content.decode()
    assert "在職者が" in shown
    assert "青星市を加える" in shown
    start = client.get(f"/desk/aoba/members/join/?municipality={NEW.code}&first={DAY}&role=partner")
    assert f'value="{NEW.code}"' in start.content.decode()


def test_a_new_name_is_registered_in_the_browser(administrator, client_as, region, towns):
    row = RegionMembership.objects.get(region=region, municipality=towns["星野町"])
    client, url = client_as(administrator), f"/desk/aoba/members/{row.pk}/rename/"
    assert towns["星野町"].code in client.get(url).content.decode()
    typed = {"on": str(DAY), "code": towns["星野町"].code, "name": "新星野町", "kind": "town"}
    assert client.post(url, typed)["Location"] == "/desk/aoba/members/"
    assert "新星野町" in client.get("/desk/aoba/members/").content.decode()
    assert client.get(f"/desk/konan/members/{row.pk}/rename/").status_code == 404

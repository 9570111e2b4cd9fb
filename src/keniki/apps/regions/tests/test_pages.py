from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keniki.apps.accounts import actions as accounts
from keniki.apps.accounts.actor import allow
from keniki.apps.accounts.models import Token, User
from keniki.apps.portal.testing import HOSHINO, KAWAKITA, PASSWORD, fresh
from keniki.apps.regions import actions, policies, queries
from keniki.apps.regions.models import Post, PostHolder, Region, RegionMembership

pytestmark = pytest.mark.django_db
OFFICER = "kawakita-cho-officer-nakamura"


def text(answer):
    return answer.content.decode()


def test_an_initial_password_is_changed_before_anything_else(cast, administrator):
    issued = accounts.create_user(administrator, allow("試験"), "mori", "森 一")
    client = Client()
    client.post("/accounts/login/", {"login": "mori", "password": issued.password})
    answer = client.get("/desk/regions/")
    assert answer["Location"] == "/accounts/first-password/?next=/desk/regions/"
    page = answer["Location"]
    for typed, words in (
        ({"password": "short", "again": "short"}, "10"),
        ({"password": "1234567890123", "again": "1234567890123"}, "数字"),
        ({"password": "yama-kawa-umi-sora", "again": "yama-kawa-umi"}, "一致しません"),
        ({"password": issued.password, "again": issued.password}, "仮パスワードと違う"),
    ):
        refused = client.post(page, typed)
        assert refused.status_code == 422
        assert words in text(refused)
    done = client.post(page, {"password": "yama-kawa-umi-sora", "again": "yama-kawa-umi-sora"})
    assert done["Location"] == "/desk/regions/"
    assert client.get("/desk/regions/").status_code == 200
    assert User.objects.get(login="mori").check_password("yama-kawa-umi-sora")


def test_changing_the_password_on_the_usual_page_ends_that_duty_too(partner, client_as):
    client = client_as(partner)
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "yama-kawa-umi-sora", "password2": "yama-kawa-umi-sora"},
    )
    partner.user.refresh_from_db()
    assert partner.user.check_password("yama-kawa-umi-sora")
    assert not partner.user.must_change_password


def test_the_profile_shows_posts_sessions_and_how_long_a_session_lasts(partner, client_as):
    here = client_as(partner)
    client_as(partner)
    page = text(here.get("/accounts/profile/"))
    assert "川北町 企画課" in page
    assert "この端末" in page
    assert "30分操作がないとき" in page
    mark = re.search(r"/accounts/sessions/([0-9a-f]{16})/end/", page).group(1)
    here.post(f"/accounts/sessions/{mark}/end/")
    assert f"/accounts/sessions/{mark}/end/" not in text(here.get("/accounts/profile/"))


def test_a_tokens_secret_is_on_one_page_only_and_opens_the_api_as_its_user(partner, client_as):
    client = client_as(partner)
    page = text(client.post("/accounts/tokens/new/", {"label": "予約システム", "days": "30"}))
    secret = re.search(r"keniki_[\w-]{40,}", page).group(0)
    assert secret not in text(client.get("/accounts/profile/"))
    actor = queries.actor_from_token(f"Bearer {secret}")
    assert actor.user == partner.user
    assert actor.via == "api"
    assert actor.posts == partner.posts
    token = Token.objects.get()
    client.post(f"/accounts/tokens/{token.pk}/revoke/")
    assert queries.actor_from_token(f"Bearer {secret}") is None
    assert client.post("/accounts/tokens/new/", {"label": "", "days": "0"}).status_code == 422


def test_nobody_revokes_another_persons_token(partner, approver, client_as):
    token, _ = accounts.create_token(approver, "x")
    assert client_as(partner).post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404


def test_logging_out_clears_the_session_and_the_back_button_shows_nothing(partner, client_as):
    client = client_as(partner)
    page = client.get("/accounts/profile/")
    assert "no-store" in page["Cache-Control"]
    client.post("/accounts/logout/")
    assert client.get("/accounts/profile/").status_code == 302


def test_a_session_ends_when_nothing_is_done_for_long(partner, client_as, settings):
    client = client_as(partner)
    session = client.session
    session["keniki_seen"] = session["keniki_started"] = 1
    session.save()
    assert client.get("/accounts/profile/")["Location"].startswith("/accounts/login/")


def test_the_rights_page_says_why_and_why_not_for_every_town(partner, client_as):
    page = text(client_as(partner).get("/desk/aoba/rights/"))
    assert "川北町の職にあるため、川北町の記録を編集できます。" in page
    assert "星野町の数値は星野町の担当者だけが入力できます。" in page
    assert "共同の記録は事務局が編集します。" in page


def test_the_rights_page_answers_about_one_record_from_any_page(partner, neighbour, initiative, client_as):
    address = f"/desk/aoba/rights/?record=compacts.initiative:{initiative.pk}"
    page = text(client_as(partner).get(address))
    assert "取組「地域防災体制の充実」について" in page
    assert "この記録を編集できません。" in page
    assert client_as(neighbour).get(address).status_code == 404
    konan = f"/desk/konan/rights/?record=compacts.initiative:{initiative.pk}"
    assert client_as(neighbour).get(konan).status_code == 404


@pytest.mark.parametrize(
    "record",
    [
        "accounts.user:1",
        "nothing.here:1",
        "sessions.session:1",
        "regions.postholder:1",
        "regions.region:99999",
    ],
)
def test_what_belongs_to_no_region_is_not_found_as_a_record(partner, client_as, record):
    assert client_as(partner).get(f"/desk/aoba/rights/?record={record}").status_code == 404


def test_the_log_page_is_filtered_and_only_the_regions_people_see_it(
    administrator, partner, neighbour, client_as
):
    post = Post.objects.get(slug=OFFICER)
    actions.write_note(partner, post, "引継ぎ", region="aoba")
    client = client_as(partner)
    assert "引継ぎ事項を記入" in text(client.get("/desk/aoba/log/?verb=regions.write_note"))
    assert "引継ぎ事項を記入" not in text(client.get("/desk/aoba/log/?last=2020-01-01"))
    assert client_as(neighbour).get("/desk/aoba/log/").status_code == 404


def test_the_history_page_shows_a_day_and_says_when_a_date_is_none(partner, initiative, client_as):
    client = client_as(partner)
    address = f"/desk/aoba/history/compacts.initiative/{initiative.pk}/"
    today = policies.today()
    assert "この日の終わりの内容" in text(client.get(f"{address}?on={today}"))
    assert "まだありませんでした" in text(client.get(f"{address}?on=2001-04-01"))
    for wrong in ("2026-02-30", "abc"):
        assert "という日付はありません" in text(client.get(f"{address}?on={wrong}"))


def test_a_transfer_is_shown_before_it_is_done_and_passwords_come_once(administrator, client_as, cast):
    client = client_as(administrator)
    rows = f"ログインID,氏名,異動前の職,異動後の職,発令日\nshin,新人花子,,{OFFICER},2027-04-01\n"
    upload = SimpleUploadedFile("異動.csv", rows.encode("cp932"))
    shown = client.post("/desk/aoba/people/transfer/", {"file": upload})
    assert shown.status_code == 200
    assert "1件を登録する" in text(shown)
    assert not User.objects.filter(login="shin").exists()
    content = re.search(r'name="content" value="([^"]+)"', text(shown)).group(1)
    done = client.post(
        "/desk/aoba/people/transfer/", {"content": content, "file_name": "異動.csv", "apply": "1"}
    )
    password = re.search(r">((?:[a-z2-9]{4}-){3}[a-z2-9]{4})<", text(done)).group(1)
    assert User.objects.get(login="shin").check_password(password)


def test_a_wrong_transfer_shows_every_wrong_row_and_offers_no_button(administrator, client_as, cast):
    rows = "ログインID,氏名,異動前の職,異動後の職,発令日\nshin,新人,,nowhere,2027-04-01\nkato,誰か,,,x\n"
    upload = SimpleUploadedFile("異動.csv", rows.encode())
    shown = client_as(administrator).post("/desk/aoba/people/transfer/", {"file": upload})
    assert shown.status_code == 422
    assert "2行目「異動後の職」" in text(shown)
    assert "3行目「発令日」" in text(shown)
    assert 'name="apply"' not in text(shown)


def test_the_form_to_fill_in_can_be_downloaded_by_who_may_transfer(administrator, partner, client_as):
    answer = client_as(administrator).get("/desk/aoba/people/transfer/template.csv")
    assert "nakamura" in answer.content.decode("utf-8-sig")
    assert client_as(partner).get("/desk/aoba/people/transfer/").status_code == 403
    assert (
        "nakamura" not in client_as(partner).get("/desk/aoba/people/transfer/template.csv").content.decode()
    )


def test_a_person_is_registered_with_a_first_post_or_not_at_all(administrator, client_as, cast):
    client = client_as(administrator)
    post = Post.objects.get(slug=OFFICER)
    typed = {"login": "mori", "name": "森 一", "post": post.pk, "first": ""}
    assert client.post("/desk/aoba/people/new/", typed).status_code == 422
    assert not User.objects.filter(login="mori").exists()
    page = text(client.post("/desk/aoba/people/new/", {**typed, "first": "2026-04-01"}))
    assert "仮パスワードを表示するのは、この画面だけです" in page
    assert PostHolder.objects.get(user__login="mori").post == post


@pytest.mark.slow
def test_posts_are_made_changed_given_and_abolished_in_the_browser(administrator, client_as, cast):
    client = client_as(administrator)
    client.post("/desk/aoba/organisations/hoshino-cho/posts/new/", {"section": "企画課", "role": "officer"})
    post = Post.objects.get(section="企画課", organisation__slug="hoshino-cho")
    assert post.slug == "hoshino-cho-officer"
    address = f"/desk/aoba/posts/{post.slug}/"
    client.post(f"{address}assign/", {"login": "NAKAMURA", "first": "2026-04-01"})
    assert PostHolder.objects.filter(post=post, user__login="nakamura").exists()
    again = client.post(f"{address}assign/", {"login": "nakamura", "first": "2026-05-01"})
    assert again.status_code == 422
    assert "既に" in text(again)
    nobody = client.post(f"{address}assign/", {"login": "nobody", "first": "2026-05-01"})
    assert "登録されていません" in text(nobody)
    client.post(f"{address}edit/", {"section": "政策課", "role": "viewer", "version": "1"})
    post.refresh_from_db()
    assert (post.section, post.role) == ("政策課", "viewer")
    stale = client.post(f"{address}edit/", {"section": "総務課", "role": "viewer", "version": "1"})
    assert stale.status_code == 409
    assert "政策課" in text(stale)
    client.post(f"{address}end/", {"last": "2027-03-31", "version": str(post.version)})
    post.refresh_from_db()
    assert post.ended_on == date(2027, 3, 31)
    assert PostHolder.objects.get(post=post).last_day == date(2027, 3, 31)


@pytest.mark.slow
def test_notes_are_for_the_holder_and_the_manager_only(partner, other_partner, administrator, client_as):
    address = f"/desk/aoba/posts/{OFFICER}/"
    client_as(partner).post(f"{address}notes/", {"text": "鍵は二階の棚。"})
    assert "鍵は二階の棚。" in text(client_as(partner).get(address))
    assert "鍵は二階の棚。" in text(client_as(administrator).get(address))
    assert "鍵は二階の棚。" not in text(client_as(other_partner).get(address))
    assert client_as(other_partner).post(f"{address}notes/", {"text": "x"}).status_code == 403


@pytest.mark.slow
def test_a_closed_account_can_be_reopened_and_a_neighbours_is_not_found(
    administrator, partner, neighbour, client_as
):
    client = client_as(administrator)
    client.post("/desk/aoba/people/nakamura/deactivate/")
    assert "利用停止" in text(client.get("/desk/aoba/people/nakamura/"))
    client.post("/desk/aoba/people/nakamura/reactivate/")
    partner.user.refresh_from_db()
    assert partner.user.is_active
    assert client.get("/desk/aoba/people/kimura/").status_code == 404
    assert client.post("/desk/aoba/people/kimura/password/").status_code == 404
    assert client_as(partner).post("/desk/aoba/people/kato/password/").status_code == 403


REGION = {
    "slug": "midori",
    "name": "みどり圏域",
    "members_term": "連携市町",
    "office_name": "青葉市",
    "office_department": "企画課",
    "office_slug": "midori-kikaku",
    "programme": "teiju",
    "programme_first": "2026-04-01",
    "members-TOTAL_FORMS": "4",
    "members-INITIAL_FORMS": "0",
    "members-MIN_NUM_FORMS": "1",
    "members-MAX_NUM_FORMS": "1000",
    "members-0-municipality": KAWAKITA,
    "members-0-role": "partner",
    "members-0-first": "2026-04-01",
    "members-1-municipality": "青葉市",
    "members-1-role": "centre",
    "members-1-first": "2026-04-01",
    "members-2-municipality": HOSHINO[:5],
    "members-2-role": "partner",
    "members-2-first": "2026-04-01",
    "members-3-role": "partner",
}


def test_a_region_is_created_in_the_browser_and_opens(administrator, client_as, cast):
    client = client_as(administrator)
    answer = client.post("/desk/regions/new/", REGION)
    assert answer["Location"] == "/desk/midori/members/"
    region = Region.objects.get(slug="midori")
    assert [m.municipality.name for m in queries.members_on(region, date(2026, 4, 1))] == [
        "青葉市",
        "川北町",
        "星野町",
    ]
    page = text(client.get("/desk/midori/members/"))
    assert "みどり圏域" in page
    assert "令和8年4月1日から" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": "aoba"}, "既に使われています"),
        ({"slug": "regions"}, "画面の住所"),
        ({"office_name": ""}, "名称を入力してください"),
        ({"members-0-municipality": "海底町"}, "一覧にありません"),
        ({"members-0-municipality": "019999"}, "一覧にありません"),
        ({"members-1-role": "partner"}, "中心市"),
        ({"programme_first": ""}, "開始日"),
    ],
)
def test_a_wrong_entry_keeps_the_whole_form(administrator, client_as, cast, changes, words):
    answer = client_as(administrator).post("/desk/regions/new/", {**REGION, **changes})
    assert answer.status_code == 422
    assert words in text(answer)
    assert 'value="みどり圏域"' in text(answer)
    assert not Region.objects.filter(slug="midori").exists()


def test_members_come_and_go_in_the_browser_and_an_overlap_is_explained(administrator, region, client_as):
    client = client_as(administrator)
    overlap = client.post(
        "/desk/aoba/members/join/", {"municipality": "川北町", "role": "partner", "first": "2026-04-01"}
    )
    assert overlap.status_code == 422
    assert "期間が重なります" in text(overlap)
    client.post(
        "/desk/aoba/members/join/", {"municipality": "港南市", "role": "partner", "first": "2026-04-01"}
    )
    row = RegionMembership.objects.get(region=region, municipality__name="港南市")
    client.post(
        f"/desk/aoba/members/{row.pk}/role/", {"role": "centre", "first": "2027-04-01", "version": "1"}
    )
    late = RegionMembership.objects.get(region=region, municipality__name="港南市", role="centre")
    client.post(f"/desk/aoba/members/{late.pk}/leave/", {"last": "2028-03-31", "version": "1"})
    late.refresh_from_db()
    assert late.valid.upper == date(2028, 4, 1)
    codes = [m.municipality.code for m in queries.memberships_of(region)]
    order = {code: str(number) for number, code in enumerate(dict.fromkeys(reversed(codes)), 1)}
    assert client.post("/desk/aoba/members/order/", order).status_code == 302
    same = client.post("/desk/aoba/members/order/", dict.fromkeys(order, "1"))
    assert "同じ番号" in text(same)


def test_two_who_change_the_regions_entries_see_both(administrator, region, client_as):
    client = client_as(administrator)
    typed = {
        "name": "青葉広域圏",
        "short_name": "青葉",
        "members_term": "構成市町",
        "formation_history": "",
        "secretariat": str(region.secretariat_id),
    }
    assert client.post("/desk/aoba/members/settings/", {**typed, "version": "1"}).status_code == 302
    clash = client.post("/desk/aoba/members/settings/", {**typed, "name": "青葉連携圏", "version": "1"})
    assert clash.status_code == 409
    assert "青葉広域圏" in text(clash)
    assert "青葉連携圏" in text(clash)


def test_the_officer_sees_the_members_but_no_way_to_change_them(partner, client_as):
    client = client_as(partner)
    page = text(client.get("/desk/aoba/members/"))
    assert "構成市町を追加" not in page
    for address in ("join/", "order/", "settings/", "programme/"):
        assert client.get(f"/desk/aoba/members/{address}").status_code == 403


PAGES = (
    "people/ people/new/ people/transfer/ people/nakamura/ people/nakamura/edit/ members/ members/join/ members/order/ "
    "members/settings/ members/programme/ rights/ log/ organisations/kawakita-cho/ organisations/kawakita-cho/edit/ "
    f"organisations/kawakita-cho/posts/new/ posts/{OFFICER}/ posts/{OFFICER}/edit/ dues/ dues/new/ inquiries/"
).split()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_the_administrator_is_unknown_to_the_neighbour_and_asks_others_to_log_in(
    cast, administrator, neighbour, client_as, page
):
    address = f"/desk/aoba/{page}"
    opened = client_as(administrator).get(address)
    assert opened.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", text(opened))
    assert client_as(neighbour).get(address).status_code == 404
    assert Client().get(address)["Location"].startswith("/accounts/login/")


def test_a_page_with_many_people_takes_no_more_queries(administrator, operator, cast, client_as):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries_of(address):
        client = client_as(administrator)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get(address)
        return len(caught)

    before = queries_of("/desk/aoba/people/")
    body = Post.objects.get(slug=OFFICER).organisation
    for number in range(8):
        user = User.objects.create_user(f"extra{number}", f"追加{number}")
        post = actions.create_post(operator, body, role="officer", section=f"{number}係")
        actions.assign(operator, post, user, policies.today() - timedelta(days=1))
    assert queries_of("/desk/aoba/people/") == before


def test_a_person_transferred_away_sees_the_new_region_and_not_the_old(operator, partner, client_as):
    holder = PostHolder.objects.get(user=partner.user)
    actions.end_holding(operator, holder, policies.today() - timedelta(days=1))
    assert queries.visible_regions(fresh(partner)).count() == 0
    assert client_as(partner).get("/desk/aoba/people/").status_code == 404


@pytest.mark.slow
def test_the_administrator_resets_a_lost_second_factor_on_the_persons_page(
    partner, administrator, secretariat, client_as
):
    client, url = client_as(administrator), "/desk/aoba/people/nakamura/"
    assert "2段階認証：設定していません" in text(client.get(url))
    TOTP.activate(partner.user, generate_totp_secret())
    assert "2段階認証を解除" in text(client.get(url))
    assert client_as(secretariat).post(f"{url}second-factor/").status_code == 403
    done = client.post(f"{url}second-factor/", follow=True)
    assert "2段階認証（認証アプリ）を解除しました" in text(done)
    assert "設定していません" in text(client.post(f"{url}second-factor/", follow=True))


@pytest.mark.slow
def test_an_officer_of_a_town_that_left_reads_the_regions_pages_and_changes_nothing_shared(
    administrator, other_partner, region, towns, client_as
):
    row = RegionMembership.objects.get(region=region, municipality=towns["星野町"])
    actions.leave(administrator, row, row.version, policies.today() - timedelta(days=1))
    client = client_as(other_partner)
    assert "青葉圏域" in text(client.get("/desk/regions/"))
    for address in (
        "",
        "activities/",
        "agreements/",
        "initiatives/",
        "documents/",
        "people/",
        "dues/",
        "finance/",
    ):
        assert client.get(f"/desk/aoba/{address}").status_code == 200, address
    shown = text(client.get("/desk/aoba/rights/"))
    assert "以前この圏域の構成市町だったため" in shown
    assert "その後の年度の記録の入力" in shown
    assert client.get("/desk/aoba/members/join/").status_code == 403
    assert client.get("/desk/aoba/initiatives/new/").status_code == 403

"""Pages of activities: each role's access, the form with its counts, two editors, towns' figures, years."""

from __future__ import annotations

import re

import pytest

from keniki.apps.activities import actions, queries
from keniki.apps.activities.drafts import ActivityDraft, read_lines, reading_of
from keniki.apps.activities.models import Activity

BASE = "/desk/aoba/activities/"
PAGES = ("", "new/", "years/", "sheets/", "sheets/2024/", "r6-sumaho/", "r6-sumaho/figures/")


def posted(*lines: tuple[str, str], **changes) -> dict:
    data = {
        "fiscal_year": 2024, "title": "合同訓練", "kind": "drill", "state": "done", "municipality": "",
        "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": 0,
    }  # fmt: skip
    for number, (kind, text) in enumerate(lines):
        data |= {f"lines-{number}-kind": kind, f"lines-{number}-text": text}
    return data | changes


def confirmed(page: str, **changes) -> dict:
    """What the page's rows of counts would send."""
    data = {"confirmed": re.search(r'name="confirmed" value="(\w+)"', page)[1]}
    for name, body in re.findall(r'<select name="(count-[^"]+)"(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        data[name] = chosen[1] if chosen else ""
    return data | changes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("secretariat", 200), ("administrator", 200), ("centre_officer", 200), ("partner", 200), ("approver", 200),
        ("viewer", 200), ("panel_member", 200), ("fire_officer", 200), ("neighbour", 404),
        ("neighbour_secretariat", 404),
    ],
)  # fmt: skip
def test_people_of_the_region_see_its_activities(request, activity, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    for path in PAGES:
        assert client.get(BASE + path).status_code == status, path


def test_visitors_are_sent_to_the_login(region, client) -> None:
    for path in (*PAGES, "r6-sumaho/edit/", "new/?initiative=bousai"):
        assert client.get(BASE + path).status_code == 302, path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "shared", "own", "town_page"),
    [
        ("secretariat", 302, 302, 200), ("administrator", 302, 302, 200), ("centre_officer", 403, 403, 200),
        ("partner", 403, 302, 200), ("approver", 403, 302, 200), ("other_partner", 403, 403, 200),
        ("viewer", 403, 403, 403), ("panel_member", 403, 403, 403), ("fire_officer", 403, 403, 403),
        ("neighbour", 404, 404, 404),
    ],
)  # fmt: skip
def test_each_role_writes_what_is_its_own(
    request, in_region, activity, initiative, client_as, towns, secretariat, who, shared, own, town_page
) -> None:
    draft = ActivityDraft(initiative, 2024, "独自訓練", "drill", "done", municipality=towns["川北町"])
    town = actions.save_activity(secretariat, in_region, draft)
    client = client_as(request.getfixturevalue(who))
    for record, status in ((activity, shared), (town, own)):
        answer = client.post(f"{BASE}{record.slug}/remove/", {"version": record.version})
        assert answer.status_code == status, record
    assert client.get(f"{BASE}new/?initiative=bousai").status_code == town_page


@pytest.mark.slow
def test_an_activity_is_added_after_its_counts_are_confirmed(
    in_region, initiative, client_as, secretariat
) -> None:
    client = client_as(secretariat)
    url = f"{BASE}new/?initiative=bousai"
    data = posted(("result", "2回 30名（うち児童12名）参加"), ("lecturer", "防災士 山本 清 氏"))
    first = client.post(url, data)
    page = first.content.decode()
    assert first.status_code == 200
    assert "読み取った数量を確かめてください" in page
    assert not Activity.objects.filter(title="合同訓練").exists()
    again = client.post(url, data | confirmed(page, **{"count-participants-basis": "cumulative"}))
    saved = Activity.objects.get(title="合同訓練")
    assert again.url == f"{BASE}{saved.slug}/"
    counts = {count.key: count for count in saved.counts.all()}
    assert counts["participants"].basis == "cumulative"
    assert counts["participants_2"].part_of == counts["participants"]
    assert queries.total_words(queries.activity_for(in_region, saved.slug), "participants") == "延べ30名"


@pytest.mark.slow
def test_a_number_may_be_left_as_words(in_region, initiative, client_as, secretariat) -> None:
    client = client_as(secretariat)
    url = f"{BASE}new/?initiative=bousai"
    data = posted(("result", "3町の会場で実施"))
    page = client.post(url, data).content.decode()
    client.post(url, data | confirmed(page, **{"count-municipalities-words_only": "on"}))
    saved = queries.activity_for(in_region, Activity.objects.get(title="合同訓練").slug)
    assert not saved.counts.exists()
    assert [line.text for line in queries.rendered_lines(saved)] == ["3町の会場で実施"]


def test_a_wrong_form_keeps_what_was_typed(in_region, initiative, client_as, secretariat) -> None:
    data = posted(("result", "10名参加"), title="", starts_on="2025-04-01")
    page = client_as(secretariat).post(f"{BASE}new/?initiative=bousai", data).content.decode()
    assert "入力内容を確認してください" in page
    assert "10名参加" in page
    data = posted(title="訓練", starts_on="2025-04-01")
    page = client_as(secretariat).post(f"{BASE}new/?initiative=bousai", data).content.decode()
    assert "令和6年度（2024-04-01～2025-03-31）の日ではありません" in page


@pytest.mark.slow
def test_the_second_editor_sees_both_and_chooses(in_region, activity, client_as, secretariat) -> None:
    client = client_as(secretariat)
    url = f"{BASE}{activity.slug}/edit/"
    seen = activity.version
    theirs = ActivityDraft(
        activity.initiative,
        2024,
        activity.title,
        "course",
        "done",
        place="公民館",
        reading=reading_of(activity),
    )
    actions.save_activity(secretariat, in_region, theirs, activity, seen)
    mine = posted(("result", "49名参加"), title="私の題名", kind="course", place="図書館", version=seen)
    answer = client.post(url, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in ("公民館", "図書館", "私の題名", "スマートフォン講習会"):
        assert words in page
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    hidden.pop("csrfmiddlewaretoken", None)
    chosen = hidden | {"choice-place": "theirs", "choice-title": "mine"}
    assert client.post(url, chosen).status_code == 302
    stored = queries.activity_for(in_region, activity.slug)
    assert (stored.title, stored.place) == ("私の題名", "公民館")


@pytest.mark.slow
def test_nothing_done_is_recorded_from_the_form(in_region, client_as, secretariat, partner) -> None:
    data = {"initiative": "bousai", "year": 2024}
    assert client_as(partner).post(f"{BASE}none/", data).status_code == 403
    assert client_as(secretariat).post(f"{BASE}none/", data).status_code == 302
    assert Activity.objects.filter(initiative__slug="bousai", fiscal_year=2024, state="none").exists()
    page = client_as(secretariat).post(f"{BASE}none/", data | {"year": 2023}, follow=True).content.decode()
    assert "合同防災訓練" in page


@pytest.mark.slow
def test_a_town_enters_its_figure_on_the_page(in_region, activity, client_as, partner, towns) -> None:
    kawakita, hoshino = towns["川北町"].code, towns["星野町"].code
    client = client_as(partner)
    url = f"{BASE}{activity.slug}/figures/"
    page = client.get(url).content.decode()
    assert f'name="value-people-{kawakita}"' in page
    assert f'name="value-people-{hoshino}"' not in page
    seen = activity.counts.get(key="people_kawakita").version
    data = {f"value-people-{kawakita}": "２８", f"version-people-{kawakita}": seen}
    assert client.post(url, data).status_code == 302
    assert "56名" in client.get(url).content.decode()
    assert client.post(url, {f"value-people-{hoshino}": "1"}).status_code == 403
    assert client.post(url, {f"value-people-{kawakita}": "多数"}).status_code == 422


@pytest.mark.slow
def test_two_people_of_one_town_choose_between_their_figures(
    in_region, activity, client_as, partner, approver, towns
) -> None:
    code = towns["川北町"].code
    url = f"{BASE}{activity.slug}/figures/"
    seen = {f"version-people-{code}": activity.counts.get(key="people_kawakita").version}
    client_as(partner).post(url, seen | {f"value-people-{code}": "30"})
    answer = client_as(approver).post(url, seen | {f"value-people-{code}": "31"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "30名" in page
    assert "31名" in page
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    hidden.pop("csrfmiddlewaretoken", None)
    assert (
        client_as(approver).post(url, hidden | {f"choice-value-people-{code}": "theirs"}).status_code == 302
    )
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "58名"
    client_as(approver).post(url, hidden | {f"choice-value-people-{code}": "mine"})
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "59名"


@pytest.mark.slow
def test_a_difference_is_shown_until_it_is_settled(
    in_region, initiative, client_as, secretariat, partner, towns
) -> None:
    draft = ActivityDraft(
        initiative, 2024, "講習", "course", "done", reading=read_lines([("result", "207名参加")])
    )
    saved = actions.save_activity(secretariat, in_region, draft)
    actions.enter_town_count(partner, saved, "participants", towns["川北町"], 28)
    page = client_as(partner).get(f"{BASE}{saved.slug}/").content.decode()
    assert "内訳の計 と 合計 が違います" in page
    assert "差 179名" in page
    stored = queries.activity_for(in_region, saved.slug)
    data = {"key": "participants", "version": stored.version}
    assert client_as(partner).post(f"{BASE}{saved.slug}/figures/adopt/", data).status_code == 403
    client_as(secretariat).post(f"{BASE}{saved.slug}/figures/adopt/", data)
    assert "内訳の計 と 合計" not in client_as(partner).get(f"{BASE}{saved.slug}/").content.decode()


@pytest.mark.slow
def test_a_closed_year_says_why_it_is_read_only(in_region, activity, client_as, secretariat, partner) -> None:
    client = client_as(secretariat)
    assert client_as(partner).post(f"{BASE}years/", {"verb": "close", "year": 2024}).status_code == 403
    assert client.post(f"{BASE}years/", {"verb": "close", "year": 2024}).status_code == 302
    for path in ("", "edit/", "figures/"):
        assert (
            "令和6年度は締め切られています" in client.get(f"{BASE}{activity.slug}/{path}").content.decode()
        ), path
    assert (
        '<fieldset class="fieldset is-bare" disabled>'
        in client.get(f"{BASE}{activity.slug}/edit/").content.decode()
    )
    assert client.post(f"{BASE}{activity.slug}/edit/", posted()).status_code == 403
    answer = client.post(f"{BASE}years/", {"verb": "reopen", "year": 2024, "reopen-reason": ""})
    assert answer.status_code == 422
    client.post(f"{BASE}years/", {"verb": "reopen", "year": 2024, "reopen-reason": "人数の誤り"})
    assert "理由：人数の誤り" in client.get(f"{BASE}{activity.slug}/").content.decode()


@pytest.mark.slow
def test_the_list_is_narrowed_by_every_filter(in_region, activity, client_as, viewer, towns) -> None:
    client = client_as(viewer)
    for query, found in (
        ("year=2024", True), ("year=2023", False), ("initiative=sumaho", True), ("field=防災", False),
        (f"town={towns['川北町'].code}", True), ("kind=drill", False), ("q=スマートフォン", True), ("q=無関係", False),
    ):  # fmt: skip
        page = client.get(f"{BASE}?{query}").content.decode()
        assert (f"{BASE}r6-sumaho/" in page) == found, query


@pytest.mark.slow
def test_pages_take_the_same_number_of_queries_however_many_there_are(
    in_region, initiative, client_as, secretariat, django_assert_max_num_queries
) -> None:
    for number in range(15):
        lines = read_lines([("result", f"{number + 1}名参加")])
        draft = ActivityDraft(initiative, 2024, f"訓練{number}", "drill", "done", reading=lines)
        actions.save_activity(secretariat, in_region, draft)
    client = client_as(secretariat)
    client.get(BASE)
    with django_assert_max_num_queries(26):
        client.get(BASE)


@pytest.mark.slow
def test_a_partner_begins_a_figure_of_a_shared_activity_in_the_browser(
    in_region, initiative, client_as, secretariat, partner, viewer, towns
) -> None:
    shared = actions.save_activity(
        secretariat, in_region, ActivityDraft(initiative, 2024, "見学会", "event", "done")
    )
    path = f"{BASE}{shared.slug}/figures/"
    client = client_as(partner)
    assert "自分の団体の数を入力する" in client.get(path).content.decode()
    sent = {"start": "1", "municipality": towns["川北町"].pk, "quantity": "participants", "counter": "名"}
    wrong = client.post(path, {**sent, "value": "たくさん", "basis": "exact"})
    assert wrong.status_code == 422
    other = client.post(path, {**sent, "municipality": towns["星野町"].pk, "value": "5", "basis": "exact"})
    assert other.status_code == 422
    assert client.post(path, {**sent, "value": "21", "basis": "exact"}).status_code == 302
    assert queries.total_words(queries.activity_for(in_region, shared.slug), "participants") == "21名"
    assert client_as(viewer).post(path, {**sent, "value": "5", "basis": "exact"}).status_code == 403


def test_an_officer_of_one_town_finds_that_town_chosen(client_as, partner, secretariat, towns) -> None:
    page = client_as(partner).get(f"{BASE}new/?initiative=bousai")
    assert page.context["form"]["municipality"].value() == towns["川北町"].pk
    page = client_as(secretariat).get(f"{BASE}new/?initiative=bousai")
    assert page.context["form"]["municipality"].value() == ""

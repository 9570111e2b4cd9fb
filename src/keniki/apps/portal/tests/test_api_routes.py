"""What the API answers: the same records as the pages, told in one form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from keniki.apps.accounts.actions import create_token
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities.models import Activity
from keniki.apps.portal.api import openapi, to_json
from keniki.apps.portal.testing import AOBA, KAWAKITA
from keniki.apps.regions.models import Region

pytestmark = pytest.mark.django_db
SNAPSHOT = Path(__file__).parents[5] / "docs" / "reference" / "openapi.json"


class Caller:
    """A program that speaks JSON."""

    def __init__(self, client: Client, region: Region) -> None:
        self.client, self.base = client, f"/api/v1/regions/{region.slug}"

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        address = path if path.startswith("/api") else f"{self.base}{path}"
        sent = "" if body is None else json.dumps(body)
        return self.client.generic(method, address, sent, content_type="application/json", headers=headers)


@pytest.fixture
def office(client_as: Any, secretariat: Actor, region: Region) -> Caller:
    return Caller(client_as(secretariat), region)


@pytest.fixture
def town(client_as: Any, partner: Actor, region: Region) -> Caller:
    return Caller(client_as(partner), region)


@pytest.mark.slow
def test_the_description_in_the_documentation_is_the_one_the_code_gives() -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == to_json(openapi()), (
        "write it anew: keniki.apps.portal.api.to_json(openapi()) to docs/reference/openapi.json"
    )


@pytest.mark.slow
def test_the_description_is_open_to_everybody(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Keniki API"


@pytest.mark.slow
def test_a_token_carries_the_posts_of_its_user(client: Client, partner: Actor, region: Region) -> None:
    _, secret = create_token(partner, "試験")
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = client.get("/api/v1/me", headers=bearer)
    assert answer["Cache-Control"] == "no-store, private"
    me = answer.json()
    assert me["posts"][0]["label"] == "川北町 企画課"
    assert {row["slug"] for row in me["regions"]} == {"aoba", "konan"}
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_wrong_token_is_refused_even_beside_a_session(office: Caller) -> None:
    assert office("GET", "/api/v1/me", Authorization="Bearer wrong").status_code == 401


def test_writing_with_a_session_needs_the_csrf_token(secretariat: Actor, region: Region) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(secretariat.user, backend="django.contrib.auth.backends.ModelBackend")
    office = Caller(client, region)
    assert office("GET", "/api/v1/me").status_code == 200
    body = {"initiative": "bousai", "fiscal_year": 2024, "title": "訓練", "kind": "drill"}
    refused = office("POST", "/activities", body)
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["error"]["message"]


def test_an_initial_password_opens_no_route(client_as: Any, partner: Actor, region: Region) -> None:
    client = client_as(partner)
    assert client.get(f"/api/v1/regions/{region.slug}").status_code == 200
    type(partner.user).objects.filter(pk=partner.user.pk).update(must_change_password=True)
    refused = client.get(f"/api/v1/regions/{region.slug}")
    assert refused.status_code == 403
    assert "初期パスワード" in refused.json()["error"]["message"]


def test_members_are_those_of_the_day(office: Caller) -> None:
    assert [row["name"] for row in office("GET", "/members").json()["items"]] == [
        "青葉市",
        "川北町",
        "星野町",
    ]
    assert office("GET", "/members?on=2020-09-30").json() == {"count": 0, "items": []}


def test_municipalities_are_found_by_name_kana_and_code(office: Caller) -> None:
    for words in ("川北", "かわきた", KAWAKITA[:5]):
        found = office("GET", f"/api/v1/municipalities?q={words}").json()
        assert [row["code"] for row in found["items"]] == [KAWAKITA]


def test_activities_come_in_pages_and_narrowed(office: Caller) -> None:
    whole = office("GET", "/activities").json()
    assert whole["count"] == 3
    second = office("GET", "/activities?limit=1&offset=1").json()
    assert second["items"] == whole["items"][1:2]
    assert [row["slug"] for row in office("GET", "/activities?year=2024").json()["items"]] == ["r6-sumaho"]
    assert office("GET", "/activities?limit=201").status_code == 422


def test_a_count_tells_its_unit_town_and_total(office: Caller) -> None:
    counts = {row["key"]: row for row in office("GET", "/activities/r6-sumaho").json()["counts"]}
    assert (counts["people"]["value"], counts["people"]["unit"]) == (49, "名")
    assert counts["people_kawakita"]["municipality"] == {"code": KAWAKITA, "name": "川北町"}
    assert counts["people_kawakita"]["part_of"] == "people"


@pytest.mark.slow
def test_an_activity_is_added_with_the_counts_of_its_lines_and_logged(
    office: Caller, in_region: Region
) -> None:
    answer = office(
        "POST",
        "/activities",
        {
            "initiative": "bousai",
            "project": "kunren",
            "fiscal_year": 2024,
            "title": "夜間訓練",
            "kind": "drill",
            "starts_on": "2024-10-05",
            "lines": [{"text": "2回 延べ85名参加"}],
            "measures": [{"agreement": "kyoutei", "measure": "bichiku"}],
            "roles": [{"agreement": "kyoutei", "item": "bousai", "role": "role1_1"}],
        },
    )
    assert answer.status_code == 201, answer.content.decode()
    assert [role["role"] for role in answer.json()["roles"]] == ["role1_1"]
    stored = Activity.objects.get(slug=answer.json()["slug"])
    assert {(c.value, c.counter, c.basis) for c in stored.counts.all()} == {
        (2, "回", "exact"),
        (85, "名", "cumulative"),
    }
    last = LogEntry.objects.filter(region="aoba").first()
    assert last is not None
    assert last.via == "api"
    assert "夜間訓練" in last.text
    done = {row["measure"]: row["overall"] for row in office("GET", "/trace").json()["rows"]}
    assert done["bichiku"] == "done"
    promised = office("GET", f"/trace?town={stored.region.memberships.last().municipality.code}").json()[
        "rows"
    ]
    assert {(row["role"], row["whose"], row["overall"]) for row in promised if row["kind"] == "role"} == {
        ("role1_1", "各市町の役割", "done")
    }


def test_that_nothing_was_done_is_recorded(office: Caller) -> None:
    answer = office("POST", "/activities", {"initiative": "bousai", "fiscal_year": 2020, "state": "none"})
    assert answer.status_code == 201
    assert answer.json()["state"] == "none"


@pytest.mark.slow
def test_only_what_is_named_is_changed(office: Caller) -> None:
    before = office("GET", "/activities/r5-kunren").json()
    answer = office("PATCH", "/activities/r5-kunren", {"version": before["version"], "place": "青葉市民会館"})
    after = answer.json()
    assert after["place"] == "青葉市民会館"
    same = set(before) - {"place", "version"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["version"] == before["version"] + 1


@pytest.mark.slow
def test_the_second_of_two_writers_gets_both_versions(office: Caller) -> None:
    version = office("GET", "/activities/r5-kunren").json()["version"]
    assert office("PATCH", "/activities/r5-kunren", {"version": version, "place": "東"}).status_code == 200
    refused = office("PATCH", "/activities/r5-kunren", {"version": version, "place": "西"})
    assert refused.status_code == 409
    content = refused.json()
    assert content["mine"]["place"] == "西"
    assert content["current"]["place"] == "東"
    assert office("GET", "/activities/r5-kunren").json()["place"] == "東"


@pytest.mark.slow
def test_a_towns_figure_moves_the_total(town: Caller) -> None:
    counts = {row["key"]: row for row in town("GET", "/activities/r6-sumaho").json()["counts"]}
    own = counts["people_kawakita"]
    answer = town(
        "PUT", f"/activities/r6-sumaho/counts/people/{KAWAKITA}", {"value": 28, "version": own["version"]}
    )
    after = {row["key"]: row for row in answer.json()["counts"]}
    assert (after["people_kawakita"]["value"], after["people"]["value"]) == (28, 56)
    stale = town(
        "PUT", f"/activities/r6-sumaho/counts/people/{KAWAKITA}", {"value": 30, "version": own["version"]}
    )
    assert stale.status_code == 409


@pytest.mark.slow
def test_the_secretariat_enters_for_a_town_as_a_proxy(office: Caller) -> None:
    counts = {row["key"]: row for row in office("GET", "/activities/r6-sumaho").json()["counts"]}
    answer = office(
        "PUT",
        f"/activities/r6-sumaho/counts/people/{KAWAKITA}",
        {"value": 22, "version": counts["people_kawakita"]["version"]},
    )
    after = {row["key"]: row for row in answer.json()["counts"]}
    assert after["people_kawakita"]["proxy"] is True
    assert "代理入力" in office("GET", "/log?limit=1").json()["items"][0]["text"]


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ({"fiscal_year": 2024, "title": "訓練", "kind": "drill"}, "initiative"),
        ({"initiative": "nothing", "fiscal_year": 2024, "title": "訓練"}, "initiative"),
        ({"initiative": "bousai", "fiscal_year": 2024, "title": ""}, "title"),
        ({"initiative": "bousai", "fiscal_year": 2024, "title": "訓練", "kind": "party"}, "kind"),
        (
            {"initiative": "bousai", "fiscal_year": 2024, "title": "訓練", "starts_on": "2023-03-31"},
            "starts_on",
        ),
        ({"initiative": "bousai", "fiscal_year": 2024, "title": "訓練", "colour": "red"}, "colour"),
        ({"initiative": "bousai", "fiscal_year": 2024, "title": "訓練\u0000"}, "title"),
    ],
)
def test_wrong_input_names_its_field(office: Caller, body: dict[str, Any], column: str) -> None:
    answer = office("POST", "/activities", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["column"] == column


def test_what_is_not_json_is_refused_with_words(office: Caller) -> None:
    answer = office.client.post(f"{office.base}/activities", "{", content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "JSONとして読めません。"


def test_a_closed_year_refuses_with_the_reason(office: Caller, secretariat: Actor, in_region: Region) -> None:
    from keniki.apps.activities.actions import close_year

    close_year(secretariat, in_region, 2023)
    answer = office("PATCH", "/activities/r5-kunren", {"version": 1, "place": "東"})
    assert answer.status_code == 403
    assert "締め切られています" in answer.json()["error"]["message"]


def test_a_counted_kpi_takes_no_typed_actual(office: Caller) -> None:
    found = office("GET", "/kpi").json()["items"][0]
    assert found["counted"] is True
    assert {row["fiscal_year"]: row["actual"] for row in found["years"]}[2024] == 49
    answer = office("POST", f"/kpi/{found['slug']}/readings", {"fiscal_year": 2024, "value": 1})
    assert answer.status_code == 422


@pytest.mark.slow
def test_two_people_typing_one_actual_meet(office: Caller, in_region: Region) -> None:
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.compacts.models import Kpi
    from keniki.apps.regions.queries import operator

    with verb(operator(), "testing", quiet=True):
        Kpi(region=in_region, slug="riyou", name="利用者", unit="人", direction="increase").save()
    first = office("POST", "/kpi/riyou/readings", {"fiscal_year": 2024, "value": 12.5})
    assert (first.json()["value"], first.json()["unit"]) == (12.5, "人")
    second = office("POST", "/kpi/riyou/readings", {"fiscal_year": 2024, "value": 13})
    assert second.status_code == 409
    assert second.json()["current"]["value"] == 12.5
    third = office(
        "POST", "/kpi/riyou/readings", {"fiscal_year": 2024, "value": 13, "version": first.json()["version"]}
    )
    assert third.json()["value"] == 13


def test_a_document_is_queued_and_its_run_can_be_asked(office: Caller) -> None:
    answer = office(
        "POST", "/documents", {"kind": "results", "programme": "hokkaido", "first": 2022, "last": 2024}
    )
    assert answer.status_code == 202, answer.content.decode()
    run = office("GET", f"/documents/runs/{answer.json()['id']}").json()
    assert run["state"] == "waiting"
    wrong = office("POST", "/documents", {"kind": "agreement", "slug": "nothing"})
    assert wrong.json()["error"]["column"] == "slug"


@pytest.mark.slow
def test_a_built_document_tells_its_gaps_and_whether_it_is_stale(
    office: Caller, secretariat: Actor, in_region: Region, activity: Activity
) -> None:
    from keniki.apps.documents.actions import build

    built = build(secretariat, in_region, "results", {"programme": "hokkaido", "first": 2022, "last": 2024})
    found = office("GET", f"/documents/results/{built.number}").json()
    assert found["stale"] is False
    assert {file["format"] for file in found["files"]} == {"docx", "pdf", "xlsx"}
    assert len(found["gaps"]) == found["missing"]
    version = office("GET", "/activities/r5-kunren").json()["version"]
    office("PATCH", "/activities/r5-kunren", {"version": version, "title": "合同防災訓練（夜間）"})
    assert office("GET", f"/documents/results/{built.number}").json()["stale"] is True


def test_a_share_is_a_fraction_with_its_unit_beside(office: Caller, in_region: Region) -> None:
    from decimal import Decimal

    from keniki.apps.accounts.verbs import verb
    from keniki.apps.regions.models import Fact
    from keniki.apps.regions.queries import operator

    with verb(operator(), "testing", quiet=True):
        Fact(
            region=in_region,
            indicator="commuting_share",
            label="通勤通学割合",
            value=Decimal("12.6"),
            unit="%",
        ).save()
    fact = next(row for row in office("GET", "").json()["facts"] if row["indicator"] == "commuting_share")
    assert (fact["value"], fact["unit"], fact["printed"]) == (0.126, "割合", "12.6%")


def test_the_codes_have_six_digits_everywhere(office: Caller) -> None:
    found = json.dumps(
        [office("GET", path).json() for path in ("", "/agreements/kyoutei", "/activities", "/grants")]
    )
    assert AOBA in found
    assert f'"{AOBA[:5]}"' not in found


def test_a_route_that_does_not_exist_is_not_found(office: Caller) -> None:
    answer = office("GET", "/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


@pytest.mark.slow
def test_reading_activities_takes_as_many_queries_for_many_as_for_few(
    office: Caller, secretariat: Actor, region: Region
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from keniki.apps.activities.actions import save_activity
    from keniki.apps.activities.drafts import ActivityDraft
    from keniki.apps.compacts.models import Initiative

    office("GET", "/activities?limit=200")
    with CaptureQueriesContext(connection) as before:
        office("GET", "/activities?limit=200")
    with scope(region=region):
        initiative = Initiative.objects.get(slug="bousai")
        for number in range(10):
            save_activity(
                secretariat, region, ActivityDraft(initiative, 2024, f"訓練{number}", "drill", "done")
            )
    with CaptureQueriesContext(connection) as after:
        office("GET", "/activities?limit=200")
    assert len(after) == len(before)

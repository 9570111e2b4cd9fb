"""Who may call which route: every route of the API against everybody of the cast."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.models import LogEntry
from keniki.apps.documents.models import Build, BuildRun
from keniki.apps.portal.api import openapi
from keniki.apps.portal.testing import HOSHINO, KAWAKITA, Cast
from keniki.apps.regions.models import Region

pytestmark = pytest.mark.django_db

EVERYBODY = ("resident", "neighbour", "viewer", "other_partner", "partner", "secretariat")
READ = {
    "resident": 401,
    "neighbour": 404,
    "viewer": 200,
    "other_partner": 200,
    "partner": 200,
    "secretariat": 200,
}
#: Open to everybody with an account, whatever their region.
ANYWHERE = {**dict.fromkeys(EVERYBODY, 200), "resident": 401}
SHARED = {**READ, "viewer": 403, "other_partner": 403, "partner": 403}

R = "/api/v1/regions/{region}"
ACTIVITY = {"initiative": "bousai", "fiscal_year": 2024, "title": "夜間訓練", "kind": "drill"}

#: For each route: what it is called with, and the status each of the cast gets.
MATRIX: dict[tuple[str, str], dict[str, Any]] = {
    ("get", "/api/v1/me"): {"expect": ANYWHERE},
    ("get", "/api/v1/regions"): {"expect": ANYWHERE},
    ("get", "/api/v1/municipalities"): {"expect": ANYWHERE},
    ("get", R): {"expect": READ},
    ("get", f"{R}/members"): {"expect": READ},
    ("get", f"{R}/log"): {"expect": READ},
    ("get", f"{R}/agreements"): {"expect": READ},
    ("get", f"{R}/agreements/{{slug}}"): {"path": {"slug": "kyoutei"}, "expect": READ},
    ("get", f"{R}/declarations"): {"expect": READ},
    ("get", f"{R}/visions"): {"expect": READ},
    ("get", f"{R}/initiatives"): {"expect": READ},
    ("get", f"{R}/initiatives/{{slug}}"): {"path": {"slug": "bousai"}, "expect": READ},
    ("get", f"{R}/kpi"): {"expect": READ},
    ("get", f"{R}/trace"): {"expect": READ},
    ("get", f"{R}/grants"): {"expect": READ},
    ("get", f"{R}/budgets"): {"expect": READ},
    ("get", f"{R}/incidents"): {"expect": READ},
    ("post", "/api/v1/disaster/events"): {"body": {"events": []}, "expect": ANYWHERE, "stores": False},
    ("get", f"{R}/documents"): {"expect": READ},
    ("get", f"{R}/documents/runs/{{run}}"): {"path": {"run": "{run}"}, "expect": READ},
    ("get", f"{R}/documents/{{kind}}/{{number}}"): {
        "path": {"kind": "results", "number": "1"},
        "expect": READ,
    },
    ("post", f"{R}/documents"): {
        "body": {"kind": "agreement", "slug": "kyoutei"},
        "expect": {key: 202 if status == 200 else status for key, status in READ.items()},
    },
    ("get", f"{R}/activities"): {"expect": READ},
    ("get", f"{R}/activities/{{slug}}"): {"path": {"slug": "r6-sumaho"}, "expect": READ},
    ("post", f"{R}/activities"): {"body": ACTIVITY, "expect": {**SHARED, "secretariat": 201}},
    ("patch", f"{R}/activities/{{slug}}"): {
        "path": {"slug": "r6-sumaho"},
        "body": {"version": 1, "place": "公民館"},
        "expect": SHARED,
    },
    ("put", f"{R}/activities/{{slug}}/counts/{{key}}/{{code}}"): {
        "path": {"slug": "r6-sumaho", "key": "people", "code": KAWAKITA},
        "body": {"value": 28, "version": 1},
        "expect": {**READ, "viewer": 403, "other_partner": 403, "partner": 200},
    },
    ("post", f"{R}/kpi/{{slug}}/readings"): {
        "path": {"slug": "tsukattahito"},
        "body": {"fiscal_year": 2024, "value": 5},
        "expect": SHARED,
    },
}


def routes() -> Iterator[tuple[str, str]]:
    for path, methods in openapi()["paths"].items():
        for method in methods:
            yield method, path


@pytest.mark.slow
def test_every_route_of_the_api_has_its_row() -> None:
    assert set(routes()) == set(MATRIX)


@pytest.fixture
def run(region: Region) -> BuildRun:
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.compacts.models import Kpi
    from keniki.apps.regions.queries import operator

    with scope(region=region), verb(operator(), "testing", quiet=True):
        Build(
            region=region, kind="results", number=1, digest="0" * 64, parameters={"first": 2022, "last": 2024}
        ).save()
        Kpi(region=region, slug="tsukattahito", name="使った人", unit="人", direction="increase").save()
        return BuildRun.objects.create(region=region, kind="results")


def traces() -> tuple[int, int]:
    """What a deed leaves behind: its line in the log, or a build that waits."""
    with scopes_disabled():
        return LogEntry.objects.count(), BuildRun.objects.count()


def call(client: Client, method: str, path: str, row: dict[str, Any], run: BuildRun, **names: str) -> Any:
    values = {**row.get("path", {}), **names}
    address = path.format(**{key: str(value).format(run=run.pk) for key, value in values.items()})
    if method == "get":
        return client.get(address)
    return client.generic(method.upper(), address, json.dumps(row["body"]), content_type="application/json")


@pytest.mark.slow
@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("method", "path"), MATRIX, ids=lambda part: str(part).removeprefix("/api/v1/"))
def test_a_route_answers_each_of_the_cast_as_the_pages_would(
    cast: Cast,
    region: Region,
    run: BuildRun,
    client_as: Any,
    resident: Actor,
    method: str,
    path: str,
    who: str,
) -> None:
    actor = resident if who == "resident" else cast.actor(who)
    row = MATRIX[method, path]
    before = traces()
    answer = call(client_as(actor), method, path, row, run, region=region.slug)
    stored = method != "get" and answer.status_code < 400 and row.get("stores", True)
    assert (traces() > before) is stored
    assert answer.status_code == row["expect"][who], answer.content.decode()[:300]
    if answer.status_code >= 400:
        problem = answer.json()["error"]
        assert set(problem) == {"message", "file", "row", "column"}
        assert problem["message"]
    else:
        assert answer.headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(
    ("method", "path"),
    [key for key in MATRIX if "{region}" in key[1]],
    ids=lambda part: str(part).removeprefix("/api/v1/"),
)
def test_a_region_that_does_not_exist_looks_like_one_that_is_not_seen(
    region: Region,
    other_region: Region,
    run: BuildRun,
    client_as: Any,
    secretariat: Actor,
    method: str,
    path: str,
) -> None:
    client = client_as(secretariat)
    hidden = call(client, method, path, MATRIX[method, path], run, region=other_region.slug)
    nowhere = call(client, method, path, MATRIX[method, path], run, region="nowhere")
    assert (hidden.status_code, hidden.content) == (nowhere.status_code, nowhere.content)
    assert hidden.status_code == 404


@pytest.mark.slow
def test_a_town_enters_only_its_own_figures(
    region: Region, run: BuildRun, client_as: Any, partner: Actor, other_partner: Actor
) -> None:
    path = f"/api/v1/regions/{region.slug}/activities/r6-sumaho/counts/people/{HOSHINO}"
    body = json.dumps({"value": 9, "version": 1})
    refused = client_as(partner).put(path, body, content_type="application/json")
    assert refused.status_code == 403
    assert "星野町" in refused.json()["error"]["message"]
    assert client_as(other_partner).put(path, body, content_type="application/json").status_code == 200

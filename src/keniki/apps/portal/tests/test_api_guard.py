"""What the API refuses before a route runs, always in the same form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from keniki.apps.accounts.actor import Actor
from keniki.apps.portal.api import openapi
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.regions.models import Region

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
NAMES = {
    "region": "aoba",
    "slug": "r6-sumaho",
    "key": "people",
    "code": KAWAKITA,
    "kind": "results",
    "number": "1",
    "run": "1",
}


def routes() -> Iterator[tuple[str, list[str]]]:
    for path, methods in openapi()["paths"].items():
        yield path, sorted(methods)


def described() -> Iterator[tuple[str, str]]:
    for path, methods in routes():
        for method in methods:
            yield method, path


def problem(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/json"
    content = json.loads(answer.content)
    assert set(content) == {"error"}
    assert set(content["error"]) == {"message", "file", "row", "column"}
    assert content["error"]["message"]
    found: dict[str, Any] = content["error"]
    return found


@pytest.fixture
def office(client_as: Any, secretariat: Actor, region: Region) -> Client:
    client: Client = client_as(secretariat)
    return client


@pytest.mark.slow
@pytest.mark.parametrize(("path", "methods"), list(routes()), ids=lambda part: str(part))
def test_a_method_that_is_not_described_is_405_and_names_those_that_are(
    office: Client, path: str, methods: list[str]
) -> None:
    address = path.format(**NAMES)
    allowed = {method.upper() for method in methods} | {"OPTIONS"} | ({"HEAD"} if "get" in methods else set())
    for method in (*METHODS, "trace", "purge"):
        if method in methods:
            continue
        refused = office.generic(method.upper(), address, "{}", content_type="application/json")
        assert refused.status_code == 405, method
        assert set(refused["Allow"].split(", ")) == allowed
        assert method.upper() in problem(refused)["message"]
    asked = office.options(address)
    assert (asked.status_code, asked.content) == (204, b"")
    assert set(asked["Allow"].split(", ")) == allowed


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), list(described()), ids=lambda part: str(part))
def test_a_query_name_that_is_not_described_is_refused_with_those_that_are(
    office: Client, method: str, path: str
) -> None:
    address = path.format(**NAMES)
    refused = office.generic(method.upper(), f"{address}?colour=red", "{}", content_type="application/json")
    assert refused.status_code == 422
    found = problem(refused)
    assert found["column"] == "colour"
    parameters = openapi()["paths"][path][method].get("parameters", [])
    for known in (each["name"] for each in parameters if each["in"] == "query"):
        assert known in found["message"]


def test_a_query_name_given_twice_is_refused(office: Client) -> None:
    refused = office.get("/api/v1/regions/aoba/activities?year=2023&year=2024")
    assert (refused.status_code, problem(refused)["column"]) == (422, "year")


def test_head_is_get_without_the_content(office: Client) -> None:
    whole = office.get("/api/v1/regions/aoba/activities")
    head = office.head("/api/v1/regions/aoba/activities")
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(whole.content))
    assert head["Content-Type"] == whole["Content-Type"]
    assert office.head("/api/v1/regions/nowhere").status_code == 404


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/xml", "multipart/form-data", ""]
)
def test_a_body_that_does_not_say_it_is_json_is_415(office: Client, kind: str) -> None:
    refused = office.generic("POST", "/api/v1/regions/aoba/activities", '{"title": "x"}', content_type=kind)
    assert refused.status_code == 415
    assert "application/json" in problem(refused)["message"]


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (b"{", 1),
        (b'{\n"title": "x",\n}', 3),
        (b"\xff\xfe", 1),
        (b'{"title": "\x83"}', None),
        (b"[" * 100_000, None),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_line(
    office: Client, body: bytes, row: int | None
) -> None:
    refused = office.generic("POST", "/api/v1/regions/aoba/activities", body, content_type="application/json")
    assert refused.status_code == 422
    found = problem(refused)
    assert "JSON" in found["message"]
    assert found["row"] == row


@pytest.mark.parametrize("limit", ["DATA_UPLOAD_MAX_MEMORY_SIZE", "UPLOAD_LIMIT"])
def test_a_body_that_is_too_large_is_413(office: Client, settings: Any, limit: str) -> None:
    setattr(settings, limit, 1024 * 1024)
    body = b'{"title": "' + b"x" * 1024 * 1024 + b'"}'
    refused = office.generic("POST", "/api/v1/regions/aoba/activities", body, content_type="application/json")
    assert refused.status_code == 413
    assert "1 MB" in problem(refused)["message"]


def test_a_fault_and_a_strange_host_are_told_in_the_same_form(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    office.raise_request_exception = False
    assert office.get("/api/v1/me", headers={"Host": "elsewhere.example"}).status_code == 400
    problem(office.get("/api/v1/me", headers={"Host": "elsewhere.example"}))
    monkeypatch.setattr("keniki.apps.portal.api.regions.ref", broken)
    fault = office.get("/api/v1/regions")
    assert fault.status_code == 500
    problem(fault)


def test_the_root_leads_to_the_description(client: Client) -> None:
    assert client.get("/api/v1/")["Location"] == "/api/v1/openapi.json"
    assert client.post("/api/v1/openapi.json").status_code == 405


@pytest.mark.slow
def test_every_list_comes_in_pages_of_a_stated_size_with_the_number_of_all(office: Client) -> None:
    lists = 0
    for path, methods in openapi()["paths"].items():
        schema = methods.get("get", {}).get("responses", {}).get(200, {}) or methods.get("get", {}).get(
            "responses", {}
        ).get("200", {})
        reference = str(schema.get("content", {}))
        assert '"array"' not in reference, f"{path} answers a bare list"
        if "Page_" not in reference:
            continue
        lists += 1
        bounds = {
            each["name"]: each["schema"] for each in methods["get"]["parameters"] if each["in"] == "query"
        }
        assert bounds["limit"]["maximum"] == 200
        whole = office.get(path.format(**NAMES)).json()
        part = office.get(path.format(**NAMES) + "?limit=1&offset=1").json()
        assert part["count"] == whole["count"] >= len(whole["items"])
        assert part["items"] == whole["items"][1:2]
    assert lists >= 13

"""schemathesis over the whole API: whatever is sent, the answer is a described one and never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from keniki.apps.accounts.actions import create_token
from keniki.apps.accounts.actor import Actor
from keniki.apps.portal.api import openapi
from keniki.apps.portal.testing import AOBA, KAWAKITA, Cast
from keniki.apps.regions.models import Region

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
load_all_checks()

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
)
#: Who calls, and how often each route: the same faults are looked for in the refusals of the others.
EXAMPLES = {"secretariat": 25, "partner": 8, "viewer": 5, "resident": 3}
#: What exists, so that the examples reach beyond 「見つかりません」.
KNOWN: dict[str, list[str]] = {
    "region": ["aoba"],
    "slug": ["r6-sumaho", "r5-kunren", "bousai", "kyoutei", "koushuukai-sanka"],
    "key": ["people", "times"],
    "code": [AOBA, KAWAKITA],
    "kind": ["results", "agreement"],
    "number": ["1"],
    "run": ["1"],
}
KNOWN_BODY: dict[str, list[Any]] = {
    "initiative": ["bousai", "sumaho"],
    "fiscal_year": [2023, 2024],
    "version": [1, 2],
    "title": ["訓練"],
    "starts_on": ["2024-05-01", None],
    "ends_on": [None],
    "project": ["kunren", None],
    "municipality": [AOBA, None],
    "slug": ["kyoutei"],
    "programme": ["hokkaido"],
}


@cache
def schema() -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())


@cache
def documented() -> Any:
    return openapi()["paths"]


def routes() -> Iterator[tuple[str, str]]:
    for path, methods in documented().items():
        for method in methods:
            yield method, path


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests stay inside the test's transaction, as Django's own test client sees to it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@st.composite
def cases(draw: st.DrawFn, method: str, path: str) -> Any:
    """A call as described or as not described, in which some values are those of records that exist."""
    mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = draw(schema()[path][method.upper()].as_strategy(generation_mode=mode))
    for name in list(case.path_parameters or {}):
        if name in KNOWN and draw(st.integers(0, 4)):
            case.path_parameters[name] = draw(st.sampled_from(KNOWN[name]))
    if mode == GenerationMode.POSITIVE and isinstance(case.body, dict):
        for name in list(case.body):
            if name in KNOWN_BODY and draw(st.booleans()):
                case.body[name] = draw(st.sampled_from(KNOWN_BODY[name]))
    return case


@st.composite
def strangers(draw: st.DrawFn, method: str, path: str) -> Any:
    """A call as described, but for a name in its query that no route knows, or by a method no route has."""
    case = draw(schema()[path][method.upper()].as_strategy(generation_mode=GenerationMode.POSITIVE))
    case.path_parameters = {name: KNOWN[name][0] for name in case.path_parameters or {}}
    if draw(st.booleans()):
        known = {each["name"] for each in documented()[path][method].get("parameters", ())}
        name = draw(st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda each: each not in known))
        case.query = {**(case.query or {}), name: draw(st.text(max_size=5))}
        return case, 422
    described = set(documented()[path]) | {"head", "options"}
    case.method = draw(
        st.sampled_from(sorted({"get", "post", "put", "patch", "delete", "trace"} - described))
    ).upper()
    return case, 405


@pytest.mark.parametrize(
    ("method", "path"), list(routes()), ids=lambda part: str(part).removeprefix("/api/v1/")
)
def test_what_is_not_described_is_refused_in_the_one_form(
    one_connection: None, region: Region, secretariat: Actor, method: str, path: str
) -> None:
    _, secret = create_token(secretariat, "schemathesis")

    @given(made=strangers(method, path))
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def calls(made: Any) -> None:
        case, status = made
        answer = case.call(headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error"}
        assert set(answer.json()["error"]) == {"message", "file", "row", "column"}
        if status == 405:
            assert {each.lower() for each in answer.headers["allow"][0].split(", ")} >= set(
                documented()[path]
            )

    calls()


@pytest.mark.parametrize(
    ("method", "path"), list(routes()), ids=lambda part: str(part).removeprefix("/api/v1/")
)
@pytest.mark.parametrize("seat", EXAMPLES)
def test_no_input_makes_a_route_fail_or_answer_what_is_not_described(
    one_connection: None, region: Region, cast: Cast, seat: str, method: str, path: str
) -> None:
    bearer = {}
    if seat != "resident":
        _, secret = create_token(cast.actor(seat), "schemathesis")
        bearer = {"Authorization": f"Bearer {secret}"}

    @given(case=cases(method, path))
    @settings(
        max_examples=EXAMPLES[seat],
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def calls(case: Any) -> None:
        case.call_and_validate(headers=bearer, checks=CHECKS)

    calls()

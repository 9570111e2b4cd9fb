"""What every page carries, how sessions end, how log-in is refused."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from psycopg.errors import DiskFull

from keniki.core.errors import WrongInput
from keniki.site import assets, middleware, options
from keniki.site.away import server_error

pytestmark = pytest.mark.django_db
PASSWORD = "川北の柳は緑 2024"


@pytest.fixture
def person() -> Any:
    return get_user_model().objects.create_user("tanaka", "田中 一郎", PASSWORD)


def _log_in(client: Client, login: str, password: str, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password}, **more)


@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/no/such/page", "/static/no-such.js"])
def test_every_answer_carries_the_strict_policy(client: Client, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_health_page_answers_without_a_session(client: Client) -> None:
    response = client.get("/healthz")
    assert response.json() == {"status": "ok"}
    assert not response.cookies


def test_staff_pages_are_stored_by_no_cache(client: Client, person: Any) -> None:
    assert "no-store" in client.get("/accounts/login/")["Cache-Control"]
    client.force_login(person)
    assert "no-store" in client.get("/healthz")["Cache-Control"]


def test_logging_out_ends_the_session_and_clears_what_was_cached(client: Client, person: Any) -> None:
    assert _log_in(client, "tanaka", PASSWORD).status_code == 302
    cookie = client.cookies["keniki_session"]
    assert cookie["max-age"] == ""
    assert cookie["expires"] == ""
    assert cookie["httponly"]
    response = client.post("/accounts/logout/")
    assert response["Clear-Site-Data"] == '"cache"'
    client.cookies["keniki_session"] = cookie.value
    assert client.get("/accounts/password/change/").status_code == 302


def test_an_idle_session_ends_and_says_so(
    client: Client, person: Any, clock: Callable[[float], None]
) -> None:
    client.force_login(person)
    client.get("/healthz")
    clock(settings.SESSION_IDLE_SECONDS - 1)
    client.get("/healthz")
    assert client.session["_auth_user_id"]
    clock(settings.SESSION_IDLE_SECONDS + 1)
    response = client.get("/desk/")
    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=/desk/"
    assert "_auth_user_id" not in client.session
    assert "操作がなかった" in client.get(response.url).content.decode()


def test_requests_a_page_makes_by_itself_keep_no_session_alive(
    client: Client, person: Any, clock: Callable[[float], None]
) -> None:
    client.force_login(person)
    client.get("/healthz")
    for _ in range(4):
        clock(settings.SESSION_IDLE_SECONDS / 3)
        response = client.get("/healthz", headers={"X-Keniki-Poll": "1", "HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"].startswith("/accounts/login/")


def test_a_session_ends_after_its_hours_even_when_busy(
    client: Client, person: Any, clock: Callable[[float], None]
) -> None:
    client.force_login(person)
    for _ in range(int(settings.SESSION_COOKIE_AGE / settings.SESSION_IDLE_SECONDS) + 1):
        assert client.get("/healthz").status_code == 200
        clock(settings.SESSION_IDLE_SECONDS - 1)
    clock(settings.SESSION_IDLE_SECONDS - 1)
    assert client.get("/healthz").status_code == 302


def test_a_page_view_writes_the_session_at_most_once_a_minute(
    client: Client, person: Any, clock: Callable[[float], None], django_assert_num_queries: Any
) -> None:
    client.force_login(person)
    client.get("/healthz")
    clock(30)
    with django_assert_num_queries(3):
        client.get("/healthz")


def test_five_failures_lock_the_account_whatever_host_name_is_used(client: Client, person: Any) -> None:
    get_user_model().objects.create_user("suzuki", "鈴木 花子", PASSWORD)
    for number in range(5):
        host = "localhost" if number % 2 else "127.0.0.1"
        assert (
            _log_in(client, "Tanaka" if number % 2 else "tanaka", "wrong", HTTP_HOST=host).status_code == 200
        )
    assert _log_in(client, "tanaka", PASSWORD).status_code == 200
    assert "_auth_user_id" not in client.session
    assert _log_in(client, "suzuki", PASSWORD).status_code == 302


@pytest.mark.slow
def test_an_office_behind_one_address_is_never_locked_out_as_a_whole(client: Client, person: Any) -> None:
    for number in range(60):
        assert _log_in(client, f"nobody{number}", "wrong").status_code == 200
    assert _log_in(client, "tanaka", PASSWORD).status_code == 302


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    client.post("/accounts/signup/", {"username": "eve", "password1": PASSWORD, "password2": PASSWORD})
    assert not get_user_model().objects.filter(login="eve").exists()


def test_a_request_that_is_too_large_is_refused_before_it_is_read(rf: RequestFactory) -> None:
    view = middleware.UploadLimit(lambda request: HttpResponse("read"))
    with override_settings(UPLOAD_LIMIT=10 * 1024 * 1024):
        large = {"content_type": "x/y", "CONTENT_LENGTH": str(11 * 1024 * 1024)}
        page = view(rf.post("/desk/aoba/photos/new/", b"", **large))
        assert page.status_code == 413
        assert "<strong>10 MB</strong>" in page.content.decode()
        assert 'href="/desk/"' in page.content.decode()
        told = view(rf.post("/api/v1/regions", b"", **large))
        assert told.status_code == 413
        assert "10 MB" in json.loads(told.content)["error"]["message"]
        assert view(rf.post("/", b"", content_type="x/y", CONTENT_LENGTH="1000")).content == b"read"
        assert view(rf.get("/", CONTENT_LENGTH="x")).content == b"read"


def test_a_text_longer_than_a_form_takes_is_told_as_too_large(client: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1024):
        answer = client.post("/accounts/login/", {"login": "x" * 2000, "password": "x"})
    assert answer.status_code == 413
    assert "大きすぎます" in answer.content.decode()


@pytest.mark.slow
def test_collected_files_get_a_hash_and_are_served(
    settings: Any, tmp_path: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    assert assets.collect() is True
    assert assets.collect() is False
    storage = assets.HashedNames(location=str(settings.STATIC_ROOT), base_url="/static/")
    url = storage.url("leaflet/leaflet.js")
    assert url.startswith("/static/leaflet/leaflet.")
    assert url != "/static/leaflet/leaflet.js"
    assert storage.exists(url.removeprefix("/static/"))
    assert storage.url("new/later.js") == "/static/new/later.js"
    assert not list(tmp_path.glob(".static*"))


def test_uncollected_files_are_served_under_their_own_name(client: Client) -> None:
    assert staticfiles_storage.url("leaflet/leaflet.js") == "/static/leaflet/leaflet.js"
    response = client.get("/static/leaflet/leaflet.js")
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("read", "name", "value", "expected"),
    [
        (options.flag, "KENIKI_HTTPS", " On ", True),
        (options.flag, "KENIKI_HTTPS", "", False),
        (options.number, "KENIKI_IDLE_MINUTES", " 45 ", 45),
        (options.items, "KENIKI_HOSTS", "a.lg.jp, b.lg.jp,", ["a.lg.jp", "b.lg.jp"]),
        (options.origin, "KENIKI_OIDC_URL", "https://id.example.jp/realms/x", "https://id.example.jp"),
        (options.origin, "KENIKI_OIDC_URL", "", ""),
    ],
)
def test_settings_are_read_as_a_person_types_them(read: Any, name: str, value: str, expected: object) -> None:
    assert read(name, {name: value}) == expected


@pytest.mark.parametrize(
    ("read", "name", "value"),
    [
        (options.flag, "KENIKI_HTTPS", "はい"),
        (options.number, "KENIKI_IDLE_MINUTES", "-1"),
        (options.number, "KENIKI_IDLE_MINUTES", "三十"),
        (options.origin, "KENIKI_OIDC_URL", "https://a; script-src *"),
        (options.origin, "KENIKI_OIDC_URL", "id.example.jp"),
        (options.level, "KENIKI_LOG_LEVEL", "LOUD"),
        (options.engine, "KENIKI_ENGINE", "threads"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(read: Any, name: str, value: str) -> None:
    with pytest.raises(WrongInput, match=name):
        read(name, {name: value})


def test_every_setting_has_a_default_that_can_be_read_and_a_text() -> None:
    readers = {
        "flag": options.flag,
        "number": options.number,
        "list": options.items,
        "origin": options.origin,
        "engine": options.engine,
    }
    for setting in options.SETTINGS:
        readers.get(setting.kind, options.text)(setting.name, {})
        assert setting.help_ja.endswith(("。", "）"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the middleware's clock forward."""
    now = [1_700_000_000.0]
    monkeypatch.setattr(middleware.time, "time", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def no_room_here() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def no_room_at_the_database() -> None:
    try:
        raise DiskFull("could not extend file")
    except DiskFull as error:
        raise OperationalError("could not extend file") from error


@pytest.mark.parametrize("fails", [no_room_here, no_room_at_the_database])
@pytest.mark.parametrize("path", ["/desk/", "/api/v1/x"])
def test_a_full_disk_is_told_as_such_and_that_nothing_was_saved(
    rf: RequestFactory, path: str, fails: Callable[[], None]
) -> None:
    try:
        fails()
    except (OSError, OperationalError):
        answer = server_error(rf.post(path))
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "空きがありません" in page
    assert "保存は完了していません" in page
    assert ("json" in answer["Content-Type"]) is path.startswith("/api/")

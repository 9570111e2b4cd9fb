"""Log-in through the staff directory, against a provider that really speaks OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from keniki.apps.accounts.actor import Actor
from keniki.core.errors import WrongInput
from keniki.site import options

from .openid import CLIENT, SECRET, Directory, directory

pytestmark = pytest.mark.django_db
START = "/accounts/oidc/staff/login/"


@pytest.fixture
def staff(settings: Any) -> Iterator[Directory]:
    with directory() as running:
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "staff",
                        "name": "職員認証",
                        "client_id": CLIENT,
                        "secret": SECRET,
                        "settings": {"server_url": running.url},
                    }
                ],
            }
        }
        cache.clear()
        yield running


def follow(client: Client) -> HttpResponse:
    """From the button through the provider and back, as a browser goes."""
    to_provider = client.post(START)["Location"]
    back = requests.get(to_provider, allow_redirects=False, timeout=10).headers["Location"]
    split = urlsplit(back)
    return client.get(split.path, {name: values[0] for name, values in parse_qs(split.query).items()})


def inside(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


@pytest.mark.slow
def test_the_directory_opens_the_account_of_its_person(staff: Directory, partner: Actor) -> None:
    client = Client()
    staff.person = {"sub": "17", "preferred_username": partner.user.login.upper()}
    assert follow(client)["Location"] == "/desk/"
    assert client.session["_auth_user_id"] == str(partner.user.pk)
    assert inside(client)
    assert "/token" in staff.asked


def test_the_second_visit_goes_by_the_identity_even_when_the_name_changed(
    staff: Directory, partner: Actor
) -> None:
    staff.person = {"sub": "17", "preferred_username": partner.user.login}
    follow(Client())
    client = Client()
    staff.person = {"sub": "17", "preferred_username": "married-name"}
    follow(client)
    assert client.session["_auth_user_id"] == str(partner.user.pk)


@pytest.mark.parametrize("claims", [{"preferred_username": "eve"}, {"preferred_username": ""}, {}])
def test_who_has_no_account_gets_none(claims: dict[str, str], staff: Directory, partner: Actor) -> None:
    client = Client()
    before = get_user_model().objects.count()
    staff.person = {"sub": "99", **claims}
    answer = follow(client)
    page = client.get(answer["Location"]) if answer.status_code == 302 else answer
    assert "アカウントは管理者が作成します" in page.content.decode()
    assert not inside(client)
    assert get_user_model().objects.count() == before


def test_a_closed_account_stays_closed(staff: Directory, partner: Actor) -> None:
    user = partner.user
    staff.person = {"sub": "17", "preferred_username": user.login}
    follow(Client())
    user.is_active = False
    user.save(update_fields=["is_active"])
    client = Client()
    follow(client)
    assert not inside(client)


@pytest.mark.parametrize(
    "wrong",
    [{"aud": "another system"}, {"iss": "http://127.0.0.1:1"}, {"exp": 1}],
    ids=["another audience", "another issuer", "expired"],
)
def test_a_token_that_is_not_for_us_opens_nothing(
    wrong: dict[str, Any], staff: Directory, partner: Actor
) -> None:
    client = Client()
    staff.person = {"sub": "17", "preferred_username": partner.user.login}
    staff.falsify = wrong
    follow(client)
    assert not inside(client)


@pytest.mark.parametrize(
    "address", ["http://login.example.jp", "ftp://login.example.jp", "login.example.jp", "https://"]
)
def test_a_provider_without_encryption_on_the_way_is_refused(address: str) -> None:
    with pytest.raises(WrongInput, match="KENIKI_OIDC_URL は https"):
        options.origin("KENIKI_OIDC_URL", {"KENIKI_OIDC_URL": address})


@pytest.mark.slow
def test_an_answer_nobody_asked_for_opens_nothing(staff: Directory, partner: Actor) -> None:
    mine, theirs = Client(), Client()
    staff.person = {"sub": "17", "preferred_username": partner.user.login}
    to_provider = mine.post(START)["Location"]
    back = requests.get(to_provider, allow_redirects=False, timeout=10).headers["Location"]
    theirs.get(back.removeprefix("http://testserver"))
    assert not inside(theirs)


@pytest.mark.parametrize("tied_before", [False, True])
def test_an_operator_never_enters_through_the_directory(
    staff: Directory, partner: Actor, tied_before: bool
) -> None:
    staff.person = {"sub": "17", "preferred_username": partner.user.login}
    if tied_before:
        follow(Client())
    get_user_model().objects.filter(pk=partner.user.pk).update(is_operator=True)
    client = Client()
    answer = follow(client)
    assert answer["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in client.session
    assert "システム管理者は職員認証では入れません" in client.get("/accounts/login/").content.decode()
    assert partner.user.socialaccount_set.exists() is tied_before

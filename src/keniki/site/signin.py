"""How people get in: an administrator makes the accounts; OpenID Connect finds them by their login."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.shortcuts import redirect


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No self-service sign-up; the lock-out counts per account whatever host name was used."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Always False."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return str(credentials.get("username", "")).strip().lower()


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """A person known to the staff directory enters the account whose login equals the configured claim."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Always False: who has no account is told so."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Tie the directory's identity to the existing account on the first visit; never to an operator's."""
        if sociallogin.is_existing:
            _no_operator(request, sociallogin.user)
            return
        claims = sociallogin.account.extra_data
        claims = {**claims, **(claims.get("userinfo") or {}), **(claims.get("id_token") or {})}
        login = str(claims.get(settings.OIDC_CLAIM) or "").strip()
        user = get_user_model().objects.filter(login__iexact=login, is_active=True).first() if login else None
        if user is not None:
            _no_operator(request, user)
            sociallogin.connect(request, user)


def _no_operator(request: HttpRequest, user: Any) -> None:
    """Whoever rules the directory must not rule the installation: its operators enter with their password."""
    if user.is_operator:
        messages.error(
            request,
            "システム管理者は職員認証では入れません。ログインIDとパスワードでログインしてください。",
        )
        raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))

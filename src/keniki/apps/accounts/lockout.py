"""The lock on an account after too many wrong passwords, counted by allauth per log-in name, never per address."""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Any

from allauth.account import app_settings
from allauth.core.internal.ratelimit import Rate, parse_rates
from django.core.cache import cache

from .actor import SYSTEM
from .models import User
from .verbs import verb

log = logging.getLogger(__name__)


def is_locked(login: str) -> bool:
    """Whether this log-in name is refused now, right password or not."""
    return any(len(_recent(login, rate)) >= rate.amount for rate in _rates())


def locked_for(user: User) -> int:
    """Seconds until the person may try again, password or second factor; 0 when the account is not locked."""
    waits = [
        recent[-rate.amount] + rate.duration - time.time()
        for name in _names(user)
        for rate in _rates()
        if len(recent := sorted(_recent(name, rate))) >= rate.amount
    ]
    return max(0, int(max(waits, default=0)))


def unlock(user: User) -> None:
    """Forget the failures of password and second factor."""
    for name in _names(user):
        for rate in _rates():
            cache.delete(_key(name, rate))


def on_failure(sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    """Write the lock into the log, readably, when this failure was the last one allowed."""
    login = str(credentials.get("username") or "").strip().lower()
    if not login or not is_locked(login):
        return
    minutes = max(1, round(max(rate.duration for rate in _rates()) / 60))
    user = User.objects.filter(login__iexact=login).first()
    log.warning("ログイン停止: 存在する利用者=%s 失敗が続いたため%d分間", user is not None, minutes)
    if user is None:
        return
    with verb(SYSTEM, "accounts.locked") as act:
        act.log(
            user,
            None,
            None,
            f"ログインの失敗が続いたため、利用者「{user.name}」（ログインID {user.login}）の"
            f"ログインを{minutes}分間停止",
        )


def _names(user: User) -> tuple[str, str]:
    """Under which names allauth counts: wrong passwords by the log-in, wrong second factors by the account."""
    return user.login, f"mfa-auth-user-{user.pk}"


def _rates() -> list[Rate]:
    return [rate for rate in parse_rates(app_settings.RATE_LIMITS.get("login_failed")) if rate.per == "key"]


def _key(login: str, rate: Rate) -> str:
    hashed = hashlib.sha256(login.strip().lower().encode()).hexdigest()
    return f"allauth:rl:allauth.account:login_failed:{rate}:{hashed}"


def _recent(login: str, rate: Rate) -> list[float]:
    since = time.time() - rate.duration
    return [moment for moment in cache.get(_key(login, rate), []) if moment > since]

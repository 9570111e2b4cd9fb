"""What happens when somebody logs in or changes a password: remembered for the list of sessions and the log."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from .actor import Actor
from .models import User
from .verbs import verb

SIGNIN = "keniki_signin"


def on_login(sender: Any, request: Any, user: User, **kwargs: Any) -> None:
    """Keep when and with which browser the session began."""
    if request is None or not hasattr(request, "session"):
        return
    agent = request.META.get("HTTP_USER_AGENT", "")
    request.session[SIGNIN] = {"at": timezone.now().isoformat(), "browser": browser(agent)}


def on_password_change(sender: Any, user: User, **kwargs: Any) -> None:
    """A password the user chose ends the duty to change the initial one."""
    with verb(Actor(user=user), "accounts.change_password") as act:
        if user.must_change_password:
            user.must_change_password = False
            user.save(update_fields=["must_change_password"])
        act.log(user, None, None, "自分のパスワードを変更")


def listen_to_password_changes() -> None:
    from allauth.account.signals import password_changed, password_reset, password_set

    for number, signal in enumerate((password_changed, password_set, password_reset)):
        signal.connect(on_password_change, dispatch_uid=f"keniki.password.{number}")


def browser(agent: str) -> str:
    """「Edge（Windows）」: enough to tell one's own devices apart."""
    names = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    name = next((label for sign, label in names if sign in agent), "不明なブラウザ")
    system = next((label for sign, label in systems if sign in agent), "")
    return f"{name}（{system}）" if system else name

"""People who left: after the period the installation has set, only their posts and a pseudonym remain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pgtrigger
from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils import timezone

from .actor import Actor, allow, deny
from .models import LogEntry, Token, User
from .verbs import verb

#: What belongs to a person's way of logging in, and goes with the person.
_MEANS = ("mfa.Authenticator", "socialaccount.SocialAccount", "account.EmailAddress")


def expired(days: int) -> QuerySet[User]:
    """People whose accounts were closed at least `days` ago and who are still named."""
    limit = timezone.now() - timedelta(days=days)
    return User.objects.filter(is_active=False, forgotten=False, closed_at__lte=limit).order_by("pk")


def pseudonym(user: User) -> str:
    """What stands for a forgotten person's name from then on."""
    return f"元利用者{user.pk:04d}"


def forget_expired(actor: Actor, days: int) -> int:
    """Forget everybody closed at least `days` ago, one verb for each; how many they were."""
    return sum(1 for user in expired(days) if forget(actor, user, days))


def forget(actor: Actor, user: User, days: int) -> bool:
    """Replace a closed account's name and log-in, drop its address and means of logging in, and its name in the log.

    The log keeps the post and a pseudonym. Where another person has the same name, only entries of and about this
    person are rewritten. False when the account was opened again meanwhile.
    """
    ruling = allow("システム管理者です。") if actor.operator else deny("システム管理者だけができます。")
    with verb(actor, "accounts.forget", ruling=ruling, quiet=True) as act:
        found = expired(days).select_for_update().filter(pk=user.pk).first()
        if found is None:
            return False
        old, new = (found.name, found.login), (pseudonym(found), f"gone-{found.pk}")
        _rewrite_log(found, old, new)
        for name in _MEANS:
            apps.get_model(name)._default_manager.filter(user=found).delete()
        Token.objects.filter(user=found).update(label="")
        found.name, found.login, found.email, found.forgotten = *new, "", True
        found.set_unusable_password()
        found.save()
        act.log(
            found,
            None,
            None,
            f"利用停止から{days}日以上たった利用者の氏名・ログインID・メールアドレスを消去（以後の名は「{new[0]}」）",
        )
    return True


def _rewrite_log(user: User, old: tuple[str, str], new: tuple[str, str]) -> None:
    namesake = User.objects.filter(name=user.name).exclude(pk=user.pk).exists()
    about = Q(object_kind=User._meta.label_lower, object_key=str(user.pk))
    named = Q() if namesake else Q(text__contains=user.name)
    with pgtrigger.ignore("accounts.LogEntry:append_only"):
        for entry in LogEntry.objects.filter(Q(user=user) | about | named if named else Q(user=user) | about):
            own = entry.object_kind == User._meta.label_lower and entry.object_key == str(user.pk)
            pairs = list(zip(old, new, strict=True)) if own else [(old[0], new[0])]
            if own and user.email:
                pairs.append((user.email, ""))
            LogEntry.objects.filter(pk=entry.pk).update(
                actor_name=new[0] if entry.user_id == user.pk else entry.actor_name,
                text=_put(entry.text, pairs),
                before=_put(entry.before, pairs) if own else entry.before,
                after=_put(entry.after, pairs) if own else entry.after,
            )
    if not namesake:
        contexts = apps.get_model("pghistory.Context")._default_manager.filter(metadata__actor=user.name)
        for context in contexts.iterator():
            context.metadata = {**context.metadata, "actor": new[0]}
            context.save(update_fields=["metadata"])


def _put(value: Any, pairs: list[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for old, new in pairs:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: _put(each, pairs) for key, each in value.items()}
    if isinstance(value, list):
        return [_put(each, pairs) for each in value]
    return value

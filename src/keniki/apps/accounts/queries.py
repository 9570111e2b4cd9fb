"""Reading about people and what they did: users by token, sessions, the log, and the history of a record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from keniki.core import text
from keniki.core.era import day_after

from .models import MACHINERY, Change, LogEntry, Token, User, field_labels
from .signin import SIGNIN


def demo_accounts_exist() -> bool:
    """Whether the demonstration's accounts are in this database; such a server listens on loopback only."""
    return User.objects.filter(is_demo=True, is_active=True).exists()


def user_by_login(login: str) -> User | None:
    """The user with this log-in, whatever its case."""
    return User.objects.filter(login__iexact=login.strip()).first()


def second_factors(user: User) -> list[str]:
    """What a person has besides the password: 「認証アプリ」「パスキー 2個」「回復コード」."""
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    keys = kinds.count(Authenticator.Type.WEBAUTHN)
    words = {
        "認証アプリ": Authenticator.Type.TOTP in kinds,
        f"パスキー {keys}個": keys > 0,
        "回復コード": Authenticator.Type.RECOVERY_CODES in kinds,
    }
    return [word for word, there in words.items() if there]


# --- tokens -----------------------------------------------------------------------------------------------


def user_from_token(header: str | None) -> User | None:
    """Whose token an `Authorization: Bearer …` header carries; None when it is missing, unknown or over.

    The day of the last use is kept, written at most once a day.
    """
    scheme, _, secret = (header or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    digest = hashlib.sha256(secret.strip().encode()).hexdigest()
    token = (
        Token.objects.select_related("user")
        .filter(digest=digest, revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or (token.expires_at is not None and token.expires_at <= timezone.now()):
        return None
    today = timezone.localdate()
    if token.last_used_on != today:
        Token.objects.filter(pk=token.pk).update(last_used_on=today)
    return token.user


def tokens_of(user: User) -> list[Token]:
    """A user's tokens, the newest first, revoked and expired ones too."""
    return list(Token.objects.filter(user=user).order_by("-created_at"))


# --- sessions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenSession:
    """One place where a user is logged in; `mark` names it without giving its key away."""

    mark: str
    browser: str
    began_at: datetime | None
    seen_at: datetime | None
    current: bool


def sessions_of(user: User, current: str | None = None) -> list[OpenSession]:
    """Where the user is logged in now, this browser (session key `current`) first, then the last used."""
    found = []
    for session in stored_sessions(user):
        data = session.get_decoded()
        began = data.get(SIGNIN, {})
        seen = data.get("keniki_seen")
        found.append(
            OpenSession(
                mark=session_mark(session.session_key),
                browser=began.get("browser", "不明なブラウザ"),
                began_at=datetime.fromisoformat(began["at"]) if began.get("at") else None,
                seen_at=datetime.fromtimestamp(seen, tz=timezone.get_current_timezone()) if seen else None,
                current=session.session_key == current,
            )
        )
    return sorted(
        found, key=lambda each: (not each.current, -(each.seen_at.timestamp() if each.seen_at else 0))
    )


def stored_sessions(user: User) -> list[Session]:
    """The sessions in which this user is logged in (they are few hundred in all: each is opened)."""
    open_now = Session.objects.filter(expire_date__gt=timezone.now())
    return [each for each in open_now if each.get_decoded().get(SESSION_KEY) == str(user.pk)]


def session_mark(key: str) -> str:
    return hashlib.sha256(f"{SessionStore.__module__}:{key}".encode()).hexdigest()[:16]


# --- the log ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogFilter:
    """What a reader of the log looks for; empty means all. Days are local and both included."""

    verb: str = ""
    municipality: str = ""
    person: str = ""
    first: date | None = None
    last: date | None = None
    words: str = ""


def log_of(record: models.Model) -> list[LogEntry]:
    """All that was done to one record, newest first."""
    return list(LogEntry.objects.filter(object_kind=record._meta.label_lower, object_key=str(record.pk)))


def log_of_verbs(region: str, verbs: Iterable[str], limit: int = 10) -> list[LogEntry]:
    """What was done last in a region (slug) by these verbs, newest first."""
    return list(LogEntry.objects.filter(region=region, verb__in=list(verbs))[:limit])


def log_of_region(region: str, limit: int = 50) -> list[LogEntry]:
    """What was done last in a region (slug), newest first."""
    return list(LogEntry.objects.filter(region=region)[:limit])


def revision_of_region(region: str) -> str:
    """Stands for everything a region's records were changed by: another one after every verb that may concern it.

    Counted are the region's own lines and all verbs on municipalities and bodies, which regions share. The log
    only grows and is written in the transaction of the change, so equal means that nothing was committed since.
    """
    rows = LogEntry.objects.filter(Q(region=region) | Q(verb__startswith="regions."))
    seen = rows.aggregate(number=Count("pk"), last=Max("pk"))
    return f"{seen['number']}-{seen['last']}"


def log_of_user(user: User, limit: int = 20) -> list[LogEntry]:
    """What a user did last, anywhere."""
    return list(LogEntry.objects.filter(user=user)[:limit])


def search_log(region: str, wanted: LogFilter) -> QuerySet[LogEntry]:
    """A region's log, newest first, narrowed by `wanted`."""
    rows = LogEntry.objects.filter(region=region)
    if wanted.verb:
        rows = rows.filter(Q(verb=wanted.verb) | Q(verb__startswith=f"{wanted.verb}."))
    if wanted.municipality:
        rows = rows.filter(municipality=wanted.municipality)
    if wanted.person:
        rows = rows.filter(actor_name=wanted.person)
    if wanted.first:
        rows = rows.filter(at__gte=_start(wanted.first))
    if wanted.last:
        rows = rows.filter(at__lt=_start(day_after(wanted.last)))
    for word in wanted.words.split():
        rows = rows.filter(text__icontains=word)
    return rows


def log_people(region: str) -> list[str]:
    """Names of those who did something in a region, for the filter."""
    names = LogEntry.objects.filter(region=region).order_by().values_list("actor_name", flat=True).distinct()
    return sorted(names, key=text.search_key)


def log_verbs(region: str) -> list[str]:
    """Verbs that occur in a region's log, for the filter."""
    verbs = LogEntry.objects.filter(region=region).order_by().values_list("verb", flat=True).distinct()
    return sorted(verbs)


# --- row history ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """A record as it was from `at` on: who made it so, by which verb, and what differs from the one before."""

    at: datetime
    kind: str
    who: str
    verb: str
    values: Mapping[str, Any]
    changes: list[Change] = field(default_factory=list)


def has_history(model: type[models.Model]) -> bool:
    return "pgh_event_models" in vars(model) or hasattr(model, "pgh_event_models")


def history_of(record: models.Model) -> list[Version]:
    """Every state a tracked record was in, newest first (from the triggers, so bulk writes too)."""
    return list(reversed(_versions(type(record), record.pk)))


def state_on(record: models.Model, day: date) -> Version | None:
    """The record as it was at the end of that day; None when it did not exist yet, or no longer."""
    until = _start(day_after(day))
    before = [version for version in _versions(type(record), record.pk) if version.at < until]
    return before[-1] if before and before[-1].kind != "delete" else None


def readable(model: type[models.Model], values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A version's values with the fields' Japanese names, as a page shows them."""
    labels = field_labels(model._meta.label_lower)
    return [(labels[name], value) for name, value in values.items() if name in labels]


def _versions(model: type[models.Model], pk: Any) -> list[Version]:
    event_model: Any = next(iter(model.pgh_event_models.values()))  # type: ignore[attr-defined]
    events = list(
        event_model._base_manager.filter(pgh_obj_id=pk)
        .select_related("pgh_context")
        .order_by("pgh_created_at", "pgh_id")
    )
    fields = [
        each for each in model._meta.concrete_fields if not each.primary_key and each.name not in MACHINERY
    ]
    shown = _shown_values(model, fields, events)
    labels = field_labels(model._meta.label_lower)
    versions: list[Version] = []
    last: Mapping[str, Any] = {}
    for event, values in zip(events, shown, strict=True):
        context = event.pgh_context.metadata if event.pgh_context else {}
        differing = [
            Change(labels[name], last.get(name), value)
            for name, value in values.items()
            if versions and last.get(name) != value
        ]
        if differing or not versions or event.pgh_label == "delete":
            versions.append(
                Version(
                    at=event.pgh_created_at,
                    kind=event.pgh_label,
                    who=context.get("actor", ""),
                    verb=context.get("verb", ""),
                    values=values,
                    changes=differing,
                )
            )
        last = values
    return versions


def _shown_values(
    model: type[models.Model], fields: Iterable[Any], events: list[Any]
) -> list[dict[str, Any]]:
    """Stored values as people read them: choices by their label, references by the name they have today."""
    names: dict[str, dict[Any, str]] = {}
    for each in fields:
        if each.related_model is None:
            continue
        ids = {getattr(event, each.attname) for event in events} - {None}
        related = each.related_model._base_manager.in_bulk(ids) if ids else {}
        names[each.attname] = {pk: str(row) for pk, row in related.items()}
    rows = []
    for event in events:
        row = {}
        for each in fields:
            value = getattr(event, each.attname)
            if each.attname in names and value is not None:
                value = names[each.attname].get(value, f"（番号 {value}）")
            elif each.choices and value is not None:
                value = dict(each.flatchoices).get(value, value)
            elif hasattr(value, "lower") and hasattr(value, "upper") and not isinstance(value, str):
                value = days_text(value)
            elif isinstance(value, bool):
                value = "はい" if value else "いいえ"
            row[each.attname] = value
        rows.append(row)
    return rows


def days_text(valid: Any) -> str:
    """A range of days in words: `2020-10-09～2025-03-31`, open ends left blank."""
    first = valid.lower.isoformat() if valid.lower else ""
    last = (valid.upper - timedelta(days=1)).isoformat() if valid.upper else ""
    return f"{first}～{last}"


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

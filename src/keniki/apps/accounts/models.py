"""People who log in, their API tokens, and the append-only log of what was done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pgtrigger
from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(login__iexact=username)

    def create_user(self, login: str, name: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(login=login, name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person (利用者). Rights hang on the posts held, never on the person."""

    login = models.CharField("ログインID", max_length=64, unique=True)
    name = models.CharField("氏名", max_length=80)
    email = models.EmailField("メール", blank=True)
    is_active = models.BooleanField("有効", default=True)
    is_operator = models.BooleanField("システム管理者", default=False)
    is_demo = models.BooleanField("デモ用", default=False)
    must_change_password = models.BooleanField("初回のパスワード変更が必要", default=False)
    closed_at = models.DateTimeField("利用停止日時", null=True, blank=True)
    forgotten = models.BooleanField("個人情報を消去済み", default=False)
    joined_at = models.DateTimeField("登録日時", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "利用者"
        constraints = (models.UniqueConstraint(Lower("login"), name="user_login_without_case"),)

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Token(models.Model):
    """An API token; only its hash is kept. It carries the same rights as its user's pages."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField("用途", max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user.login} {self.label}"


class LogEntry(models.Model):
    """One line a person can read about one business verb (操作記録), with before and after. Never changed."""

    at = models.DateTimeField("日時", auto_now_add=True, db_index=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=80)
    post_label = models.CharField(max_length=160, blank=True)
    on_behalf_of = models.CharField("代理入力", max_length=80, blank=True)
    via = models.CharField(max_length=16)
    verb = models.CharField(max_length=80, db_index=True)
    object_kind = models.CharField(max_length=80)
    object_key = models.CharField(max_length=80)
    region = models.CharField(max_length=80, blank=True)
    municipality = models.CharField(max_length=6, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    text = models.TextField()

    class Meta:
        verbose_name = "操作記録"
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=["region", "-at"], name="log_region_at"),
            models.Index(fields=["object_kind", "object_key"], name="log_object"),
        )
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return self.text

    @property
    def changes(self) -> list[Change]:
        """What differs between before and after, with the fields' Japanese names; plain values only."""
        if not isinstance(self.before, dict) or not isinstance(self.after, dict):
            return []
        labels = field_labels(self.object_kind)
        return [
            Change(labels.get(key, key), self.before.get(key), self.after.get(key))
            for key in dict.fromkeys([*self.before, *self.after])
            if self.before.get(key) != self.after.get(key) and key in labels
        ]


@dataclass(frozen=True)
class Change:
    """One field before and after, for the log and the row history."""

    label: str
    before: Any
    after: Any


@cache
def field_labels(kind: str) -> dict[str, str]:
    """Japanese names of a model's fields by their stored name; `kind` is `slice.model`. Machinery is left out."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return {}
    names: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.name in MACHINERY:
            continue
        label = str(field.verbose_name)
        if label.isascii() and field.related_model is not None:
            label = str(field.related_model._meta.verbose_name)
        names[field.attname] = names[field.name] = _LABELS.get(field.name, label)
    return names


MACHINERY = frozenset({"version", "changed_at", "password", "digest", "object_type", "region"})
_LABELS = {"fiscal_year": "年度", "order": "順序", "source": "出典"}

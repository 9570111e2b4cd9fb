"""What is kept about persons: who looked at it, until when it is kept, and what was erased."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Municipality, Region

from .incidents import Incident


class PersonalAccess(Written):
    """One look at what is kept about persons (個人情報の閲覧記録): who, when, what of whom, for what. Append-only.

    It names no person: `key` is the record's key, `people` how many persons were shown.
    """

    class Deed(models.TextChoices):
        LIST = "list", "一覧の表示"
        RECORD = "record", "記録の表示"
        SEARCH = "search", "検索"
        EXPORT = "export", "ファイルの出力"
        PRINT = "print", "帳票の出力"
        INQUIRY = "inquiry", "安否情報の照会への回答"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    incident = models.ForeignKey(Incident, models.RESTRICT, null=True, related_name="+", verbose_name="事案")
    deed = models.CharField("行為", max_length=10, choices=Deed.choices)
    what = models.CharField("対象", max_length=60)
    key = models.CharField("対象の番号", max_length=120, blank=True)
    people = models.PositiveIntegerField("人数", default=1)
    purpose = models.CharField("目的", max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField("利用者", max_length=120)
    post_label = models.CharField("職", max_length=160, blank=True)
    at = models.DateTimeField("日時", auto_now_add=True)

    objects: ClassVar[models.Manager[PersonalAccess]] = scoped()

    class Meta:
        verbose_name = "個人情報の閲覧記録"
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["region", "municipality", "-at"], name="personal_access_of_town"),)
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.get_deed_display()} {self.what}"


@tracked
class Retention(Record):
    """Until when a town keeps what an incident holds about its persons (個人情報の保存期限).

    The day and its basis are the town's own rule: nothing is assumed. After `purge_on` the nightly job erases the
    sealed parts; numbers and the chronology without names stay.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="retentions", verbose_name="事案")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    purge_on = models.DateField("消去する日")
    basis = models.CharField("根拠", max_length=300)
    purged_at = models.DateTimeField("消去した日時", null=True, blank=True)
    purged = models.JSONField("消去した件数", default=dict, blank=True)

    objects: ClassVar[models.Manager[Retention]] = scoped()

    class Meta:
        verbose_name = "個人情報の保存期限"
        ordering = ("purge_on", "id")
        constraints = (
            models.UniqueConstraint(fields=["incident", "municipality"], name="retention_once"),
            models.CheckConstraint(condition=~Q(basis=""), name="retention_has_its_basis"),
        )

    def __str__(self) -> str:
        return f"{self.incident} {self.municipality} {self.purge_on}"

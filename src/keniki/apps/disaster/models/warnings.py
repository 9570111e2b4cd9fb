"""What the weather agency (気象庁) sends: the source that is asked, each telegram once, and what stands by area.

Telegrams are published and about areas, not about a region: every region reads its towns out of the same rows.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from keniki.apps.accounts.guards import Guard
from keniki.apps.accounts.models import User
from keniki.apps.accounts.records import Record, Written, tracked

from .incidents import Mode

_REAL_TELEGRAM = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_warningtelegram t WHERE t.id = NEW.telegram_id AND t.mode = 'real' AND t.outcome = 'taken'
) THEN
    RAISE EXCEPTION 'what stands comes from real telegrams alone' USING ERRCODE = 'check_violation';
END IF;
"""


@tracked
class WarningSource(Record):
    """Whether the agency's feeds are asked, and which how often (気象情報の取得). One row for the installation.

    `feeds` are the names of the frequent ones; `minutes` lie between two questions.
    """

    key = models.CharField("取得先", max_length=10, default="jma", unique=True, editable=False)
    active = models.BooleanField("取得する", default=False)
    feeds = models.JSONField("フィード", default=list)
    minutes = models.PositiveSmallIntegerField("間隔（分）", default=1)
    switched_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    switched_at = models.DateTimeField("切り替えた日時", null=True, blank=True)

    class Meta:
        verbose_name = "気象情報の取得"
        constraints = (
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=10), name="warning_source_minutes"
            ),
        )

    def __str__(self) -> str:
        return "気象情報の取得"


class WarningPolling(Written):
    """How far the asking has come: its state between two questions, when something was asked and answered last, what
    was noticed, and the towns by which the telegrams were read."""

    key = models.CharField(max_length=10, default="jma", unique=True, editable=False)
    state = models.JSONField("取得の状態", default=dict)
    asked_at = models.DateTimeField("最後に尋ねた日時", null=True)
    answered_at = models.DateTimeField("最後に答えのあった日時", null=True)
    notes = models.JSONField("気付いたこと", default=list)
    towns = models.JSONField("読んだ市町村", default=list)

    class Meta:
        verbose_name = "気象情報の取得の状態"

    def __str__(self) -> str:
        return "気象情報の取得の状態"


class WarningTelegram(Written):
    """A telegram that came, once whatever ways it came by: as it was sent (gzip) with its hash, and what it is.

    One that could not be read is kept with the reason, without mode and moments.
    """

    class Via(models.TextChoices):
        FEED = "feed", "取得"
        FILE = "file", "ファイル"

    class Outcome(models.TextChoices):
        TAKEN = "taken", "読込み済み"
        REFUSED = "refused", "読み込めない"

    digest = models.CharField("内容のハッシュ", max_length=64, unique=True)
    file = models.CharField("ファイル名", max_length=200)
    url = models.CharField("取得元", max_length=500, blank=True)
    via = models.CharField("経路", max_length=4, choices=Via.choices)
    outcome = models.CharField("結果", max_length=7, choices=Outcome.choices)
    reason = models.CharField("理由", max_length=500, blank=True)
    kind = models.CharField("電文の種類", max_length=6, blank=True)
    mode = models.CharField("区分", max_length=10, choices=Mode.choices, blank=True)
    status = models.CharField("運用種別", max_length=10, blank=True)
    info_type = models.CharField("情報形態", max_length=10, blank=True)
    title = models.CharField("標題", max_length=200, blank=True)
    headline = models.TextField("見出し", blank=True)
    office = models.CharField("発表官署", max_length=120, blank=True)
    issued_at = models.DateTimeField("発表日時", null=True)
    control_at = models.DateTimeField("送信日時", null=True)
    towns = models.JSONField("市町村", default=list)
    felt = models.JSONField("震度", default=dict)
    problems = models.JSONField("読めなかった項目", default=list)
    content = models.BinaryField("電文")
    received_at = models.DateTimeField("受信日時", auto_now_add=True)

    class Meta:
        verbose_name = "気象の電文"
        ordering = ("-received_at", "-id")
        indexes = (
            models.Index(fields=["-received_at", "-id"], name="warning_telegram_in_order"),
            models.Index(fields=["issued_at"], name="warning_telegram_issued"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="refused")
                | (Q(mode__in=("real", "exercise")) & Q(issued_at__isnull=False)),
                name="warning_telegram_says_its_mode",
            ),
        )

    def __str__(self) -> str:
        return self.title or self.file

    @property
    def is_exercise(self) -> bool:
        return self.mode == Mode.EXERCISE

    @property
    def withdrawn(self) -> bool:
        """Whether it takes back another telegram."""
        return self.info_type == "取消"


class AreaWarnings(Written):
    """What the newest real telegram says of a phenomenon in an area: warnings in force, none where it was lifted.

    `warnings` has for each `municipality`, `area_name`, `code`, `title`, `grade`, `level`, `state`, `change`.
    `replaced`: another type of telegram tells about the phenomenon better.
    """

    area_code = models.CharField("区域", max_length=14)
    phenomenon = models.CharField("現象", max_length=40)
    replaced = models.BooleanField(default=False)
    at = models.DateTimeField("いつの内容か")
    telegram = models.ForeignKey(WarningTelegram, models.PROTECT, related_name="+")
    towns = models.JSONField("市町村", default=list)
    warnings = models.JSONField("警報・注意報等", default=list)

    class Meta:
        verbose_name = "区域の警報・注意報等"
        ordering = ("area_code", "phenomenon", "replaced")
        constraints = (
            models.UniqueConstraint(
                fields=["area_code", "phenomenon", "replaced"], name="area_warnings_once"
            ),
        )
        triggers = (Guard(name="real", operation=pgtrigger.Insert | pgtrigger.Update, check=_REAL_TELEGRAM),)

    def __str__(self) -> str:
        return f"{self.area_code} {self.phenomenon}"

"""Tables of official statistics that somebody switched on to be fetched: nothing else is ever asked for."""

from __future__ import annotations

from django.db import models

from keniki.apps.accounts.models import User
from keniki.apps.accounts.records import Record, tracked
from keniki.apps.workflow.runs import Run

from .store import Edition


@tracked
class FetchedTable(Record):
    """A table of the e-Stat API (統計表ID), whether it is fetched, and what came of it last (取得する表).

    `narrowed` are further parameters of the API as they stand in an address (`cdArea=01210,01209`). `content` is the
    hash of what the table said last, without the moment of asking.
    """

    class Outcome(models.TextChoices):
        NEVER = "", "まだ取得していない"
        NEW = "new", "新しい値を登録"
        KNOWN = "known", "変更なし"
        FAILED = "failed", "取得できなかった"

    source = models.CharField("統計", max_length=80, blank=True)
    table = models.CharField("統計表ID", max_length=12)
    narrowed = models.CharField("絞り込み", max_length=300, blank=True)
    title = models.CharField("名称", max_length=200)
    active = models.BooleanField("取得する", default=True)
    switched_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    switched_at = models.DateTimeField("切り替えた日時")
    tried_at = models.DateTimeField("最後に取得した日時", null=True, blank=True)
    outcome = models.CharField("結果", max_length=6, choices=Outcome, default=Outcome.NEVER, blank=True)
    said = models.CharField("結果の内容", max_length=500, blank=True)
    content = models.CharField("内容の照合値", max_length=64, blank=True)
    edition = models.ForeignKey(Edition, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "取得する統計表"
        ordering = ("source", "table", "narrowed")
        constraints = (models.UniqueConstraint(fields=["table", "narrowed"], name="fetched_table_once"),)

    def __str__(self) -> str:
        return f"{self.title}（{self.table}）"


class FetchRun(Run):
    """Tables being fetched by the job worker because somebody asked for it: progress, the wish to cancel, what came.

    `wanted` are the tables' numbers, `results` one entry for each that was tried: `title`, `table`, `outcome`, `said`.
    """

    wanted = models.JSONField(default=list)
    results = models.JSONField(default=list)

    class Meta:
        verbose_name = "公的統計の取得"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"公的統計の取得 {self.get_state_display()}"

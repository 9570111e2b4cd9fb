"""Drills (訓練): scenarios with what is told when, the runs of them, and what the towns did with it.

A run is an exercise incident: everything recorded in it stands apart from reality for ever.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.guards import guards
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Region

from .incidents import Cause, Incident

_EXERCISE_ONLY = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_incident i
    WHERE i.id = {row}.incident_id AND i.mode = 'exercise' AND i.region_id = {row}.region_id
) THEN
    RAISE EXCEPTION 'a drill is run in an exercise only' USING ERRCODE = 'check_violation';
END IF;
"""


@tracked
class DrillScenario(Record):
    """What is played (訓練シナリオ): its injects (状況付与) with the minute at which each is told."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="drill_scenarios", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    title = models.CharField("名称", max_length=160)
    hazard = models.CharField("災害種別", max_length=20, choices=Cause.choices)
    purpose = models.TextField("ねらい", blank=True)
    injects = models.JSONField("状況付与", default=list)

    objects: ClassVar[models.Manager[DrillScenario]] = scoped()

    class Meta:
        verbose_name = "訓練シナリオ"
        ordering = ("title", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="drill_scenario_slug_in_region"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("disaster:drill-scenario", args=[self.region.slug, self.slug])


@tracked
class DrillRun(Record):
    """A scenario as it was played once: `injects` as they stood at its start, `speed` minutes of it in one minute."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="drill_runs", verbose_name="圏域")
    incident = models.OneToOneField(Incident, models.RESTRICT, related_name="drill_run", verbose_name="事案")
    scenario = models.ForeignKey(DrillScenario, models.RESTRICT, related_name="runs", verbose_name="シナリオ")
    injects = models.JSONField("状況付与", default=list)
    speed = models.PositiveSmallIntegerField("時間の進み方（倍）", default=1)
    started_at = models.DateTimeField("開始日時")
    ended_at = models.DateTimeField("終了日時", null=True, blank=True)
    participants = models.PositiveIntegerField("参加者（人）", null=True, blank=True)
    evaluation = models.TextField("講評", blank=True)

    objects: ClassVar[models.Manager[DrillRun]] = scoped()

    class Meta:
        verbose_name = "訓練の実施"
        ordering = ("-started_at", "-id")
        constraints = (
            models.CheckConstraint(condition=models.Q(speed__range=(1, 60)), name="drill_run_speed"),
        )
        triggers = (*guards("exercise_only", lambda row: _EXERCISE_ONLY.replace("{row}", row))[:2],)

    def __str__(self) -> str:
        return f"【訓練】{self.scenario}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:drill", args=[self.region.slug, self.incident.slug])


class InjectAnswer(ByHand, Written):
    """What a town did with an inject: that it was seen, or what was decided. Append-only."""

    class Kind(models.TextChoices):
        SEEN = "seen", "確認"
        DONE = "done", "対応"

    run = models.ForeignKey(DrillRun, models.CASCADE, related_name="answers")
    number = models.PositiveSmallIntegerField("番号")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    kind = models.CharField("種類", max_length=6, choices=Kind.choices)
    text = models.TextField("対応の内容", blank=True)
    made_at = models.DateTimeField("日時", auto_now_add=True)

    class Meta:
        verbose_name = "状況付与への対応"
        ordering = ("number", "made_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["run", "number", "municipality"],
                condition=models.Q(kind="seen"),
                name="inject_seen_once",
            ),
        )
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.number} {self.municipality}"

"""Forecasts of a region's population (将来推計): a scenario somebody saved, its runs, its results with their inputs."""

from __future__ import annotations

import hashlib
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Region
from keniki.apps.workflow.runs import Run

#: What a forecast is made of; another scenario is another forecast.
MADE_OF = ("region", "places", "base", "model", "published", "until", "changes", "draws", "seed")


@tracked
class Forecast(Record):
    """A saved scenario (シナリオ): from which census, by which model, with which changes.

    `places` are six-digit codes; `changes` the parts of a `ScenarioSpec`. What it is made of stays, so that results of
    one forecast are of the same scenario; title and note may change.
    """

    class Model(models.TextChoices):
        NET = "net", "純移動率モデル"
        POOL = "pool", "プールモデル（転出率・配分率）"
        CCR = "ccr", "コーホート変化率法"
        PUBLISHED = "published", "公表推計の再現"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    title = models.CharField("名称", max_length=80)
    note = models.TextField("説明", max_length=1000, blank=True)
    places = models.JSONField("市区町村", default=list)
    base = models.CharField("基準人口", max_length=20)
    model = models.CharField("推計の方法", max_length=10, choices=Model, default=Model.NET)
    published = models.CharField("公表推計", max_length=40, blank=True)
    until = models.PositiveSmallIntegerField("推計する最後の年")
    changes = models.JSONField("仮定", default=list, blank=True)
    draws = models.PositiveIntegerField("予測区間の試行回数", default=1000)
    seed = models.PositiveBigIntegerField("乱数の種", default=1)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField("作成者", max_length=120, blank=True)
    made_at = models.DateTimeField("作成日時", auto_now_add=True)
    shown_in_book = models.BooleanField("圏域基礎調査に掲載", default=False)

    objects: ClassVar[models.Manager[Forecast]] = scoped()

    class Meta:
        verbose_name = "将来推計"
        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["region", "title"], name="forecast_title_in_region"),
            models.UniqueConstraint(
                fields=["region"], condition=models.Q(shown_in_book=True), name="one_forecast_in_the_book"
            ),
        )
        triggers = (pgtrigger.ReadOnly(name="scenario_stays", fields=list(MADE_OF)),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("evidence:forecast", args=[self.region.slug, self.pk])


class ForecastRun(Run):
    """A forecast being made by the job worker: its progress, and the wish to cancel it."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    forecast = models.ForeignKey(Forecast, models.CASCADE, related_name="runs")

    objects: ClassVar[models.Manager[ForecastRun]] = scoped()

    class Meta:
        verbose_name = "将来推計の計算"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.forecast} {self.get_state_display()}"


class ForecastResult(Written):
    """What a forecast came to (推計結果): `content` is a `futures.results.Result`, which never changes.

    `inputs` are the editions it was made of with their hashes, `digest` one hash over them and the scenario.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    forecast = models.ForeignKey(Forecast, models.CASCADE, related_name="results")
    inputs = models.JSONField("入力", default=list)
    digest = models.CharField("入力のハッシュ", max_length=64)
    content = models.JSONField("結果", default=dict)
    made_at = models.DateTimeField("計算日時", auto_now_add=True)

    objects: ClassVar[models.Manager[ForecastResult]] = scoped()

    class Meta:
        verbose_name = "推計結果"
        ordering = ("-pk",)
        triggers = (pgtrigger.Protect(name="result_stays", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.forecast} {self.made_at:%Y-%m-%d}"


@tracked
class DemandRates(Record):
    """A region's own rates for demand (需要の率): the text of one file of rates as it was checked."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    content = models.TextField("率（YAML）")
    file_name = models.CharField("ファイル名", max_length=200, blank=True)
    note = models.TextField("説明", max_length=1000, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField("登録者", max_length=120, blank=True)

    objects: ClassVar[models.Manager[DemandRates]] = scoped()

    class Meta:
        verbose_name = "需要の率"
        constraints = (models.UniqueConstraint(fields=["region"], name="demand_rates_once_in_region"),)

    def __str__(self) -> str:
        return "需要の率"

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    def get_absolute_url(self) -> str:
        return reverse("evidence:demand-rates", args=[self.region.slug])

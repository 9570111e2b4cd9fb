"""Wide-area evacuation planned before (広域避難計画): scenarios, and the plans reckoned for them."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Region
from keniki.apps.workflow.runs import Run

from .places import Hazard, HazardLayer


@tracked
class Scenario(Record):
    """What is assumed (被害想定): hazard, season, hour, who flees, which standards. `content` is its file's content."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="scenarios", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    title = models.CharField("名称", max_length=160)
    hazard = models.CharField("災害種別", max_length=20, choices=Hazard.choices)
    layer = models.ForeignKey(
        HazardLayer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="scenarios",
        verbose_name="ハザード情報",
    )
    content = models.JSONField("想定の内容", default=dict)
    note = models.TextField("備考", blank=True)

    objects: ClassVar[models.Manager[Scenario]] = scoped()

    class Meta:
        verbose_name = "避難の想定"
        ordering = ("title", "id")
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="scenario_slug_in_region"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("disaster:scenario", args=[self.region.slug, self.slug])


class EvacuationPlan(Run, Written):
    """One reckoning of a scenario: who goes where. Once done it never changes; the newest adopted one holds.

    `inputs` and `digest` tell of which records it was made, so that a page can say that it is out of date.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="evacuation_plans", verbose_name="圏域")
    scenario = models.ForeignKey(Scenario, models.RESTRICT, related_name="plans", verbose_name="想定")
    number = models.PositiveIntegerField("番号")
    inputs = models.JSONField("入力", default=dict)
    digest = models.CharField("入力のハッシュ", max_length=64, blank=True)
    content = models.JSONField("結果", default=dict)
    adopted_on = models.DateField("決定日", null=True, blank=True)
    adopted_note = models.CharField("決定の根拠", max_length=300, blank=True)

    objects: ClassVar[models.Manager[EvacuationPlan]] = scoped()

    class Meta:
        verbose_name = "避難先の割当計画"
        ordering = ("scenario", "-number")
        constraints = (models.UniqueConstraint(fields=["scenario", "number"], name="evacuation_plan_once"),)
        triggers = (
            pgtrigger.Protect(
                name="plan_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="done")
                & (
                    pgtrigger.Q(old__content__df=pgtrigger.F("new__content"))
                    | pgtrigger.Q(old__digest__df=pgtrigger.F("new__digest"))
                    | pgtrigger.Q(old__state__df=pgtrigger.F("new__state"))
                ),
            ),
            pgtrigger.Protect(
                name="plan_adopted_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__adopted_on__isnull=False)
                & (
                    pgtrigger.Q(old__adopted_on__df=pgtrigger.F("new__adopted_on"))
                    | pgtrigger.Q(old__adopted_note__df=pgtrigger.F("new__adopted_note"))
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.scenario} 第{self.number}案" if self.number else f"{self.scenario} 試算"

    def get_absolute_url(self) -> str:
        return reverse("disaster:plan", args=[self.region.slug, self.scenario.slug, self.number])

"""KPIs (成果指標) with targets and actuals."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Region, Sourced

from .guards import closed_year_guard
from .initiatives import Initiative
from .visions import Vision


@tracked
class Kpi(Record, Sourced):
    """A KPI. Its actuals are typed, or come from a stored count query that `activities` evaluates."""

    class Direction(models.TextChoices):
        INCREASE = "increase", "増加"
        DECREASE = "decrease", "減少"
        MAINTAIN = "maintain", "維持"
        CEILING = "ceiling", "以内"
        FLOOR = "floor", "以上"
        CUMULATIVE = "cumulative", "累計"
        UNDECIDED = "undecided", "検討中"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="kpis")
    slug = models.SlugField(max_length=80)
    vision = models.ForeignKey(Vision, on_delete=models.CASCADE, null=True, blank=True, related_name="kpis")
    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, null=True, blank=True, related_name="kpis"
    )
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField("指標名", max_length=200)
    unit = models.CharField("単位", max_length=20, blank=True)
    direction = models.CharField("方向", max_length=12, choices=Direction.choices)
    baseline_value = models.DecimalField("基準値", max_digits=20, decimal_places=4, null=True, blank=True)
    baseline_years = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name="基準年度", default=list, blank=True
    )
    baseline_average = models.BooleanField("平均", default=False)
    baseline_label = models.CharField("基準値の表記", max_length=60, blank=True)
    count_query = models.JSONField("実績の集計式", null=True, blank=True)
    note = models.TextField("備考", blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "KPI"
        ordering = ("order", "slug")
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="kpi_slug_in_region"),)

    def __str__(self) -> str:
        return self.name


class KpiTarget(Written):
    """The target for one fiscal year."""

    kpi = models.ForeignKey(Kpi, on_delete=models.CASCADE, related_name="targets")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    value = models.DecimalField("目標値", max_digits=20, decimal_places=4)

    class Meta:
        ordering = ("fiscal_year",)
        constraints = (models.UniqueConstraint(fields=["kpi", "fiscal_year"], name="kpi_target_once_a_year"),)

    def __str__(self) -> str:
        return f"{self.fiscal_year}: {self.value}"


@tracked
class KpiReading(Record, Sourced):
    """A typed actual for one fiscal year."""

    kpi = models.ForeignKey(Kpi, on_delete=models.CASCADE, related_name="readings")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    value = models.DecimalField("実績値", max_digits=20, decimal_places=4)
    comment = models.TextField("コメント", blank=True)

    objects = scoped("kpi__region")

    class Meta:
        verbose_name = "KPI実績"
        ordering = ("fiscal_year",)
        constraints = (
            models.UniqueConstraint(fields=["kpi", "fiscal_year"], name="kpi_reading_once_a_year"),
        )
        triggers = (*closed_year_guard("compacts_kpi", "kpi_id"),)

    def __str__(self) -> str:
        return f"{self.fiscal_year}: {self.value}"

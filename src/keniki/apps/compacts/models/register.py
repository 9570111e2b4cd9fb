"""From issue to project (課題 → 取組候補 → 検討中 → 試行 → 事業化): what the towns name, and what may answer it."""

from __future__ import annotations

from django.db import models

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.compacts.states import CandidateStage
from keniki.apps.regions.models import Milestone, Municipality, Region, Sourced

from .initiatives import Initiative


@tracked
class Matter(Record, Sourced):
    """What is named before anything is done: an issue, a field hoped for, or what is done jointly today.

    With `municipality` it is that town's own entry, without it the region's, written by the secretariat.
    """

    class Kind(models.TextChoices):
        ISSUE = "issue", "課題"
        HOPE = "hope", "期待する分野"
        CURRENT = "current", "現状の取組"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="matters")
    slug = models.SlugField(max_length=80)
    order = models.PositiveSmallIntegerField("順序")
    kind = models.CharField("区分", max_length=10, choices=Kind.choices)
    title = models.CharField("件名", max_length=200)
    text = models.TextField("内容", blank=True)
    fields = models.JSONField("政策分野", default=list, blank=True)
    body = models.CharField("実施している団体", max_length=200, blank=True)
    survey = models.CharField("把握の方法（調査名など）", max_length=200, blank=True)
    surveyed_on = models.DateField("調査等の日", null=True, blank=True)
    precision = models.CharField(
        "日付の精度", max_length=5, choices=Milestone.Precision.choices, default=Milestone.Precision.DAY
    )
    indicator = models.CharField("根拠となる指標", max_length=40, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="登録した市町村",
    )

    objects = scoped()

    class Meta:
        verbose_name = "課題・期待・現状"
        ordering = ("kind", "order", "slug")
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="matter_slug_in_region"),)

    def __str__(self) -> str:
        return self.title


@tracked
class MatterVoice(Record):
    """A town that names the matter too, with its own words if it has any."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="voices")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("市町村の言葉", blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped("matter__region")

    class Meta:
        verbose_name = "市町村の声"
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["matter", "municipality"], name="one_voice_a_town"),)

    def __str__(self) -> str:
        return f"{self.municipality} {self.text}".strip()[:60]


@tracked
class Candidate(Record, Sourced):
    """A measure that may answer issues (取組候補), on its way to an initiative or set aside."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="candidates")
    slug = models.SlugField(max_length=80)
    order = models.PositiveSmallIntegerField("順序")
    title = models.CharField("取組候補", max_length=200)
    text = models.TextField("内容", blank=True)
    fields = models.JSONField("政策分野", default=list, blank=True)
    role = models.CharField("圏域の役割", max_length=40, blank=True)
    reach = models.CharField("効果の及ぶ範囲", max_length=200, blank=True)
    effect = models.TextField("見込まれる効果", blank=True)
    obstacle = models.TextField("支障・整理すべきこと", blank=True)
    responsible = models.CharField("担当する団体", max_length=200, blank=True)
    matters = models.ManyToManyField(Matter, blank=True, related_name="candidates", verbose_name="応える課題")
    stage = models.CharField(
        "段階", max_length=10, choices=CandidateStage.choices, default=CandidateStage.CANDIDATE
    )
    stage_on = models.DateField("段階の日", null=True, blank=True)
    trial_from = models.DateField("試行の開始日", null=True, blank=True)
    trial_to = models.DateField("試行の終了日", null=True, blank=True)
    trial_result = models.TextField("試行の結果", blank=True)
    initiative = models.ForeignKey(
        Initiative,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="came_from",
        verbose_name="事業化した取組",
    )

    objects = scoped()

    class Meta:
        verbose_name = "取組候補"
        ordering = ("order", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="candidate_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(trial_from__isnull=True)
                | models.Q(trial_to__isnull=True)
                | models.Q(trial_to__gte=models.F("trial_from")),
                name="trial_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return self.title


@tracked
class CandidateInterest(Record):
    """A town's interest in a candidate, with its own words if it has any."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="interests")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("市町村の言葉", blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped("candidate__region")

    class Meta:
        verbose_name = "市町村の関心"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["candidate", "municipality"], name="one_interest_a_town"),
        )

    def __str__(self) -> str:
        return f"{self.municipality} {self.text}".strip()[:60]


class CandidateStep(Written):
    """A stage the candidate came to: the day and the reason."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    stage = models.CharField("段階", max_length=10, choices=CandidateStage.choices)
    on = models.DateField("日", null=True, blank=True)
    reason = models.TextField("理由", blank=True)

    class Meta:
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["candidate", "order"], name="candidate_step_once"),)

    def __str__(self) -> str:
        return self.get_stage_display()

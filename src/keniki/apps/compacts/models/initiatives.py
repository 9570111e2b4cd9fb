"""Initiatives (取組): the joint that agreement, vision, activities, money and report hang on."""

from __future__ import annotations

import pgtrigger
from django.db import models

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Municipality, Region, RegionProgramme, Sourced

from .agreements import Agreement
from .guards import closed_year_guard
from .visions import Vision


@tracked
class Initiative(Record, Sourced):
    """An initiative. Its title and overview are the report's own; the annex item keeps its own wording."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="initiatives")
    slug = models.SlugField(max_length=80)
    order = models.PositiveSmallIntegerField("順序")
    title = models.CharField("取組（事業）名", max_length=200)
    field_name = models.CharField("写真の見出しの分野名", max_length=60, blank=True)
    fields = models.JSONField("政策分野", default=list, blank=True)
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices, blank=True)
    vision = models.ForeignKey(
        Vision, on_delete=models.SET_NULL, null=True, blank=True, related_name="initiatives"
    )
    goal = models.CharField("基本目標", max_length=40, blank=True)
    first_year = models.PositiveSmallIntegerField("開始年度", null=True, blank=True)
    last_year = models.PositiveSmallIntegerField("終了年度", null=True, blank=True)
    one_off = models.BooleanField("一回限り", default=False)
    overview = models.TextField("事業概要", blank=True)
    purpose = models.TextField("事業の目的", blank=True)
    bodies = models.ManyToManyField(Municipality, blank=True, related_name="+", verbose_name="実施団体")

    objects = scoped()

    class Meta:
        verbose_name = "取組"
        ordering = ("order", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="initiative_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(first_year__isnull=True)
                | models.Q(last_year__isnull=True)
                | models.Q(last_year__gte=models.F("first_year")),
                name="initiative_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return self.title


class InitiativeAnnex(Written):
    """Which annex item of which agreement an initiative carries out; the key holds through all versions."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="annex_links")
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["initiative", "agreement", "key"], name="annex_link_once"),
        )

    def __str__(self) -> str:
        return self.key


class InitiativeRole(Written):
    """A line of the division of roles (構成団体の役割分担), labelled as printed."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="roles")
    order = models.PositiveSmallIntegerField()
    label = models.CharField("団体", max_length=80)
    municipalities = models.JSONField(default=list, blank=True)
    text = models.TextField("役割")

    class Meta:
        ordering = ("order",)

    def __str__(self) -> str:
        return f"{self.label}：{self.text}"[:60]


@tracked
class Project(Record, Sourced):
    """A project (事業) below an initiative."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="projects")
    slug = models.SlugField(max_length=80)
    order = models.PositiveSmallIntegerField()
    title = models.CharField("事業名", max_length=200)
    code = models.CharField("事業番号", max_length=40, blank=True)
    lead = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="担当市町",
    )
    bodies = models.JSONField("事業主体", default=list, blank=True)
    first_year = models.PositiveSmallIntegerField("開始年度", null=True, blank=True)
    last_year = models.PositiveSmallIntegerField("終了年度", null=True, blank=True)
    text = models.TextField("事業内容", blank=True)
    effect = models.TextField("効果", blank=True)
    subsidy = models.CharField("補助制度等", max_length=200, blank=True)

    objects = scoped("initiative__region")

    class Meta:
        verbose_name = "事業"
        ordering = ("order",)
        constraints = (
            models.UniqueConstraint(fields=["initiative", "slug"], name="project_slug_in_initiative"),
        )

    def __str__(self) -> str:
        return self.title


class Finding(Written):
    """A finding (成果と課題). One list; heading and marks follow from the initiative's kind."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="findings")
    order = models.PositiveSmallIntegerField()
    text = models.TextField("成果と課題")

    class Meta:
        ordering = ("order",)

    def __str__(self) -> str:
        return self.text[:60]


class Outlook(Written):
    """A policy ahead (方針)."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="outlooks")
    order = models.PositiveSmallIntegerField()
    title = models.CharField("方針", max_length=200)

    class Meta:
        ordering = ("order",)

    def __str__(self) -> str:
        return self.title


class OutlookMeasure(Written):
    """A measure ahead (取組) under a policy ahead."""

    outlook = models.ForeignKey(Outlook, on_delete=models.CASCADE, related_name="measures")
    order = models.PositiveSmallIntegerField()
    title = models.CharField("取組", max_length=200)
    text = models.TextField("内容", blank=True)

    class Meta:
        ordering = ("order",)

    def __str__(self) -> str:
        return self.title


@tracked
class Evaluation(Record):
    """A municipality's own yearly evaluation of an initiative; centre and partners stand side by side."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="evaluations")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    scale = models.CharField("評価尺度", max_length=40)
    grade = models.CharField("評価", max_length=20)
    comment = models.TextField("コメント", blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped("initiative__region")

    class Meta:
        verbose_name = "評価"
        ordering = ("fiscal_year", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["initiative", "fiscal_year", "municipality"], name="one_evaluation_a_year"
            ),
        )
        triggers = (*closed_year_guard("compacts_initiative", "initiative_id"),)

    def __str__(self) -> str:
        return f"{self.municipality} {self.grade}"


class ScaleChoice(Written):
    """The scale the region's evaluations use from a fiscal year on. Never changed: the last choice for a year counts.

    `scale` is a key of the rulebook or, with `grades` ({key, label}, the best first), of an own scale: `own_1`.
    """

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="scale_choices")
    first_year = models.PositiveSmallIntegerField("開始年度")
    scale = models.CharField("評価尺度", max_length=40)
    name = models.CharField("尺度の名称", max_length=80, blank=True)
    grades = models.JSONField("評価の段階", default=list, blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "評価尺度の選択"
        ordering = ("-first_year", "-id")
        triggers = (
            pgtrigger.Protect(name="chosen_scales_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["region", "scale"], condition=~models.Q(grades=[]), name="own_scale_written_once"
            ),
        )

    def __str__(self) -> str:
        return self.name or self.scale

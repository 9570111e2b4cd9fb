"""The centre's declaration (中心市宣言書・連携中枢都市宣言書)."""

from __future__ import annotations

import pgtrigger
from django.db import models

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Municipality, Region, RegionProgramme, Sourced

from .guards import published_declaration_guard, published_part_guard


@tracked
class Declaration(Record, Sourced):
    """A declaration: its gist (要旨, a list of sentences) and the parts its programme asks for.

    `text_complete` is false where only a summary of the published text is known: the body prints 未入力. `mayor` is
    the name of who declares, given as it stands on the paper; unknown, it prints 未入力 too.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "案"
        PUBLISHED = "published", "公表"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="declarations")
    slug = models.SlugField(max_length=80)
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices)
    title = models.CharField("名称", max_length=200)
    centre = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="+", verbose_name="宣言をする市"
    )
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.DRAFT)
    declared_on = models.DateField("宣言日", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    mayor = models.CharField("宣言者の氏名", max_length=80, blank=True)
    gist = models.JSONField("要旨", default=list, blank=True)
    text_complete = models.BooleanField("本文が完全", default=True)

    objects = scoped()

    class Meta:
        verbose_name = "宣言"
        ordering = ("declared_on", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="declaration_slug_in_region"),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(declared_on__isnull=False),
                name="published_declaration_has_its_day",
            ),
        )
        triggers = (
            pgtrigger.FSM(name="state_moves_as_stated", field="state", transitions=[("draft", "published")]),
            *published_declaration_guard(),
        )

    def __str__(self) -> str:
        return self.title


class DeclarationPart(Written, Sourced):
    """A part of a declaration; which there are, in which order, says the rulebook (`declaring.parts_of`).

    `outline` says what the part is about where its text itself is not known; it is not the declaration's wording.
    """

    class Key(models.TextChoices):
        POPULATION = "population", "人口"
        FUNCTIONS = "functions", "都市機能"
        USE = "use", "都市機能の利用"
        HISTORY = "history", "これまでの取組"
        COMMUTING = "commuting", "通勤通学割合"
        PARTNERS = "partners", "連携の意思を有する市町村"
        SITUATION = "situation", "圏域の状況"
        IDEAS = "ideas", "想定する取組"

    declaration = models.ForeignKey(Declaration, on_delete=models.CASCADE, related_name="parts")
    key = models.CharField("部", max_length=12, choices=Key.choices)
    order = models.PositiveSmallIntegerField()
    heading = models.CharField("見出し", max_length=200)
    text = models.TextField("本文", blank=True)
    outline = models.TextField("概要", blank=True)
    items = models.JSONField("項目", default=list, blank=True)
    fields = models.JSONField("政策分野", default=list, blank=True)
    municipalities = models.JSONField("市町村", default=list, blank=True)

    class Meta:
        verbose_name = "宣言の部"
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["declaration", "key"], name="declaration_part_once"),)
        triggers = (*published_part_guard(),)

    def __str__(self) -> str:
        return self.heading

"""Visions (連携ビジョン・共生ビジョン・都市圏ビジョン) with their editions."""

from __future__ import annotations

import pgtrigger
from django.db import models

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.compacts import states
from keniki.apps.regions.models import Region, RegionProgramme, Sourced


@tracked
class Vision(Record, Sourced):
    """A vision. `edition` counts the changes after it was decided (変更第n版)."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="visions")
    slug = models.SlugField(max_length=80)
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices)
    title = models.CharField("名称", max_length=200)
    first_year = models.PositiveSmallIntegerField("開始年度", null=True, blank=True)
    last_year = models.PositiveSmallIntegerField("終了年度", null=True, blank=True)
    state = models.CharField(
        "状態", max_length=20, choices=states.VisionState.choices, default=states.VisionState.OUTLINE
    )
    edition = models.PositiveSmallIntegerField("変更の版", default=0)
    decided_on = models.DateField("策定日", null=True, blank=True)
    future_image = models.TextField("将来像", blank=True)
    budget_note = models.TextField("事業費の注記", blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "ビジョン"
        ordering = ("first_year", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="vision_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(state="changed", edition__gte=1)
                | (~models.Q(state="changed") & models.Q(edition=0)),
                name="only_a_changed_vision_counts_its_changes",
            ),
        )
        triggers = (
            pgtrigger.FSM(name="state_moves_as_stated", field="state", transitions=states.vision_pairs()),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def state_label(self) -> str:
        """「変更第2版」 for a changed vision, else the state's name."""
        if self.state == states.VisionState.CHANGED:
            return f"変更第{self.edition}版"
        return self.get_state_display()


class VisionSection(Written):
    """A chapter of the vision's text (圏域の概況 …)."""

    vision = models.ForeignKey(Vision, on_delete=models.CASCADE, related_name="sections")
    order = models.PositiveSmallIntegerField()
    heading = models.CharField("見出し", max_length=200)
    body = models.TextField("本文", blank=True)

    class Meta:
        ordering = ("order",)

    def __str__(self) -> str:
        return self.heading


class BasicGoal(Written):
    """A basic goal (基本目標) of a policy field."""

    vision = models.ForeignKey(Vision, on_delete=models.CASCADE, related_name="goals")
    key = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()
    field = models.CharField("政策分野", max_length=40, blank=True)
    text = models.TextField("基本目標")

    class Meta:
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["vision", "key"], name="goal_key_in_vision"),)

    def __str__(self) -> str:
        return self.text[:60]


class VisionEdition(Written):
    """The vision's whole content when it entered a state (版). Never changed."""

    vision = models.ForeignKey(Vision, on_delete=models.CASCADE, related_name="editions")
    order = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=states.VisionState.choices)
    edition = models.PositiveSmallIntegerField(default=0)
    on = models.DateField("日付", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    content = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["vision", "order"], name="edition_order_once"),)
        triggers = (
            pgtrigger.Protect(
                name="kept_content_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__content__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.vision} {self.get_state_display()}"

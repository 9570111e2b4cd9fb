"""Documents built from the records, which remember their inputs and know when they are stale."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Region
from keniki.apps.workflow.runs import Run

from .guards import frozen_build_guard, frozen_files_guard


@tracked
class Build(Record):
    """One built document. `digest` is of its inputs: another digest now means the document is stale."""

    class Kind(models.TextChoices):
        RESULTS = "results", "実績報告書"
        AGREEMENT = "agreement", "協定書"
        DECLARATION = "declaration", "宣言書"
        VISION = "vision", "ビジョン"
        PROFILE = "profile", "基礎調査報告書"
        FUTURE = "future", "未来予測書"

    class State(models.TextChoices):
        CHECK = "check", "確認版"
        INQUIRY = "inquiry", "照会版"
        CONFIRMED = "confirmed", "確認済"
        SUBMITTED = "submitted", "提出版"
        REPLACED = "replaced", "差替済"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="builds")
    kind = models.CharField("種類", max_length=12, choices=Kind.choices)
    parameters = models.JSONField("条件", default=dict)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.CHECK)
    number = models.PositiveIntegerField("番号")
    digest = models.CharField("入力のハッシュ", max_length=64)
    inputs = models.JSONField("入力", default=dict)
    missing = models.JSONField("未入力", default=list)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    made_at = models.DateTimeField("作成日時", auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    public = models.BooleanField("公開", default=False)

    objects: ClassVar[models.Manager[Build]] = scoped()

    class Meta:
        verbose_name = "文書"
        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["region", "kind", "number"], name="build_number_once"),
        )
        triggers = (
            pgtrigger.FSM(
                name="state_moves_as_stated",
                field="state",
                transitions=[
                    ("check", "inquiry"),
                    ("inquiry", "confirmed"),
                    ("inquiry", "check"),
                    ("confirmed", "submitted"),
                    ("submitted", "replaced"),
                ],
            ),
            pgtrigger.ReadOnly(
                name="content_stays",
                fields=["digest", "inputs", "kind", "missing", "made_at", "number", "parameters", "region"],
            ),
            *frozen_build_guard(),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}号"

    def get_absolute_url(self) -> str:
        return reverse("documents:document", args=[self.region.slug, self.kind, self.number])

    @property
    def inquiry_digest(self) -> str:
        """What the towns are asked about: exactly these inputs."""
        return self.digest


class BuildFile(Written):
    """A file of a build, by the hash of its content."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=8)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("format",)
        constraints = (models.UniqueConstraint(fields=["build", "format"], name="one_file_per_format"),)
        triggers = (*frozen_files_guard(),)

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Word, PDF, Excel; the number of a page image."""
        return {"docx": "Word", "pdf": "PDF", "xlsx": "Excel"}.get(self.format, self.format)


class BuildRun(Run):
    """A build while it is made by the job worker: its progress, and the wish to cancel it."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Build.Kind.choices)
    parameters = models.JSONField(default=dict)
    build = models.ForeignKey(Build, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager[BuildRun]] = scoped()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_state_display()}"

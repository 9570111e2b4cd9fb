"""Training of assessors (住家被害認定の合同研修会): sessions, who takes part, what each of them came to.

Nothing here belongs to an incident, and no field leads to a house: what is trained on is fictional and stays so.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.compacts.models import Initiative
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Region


@tracked
class TrainingCase(Record):
    """A case (研修の事例) a region added to those that come with the rules; the answer is reckoned from `survey`."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    key = models.SlugField("番号", max_length=40)
    title = models.CharField("名称", max_length=160)
    text = models.TextField("見えるもの")
    trap = models.TextField("間違えやすいところ", blank=True)
    survey = models.JSONField("正しい調査")

    objects: ClassVar[models.Manager[TrainingCase]] = scoped()

    class Meta:
        verbose_name = "研修の事例"
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["region", "key"], name="training_case_key_in_region"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("disaster:training-case", args=[self.region.slug, self.key])


class TrainingPicture(Written):
    """What can be seen of a case (事例の写真): a copy without EXIF in the store of files, found by `digest`."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    case = models.ForeignKey(TrainingCase, models.CASCADE, related_name="pictures", verbose_name="事例")
    uid = models.UUIDField("写真の番号", default=uuid.uuid4, unique=True, editable=False)
    caption = models.CharField("写っているもの", max_length=200)
    digest = models.CharField("ファイルのハッシュ", max_length=64)
    size = models.PositiveIntegerField("大きさ（バイト）")
    width = models.PositiveIntegerField("幅")
    height = models.PositiveIntegerField("高さ")
    made_at = models.DateTimeField("登録日時", auto_now_add=True)

    objects: ClassVar[models.Manager[TrainingPicture]] = scoped()

    class Meta:
        verbose_name = "研修の事例の写真"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"写真「{self.caption}」"


@tracked
class TrainingSession(Record):
    """One meeting (研修会): `cases` as they stood when they were chosen, with the numbers of their pictures."""

    class Shown(models.TextChoices):
        AT_ONCE = "at_once", "答えを出した人に、すぐ示す"
        AT_END = "at_end", "研修会を終えてから示す"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    number = models.PositiveIntegerField("番号")
    title = models.CharField("名称", max_length=160)
    on = models.DateField("期日")
    place = models.CharField("会場", max_length=120, blank=True)
    initiative = models.ForeignKey(
        Initiative,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="活動として記録する取組",
    )
    shown = models.CharField("採点を示すとき", max_length=10, choices=Shown.choices, default=Shown.AT_END)
    cases = models.JSONField("事例", default=list)
    closed_at = models.DateTimeField("終了日時", null=True, blank=True)
    evaluation = models.TextField("講評", blank=True)

    objects: ClassVar[models.Manager[TrainingSession]] = scoped()

    class Meta:
        verbose_name = "研修会"
        ordering = ("-on", "-number")
        constraints = (
            models.UniqueConstraint(fields=["region", "number"], name="training_session_number_in_region"),
        )

    def __str__(self) -> str:
        return f"【訓練】{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:training", args=[self.region.slug, self.number])


@tracked
class TrainingMember(Record):
    """Somebody who takes part (参加者): a user, or a name where there is no account."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    session = models.ForeignKey(
        TrainingSession, models.CASCADE, related_name="members", verbose_name="研修会"
    )
    number = models.PositiveIntegerField("番号")
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="市町村"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="利用者",
    )
    name = models.CharField("氏名", max_length=120)

    objects: ClassVar[models.Manager[TrainingMember]] = scoped()

    class Meta:
        verbose_name = "研修会の参加者"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["session", "number"], name="training_member_number"),
            models.UniqueConstraint(
                fields=["session", "user"], condition=Q(user__isnull=False), name="training_member_user_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


@tracked
class TrainingAttempt(ByHand, Record):
    """What somebody came to in one case: `given` as `analysis.damage.training.score` reads it."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    member = models.ForeignKey(TrainingMember, models.CASCADE, related_name="attempts", verbose_name="参加者")
    case = models.CharField("事例", max_length=40)
    given = models.JSONField("答え")
    points = models.DecimalField("得点", max_digits=6, decimal_places=2)
    most = models.PositiveSmallIntegerField("満点")
    class_key = models.CharField("区分", max_length=20)
    class_right = models.BooleanField("区分の正しさ")
    percent = models.DecimalField("損害割合（％）", max_digits=7, decimal_places=3, null=True, blank=True)
    made_at = models.DateTimeField("提出日時", auto_now_add=True)

    objects: ClassVar[models.Manager[TrainingAttempt]] = scoped()

    class Meta:
        verbose_name = "研修の答え"
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["member", "case"], name="training_attempt_once"),)

    def __str__(self) -> str:
        return f"{self.member} {self.case}"

"""Inquiries for figures (数値照会): a form to the towns, its letters, each town's answer and the versions of it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Municipality, Region
from keniki.core.fiscal_year import FiscalYear

from .store import Edition

_FORM = ("title", "purpose", "items", "years", "towns", "opened", "follows_id")


@tracked
class FigureInquiry(Record):
    """One form to the towns (数値照会): `items` are questions and figures asked for the `years`.

    `items` is a list of what `inquiring.items.Item` reads; `towns` are six-digit codes, empty for all members. Once
    sent, the form stays as it is; the deadline and the contact may change.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "作成中"
        SENT = "sent", "照会中"
        CLOSED = "closed", "締切"

    class Addressee(models.TextChoices):
        HEAD = "head", "市町村長"
        DEPARTMENT = "department", "担当部署"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    title = models.CharField("件名", max_length=120)
    purpose = models.TextField("目的", blank=True)
    items = models.JSONField("項目", default=list, blank=True)
    years = models.JSONField("年", default=list, blank=True)
    towns = models.JSONField("照会先", default=list, blank=True)
    opened = models.BooleanField("締切後に他の団体へ公開", default=False)
    deadline = models.DateField("回答期限", null=True, blank=True)
    contact = models.TextField("連絡先", blank=True)
    addressee = models.CharField("宛先", max_length=10, choices=Addressee, default=Addressee.HEAD)
    sender = models.TextField("発信者", blank=True)
    state = models.CharField("状態", max_length=6, choices=State, default=State.DRAFT)
    asked_on = models.DateField("照会日", null=True, blank=True)
    follows = models.ForeignKey(
        "self", models.SET_NULL, related_name="followed_by", null=True, blank=True, verbose_name="前回の照会"
    )
    made_at = models.DateTimeField("作成日時", auto_now_add=True)

    #: What is due about it is done by answering.
    ends_its_dues: ClassVar[bool] = True

    objects: ClassVar[models.Manager[FigureInquiry]] = scoped()

    class Meta:
        verbose_name = "数値照会"
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(asked_on__isnull=False, deadline__isnull=False),
                name="sent_inquiry_has_its_days",
            ),
        )
        triggers = (
            pgtrigger.FSM(
                name="state_moves_as_stated",
                field="state",
                transitions=[("draft", "sent"), ("sent", "closed"), ("closed", "sent")],
            ),
            pgtrigger.Protect(
                name="sent_form_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.state <> 'draft' AND ({', '.join(f'OLD.{name}' for name in _FORM)})"
                    f" IS DISTINCT FROM ({', '.join(f'NEW.{name}' for name in _FORM)})"
                ),
            ),
            pgtrigger.Protect(
                name="sent_inquiry_stays",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__state__in=["sent", "closed"]),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("evidence:inquiry", args=[self.region.slug, self.pk])


class InquiryLetter(Written):
    """A round of letters about an inquiry (鑑文・督促): to whom, with which number and day, as they went out.

    `addressees` is a list of {code, name, addressee}; nothing of a letter changes after it was sent.
    """

    class Kind(models.TextChoices):
        COVER = "cover", "照会"
        REMINDER = "reminder", "督促"

    inquiry = models.ForeignKey(FigureInquiry, models.PROTECT, related_name="letters")
    kind = models.CharField("種類", max_length=8, choices=Kind)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    dated = models.DateField("日付")
    sender = models.TextField("発信者")
    contact = models.TextField("連絡先")
    deadline = models.DateField("回答期限")
    addressees = models.JSONField("宛先")
    made_at = models.DateTimeField("作成日時", auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects: ClassVar[models.Manager[InquiryLetter]] = scoped("inquiry__region")

    class Meta:
        verbose_name = "照会の文書"
        ordering = ("id",)
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.inquiry} {self.get_kind_display()}"


@tracked
class TownAnswer(Record):
    """What one town answers to an inquiry (回答): `content` is what is being typed, by item and year.

    `content` is {item: {year or "": {value, mark, text, note}}}. What the town hands in becomes a version, and its
    decision (決裁) is bound to that version's hash.
    """

    inquiry = models.ForeignKey(FigureInquiry, models.PROTECT, related_name="answers", verbose_name="照会")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="団体")
    content = models.JSONField("入力中の回答", default=dict, blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects: ClassVar[models.Manager[TownAnswer]] = scoped("inquiry__region")

    class Meta:
        verbose_name = "照会への回答"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["inquiry", "municipality"], name="one_answer_of_a_town"),
        )
        triggers = (pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.inquiry} {self.municipality}"

    def get_absolute_url(self) -> str:
        inquiry = self.inquiry
        return reverse(
            "evidence:inquiry-answer", args=[inquiry.region.slug, inquiry.pk, self.municipality.code]
        )

    @property
    def region(self) -> Region:
        region: Region = self.inquiry.region
        return region

    @property
    def fiscal_year(self) -> int | None:
        """The year in which the town was asked: who was a member then may answer."""
        return int(FiscalYear.of(self.inquiry.asked_on)) if self.inquiry.asked_on else None

    @property
    def confidential(self) -> bool:
        """Whether other towns are kept from it: until the inquiry closes, and after it unless it is opened."""
        inquiry = self.inquiry
        return not (inquiry.opened and inquiry.state == FigureInquiry.State.CLOSED)

    @property
    def inquiry_digest(self) -> str:
        """The hash of the version handed in last: what the town decides on. Empty before the first."""
        last = self.versions.order_by("-number").first()
        return last.digest if last is not None else ""


class AnswerVersion(Written):
    """An answer as it was handed in (回答の版): never changed; `edition` is where its figures were stored."""

    answer = models.ForeignKey(TownAnswer, models.PROTECT, related_name="versions", verbose_name="回答")
    number = models.PositiveSmallIntegerField("版")
    content = models.JSONField("内容")
    digest = models.CharField("版のハッシュ", max_length=64)
    proxy = models.BooleanField("代理入力", default=False)
    made_at = models.DateTimeField("回答日時", auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="登録した版"
    )

    objects: ClassVar[models.Manager[AnswerVersion]] = scoped("answer__inquiry__region")

    class Meta:
        verbose_name = "回答の版"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["answer", "number"], name="answer_version_once"),)
        triggers = (
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="answer_stays",
                fields=["answer", "number", "content", "digest", "proxy", "made_at", "made_by"],
            ),
        )

    def __str__(self) -> str:
        return f"第{self.number}版"

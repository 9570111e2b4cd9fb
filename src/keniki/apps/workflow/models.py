"""What every slice needs from people: comments, attachments, due items, and each town's decision on a version."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Municipality, Organisation, Region


class AboutRecord(models.Model):
    """A row about any record of a region."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")
    object_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("object_type", "object_id")

    class Meta:
        abstract = True


class Comment(Written, AboutRecord):
    """A remark on a record (意見・赤字). Never changed; it can be answered and marked as dealt with."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post_label = models.CharField(max_length=160, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    text = models.TextField("コメント")
    answers = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replies"
    )
    place = models.CharField("箇所", max_length=160, blank=True)
    written_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField("対応済み", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects: ClassVar[models.Manager[Comment]] = scoped()

    class Meta:
        verbose_name = "コメント"
        ordering = ("written_at",)
        indexes = (models.Index(fields=["object_type", "object_id"], name="comment_about"),)
        triggers = (
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="text_stays", fields=["text", "author", "written_at"]),
        )

    def __str__(self) -> str:
        return self.text[:40]


@tracked
class Attachment(Record, AboutRecord):
    """A file kept with a record (添付), found by the hash of its content."""

    name = models.CharField("ファイル名", max_length=200)
    digest = models.CharField(max_length=64)
    media_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField("大きさ")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Attachment]] = scoped()

    class Meta:
        verbose_name = "添付"
        ordering = ("uploaded_at",)
        indexes = (models.Index(fields=["object_type", "object_id"], name="attachment_about"),)

    def __str__(self) -> str:
        return self.name


@tracked
class DueItem(Record, AboutRecord):
    """Something an organisation has to do by a day (期限のあるもの), with the reminders sent."""

    class State(models.TextChoices):
        OPEN = "open", "未了"
        DONE = "done", "済"
        DROPPED = "dropped", "取下げ"

    title = models.CharField("件名", max_length=200)
    text = models.TextField("内容", blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="due_items",
        verbose_name="宛先",
    )
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField("期限")
    remind_days = models.PositiveSmallIntegerField("何日前に知らせるか", default=7)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[DueItem]] = scoped()

    class Meta:
        verbose_name = "期限"
        ordering = ("due_on", "id")
        indexes = (models.Index(fields=["region", "state", "due_on"], name="due_open"),)

    def __str__(self) -> str:
        return self.title


class Reminder(Written):
    """That a due item was brought to somebody's attention on a day."""

    item = models.ForeignKey(DueItem, on_delete=models.CASCADE, related_name="reminders")
    sent_on = models.DateField()

    class Meta:
        verbose_name = "督促"
        constraints = (models.UniqueConstraint(fields=["item", "sent_on"], name="one_reminder_a_day"),)

    def __str__(self) -> str:
        return f"{self.item} {self.sent_on}"


@tracked
class Inquiry(Record, AboutRecord):
    """A question to every member town about one version of a record (照会): `digest` is that version's hash."""

    class State(models.TextChoices):
        OPEN = "open", "照会中"
        CLOSED = "closed", "締切"
        WITHDRAWN = "withdrawn", "取下げ"

    title = models.CharField("件名", max_length=200)
    digest = models.CharField("版のハッシュ", max_length=64)
    version_label = models.CharField("版", max_length=80)
    asked_on = models.DateField("照会日")
    due_on = models.DateField("回答期限", null=True, blank=True)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.OPEN)

    objects: ClassVar[models.Manager[Inquiry]] = scoped()

    class Meta:
        verbose_name = "照会"
        ordering = ("-asked_on", "-id")
        triggers = (
            pgtrigger.FSM(
                name="state_moves_as_stated",
                field="state",
                transitions=[("open", "closed"), ("open", "withdrawn"), ("closed", "open")],
            ),
            pgtrigger.ReadOnly(name="digest_stays", fields=["digest"]),
        )

    def __str__(self) -> str:
        return self.title


@tracked
class Approval(Record):
    """A town's own decision on the inquired version (機関決定). A click alone is not one: it needs the day,
    the kind of decision and the document number, or the town's reply file."""

    class Answer(models.TextChoices):
        AGREED = "agreed", "異議なし"
        AGREED_WITH_REMARKS = "remarks", "意見あり"
        REFUSED = "refused", "同意しない"

    class DecisionKind(models.TextChoices):
        MAYOR = "mayor", "市町村長決裁"
        DEPUTY = "deputy", "副市町村長決裁"
        DIRECTOR = "director", "部長専決"
        MANAGER = "manager", "課長専決"
        ASSEMBLY = "assembly", "議会の議決"

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="approvals")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.CharField("版のハッシュ", max_length=64)
    answer = models.CharField("回答", max_length=10, choices=Answer.choices)
    decided_on = models.DateField("機関決定日")
    decision_kind = models.CharField("決裁区分", max_length=10, choices=DecisionKind.choices)
    document_no = models.CharField("文書番号", max_length=80)
    reply = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="回答文書"
    )
    remarks = models.TextField("意見", blank=True)
    proxy = models.BooleanField("代理入力", default=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Approval]] = scoped("inquiry__region")

    class Meta:
        verbose_name = "機関決定"
        constraints = (
            models.UniqueConstraint(fields=["inquiry", "organisation"], name="one_decision_per_town"),
            models.CheckConstraint(condition=~models.Q(document_no=""), name="decision_has_document_number"),
        )

    def __str__(self) -> str:
        return f"{self.organisation} {self.get_answer_display()}"

"""Procedures between towns in an incident: wide-area evacuation and temporary stay, mutual aid with its costs.

Each is a record with steps that were taken on a day under a document; the state is its last step.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Region

from .incidents import Incident, Mode, mode_guards
from .stock import StockTransfer


class Procedure(Record):
    """What all procedures have: the incident with its mode, a number, the two towns.

    One of the two may be no member of the region: it stands by its name.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    number = models.PositiveIntegerField("番号")
    asker = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="求める市町村"
    )
    asker_name = models.CharField("求める団体の名称", max_length=120, blank=True)
    helper = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="応じる市町村"
    )
    helper_name = models.CharField("応じる団体の名称", max_length=120, blank=True)
    note = models.TextField("備考", blank=True)

    class Meta:
        abstract = True

    @property
    def asker_label(self) -> str:
        return self.asker.name if self.asker is not None else self.asker_name

    @property
    def helper_label(self) -> str:
        return self.helper.name if self.helper is not None else self.helper_name


class Step(ByHand, Written):
    """A step of a procedure: taken on a day, under a document. Append-only; a wrong one is withdrawn by a later one."""

    key = models.CharField("手続", max_length=20)
    on = models.DateField("日付")
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    note = models.CharField("備考", max_length=500, blank=True)
    made_at = models.DateTimeField("入力日時", auto_now_add=True)

    class Meta:
        abstract = True


@tracked
class WideAreaStay(Procedure):
    """Residents of one town who stay in another: wide-area evacuation before a disaster (広域避難), wide-area temporary
    stay after it (広域一時滞在). Two procedures of the law with the same steps.
    """

    class Kind(models.TextChoices):
        EVACUATION = "evacuation", "広域避難"
        TEMPORARY_STAY = "temporary_stay", "広域一時滞在"

    kind = models.CharField("種類", max_length=16, choices=Kind.choices)
    reason = models.CharField("理由", max_length=500)
    districts = models.TextField("対象の地区", blank=True)
    people = models.PositiveIntegerField("人数（人）")
    vulnerable = models.PositiveIntegerField("うち要配慮者（人）", default=0)
    first_day = models.DateField("最初の日")
    last_day = models.DateField("見込みの最後の日", null=True, blank=True)
    state = models.CharField("状態", max_length=20, default="request")

    objects: ClassVar[models.Manager[WideAreaStay]] = scoped()

    class Meta:
        verbose_name = "広域避難・広域一時滞在"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["region", "number"], name="wide_area_stay_number"),
            models.CheckConstraint(
                condition=Q(vulnerable__lte=models.F("people")), name="wide_area_stay_vulnerable"
            ),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=models.F("first_day")),
                name="wide_area_stay_days_in_order",
            ),
            models.CheckConstraint(
                condition=(Q(asker__isnull=False) | ~Q(asker_name=""))
                & (Q(helper__isnull=False) | ~Q(helper_name="")),
                name="wide_area_stay_names_both",
            ),
        )
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}第{self.number}号"

    def get_absolute_url(self) -> str:
        return reverse("disaster:stay", args=[self.region.slug, self.incident.slug, self.number])


class StayStep(Step):
    """A step of a wide-area evacuation or stay; `places` are the shelters decided on, with people."""

    stay = models.ForeignKey(WideAreaStay, models.CASCADE, related_name="steps")
    places = models.JSONField("避難所", default=list, blank=True)

    class Meta:
        verbose_name = "広域避難・広域一時滞在の手続"
        ordering = ("id",)
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return self.key


@tracked
class AidRequest(Procedure):
    """A request for help under the towns' mutual-aid agreement (相互応援): staff, vehicles, facilities, supplies."""

    class Kind(models.TextChoices):
        STAFF = "staff", "職員の派遣"
        SUPPLIES = "supplies", "物資の提供"
        VEHICLES = "vehicles", "車両・機械"
        FACILITY = "facility", "施設の提供"
        OTHER = "other", "その他"

    kind = models.CharField("種類", max_length=10, choices=Kind.choices)
    content = models.CharField("求める内容", max_length=500)
    quantity = models.PositiveIntegerField("数量", null=True, blank=True)
    unit = models.CharField("単位", max_length=20, blank=True)
    place = models.CharField("場所・集合場所", max_length=200, blank=True)
    first_day = models.DateField("最初の日")
    last_day = models.DateField("最後の日", null=True, blank=True)
    basis = models.CharField("根拠とする協定", max_length=200, blank=True)
    state = models.CharField("状態", max_length=20, default="request")

    objects: ClassVar[models.Manager[AidRequest]] = scoped()

    class Meta:
        verbose_name = "応援の要請"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["region", "number"], name="aid_request_number"),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=models.F("first_day")),
                name="aid_request_days_in_order",
            ),
            models.CheckConstraint(
                condition=(Q(asker__isnull=False) | ~Q(asker_name=""))
                & (Q(helper__isnull=False) | ~Q(helper_name="")),
                name="aid_request_names_both",
            ),
        )
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return f"応援要請第{self.number}号"

    def get_absolute_url(self) -> str:
        return reverse("disaster:aid", args=[self.region.slug, self.incident.slug, self.number])


class AidStep(Step):
    """A step of a request for help."""

    aid = models.ForeignKey(AidRequest, models.CASCADE, related_name="steps")

    class Meta:
        verbose_name = "応援の手続"
        ordering = ("id",)
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return self.key


class AidCost(Written):
    """What help cost the helper (応援に要した費用), whole yen: the lines of the claim. An exercise claims nothing.

    A line with a `transfer` is the settlement of stock that was sent, and no other line has it.
    """

    class Kind(models.TextChoices):
        WAGES = "wages", "時間外勤務手当等"
        TRAVEL = "travel", "旅費・宿泊費"
        FUEL = "fuel", "燃料費"
        SUPPLIES = "supplies", "物資の購入費"
        TRANSPORT = "transport", "運搬費"
        OTHER = "other", "その他"

    aid = models.ForeignKey(AidRequest, models.CASCADE, related_name="costs")
    kind = models.CharField("費目", max_length=10, choices=Kind.choices)
    title = models.CharField("内容", max_length=200)
    quantity = models.DecimalField("数量", max_digits=10, decimal_places=2, null=True, blank=True)
    unit = models.CharField("単位", max_length=20, blank=True)
    amount = models.PositiveBigIntegerField("金額（円）")
    evidence = models.CharField("証拠書類", max_length=200, blank=True)
    transfer = models.OneToOneField(
        StockTransfer,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="claimed",
        verbose_name="備蓄の精算",
    )
    order = models.PositiveSmallIntegerField("順", default=0)

    class Meta:
        verbose_name = "応援に要した費用"
        ordering = ("order", "id")

    def __str__(self) -> str:
        return self.title

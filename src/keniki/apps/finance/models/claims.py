"""What towns are billed of joint costs (負担金の請求): assessments, instalments, dunning."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.guards import at_the_end
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Organisation, Region

from .costs import Allocation, JointCost

#: When a transaction ends, an assessment's instalments add up to it.
_INSTALMENTS_ADD_UP = """
IF (SELECT coalesce(sum(i.amount), 0) FROM finance_instalment i WHERE i.assessment_id = {id})
    <> (SELECT a.amount FROM finance_assessment a WHERE a.id = {id}) THEN
    RAISE EXCEPTION 'the instalments of assessment % do not add up', {id} USING ERRCODE = 'check_violation';
END IF;
"""


@tracked
class Assessment(ByHand, Record):
    """What is claimed of one town, or given back to it, under an allocation (調定), whole yen.

    Whose book it stands in is `holder`. The number is that of the body's own accounting system, which stays the
    official book. A refund goes from the holder to the town. What it was made of stays; it is undone by a reversing
    entry in the ledger, which sets `cancelled_on`.
    """

    class Kind(models.TextChoices):
        SHARE = "share", "負担金"
        ADDITIONAL = "additional", "精算による追加"
        REFUND = "refund", "返還"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="assessments", verbose_name="共同経費")
    allocation = models.ForeignKey(
        Allocation, models.RESTRICT, related_name="assessments", verbose_name="負担額の決定"
    )
    holder = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="会計をもつ団体")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("種類", max_length=10, choices=Kind.choices, default=Kind.SHARE)
    number = models.PositiveIntegerField("番号")
    amount = models.BigIntegerField("金額（円）")
    assessed_on = models.DateField("調定日")
    assessment_no = models.CharField("調定番号", max_length=80, blank=True)
    notice_no = models.CharField("納入通知書の番号", max_length=80, blank=True)
    notice_on = models.DateField("納入通知書の日付", null=True, blank=True)
    commitment_no = models.CharField("支出負担行為番号", max_length=80, blank=True)
    cancelled_on = models.DateField("取消日", null=True, blank=True)
    note = models.CharField("備考", max_length=300, blank=True)

    #: What it asks of a town is done when the money has come, not by a tick.
    ends_its_dues = True

    objects: ClassVar[models.Manager[Assessment]] = scoped()

    class Meta:
        verbose_name = "調定"
        ordering = ("fiscal_year", "number")
        constraints = (
            models.UniqueConstraint(
                fields=["region", "fiscal_year", "number"], name="assessment_number_once"
            ),
            models.UniqueConstraint(
                fields=["allocation", "municipality", "kind"],
                condition=models.Q(cancelled_on=None),
                name="assessed_once_an_allocation",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assessment_above_nothing"),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="assessment_stays",
                fields=[
                    "region",
                    "cost",
                    "allocation",
                    "holder",
                    "municipality",
                    "fiscal_year",
                    "kind",
                    "number",
                    "amount",
                    "assessed_on",
                ],
            ),
            pgtrigger.Protect(name="assessment_kept", operation=pgtrigger.Delete),
            at_the_end("instalments_add_up", _INSTALMENTS_ADD_UP.format(id="NEW.id")),
        )

    def __str__(self) -> str:
        return f"{self.fiscal_year}-{self.number} {self.municipality} {self.amount:,}円"

    def get_absolute_url(self) -> str:
        return reverse("finance:assessment", args=[self.region.slug, self.fiscal_year, self.number])


class Instalment(Written):
    """One date of payment of an assessment (納期), whole yen; `nominal_on` is the day before a closed day moved it."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="instalments")
    number = models.PositiveSmallIntegerField("期")
    amount = models.BigIntegerField("金額（円）")
    due_on = models.DateField("納期限")
    nominal_on = models.DateField("定めの日")

    objects: ClassVar[models.Manager[Instalment]] = scoped("assessment__region")

    class Meta:
        verbose_name = "納期"
        ordering = ("assessment", "number")
        constraints = (
            models.UniqueConstraint(fields=["assessment", "number"], name="instalment_number_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="instalment_not_negative"),
        )
        triggers = (
            pgtrigger.Protect(name="instalment_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            at_the_end("instalments_add_up", _INSTALMENTS_ADD_UP.format(id="NEW.assessment_id")),
        )

    def __str__(self) -> str:
        return f"第{self.number}期 {self.due_on} {self.amount:,}円"


class Dunning(ByHand, Written):
    """A letter that asks for what was not paid by its day (督促): when, with which new day."""

    instalment = models.ForeignKey(Instalment, models.PROTECT, related_name="dunnings")
    sent_on = models.DateField("発付日")
    pay_by = models.DateField("指定期限")
    amount = models.BigIntegerField("未納額（円）")
    document_no = models.CharField("文書番号", max_length=80, blank=True)

    objects: ClassVar[models.Manager[Dunning]] = scoped("instalment__assessment__region")

    class Meta:
        verbose_name = "督促"
        ordering = ("sent_on", "id")
        constraints = (
            models.UniqueConstraint(fields=["instalment", "sent_on"], name="one_dunning_a_day"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="dunned_for_something"),
            models.CheckConstraint(
                condition=models.Q(pay_by__gte=models.F("sent_on")), name="dunning_days_in_order"
            ),
        )
        triggers = (pgtrigger.Protect(name="dunning_stays", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.instalment} {self.sent_on}"

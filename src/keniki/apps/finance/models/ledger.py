"""The subsidiary book (補助簿): double entry, append-only; a correction is a reversing entry."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.guards import Guard, at_the_end
from keniki.apps.accounts.records import Written
from keniki.apps.accounts.scoping import scoped
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Organisation, Region

from .claims import Assessment, Instalment
from .costs import JointCost

#: When a transaction ends, an entry has lines, and they balance in every body's book by themselves.
_BALANCES = """
IF NOT EXISTS (SELECT 1 FROM finance_line l WHERE l.entry_id = {id}) THEN
    RAISE EXCEPTION 'entry % has no lines', {id} USING ERRCODE = 'check_violation';
END IF;
IF EXISTS (
    SELECT 1 FROM finance_line l WHERE l.entry_id = {id} GROUP BY l.body_id HAVING sum(l.amount) <> 0
) THEN
    RAISE EXCEPTION 'entry % does not balance', {id} USING ERRCODE = 'check_violation';
END IF;
"""
#: Lines come with their entry: `posted_at` is the moment its transaction began.
_WITH_ITS_ENTRY = """
IF NOT EXISTS (SELECT 1 FROM finance_entry e WHERE e.id = NEW.entry_id AND e.posted_at = now()) THEN
    RAISE EXCEPTION 'entry % was posted before', NEW.entry_id USING ERRCODE = 'check_violation';
END IF;
"""
#: A reversing entry has the lines of the one it takes back with the opposite signs.
_REVERSES = """
IF NEW.reverses_id IS NOT NULL AND EXISTS (
    SELECT body_id, account, sum(amount) FROM (
        SELECT l.body_id, l.account, l.amount FROM finance_line l WHERE l.entry_id = NEW.id
        UNION ALL
        SELECT l.body_id, l.account, l.amount FROM finance_line l WHERE l.entry_id = NEW.reverses_id
    ) both_entries GROUP BY body_id, account HAVING sum(amount) <> 0
) THEN
    RAISE EXCEPTION 'entry % does not reverse entry %', NEW.id, NEW.reverses_id USING ERRCODE = 'check_violation';
END IF;
"""


class Account(models.TextChoices):
    """The accounts of a body's book. The holder has the upper ones, the paying town the lower ones, both cash."""

    CASH = "cash", "歳計現金"
    RECEIVABLE = "receivable", "未収負担金"
    SHARE_REVENUE = "share_revenue", "負担金収入"
    EARMARKED_REVENUE = "earmarked_revenue", "特定財源収入"
    EXPENSE = "expense", "事業費"
    REFUND_PAYABLE = "refund_payable", "未払返還金"
    SHARE_EXPENSE = "share_expense", "負担金（18節）"
    COMMITTED = "committed", "支出負担行為済額（未払）"
    ORDERED = "ordered", "支出命令済額（未払）"
    REFUND_RECEIVABLE = "refund_receivable", "未収返還金"
    REFUND_REVENUE = "refund_revenue", "返還金収入"


class Entry(ByHand, Written):
    """One posting (仕訳): numbered in its fiscal year, on a day, with lines that balance in every book it touches.

    `origin` names what it was posted for; the same is never posted twice. `document_no` is the number in the body's
    own accounting system.
    """

    class Kind(models.TextChoices):
        EXPENSE = "expense", "事業費の支出"
        EARMARKED = "earmarked", "特定財源の収入"
        ASSESS = "assess", "調定"
        RECEIVE = "receive", "収納"
        COMMIT = "commit", "支出負担行為"
        ORDER = "order", "支出命令"
        PAY = "pay", "支出"
        REFUND = "refund", "返還の決定"
        REFUND_ASSESS = "refund_assess", "返還金の調定"
        REFUND_PAY = "refund_pay", "返還の支払"
        REFUND_RECEIVE = "refund_receive", "返還金の収納"
        REVERSAL = "reversal", "訂正（反対仕訳）"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="entries", verbose_name="共同経費")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    number = models.PositiveIntegerField("番号")
    on = models.DateField("日付")
    kind = models.CharField("種類", max_length=14, choices=Kind.choices)
    text = models.CharField("摘要", max_length=300)
    document_no = models.CharField("会計システムの番号", max_length=80, blank=True)
    assessment = models.ForeignKey(
        Assessment, models.RESTRICT, null=True, blank=True, related_name="entries", verbose_name="調定"
    )
    instalment = models.ForeignKey(
        Instalment, models.RESTRICT, null=True, blank=True, related_name="entries", verbose_name="納期"
    )
    reverses = models.OneToOneField(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name="訂正する仕訳",
    )
    origin = models.CharField("起票のもと", max_length=160)
    posted_at = models.DateTimeField("起票日時", db_default=TransactionNow(), editable=False)

    objects: ClassVar[models.Manager[Entry]] = scoped()

    class Meta:
        verbose_name = "仕訳"
        ordering = ("fiscal_year", "number")
        constraints = (
            models.UniqueConstraint(fields=["region", "fiscal_year", "number"], name="entry_number_once"),
            models.UniqueConstraint(fields=["region", "origin"], name="posted_once_an_origin"),
            models.CheckConstraint(
                condition=models.Q(kind="reversal", reverses__isnull=False)
                | (~models.Q(kind="reversal") & models.Q(reverses__isnull=True)),
                name="reversal_names_its_entry",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="entry_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            at_the_end("entry_balances", _BALANCES.format(id="NEW.id")),
            at_the_end("reversal_is_opposite", _REVERSES),
        )

    def __str__(self) -> str:
        return f"{self.fiscal_year}-{self.number} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("finance:entry", args=[self.region.slug, self.fiscal_year, self.number])


class Line(Written):
    """One line of an entry in one body's book: yen, debit (借方) above nothing and credit (貸方) below."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="lines")
    body = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="団体")
    account = models.CharField("勘定", max_length=20, choices=Account.choices)
    amount = models.BigIntegerField("金額（円）")

    objects: ClassVar[models.Manager[Line]] = scoped("entry__region")

    class Meta:
        verbose_name = "仕訳の行"
        ordering = ("entry", "id")
        indexes = (models.Index(fields=["body", "account"], name="line_of_account"),)
        constraints = (models.CheckConstraint(condition=~models.Q(amount=0), name="line_of_something"),)
        triggers = (
            pgtrigger.Protect(name="line_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            Guard(name="with_its_entry", operation=pgtrigger.Insert, check=_WITH_ITS_ENTRY),
            at_the_end("entry_balances", _BALANCES.format(id="NEW.entry_id")),
        )

    def __str__(self) -> str:
        return f"{self.body} {self.get_account_display()} {self.amount:,}円"

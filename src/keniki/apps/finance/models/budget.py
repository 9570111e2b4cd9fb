"""Money basics: grants with their steps, and budget lines by stage. Whole yen, fiscal years."""

from __future__ import annotations

import pgtrigger
from django.db import models

from keniki.apps.accounts.guards import Guard
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.activities.models import frozen_child_guard, frozen_year_guard
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.regions.models import Municipality, Region, RegionProgramme, Sourced

#: When a transaction ends, a grant's steps stand in the order in which they are taken, each once, with their dates.
_STEPS_IN_ORDER = """
IF EXISTS (
    SELECT 1 FROM finance_grantstep a JOIN finance_grantstep b ON b.grant_id = a.grant_id AND a."order" < b."order"
    WHERE a.grant_id = {row}.grant_id AND a.step <> 'reported' AND b.step <> 'reported'
    AND (a."on" > b."on"
        OR (a.step = b.step AND a.step NOT IN ('change', 'advance', 'repayment'))
        OR array_position({ranks}, replace(a.step, 'advance', 'change')::text)
        > array_position({ranks}, replace(b.step, 'advance', 'change')::text))
) THEN
    RAISE EXCEPTION 'the steps of grant % are not in order', {row}.grant_id USING ERRCODE = 'check_violation';
END IF;
IF EXISTS (
    SELECT 1 FROM finance_grantstep a
    JOIN (VALUES ('change', 'decision'), ('repayment', 'final')) AS needs(step, before) ON needs.step = a.step
    WHERE a.grant_id = {row}.grant_id AND NOT EXISTS (
        SELECT 1 FROM finance_grantstep b WHERE b.grant_id = a.grant_id AND b.step = needs.before
    )
) THEN
    RAISE EXCEPTION 'a step of grant % lacks the one before', {row}.grant_id USING ERRCODE = 'check_violation';
END IF;
"""
_RANKS = "ARRAY['wish', 'informal_notice', 'application', 'decision', 'change', 'results_report', 'final', 'repayment']"


def _steps_guard() -> list[pgtrigger.Trigger]:
    return [
        Guard(
            name=f"steps_in_order_{name}",
            operation=operation,
            when=pgtrigger.After,
            timing=pgtrigger.Deferred,
            check=_STEPS_IN_ORDER.format(row=row, ranks=_RANKS),
        )
        for name, operation, row in (
            ("written", pgtrigger.Insert | pgtrigger.Update, "NEW"),
            ("taken_out", pgtrigger.Delete, "OLD"),
        )
    ]


@tracked
class Grant(Record, Sourced):
    """A grant (交付金) to the region in one fiscal year."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="grants")
    slug = models.SlugField(max_length=80)
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("名称", max_length=200, blank=True)
    recipient = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="交付先"
    )

    objects = scoped()

    class Meta:
        verbose_name = "交付金"
        ordering = ("fiscal_year", "slug")
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="grant_slug_in_region"),)
        triggers = (*frozen_year_guard("closed_year"),)

    def __str__(self) -> str:
        return f"{self.title or self.get_programme_display()} {self.fiscal_year}"


class GrantStep(Written):
    """One step of a grant. `reported` is an amount a report states without its papers."""

    class Step(models.TextChoices):
        WISH = "wish", "要望"
        INFORMAL_NOTICE = "informal_notice", "内示"
        APPLICATION = "application", "交付申請"
        DECISION = "decision", "交付決定"
        CHANGE = "change", "変更"
        ADVANCE = "advance", "概算払"
        RESULTS_REPORT = "results_report", "実績報告"
        FINAL = "final", "額の確定"
        REPAYMENT = "repayment", "返還"
        REPORTED = "reported", "報告書記載額"

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    step = models.CharField("手続", max_length=16, choices=Step.choices)
    amount = models.BigIntegerField("金額（円）")
    on = models.DateField("日付", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    provisional = models.BooleanField("予定額", default=False)

    class Meta:
        ordering = ("order",)
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="grant_step_not_negative"),
        )
        triggers = (*frozen_child_guard("closed_year", "finance_grant", "grant_id"), *_steps_guard())

    def __str__(self) -> str:
        return f"{self.get_step_display()} {self.amount:,}円"


@tracked
class BudgetLine(Record, Sourced):
    """Money of a project or initiative in one fiscal year at one stage."""

    class Stage(models.TextChoices):
        REQUEST = "request", "要求"
        ASSESSED = "assessed", "査定"
        INITIAL = "initial", "当初"
        SUPPLEMENTARY = "supplementary", "補正"
        TRANSFER = "transfer", "流用"
        CARRIED_OVER = "carried_over", "繰越"
        AVAILABLE = "available", "予算現額"
        EXECUTED = "executed", "支出済額"
        SETTLED = "settled", "決算"

    class Funding(models.TextChoices):
        UNKNOWN = "", "未区分"
        GENERAL_REVENUE = "general_revenue", "一般財源"
        GRANT = "grant", "補助金・交付金"
        BOND = "bond", "地方債"
        FEE = "fee", "使用料・手数料"
        SHARE = "share", "負担金"
        OTHER = "other", "その他"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="budget_lines")
    slug = models.SlugField(max_length=80)
    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="budget_lines", verbose_name="取組"
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budget_lines",
        verbose_name="事業",
    )
    fiscal_year = models.PositiveSmallIntegerField("年度")
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="事業主体",
    )
    stage = models.CharField("段階", max_length=14, choices=Stage.choices)
    round = models.PositiveSmallIntegerField("回", default=0)
    amount = models.BigIntegerField("金額（円）")
    funding = models.CharField("財源", max_length=16, choices=Funding.choices, default="", blank=True)
    note = models.CharField("備考", max_length=300, blank=True)
    proxy = models.BooleanField("代理入力", default=False)
    origin = models.CharField("登録元", max_length=120, blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "予算・決算"
        ordering = ("fiscal_year", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="budget_slug_in_region"),
            models.UniqueConstraint(
                fields=["region", "origin"], condition=~models.Q(origin=""), name="cost_once_per_origin"
            ),
        )
        triggers = (*frozen_year_guard("closed_year"),)

    def __str__(self) -> str:
        return f"{self.initiative} {self.fiscal_year} {self.get_stage_display()} {self.amount:,}円"

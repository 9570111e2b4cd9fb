"""What the joint stockpile is to hold (備蓄目標), how it is bought over years, and the yearly table for the public."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.finance.models import COSTED, JointCost
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Region

from .stock import StockItem


@tracked
class StockTarget(Record):
    """How many people a town prepares for in a fiscal year (備蓄目標): the one denominator of all its needs.

    `shares` are fractions of the people by group (infants, women …), `overrides` the town's own figures by item, in
    the form of `rulebooks.disaster.standards.OwnItem`; what is not set comes from the dated standards. `area` is the
    heated floor in m² (None: people × m² of the standard).
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    people = models.PositiveIntegerField("想定避難者（人）")
    basis = models.CharField("想定の根拠", max_length=300)
    basis_url = models.CharField("根拠の画面", max_length=300, blank=True)
    days = models.PositiveSmallIntegerField("日数", default=3)
    winter = models.BooleanField("冬期の装備を含める", default=True)
    share = models.DecimalField("公的備蓄の割合", max_digits=4, decimal_places=3, default=1)
    share_basis = models.CharField("公的備蓄の割合の根拠", max_length=300, blank=True)
    places = models.PositiveIntegerField("避難所の数", default=1)
    area = models.DecimalField("暖房する床面積（㎡）", max_digits=9, decimal_places=1, null=True, blank=True)
    shares = models.JSONField("内訳の割合", default=dict, blank=True)
    shares_basis = models.CharField("内訳の割合の根拠", max_length=300, blank=True)
    overrides = models.JSONField("基準と異なる数量", default=dict, blank=True)

    objects: ClassVar[models.Manager[StockTarget]] = scoped()

    class Meta:
        verbose_name = "備蓄目標"
        ordering = ("fiscal_year", "municipality")
        constraints = (
            models.UniqueConstraint(
                fields=["region", "municipality", "fiscal_year"], name="stock_target_once"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1, days__gt=0, places__gt=0)
                & (Q(area=None) | Q(area__gt=0)),
                name="stock_target_possible",
            ),
        )

    def __str__(self) -> str:
        return f"{self.municipality} {self.fiscal_year}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:stock-target", args=[self.region.slug, self.pk])


@tracked
class ItemMeasure(Record):
    """How much of a standard's unit one unit of an item is (単位の換算): a bottle of water is 2 L.

    An item whose unit differs from its standard's counts for nothing before somebody said this.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    item = models.OneToOneField(StockItem, models.CASCADE, related_name="measure", verbose_name="品目")
    amount = models.DecimalField("1単位の量", max_digits=12, decimal_places=4)
    basis = models.CharField("根拠", max_length=200, blank=True)

    objects: ClassVar[models.Manager[ItemMeasure]] = scoped()

    class Meta:
        verbose_name = "単位の換算"
        ordering = ("item",)
        constraints = (models.CheckConstraint(condition=Q(amount__gt=0), name="item_measure_above_nothing"),)

    def __str__(self) -> str:
        return f"{self.item} {self.amount.normalize():f}"


@tracked
class PurchasePlan(Record):
    """What is bought in which year (備蓄の購入計画): `content` its settings, `result` the years and shares.

    `digest` is one hash over settings, targets, stock and rules, so that a page can say that it is out of date.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="purchase_plans", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    title = models.CharField("名称", max_length=160)
    first_year = models.PositiveSmallIntegerField("最初の年度")
    years = models.PositiveSmallIntegerField("年数", default=5)
    content = models.JSONField("条件", default=dict)
    result = models.JSONField("結果", default=dict)
    digest = models.CharField("入力のハッシュ", max_length=64, blank=True)
    reckoned_at = models.DateTimeField("計算日時", null=True, blank=True)
    cost = models.ForeignKey(
        JointCost, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="共同経費"
    )
    note = models.TextField("備考", blank=True)

    objects: ClassVar[models.Manager[PurchasePlan]] = scoped()

    class Meta:
        verbose_name = "購入計画"
        ordering = ("-first_year", "title")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="purchase_plan_slug_in_region"),
            models.CheckConstraint(condition=Q(years__range=(1, 20)), name="purchase_plan_years"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("disaster:purchase-plan", args=[self.region.slug, self.slug])


class PlanPosting(ByHand, Written):
    """A year of a purchase plan in the items of a joint cost (共同経費への計上): which items it keeps there.

    `items` maps a standard's key to the number of its `CostItem`. One stage of a year of a cost takes one plan only,
    so that nothing is counted twice.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    plan = models.ForeignKey(PurchasePlan, models.RESTRICT, related_name="postings", verbose_name="購入計画")
    cost = models.ForeignKey(JointCost, models.CASCADE, related_name="+", verbose_name="共同経費")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    stage = models.CharField("段階", max_length=14, choices=[(each.value, each.label) for each in COSTED])
    round = models.PositiveSmallIntegerField("回", default=0)
    items = models.JSONField("内訳", default=dict)
    amount = models.BigIntegerField("金額（円）")
    cost_class = models.CharField("経費の区分", max_length=40, blank=True)
    digest = models.CharField("入力のハッシュ", max_length=64)
    posted_at = models.DateTimeField("計上日時", auto_now=True)

    objects: ClassVar[models.Manager[PlanPosting]] = scoped()

    class Meta:
        verbose_name = "購入計画の計上"
        ordering = ("fiscal_year", "stage", "round", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["cost", "fiscal_year", "stage", "round"], name="one_plan_posts_a_stage"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="posting_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.plan} {self.fiscal_year} {self.get_stage_display()}"


@tracked
class StockTable(Record):
    """The stock made public in a fiscal year (備蓄状況の公表), as it stood on a day; later movements leave it as it is.

    `content` holds the rows: town, item, unit, usable quantity owned and stored, and the target with its denominator.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="stock_tables", verbose_name="圏域")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    as_of = models.DateField("基準日")
    content = models.JSONField("内容", default=dict)
    published_on = models.DateField("公表日")
    note = models.CharField("備考", max_length=300, blank=True)

    objects: ClassVar[models.Manager[StockTable]] = scoped()

    class Meta:
        verbose_name = "備蓄状況の公表"
        ordering = ("-fiscal_year",)
        constraints = (
            models.UniqueConstraint(fields=["region", "fiscal_year"], name="stock_table_once_a_year"),
            models.CheckConstraint(
                condition=Q(published_on__gte=models.F("as_of")), name="stock_table_days_in_order"
            ),
        )

    def __str__(self) -> str:
        return f"備蓄状況 {self.fiscal_year}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:stock-table", args=[self.region.slug])

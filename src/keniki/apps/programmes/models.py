"""What people supply to the programmes: answers to rules that ask, facts of cities, claims, plans."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from keniki.apps.accounts.models import User
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.verbs import Act
from keniki.apps.regions.models import Municipality, Region, RegionProgramme


class ByHand(models.Model):
    """Who made a record, shown beside it: the person (forgotten with the account) and the post held then."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="入力者"
    )
    post_label = models.CharField("職", max_length=160, blank=True)

    class Meta:
        abstract = True

    @property
    def author(self) -> str:
        """The post and the person's name as it is now."""
        return f"{self.post_label} {self.user.name if self.user else 'システム管理者'}".strip()

    def made_by(self, act: Act) -> None:
        """Write down who acts."""
        self.user, self.post_label = act.actor.user, act.post.label if act.post else ""


@tracked
class Answer(ByHand, Record):
    """An answer to a rule that asks (回答値), with its legal basis, over its days.

    Without a region it is the installation's and everybody's; with one, only that region's, and it goes before.
    """

    region = models.ForeignKey(
        Region, models.CASCADE, related_name="+", null=True, blank=True, verbose_name="圏域"
    )
    parameter = models.CharField("規則", max_length=80)
    value = models.JSONField("値", default=dict)
    legal_basis = models.CharField("根拠", max_length=500)
    note = models.CharField("備考", max_length=300, blank=True)
    valid = DateRangeField("効力のある期間")

    class Meta:
        verbose_name = "規則への回答"
        ordering = ("parameter", "valid", "id")
        constraints = (
            ExclusionConstraint(
                name="rule_answered_once_at_a_time",
                expressions=[
                    (Coalesce("region_id", 0), RangeOperators.EQUAL),
                    (models.F("parameter"), RangeOperators.EQUAL),
                    (models.F("valid"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=~models.Q(legal_basis=""), name="answer_has_its_basis"),
        )

    def __str__(self) -> str:
        return self.parameter

    @property
    def last_day(self) -> date | None:
        """The last day of its validity; None while it is open."""
        return self.valid.upper - timedelta(days=1) if self.valid.upper else None


@tracked
class CityFact(Record):
    """A fact about a city that no official table holds, with where it was read. Which columns are used says `kind`."""

    class Kind(models.TextChoices):
        USE = "use", "近隣市町村の住民の利用（通院・買物）"
        TWIN = "twin", "複眼型の2市"
        FORMER = "former", "人口最大の旧市町村"
        RECOGNITION = "recognition", "手動認定"

    class Use(models.TextChoices):
        HOSPITAL = "hospital", "通院"
        SHOPPING = "shopping", "買物"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市")
    kind = models.CharField("種類", max_length=12, choices=Kind.choices)
    basis = models.CharField("出典・根拠", max_length=500)
    note = models.CharField("備考", max_length=300, blank=True)
    use = models.CharField("利用", max_length=10, choices=Use.choices, blank=True)
    figure = models.CharField("数値", max_length=200, blank=True)
    second = models.ForeignKey(
        Municipality, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="もう1市"
    )
    adjacent = models.BooleanField("隣接", null=True, blank=True)
    integrated = models.BooleanField("要綱の距離等の条件の確認", null=True, blank=True)
    minutes = models.DecimalField("所要時間（分）", max_digits=6, decimal_places=1, null=True, blank=True)
    kilometres = models.DecimalField("距離（km）", max_digits=6, decimal_places=1, null=True, blank=True)
    former_name = models.CharField("旧市町村の名称", max_length=60, blank=True)
    census = models.PositiveSmallIntegerField("国勢調査の年", null=True, blank=True)
    day_population = models.PositiveIntegerField("昼間人口（人）", null=True, blank=True)
    night_population = models.PositiveIntegerField("夜間人口（人）", null=True, blank=True)
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices, blank=True)
    valid_from = models.DateField("いつから", null=True, blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "市についての資料"
        ordering = ("municipality__code", "kind", "-census", "id")
        constraints = (
            models.CheckConstraint(condition=~models.Q(basis=""), name="city_fact_has_its_basis"),
            models.UniqueConstraint(
                fields=["region", "municipality"],
                condition=models.Q(kind="twin"),
                name="one_second_city",
            ),
            models.UniqueConstraint(
                fields=["region", "municipality", "programme"],
                condition=models.Q(kind="recognition"),
                name="one_recognition_a_programme",
            ),
            models.UniqueConstraint(
                fields=["region", "municipality", "census"],
                condition=models.Q(kind="former"),
                name="one_former_city_a_census",
            ),
        )

    def __str__(self) -> str:
        return f"{self.municipality} {self.get_kind_display()}"


@tracked
class RevenueClaim(Record):
    """General revenue (一般財源, whole yen) a municipality spends on an initiative in a fiscal year.

    `initiative_slug` is the region's initiative it is spent on, with its title then as `initiative`; empty where none
    fits and somebody wrote a name. `programme` is the one it counts under, empty for the region's main one of the year.
    `origin` names the budget line it comes from and `origin_total` what that line holds; `apart` says why it is not
    the same money as a claim of the same name or amount in another region.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    initiative = models.CharField("取組", max_length=200)
    initiative_slug = models.SlugField("取組の識別名", max_length=80, blank=True, default="")
    programme = models.CharField(
        "制度", max_length=20, choices=RegionProgramme.Programme.choices, blank=True, default=""
    )
    general_revenue = models.BigIntegerField("一般財源（円）")
    origin = models.CharField("予算科目", max_length=200, blank=True)
    origin_total = models.BigIntegerField("予算科目の一般財源の総額（円）", null=True, blank=True)
    apart = models.CharField("ほかの圏域の計上と別の財源である理由", max_length=300, blank=True)
    note = models.CharField("備考", max_length=300, blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped()

    class Meta:
        verbose_name = "一般財源の計上"
        ordering = ("fiscal_year", "municipality__code", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["region", "fiscal_year", "municipality", "initiative"],
                name="claim_once_an_initiative",
            ),
            models.UniqueConstraint(
                fields=["region", "fiscal_year", "municipality", "initiative_slug"],
                condition=~models.Q(initiative_slug=""),
                name="claim_once_a_chosen_initiative",
            ),
            models.CheckConstraint(
                condition=models.Q(general_revenue__gte=0), name="claimed_revenue_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.fiscal_year} {self.municipality} {self.initiative}"


@tracked
class ClaimYear(ByHand, Record):
    """A fiscal year whose claims the secretariat has confirmed: nobody changes them until it is opened again."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    confirmed_on = models.DateField("確定日")

    objects = scoped()

    class Meta:
        verbose_name = "一般財源の計上の確定"
        ordering = ("fiscal_year",)
        constraints = (
            models.UniqueConstraint(fields=["region", "fiscal_year"], name="claims_confirmed_once_a_year"),
        )

    def __str__(self) -> str:
        return str(self.fiscal_year)


@tracked
class ProcedurePlan(Record):
    """The procedure of a programme in a region, counted from the day of its anchor (中心市宣言 etc.)."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices)
    start = models.DateField("起点の日")
    note = models.CharField("備考", max_length=300, blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "手続の工程"
        ordering = ("programme",)
        constraints = (models.UniqueConstraint(fields=["region", "programme"], name="one_plan_a_programme"),)

    def __str__(self) -> str:
        return self.get_programme_display()


@tracked
class PlanStep(Record):
    """What is known of one step of a plan: the day it is moved to and why, the day it was done with its document.

    A step of every municipality has a row for each that has taken it (`proxy`: the secretariat wrote it); the row
    without one is of all together.
    """

    plan = models.ForeignKey(ProcedurePlan, models.CASCADE, related_name="steps", verbose_name="手続の工程")
    step = models.CharField("工程", max_length=60)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="市町村"
    )
    moved_to = models.DateField("変更した日", null=True, blank=True)
    reason = models.CharField("変更の理由", max_length=300, blank=True)
    done_on = models.DateField("済んだ日", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    note = models.CharField("備考", max_length=300, blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped("plan__region")

    class Meta:
        verbose_name = "工程の記録"
        ordering = ("plan", "step", "municipality__code")
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "step", "municipality"], nulls_distinct=False, name="step_recorded_once"
            ),
            models.CheckConstraint(
                condition=models.Q(moved_to=None) | ~models.Q(reason=""), name="moved_step_has_its_reason"
            ),
        )

    def __str__(self) -> str:
        return self.step


class CalendarAddress(ByHand, Written):
    """A secret address at which calendar programs read a plan without log-in; only its hash is kept."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    plan = models.ForeignKey(
        ProcedurePlan, models.CASCADE, related_name="addresses", verbose_name="手続の工程"
    )
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField("用途", max_length=80)
    created_at = models.DateTimeField("発行日時", auto_now_add=True)
    revoked_at = models.DateTimeField("取消日時", null=True, blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "カレンダーの購読用アドレス"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.label

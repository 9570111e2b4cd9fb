"""Joint costs (共同経費): what cooperation costs by year, under which rule it is shared, and what each town budgets."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.guards import Guard, at_the_end
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.activities.models import frozen_year_guard
from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Organisation, Region

from .budget import BudgetLine

#: The stages at which a joint cost is put at a figure and shared.
COSTED = (
    BudgetLine.Stage.REQUEST,
    BudgetLine.Stage.INITIAL,
    BudgetLine.Stage.SUPPLEMENTARY,
    BudgetLine.Stage.SETTLED,
)
#: The stages a town reports of its own budget.
BUDGETED = (
    BudgetLine.Stage.REQUEST,
    BudgetLine.Stage.ASSESSED,
    BudgetLine.Stage.INITIAL,
    BudgetLine.Stage.SUPPLEMENTARY,
    BudgetLine.Stage.TRANSFER,
    BudgetLine.Stage.CARRIED_OVER,
    BudgetLine.Stage.EXECUTED,
    BudgetLine.Stage.SETTLED,
)

#: The text of a rule that was put to the towns stays; another text is another version.
_RULE_STAYS = """
IF OLD.state <> 'draft' AND (
    OLD.content IS DISTINCT FROM NEW.content OR OLD.digest <> NEW.digest OR OLD.cost_id <> NEW.cost_id
    OR OLD.number <> NEW.number
) THEN
    RAISE EXCEPTION 'rule % was put to the towns', OLD.id USING ERRCODE = 'check_violation';
END IF;
"""
_RULE_GOES = """
IF OLD.state NOT IN ('draft', 'withdrawn') THEN
    RAISE EXCEPTION 'rule % was put to the towns', OLD.id USING ERRCODE = 'check_violation';
END IF;
"""
#: When a transaction ends, the shares of an allocation add up to what is shared.
_SHARES_ADD_UP = """
IF (SELECT coalesce(sum(s.amount), 0) FROM finance_share s WHERE s.allocation_id = {id})
    <> (SELECT a.total - a.deducted FROM finance_allocation a WHERE a.id = {id}) THEN
    RAISE EXCEPTION 'the shares of allocation % do not add up', {id} USING ERRCODE = 'check_violation';
END IF;
"""


@tracked
class JointCost(Record):
    """One joint work whose cost is shared (共同経費): how it is run, who keeps its account, who takes part.

    `places` are six-digit codes; with none every member of the fiscal year takes part. `holder` claims the shares and
    pays the bills; where every town runs its own part it only evens out, and may be empty.
    """

    class Manner(models.TextChoices):
        CENTRE = "centre", "中心市等の一括執行"
        EACH = "each", "各市町村の執行"
        COUNCIL = "council", "協議会の会計"
        UNION = "union", "一部事務組合・広域連合の会計"

    region = models.ForeignKey(Region, models.CASCADE, related_name="joint_costs", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    title = models.CharField("名称", max_length=120)
    initiative = models.ForeignKey(
        Initiative, models.RESTRICT, related_name="joint_costs", verbose_name="取組"
    )
    project = models.ForeignKey(
        Project, models.RESTRICT, null=True, blank=True, related_name="joint_costs", verbose_name="事業"
    )
    manner = models.CharField("執行の方法", max_length=10, choices=Manner.choices, default=Manner.CENTRE)
    holder = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="会計をもつ団体"
    )
    places = models.JSONField("負担する市町村", default=list, blank=True)
    first_year = models.PositiveSmallIntegerField("最初の年度")
    last_year = models.PositiveSmallIntegerField("最後の年度", null=True, blank=True)
    note = models.CharField("備考", max_length=500, blank=True)

    objects: ClassVar[models.Manager[JointCost]] = scoped()

    class Meta:
        verbose_name = "共同経費"
        ordering = ("initiative__order", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="joint_cost_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(last_year=None) | models.Q(last_year__gte=models.F("first_year")),
                name="joint_cost_years_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(manner="each") | models.Q(holder__isnull=False),
                name="joint_cost_names_its_holder",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("finance:cost", args=[self.region.slug, self.slug])


@tracked
class CostItem(Record):
    """One item of a joint cost in a fiscal year at one stage (経費の内訳), whole yen; 補正 are changes, with a sign.

    `cost_class` is a class of the rule (建設, 運営 …), `loan_year` the year of borrowing of a debt service.
    `municipality` is who spends it, where that is not the holder. Revenue is what is meant for the cost (特定財源).
    """

    class Kind(models.TextChoices):
        EXPENSE = "expense", "経費"
        REVENUE = "revenue", "特定財源"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="items", verbose_name="共同経費")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    stage = models.CharField("段階", max_length=14, choices=[(each.value, each.label) for each in COSTED])
    round = models.PositiveSmallIntegerField("回", default=0)
    kind = models.CharField("種類", max_length=8, choices=Kind.choices, default=Kind.EXPENSE)
    cost_class = models.CharField("経費の区分", max_length=40, blank=True)
    loan_year = models.PositiveSmallIntegerField("借入年度", null=True, blank=True)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="執行する市町村"
    )
    title = models.CharField("内容", max_length=200)
    amount = models.BigIntegerField("金額（円）")
    reckoning = models.CharField("積算", max_length=300, blank=True)
    order = models.PositiveSmallIntegerField("順", default=0)

    objects: ClassVar[models.Manager[CostItem]] = scoped()

    class Meta:
        verbose_name = "経費の内訳"
        ordering = ("fiscal_year", "stage", "round", "order", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(amount__gte=0) | models.Q(stage="supplementary"),
                name="cost_item_not_negative",
            ),
            models.CheckConstraint(
                condition=(models.Q(round__gt=0) & models.Q(stage="supplementary"))
                | (models.Q(round=0) & ~models.Q(stage="supplementary")),
                name="cost_item_round_of_supplementary",
            ),
        )
        triggers = (*frozen_year_guard("closed_year"),)

    def __str__(self) -> str:
        return self.title


@tracked
class SharingRule(ByHand, Record):
    """One version of the rule under which a joint cost is shared (負担割合の定め).

    `content` is a `rulebooks.sharing.RuleSpec`, `digest` the SHA-256 of its canonical text: what every town decides
    on. Once proposed the text stays; adopted rules of one cost never hold in the same year.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "案"
        PROPOSED = "proposed", "照会中"
        ADOPTED = "adopted", "決定"
        WITHDRAWN = "withdrawn", "取下げ"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="rules", verbose_name="共同経費")
    number = models.PositiveSmallIntegerField("版")
    title = models.CharField("名称", max_length=120)
    content = models.JSONField("負担割合の定め", default=dict)
    digest = models.CharField("版のハッシュ", max_length=64)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.DRAFT)
    first_year = models.PositiveSmallIntegerField("適用する最初の年度")
    last_year = models.PositiveSmallIntegerField("適用する最後の年度", null=True, blank=True)
    taken_from = models.CharField("もとにした定め", max_length=200, blank=True)
    note = models.CharField("備考", max_length=500, blank=True)
    adopted_on = models.DateField("決定日", null=True, blank=True)

    objects: ClassVar[models.Manager[SharingRule]] = scoped()

    class Meta:
        verbose_name = "負担割合の定め"
        ordering = ("cost", "-number")
        constraints = (
            models.UniqueConstraint(fields=["cost", "number"], name="rule_version_once"),
            models.CheckConstraint(
                condition=models.Q(last_year=None) | models.Q(last_year__gte=models.F("first_year")),
                name="rule_years_in_order",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="adopted") | models.Q(adopted_on__isnull=False),
                name="adopted_rule_has_its_day",
            ),
            ExclusionConstraint(
                name="one_adopted_rule_a_year",
                expressions=[
                    (models.F("cost"), RangeOperators.EQUAL),
                    (
                        models.Func(
                            models.F("first_year"),
                            models.F("last_year"),
                            models.Value("[]"),
                            function="int4range",
                            output_field=IntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(state="adopted"),
            ),
        )
        triggers = (
            pgtrigger.FSM(
                name="state_moves_as_stated",
                field="state",
                transitions=[
                    ("draft", "proposed"),
                    ("proposed", "adopted"),
                    ("proposed", "withdrawn"),
                ],
            ),
            Guard(name="proposed_text_stays", operation=pgtrigger.Update, check=_RULE_STAYS),
            Guard(name="proposed_rule_stays", operation=pgtrigger.Delete, check=_RULE_GOES),
        )

    def __str__(self) -> str:
        return f"{self.title}（第{self.number}版）"

    def get_absolute_url(self) -> str:
        return reverse("finance:rule", args=[self.region.slug, self.cost.slug, self.number])

    @property
    def inquiry_digest(self) -> str:
        """What the towns are asked about: exactly this text."""
        return self.digest


@tracked
class BasisFigure(Record):
    """What one municipality has of a rule's basis in a fiscal year (按分の基礎数値), with where it was read.

    `basis` is the key of the rule's basis. `edition` and `cell` say which edition of a statistic it comes from.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="figures", verbose_name="共同経費")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    basis = models.CharField("基準", max_length=40)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    value = models.DecimalField("値", max_digits=20, decimal_places=4)
    source = models.CharField("出典", max_length=300, blank=True)
    as_of = models.CharField("時点・期間", max_length=80, blank=True)
    edition = models.CharField("統計の版", max_length=120, blank=True)
    cell = models.CharField("統計の箇所", max_length=120, blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects: ClassVar[models.Manager[BasisFigure]] = scoped()

    class Meta:
        verbose_name = "按分の基礎数値"
        ordering = ("fiscal_year", "basis", "municipality__code")
        constraints = (
            models.UniqueConstraint(
                fields=["cost", "fiscal_year", "basis", "municipality"], name="basis_figure_once"
            ),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="basis_figure_not_negative"),
        )
        triggers = (*frozen_year_guard("closed_year"),)

    def __str__(self) -> str:
        return f"{self.municipality} {self.basis} {self.value}"


@tracked
class CostGame(ByHand, Record):
    """What towns would pay alone and in smaller groups (単独・共同の費用): the game that rules are tested on.

    `content` is a `finance.games.GameSpec` of this kind.
    """

    class Kind(models.TextChoices):
        FUNCTION = "function", "費用関数"
        QUOTES = "quotes", "単独・共同の見積"
        TABLE = "table", "すべての組合せの表"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="games", verbose_name="共同経費")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    kind = models.CharField("作り方", max_length=10, choices=Kind.choices)
    content = models.JSONField("内容", default=dict)
    note = models.CharField("出典・備考", max_length=500, blank=True)

    objects: ClassVar[models.Manager[CostGame]] = scoped()

    class Meta:
        verbose_name = "単独・共同の費用"
        ordering = ("cost", "fiscal_year")
        constraints = (models.UniqueConstraint(fields=["cost", "fiscal_year"], name="one_cost_game_a_year"),)

    def __str__(self) -> str:
        return f"{self.cost} {self.fiscal_year} {self.get_kind_display()}"


class Allocation(ByHand, Written):
    """A joint cost shared and made known to the towns (負担額の決定): never changed, a newer one takes its place.

    `content` holds what it was reckoned from and every step (`finance.sharing.Reckoned`); `digest` is one hash over
    the rule, the costs and the figures. Whole yen.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="allocations", verbose_name="共同経費")
    rule = models.ForeignKey(SharingRule, models.RESTRICT, related_name="allocations", verbose_name="定め")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    stage = models.CharField("段階", max_length=14, choices=[(each.value, each.label) for each in COSTED])
    round = models.PositiveSmallIntegerField("回", default=0)
    number = models.PositiveSmallIntegerField("番号")
    total = models.BigIntegerField("経費（円）")
    deducted = models.BigIntegerField("特定財源（円）")
    content = models.JSONField("計算", default=dict)
    digest = models.CharField("計算のもとのハッシュ", max_length=64)
    issued_on = models.DateField("通知日")
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    answer_by = models.DateField("回答期限", null=True, blank=True)
    made_at = models.DateTimeField("作成日時", auto_now_add=True)

    #: What it asks of a town is done when the town has answered, not by a tick.
    ends_its_dues = True

    objects: ClassVar[models.Manager[Allocation]] = scoped()

    class Meta:
        verbose_name = "負担額の決定"
        ordering = ("cost", "fiscal_year", "-number")
        constraints = (
            models.UniqueConstraint(fields=["cost", "fiscal_year", "number"], name="allocation_number_once"),
            models.CheckConstraint(
                condition=models.Q(deducted__gte=0) & models.Q(total__gte=models.F("deducted")),
                name="allocation_deducts_no_more_than_its_cost",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="allocation_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            at_the_end("shares_add_up", _SHARES_ADD_UP.format(id="NEW.id")),
        )

    def __str__(self) -> str:
        return f"{self.cost} {self.fiscal_year} 第{self.number}号"

    def get_absolute_url(self) -> str:
        return reverse(
            "finance:allocation", args=[self.region.slug, self.cost.slug, self.fiscal_year, self.number]
        )


class Share(Written):
    """What one municipality bears of an allocation (負担額), whole yen."""

    allocation = models.ForeignKey(Allocation, models.CASCADE, related_name="shares")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    amount = models.BigIntegerField("負担額（円）")

    objects: ClassVar[models.Manager[Share]] = scoped("allocation__region")

    class Meta:
        verbose_name = "負担額"
        ordering = ("allocation", "id")
        constraints = (
            models.UniqueConstraint(fields=["allocation", "municipality"], name="one_share_a_town"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="share_not_negative"),
        )
        triggers = (
            pgtrigger.Protect(name="share_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            at_the_end("shares_add_up", _SHARES_ADD_UP.format(id="NEW.allocation_id")),
        )

    def __str__(self) -> str:
        return f"{self.municipality} {self.amount:,}円"


@tracked
class TownBudget(Record):
    """What a municipality budgets for its share at one stage (負担金の予算), whole yen; its budget lines follow it.

    `earmarked` is the part that other money than its general revenue pays (国県支出金, 地方債 …). `expected` is the
    share it was told at that stage. 補正, 流用 and 繰越 are changes, with a sign.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    cost = models.ForeignKey(JointCost, models.RESTRICT, related_name="budgets", verbose_name="共同経費")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    stage = models.CharField("段階", max_length=14, choices=[(each.value, each.label) for each in BUDGETED])
    round = models.PositiveSmallIntegerField("回", default=0)
    amount = models.BigIntegerField("金額（円）")
    earmarked = models.BigIntegerField("うち特定財源（円）", default=0)
    account = models.CharField("予算科目（款・項・目・節）", max_length=160, blank=True)
    document_no = models.CharField("議案番号・文書番号", max_length=80, blank=True)
    decided_on = models.DateField("決定日・議決日", null=True, blank=True)
    expected = models.ForeignKey(
        Allocation,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="budgets",
        verbose_name="負担額の決定",
    )
    note = models.CharField("備考（査定の理由など）", max_length=300, blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    objects: ClassVar[models.Manager[TownBudget]] = scoped()

    class Meta:
        verbose_name = "負担金の予算"
        ordering = ("fiscal_year", "municipality__code", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["cost", "fiscal_year", "municipality", "stage", "round"], name="town_budget_once"
            ),
            models.CheckConstraint(
                condition=(models.Q(round__gt=0) & models.Q(stage="supplementary"))
                | (models.Q(round=0) & ~models.Q(stage="supplementary")),
                name="town_budget_round_of_supplementary",
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=("supplementary", "transfer", "carried_over"))
                | (
                    models.Q(amount__gte=0)
                    & models.Q(earmarked__gte=0)
                    & models.Q(earmarked__lte=models.F("amount"))
                ),
                name="town_budget_not_negative",
            ),
        )
        triggers = (*frozen_year_guard("closed_year"),)

    def __str__(self) -> str:
        return f"{self.fiscal_year} {self.municipality} {self.get_stage_display()} {self.amount:,}円"

"""The joint stockpile (共同備蓄): items, lots with expiry and owners, where they lie, and every movement of them."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.guards import at_the_end, guards
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Region

from .incidents import Incident
from .places import Located, located


@tracked
class StockItem(Record):
    """A kind of thing that is kept (備蓄品目). `standard` is its key in the dated standards, where it has one."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="stock_items", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    title = models.CharField("品目", max_length=120)
    standard = models.CharField("基準の品目", max_length=60, blank=True)
    unit = models.CharField("単位", max_length=20)
    pack_size = models.PositiveIntegerField("1箱の入数", default=1)
    shelf_life_months = models.PositiveSmallIntegerField("使用期間（月）", null=True, blank=True)
    published = models.BooleanField("公表する", default=True)
    order = models.PositiveSmallIntegerField("順", default=0)
    note = models.CharField("備考", max_length=500, blank=True)

    objects: ClassVar[models.Manager[StockItem]] = scoped()

    class Meta:
        verbose_name = "備蓄品目"
        ordering = ("order", "title", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="stock_item_slug_in_region"),
            models.CheckConstraint(condition=Q(pack_size__gt=0), name="stock_item_pack_size"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("disaster:stock-item", args=[self.region.slug, self.slug])


@tracked
class StockPlace(Located, Record):
    """Where stock lies (備蓄倉庫)."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="stock_places", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    name = models.CharField("名称", max_length=120)
    address = models.CharField("所在地", max_length=300, blank=True)
    ended_on = models.DateField("廃止日", null=True, blank=True)
    note = models.CharField("備考", max_length=500, blank=True)

    objects: ClassVar[models.Manager[StockPlace]] = scoped()

    class Meta:
        verbose_name = "備蓄場所"
        ordering = ("municipality", "name", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="stock_place_slug_in_region"),
            located("stock_place_located"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("disaster:stock-place", args=[self.region.slug, self.slug])


@tracked
class StockLot(Record):
    """What came in together and expires together (ロット). `code` is printed as a QR code on its boxes.

    What is on hand follows from the movements alone.
    """

    class Funding(models.TextChoices):
        JOINT = "joint", "共同事業の経費"
        OWN = "own", "市町村の経費"
        DONATED = "donated", "寄附"

    region = models.ForeignKey(Region, models.CASCADE, related_name="stock_lots", verbose_name="圏域")
    item = models.ForeignKey(StockItem, models.RESTRICT, related_name="lots", verbose_name="品目")
    code = models.SlugField("ロット番号", max_length=40)
    expires_on = models.DateField("使用期限", null=True, blank=True)
    acquired_on = models.DateField("取得日")
    unit_price = models.PositiveIntegerField("単価（円）", null=True, blank=True)
    funding = models.CharField("財源", max_length=10, choices=Funding.choices, default=Funding.JOINT)
    note = models.CharField("備考", max_length=500, blank=True)

    objects: ClassVar[models.Manager[StockLot]] = scoped()

    class Meta:
        verbose_name = "備蓄ロット"
        ordering = (models.F("expires_on").asc(nulls_last=True), "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "code"], name="stock_lot_code_in_region"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=models.F("acquired_on")),
                name="stock_lot_expires_after",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} {self.code}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:stock-lot", args=[self.region.slug, self.code])


class LotOwner(Written):
    """How much of a lot is a town's (持分): `parts` of the sum of all owners' parts."""

    lot = models.ForeignKey(StockLot, models.CASCADE, related_name="owners")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    parts = models.PositiveBigIntegerField("持分")

    class Meta:
        verbose_name = "持分"
        ordering = ("municipality",)
        constraints = (
            models.UniqueConstraint(fields=["lot", "municipality"], name="lot_owner_once"),
            models.CheckConstraint(condition=Q(parts__gt=0), name="lot_owner_has_parts"),
        )

    def __str__(self) -> str:
        return f"{self.municipality} {self.parts}"


@tracked
class StockTransfer(ByHand, Record):
    """A request of one town to another for stock (貸出・譲渡・応援): asked, approved, shipped, received, given back or
    settled.

    `ledger` keeps the cost of the peacetime project and of mutual aid apart: aid belongs to an incident, the project
    to none. In an exercise the whole of it belongs to that incident and moves nothing real.
    """

    class Kind(models.TextChoices):
        LOAN = "loan", "貸出（返却する）"
        GIFT = "gift", "譲渡"
        AID = "aid", "応援（費用を精算する）"

    class State(models.TextChoices):
        REQUESTED = "requested", "依頼中"
        APPROVED = "approved", "承認"
        REFUSED = "refused", "不承認"
        WITHDRAWN = "withdrawn", "取下げ"
        SHIPPED = "shipped", "発送済み"
        RECEIVED = "received", "受領済み"
        RETURNED = "returned", "返却済み"
        SETTLED = "settled", "精算済み"

    class Ledger(models.TextChoices):
        PROJECT = "project", "平時の共同事業"
        AID = "aid", "災害時の相互応援"

    region = models.ForeignKey(Region, models.CASCADE, related_name="stock_transfers", verbose_name="圏域")
    number = models.PositiveIntegerField("番号")
    incident = models.ForeignKey(
        Incident, models.RESTRICT, null=True, blank=True, related_name="stock_transfers", verbose_name="事案"
    )
    kind = models.CharField("種類", max_length=6, choices=Kind.choices)
    ledger = models.CharField("費用の区分", max_length=8, choices=Ledger.choices, default=Ledger.PROJECT)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.REQUESTED)
    lender = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="提供する市町村")
    borrower = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="受ける市町村")
    to_place = models.ForeignKey(
        StockPlace, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="届け先"
    )
    reason = models.CharField("理由", max_length=500)
    due_on = models.DateField("返却の期限", null=True, blank=True)
    settled_yen = models.PositiveBigIntegerField("精算額（円）", null=True, blank=True)
    note = models.CharField("備考", max_length=500, blank=True)
    origin = models.CharField(max_length=120, editable=False)

    objects: ClassVar[models.Manager[StockTransfer]] = scoped()

    class Meta:
        verbose_name = "備蓄の貸出・譲渡"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["region", "number"], name="stock_transfer_number"),
            models.UniqueConstraint(fields=["region", "origin"], name="stock_transfer_asked_once"),
            models.CheckConstraint(
                condition=~Q(lender=models.F("borrower")), name="stock_transfer_between_two"
            ),
            models.CheckConstraint(
                condition=Q(ledger="aid", incident__isnull=False)
                | (Q(ledger="project", incident__isnull=True) & ~Q(kind="aid")),
                name="stock_transfer_ledger",
            ),
        )

    def __str__(self) -> str:
        return f"第{self.number}号"

    @property
    def is_exercise(self) -> bool:
        """Whether it belongs to an exercise."""
        return self.incident is not None and self.incident.is_exercise

    def get_absolute_url(self) -> str:
        return reverse("disaster:transfer", args=[self.region.slug, self.number])


class TransferLine(Written):
    """How much of an item is asked for and approved; what was sent and given back stands in the movements."""

    transfer = models.ForeignKey(StockTransfer, models.CASCADE, related_name="lines")
    item = models.ForeignKey(StockItem, models.PROTECT, related_name="+", verbose_name="品目")
    asked = models.PositiveIntegerField("依頼数")
    approved = models.PositiveIntegerField("承認数", null=True, blank=True)
    order = models.PositiveSmallIntegerField("順", default=0)

    class Meta:
        verbose_name = "貸出・譲渡の品目"
        ordering = ("order", "id")
        constraints = (
            models.UniqueConstraint(fields=["transfer", "item"], name="transfer_line_once"),
            models.CheckConstraint(
                condition=Q(asked__gt=0) & (Q(approved=None) | Q(approved__lte=models.F("asked"))),
                name="transfer_line_asks",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} {self.asked}"


class TransferStep(ByHand, Written):
    """A step of a transfer with its day and document, as it was taken."""

    transfer = models.ForeignKey(StockTransfer, models.CASCADE, related_name="steps")
    state = models.CharField("段階", max_length=10, choices=StockTransfer.State.choices)
    on = models.DateField("日付")
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    note = models.CharField("備考", max_length=300, blank=True)
    made_at = models.DateTimeField("入力日時", auto_now_add=True)

    class Meta:
        verbose_name = "貸出・譲渡の経過"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.get_state_display()


#: When a transaction ends, no lot lay anywhere with less than nothing at the end of any day: in reality, and in each
#: exercise on top of it. What comes in takes nothing away and is not asked.
_NOT_BELOW_ZERO = """
PERFORM pg_advisory_xact_lock(hashtextextended('stock ' || NEW.lot_id, 0));
IF NEW.quantity < 0 AND (
    SELECT min(d.left_over) FROM (
        SELECT m.on, sum(sum(m.quantity)) OVER (ORDER BY m.on) AS left_over FROM disaster_stockmovement m
        WHERE m.lot_id = NEW.lot_id AND m.place_id = NEW.place_id
            AND (NOT m.exercise OR (NEW.exercise AND m.incident_id = NEW.incident_id))
        GROUP BY m.on
    ) d WHERE d.on >= NEW.on
) < 0 THEN
    RAISE EXCEPTION 'lot % is not there in that number', NEW.lot_id USING ERRCODE = 'check_violation';
END IF;
"""
_EXERCISE_OF_INCIDENT = """
IF NEW.exercise <> coalesce(
    (SELECT i.mode = 'exercise' FROM disaster_incident i WHERE i.id = NEW.incident_id), false
) THEN
    RAISE EXCEPTION 'a movement is an exercise when its incident is' USING ERRCODE = 'check_violation';
END IF;
"""


class StockMovement(ByHand, Written):
    """A movement of a lot at a place (受払): what came in is positive, what went out negative. Append-only.

    A movement of an exercise counts in that exercise alone; stock that is used up in a drill has really gone
    (`Kind.DRILL`, without `exercise`). `origin` is the form's token: sent twice, posted once; `undo:` before it marks
    the opposite movements that take a deed back.
    """

    class Kind(models.TextChoices):
        RECEIVE = "receive", "受入"
        ISSUE = "issue", "払出（使用）"
        DRILL = "drill", "訓練・啓発での使用"
        MOVE = "move", "移動"
        SHIP = "ship", "発送"
        ARRIVE = "arrive", "受領"
        RETURN = "return", "返却"
        COUNT = "count", "棚卸による修正"
        DISPOSE = "dispose", "廃棄"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    lot = models.ForeignKey(StockLot, models.RESTRICT, related_name="movements", verbose_name="ロット")
    place = models.ForeignKey(StockPlace, models.RESTRICT, related_name="movements", verbose_name="場所")
    kind = models.CharField("種類", max_length=8, choices=Kind.choices)
    quantity = models.IntegerField("数量")
    on = models.DateField("日付")
    incident = models.ForeignKey(Incident, models.RESTRICT, null=True, related_name="+", verbose_name="事案")
    exercise = models.BooleanField("訓練", default=False)
    transfer = models.ForeignKey(StockTransfer, models.RESTRICT, null=True, related_name="movements")
    note = models.CharField("備考", max_length=300, blank=True)
    origin = models.CharField(max_length=120)
    made_at = models.DateTimeField("入力日時", auto_now_add=True)

    objects: ClassVar[models.Manager[StockMovement]] = scoped()

    class Meta:
        verbose_name = "備蓄の受払"
        ordering = ("on", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(quantity=0), name="stock_movement_moves"),
            models.UniqueConstraint(
                fields=["region", "origin", "lot", "place"], name="stock_movement_posted_once"
            ),
        )
        triggers = (
            *guards("exercise", lambda row: _EXERCISE_OF_INCIDENT.replace("NEW", row))[:1],
            at_the_end("not_below_zero", _NOT_BELOW_ZERO),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.lot} {self.quantity:+d}"

    @property
    def undoes(self) -> bool:
        """Whether it takes another movement back."""
        return self.origin.startswith("undo:")

    @property
    def can_be_undone(self) -> bool:
        """Whether it is of a kind that is taken back by its opposite, and is not itself one."""
        kinds = (self.Kind.RECEIVE, self.Kind.ISSUE, self.Kind.DRILL, self.Kind.MOVE, self.Kind.DISPOSE)
        return self.kind in kinds and self.transfer_id is None and not self.undoes


@tracked
class Stocktake(ByHand, Record):
    """A stocktake (棚卸) of a place: open while people count, then closed and the differences posted."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="stocktakes", verbose_name="圏域")
    place = models.ForeignKey(StockPlace, models.RESTRICT, related_name="stocktakes", verbose_name="場所")
    began_on = models.DateField("開始日")
    closed_on = models.DateField("終了日", null=True, blank=True)
    note = models.CharField("備考", max_length=300, blank=True)

    objects: ClassVar[models.Manager[Stocktake]] = scoped()

    class Meta:
        verbose_name = "棚卸"
        ordering = ("-began_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["place"], condition=Q(closed_on=None), name="stocktake_open_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.place} {self.began_on}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:stocktake", args=[self.region.slug, self.pk])


class StockCount(ByHand, Written):
    """What was counted of a lot in a stocktake; counted again, the later row holds."""

    stocktake = models.ForeignKey(Stocktake, models.CASCADE, related_name="counts")
    lot = models.ForeignKey(StockLot, models.RESTRICT, related_name="+")
    counted = models.PositiveIntegerField("数量")
    expected = models.PositiveIntegerField("帳簿の数量")
    note = models.CharField("備考", max_length=300, blank=True)
    origin = models.CharField(max_length=120)
    made_at = models.DateTimeField("入力日時", auto_now_add=True)

    class Meta:
        verbose_name = "棚卸の結果"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["stocktake", "origin"], name="stock_count_posted_once"),
        )

    def __str__(self) -> str:
        return f"{self.lot} {self.counted}"

"""The reception of shelters: devices and what they brought on sticks, cards and sheets printed ahead, check-ins by a
resident's own telephone. The persons themselves are entities of the event store.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.analysis import reception
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.regions.models import Municipality, Region

from .incidents import Incident, Mode, mode_guards
from .places import Shelter


def _of_its_mode(name: str) -> models.CheckConstraint:
    """The token's first letter says the mode, as it does where there is no network."""
    letters = reception.LETTERS
    return models.CheckConstraint(
        condition=Q(mode="real", token__startswith=letters["real"])
        | Q(mode="exercise", token__startswith=letters["exercise"]),
        name=name,
    )


@tracked
class Device(Record):
    """A tablet or PC of a reception (受付の端末): its public key verifies what it brings on a stick.

    Its events are taken until `revoked_at`; what comes later is kept aside.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    device = models.CharField("端末の番号", max_length=40)
    name = models.CharField("名称", max_length=80)
    public_key = models.CharField("公開鍵", max_length=100)
    registered_by = models.CharField("登録した人", max_length=120)
    registered_at = models.DateTimeField("登録日時", auto_now_add=True)
    revoked_at = models.DateTimeField("登録抹消", null=True, blank=True)
    revoked_by = models.CharField("抹消した人", max_length=120, blank=True)
    revoked_reason = models.CharField("抹消の理由", max_length=200, blank=True)

    objects: ClassVar[models.Manager[Device]] = scoped()

    class Meta:
        verbose_name = "受付の端末"
        ordering = ("municipality", "name", "id")
        constraints = (models.UniqueConstraint(fields=["region", "device"], name="device_once_in_region"),)

    def __str__(self) -> str:
        return f"{self.name}（{self.device}）"

    def get_absolute_url(self) -> str:
        return reverse("disaster:devices", args=[self.region.slug])

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


class BundleRead(Written):
    """A file of a stick that was read (持ち運びファイル): its id, its digest, what became of its events."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="bundles", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    device = models.ForeignKey(Device, models.PROTECT, related_name="bundles", verbose_name="端末")
    bundle = models.UUIDField("ファイルの番号")
    digest = models.CharField("内容のハッシュ", max_length=64)
    serial = models.PositiveIntegerField("通し番号")
    header: Any = models.JSONField("表書き", default=dict)
    counts: Any = models.JSONField("件数", default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField("読み込んだ人", max_length=120)
    at = models.DateTimeField("読込日時", auto_now_add=True)

    objects: ClassVar[models.Manager[BundleRead]] = scoped()

    class Meta:
        verbose_name = "持ち運びファイルの読込"
        ordering = ("-at", "-id")
        constraints = (models.UniqueConstraint(fields=["region", "bundle"], name="bundle_read_once"),)
        triggers = (
            *mode_guards(),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.device} 第{self.serial}号"


@tracked
class CardBatch(Record):
    """A print run of cards (受付カード) of a town: for real disasters or for training, never both."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    first = models.PositiveIntegerField("最初の番号")
    size = models.PositiveIntegerField("枚数")
    made_by = models.CharField("作成した人", max_length=120)
    made_at = models.DateTimeField("作成日時", auto_now_add=True)

    objects: ClassVar[models.Manager[CardBatch]] = scoped()

    class Meta:
        verbose_name = "受付カードの束"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["region", "municipality", "mode", "first"], name="card_batch_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_mode_display()}用 第{self.first}号～第{self.last}号"

    @property
    def last(self) -> int:
        return self.first + self.size - 1


class Card(Written):
    """A card that is handed to one person at the reception: a number people read, a token that is scanned."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    batch = models.ForeignKey(CardBatch, models.CASCADE, related_name="cards")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    number = models.PositiveIntegerField("番号")
    token = models.CharField("コード", max_length=12, unique=True)

    objects: ClassVar[models.Manager[Card]] = scoped()

    class Meta:
        verbose_name = "受付カード"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["region", "municipality", "mode", "number"], name="card_number_once"
            ),
            _of_its_mode("card_of_its_mode"),
        )
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"第{self.number}号"


class PaperSheet(Written):
    """A numbered sheet of the paper reception (受付簿の用紙), keyed in later: each line is one person."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    number = models.PositiveIntegerField("番号")
    token = models.CharField("コード", max_length=9, unique=True)
    lines = models.PositiveSmallIntegerField("行数")
    made_by = models.CharField("作成した人", max_length=120)
    made_at = models.DateTimeField("作成日時", auto_now_add=True)

    objects: ClassVar[models.Manager[PaperSheet]] = scoped()

    class Meta:
        verbose_name = "受付簿の用紙"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["region", "municipality", "mode", "number"], name="paper_sheet_number_once"
            ),
            models.CheckConstraint(condition=Q(lines__gte=1, lines__lte=99), name="paper_sheet_lines"),
            _of_its_mode("paper_sheet_of_its_mode"),
        )
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.get_mode_display()}用 第{self.number}号"


@tracked
class ShelterPoster(Record):
    """The poster of a shelter in an incident: its QR code opens the residents' form (受付フォーム) until it closes.

    `keep_hours`: after so many hours a check-in nobody confirmed is erased.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="posters", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    shelter = models.ForeignKey(Shelter, models.CASCADE, related_name="+", verbose_name="避難所")
    token = models.CharField("アドレスの鍵", max_length=40, unique=True)
    keep_hours = models.PositiveSmallIntegerField("確認を待つ時間", default=24)
    opened_by = models.CharField("開いた人", max_length=120)
    opened_at = models.DateTimeField("開いた日時", auto_now_add=True)
    closed_at = models.DateTimeField("閉じた日時", null=True, blank=True)

    objects: ClassVar[models.Manager[ShelterPoster]] = scoped()

    class Meta:
        verbose_name = "受付フォーム"
        ordering = ("shelter", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["incident", "shelter"], condition=Q(closed_at=None), name="one_open_poster"
            ),
            models.CheckConstraint(condition=Q(keep_hours__gte=1, keep_hours__lte=168), name="poster_hours"),
        )
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return f"{self.shelter.name}の受付フォーム"


class WebCheckin(Written):
    """What a resident sent from a telephone, waiting for the desk (確認待ちの受付). Sealed; it becomes events when an
    officer confirms it, and is erased when nobody does before `expires_at`.

    `number` is what the resident says at the desk.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "確認待ち"
        CONFIRMED = "confirmed", "受付済み"
        REFUSED = "refused", "受け付けない"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    poster = models.ForeignKey(ShelterPoster, models.CASCADE, related_name="checkins")
    number = models.PositiveIntegerField("番号")
    ident = models.CharField("送信の番号", max_length=16)
    people = models.PositiveSmallIntegerField("人数")
    sealed = SealedJSONField("内容", null=True)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField("理由", max_length=200, blank=True)
    made_at = models.DateTimeField("受信日時", auto_now_add=True)
    expires_at = models.DateTimeField("消去の日時")
    decided_at = models.DateTimeField("確認日時", null=True)
    decided_by = models.CharField("確認した人", max_length=120, blank=True)

    objects: ClassVar[models.Manager[WebCheckin]] = scoped()

    class Meta:
        verbose_name = "確認待ちの受付"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["poster", "number"], name="web_checkin_number_once"),
            models.UniqueConstraint(fields=["poster", "ident"], name="web_checkin_sent_once"),
        )
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return f"{self.number}番"

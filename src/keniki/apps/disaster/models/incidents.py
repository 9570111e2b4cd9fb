"""Incidents and what happens in them: an append-only set of events, and the state folded from it.

An incident is real or an exercise (訓練) from its first moment to its last; the database refuses everything that would
carry one into the other.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.guards import Guard, guards
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.regions.models import Municipality, Region

from .places import Hazard


class Mode(models.TextChoices):
    """Whether something is real or an exercise: printed beside everything that belongs to an incident."""

    REAL = "real", "実災害"
    EXERCISE = "exercise", "訓練"


class Cause(models.TextChoices):
    """What an incident is about: the hazards sites are designated for, and what else keeps headquarters busy."""

    FLOOD = Hazard.FLOOD.value, Hazard.FLOOD.label
    LANDSLIDE = Hazard.LANDSLIDE.value, Hazard.LANDSLIDE.label
    STORM_SURGE = Hazard.STORM_SURGE.value, Hazard.STORM_SURGE.label
    EARTHQUAKE = Hazard.EARTHQUAKE.value, Hazard.EARTHQUAKE.label
    TSUNAMI = Hazard.TSUNAMI.value, Hazard.TSUNAMI.label
    FIRE = Hazard.FIRE.value, Hazard.FIRE.label
    INLAND_FLOOD = Hazard.INLAND_FLOOD.value, Hazard.INLAND_FLOOD.label
    VOLCANO = Hazard.VOLCANO.value, Hazard.VOLCANO.label
    SNOW = "snow", "暴風雪・大雪"
    WIND = "wind", "暴風・竜巻"
    OUTAGE = "outage", "停電・断水"
    OTHER = "other", "その他"


_MODE_STAYS = """
IF OLD.mode <> NEW.mode OR OLD.uid <> NEW.uid OR OLD.region_id <> NEW.region_id THEN
    RAISE EXCEPTION 'incident % stays what it is', OLD.id USING ERRCODE = 'check_violation';
END IF;
"""


#: The row's mode is that of its incident, which belongs to the same region.
_MODE_OF_INCIDENT = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_incident i
    WHERE i.id = {row}.incident_id AND i.mode = {row}.mode AND i.region_id = {row}.region_id
) THEN
    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';
END IF;
"""


def mode_guards() -> list[pgtrigger.Trigger]:
    """For models with `incident` and `mode`: an exercise never stands in a real incident, nor the other way round."""
    return guards("mode", lambda row: _MODE_OF_INCIDENT.replace("{row}", row))[:2]


@tracked
class Incident(Record):
    """A disaster or a drill (災害・訓練の事案) the towns act in together. Its mode never changes."""

    Mode = Mode

    region = models.ForeignKey(Region, models.CASCADE, related_name="incidents", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    uid = models.UUIDField("事案の番号", default=uuid.uuid4, unique=True, editable=False)
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    title = models.CharField("名称", max_length=160)
    hazard = models.CharField("災害種別", max_length=20, choices=Cause.choices)
    began_at = models.DateTimeField("発生（開始）日時")
    ended_at = models.DateTimeField("終了日時", null=True, blank=True)
    public = models.BooleanField("住民向けの画面に表示", default=False)
    note = models.TextField("備考", blank=True)

    objects: ClassVar[models.Manager[Incident]] = scoped()

    class Meta:
        verbose_name = "事案"
        ordering = ("-began_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="incident_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("began_at")),
                name="incident_times_in_order",
            ),
        )
        triggers = (Guard(name="mode_stays", operation=pgtrigger.Update, check=_MODE_STAYS),)

    def __str__(self) -> str:
        return f"【{self.get_mode_display()}】{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:incident", args=[self.region.slug, self.slug])

    @property
    def is_exercise(self) -> bool:
        return self.mode == Mode.EXERCISE


class Event(Written):
    """One event (できごと): what somebody recorded, when, where and of which source. Never changed, never removed but
    by the purge of personal data.

    `fields` are the public ones as sent, `sealed` those about persons, encrypted. `at` is the device's clock: shown,
    never used to decide. `municipality` is the town it concerns, `home` the town the person comes from: with
    `personal` only people of these towns read the row.
    """

    class Via(models.TextChoices):
        PAGE = "page", "画面"
        DEVICE = "device", "端末"
        BUNDLE = "bundle", "持ち運びファイル"
        PAPER = "paper", "紙の記録"
        IMPORT = "import", "取込"
        INJECT = "inject", "訓練の状況付与"
        WARNING = "warning", "気象情報"

    id = models.UUIDField(primary_key=True)
    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="happenings", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    kind = models.CharField("種類", max_length=40)
    entity = models.CharField("対象", max_length=120)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, related_name="+", verbose_name="市町村"
    )
    home = models.ForeignKey(Municipality, models.PROTECT, null=True, related_name="+", verbose_name="住所地")
    personal = models.BooleanField("個人情報", default=False)
    fields = models.JSONField("内容", default=dict)
    sealed = SealedJSONField("個人に関する内容", null=True)
    note = models.TextField("メモ", blank=True)
    device = models.CharField("端末", max_length=64, blank=True)
    seq = models.PositiveBigIntegerField("端末の通し番号", null=True)
    at = models.DateTimeField("端末の時刻")
    received_at = models.DateTimeField("受信日時", auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="入力者"
    )
    actor_name = models.CharField("入力者", max_length=120, blank=True)
    post_label = models.CharField("職", max_length=160, blank=True)
    on_behalf_of = models.CharField("代理入力", max_length=120, blank=True)
    via = models.CharField("経路", max_length=10, choices=Via.choices)
    digest = models.CharField("内容のハッシュ", max_length=64)

    objects: ClassVar[models.Manager[Event]] = scoped()

    class Meta:
        verbose_name = "できごと"
        ordering = ("received_at", "id")
        indexes = (
            models.Index(fields=["incident", "received_at"], name="event_in_order"),
            models.Index(fields=["incident", "entity"], name="event_of_entity"),
        )
        triggers = (
            *mode_guards(),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.entity}"


class EntityState(Written):
    """What an entity of an incident is now: its events folded. Always equal to folding all of them anew.

    `counting` has of a person what a headcount needs and nothing else: where somebody is said to be, not who it is.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="entities")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    entity = models.CharField("対象", max_length=120)
    kind = models.CharField("種類", max_length=20)
    municipality = models.ForeignKey(Municipality, models.PROTECT, null=True, related_name="+")
    home = models.ForeignKey(Municipality, models.PROTECT, null=True, related_name="+")
    personal = models.BooleanField(default=False)
    state = models.JSONField("状態", default=dict)
    sealed = SealedJSONField("個人に関する状態", null=True)
    counting = models.JSONField("人数を数えるための内容", default=dict)
    conflicts = models.PositiveSmallIntegerField("食い違い", default=0)
    void = models.BooleanField("取消", default=False)
    digest = models.CharField("状態のハッシュ", max_length=64)
    changed_at = models.DateTimeField("更新日時", auto_now=True)

    objects: ClassVar[models.Manager[EntityState]] = scoped()

    class Meta:
        verbose_name = "対象の状態"
        ordering = ("kind", "entity")
        constraints = (models.UniqueConstraint(fields=["incident", "entity"], name="entity_state_once"),)
        indexes = (models.Index(fields=["incident", "kind"], name="entity_state_of_kind"),)
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return self.entity


class RefusedEvent(Written):
    """An event that could not be taken (保留したできごと): what was sent (`sent`), sealed, and the reason.

    With `personal` only people of the sender's town (`municipality`) read the row.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="refused")
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, related_name="+", verbose_name="市町村"
    )
    personal = models.BooleanField("個人情報", default=False)
    event_id = models.CharField("できごとの番号", max_length=64, blank=True)
    raw = SealedJSONField("届いた内容")
    digest = models.CharField("内容のハッシュ", max_length=64)
    reason = models.TextField("理由")
    device = models.CharField("端末", max_length=64, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField("受信日時", auto_now_add=True)
    settled_at = models.DateTimeField("処理日時", null=True)
    settled_note = models.CharField("処理の内容", max_length=300, blank=True)

    objects: ClassVar[models.Manager[RefusedEvent]] = scoped()

    class Meta:
        verbose_name = "保留したできごと"
        ordering = ("-received_at", "-id")
        constraints = (models.UniqueConstraint(fields=["region", "digest"], name="refused_event_once"),)

    def __str__(self) -> str:
        return self.reason

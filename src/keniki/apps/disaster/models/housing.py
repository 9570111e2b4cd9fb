"""Houses that were stricken, their surveys and the photos of these: the town's own, shown to nobody else.

What stands sealed is erased by the purge with the photos; classes, arithmetic and numbers stay.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.guards import Guard
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.regions.models import Municipality, Region
from keniki.rulebooks.disaster.damage import HAZARDS, STRUCTURES

from .incidents import Incident, Mode, mode_guards

#: A survey says for ever what it said; the purge alone takes its sealed part away.
_SURVEY_STAYS = """
IF OLD.uid <> NEW.uid OR OLD.house_id <> NEW.house_id OR OLD.record <> NEW.record OR OLD.result <> NEW.result
    OR OLD.digest <> NEW.digest OR (NEW.sealed IS NOT NULL AND OLD.sealed IS DISTINCT FROM NEW.sealed)
THEN
    RAISE EXCEPTION 'a survey stays what it is' USING ERRCODE = 'check_violation';
END IF;
"""
_HOUSE_STAYS = """
IF OLD.uid <> NEW.uid OR OLD.incident_id <> NEW.incident_id OR OLD.municipality_id <> NEW.municipality_id
    OR OLD.number <> NEW.number
THEN
    RAISE EXCEPTION 'a house stays where it is' USING ERRCODE = 'check_violation';
END IF;
"""
#: What belongs to a house or a survey is of the same incident and town.
_SURVEY_OF_HOUSE = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_house h WHERE h.id = NEW.house_id AND h.incident_id = NEW.incident_id
    AND h.municipality_id = NEW.municipality_id
) THEN
    RAISE EXCEPTION 'a survey is of a house of its incident and town' USING ERRCODE = 'check_violation';
END IF;
"""
_PHOTO_OF_SURVEY = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_housesurvey s WHERE s.id = NEW.survey_id AND s.incident_id = NEW.incident_id
    AND s.municipality_id = NEW.municipality_id
) THEN
    RAISE EXCEPTION 'a photo is of a survey of its incident and town' USING ERRCODE = 'check_violation';
END IF;
"""
_OFFICIAL_OF_HOUSE = """
IF NEW.official_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM disaster_housesurvey s WHERE s.id = NEW.official_id AND s.house_id = NEW.id AND s.state <> 'withdrawn'
) THEN
    RAISE EXCEPTION 'the official survey is one of the house' USING ERRCODE = 'check_violation';
END IF;
"""


@tracked
class House(Record):
    """A house in an incident (被災家屋), numbered within its town.

    `sealed` has `address`, `owner`, `household`, `phone`, `note`, `latitude`, `longitude`, each only where known; it is
    None after the purge. `official` is the survey the town decided on, with who decided and what was confirmed:
    `confirmed` are `{"rule", "what", "otherwise"}` of the result.
    """

    class Use(models.TextChoices):
        RESIDENCE = "residence", "住家"
        OTHER = "other", "非住家"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="houses", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("整理番号")
    uid = models.UUIDField("番号", default=uuid.uuid4, unique=True, editable=False)
    district = models.CharField("地区・町字", max_length=80, blank=True)
    use = models.CharField("用途", max_length=10, choices=Use.choices, default=Use.RESIDENCE)
    structure = models.CharField("構造", max_length=10, choices=list(STRUCTURES.items()), default="wood")
    storeys = models.PositiveSmallIntegerField("階数", default=1)
    detached = models.BooleanField("戸建て", default=True)
    hazard = models.CharField("災害の種類", max_length=12, choices=list(HAZARDS.items()))
    struck_on = models.DateField("被災した日")
    team = models.CharField("調査班", max_length=40, blank=True)
    sealed = SealedJSONField("個人に関する内容", null=True)
    official = models.ForeignKey(
        "HouseSurvey", models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="採用した調査"
    )
    decided_on = models.DateField("決定した日", null=True, blank=True)
    decided_by = models.CharField("決定した者", max_length=120, blank=True)
    decided_note = models.CharField("決定の理由", max_length=300, blank=True)
    confirmed = models.JSONField("確認した事項", default=list, blank=True)

    objects: ClassVar[models.Manager[House]] = scoped()

    class Meta:
        verbose_name = "被災家屋"
        ordering = ("municipality", "number")
        constraints = (
            models.UniqueConstraint(fields=["incident", "municipality", "number"], name="house_number"),
            models.CheckConstraint(
                condition=Q(storeys__gte=1) & Q(number__gte=1), name="house_counts_from_one"
            ),
            models.CheckConstraint(
                condition=Q(official=None) | (Q(decided_on__isnull=False) & ~Q(decided_by="")),
                name="house_official_was_decided",
            ),
        )
        indexes = (models.Index(fields=["incident", "municipality", "district"], name="house_in_district"),)
        triggers = (
            *mode_guards(),
            Guard(name="stays", operation=pgtrigger.Update, check=_HOUSE_STAYS + _OFFICIAL_OF_HOUSE),
        )

    def __str__(self) -> str:
        return f"家屋第{self.number}号"

    def get_absolute_url(self) -> str:
        slugs = [self.region.slug, self.incident.slug, self.municipality.code]
        return reverse("disaster:house", args=[*slugs, self.number])


class HouseSurvey(Written):
    """One survey of a house (住家被害認定調査): what was seen (`record`, as `analysis.damage.read_house` takes it,
    without names) and what follows (`result`, as `Assessment.as_dict` gives it). Never changed; a correction is a new
    survey.

    `uid` is given by whoever made it, so that sending twice stores once. `digest` is of the record. `percent` is a
    number in per cent, None where a short way decided.
    """

    class Round(models.TextChoices):
        FIRST = "first", "第1次調査"
        SECOND = "second", "第2次調査"
        AGAIN = "again", "再調査"
        SELF = "self", "自己判定方式"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "提出"
        CONFIRMED = "confirmed", "確認済み"
        WITHDRAWN = "withdrawn", "取下げ"

    class Via(models.TextChoices):
        PAGE = "page", "画面"
        DEVICE = "device", "端末"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    house = models.ForeignKey(House, models.RESTRICT, related_name="surveys", verbose_name="家屋")
    uid = models.UUIDField("調査の番号", default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveSmallIntegerField("調査の順")
    round = models.CharField("調査の回", max_length=10, choices=Round.choices)
    hazard = models.CharField("災害の種類", max_length=12, choices=list(HAZARDS.items()))
    surveyed_on = models.DateField("調査した日")
    assessors = models.CharField("調査した職員", max_length=200)
    record = models.JSONField("調査の内容")
    result = models.JSONField("判定の結果")
    class_key = models.CharField("区分", max_length=12)
    percent = models.DecimalField("損害割合（％）", max_digits=7, decimal_places=3, null=True)
    digest = models.CharField("内容のハッシュ", max_length=64)
    sealed = SealedJSONField("個人に関する内容", null=True)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.SUBMITTED)
    settled_by = models.CharField("確認・取下げした者", max_length=120, blank=True)
    settled_at = models.DateTimeField("確認・取下げの日時", null=True)
    settled_note = models.CharField("確認・取下げの理由", max_length=300, blank=True)
    via = models.CharField("経路", max_length=10, choices=Via.choices)
    device = models.CharField("端末", max_length=64, blank=True)
    made_at = models.DateTimeField("受信日時", auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField("入力者", max_length=120, blank=True)

    objects: ClassVar[models.Manager[HouseSurvey]] = scoped()

    class Meta:
        verbose_name = "家屋の調査"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["house", "number"], name="house_survey_number"),)
        triggers = (
            *mode_guards(),
            Guard(name="of_house", operation=pgtrigger.Insert, check=_SURVEY_OF_HOUSE),
            Guard(name="stays", operation=pgtrigger.Update, check=_SURVEY_STAYS),
        )

    def __str__(self) -> str:
        return f"{self.get_round_display()}（{self.number}回目）"


class SurveyPhoto(Written):
    """A photo of a survey: a copy without EXIF in the store of files, found by `digest`. Erased by the purge.

    `sealed` has `caption` and, where the camera gave them, `taken_at`, `latitude`, `longitude`.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    survey = models.ForeignKey(HouseSurvey, models.CASCADE, related_name="photos", verbose_name="調査")
    uid = models.UUIDField("写真の番号", default=uuid.uuid4, unique=True, editable=False)
    part = models.CharField("部位", max_length=20, blank=True)
    digest = models.CharField("ファイルのハッシュ", max_length=64)
    size = models.PositiveIntegerField("大きさ（バイト）")
    width = models.PositiveIntegerField("幅")
    height = models.PositiveIntegerField("高さ")
    sealed = SealedJSONField("個人に関する内容", null=True)
    made_at = models.DateTimeField("受信日時", auto_now_add=True)

    objects: ClassVar[models.Manager[SurveyPhoto]] = scoped()

    class Meta:
        verbose_name = "調査の写真"
        ordering = ("id",)
        triggers = (
            *mode_guards(),
            Guard(name="of_survey", operation=pgtrigger.Insert, check=_PHOTO_OF_SURVEY),
        )

    def __str__(self) -> str:
        return f"写真 {self.part}"

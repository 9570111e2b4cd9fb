"""Certificates of damage (罹災証明書・被災証明書): who asked, what was told and issued, what took its place.

They are the stricken town's own. What stands sealed is erased by the purge; numbers, days and classes stay.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.guards import Guard, guards
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.programmes.models import ByHand
from keniki.apps.regions.models import Municipality, Region

from .housing import House, HouseSurvey
from .incidents import Incident, Mode, mode_guards

_HOUSE_OF_APPLICATION = """
IF {row}.house_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM disaster_house h WHERE h.id = {row}.house_id AND h.incident_id = {row}.incident_id
    AND h.municipality_id = {row}.municipality_id
) THEN
    RAISE EXCEPTION 'an application is about a house of its incident and town' USING ERRCODE = 'check_violation';
END IF;
"""
_OF_APPLICATION = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_certificateapplication a WHERE a.id = {row}.application_id
    AND a.incident_id = {row}.incident_id AND a.municipality_id = {row}.municipality_id
) THEN
    RAISE EXCEPTION 'a certificate is of an application of its incident and town' USING ERRCODE = 'check_violation';
END IF;
"""
#: What was issued says for ever what it said: it is replaced or withdrawn, and the purge takes its persons away.
_CERTIFICATE_STAYS = """
IF OLD.uid <> NEW.uid OR OLD.number <> NEW.number OR OLD.kind <> NEW.kind OR OLD.issued_on <> NEW.issued_on
    OR OLD.class_key <> NEW.class_key OR OLD.class_name <> NEW.class_name OR OLD.digest <> NEW.digest
    OR OLD.survey_id IS DISTINCT FROM NEW.survey_id OR OLD.form <> NEW.form
    OR (NEW.sealed IS NOT NULL AND OLD.sealed IS DISTINCT FROM NEW.sealed)
    OR (OLD.withdrawn_on IS NOT NULL AND NEW.withdrawn_on IS DISTINCT FROM OLD.withdrawn_on)
    OR (OLD.replaced_on IS NOT NULL AND NEW.replaced_on IS DISTINCT FROM OLD.replaced_on)
THEN
    RAISE EXCEPTION 'a certificate is never changed' USING ERRCODE = 'check_violation';
END IF;
"""


class Kind(models.TextChoices):
    """罹災証明書 says how badly a dwelling was damaged; 被災証明書 that damage to something else was reported."""

    DAMAGE = "damage", "罹災証明書"
    REPORT = "report", "被災証明書"


@tracked
class CertificateSetting(Record):
    """What a town prints on its certificates, and how long it keeps them (発行の設定): the town's own rules.

    Without `keep_years` certificates are erased with all else the incident holds about the town's persons; with it so
    many years after the last one was issued.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    mayor_title = models.CharField("長の職名", max_length=60)
    mayor_name = models.CharField("長の氏名", max_length=60)
    number_word = models.CharField("番号の前に付ける文字", max_length=40, blank=True)
    office = models.CharField("問合せ先", max_length=200, blank=True)
    extra = models.CharField("証明書に加える文", max_length=400, blank=True)
    keep_years = models.PositiveSmallIntegerField("証明書の記録を残す年数", null=True, blank=True)
    keep_basis = models.CharField("残す年数の根拠", max_length=300, blank=True)

    objects: ClassVar[models.Manager[CertificateSetting]] = scoped()

    class Meta:
        verbose_name = "証明書の発行の設定"
        constraints = (
            models.UniqueConstraint(fields=["region", "municipality"], name="certificate_setting_once"),
            models.CheckConstraint(
                condition=Q(keep_years=None) | (Q(keep_years__range=(1, 50)) & ~Q(keep_basis="")),
                name="certificate_setting_has_its_basis",
            ),
        )

    def __str__(self) -> str:
        return f"{self.municipality} 証明書の発行の設定"


@tracked
class CertificateApplication(Record):
    """Somebody asked for a certificate (交付申請), numbered within the incident and town.

    `sealed` has `applicant`, `kana`, `address`, `phone`, `relation`, `head`, `head_address`, `household` (lines),
    `place` (of what was damaged), `things`, `purpose`, `note`, each only where known. The prints find equal names and
    places; nothing can be read in them.
    """

    class Via(models.TextChoices):
        WINDOW = "window", "窓口"
        PAPER = "paper", "郵送・紙"
        PROXY = "proxy", "代理人"
        ONLINE = "online", "電子申請"

    class State(models.TextChoices):
        APPLIED = "applied", "受付"
        TOLD = "told", "結果を通知"
        ISSUED = "issued", "発行"
        DELIVERED = "delivered", "交付済み"
        OBJECTED = "objected", "再調査の申請"
        WITHDRAWN = "withdrawn", "取下げ"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("受付番号")
    kind = models.CharField("種類", max_length=8, choices=Kind.choices)
    via = models.CharField("受付の方法", max_length=8, choices=Via.choices)
    asked_on = models.DateField("申請日")
    struck_on = models.DateField("被災した日")
    self_reported = models.BooleanField("自己判定方式", default=False)
    house = models.ForeignKey(
        House, models.RESTRICT, null=True, blank=True, related_name="applications", verbose_name="家屋"
    )
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.APPLIED)
    first_issued_on = models.DateField("最初に発行した日", null=True, blank=True)
    name_print = models.CharField(max_length=64, blank=True)
    kana_print = models.CharField(max_length=64, blank=True)
    place_print = models.CharField(max_length=64, blank=True)
    sealed = SealedJSONField("個人に関する内容", null=True)

    objects: ClassVar[models.Manager[CertificateApplication]] = scoped()

    class Meta:
        verbose_name = "証明書の交付申請"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=["incident", "municipality", "number"], name="certificate_application_number"
            ),
            models.CheckConstraint(
                condition=Q(self_reported=False) | Q(kind="damage"), name="certificate_self_reported_dwelling"
            ),
            models.CheckConstraint(
                condition=Q(asked_on__gte=models.F("struck_on")), name="certificate_asked_after_the_disaster"
            ),
        )
        indexes = (
            models.Index(fields=["incident", "municipality", "state"], name="certificate_application_state"),
        )
        triggers = (
            *mode_guards(),
            *guards("house", lambda row: _HOUSE_OF_APPLICATION.replace("{row}", row))[:2],
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}の申請 第{self.number}号"

    def get_absolute_url(self) -> str:
        slugs = [self.region.slug, self.incident.slug, self.municipality.code]
        return reverse("disaster:certificate", args=[*slugs, self.number])


class CertificateStep(ByHand, Written):
    """What happened to an application on a day. Append-only but for the purge; `sealed` may have a `reason`."""

    class Key(models.TextChoices):
        APPLIED = "applied", "受付"
        HOUSE = "house", "調査する家屋を決定"
        TOLD = "told", "調査の結果を通知"
        ISSUED = "issued", "発行"
        REISSUED = "reissued", "再発行（差替え）"
        DELIVERED = "delivered", "交付"
        OBJECTED = "objected", "再調査の申請"
        REVOKED = "revoked", "証明書の取消し"
        WITHDRAWN = "withdrawn", "申請の取下げ"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    application = models.ForeignKey(CertificateApplication, models.CASCADE, related_name="steps")
    key = models.CharField("手続", max_length=10, choices=Key.choices)
    on = models.DateField("日付")
    certificate = models.ForeignKey("Certificate", models.CASCADE, null=True, related_name="+")
    sealed = SealedJSONField("個人に関する内容", null=True)
    made_at = models.DateTimeField("入力日時", auto_now_add=True)

    objects: ClassVar[models.Manager[CertificateStep]] = scoped()

    class Meta:
        verbose_name = "証明書の手続"
        ordering = ("id",)
        triggers = (
            *mode_guards(),
            Guard(
                name="of_application",
                operation=pgtrigger.Insert,
                check=_OF_APPLICATION.replace("{row}", "NEW"),
            ),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
        )

    def __str__(self) -> str:
        return self.get_key_display()


@tracked
class Certificate(Record):
    """What the mayor of the stricken town issued (証明書). It stays as it is: another one takes its place.

    `sealed` is what was printed about persons, `form` what else: mayor, class, what was confirmed, the form
    itself. `digest` is of all of it; its beginning is printed to check a paper by.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    application = models.ForeignKey(
        CertificateApplication, models.RESTRICT, related_name="certificates", verbose_name="申請"
    )
    uid = models.UUIDField("番号", default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField("証明書の番号")
    kind = models.CharField("種類", max_length=8, choices=Kind.choices)
    issued_on = models.DateField("発行日")
    class_key = models.CharField("区分", max_length=12, blank=True)
    class_name = models.CharField("被害の程度", max_length=40, blank=True)
    survey = models.ForeignKey(
        HouseSurvey, models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="根拠とした調査"
    )
    replaces = models.OneToOneField(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name="差し替えた証明書",
    )
    replaced_on = models.DateField("差し替えた日", null=True, blank=True)
    withdrawn_on = models.DateField("取り消した日", null=True, blank=True)
    form = models.JSONField("様式の内容")
    sealed = SealedJSONField("個人に関する内容", null=True)
    digest = models.CharField("内容のハッシュ", max_length=64)

    objects: ClassVar[models.Manager[Certificate]] = scoped()

    class Meta:
        verbose_name = "証明書"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["incident", "municipality", "kind", "number"], name="certificate_number"
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(replaced_on=None, withdrawn_on=None),
                name="certificate_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(kind="report") | ~Q(class_key=""), name="certificate_of_a_dwelling_has_a_class"
            ),
        )
        triggers = (
            *mode_guards(),
            Guard(
                name="of_application",
                operation=pgtrigger.Insert,
                check=_OF_APPLICATION.replace("{row}", "NEW"),
            ),
            Guard(name="stays", operation=pgtrigger.Update, check=_CERTIFICATE_STAYS),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} 第{self.number}号"

    @property
    def in_force(self) -> bool:
        return self.replaced_on is None and self.withdrawn_on is None

    @property
    def state(self) -> str:
        """Whether it holds, in a word."""
        if self.withdrawn_on is not None:
            return "取消し"
        return "有効" if self.replaced_on is None else "差替え済み"

    @property
    def mark(self) -> str:
        """The letters printed to check a paper by: 「3f2a-91bc-07de」."""
        return "-".join(self.digest[at : at + 4] for at in (0, 4, 8))

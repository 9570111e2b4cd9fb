"""The victims' ledger (被災者台帳, 災害対策基本法90条の3): a town's own persons, what they were given, who was told.

What stands sealed is erased by the purge; numbers, days and counts stay.
"""

from __future__ import annotations

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

from .certificates import CertificateApplication
from .housing import House
from .incidents import Incident, Mode, mode_guards

#: A house and an application are of the same incident and town.
_OF_TOWN = """
IF {row}.house_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM disaster_house h WHERE h.id = {row}.house_id AND h.incident_id = {row}.incident_id
    AND h.municipality_id = {row}.municipality_id
) OR {row}.application_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM disaster_certificateapplication a WHERE a.id = {row}.application_id
    AND a.incident_id = {row}.incident_id AND a.municipality_id = {row}.municipality_id
) THEN
    RAISE EXCEPTION 'a victim is of the incident and town of house and application' USING ERRCODE = 'check_violation';
END IF;
"""
_OF_VICTIM = """
IF NOT EXISTS (
    SELECT 1 FROM disaster_victim v WHERE v.id = NEW.victim_id AND v.incident_id = NEW.incident_id
    AND v.municipality_id = NEW.municipality_id
) THEN
    RAISE EXCEPTION 'support is of a victim of its incident and town' USING ERRCODE = 'check_violation';
END IF;
"""


@tracked
class Victim(Record):
    """A person in a town's ledger of an incident (被災者), numbered within them.

    `sealed` has `name`, `kana`, `birth`, `sex`, `address`, `residence`, `phone`, `household`, `special` (why the person
    needs care), `note`, each only where known; None after the purge. `consent` is to giving what the ledger says to
    others.
    """

    class Consent(models.TextChoices):
        UNKNOWN = "unknown", "確かめていない"
        YES = "yes", "同意あり"
        NO = "no", "同意なし"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("番号")
    house = models.ForeignKey(
        House, models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="家屋"
    )
    application = models.ForeignKey(
        CertificateApplication,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="証明書の申請",
    )
    needs_care = models.BooleanField("要配慮者", default=False)
    consent = models.CharField("提供への同意", max_length=8, choices=Consent.choices, default=Consent.UNKNOWN)
    consented_on = models.DateField("同意を確かめた日", null=True, blank=True)
    sealed = SealedJSONField("個人に関する内容", null=True)

    objects: ClassVar[models.Manager[Victim]] = scoped()

    class Meta:
        verbose_name = "被災者"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["incident", "municipality", "number"], name="victim_number"),
            models.CheckConstraint(
                condition=Q(consent="unknown") | Q(consented_on__isnull=False),
                name="victim_consent_has_its_day",
            ),
        )
        triggers = (*mode_guards(), *guards("of_town", lambda row: _OF_TOWN.replace("{row}", row))[:2])

    def __str__(self) -> str:
        return f"台帳第{self.number}号"

    def get_absolute_url(self) -> str:
        slugs = [self.region.slug, self.incident.slug, self.municipality.code]
        return reverse("disaster:victim", args=[*slugs, self.number])


class VictimSupport(ByHand, Written):
    """Something that was done for a person (援護の実施の状況): `sealed` has `kind`, `office` and `note`.

    Withdrawn where it was entered wrongly, never changed.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    victim = models.ForeignKey(Victim, models.CASCADE, related_name="supports", verbose_name="被災者")
    uid = models.UUIDField("送信の番号", unique=True, editable=False)
    on = models.DateField("日付")
    withdrawn = models.BooleanField("取消し", default=False)
    sealed = SealedJSONField("個人に関する内容", null=True)
    made_at = models.DateTimeField("入力日時", auto_now_add=True)

    objects: ClassVar[models.Manager[VictimSupport]] = scoped()

    class Meta:
        verbose_name = "援護の実施"
        ordering = ("on", "id")
        triggers = (
            *mode_guards(),
            Guard(name="of_victim", operation=pgtrigger.Insert, check=_OF_VICTIM),
        )

    def __str__(self) -> str:
        return f"援護 {self.on}"


class LedgerUse(ByHand, Written):
    """One time what the ledger says was used beyond its purpose or given (台帳情報の利用・提供, 90条の4).

    To whom, on what basis, for what, which columns, how many persons. Append-only; it names no person of the ledger.
    """

    class Basis(models.TextChoices):
        CONSENT = "consent", "本人の同意による提供"
        INTERNAL = "internal", "市町村の内部での援護のための利用"
        BODY = "body", "他の地方公共団体への援護のための提供"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("番号")
    uid = models.UUIDField("送信の番号", unique=True, editable=False)
    basis = models.CharField("根拠", max_length=8, choices=Basis.choices)
    recipient = models.CharField("提供先・利用する課", max_length=200)
    purpose = models.CharField("目的", max_length=200)
    document_no = models.CharField("申請・依頼の文書", max_length=120, blank=True)
    columns = models.JSONField("項目", default=list)
    people = models.PositiveIntegerField("人数")
    left_out = models.PositiveIntegerField("同意がなく含めない人数", default=0)
    persons = models.JSONField("対象者の番号", default=list)
    made_at = models.DateTimeField("日時", auto_now_add=True)

    objects: ClassVar[models.Manager[LedgerUse]] = scoped()

    class Meta:
        verbose_name = "台帳情報の利用・提供"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["incident", "municipality", "number"], name="ledger_use_number"),
            models.CheckConstraint(
                condition=~Q(purpose="") & ~Q(recipient=""), name="ledger_use_says_what_for"
            ),
            models.CheckConstraint(
                condition=~Q(basis="body") | ~Q(document_no=""), name="ledger_use_was_asked_for"
            ),
        )
        triggers = (
            *mode_guards(),
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"利用・提供 第{self.number}号"

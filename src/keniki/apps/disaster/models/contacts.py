"""Whom to call, and who is on duty: the contacts and duty rosters of the towns and of the bodies that help them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.regions.models import Municipality, Region


@tracked
class Contact(Record):
    """A post one calls in a disaster (連絡先): of a town, or of another body (消防, 警察, 都道府県 …).

    `sealed` holds name, phone, mobile, fax and mail. All people of the region read it: that is what it is for.
    """

    class Hours(models.TextChoices):
        ALWAYS = "always", "昼夜"
        DAY = "day", "平日の日中"
        NIGHT = "night", "夜間・休日"

    region = models.ForeignKey(Region, models.CASCADE, related_name="contacts", verbose_name="圏域")
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="市町村"
    )
    body = models.CharField("団体・部署", max_length=120)
    post = models.CharField("職名・窓口", max_length=120, blank=True)
    hours = models.CharField("つながる時間", max_length=8, choices=Hours.choices, default=Hours.ALWAYS)
    order = models.PositiveSmallIntegerField("かける順", default=1)
    sealed = SealedJSONField("連絡先の内容")
    checked_on = models.DateField("確認した日", null=True, blank=True)
    note = models.CharField("備考", max_length=300, blank=True)

    objects: ClassVar[models.Manager[Contact]] = scoped()

    class Meta:
        verbose_name = "連絡先"
        ordering = (models.F("municipality__code").asc(nulls_last=True), "order", "body", "id")

    def __str__(self) -> str:
        return f"{self.body} {self.post}".strip()

    def get_absolute_url(self) -> str:
        return reverse("disaster:edit-contact", args=[self.region.slug, self.pk])

    @property
    def name(self) -> str:
        return str(self.sealed.get("name", ""))

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """What one calls or writes to, with its word, as far as it is known."""
        words = (("phone", "電話"), ("mobile", "携帯"), ("fax", "FAX"), ("email", "メール"))
        return [(word, self.sealed[key]) for key, word in words if self.sealed.get(key)]


@tracked
class Duty(Record):
    """One turn of a contact (当番): from when until when, as what. A contact has one turn at a time."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="duties", verbose_name="圏域")
    contact = models.ForeignKey(Contact, models.RESTRICT, related_name="duties", verbose_name="連絡先")
    during = DateTimeRangeField("期間")
    role = models.CharField("役割", max_length=80, blank=True)

    objects: ClassVar[models.Manager[Duty]] = scoped()

    class Meta:
        verbose_name = "当番"
        ordering = ("during", "id")
        constraints = (
            ExclusionConstraint(
                name="duty_one_turn_at_a_time",
                expressions=[("contact", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=models.Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="duty_begins_and_ends",
            ),
        )

    def __str__(self) -> str:
        return f"{self.contact} {self.during}"

    def get_absolute_url(self) -> str:
        return reverse("disaster:duties", args=[self.region.slug])

"""Reading contacts and who is on duty."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import Http404
from django.utils import timezone

from keniki.apps.regions.models import Region

from ..models import Contact, Duty


def contacts_of(region: Region) -> list[Contact]:
    """All contacts, town by town, in the order in which they are called."""
    found = list(Contact.objects.filter(region=region).select_related("municipality"))
    for each in found:
        each.region = region
    return found


def contact_for(region: Region, pk: int) -> Contact:
    """The contact with this number; 404 when there is none."""
    found = Contact.objects.filter(region=region, pk=pk).select_related("municipality").first()
    if found is None:
        raise Http404("連絡先が見つかりません。")
    found.region = region
    return found


def duty_for(region: Region, pk: int) -> Duty:
    """The turn with this number; 404 when there is none."""
    found = Duty.objects.filter(region=region, pk=pk).select_related("contact__municipality").first()
    if found is None:
        raise Http404("当番が見つかりません。")
    found.region = found.contact.region = region
    return found


def on_duty(region: Region, at: datetime | None = None) -> list[Duty]:
    """Who is on duty at a moment (now by default)."""
    return _with_contacts(region, Duty.objects.filter(region=region, during__contains=at or timezone.now()))


def duties_from(region: Region, at: datetime, days: int) -> list[Duty]:
    """The turns that go on or begin within so many days."""
    span = (at, at + timedelta(days=days))
    return _with_contacts(region, Duty.objects.filter(region=region, during__overlap=span))


def _with_contacts(region: Region, rows: object) -> list[Duty]:
    found: list[Duty] = list(
        rows.select_related("contact__municipality").order_by(  # type: ignore[attr-defined]
            "during", "contact__municipality__code", "contact__order", "id"
        )
    )
    for each in found:
        each.region = each.contact.region = region
    return found

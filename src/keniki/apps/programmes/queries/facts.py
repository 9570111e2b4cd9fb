"""Facts of cities that people of a region supplied."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from keniki.apps.programmes.models import CityFact
from keniki.apps.regions.models import Region


def city_facts(region: Region, code: str = "") -> QuerySet[CityFact]:
    """What was supplied in a region, of all its cities or of one (six-digit code)."""
    rows = CityFact.objects.filter(region=region).select_related("municipality", "second")
    return rows.filter(municipality__code=code) if code else rows


def fact_for(region: Region, pk: int) -> CityFact:
    """A supplied fact; 404 for none of the region."""
    found: CityFact | None = city_facts(region).filter(pk=pk).first()
    if found is None:
        raise Http404("資料が見つかりません。")
    return found

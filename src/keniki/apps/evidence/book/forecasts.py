"""The chapter of what is to come (将来推計): the forecast that the region's secretariat chose for its book."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from django.utils import timezone

from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.rulebooks.book import ExhibitForm

from ..futures.exhibits import exhibit
from ..futures.results import Result
from ..models import ForecastResult
from .holdings import Place
from .tables import Exhibit
from .values import Values


@dataclass(frozen=True)
class Shown:
    """The forecast in the book: its newest result."""

    stored: ForecastResult

    @cached_property
    def result(self) -> Result:
        """What it came to."""
        return Result.from_json(self.stored.content)

    @property
    def said(self) -> str:
        """Which forecast it is, of whom where that are not the members, and when it was reckoned."""
        forecast = self.stored.forecast
        day = era.format_date(timezone.localdate(self.stored.made_at))
        return f"将来推計「{forecast}」（{forecast.get_model_display()}、{day}計算）による。"

    def of_whom(self, members: tuple[Place, ...]) -> str:
        """The municipalities it is of, where these are others; else nothing."""
        places = self.result.places
        if {place.code for place in places} == {place.code for place in members}:
            return ""
        return f"推計の対象は{'、'.join(place.name for place in places)}。"


def shown_of(region: Region) -> Shown | None:
    """The forecast shown in a region's book; None where none is chosen or none was reckoned."""
    rows = ForecastResult.objects.filter(region=region, forecast__shown_in_book=True)
    found = rows.select_related("forecast").order_by("-pk").first()
    return None if found is None else Shown(found)


def of_forecast(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """An exhibit of the forecast by its id; None in the book of other municipalities than the region's members."""
    shown = values.forecast
    if shown is None:
        return None
    made = exhibit(shown.result, form.id)
    if made is None:
        return None
    said = tuple(each for each in (shown.said, shown.of_whom(values.members)) if each)
    return replace(made, chapter=chapter, notes=(*said, *made.notes))

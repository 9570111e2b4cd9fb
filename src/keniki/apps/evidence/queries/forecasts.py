"""Reading a region's forecasts: the list with how they stand, one with its newest result, what may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.http import Http404

from keniki.analysis.population import STEP
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from ..book.book import members_of
from ..futures import held
from ..futures.forms import Choices
from ..futures.inputs import digest_of, rates_in, used_now
from ..futures.region_rates import used_rates
from ..models import Forecast, ForecastResult, ForecastRun, Series, Source
from .editions import contents_mark, visible_editions


@dataclass(frozen=True)
class ForecastRow:
    """A forecast as lists show it: when it was reckoned last, why that is old, the run that was asked for last."""

    forecast: Forecast
    made_at: datetime | None
    stale: str
    run: ForecastRun | None

    @property
    def census(self) -> str:
        """The census it starts from."""
        return f"{self.forecast.base.removeprefix('census')}年 国勢調査"


def forecasts(region: Region) -> list[ForecastRow]:
    """The region's forecasts, the newest first."""
    last = ForecastResult.objects.filter(forecast=OuterRef("pk")).order_by("-pk")
    rows = (
        Forecast.objects.filter(region=region)
        .select_related("region")
        .annotate(
            made=Subquery(last.values("made_at")[:1]),
            digest=Subquery(last.values("digest")[:1]),
            inputs=Subquery(last.values("inputs")[:1]),
        )
        .prefetch_related(Prefetch("runs", queryset=ForecastRun.objects.all()))
    )
    mark, rates = contents_mark(None), used_rates(region)
    return [
        ForecastRow(
            row,
            row.made,
            "" if row.digest is None else _stale(row, row.digest, row.inputs, mark, rates),
            next(iter(row.runs.all()), None),
        )
        for row in rows
    ]


def stale(forecast: Forecast, result: ForecastResult | None) -> str:
    """Why a result is not what the forecast would come to today; empty where it is, or is none."""
    if result is None:
        return ""
    mark, rates = contents_mark(None), used_rates(forecast.region)
    return _stale(forecast, result.digest, result.inputs, mark, rates)


def _stale(
    forecast: Forecast,
    digest: str,
    inputs: Sequence[dict[str, Any]],
    mark: str,
    rates: Sequence[held.Used],
) -> str:
    try:
        used = used_now(forecast, mark)
    except WrongInput:
        return "元の統計がありません"
    if digest_of(forecast, used, rates) == digest:
        return ""
    former = rates_in(held.Used(**each) for each in inputs)
    same = digest_of(forecast, used, former) == digest
    return "登録した率が変わりました" if same else "新しい統計があります"


def forecast_for(region: Region, pk: int) -> Forecast:
    """One forecast of the region; 404 for any other."""
    found = Forecast.objects.filter(region=region, pk=pk).select_related("region", "author").first()
    if found is None:
        raise Http404("将来推計が見つかりません。")
    return found


def forecasts_for(region: Region, numbers: Sequence[int]) -> list[Forecast]:
    """Several forecasts of the region in the order asked for; 404 for one that is none of them."""
    rows = Forecast.objects.filter(region=region, pk__in=numbers).select_related("region")
    found = {row.pk: row for row in rows}
    if any(pk not in found for pk in numbers):
        raise Http404("将来推計が見つかりません。")
    return [found[pk] for pk in numbers]


def newest_result(forecast: Forecast) -> ForecastResult | None:
    """What the forecast came to last; None where it was never reckoned."""
    return ForecastResult.objects.filter(forecast=forecast).order_by("-pk").first()


def newest_results(forecasts: Sequence[Forecast]) -> dict[int, ForecastResult]:
    """The same of several forecasts, by the forecast's number."""
    rows = ForecastResult.objects.filter(forecast__in=forecasts)
    rows = rows.order_by("forecast_id", "-pk").distinct("forecast_id")
    return {row.forecast_id: row for row in rows}


def forecast_run_for(region: Region, pk: int) -> ForecastRun:
    """One run of a forecast of the region; 404 for any other."""
    rows = ForecastRun.objects.filter(forecast__region=region, pk=pk)
    found = rows.select_related("forecast__region", "region", "user").first()
    if found is None:
        raise Http404("この計算は見つかりません。")
    return found


def last_forecast_run(forecast: Forecast) -> ForecastRun | None:
    """The run of a forecast that was asked for last."""
    return ForecastRun.objects.filter(forecast=forecast).order_by("-pk").first()


def choices(region: Region) -> Choices:
    """What the workbench of a region may choose from."""
    years = held.censuses().years
    bases = tuple(year for year in years if year - STEP in years)
    there = set(years[bases[-1]].population.codes) if bases else set()
    members = members_of(region)
    known = tuple(place for place in members if place.code[:5] in there)
    lacking = tuple(place for place in members if place.code[:5] not in there)
    return Choices(known, lacking, bases, published_projections())


def published_projections() -> tuple[tuple[str, str], ...]:
    """The sources of official editions with projected populations, by age or in three groups: slug and title."""
    rows = Series.objects.filter(
        Q(indicator="projected_population", age_from__isnull=False)
        | Q(indicator="projected_population_0_14"),
        edition__in=visible_editions(None).order_by(),
    )
    sources = Source.objects.filter(editions__series__in=rows).distinct().order_by("-slug")
    return tuple(sources.values_list("slug", "title"))


def used_editions(used: Sequence[held.Used]) -> list[tuple[held.Used, int | None]]:
    """Editions by the key they were used under, with the number of the one that is there today."""
    known = dict(
        visible_editions(None).filter(key__in=[each.edition for each in used]).values_list("key", "pk")
    )
    return [(each, known.get(each.edition)) for each in used]

"""未来予測書: a forecast of the region's population and demand (evidence) as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keniki.apps.evidence.futures.document import write
from keniki.apps.evidence.futures.earlier import earlier
from keniki.apps.evidence.models import Forecast, ForecastResult, Source
from keniki.apps.evidence.queries.forecasts import newest_result
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from ..inputs import Inputs
from .base import Composed, Draft


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    forecast, result = find(draft.region, parameters)
    source = Source.objects.filter(slug=forecast.published).first() if forecast.published else None
    written = write(forecast, result, published=source.title if source else "", mark=draft.mark())
    _add(draft.inputs, forecast, result)
    return Composed(
        name=f"{draft.region.slug}-future",
        document=written.document,
        sheets=written.sheets,
        gaps=(),
        inputs=draft.inputs,
    )


def fingerprint(region: Region, inputs: Inputs, parameters: Mapping[str, Any]) -> None:
    """What the document rests on, without drawing it: the forecast, its newest result, the censuses before it."""
    _add(inputs, *find(region, parameters))


def find(region: Region, parameters: Mapping[str, Any]) -> tuple[Forecast, ForecastResult]:
    """The forecast named by number or title, else the one shown in the region book, with its newest result.

    WrongInput where there is none, or it was not reckoned yet.
    """
    rows = Forecast.objects.filter(region=region).select_related("region")
    number, title = parameters.get("forecast"), str(parameters.get("title") or "")
    if number is not None or title:
        found = rows.filter(pk=number).first() if number is not None else rows.filter(title=title).first()
        if found is None:
            named = f"「{title}」" if title else ""
            raise WrongInput(f"将来推計{named}がありません。将来推計の一覧で確かめてください。")
    else:
        found = rows.filter(shown_in_book=True).first()
        if found is None:
            raise WrongInput(
                "圏域基礎調査に掲載している将来推計がありません。推計を選ぶか、掲載する推計を決めてください。"
            )
    result = newest_result(found)
    if result is None:
        raise WrongInput(f"将来推計「{found}」はまだ計算されていません。計算してから作成してください。")
    return found, result


def _add(inputs: Inputs, forecast: Forecast, result: ForecastResult) -> None:
    inputs.add(forecast)
    inputs.add_value("evidence.result", f"推計結果「{result}」", [result.pk, result.digest])
    past = earlier([code[:5] for code in forecast.places], result.content["years"][0])
    inputs.add_value("evidence.earlier", "過去の国勢調査", [past.years, past.ages, past.values.tolist()])

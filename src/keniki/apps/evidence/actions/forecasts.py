"""Saving forecasts, naming and removing them, showing one in the region book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .. import policies
from ..futures.making import Wanted, projected
from ..futures.sliders import plain_changes
from ..models import Forecast, ForecastResult
from ..models.futures import MADE_OF

#: Draws times municipalities of one forecast: all cells of all draws are held at once to reckon demand from them.
MOST_DRAWN: Final = 100_000
_SAID = ("title", "note")
_SCENARIO = tuple(name for name in MADE_OF if name != "region")


@dataclass(frozen=True)
class ForecastDraft:
    """A forecast as somebody wants to keep it."""

    title: str
    wanted: Wanted
    note: str = ""


def save_forecast(actor: Actor, region: Region, draft: ForecastDraft) -> Forecast:
    """Keep a scenario that can be projected, for its result to be made (`start_forecast`).

    WrongInput as `projected`, for more draws than fit, for a title there is already, and where the same scenario is
    kept under another title.
    """
    ruling = policies.save_forecast(actor, region).require()
    wanted = draft.wanted
    if wanted.draws * len(wanted.places) > MOST_DRAWN:
        raise WrongInput(
            f"試行回数と市区町村の数の積が{MOST_DRAWN:,}を超えています。"
            f"{len(wanted.places)}市区町村では{MOST_DRAWN // len(wanted.places):,}回までです。",
            column="予測区間の試行回数",
        )
    projected(wanted)
    made_of = {
        "places": [place.code for place in wanted.places],
        "base": wanted.base,
        "model": wanted.model,
        "published": wanted.published,
        "until": wanted.until,
        "changes": list(plain_changes(wanted.spec)),
        "draws": wanted.draws,
        "seed": wanted.seed,
    }
    with verb(actor, "evidence.save_forecast", region=region.slug, ruling=ruling) as act:
        Region.objects.select_for_update().get(pk=region.pk)
        same = Forecast.objects.filter(region=region, **made_of).first()
        if same is not None:
            raise WrongInput(
                f"同じ条件の将来推計「{same}」を保存しています。条件を変えるか、その推計を使ってください。"
            )
        forecast = Forecast(
            region=region,
            title=draft.title,
            note=draft.note,
            author=actor.user,
            author_name=actor.label(ruling.post),
            **made_of,
        )
        act.save(forecast)
        act.log(
            forecast,
            None,
            snapshot(forecast, *_SAID, *_SCENARIO),
            f"将来推計「{forecast}」を保存（{forecast.get_model_display()}、{forecast.until}年まで）",
        )
    return forecast


def rename_forecast(actor: Actor, forecast: Forecast, version: int | None, title: str, note: str) -> Forecast:
    """Change a forecast's title and note. WrongInput for a title there is already."""
    ruling = policies.change_forecast(actor, forecast).require()
    with verb(
        actor, "evidence.rename_forecast", region=forecast.region.slug, ruling=ruling, quiet=True
    ) as act:
        forecast = act.lock(forecast, version)
        before = snapshot(forecast, *_SAID)
        forecast.title, forecast.note = title, note
        was, now = changes(before, snapshot(forecast, *_SAID))
        if now:
            act.save(forecast)
            act.log(forecast, was, now, f"将来推計「{before['title']}」の名称・説明を「{forecast}」に変更")
    return forecast


def show_forecast(actor: Actor, forecast: Forecast, version: int | None, shown: bool) -> Forecast:
    """Show a forecast in the region book in place of any other, or no longer. WrongInput without a result."""
    region = forecast.region
    ruling = policies.show_forecast(actor, region).require()
    with verb(actor, "evidence.show_forecast", region=region.slug, ruling=ruling, quiet=True) as act:
        Region.objects.select_for_update().get(pk=region.pk)
        forecast = act.lock(forecast, version)
        if shown and not ForecastResult.objects.filter(forecast=forecast).exists():
            raise WrongInput("計算が済んでいません。結果ができてから掲載してください。")
        if forecast.shown_in_book == shown:
            return forecast
        others = Forecast.objects.filter(region=region, shown_in_book=True).exclude(pk=forecast.pk)
        for other in others if shown else ():
            _set_shown(act, act.lock(other, None), False)
        _set_shown(act, forecast, shown)
    return forecast


def remove_forecast(actor: Actor, forecast: Forecast, version: int | None) -> None:
    """Remove a forecast with its results. WrongInput while the region book shows it."""
    ruling = policies.change_forecast(actor, forecast).require()
    with verb(actor, "evidence.remove_forecast", region=forecast.region.slug, ruling=ruling) as act:
        forecast = act.lock(forecast, version)
        if forecast.shown_in_book:
            raise WrongInput("圏域基礎調査に掲載しています。掲載をやめてから削除してください。")
        act.log(forecast, snapshot(forecast, *_SAID, *_SCENARIO), None, f"将来推計「{forecast}」を削除")
        forecast.delete()


def _set_shown(act: Act, forecast: Forecast, shown: bool) -> None:
    forecast.shown_in_book = shown
    act.save(forecast)
    what = "圏域基礎調査に掲載" if shown else "圏域基礎調査に掲載しないことに"
    act.log(
        forecast, {"shown_in_book": not shown}, {"shown_in_book": shown}, f"将来推計「{forecast}」を{what}"
    )

"""Making a saved forecast as a job: queued, followed, cancelled between two parts, stored with its inputs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from django.db import transaction
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.policies import today
from keniki.apps.workflow.runs import UNDER_WAY, Told, actor_of, ask_to_stop, break_off, take, working

from .. import policies
from ..futures.inputs import digest_of, rates_in, wanted_of
from ..futures.making import make
from ..models import Forecast, ForecastResult, ForecastRun

FORECAST_BROKEN_OFF = (
    "計算の途中で、サーバーの処理が止まりました（再起動や停電など）。記録は変わっていません。"
    "もう一度計算できます。"
)
SAME_RESULT = "統計も計算も前回と同じため、結果は変わりませんでした。新しい結果は登録していません。"
_FAULT: Final = "計算できませんでした。システムの記録（ログ）を確かめてください。"


def start_forecast(actor: Actor, forecast: Forecast) -> ForecastRun:
    """Queue the making of a forecast's result for the job worker; a run that is under way already is the answer."""
    policies.save_forecast(actor, forecast.region).require()
    from ..jobs import make_forecast

    with transaction.atomic():
        # Two who press the button at once: the second one waits here and sees the first one's run.
        Forecast.objects.select_for_update().get(pk=forecast.pk)
        running = ForecastRun.objects.filter(forecast=forecast, state__in=UNDER_WAY).first()
        if running is not None:
            return running
        run = ForecastRun.objects.create(region=forecast.region, forecast=forecast, user=actor.user)
        make_forecast.defer(run_id=run.pk)
    return run


def cancel_forecast(actor: Actor, run: ForecastRun) -> ForecastRun:
    """Ask a waiting or running forecast to stop before its next part; nothing of it is kept."""
    policies.cancel_forecast(actor, run).require()
    ask_to_stop(ForecastRun.objects.filter(pk=run.pk))
    run.refresh_from_db()
    return run


def run_forecast(run_id: int) -> None:
    """Work off one queued forecast, noting how far it is."""
    run = take(ForecastRun, run_id, "region", "forecast__region")
    if run is None:
        return
    with scope(region=run.region), working(run, _FAULT, gone=Forecast.DoesNotExist) as (told, ending):
        if make_result(actor_of(run), run.forecast, told) is None:
            ending["message"] = SAME_RESULT


def make_result(actor: Actor, forecast: Forecast, told: Told) -> ForecastResult | None:
    """Make a forecast's result and store it with its inputs; None where it is the one stored last.

    WrongInput where it cannot be made of the statistics there are.
    """
    ruling = policies.save_forecast(actor, forecast.region).require()
    result = make(wanted_of(forecast), today(), told, region=forecast.region)
    digest = digest_of(forecast, result.used, rates_in(result.inputs))
    content = json.loads(json.dumps(result.to_json()))
    with verb(actor, "evidence.make_forecast", region=forecast.region.slug, ruling=ruling, quiet=True) as act:
        forecast = act.lock(forecast, None)
        last = ForecastResult.objects.filter(forecast=forecast).first()
        if last is not None and last.digest == digest and _of(last.content) == _of(content):
            return None
        made = ForecastResult(
            region=forecast.region,
            forecast=forecast,
            inputs=[asdict(each) for each in result.inputs],
            digest=digest,
            content=content,
        )
        made.save()
        totals = result.total
        act.log(
            forecast,
            None,
            {"digest": digest},
            f"将来推計「{forecast}」を計算（{result.years[-1]}年 {totals[-1]:,.0f}人）",
        )
    return made


def break_off_forecast(run_id: int) -> None:
    """Say of a forecast whose worker died that it failed; it has kept nothing."""
    break_off(ForecastRun, run_id, FORECAST_BROKEN_OFF)


def _of(content: dict[str, Any]) -> dict[str, Any]:
    """A result without the day its rates were looked up on."""
    needs = content["demands"]
    return content if needs is None else {**content, "demands": {**needs, "on": ""}}

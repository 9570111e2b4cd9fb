"""Forecasts are saved, reckoned as jobs, shown in the book and removed, each by whoever may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django_scopes import scope

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.evidence import actions, policies
from keniki.apps.evidence.actions import forecast_runs
from keniki.apps.evidence.book.book import members_of
from keniki.apps.evidence.futures.making import Wanted
from keniki.apps.evidence.futures.results import Result
from keniki.apps.evidence.models import Forecast, ForecastResult, ForecastRun
from keniki.apps.evidence.queries import forecasts as queries
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .country import load_censuses

pytestmark = pytest.mark.django_db
TOWNS = (AOBA, KAWAKITA, HOSHINO)


@pytest.fixture
def region(cast):
    load_censuses(TOWNS)
    with scope(region=cast.region):
        yield cast.region


def draft(region: Region, title: str = "今のまま", **changes: Any) -> actions.ForecastDraft:
    wanted = Wanted(tuple(members_of(region)), "census2020", "net", 2030, draws=20)
    return actions.ForecastDraft(title, replace(wanted, **changes))


def reckoned(actor: Actor, region: Region, **more: Any) -> Forecast:
    saved = actions.save_forecast(actor, region, draft(region, **more))
    run = actions.start_forecast(actor, saved)
    actions.run_forecast(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == (ForecastRun.State.DONE, "")
    return saved


@pytest.mark.slow
def test_a_forecast_is_saved_reckoned_and_stored_with_its_inputs(region, partner) -> None:
    saved = reckoned(partner, region)
    stored = queries.newest_result(saved)
    result = Result.from_json(stored.content)
    assert [place.code for place in result.places] == list(TOWNS) == saved.places
    assert result.years == (2020, 2025, 2030)
    assert result.bands is not None
    assert result.total[-1] < result.total[0]
    assert stored.inputs[0]["digest"]
    assert len(stored.digest) == 64
    assert saved.author == partner.user
    said = LogEntry.objects.filter(object_key=str(saved.pk), object_kind="evidence.forecast")
    assert [entry.verb for entry in said.order_by("pk")] == [
        "evidence.save_forecast",
        "evidence.make_forecast",
    ]


@pytest.mark.slow
def test_the_same_scenario_and_the_same_inputs_are_said_and_stored_once(region, partner, secretariat) -> None:
    saved = reckoned(partner, region)
    with pytest.raises(WrongInput, match="同じ条件の将来推計「今のまま」"):
        actions.save_forecast(secretariat, region, draft(region, "別の名称"))
    with pytest.raises(WrongInput, match="3市区町村では33,333回まで"):
        actions.save_forecast(secretariat, region, draft(region, draws=33_334))
    with pytest.raises(WrongInput, match="同じ名称の将来推計"):
        actions.save_forecast(secretariat, region, draft(region, until=2035))
    again = actions.start_forecast(secretariat, saved)
    actions.run_forecast(again.pk)
    again.refresh_from_db()
    assert (again.state, again.message) == (ForecastRun.State.DONE, forecast_runs.SAME_RESULT)
    assert ForecastResult.objects.count() == 1


@pytest.mark.slow
def test_newer_statistics_make_a_result_old_and_reckoning_again_puts_it_right(region, secretariat) -> None:
    saved = reckoned(secretariat, region)
    assert [row.stale for row in queries.forecasts(region)] == [""]
    load_censuses((*TOWNS, "01203"), more=5)
    assert [row.stale for row in queries.forecasts(region)] == ["新しい統計があります"]
    run = actions.start_forecast(secretariat, saved)
    actions.run_forecast(run.pk)
    assert ForecastResult.objects.filter(forecast=saved).count() == 2
    assert [row.stale for row in queries.forecasts(region)] == [""]


@pytest.mark.slow
def test_who_may_save_change_show_and_remove(
    region, secretariat, partner, other_partner, viewer, panel_member, neighbour, operator
) -> None:
    for actor in (viewer, panel_member, neighbour):
        assert not policies.save_forecast(actor, region)
        with pytest.raises(Denied):
            actions.save_forecast(actor, region, draft(region))
    saved = reckoned(partner, region)
    for actor, may in ((partner, True), (secretariat, True), (operator, True), (other_partner, False)):
        assert bool(policies.change_forecast(actor, saved)) is may
    with pytest.raises(Denied, match="作成した方か事務局"):
        actions.rename_forecast(other_partner, saved, saved.version, "横取り", "")
    with pytest.raises(Denied, match="事務局が選びます"):
        actions.show_forecast(partner, saved, saved.version, True)
    shown = actions.show_forecast(secretariat, saved, saved.version, True)
    with pytest.raises(WrongInput, match="掲載をやめてから"):
        actions.remove_forecast(partner, shown, shown.version)
    hidden = actions.show_forecast(secretariat, shown, shown.version, False)
    with pytest.raises(Denied):
        actions.remove_forecast(other_partner, hidden, hidden.version)
    actions.remove_forecast(partner, hidden, hidden.version)
    assert not Forecast.objects.exists()
    assert not ForecastResult.objects.exists()


@pytest.mark.slow
def test_one_forecast_is_in_the_book_and_only_with_a_result(region, secretariat) -> None:
    first = reckoned(secretariat, region)
    second = actions.save_forecast(
        secretariat, region, draft(region, "移動なし", changes=({"kind": "closed"},))
    )
    with pytest.raises(WrongInput, match="計算が済んでいません"):
        actions.show_forecast(secretariat, second, second.version, True)
    run = actions.start_forecast(secretariat, second)
    actions.run_forecast(run.pk)
    actions.show_forecast(secretariat, first, first.version, True)
    actions.show_forecast(secretariat, second, second.version, True)
    assert list(Forecast.objects.filter(shown_in_book=True)) == [second]


@pytest.mark.slow
def test_the_second_of_two_who_rename_is_told(region, partner, secretariat) -> None:
    saved = actions.save_forecast(partner, region, draft(region))
    renamed = actions.rename_forecast(partner, saved, 1, "基本推計", "協議会で使う")
    assert (renamed.title, renamed.version) == ("基本推計", 2)
    with pytest.raises(Stale):
        actions.rename_forecast(secretariat, saved, 1, "推計1", "")
    with pytest.raises(Stale):
        actions.remove_forecast(secretariat, saved, 1)


@pytest.mark.slow
def test_a_forecast_is_cancelled_while_waiting_and_between_two_parts(
    region, partner, other_partner, secretariat, monkeypatch
) -> None:
    saved = actions.save_forecast(partner, region, draft(region))
    run = actions.start_forecast(partner, saved)
    assert actions.start_forecast(secretariat, saved) == run
    with pytest.raises(Denied, match="計算を始めた方か事務局"):
        actions.cancel_forecast(other_partner, run)
    assert actions.cancel_forecast(partner, run).state == ForecastRun.State.CANCELLED
    actions.run_forecast(run.pk)
    run = actions.start_forecast(partner, saved)
    make = forecast_runs.make

    def cancelled_half_way(wanted: Any, on: Any, told: Any, **more: Any) -> Any:
        told("国勢調査を読んでいます", 0, 3)
        run.refresh_from_db()
        assert (run.step_label, run.all_steps) == ("国勢調査を読んでいます", 3)
        actions.cancel_forecast(secretariat, run)
        return make(wanted, on, told, **more)

    monkeypatch.setattr(forecast_runs, "make", cancelled_half_way)
    actions.run_forecast(run.pk)
    run.refresh_from_db()
    assert run.state == ForecastRun.State.CANCELLED
    assert not ForecastResult.objects.exists()


@pytest.mark.slow
def test_what_fails_or_breaks_off_says_so_and_can_be_started_again(region, partner, monkeypatch) -> None:
    saved = actions.save_forecast(partner, region, draft(region))
    run = actions.start_forecast(partner, saved)
    actions.break_off_forecast(run.pk)
    ForecastRun.objects.filter(pk=run.pk).update(state=ForecastRun.State.RUNNING)
    actions.break_off_forecast(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == (ForecastRun.State.FAILED, actions.FORECAST_BROKEN_OFF)

    def refused(*_: Any, **__: Any) -> Any:
        raise WrongInput("国勢調査がありません。")

    monkeypatch.setattr(forecast_runs, "make", refused)
    again = actions.start_forecast(partner, saved)
    assert again != run
    actions.run_forecast(again.pk)
    again.refresh_from_db()
    assert (again.state, again.message) == (ForecastRun.State.FAILED, "国勢調査がありません。")

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr(forecast_runs, "make", broken)
    last = actions.start_forecast(partner, saved)
    with pytest.raises(RuntimeError):
        actions.run_forecast(last.pk)
    last.refresh_from_db()
    assert last.state == ForecastRun.State.FAILED


@pytest.mark.slow
def test_a_forecast_removed_while_it_is_made_ends_quietly(region, partner, monkeypatch) -> None:
    saved = actions.save_forecast(partner, region, draft(region))
    run = actions.start_forecast(partner, saved)
    make = forecast_runs.make

    def removed(wanted: Any, on: Any, told: Any, **more: Any) -> Any:
        result = make(wanted, on, told, **more)
        actions.remove_forecast(partner, saved, None)
        return result

    monkeypatch.setattr(forecast_runs, "make", removed)
    actions.run_forecast(run.pk)
    assert not ForecastRun.objects.exists()
    assert not ForecastResult.objects.exists()

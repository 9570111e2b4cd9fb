"""Fetching the tables that are switched on at once, as a job: queued, followed, cancelled between two pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction

from keniki.apps.accounts.actor import Actor
from keniki.apps.workflow.runs import UNDER_WAY, actor_of, ask_to_stop, break_off, take, working
from keniki.core.errors import WrongInput

from .. import policies
from ..models import FetchedTable, FetchRun
from .fetching import Fetched, client, fetch_tables

_BROKEN_OFF = (
    "取得の途中で、サーバーの処理が止まりました（再起動や停電など）。取得し終えた統計表は登録されています。"
    "もう一度取得できます。"
)
_FAULT: Final = "取得できませんでした。システムの記録（ログ）を確かめてください。"


def start_fetch(actor: Actor, tables: Sequence[FetchedTable]) -> FetchRun:
    """Queue the fetching of these tables for the job worker; a run that is under way already is the answer.

    WrongInput where none of them is switched on, or no application id is set.
    """
    policies.fetch(actor).require()
    wanted = [table.pk for table in tables if table.active]
    if not wanted:
        raise WrongInput(
            "取得することにした統計表がありません。先に統計表を選んで「取得する」にしてください。"
        )
    client(lambda _: None)
    from ..jobs import fetch_now

    with transaction.atomic():
        # Two who press the button at once: the second one waits here and sees the first one's run.
        list(FetchedTable.objects.select_for_update().filter(active=True))
        running = FetchRun.objects.filter(state__in=UNDER_WAY).first()
        if running is not None:
            return running
        run = FetchRun.objects.create(wanted=wanted, user=actor.user, all_steps=len(wanted))
        fetch_now.defer(run_id=run.pk)
    return run


def cancel_fetch(actor: Actor, run: FetchRun) -> FetchRun:
    """Ask a waiting or running fetch to stop before its next page; tables that are stored stay."""
    policies.fetch(actor).require()
    ask_to_stop(FetchRun.objects.filter(pk=run.pk))
    run.refresh_from_db()
    return run


def run_fetch(run_id: int) -> None:
    """Work off one queued fetch, table by table, noting how far it is and what each brought."""
    run = take(FetchRun, run_id)
    if run is None:
        return
    wanted = FetchedTable.objects.filter(pk__in=run.wanted)
    results: list[dict[str, Any]] = []
    with working(run, _FAULT) as (told, ending):
        ending["results"] = results
        for fetched in fetch_tables(actor_of(run), wanted, told=told):
            results.append(_result(fetched))
            FetchRun.objects.filter(pk=run_id).update(done_steps=len(results), results=results)


def break_off_fetch(run_id: int) -> None:
    """Say of a fetch whose worker died that it failed; what it stored stays."""
    break_off(FetchRun, run_id, _BROKEN_OFF)


def _result(fetched: Fetched) -> dict[str, Any]:
    return {
        "title": fetched.table.title,
        "table": fetched.table.table,
        "outcome": fetched.outcome,
        "said": fetched.said,
        "edition": str(fetched.table.edition or ""),
    }

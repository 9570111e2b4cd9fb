"""Fetching the tables that are switched on at once, as a job: queued, followed, cancelled between two pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.regions.queries import actor_for, operator
from keniki.core.errors import WrongInput

from .. import policies
from ..models import FetchedTable, FetchRun
from .fetching import Fetched, client, fetch_tables

_BROKEN_OFF = (
    "取得の途中で、サーバーの処理が止まりました（再起動や停電など）。取得し終えた統計表は登録されています。"
    "もう一度取得できます。"
)
_State = FetchRun.State


class Cancelled(Exception):
    """Somebody does not want the rest any more."""


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
        running = FetchRun.objects.filter(state__in=(_State.WAITING, _State.RUNNING)).first()
        if running is not None:
            return running
        run = FetchRun.objects.create(wanted=wanted, user=actor.user, all_steps=len(wanted))
        fetch_now.defer(run_id=run.pk)
    return run


def cancel_fetch(actor: Actor, run: FetchRun) -> FetchRun:
    """Ask a waiting or running fetch to stop before its next page; tables that are stored stay."""
    policies.fetch(actor).require()
    FetchRun.objects.filter(pk=run.pk, state=_State.WAITING).update(
        state=_State.CANCELLED, ended_at=timezone.now()
    )
    FetchRun.objects.filter(pk=run.pk, state=_State.RUNNING).update(cancel=True)
    run.refresh_from_db()
    return run


def run_fetch(run_id: int) -> None:
    """Work off one queued fetch, table by table, noting how far it is and what each brought."""
    mine = FetchRun.objects.filter(pk=run_id)
    if not mine.filter(state=_State.WAITING).update(state=_State.RUNNING):
        return
    run = mine.select_related("user").get()
    actor = actor_for(run.user) if run.user is not None else operator("job")
    within = connection.in_atomic_block

    def told(label: str) -> None:
        if connection.in_atomic_block and not within:
            return  # a table is being stored: what is noted now would only be seen afterwards
        if mine.filter(cancel=True).exists():
            raise Cancelled
        mine.update(step_label=label[:200])

    results: list[dict[str, Any]] = []
    outcome: dict[str, Any] = {"state": _State.DONE}
    try:
        for fetched in fetch_tables(actor, FetchedTable.objects.filter(pk__in=run.wanted), told=told):
            results.append(_result(fetched))
            mine.update(done_steps=len(results), results=results)
    except Cancelled:
        outcome = {"state": _State.CANCELLED}
    except (WrongInput, Denied) as error:
        outcome = {"state": _State.FAILED, "message": str(error)}
    except Exception:
        said = "取得できませんでした。システムの記録（ログ）を確かめてください。"
        mine.update(state=_State.FAILED, message=said, step_label="", ended_at=timezone.now())
        raise
    mine.update(**outcome, results=results, step_label="", ended_at=timezone.now())


def break_off_fetch(run_id: int) -> None:
    """Say of a fetch whose worker died that it failed; what it stored stays."""
    FetchRun.objects.filter(pk=run_id, state=_State.RUNNING).update(
        state=_State.FAILED, message=_BROKEN_OFF, step_label="", ended_at=timezone.now()
    )


def _result(fetched: Fetched) -> dict[str, Any]:
    return {
        "title": fetched.table.title,
        "table": fetched.table.table,
        "outcome": fetched.outcome,
        "said": fetched.said,
        "edition": str(fetched.table.edition or ""),
    }

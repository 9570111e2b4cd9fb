"""The processes `keniki serve` starts: web server, job worker, keeper of snapshots. They end with who started them."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import time
from typing import Any

from keniki.site.garbage import COLLECT_AFTER


def serve_web(host: str, port: int, workers: int) -> None:
    """Run granian with our WSGI application until SIGTERM; requests under way are finished.

    The application is loaded once and inherited by the worker processes. That they have more threads than the machine
    has processors is meant (see `apart`), so granian's warning about it is left out.
    """
    _begin()
    from django.urls import get_resolver
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from keniki.site.apart import SERVER_THREADS

    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    _application()
    get_resolver().url_patterns  # noqa: B018 (loads every view before the processes divide)
    gc.collect()
    gc.freeze()
    Server(
        "keniki.site.wsgi:application",
        address=host.strip("[]"),
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=SERVER_THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=15,
    ).serve(target_loader=_in_worker)


def work_off_jobs() -> None:
    """Run the job worker until SIGTERM; the job under way is finished."""
    _begin()
    _set_up()
    from procrastinate.contrib.django import app

    from keniki.site.worker import work

    with app.replace_connector(app.connector.get_worker_connector()) as working:
        work(working, concurrency=1, shutdown_graceful_timeout=15, delete_jobs="successful")


def keep_snapshots() -> None:
    """Have the public snapshots made anew until SIGTERM; no long job is ever in their way."""
    _begin()
    _set_up()
    from keniki.site import home, snapshots

    snapshots.keep_fresh(home.current().snapshots)


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keniki.site.settings")
    from keniki.site import postgres

    postgres.ensure()
    import django

    django.setup()


def _application(*_: object) -> Any:
    from keniki.site.wsgi import application

    return application


def _in_worker(*_: object) -> Any:
    _end_with_parent()
    gc.set_threshold(*COLLECT_AFTER)
    return _application()


def _begin() -> None:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    _end_with_parent()


def _end_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()

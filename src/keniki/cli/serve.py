"""`keniki serve`: the web server, the job worker, the keepers of snapshots and database under one roof."""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import ipaddress
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from keniki.cli import console, database
from keniki.cli.console import Fault, Result
from keniki.core.errors import WrongInput
from keniki.site import children, options, postgres

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
TICK = 0.1
MOST_FAILURES = 5
_BEHIND: dict[str, Callable[[], None]] = {
    "裏の処理": children.work_off_jobs,
    "公開用の写しの更新": children.keep_snapshots,
}
_LOOPBACK_NAMES = {"localhost"}
_REASONS = {
    errno.EADDRINUSE: "ほかのプログラムが使っています",
    errno.EACCES: "この利用者には許されていません",
    errno.EADDRNOTAVAIL: "この機械のアドレスではありません",
}


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(subparsers, "serve", run, help="画面とAPIを公開し、裏の処理も動かす")
    parser.add_argument("--host", default="127.0.0.1", help="待ち受けるアドレス（省略時 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8000, help="待ち受けるポート（省略時 8000）")
    parser.add_argument("--workers", type=int, metavar="N", help="処理プロセスの数（省略時 KENIKI_WORKERS）")


@database.needs_database
def run(args: argparse.Namespace) -> Result:
    """Serve until told to stop (Ctrl-C or SIGTERM); all processes end gracefully, then the database."""
    workers = args.workers if args.workers is not None else options.number("KENIKI_WORKERS")
    if workers < 1:
        raise WrongInput("--workers は1以上にしてください。", column="--workers")
    if not 1 <= args.port <= 65535:
        raise WrongInput("--port は1から65535までにしてください。", column="--port")
    refuse_demo_accounts(args.host)
    _refuse_taken_port(args.host, args.port)
    _allow_hosts(args.host)
    _collect_static()
    serve(args.host, args.port, workers)
    return {"host": args.host, "port": args.port, "workers": workers}


def serve(host: str, port: int, workers: int) -> None:
    """Run the processes until SIGTERM or SIGINT; what dies before, the database too, is started again."""
    stop = threading.Event()
    _close_connections()
    web = _start(children.serve_web, host, port, workers)
    behind = {name: _start(work) for name, work in _BEHIND.items()}

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        _wait_until_ready(web, host, port, stop)
        if not stop.is_set():
            console.note(f"Keniki を開始しました: http://{_shown(host)}:{port}/ （終了は Ctrl-C）")
        again, failures = dict.fromkeys(_BEHIND, 0.0), list[float]()
        database_process = postgres.process()
        while not stop.wait(TICK):
            if not web.is_alive():
                failures = [moment for moment in failures if time.monotonic() - moment < 60] + [
                    time.monotonic()
                ]
                if len(failures) > MOST_FAILURES:
                    raise Fault(f"Webサーバが繰り返し終了します（終了コード {web.exitcode}）。")
                console.note(f"Webサーバが終了しました（終了コード {web.exitcode}）。再開します。")
                web = _start(children.serve_web, host, port, workers)
            for name, process in behind.items():
                if not process.is_alive() and time.monotonic() >= again[name]:
                    console.note(f"{name}が終了しました（終了コード {process.exitcode}）。再開します。")
                    behind[name] = _start(_BEHIND[name])
                    again[name] = time.monotonic() + 5
            living = postgres.process()
            if living is None or living != database_process:
                # One of those started again may have brought it back already: that it died is told all the same.
                console.note("データベースが止まりました。再開します。")
                if living is None:
                    _bring_back_database()
                database_process = postgres.process()
    finally:
        _end(web, *behind.values())
        for number, handler in before.items():
            signal.signal(number, handler)
        console.note("Keniki を終了しました。")


def _bring_back_database() -> None:
    """Try once; who reads what is made ahead is served meanwhile. On a full disk no server comes up."""
    try:
        postgres.ensure()
    except (WrongInput, OSError) as error:
        console.note(f"データベースを再開できません。続けて試します。{getattr(error, 'message', error)}")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_demo_accounts(host: str) -> None:
    """Accounts whose passwords were printed must not be reachable from another machine."""
    if is_loopback(host):
        return
    from keniki.apps.accounts.queries import demo_accounts_exist

    if demo_accounts_exist():
        raise WrongInput(
            f"体験用の利用者が残っているため、{host} では公開できません。"
            "--host 127.0.0.1 で使うか、体験用の利用者がいない新しい KENIKI_HOME で始めてください。",
            column="--host",
        )


def allowed_hosts(host: str) -> list[str]:
    """The names the server answers to: `KENIKI_HOSTS` where set, else this machine's own for the address."""
    names = options.items("KENIKI_HOSTS")
    if os.environ.get("KENIKI_HOSTS") or is_loopback(host):
        return names
    own = {socket.gethostname(), socket.getfqdn()}
    if host in {"0.0.0.0", "::", "[::]"}:  # noqa: S104 (compared, not bound)
        with contextlib.suppress(OSError):
            own |= {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    else:
        own.add(host)
    named = [f"[{name}]" if ":" in name and not name.startswith("[") else name for name in sorted(own)]
    console.note(
        f"受け付けるホスト名: {', '.join(named)}（ほかの名前で使うときは KENIKI_HOSTS を指定してください）"
    )
    return [*names, *named]


def _allow_hosts(host: str) -> None:
    from django.conf import settings

    settings.ALLOWED_HOSTS = allowed_hosts(host)
    os.environ["KENIKI_HOSTS"] = ",".join(settings.ALLOWED_HOSTS)


def _collect_static() -> None:
    from keniki.site import assets

    with console.progress("画面の部品を準備しています"):
        assets.collect()


def _refuse_taken_port(host: str, port: int) -> None:
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise WrongInput(
                f"{host}:{port} は使えません（{_REASONS.get(error.errno or 0, error.strerror)}）。"
                "--host や --port で別のものを指定してください。",
                column="--port",
            ) from error


def _wait_until_ready(web: BaseProcess, host: str, port: int, stop: threading.Event) -> None:
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104
    deadline = time.monotonic() + READY_SECONDS
    while not stop.is_set():
        if not web.is_alive():
            raise Fault(f"Webサーバが起動できませんでした（終了コード {web.exitcode}）。")
        connection = http.client.HTTPConnection(address, port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            connection.getresponse()
            return
        if time.monotonic() > deadline:
            raise Fault(f"Webサーバが {READY_SECONDS:.0f} 秒以内に応答しませんでした。")
        stop.wait(0.05)


def _start(target: Callable[..., None], *arguments: object) -> BaseProcess:
    context = (
        multiprocessing.get_context("fork")
        if sys.platform == "linux"
        else multiprocessing.get_context("spawn")
    )
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def _end(*processes: BaseProcess) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.join(max(deadline - time.monotonic(), 0.1))
        if process.is_alive():
            process.kill()
            process.join()


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host

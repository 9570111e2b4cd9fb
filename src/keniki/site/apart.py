"""Django on a few threads of its own, so that what is answered without it finds a free one however busy it is.

Two requests that wait ten seconds each for a database that is cut off would else stop the public board of a process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

#: A request of Django's computes most of its time: more threads would only take turns.
DJANGO_THREADS = 2
#: Threads of the web server in each process; a waiting one costs nothing.
SERVER_THREADS = 64
#: As many requests of Django's may wait or run while nothing is finished; the rest of the threads stay free.
MOST_WAITING = 56
STUCK_SECONDS = 1.0

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def django_apart(django: Application) -> Application:
    """Django's application on its own threads; whom it cannot take is told so by a page with its security headers."""
    from keniki.site.away import unavailable
    from keniki.site.headers import security_headers

    headers = security_headers()[0]

    def busy(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = unavailable(api=environ["PATH_INFO"].startswith("/api/"), busy=True)
        start_response("503 Service Unavailable", list((headers | dict(answer.items())).items()))
        return [answer.content]

    return Apart(django, busy)


class Apart:
    """A WSGI application that runs another one on `threads` threads.

    While it finishes anything at all, who comes waits for a turn. Where nothing has been finished for a while and
    `most_waiting` are waiting, `busy` answers those above, the ones that came before this was known too.
    """

    def __init__(
        self,
        application: Application,
        busy: Application,
        *,
        threads: int = DJANGO_THREADS,
        most_waiting: int = MOST_WAITING,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._application = application
        self._busy = busy
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="django")
        self._most_waiting = most_waiting
        self._stuck_seconds = stuck_seconds
        self._count = threading.Lock()
        self._waiting = 0
        self._finished = time.monotonic()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer; an answer that is made while it is sent (a stream) is made by the thread that sends it."""
        with self._count:
            if not self._waiting:
                self._finished = time.monotonic()
            self._waiting += 1
            task = None if self._stuck() else self._threads.submit(self._answer, environ, start_response)
            self._waiting -= task is None
        if task is None:
            return self._busy(environ, start_response)
        while True:
            try:
                return task.result(self._stuck_seconds)
            except TimeoutError:
                if task.done():
                    return task.result()
            with self._count:
                if not self._stuck() or not task.cancel():
                    continue
                self._waiting -= 1
            return self._busy(environ, start_response)

    def _stuck(self) -> bool:
        """Whether there are more than may wait while nothing is finished."""
        return self._waiting > self._most_waiting and time.monotonic() - self._finished > self._stuck_seconds

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = self._application(environ, start_response)
            if getattr(answer, "streaming", not isinstance(answer, list)):
                return _Stream(answer)
            try:
                return [b"".join(answer)]
            finally:
                _close(answer)
        finally:
            with self._count:
                self._waiting -= 1
                self._finished = time.monotonic()


class _Stream:
    """A stream whose database connection ends with it: the thread that sends it has no other use for one."""

    def __init__(self, answer: Iterable[bytes]) -> None:
        self._answer = answer
        self._parts = iter(answer)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        from django.db import connections

        try:
            _close(self._answer)
        finally:
            connections.close_all()


def _close(answer: Iterable[bytes]) -> None:
    close: Callable[[], object] | None = getattr(answer, "close", None)
    if close is not None:
        close()

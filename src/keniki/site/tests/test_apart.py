"""However busy or stuck Django is, what is answered without it is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from keniki.site.apart import Apart, django_apart


class Django:
    """An application of the test's own that waits at a gate and remembers who ran it."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: set[str] = set()
        self.running = self.most = 0
        self.lock = threading.Lock()
        self.answer: Callable[[], Iterable[bytes]] = lambda: [b"a", b"b"]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.lock:
            self.threads.add(threading.current_thread().name)
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            assert self.gate.wait(20)
            if environ["PATH_INFO"] == "/fault":
                raise ZeroDivisionError
            start_response("200 OK", [])
            return self.answer()
        finally:
            with self.lock:
                self.running -= 1


def _busy(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [])
    return [b"busy"]


def _ask(application: Any, path: str = "/", said: list[Any] | None = None) -> bytes:
    return b"".join(
        application({"PATH_INFO": path}, lambda *given: said.extend(given) if said is not None else None)
    )


def _wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def django() -> Iterator[Django]:
    made = Django()
    yield made
    made.gate.set()


def _crowd(application: Any, number: int, answers: list[bytes]) -> list[threading.Thread]:
    people = [threading.Thread(target=lambda: answers.append(_ask(application))) for _ in range(number)]
    for each in people:
        each.start()
    return people


def test_requests_run_on_two_threads_and_all_are_answered(django: Django) -> None:
    application = Apart(django, _busy, threads=2, most_waiting=30)
    answers: list[bytes] = []
    people = _crowd(application, 20, answers)
    _wait_for(lambda: django.running == 2)
    django.gate.set()
    for each in people:
        each.join(20)
    assert answers == [b"ab"] * 20
    assert django.most == 2
    assert all(name.startswith("django") for name in django.threads)


def test_where_nothing_ends_any_more_the_next_is_told_at_once(django: Django) -> None:
    application = Apart(django, _busy, threads=2, most_waiting=5, stuck_seconds=0.2)
    answers: list[bytes] = []
    people = _crowd(application, 5, answers)
    _wait_for(lambda: application._waiting == 5)
    time.sleep(0.25)
    begun = time.monotonic()
    assert _ask(application) == b"busy"
    assert time.monotonic() - begun < 0.1
    django.gate.set()
    for each in people:
        each.join(20)
    assert answers == [b"ab"] * 5
    assert _ask(application) == b"ab"


def test_those_above_the_limit_who_came_before_it_was_known_are_told_too(django: Django) -> None:
    application = Apart(django, _busy, threads=1, most_waiting=4, stuck_seconds=0.2)
    answers: list[bytes] = []
    people = _crowd(application, 10, answers)
    _wait_for(lambda: len(answers) == 6)
    assert answers == [b"busy"] * 6
    assert application._waiting == 4
    django.gate.set()
    for each in people:
        each.join(20)
    assert answers[6:] == [b"ab"] * 4


def test_a_crowd_waits_as_long_as_something_ends(django: Django) -> None:
    application = Apart(django, _busy, threads=1, most_waiting=3, stuck_seconds=0.5)
    django.gate.set()
    slow = iter(range(100))

    def answer() -> Iterable[bytes]:
        next(slow)
        time.sleep(0.1)
        return [b"slow"]

    django.answer = answer
    answers: list[bytes] = []
    for each in _crowd(application, 12, answers):
        each.join(20)
    assert answers == [b"slow"] * 12


def test_an_idle_hour_is_no_standstill(django: Django) -> None:
    application = Apart(django, _busy, threads=1, most_waiting=0, stuck_seconds=0.05)
    django.gate.set()
    time.sleep(0.1)
    assert _ask(application) == b"ab"


def test_a_fault_reaches_the_server_and_counts_as_an_end(django: Django) -> None:
    application = Apart(django, _busy, threads=1, most_waiting=1)
    django.gate.set()
    with pytest.raises(ZeroDivisionError):
        _ask(application, "/fault")
    assert application._waiting == 0
    assert _ask(application) == b"ab"


class Answer:
    """What Django answers with, as far as a server knows it."""

    def __init__(self, streaming: bool) -> None:
        self.streaming = streaming
        self.made: list[str] = []
        self.closed: list[str] = []

    def __iter__(self) -> Iterator[bytes]:
        self.made.append(threading.current_thread().name)
        yield b"part"

    def close(self) -> None:
        self.closed.append(threading.current_thread().name)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_page_is_made_by_djangos_thread_and_a_stream_by_the_one_that_sends_it(
    django: Django, streaming: bool
) -> None:
    application = Apart(django, _busy, threads=1, most_waiting=1)
    django.gate.set()
    answer = Answer(streaming)
    django.answer = lambda: answer
    said: list[bytes] = []

    def send() -> None:
        parts: Any = application({"PATH_INFO": "/"}, lambda *_: None)
        said.extend(parts)
        if streaming:
            parts.close()

    sender = threading.Thread(target=send, name="sender")
    sender.start()
    sender.join(20)
    assert said == [b"part"]
    who = "sender" if streaming else "django_0"
    assert (answer.made, answer.closed) == ([who], [who])


@pytest.mark.parametrize(
    ("path", "words"), [("/desk/", "<h1>ただいま処理できません</h1>"), ("/api/v1/x", '"error"')]
)
def test_who_is_refused_gets_a_page_or_an_object_under_the_strict_policy(
    django: Django, monkeypatch: pytest.MonkeyPatch, path: str, words: str
) -> None:
    application = django_apart(django)
    assert isinstance(application, Apart)
    application._waiting, application._finished = 1000, time.monotonic() - 60
    said: list[Any] = []
    page = _ask(application, path, said).decode()
    headers = dict(said[1])
    assert words in page
    assert "保存は完了していません" in page
    assert said[0] == "503 Service Unavailable"
    assert headers["Retry-After"] == "5"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert ("json" in headers["Content-Type"]) is path.startswith("/api/")

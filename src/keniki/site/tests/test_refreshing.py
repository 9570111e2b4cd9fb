"""Who changes something has the public snapshots made anew; what fails leaves the last state."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction

from keniki.apps.accounts import snapshots
from keniki.apps.accounts.snapshots import Snapshot, Source, stamp, touch
from keniki.site.snapshots import files, refreshing
from keniki.site.snapshots.refreshing import ALIVE_SECONDS, Keeper


class Board:
    """A source of the test's own: what it shows, how often it was asked, and how it fails."""

    def __init__(self) -> None:
        self.shown: dict[str, list[str]] = {"aoba": ["/r/aoba/board.json"]}
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.text = ""

    def keys(self) -> list[str]:
        return list(self.shown)

    def build(self, key: str) -> Iterator[Snapshot]:
        self.asked.append(key)
        if self.fault is not None:
            raise self.fault
        for address in self.shown.get(key, []):
            at = datetime.now(UTC)
            body = json.dumps({"generated_at": stamp(at), "text": self.text}).encode()
            yield Snapshot(address, "application/json", body, at)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    monkeypatch.setattr(snapshots, "_sources", {})
    made = Board()
    snapshots.register(Source("test.board", made.keys, made.build))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(folder: Path, clock: Clock, board: Board) -> Keeper:
    made = Keeper(folder, clock)
    made.begin()
    _settle(made)
    board.asked.clear()
    return made


def _settle(keeper: Keeper) -> None:
    """The keys are listed first; what they name is due at once."""
    while not keeper.pause():
        keeper.work()


def _published(folder: Path) -> set[str]:
    return set(files.owned(folder))


pytestmark = pytest.mark.django_db


def test_everything_is_rendered_at_the_start(keeper: Keeper, folder: Path) -> None:
    assert files.owned(folder) == {"/r/aoba/board.json": "test.board:aoba"}
    assert keeper.pause() == ALIVE_SECONDS


def test_a_touch_renders_at_once_and_then_once_a_second(keeper: Keeper, clock: Clock, board: Board) -> None:
    clock.now += 5
    keeper.touched("test.board:aoba")
    _settle(keeper)
    assert board.asked == ["aoba"]
    for _ in range(105):
        clock.now += 0.01
        keeper.touched("test.board:aoba")
        _settle(keeper)
    assert board.asked == ["aoba"] * 2
    for _ in range(2):
        clock.now += 1
        _settle(keeper)
    assert board.asked == ["aoba"] * 3


def test_untouched_it_is_rendered_every_half_minute(keeper: Keeper, clock: Clock, board: Board) -> None:
    for _ in range(90):
        clock.now += 1
        _settle(keeper)
    assert board.asked == ["aoba"] * 3


def test_one_that_fails_is_told_and_tried_again_later_and_its_last_state_stays(
    keeper: Keeper, clock: Clock, board: Board, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = (folder / files.name_of("/r/aoba/board.json")).read_bytes()
    board.fault = ZeroDivisionError("no shelters")
    times = []
    keeper.touched("test.board:aoba")
    clock.now += 1
    for _ in range(120):
        asked = len(board.asked)
        keeper.touched("test.board:aoba")
        _settle(keeper)
        times += [clock.now - 1001] * (len(board.asked) - asked)
        clock.now += 1
    assert times == [0, 1, 3, 7, 15, 31, 61, 91]
    assert (folder / files.name_of("/r/aoba/board.json")).read_bytes() == before
    assert "Traceback" in caplog.text
    assert "test.board:aoba" in caplog.text
    board.fault = None
    clock.now += 30
    _settle(keeper)
    assert keeper.pause() == ALIVE_SECONDS


def test_a_source_that_fails_keeps_no_other_waiting(keeper: Keeper, clock: Clock, board: Board) -> None:
    other = Board()
    other.shown = {"x": ["/other.json"]}
    snapshots.register(Source("test.other", other.keys, other.build))
    board.fault = ValueError("no")
    keeper.begin()
    _settle(keeper)
    assert other.asked == ["x"]
    assert "/other.json" in _published(keeper.folder)


def test_what_is_no_longer_shown_is_withdrawn(
    keeper: Keeper, clock: Clock, board: Board, folder: Path
) -> None:
    board.shown = {"aoba": ["/r/aoba/a.json", "/r/aoba/b.json"], "moto": ["/r/moto/a.json"]}
    clock.now += ALIVE_SECONDS
    _settle(keeper)
    assert _published(folder) == {"/r/aoba/a.json", "/r/aoba/b.json", "/r/moto/a.json"}
    board.shown["aoba"].pop()
    keeper.touched("test.board:aoba")
    clock.now += 1
    _settle(keeper)
    assert _published(folder) == {"/r/aoba/a.json", "/r/moto/a.json"}
    del board.shown["moto"]
    clock.now += ALIVE_SECONDS
    _settle(keeper)
    assert _published(folder) == {"/r/aoba/a.json"}
    asked = board.asked.count("moto")
    clock.now += ALIVE_SECONDS
    _settle(keeper)
    assert board.asked.count("moto") == asked


def test_a_key_that_was_made_just_now_is_rendered_when_it_is_touched(
    keeper: Keeper, board: Board, folder: Path
) -> None:
    board.shown["moto"] = ["/r/moto/a.json"]
    keeper.touched("test.board:moto")
    _settle(keeper)
    assert "/r/moto/a.json" in _published(folder)


def test_what_nobody_makes_any_more_is_withdrawn_at_the_start(board: Board, folder: Path) -> None:
    at = datetime.now(UTC)
    body = stamp(at).encode()
    files.publish(folder, Snapshot("/old.txt", "text/plain", body, at), "test.gone:x")
    files.publish(folder, Snapshot("/by-hand.txt", "text/plain", body, at))
    files.publish(folder, Snapshot("/r/old/board.json", "text/plain", body, at), "test.board:old")
    keeper = Keeper(folder)
    keeper.begin()
    _settle(keeper)
    assert _published(folder) == {"/r/aoba/board.json", "/by-hand.txt"}


def test_two_sources_do_not_share_an_address(
    keeper: Keeper, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Board()
    snapshots.register(Source("test.other", other.keys, other.build))
    keeper.begin()
    _settle(keeper)
    assert files.owned(folder) == {"/r/aoba/board.json": "test.board:aoba"}
    assert "belongs to test.board:aoba" in caplog.text


def test_a_name_is_registered_once_and_only_registered_ones_are_touched(board: Board) -> None:
    with pytest.raises(ValueError, match="registered already"):
        snapshots.register(Source("test.board", board.keys, board.build))
    with pytest.raises(KeyError, match=r"test\.nothing"):
        touch("test.nothing")


def test_the_loss_of_the_database_is_passed_on(keeper: Keeper, clock: Clock, board: Board) -> None:
    board.fault = OperationalError("the connection is closed")
    clock.now += ALIVE_SECONDS
    with pytest.raises(OperationalError):
        keeper.work()


@pytest.fixture
def running(board: Board, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The real loop in a thread, with its own connections."""
    monkeypatch.setattr(refreshing, "LEAST_SECONDS", 0.05)
    monkeypatch.setattr(refreshing, "_TICK", 0.05)
    over = threading.Event()

    def run() -> None:
        try:
            refreshing.keep_fresh(folder, over)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)
        assert not thread.is_alive()


def _wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _text(folder: Path) -> str:
    _, stored = files.read(folder / files.name_of("/r/aoba/board.json"))
    return str(json.loads(stored.body)["text"])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("running")
def test_a_touch_is_heard_when_the_transaction_is_committed_and_never_before(
    board: Board, folder: Path
) -> None:
    _wait_for(lambda: (folder / files.name_of("/r/aoba/board.json")).exists())
    with transaction.atomic():
        board.text = "committed"
        for _ in range(5):
            touch("test.board", "aoba")
        time.sleep(0.3)
        assert _text(folder) == ""
    _wait_for(lambda: _text(folder) == "committed")
    asked = len(board.asked)
    assert asked <= 3
    with transaction.atomic():
        board.text = "rolled back"
        touch("test.board", "aoba")
        transaction.set_rollback(True)
    time.sleep(0.3)
    assert _text(folder) == "committed"
    assert len(board.asked) == asked


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("running")
def test_it_comes_back_to_a_database_that_was_away(
    board: Board, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _wait_for(lambda: (folder / files.name_of("/r/aoba/board.json")).exists())
    board.text = "meanwhile"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    _wait_for(lambda: _text(folder) == "meanwhile")
    assert caplog.text.count("the database is away") == 1
    assert "the database is back" in caplog.text

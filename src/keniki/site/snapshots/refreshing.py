"""Has snapshots made anew: at once where something changed, and every half minute to show that the data is alive."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from keniki.apps.accounts import snapshots
from keniki.site.away import database_is_away

from . import files

LEAST_SECONDS = 1.0
ALIVE_SECONDS = 30.0
_LONGEST_WAIT = 30.0
_TICK = 1.0
_log = logging.getLogger(__name__)


@dataclass
class _Slot:
    """When something is to be done next, when it was begun last, and how often it failed since."""

    due: float
    begun: float = float("-inf")
    failures: int = 0


class Keeper:
    """What is to be rendered when. A slot with the key None lists a source's keys."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._slots: dict[tuple[str, str | None], _Slot] = {}
        self._owners: dict[str, str] = {}

    def begin(self) -> None:
        """Everything is due; what a source that is gone has left is withdrawn. For the start, and after silence."""
        files.tidy(self.folder)
        self._owners = files.owned(self.folder)
        known = snapshots.sources()
        for address, owner in sorted(self._owners.items()):
            if owner and owner.partition(":")[0] not in known:
                self._withdraw(address)
        for name in known:
            self._slots.setdefault((name, None), _Slot(0.0))
        now = self._clock()
        for slot in self._slots.values():
            slot.due = now

    def touched(self, payload: str) -> None:
        """Somebody's `touch`: due now, or a second after the last time, or when a failed one is tried again."""
        name, _, key = payload.partition(":")
        if name not in snapshots.sources():
            return
        now = self._clock()
        slot = self._slots.setdefault((name, key), _Slot(now))
        if not slot.failures:
            slot.due = min(slot.due, max(now, slot.begun + LEAST_SECONDS))

    def pause(self) -> float:
        """Seconds until something is due."""
        return max(min((slot.due for slot in self._slots.values()), default=_TICK) - self._clock(), 0.0)

    def work(self) -> None:
        """Do all that is due. One that fails is logged and tried again later; its last state stays.

        Raises what says that the database is away.
        """
        close_old_connections()
        for place, slot in sorted(self._slots.items(), key=lambda item: item[1].due):
            now = self._clock()
            if slot.due > now:
                continue
            slot.begun = now
            name, key = place
            try:
                if key is None:
                    self._list(snapshots.sources()[name])
                else:
                    self._render(snapshots.sources()[name], key)
            except Exception as error:
                slot.failures += 1
                slot.due = self._clock() + min(2.0 ** (slot.failures - 1), _LONGEST_WAIT)
                if database_is_away(error):
                    raise
                _log.exception("the snapshots of %s cannot be made, the last state stays", _owner(name, key))
            else:
                slot.failures = 0
                slot.due = now + ALIVE_SECONDS

    def _list(self, source: snapshots.Source) -> None:
        keys = set(source.keys())
        now = self._clock()
        for key in sorted(keys):
            self._slots.setdefault((source.name, key), _Slot(now))
        for place in list(self._slots):
            if place[0] == source.name and place[1] is not None and place[1] not in keys:
                del self._slots[place]
        for address, owner in sorted(self._owners.items()):
            name, _, key = owner.partition(":")
            if name == source.name and key not in keys:
                self._withdraw(address)

    def _render(self, source: snapshots.Source, key: str) -> None:
        owner = _owner(source.name, key)
        made = list(source.build(key))
        for snapshot in made:
            other = self._owners.get(snapshot.address, owner)
            if other != owner:
                raise ValueError(f"{snapshot.address} belongs to {other}")
        for snapshot in made:
            files.publish(self.folder, snapshot, owner)
            self._owners[snapshot.address] = owner
        addresses = {snapshot.address for snapshot in made}
        for address in sorted(self._owners):
            if self._owners[address] == owner and address not in addresses:
                self._withdraw(address)

    def _withdraw(self, address: str) -> None:
        files.withdraw(self.folder, address, self._owners[address])
        del self._owners[address]


def keep_fresh(folder: Path, stop: threading.Event | None = None) -> None:
    """Render what is touched, at most once a second each, and everything every half minute, until `stop` is set.

    Where the database is away it comes back to it; then everything is rendered, whatever was touched meanwhile.
    """
    stop = stop or threading.Event()
    keeper, failures = Keeper(folder), 0
    while not stop.is_set():
        try:
            with _listening() as listener:
                keeper.begin()
                if failures:
                    _log.warning("the database is back, snapshots are made anew")
                failures = 0
                while not stop.is_set():
                    keeper.work()
                    for notice in listener.notifies(timeout=min(keeper.pause(), _TICK), stop_after=1):
                        keeper.touched(notice.payload)
        except (psycopg.OperationalError, OperationalError, InterfaceError) as error:
            failures += 1
            if failures == 1:
                _log.warning("the database is away, snapshots stay as they are: %s", error)
            stop.wait(min(0.5 * 2.0 ** (failures - 1), 5.0))
        except files.NotPublished:
            failures += 1
            _log.exception("snapshots cannot be stored")
            stop.wait(5.0)


@contextlib.contextmanager
def _listening() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own: notices that arrive while a source is reading must not get lost."""
    wrapper = connections.create_connection("default")
    try:
        wrapper.ensure_connection()
        connection = cast("psycopg.Connection[Any]", wrapper.connection)
        connection.execute(f"LISTEN {snapshots.CHANNEL}")  # type: ignore[arg-type, unused-ignore]
        yield connection
    finally:
        wrapper.close()


def _owner(name: str, key: str | None) -> str:
    return name if key is None else f"{name}:{key}"

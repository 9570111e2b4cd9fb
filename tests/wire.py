"""A wire between two programs that can be cut, go silent, or carry words in one direction only."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Literal

#: `refusing`: who connects is thrown out. `silent`: nothing is carried and nobody is told; what was sent meanwhile
#: arrives late. `deaf`: what is asked is carried, what is answered is lost, and then the connection.
State = Literal["open", "refusing", "silent", "deaf"]
TICK = 0.02
PIECE = 65_536


class Wire:
    """Listens on a port of this machine and carries to `target`: an address and port, or a socket's path."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        self.target = target
        self.state: State = "open"
        self._over = threading.Event()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Tear every connection, in whatever it is saying; both ends are told at once (a reset)."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            _reset(end)

    def close(self) -> None:
        self._over.set()
        self._listening.close()
        self.cut()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                near = self._listening.accept()[0]
            except OSError:
                return
            if self.state == "refusing":
                _reset(near)
                continue
            try:
                far = _connected(self.target)
            except OSError:
                _reset(near)
                continue
            with self._lock:
                self._ends |= {near, far}
            for ends in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, to: socket.socket, answers: bool) -> None:
        try:
            while not self._over.is_set():
                if self.state == "silent":
                    self._over.wait(TICK)
                    continue
                if not select.select([source], [], [], TICK)[0]:
                    continue
                if self.state == "silent":
                    continue
                said = source.recv(PIECE)
                if answers and said and self.state == "deaf":
                    break
                if not said:
                    to.shutdown(socket.SHUT_WR)
                    return
                to.sendall(said)
        except (OSError, ValueError):
            pass
        with self._lock:
            self._ends -= {source, to}
        for end in (source, to):
            _reset(end)


@contextlib.contextmanager
def wired(target: tuple[str, int] | str) -> Iterator[Wire]:
    """A wire for as long as the block runs."""
    wire = Wire(target)
    try:
        yield wire
    finally:
        wire.close()


def _connected(target: tuple[str, int] | str) -> socket.socket:
    if not isinstance(target, str):
        return socket.create_connection(target, timeout=10)
    end = socket.socket(socket.AF_UNIX)
    end.connect(target)
    return end


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

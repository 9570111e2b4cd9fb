"""A pytest plugin: while tests run, Python reaches this machine and nothing else."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

_NAMES = frozenset({"", "localhost", "ip6-localhost", socket.gethostname().lower()})
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ASKING = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
#: Names the file in which a program started by a test writes what it asked of other machines, handled or not.
CALLS = "KENIKI_TEST_CALLS"
_shut = False


class OutsideCall(BaseException):
    """Something tried to leave the machine; no `except Exception` hides it."""


def is_here(host: object) -> bool:
    """Whether the host is this machine: a loopback address, one of its names, or no name at all."""
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    if text.lower() in _NAMES:
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def outside(folder: Path) -> dict[str, str]:
    """Environment variables with which a Python program, and those it starts, reach this machine alone.

    `folder` gets the file that Python runs first, and later `calls` with what was asked of other machines.
    """
    root = Path(__file__).resolve().parent.parent
    program = f"import sys\nsys.path.append({str(root)!r})\nimport tests.network\ntests.network.shut()\n"
    (folder / "sitecustomize.py").write_text(program, "utf-8")
    return {"PYTHONPATH": os.pathsep.join((str(folder), str(root / "src"))), CALLS: str(folder / "calls")}


def shut() -> None:
    """From now on no connection to, and no question about, any other machine."""
    global _shut
    _shut = True


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _shut:
        return
    if event in _SENDING:
        address = args[1]
        if isinstance(address, tuple) and not is_here(address[0]):
            _refuse(f"{event} to {address[0]}:{address[1]}")
    elif event in _ASKING and not is_here(args[0]):
        _refuse(f"{event} for {args[0]}")


def _refuse(call: str) -> NoReturn:
    if told := os.environ.get(CALLS):
        with Path(told).open("a", encoding="utf-8") as file:
            file.write(f"{call} by {' '.join(sys.argv)}\n")
    raise OutsideCall(call)


sys.addaudithook(_watch)


@pytest.fixture(scope="session", autouse=True)
def shut_network() -> Iterator[None]:
    """No connection to, and no question about, any other machine."""
    global _shut
    shut()
    yield
    _shut = False

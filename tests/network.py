"""A pytest plugin: while tests run, Python reaches this machine and nothing else."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_NAMES = frozenset({"", "localhost", "ip6-localhost", socket.gethostname().lower()})
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ASKING = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
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


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _shut:
        return
    if event in _SENDING:
        address = args[1]
        if isinstance(address, tuple) and not is_here(address[0]):
            raise OutsideCall(f"{event} to {address[0]}:{address[1]}")
    elif event in _ASKING and not is_here(args[0]):
        raise OutsideCall(f"{event} for {args[0]}")


sys.addaudithook(_watch)


@pytest.fixture(scope="session", autouse=True)
def shut_network() -> Iterator[None]:
    """No connection to, and no question about, any other machine."""
    global _shut
    _shut = True
    yield
    _shut = False

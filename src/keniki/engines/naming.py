"""Which engine a text names: what `KENIKI_ENGINE` may say."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final, Literal

from keniki.core.errors import WrongInput

Kind = Literal["local", "processes", "dask"]

VARIABLE: Final = "KENIKI_ENGINE"
#: More at once on one machine is a slip of the finger.
MOST: Final = 256
_DASK_PORT: Final = 8786
_HERE = re.compile(r"(local|processes)(?::([0-9]{1,9}))?")
_THERE = re.compile(r"dask://([0-9A-Za-z][0-9A-Za-z._-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,9}))?")


@dataclass(frozen=True)
class Engine:
    """`local` threads or `processes` so many (`workers`), or `dask` at `address` (`tcp://host:port`)."""

    kind: Kind
    workers: int = 1
    address: str = ""


def named(text: str | None = None) -> Engine:
    """The engine a text names, without one that of `KENIKI_ENGINE`; an empty text is `local`. WrongInput for others.

    >>> named("processes:4")
    Engine(kind='processes', workers=4, address='')
    >>> named("dask://10.1.2.3").address
    'tcp://10.1.2.3:8786'
    """
    given = (os.environ.get(VARIABLE, "") if text is None else text).strip()
    here = _HERE.fullmatch(given or "local")
    if here is not None:
        workers = processors() if here[2] is None else int(here[2])
        if not 1 <= workers <= MOST:
            raise _wrong(given, f"数は1から{MOST}までにしてください")
        return Engine("processes" if here[1] == "processes" else "local", workers)
    return Engine("dask", address=_address(given))


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _address(given: str) -> str:
    if not given.startswith("dask://"):
        raise _wrong(given, "local、processes、processes:数、dask://ホスト:ポート のどれかにしてください")
    there = _THERE.fullmatch(given)
    port = int(there[2] or _DASK_PORT) if there is not None else 0
    if there is None or not 1 <= port <= 65535:
        raise _wrong(
            given, "dask:// の後は、スケジューラのホストとポートだけにしてください（例 dask://10.1.2.3:8786）"
        )
    return f"tcp://{there[1]}:{port}"


def _wrong(given: str, what: str) -> WrongInput:
    return WrongInput(f"環境変数 {VARIABLE} を読めません（いまの値: {given}）。{what}。")

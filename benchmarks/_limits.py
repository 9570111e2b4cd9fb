"""What a benchmark measured beside what was promised; a broken promise ends the command with 1."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable


class Limits:
    """Collects measurements and their limits; leaving the block says which did not hold."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def __enter__(self) -> Limits:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self.broken:
            sys.exit("limit broken: " + "; ".join(self.broken))

    def hold(self, what: str, found: float, limit: float, unit: str = "s") -> None:
        """Print the measurement as a part of its limit; one above it is broken (a limit of 0 allows nothing)."""
        part = f"= {found / limit:.2f} of the limit of {limit:g} {unit}" if limit else "(limit 0)"
        said = f"{what}: {found:.2f} {unit} {part}" if unit == "s" else f"{what}: {found:g} {unit} {part}"
        print(said, flush=True)
        if found > limit:
            self.broken.append(said)


def median(run: Callable[[], object], runs: int) -> float:
    """The middle of the seconds of some runs."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)

"""`keniki profile` for twelve municipalities with the published files loaded: Word, PDF, Excel in under 20 s.

The ratio is to drawing the same charts alone, which is the floor: nothing is reckoned, nothing laid out.
KENIKI_TEST_DATA names the folder with the files.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _home import loaded_home
from _limits import Limits

LIMIT = 20.0
RUNS = 3
FILES = (
    "census2020/population_census_2020.csv",
    "ssdse_a/SSDSE-A-2022.csv",
    "ssdse_a/SSDSE-A-2025.csv",
    "boundaries/hokkaido_N03_2021.geojson",
)
CODES = "01100,01203,01210,01217,01224,01231,01234,01235,01303,01304,01423,01428"


def main() -> None:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        print("skipped: KENIKI_TEST_DATA names no folder with published files")
        return
    with Limits() as limits, loaded_home(), tempfile.TemporaryDirectory(prefix="keniki-bench-") as out:
        from keniki.apps.evidence.book.book import Book, places_of
        from keniki.apps.evidence.book.document import write

        command("data", "import", *(str(Path(folder, name)) for name in FILES))
        written = write(Book(places_of(CODES.split(","))))
        charts = [chart for exhibit in written.exhibits for chart in exhibit.charts]
        print(f"{len(written.exhibits)} exhibits, {len(charts)} charts")
        taken = median(lambda: command("profile", "--municipalities", CODES, "--out", out))
        limits.hold("the command with its start and every chart and table", taken, LIMIT)
        print(
            f"drawing the charts alone {(alone := median(lambda: drawn(charts))):.2f} s; ratio {taken / alone:.1f}"
        )


def drawn(charts: list[object]) -> None:
    """Draw every chart anew."""
    from keniki.press import charts as press

    press._drawn.cache_clear()
    for chart in charts:
        chart.svg()  # type: ignore[attr-defined]


def command(*arguments: str) -> None:
    """Run a command to its end."""
    subprocess.run([sys.executable, "-m", "keniki.cli.main", *arguments], check=True, capture_output=True)


def median(run: Callable[[], object]) -> float:
    """The middle of the seconds of some runs."""
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()

"""Published files of statistics read and stored: census 2-7-1 in 15 s, SSDSE-A in 3 s, both within 600 MB.

The ratio is to a bare `polars.read_csv` of the same bytes, which neither knows what a cell means nor keeps it.
KENIKI_TEST_DATA names the folder with the files; KENIKI_BENCH_RUNS changes how often the bare reading is repeated.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _home import loaded_home
from _limits import Limits, median

RUNS = int(os.environ.get("KENIKI_BENCH_RUNS", "5"))
MEGABYTES = 600.0


@dataclass(frozen=True)
class File:
    """A published file, how long it may take, and how a bare reader has to be told to read it."""

    name: str
    path: str
    kind: str
    limit: float
    bare: dict[str, Any]


FILES = (
    File(
        "census 2-7-1",
        "census2020/population_census_2020.csv",
        "estat_csv",
        15.0,
        {"skip_rows": 10, "infer_schema_length": 0},
    ),
    File(
        "SSDSE-A 2025",
        "ssdse_a/SSDSE-A-2025.csv",
        "ssdse_a",
        3.0,
        {"encoding": "cp932", "skip_rows_after_header": 2, "infer_schema_length": 0},
    ),
)


def main() -> None:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        print("skipped: KENIKI_TEST_DATA names no folder with published files")
        return
    with Limits() as limits, loaded_home():
        before = peak()
        taken = [stored(file, Path(folder, file.path), limits) for file in FILES]
        limits.hold("peak memory", round(peak(), 1), MEGABYTES, "MB")
        print(f"before the first file: {before:.1f} MB")
        for file, seconds in zip(FILES, taken, strict=True):
            bare = bare_reading(file, Path(folder, file.path).read_bytes())
            if bare is None:
                print("no ratio: polars is not installed")
                return
            print(f"{file.name}: bare polars.read_csv {bare:.3f} s; ratio {seconds / bare:.0f}")


def stored(file: File, path: Path, limits: Limits) -> float:
    """Seconds to read and store a file; again, which must change nothing, is printed beside it."""
    from keniki.apps.evidence.actions import import_figures
    from keniki.apps.evidence.importers import estat_csv, ssdse
    from keniki.apps.evidence.importers.base import RawBytes
    from keniki.apps.regions import queries

    read = {reader.kind: reader.read for reader in (estat_csv.READER, ssdse.READER)}[file.kind]
    actor = queries.operator()
    started = time.perf_counter()
    parsed = read(RawBytes(path.name, path.read_bytes()))
    reading = time.perf_counter() - started
    done = import_figures(actor, [parsed])
    seconds = time.perf_counter() - started
    print(f"{file.name}: {done.stored:,} figures, {done.quarantined} kept aside, read in {reading:.2f} s")
    limits.hold(f"{file.name}, read and stored", seconds, file.limit)
    started = time.perf_counter()
    again = import_figures(actor, [read(RawBytes(path.name, path.read_bytes()))])
    print(f"{file.name}, a second time: {time.perf_counter() - started:.2f} s, {again.stored} new figures")
    limits.hold(f"{file.name}, figures stored twice", again.stored, 0, "figures")
    return seconds


def bare_reading(file: File, content: bytes) -> float | None:
    """The middle of the seconds of some bare readings, None without polars."""
    try:
        import polars
    except ImportError:
        return None
    return median(lambda: polars.read_csv(content, **file.bare), RUNS)


def peak() -> float:
    """The most memory this process has held so far, in MB."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()

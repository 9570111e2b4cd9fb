"""`keniki report` for a region of 20 initiatives, 5 years and 10 activities a year: all formats in under 5 s."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from _home import loaded_home
from _limits import Limits, median

LIMIT = 5.0
RUNS = 3


def main() -> None:
    with (
        Limits() as limits,
        loaded_home(),
        tempfile.TemporaryDirectory(prefix="keniki-bench-") as folder,
    ):
        from keniki.apps.portal.synthetic import make_regions
        from keniki.apps.regions import queries
        from keniki.apps.regions.models import Region
        from keniki.cli import report

        make_regions(queries.operator(), 1)
        region = Region.objects.select_related("secretariat").get()
        out = Path(folder)
        parameters = {"first": 2020, "last": 2024, "programme": ""}

        def write(*formats: str) -> None:
            report.write(region, "results", parameters, out, formats=formats)

        def command() -> None:
            options = ["--region", region.slug, "--kind", "results", "--from", "2020", "--to", "2024"]
            line = [sys.executable, "-m", "keniki.cli.main", "report", *options, "--out", folder]
            subprocess.run(line, check=True, capture_output=True)

        for name in report.FORMATS:
            limits.hold(f"{name} alone", median(lambda name=name: write(name), RUNS), LIMIT)
        limits.hold("all three formats", median(lambda: write(*report.FORMATS), RUNS), LIMIT)
        limits.hold("the command, all three formats and its start", median(command, RUNS), LIMIT)


if __name__ == "__main__":
    main()

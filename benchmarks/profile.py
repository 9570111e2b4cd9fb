"""`keniki profile` for twelve municipalities with the published files loaded: Word, PDF, Excel in under 20 s.

And every chapter's page of forty municipalities: under 1 s and under 300 KB. The ratio is to drawing the same charts
alone, which is the floor: nothing is reckoned, nothing laid out.
KENIKI_TEST_DATA names the folder with the files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from _home import loaded_home
from _limits import Limits, median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from django.test import Client

LIMIT = 20.0
PAGE_LIMIT = 1.0
SIZE_LIMIT = 300.0
MANY = 40
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
        taken = median(lambda: command("profile", "--municipalities", CODES, "--out", out), RUNS)
        limits.hold("the command with its start and every chart and table", taken, LIMIT)
        pages(limits)
        alone = median(lambda: drawn(charts), RUNS)
        print(f"drawing the charts alone {alone:.2f} s; ratio {taken / alone:.1f}")


def pages(limits: Limits) -> None:
    """Every chapter of forty municipalities as a page, the slowest and the largest against their limits."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from keniki.apps.evidence.book.book import Book
    from keniki.apps.evidence.models import Area
    from keniki.apps.portal import synthetic
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Region
    from tests.filled import somebody

    settings.ALLOWED_HOSTS = ["testserver"]
    synthetic.make_regions(queries.operator(), 1)
    client = Client()
    client.force_login(somebody(), backend="django.contrib.auth.backends.ModelBackend")
    towns = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__startswith="01").order_by("code")
    codes = ",".join(towns.values_list("code", flat=True)[:MANY])
    region = Region.objects.get()
    slowest, largest = 0.0, 0.0
    for chapter in Book([]).forms:
        address = reverse("evidence:book-chapter-of", args=[region.slug, codes, chapter])
        sizes: list[int] = []
        slowest = max(slowest, median(partial(fetched, client, address, sizes), RUNS))
        largest = max(largest, max(sizes) / 1000)
    limits.hold(f"the slowest chapter's page of {MANY} municipalities", slowest, PAGE_LIMIT)
    limits.hold(f"the largest chapter's page of {MANY} municipalities", largest, SIZE_LIMIT, "KB")


def fetched(client: Client, address: str, sizes: list[int]) -> None:
    """Get a page and note its bytes."""
    sizes.append(len(client.get(address).content))


def drawn(charts: list[object]) -> None:
    """Draw every chart anew."""
    from keniki.press import charts as press

    press._drawn.cache_clear()
    for chart in charts:
        chart.svg()  # type: ignore[attr-defined]


def command(*arguments: str) -> None:
    """Run a command to its end."""
    subprocess.run([sys.executable, "-m", "keniki.cli.main", *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()

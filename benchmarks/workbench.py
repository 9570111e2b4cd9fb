"""A slider of the workbench moved: the page's answer once the statistics are read, for nine and forty municipalities.

The country is made up, as large as Japan and with three censuses: the pool model projects all of it.
"""

from __future__ import annotations

import sys
import time
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from _home import loaded_home
from _limits import Limits, median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LIMIT_MS = 300
RUNS = 9
PER_PREFECTURE = 37
#: What a slider is moved to, one after the other: no answer is one of before.
MOVES = tuple({"fertility": 100 + step, "young": 90 - step, "moving_in": step} for step in range(1, RUNS + 1))


def main() -> None:
    with Limits() as limits, loaded_home():
        client, address, codes = prepared()
        started = time.perf_counter()
        answer(client, address, codes[:9], "net", MOVES[0])
        print(
            f"{len(codes):,} municipalities; the first answer, which reads them all: {since(started):.1f} s"
        )
        for model in ("net", "ccr", "pool"):
            for number in (9, 40):
                answer(client, address, codes[:number], model, MOVES[0])
                moves = iter(MOVES)
                seconds = median(
                    lambda: answer(client, address, codes[:number], model, next(moves)),  # noqa: B023
                    RUNS,
                )
                limits.hold(f"{model}, {number} municipalities", round(seconds * 1000), LIMIT_MS, "ms")
        for what, seconds in parts(codes[:40]):
            print(f"  of it with 40 municipalities, net: {what} {seconds * 1000:.0f} ms")


def prepared() -> tuple[Any, str, list[str]]:
    """A logged-in browser, the address of the pictures, and the municipalities of the country."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    from django.test import Client
    from django.urls import reverse

    from keniki.apps.evidence import actions
    from keniki.apps.evidence.importers import tidy
    from keniki.apps.evidence.importers.base import RawBytes
    from keniki.apps.evidence.tests import country
    from keniki.apps.portal import synthetic
    from keniki.apps.regions import queries
    from tests.filled import SLUG, somebody

    codes = [
        f"{prefecture:02d}{201 + number}" for prefecture in range(1, 48) for number in range(PER_PREFECTURE)
    ]
    table = country.census_table(codes, country.YEARS[-3:], others=())
    rows = table.splitlines()
    moves = [
        f"{code},moves_{way},2019,{40 + at % 30},persons,,"
        for (at, code), way in product(enumerate(codes), ("in", "out"))
    ]
    file = RawBytes("censuses.csv", "\n".join([*rows, *moves]).encode())
    synthetic.make_regions(queries.operator(), 1)
    actions.import_figures(queries.operator(), [tidy.READER.read(file)])
    client = Client(raise_request_exception=True)
    client.force_login(somebody(), backend="django.contrib.auth.backends.ModelBackend")
    return client, reverse("evidence:workbench-live", args=[SLUG]), codes


def answer(client: Any, address: str, codes: list[str], model: str, moved: dict[str, int]) -> None:
    """One answer of the page, as the browser asks for it."""
    asked = {"others": ",".join(codes), "base": "census2020", "model": model, "until": 2050, **moved}
    found = client.get(f"{address}?{urlencode(asked)}", headers={"HX-Request": "true"})
    if found.status_code != 200:
        sys.exit(f"{model}: {found.status_code} {found.content.decode()[:500]}")


def parts(codes: list[str]) -> list[tuple[str, float]]:
    """Where the time goes."""
    from dataclasses import replace

    from django.template.loader import render_to_string

    from keniki.apps.evidence.book.book import places_of
    from keniki.apps.evidence.futures.making import Wanted, projected
    from keniki.apps.evidence.futures.pictures import picture

    changes = ({"kind": "migration", "factor": 0.5, "ages": [15, 29]},)
    wanted = Wanted(tuple(places_of(codes)), "census2020", "net", 2050, "", changes)
    plain, made = projected(replace(wanted, changes=())), projected(wanted)
    drawn = picture(plain, made)
    template = "evidence/futures/_pictures.html"
    return [
        ("names of the municipalities", median(lambda: places_of(codes), RUNS)),
        (
            "two projections",
            median(lambda: (projected(replace(wanted, changes=())), projected(wanted)), RUNS),
        ),
        ("lines of the pictures", median(lambda: picture(plain, made), RUNS)),
        ("their SVG and table", median(lambda: render_to_string(template, {"picture": drawn}), RUNS)),
    ]


def since(started: float) -> float:
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

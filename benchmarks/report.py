"""The results report of a region with 20 initiatives, 5 years and 10 activities a year in under 5 s."""

from __future__ import annotations

import statistics
import time

from _home import loaded_home

LIMIT = 5.0


def main() -> None:
    with loaded_home():
        from django_scopes import scope

        from keniki.apps.documents.composing import compose
        from keniki.apps.documents.rendering import FORMATS, render
        from keniki.apps.portal.synthetic import make_regions
        from keniki.apps.regions import queries
        from keniki.apps.regions.models import Region

        make_regions(queries.operator(), 1)
        region = Region.objects.select_related("secretariat").get()
        with scope(region=region):
            seconds: dict[str, list[float]] = {"compose": [], **{name: [] for name in FORMATS}}
            for _ in range(3):
                started = time.perf_counter()
                composed = compose(region, "results", first=2020, last=2024)
                seconds["compose"].append(time.perf_counter() - started)
                for name in FORMATS:
                    started = time.perf_counter()
                    list(render(composed, (name,)))
                    seconds[name].append(time.perf_counter() - started)
        middle = {name: statistics.median(found) for name, found in seconds.items()}
        for name, found in middle.items():
            print(f"{name:8} {found:5.2f} s")
        pdf = middle["compose"] + middle["pdf"]
        print(f"report as PDF: {pdf:.2f} s = {pdf / LIMIT:.2f} of the limit of {LIMIT:.0f} s")
        whole = sum(middle.values())
        print(f"report as Word, PDF and Excel: {whole:.2f} s = {whole / LIMIT:.2f} of the same limit")
        print(
            f"PDF by typst against Word by python-docx, the same tree: {middle['pdf'] / middle['docx']:.2f}"
        )


if __name__ == "__main__":
    main()

"""`keniki load --synthetic 130` in under two minutes; rows per second against a bare COPY of the same rows.

KENIKI_BENCH_REGIONS changes the number of regions.
"""

from __future__ import annotations

import io
import os
import time

from _home import loaded_home

LIMIT = 120.0
REGIONS = int(os.environ.get("KENIKI_BENCH_REGIONS", "130"))


def main() -> None:
    with loaded_home():
        from django.db import connection

        from keniki.apps.portal.synthetic import make_regions
        from keniki.apps.regions import queries

        started = time.perf_counter()
        made = make_regions(queries.operator(), REGIONS)
        ours = time.perf_counter() - started
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            own = [
                name
                for name in tables
                if name.split("_")[0] in ("regions", "compacts", "activities", "finance")
            ]
            rows, bare = 0, 0.0
            for name in own:
                content = io.BytesIO()
                with cursor.copy(f'COPY "{name}" TO STDOUT (FORMAT binary)') as out:
                    for part in out:
                        content.write(part)
                cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608
                found = cursor.fetchone()[0]
                if not found:
                    continue
                cursor.execute(f'CREATE TABLE "bench_{name}" (LIKE "{name}")')
                started = time.perf_counter()
                with cursor.copy(f'COPY "bench_{name}" FROM STDIN (FORMAT binary)') as into:
                    into.write(content.getvalue())
                bare += time.perf_counter() - started
                rows += found
                cursor.execute(f'DROP TABLE "bench_{name}"')
    limit = LIMIT * REGIONS / 130
    print(f"{made['regions']} regions, {made['activities']:,} activities, {rows:,} rows with their history")
    print(f"with keys, checks and rights: {ours:.1f} s = {ours / limit:.2f} of the limit of {limit:.0f} s")
    print(
        f"bare COPY of the same rows: {bare:.1f} s; rows per second {rows / ours:,.0f} against {rows / bare:,.0f}"
    )
    print(f"ratio to bare COPY: {ours / bare:.1f}")


if __name__ == "__main__":
    main()

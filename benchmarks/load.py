"""`keniki load --synthetic 130` in under two minutes; rows per second against a bare COPY of the same rows.

KENIKI_BENCH_REGIONS changes the number of regions.
"""

from __future__ import annotations

import io
import os
import time

from _home import loaded_home
from _limits import Limits

LIMIT = 120.0
REGIONS = int(os.environ.get("KENIKI_BENCH_REGIONS", "130"))


def main() -> None:
    with Limits() as limits, loaded_home():
        from django.db import connection
        from django_scopes import scopes_disabled

        from keniki.apps.portal.synthetic import make_regions
        from keniki.apps.regions import queries

        started = time.perf_counter()
        made = make_regions(queries.operator(), REGIONS)
        ours = time.perf_counter() - started
        with scopes_disabled(), connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            own = [
                name
                for name in tables
                if name.split("_")[0]
                in ("accounts", "regions", "workflow", "compacts", "activities", "finance", "documents")
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
        print(
            f"{made['regions']} regions, {made['activities']:,} activities, {rows:,} rows with their history"
        )
        print(f"bare COPY of them: {bare:.1f} s; rows a second {rows / ours:,.0f} against {rows / bare:,.0f}")
        print(f"ratio to bare COPY: {ours / bare:.1f}")
        limits.hold("with keys, checks and rights", ours, LIMIT * REGIONS / 130)


if __name__ == "__main__":
    main()

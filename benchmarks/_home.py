"""A home of the benchmark's own (and, with DATABASE_URL, a database of its own on that server), gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


@contextlib.contextmanager
def own_home() -> Iterator[Path]:
    """Set the environment for a new empty home; commands started inside use it too."""
    folder = Path(tempfile.mkdtemp(prefix="keniki-bench-"))
    folder.chmod(0o755)
    home = folder / "home"
    os.environ |= {"KENIKI_HOME": str(home), "KENIKI_SERVER_STATE": str(folder / "servers")}
    own = os.environ.get("DATABASE_URL")
    name = f"keniki_bench_{os.getpid()}_{os.urandom(4).hex()}"
    if own:
        import psycopg
        from psycopg.conninfo import make_conninfo

        with psycopg.connect(own, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        os.environ["DATABASE_URL"] = make_conninfo(own, dbname=name)
    try:
        yield home
    finally:
        if "django" in sys.modules:
            from django.db import connections

            connections.close_all()
        if own:
            with psycopg.connect(own, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            os.environ["DATABASE_URL"] = own
        else:
            remove = [sys.executable, "-m", "keniki.site.postgres", "remove"]
            subprocess.run(remove, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def loaded_home() -> Iterator[Path]:
    """The same with Django set up and the database migrated."""
    with own_home() as home:
        from keniki.cli import database

        database.prepare()
        yield home

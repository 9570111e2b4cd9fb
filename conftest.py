"""The suite's own home and database: settings are read after they are known, it starts when needed."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent


def _place() -> str:
    """Where a process number means this process: the machine since it was booted, and the container."""
    seen = [socket.gethostname()]
    for name in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with contextlib.suppress(OSError):
            seen.append(str(Path(name).readlink()) if "/ns/" in name else Path(name).read_text("ascii"))
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:6]


PLACE = _place()
RUN = os.environ.setdefault("KENIKI_TEST_RUN", f"{os.getpid()}_{PLACE}")
sys.path.insert(0, str(ROOT / "src"))
os.environ["KENIKI_HOME"] = os.environ.get("KENIKI_TEST_HOME") or str(ROOT / "var" / "test")
os.environ["DJANGO_SETTINGS_MODULE"] = "keniki.site.settings"
_read_early = sys.modules.get("keniki.site.settings")
pytest_plugins = ["keniki.apps.portal.fixtures", "tests.network"]
KEEP_TEMPLATES = 3 * 24 * 3600
NO_BROWSER = "no Chromium on this machine (Debian: apt-get install chromium)"


@dataclass(frozen=True)
class SuiteServer:
    """The server the suite runs on, by the address one connects to, and a database on it with every migration."""

    address: str
    migrated: str


@dataclass(frozen=True)
class Installation:
    """An installation of a test's own, driven by the `keniki` command as a person would."""

    home: Path
    environment: dict[str, str]

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "keniki.cli.main", *arguments], env=self.environment, text=True, **more
        )

    def run(self, *arguments: str, timeout: float = 300, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `more` are further environment variables."""
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "keniki.cli.main", *arguments],
            env=self.environment | more,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """A connection to its database, for looking and for making mischief; commits at the end."""
        from keniki.site import postgres
        from keniki.site.home import Home

        before = os.environ.get("KENIKI_SERVER_STATE"), os.environ.get("DATABASE_URL")
        os.environ["KENIKI_SERVER_STATE"] = self.environment["KENIKI_SERVER_STATE"]
        if "DATABASE_URL" in self.environment:
            os.environ["DATABASE_URL"] = self.environment["DATABASE_URL"]
        try:
            with postgres.running(Home(self.home)) as entry, _connect(entry) as connection:
                yield connection
        finally:
            for name, value in zip(("KENIKI_SERVER_STATE", "DATABASE_URL"), before, strict=True):
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def json(self, *arguments: str, code: int = 0, **more: str) -> dict[str, Any]:
        """Run a command with `--json`, check its exit code, read its one object."""
        done = self.run(*arguments, "--json", **more)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return dict(json.loads(done.stdout))


@pytest.fixture
def installation(tmp_path: Path, server_state: Path, suite_server: SuiteServer) -> Iterator[Installation]:
    """A new home with a migrated database of its own on the suite's server, for one test."""
    with new_installation(tmp_path / "home", server_state, suite_server, suite_server.migrated) as made:
        yield made


@pytest.fixture
def bare_installation(tmp_path: Path, server_state: Path) -> Iterator[Installation]:
    """What `keniki` finds on its first day: a new home without a server (on a server of yours: an empty database)."""
    with new_installation(tmp_path / "home", server_state) as made:
        yield made


@contextlib.contextmanager
def new_installation(
    home: Path, server_state: Path, server: SuiteServer | None = None, template: str = "template1"
) -> Iterator[Installation]:
    """A new home for as long as the caller wants: a bare one, or with a copy of a database on the suite's server."""
    environment = {
        **os.environ,
        "KENIKI_HOME": str(home),
        "KENIKI_SERVER_STATE": str(server_state),
        "PYTHONPATH": str(ROOT / "src"),
    }
    made = Installation(home, environment)
    own = server.address if server else os.environ.get("DATABASE_URL")
    if not own:
        try:
            yield made
        finally:
            subprocess.run(
                [sys.executable, "-m", "keniki.site.postgres", "remove"], env=environment, check=False
            )
        return
    name = f"test_keniki_{RUN}_{os.urandom(4).hex()}"
    with psycopg.connect(own, autocommit=True) as connection:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        environment["DATABASE_URL"] = make_conninfo(own, dbname=name)
        try:
            yield made
        finally:
            _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    """Drop a test's database; the server's own cleaning may be in it for a moment, which only its owner may stop."""
    dropping = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    for _ in range(20):
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            connection.execute(dropping)
            return
        time.sleep(0.5)
    connection.execute(dropping)


@pytest.fixture(scope="session")
def server_state() -> Iterator[Path]:
    """What `/var/lib/keniki` is to an installation: root's servers put their data here."""
    folder = Path(tempfile.mkdtemp(prefix="keniki-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data that `KENIKI_TEST_DATA` names; tests that need it skip without."""
    folder = os.environ.get("KENIKI_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("KENIKI_TEST_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def suite_server(django_db_blocker: Any) -> SuiteServer:
    """The suite's server, up from here on, with a migrated database to copy."""
    from keniki.site import postgres

    entry = postgres.ensure()
    if not os.environ.get("DATABASE_URL"):
        _without_waiting_for_the_disk(entry)
    _drop_leftovers(entry)
    with django_db_blocker.unblock():
        return SuiteServer(make_conninfo(**_parts(entry)), _migrated_template(entry))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, suite_server: SuiteServer) -> None:
    """The tests' database is such a copy."""
    from django.conf import settings

    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = suite_server.migrated


def pytest_configure(config: pytest.Config) -> None:
    """One database per run and worker, so that runs side by side do not meet; cheap password hashes.

    Properties are not timed: a busy machine proves nothing about them.
    """
    import hypothesis
    from django.conf import settings

    if _read_early is not None:
        _read_again(_read_early)
    hypothesis.settings.register_profile("keniki", deadline=None)
    hypothesis.settings.load_profile("keniki")

    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_keniki_{RUN}"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Every new client would look at every static file there is: a tenth of the time of what asks for pages.
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_collection_finish() -> None:
    """What was imported stays to the end: looking through it for garbage again and again costs a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped."""
    from keniki.cli.doctor import browser

    if browser() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The very last lines say so when the browser tests did not run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    skipped = sum(NO_BROWSER in str(report.longrepr) for report in reporter.stats.get("skipped", []))
    if skipped:
        reporter.write_line(f"SKIPPED: {skipped} browser tests, {NO_BROWSER}", yellow=True)


def _parts(entry: dict[str, Any]) -> dict[str, Any]:
    parts = {
        "host": entry["HOST"],
        "port": entry["PORT"],
        "user": entry["USER"],
        "password": entry["PASSWORD"],
        "dbname": entry["NAME"],
        **entry["OPTIONS"],
    }
    return {name: value for name, value in parts.items() if value}


def _connect(entry: dict[str, Any], **more: Any) -> psycopg.Connection:
    return psycopg.connect(**_parts(entry), **more)


def _read_again(module: Any) -> None:
    """Settings that an environment with DJANGO_SETTINGS_MODULE made pytest read before the suite's home was known."""
    from django.conf import settings

    entry = settings.DATABASES["default"]
    importlib.reload(module)
    for name in dir(module):
        if name.isupper() and name != "DATABASES":
            setattr(settings, name, getattr(module, name))
    entry.update(module.DATABASES["default"])


def _migrated_template(entry: dict[str, Any]) -> str:
    """A database with every migration applied, made once per state of the migrations and then copied."""
    with _connect(_common(entry), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        while True:
            name = f"test_keniki_template_{_state_of_migrations(entry)}"
            known = "SELECT datname FROM pg_database WHERE datname = %s"
            if connection.execute(known, [name]).fetchone() is None:
                draft = f"test_keniki_{RUN}_draft"
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
                _migrate(draft)
                if name != f"test_keniki_template_{_state_of_migrations(entry)}":
                    continue
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                    connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
            comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
            connection.execute(comment.format(sql.Identifier(name), sql.Literal(str(int(time.time())))))
            return name


def _common(entry: dict[str, Any]) -> dict[str, Any]:
    """The server's own database where it may be used: a lock holds within one database only."""
    common = {**entry, "NAME": "postgres"}
    try:
        _connect(common).close()
    except psycopg.Error:
        return entry
    return common


def _state_of_migrations(entry: dict[str, Any]) -> str:
    """Another role's template cannot be copied, so the role is part of the mark."""
    seen = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes() + entry["USER"].encode())
    operations = ROOT / "src" / "keniki" / "apps" / "accounts" / "migrating.py"
    for file in [operations, *sorted((ROOT / "src").glob("**/migrations/*.py"))]:
        with contextlib.suppress(FileNotFoundError):
            seen.update(file.name.encode() + file.read_bytes())
    return seen.hexdigest()[:12]


def _migrate(name: str) -> None:
    from django.core.management import call_command
    from django.db import connections

    ours = connections["default"]
    before = ours.settings_dict["NAME"]
    ours.close()
    ours.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
    finally:
        ours.close()
        ours.settings_dict["NAME"] = before


def _without_waiting_for_the_disk(entry: dict[str, Any]) -> None:
    """What the suite's own server holds is made anew by the next run; a server a test kills is another one."""
    from keniki.site.postgres.server import ADMINISTRATOR

    with _connect({**entry, "NAME": "postgres", "USER": ADMINISTRATOR}, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def _drop_leftovers(entry: dict[str, Any]) -> None:
    with _connect(entry, autocommit=True) as connection:
        found = connection.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname LIKE 'test_keniki_%'"
        )
        for name, used in found.fetchall():
            run, place, *_ = [*name.split("_")[2:], ""]
            over = run.isdigit() and place == PLACE and not Path(f"/proc/{run}").exists()
            if over or (used and time.time() - int(used) > KEEP_TEMPLATES):
                with contextlib.suppress(psycopg.Error):
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

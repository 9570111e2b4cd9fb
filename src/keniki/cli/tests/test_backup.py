"""A backup comes back byte for byte, and a broken one changes nothing."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import keniki
from conftest import Installation, SuiteServer, new_installation
from keniki.cli.backup import archive, tools
from keniki.core.errors import WrongInput
from keniki.site.home import Home

pytestmark = pytest.mark.slow

#: The functions that say what a session may read, and refuse where it has not said what it wants.
SCOPES = ("keniki_scope", "keniki_towns")
PHOTO = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def source(
    tmp_path_factory: pytest.TempPathFactory, server_state: Path, suite_server: SuiteServer
) -> Iterator[Installation]:
    """An installation with records, odd text, a photo and keys."""
    home = tmp_path_factory.mktemp("source") / "home"
    with new_installation(home, server_state, suite_server, suite_server.migrated) as made:
        made.json("backup", "--out", str(made.home.parent / "empty.tar.gz"))
        with made.database() as connection:
            connection.execute("CREATE TYPE mood AS ENUM ('晴', '雨')")
            connection.execute(
                "CREATE TABLE odd (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, mood mood)"
            )
            connection.execute("CREATE VIEW odder AS SELECT note FROM odd")
            connection.execute(
                "INSERT INTO odd (note, mood) VALUES (%s, '晴'), (%s, '雨')",
                ["神福㈱\t①\\.\n\\.\nCOMMENT ON EXTENSION x", "SET transaction_timeout = 0;"],
            )
            for scope in SCOPES:
                _guarded(connection, scope)
        (made.home / "media" / "写真").mkdir()
        (made.home / "media" / "写真" / "講習会.jpg").write_bytes(PHOTO)
        yield made


@pytest.fixture(scope="module")
def saved(source: Installation) -> Path:
    """Its backup."""
    path = source.home.parent / "saved.tar.gz"
    source.json("backup", "--out", str(path))
    return path


@pytest.fixture
def restored(
    source: Installation, saved: Path, tmp_path: Path, server_state: Path, suite_server: SuiteServer
) -> Iterator[Installation]:
    """An installation in the state that restoring the backup gives (the first test that restores shows it does)."""
    shutil.copytree(source.home, tmp_path / "home")
    database = conninfo_to_dict(source.environment["DATABASE_URL"])["dbname"]
    with new_installation(tmp_path / "home", server_state, suite_server, str(database)) as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path, server_state: Path, suite_server: SuiteServer) -> Iterator[Installation]:
    """A new home with an empty database on the suite's server."""
    with new_installation(tmp_path / "home", server_state, suite_server) as made:
        yield made


def test_a_backup_is_private_and_lists_what_it_holds(source: Installation, saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    manifest, members = _read(saved)
    assert (
        set(manifest["files"])
        == set(members)
        == {
            "database.sql",
            "media/写真/講習会.jpg",
            "secrets/secret_key",
            "secrets/encryption_key",
        }
        - ({"secrets/encryption_key"} - set(members))
    )
    assert manifest["migrations"]["accounts"]
    assert not list(saved.parent.glob(".*partial*"))


def test_rows_that_are_read_inside_a_scope_only_are_saved_and_restored(
    source: Installation, saved: Path, bare_installation: Installation
) -> None:
    """Rows of a region and rows about persons refuse whoever reads them without saying whose they want."""
    bare_installation.json("restore", str(saved))
    for made in (source, bare_installation):
        for scope in SCOPES:
            with made.database() as connection:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(f"SELECT note FROM {scope}_guarded")  # noqa: S608
                connection.execute("SELECT set_config('keniki.regions', '*', true)")
                connection.execute("SELECT set_config('keniki.towns', '*', true)")
                rows = connection.execute(f"SELECT note FROM {scope}_guarded").fetchall()  # noqa: S608
                assert rows == [("架空の記録",)]


def _guarded(connection: psycopg.Connection, scope: str) -> None:
    """A table as migrations guard theirs, with a row."""
    connection.execute(f"CREATE TABLE {scope}_guarded (note text)")
    connection.execute(f"INSERT INTO {scope}_guarded VALUES ('架空の記録')")  # noqa: S608
    connection.execute(f"CREATE POLICY whose ON {scope}_guarded USING ((SELECT {scope}()) && ARRAY['*'])")
    for word in ("ENABLE", "FORCE"):
        connection.execute(f"ALTER TABLE {scope}_guarded {word} ROW LEVEL SECURITY")


def test_a_backup_restores_to_the_same_state(
    source: Installation, saved: Path, bare_installation: Installation
) -> None:
    made = bare_installation
    result = made.json("restore", str(saved))
    assert result["upgrade_needed"] is False
    assert _state(made) == _state(source)
    for name in ("secret_key", "encryption_key"):
        theirs, ours = (each.home / "secrets" / name for each in (source, made))
        assert theirs.exists() == ours.exists()
        assert not theirs.exists() or theirs.read_bytes() == ours.read_bytes()
    with made.database() as connection:
        connection.execute("INSERT INTO odd (note) VALUES ('三つ目')")
        assert connection.execute("SELECT max(id) FROM odd").fetchone() == (3,)
    assert not [path for path in made.home.iterdir() if path.name.startswith((".restore", "restore"))]


def test_a_home_with_data_is_refused_without_replace(saved: Path, restored: Installation) -> None:
    with restored.database() as connection:
        connection.execute("INSERT INTO odd (note) VALUES ('新しい')")
    error = restored.json("restore", str(saved), code=2)["error"]
    assert "--replace" in error["message"]
    assert len(_state(restored)["rows"]) == 3
    restored.json("restore", str(saved), "--replace")
    assert len(_state(restored)["rows"]) == 2


@pytest.mark.parametrize(
    "damage", ["cut", "flipped", "photo", "extra", "no list", "no database", "outside", "link"]
)
def test_a_damaged_backup_is_refused_before_anything_changes(
    damage: str, saved: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.tar.gz"
    DAMAGES[damage](saved, broken)
    target = tmp_path / "staged"
    target.mkdir()
    with pytest.raises(WrongInput) as caught:
        archive.unpack(broken, target)
    assert caught.value.file == "broken.tar.gz"
    assert not (tmp_path / "evil").exists()


def test_restoring_a_damaged_backup_leaves_the_old_state(
    saved: Path, restored: Installation, tmp_path: Path
) -> None:
    before = _state(restored)
    broken = tmp_path / "broken.tar.gz"
    DAMAGES["photo"](saved, broken)
    error = restored.json("restore", str(broken), "--replace", code=2)["error"]
    assert "講習会.jpg" in error["message"]
    assert error["file"] == "broken.tar.gz"
    assert _state(restored) == before
    assert not list(restored.home.glob(".restore*"))


def test_a_dump_the_server_refuses_leaves_the_old_state(
    saved: Path, restored: Installation, tmp_path: Path
) -> None:
    before = _state(restored)
    bad = tmp_path / "bad.tar.gz"
    _rewrite(saved, bad, {"database.sql": lambda data: data + b"\nSELECT no_such_function();\n"}, listed=True)
    error = restored.json("restore", str(bad), "--replace", code=1)["error"]
    assert "no_such_function" in error["message"]
    assert _state(restored) == before


@pytest.mark.parametrize(("moment", "rows"), [("_switch_files", 2), ("_close_connections", 3)])
def test_a_restore_that_is_cut_off_is_finished_or_undone_by_the_next_command(
    moment: str, rows: int, saved: Path, restored: Installation
) -> None:
    with restored.database() as connection:
        connection.execute("INSERT INTO odd (note) VALUES ('新しい')")
    (restored.home / "media" / "新しい.jpg").write_bytes(b"new")
    code = (
        "import os, sys; from keniki.cli import main; from keniki.cli.backup import restoring\n"
        f"restoring.{moment} = lambda *_: os._exit(9)\n"
        f"sys.exit(main.main(['restore', {str(saved)!r}, '--replace']))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], env=restored.environment, check=False).returncode == 9
    done = restored.run("backup", "--out", str(restored.home.parent / "after.tar.gz"))
    assert done.returncode == 0, done.stderr
    assert "復元" in done.stderr
    assert len(_state(restored)["rows"]) == rows
    assert (restored.home / "media" / "新しい.jpg").exists() == (rows == 3)
    assert not list(restored.home.glob("*restore*"))
    assert not list(restored.home.glob(".restore*"))


def test_a_restore_waits_for_nobody_and_pulls_no_rug(saved: Path, bare_installation: Installation) -> None:
    made = bare_installation
    if "DATABASE_URL" in made.environment:
        pytest.skip("who uses a server of yours is not known")
    with made.database():
        error = made.json("restore", str(saved), code=2)["error"]
    assert "止めてから" in error["message"]


def test_keys_may_be_kept_apart_and_must_then_be_the_right_ones(
    source: Installation, empty: Installation, tmp_path: Path
) -> None:
    key = Home(source.home).encryption_key()
    apart = tmp_path / "apart.tar.gz"
    source.json("backup", "--out", str(apart), "--without-keys")
    assert key.encode() not in gzip.decompress(apart.read_bytes())
    error = empty.json("restore", str(apart), code=2)["error"]
    assert "encryption_key" in error["message"]
    (empty.home / "secrets" / "encryption_key").write_text(key + "\n")
    empty.json("restore", str(apart))
    assert _state(empty) == _state(source)


def test_a_backup_of_a_newer_version_is_refused(saved: Path, empty: Installation, tmp_path: Path) -> None:
    newer = tmp_path / "newer.tar.gz"
    _rewrite(
        saved, newer, {}, more={"migrations": {"accounts": ["0001_initial", "9999_future"]}, "keniki": "99.0"}
    )
    assert "99.0" in empty.json("restore", str(newer), code=2)["error"]["message"]


def test_a_folder_that_does_not_exist_is_told(installation: Installation) -> None:
    error = installation.json("backup", "--out", "/no/such/folder/b.tar.gz", code=2)["error"]
    assert error["file"] == "/no/such/folder/b.tar.gz"
    assert installation.json("restore", "/no/such/file", code=2)["error"]["file"] == "/no/such/file"


def test_a_dump_keeps_its_rows_when_lines_look_like_commands() -> None:
    dump = [
        b"SET transaction_timeout = 0;\n",
        b"COMMENT ON EXTENSION btree_gist IS 'x';\n",
        b"COPY public.odd (note) FROM stdin;\n",
        b"SET transaction_timeout = 0;\n",
        b"COMMENT ON EXTENSION x\n",
        b"\\.\n",
        b"COMMENT ON EXTENSION pg_trgm IS 'x';\n",
    ]
    assert list(tools.fitting(dump, 15)) == dump[2:6]
    assert list(tools.fitting(dump, 18)) == [dump[0], *dump[2:6]]


def test_upgrade_saves_first_and_then_migrates(bare_installation: Installation) -> None:
    made = bare_installation
    assert made.json("upgrade")["migrations"] == []
    with made.database() as connection:
        connection.execute("DROP TABLE keniki_cache")
        connection.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        connection.execute("DROP TABLE django_session")
    error = made.json("backup", "--out", str(made.home / "b.tar.gz"), code=0)
    assert error["files"]
    stale = made.run("export", "--region", "x", "--format", "json", "--json")
    assert stale.returncode == 2
    assert "keniki upgrade" in json.loads(stale.stdout)["error"]["message"]
    result = made.json("upgrade")
    assert result["migrations"] == ["sessions.0001_initial"]
    assert Path(result["backup"]).parent == made.home / "backups"
    assert made.json("upgrade")["migrations"] == []


def test_a_database_of_a_newer_version_is_refused(installation: Installation) -> None:
    installation.json("upgrade")
    with installation.database() as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999_future', now())"
        )
    error = installation.json("upgrade", code=2)["error"]
    assert "accounts.9999_future" in error["message"]


def test_changes_drawn_together_later_fit_a_database_that_had_them_one_by_one(
    installation: Installation,
) -> None:
    installation.json("upgrade")
    drawn_together = {
        (app, path.stem): _replaced(app, path.stem)
        for app in ("accounts", "compacts", "workflow")
        for path in sorted((Path(keniki.__file__).parent / "apps" / app / "migrations").glob("0*_tables.py"))
    }
    assert all(drawn_together.values())
    with installation.database() as connection:
        for (app, name), earlier in drawn_together.items():
            connection.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", (app, name))
            for old in earlier:
                connection.execute(
                    "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", old
                )
    assert installation.json("upgrade")["migrations"] == []
    with installation.database() as connection:
        connection.execute("DELETE FROM django_migrations WHERE name = '0002_closed_accounts'")
    assert "accounts" in installation.json("upgrade", code=2)["error"]["message"]


def _replaced(app: str, name: str) -> list[tuple[str, str]]:
    return import_module(f"keniki.apps.{app}.migrations.{name}").Migration.replaces


def _state(made: Installation) -> dict:
    with made.database() as connection:
        rows = connection.execute("SELECT id, note, mood::text FROM odd ORDER BY id").fetchall()
        migrations = connection.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2").fetchall()
        objects = connection.execute(
            "SELECT relkind, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2"
        ).fetchall()
        triggers = connection.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
        ).fetchall()
    media = {
        str(path.relative_to(made.home)): path.read_bytes()
        for path in sorted((made.home / "media").rglob("*"))
        if path.is_file()
    }
    return {"rows": rows, "migrations": migrations, "objects": objects, "triggers": triggers, "media": media}


def _read(path: Path) -> tuple[dict, dict[str, bytes]]:
    with tarfile.open(path) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    return json.loads(members.pop("manifest.json")), members


def _rewrite(
    source: Path,
    target: Path,
    changes: dict[str, Callable[[bytes], bytes]],
    *,
    listed: bool = False,
    more: dict | None = None,
) -> None:
    """The same backup with members changed; with `listed` their hashes in the list are made to agree."""
    import hashlib

    manifest, members = _read(source)
    for name, change in changes.items():
        members[name] = change(members[name])
        if listed:
            digest = hashlib.sha256(members[name]).hexdigest()
            manifest["files"][name] = {"sha256": digest, "bytes": len(members[name])}
    _write(target, members, {**manifest, **(more or {})})


def _write(target: Path, members: dict[str, bytes], manifest: dict | None, *more: tarfile.TarInfo) -> None:
    with tarfile.open(target, "w:gz") as tar:
        for member in more:
            tar.addfile(member)
        if manifest is not None:
            members = {**members, "manifest.json": json.dumps(manifest).encode()}
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def _flip(source: Path, target: Path) -> None:
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 0x10
    target.write_bytes(data)


def _without(name: str) -> Callable[[Path, Path], None]:
    def damage(source: Path, target: Path) -> None:
        manifest, members = _read(source)
        members.pop(name, None)
        manifest["files"].pop(name, None)
        _write(target, members, None if name == "manifest.json" else manifest)

    return damage


def _with_link(source: Path, target: Path) -> None:
    manifest, members = _read(source)
    link = tarfile.TarInfo("media/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    _write(target, members, manifest, link)


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "cut": lambda source, target: target.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3]),
    "flipped": _flip,
    "photo": lambda source, target: _rewrite(
        source, target, {"media/写真/講習会.jpg": lambda data: b"X" + data[1:]}
    ),
    "extra": lambda source, target: _write(target, {**_read(source)[1], "media/more": b""}, _read(source)[0]),
    "no list": _without("manifest.json"),
    "no database": _without("database.sql"),
    "outside": lambda source, target: _write(
        target, {**_read(source)[1], "media/../../evil": b""}, _read(source)[0]
    ),
    "link": _with_link,
}

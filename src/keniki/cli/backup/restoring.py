"""Putting a backup in place: staged and checked first, then swapped at one moment, finished after a crash."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from keniki.cli import console
from keniki.cli.backup import archive, tools
from keniki.cli.backup.archive import Manifest
from keniki.core.errors import WrongInput
from keniki.site import postgres
from keniki.site.home import Home

MARK = "keniki_restored"

_DROP_EVERYTHING = """
DO $keniki$
DECLARE
  statement text;
  statements text[];
BEGIN
  SELECT array_agg(format('DROP %s IF EXISTS public.%I CASCADE', k.words, c.relname)) INTO statements
  FROM pg_class c
  JOIN (VALUES ('r', 'TABLE'), ('p', 'TABLE'), ('v', 'VIEW'), ('m', 'MATERIALIZED VIEW'), ('S', 'SEQUENCE'),
               ('f', 'FOREIGN TABLE')) AS k (kind, words) ON k.kind = c.relkind::text
  WHERE c.relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                              AND d.deptype IN ('e', 'a', 'i'));
  FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
    EXECUTE statement;
  END LOOP;
  SELECT array_agg(format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)) INTO statements
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                              AND d.deptype = 'e');
  FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
    EXECUTE statement;
  END LOOP;
  SELECT array_agg(format('DROP TYPE IF EXISTS public.%I CASCADE', t.typname)) INTO statements
  FROM pg_type t
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.typnamespace = 'public'::regnamespace AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
                                              AND d.deptype = 'e');
  FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
    EXECUTE statement;
  END LOOP;
END $keniki$;
"""


class Journal(TypedDict):
    """A restore under way: its token and the folder with the staged files."""

    token: str
    staged: str


def what_is_there(home: Home) -> str:
    """In words what a restore would throw away; empty when the home is new."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if cursor.fetchone()[0]:
            return "データベース"
    if home.media.is_dir() and any(item.is_file() for item in home.media.rglob("*")):
        return "添付ファイル"
    return ""


def restore(home: Home, path: Path) -> Manifest:
    """Replace database, media and keys by the backup's; a failure before the switch changes nothing."""
    media = home.media.resolve()
    if media.is_mount():
        raise WrongInput(
            f"{media} はマウント先のため入れ替えられません。一つ下のフォルダを使うようにしてください。"
        )
    if postgres.others_use_it(home):
        raise WrongInput("別の keniki（keniki serve など）が動いています。止めてからやり直してください。")
    token = archive.token()
    staged = media.with_name(f".restore-{token}")
    staged.mkdir(mode=0o700)
    try:
        console.note("バックアップを照合しています…")
        manifest = archive.unpack(path, staged)
        _check_fits(home, manifest, path)
        (staged / "media").mkdir(mode=0o700, exist_ok=True)
        _write_journal(home, {"token": token, "staged": str(staged)})
        _close_connections()
        tools.run_script(
            home, _script(staged / "database.sql", token), label="データベースを戻しています（行）"
        )
    except BaseException:
        if not _was_switched(home, token):
            _journal_file(home).unlink(missing_ok=True)
            shutil.rmtree(staged, ignore_errors=True)
            raise
    _switch_files(home, {"token": token, "staged": str(staged)})
    return manifest


def finish_interrupted(home: Home) -> bool:
    """Complete or undo a restore that was cut off; True if there was one."""
    try:
        journal: Journal = json.loads(_journal_file(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    if _was_switched(home, journal["token"]):
        console.note("中断された復元の続きを行いました。")
        _switch_files(home, journal)
    else:
        console.note("中断された復元を取り消しました。データは復元前のままです。")
        shutil.rmtree(journal["staged"], ignore_errors=True)
        _journal_file(home).unlink()
    return True


def _script(dump: Path, token: str) -> Iterator[bytes]:
    server = tools.server_major()
    yield _DROP_EVERYTHING.encode()
    with dump.open("rb") as lines:
        yield from tools.fitting(lines, server)
    yield f"\nCREATE TABLE public.{MARK} AS SELECT '{token}'::text AS token;\n".encode()


def _check_fits(home: Home, manifest: Manifest, path: Path) -> None:
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations) | {
        key for one in loader.replacements.values() for key in one.replaces
    }
    labels = {config.label for config in apps.get_app_configs()}
    unknown = [
        f"{app}.{name}"
        for app, names in manifest["migrations"].items()
        for name in names
        if app in labels and (app, name) not in known
    ]
    if unknown:
        raise WrongInput(
            f"このバックアップは、より新しい版の keniki（{manifest['keniki']}）のものです。"
            "keniki を新しくしてください。",
            file=path.name,
        )
    keys = manifest["keys"]
    if not keys["included"]:
        here = archive.key_fingerprints(home)
        name = home.encryption_key_file.name
        if name in keys["fingerprints"] and here.get(name) != keys["fingerprints"][name]:
            raise WrongInput(
                "このバックアップには鍵が含まれず、いまの暗号鍵とも合いません。"
                f"保管してある鍵を {home.encryption_key_file} に置いてからやり直してください。",
                file=path.name,
            )


def _switch_files(home: Home, journal: Journal) -> None:
    """Move the staged media and keys into place; safe to repeat."""
    from django.db import connection

    staged, media = Path(journal["staged"]), home.media.resolve()
    old = staged / "media.old"
    if (staged / "media").is_dir():
        if media.exists() and not old.exists():
            media.rename(old)
        (staged / "media").rename(media)
    keys = staged / "secrets"
    if keys.is_dir():
        home.secrets.mkdir(mode=0o700, exist_ok=True)
        for key in keys.iterdir():
            if key.name in {home.secret_key_file.name, home.encryption_key_file.name}:
                key.replace(home.secrets / key.name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS public.{MARK}")
    _journal_file(home).unlink(missing_ok=True)
    shutil.rmtree(staged, ignore_errors=True)


def _was_switched(home: Home, token: str) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{MARK}"])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(f"SELECT token FROM public.{MARK}")  # noqa: S608 (a constant)
        return bool(cursor.fetchone() == (token,))


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _journal_file(home: Home) -> Path:
    return home.root / "restore.json"


def _write_journal(home: Home, journal: Journal) -> None:
    draft = _journal_file(home).with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(journal, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_journal_file(home))

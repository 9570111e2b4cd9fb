"""`keniki upgrade`: save everything, then bring the database to this version's shape."""

from __future__ import annotations

import argparse
from typing import Any

from keniki import __version__
from keniki.cli import console, database
from keniki.cli.console import Result


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    console.command(
        subparsers, "upgrade", run, help="バックアップを取ってから、データベースをこの版の形に更新する"
    )


@database.needs_database(shape="any")
def run(args: argparse.Namespace) -> Result:
    """Back up into the home's `backups/`, then migrate; nothing at all where nothing is missing."""
    from keniki.cli import backup
    from keniki.site import home

    missing, _ = database.compare()
    if not missing:
        database.migrate()
        console.say(f"データベースは最新です（keniki {__version__}）。")
        return {"version": __version__, "backup": None, "migrations": []}
    path = backup.default_path(home.current())
    console.note(f"更新の前にバックアップを取ります: {path}")
    backup.write(path)
    try:
        database.migrate()
    except Exception as error:
        raise console.Fault(
            f"更新に失敗しました（{' '.join(str(error).split())}）。以前の版の keniki に戻し、"
            f"keniki restore {path} --replace で更新前に戻せます。"
        ) from error
    console.say(f"更新しました（{len(missing)} 件の変更）。更新前のバックアップ: {path}")
    return {
        "version": __version__,
        "backup": str(path),
        "migrations": [f"{app}.{name}" for app, name in missing],
    }

"""`keniki backup` and `keniki restore`: the whole installation in one file with checksums, and back."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from keniki import __version__
from keniki.cli import console, database
from keniki.cli.backup import archive, restoring, tools
from keniki.cli.console import Result
from keniki.core.errors import WrongInput
from keniki.site import home, postgres
from keniki.site.home import Home

__all__ = ["add", "default_path", "write"]


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register both commands."""
    parser = console.command(
        subparsers,
        "backup",
        run_backup,
        help="データベース・添付ファイル・鍵を1つのファイルに保存する",
        description="データベース・添付ファイル・鍵を、照合用のハッシュ値とともに1つの .tar.gz に保存します。"
        "鍵を含むファイルは、鍵を知る人だけが読める場所に置いてください。",
    )
    parser.add_argument("--out", metavar="FILE", required=True, type=Path, help="保存先（.tar.gz）")
    parser.add_argument("--replace", action="store_true", help="同じ名前のファイルがあるとき、上書きする")
    parser.add_argument(
        "--without-keys", action="store_true", help="鍵（secrets/）を含めない。別に保管する場合に使う"
    )
    parser = console.command(
        subparsers,
        "restore",
        run_restore,
        help="バックアップから元に戻す",
        description="バックアップを照合してから、データベース・添付ファイル・鍵を一度に入れ替えます。"
        "途中で失敗したときは、元の状態のまま残ります。",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="keniki backup で作ったファイル")
    parser.add_argument("--replace", action="store_true", help="いまあるデータを捨てて入れ替える")


@database.needs_database(shape="any")
def run_backup(args: argparse.Namespace) -> Result:
    """`keniki backup`: an older backup of the same name is kept unless `--replace` is given."""
    if not args.replace and args.out.is_file() and args.out.stat().st_size:
        raise WrongInput(
            "同じ名前のファイルがあります。別の名前にするか、上書きするなら --replace を付けてください。",
            file=str(args.out),
            column="--out",
        )
    manifest = write(args.out, with_keys=not args.without_keys)
    size = args.out.stat().st_size
    console.say(f"保存しました: {args.out}（{size:,} バイト、{len(manifest['files'])} ファイル）")
    return {
        "file": str(args.out),
        "bytes": size,
        "files": len(manifest["files"]),
        "created_at": manifest["created_at"],
        "keys": manifest["keys"]["included"],
    }


def run_restore(args: argparse.Namespace) -> Result:
    """`keniki restore`."""
    if not args.file.is_file():
        raise WrongInput("ファイルが見つかりません。", file=str(args.file))
    database.set_up()
    here = home.current()
    restoring.finish_interrupted(here)
    if not args.replace and (reason := restoring.what_is_there(here)):
        raise WrongInput(
            f"{here.root} にはすでにデータがあります（{reason}）。"
            "捨てて入れ替えるなら --replace を付けてください。"
            "先に keniki backup を取ることを勧めます。"
        )
    manifest = restoring.restore(here, args.file)
    missing, _ = database.compare()
    console.say(f"{manifest['created_at']} のバックアップに戻しました（{len(manifest['files'])} ファイル）。")
    if missing:
        console.say("この版の keniki より古い形です。keniki upgrade を実行してください。")
    return {
        "file": str(args.file),
        "created_at": manifest["created_at"],
        "files": len(manifest["files"]),
        "upgrade_needed": bool(missing),
    }


def default_path(here: Home) -> Path:
    """A name in the home's `backups/` that says when and of which version."""
    return here.backups / f"{time.strftime('%Y%m%d-%H%M%S')}-keniki-{__version__}.tar.gz"


def write(path: Path, *, with_keys: bool = True) -> archive.Manifest:
    """Save everything into `path`, which appears only when complete. Needs the database and Django."""
    here = home.current()
    if not path.parent.is_dir():
        raise WrongInput(f"フォルダ {path.parent} がありません。先に作ってください。", file=str(path))
    with archive.Writer(path) as out:
        dump = tools.dump(here, out.scratch / "database.sql")
        out.add("database.sql", dump)
        dump.unlink()
        media = [item for item in sorted(here.media.rglob("*")) if item.is_file() and not item.is_symlink()]
        for item in console.track(media, "添付ファイルを保存しています"):
            out.add(f"media/{item.relative_to(here.media).as_posix()}", item, may_vanish=True)
        keys = archive.key_fingerprints(here)
        if with_keys:
            for file in (here.secret_key_file, here.encryption_key_file):
                if file.is_file():
                    out.add(f"secrets/{file.name}", file)
        return out.finish(
            keniki=__version__,
            server=str(tools.server_major()),
            migrations=tools.applied_migrations(),
            keys={"included": with_keys, "fingerprints": keys},
            kind=postgres.status(here)["kind"],
        )

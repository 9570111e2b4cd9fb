"""`keniki export`: a region as the document `keniki load` reads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keniki.cli import acting, console, database
from keniki.cli.console import Fault, Result


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(subparsers, "export", run, help="圏域の記録を書き出す（keniki load で読める形）")
    parser.add_argument("--region", required=True, metavar="SLUG", help="圏域の識別名")
    parser.add_argument("--format", choices=("json",), default="json", help="形式")
    parser.add_argument("--out", type=Path, metavar="FILE", help="書き出すファイル（省略時は標準出力）")
    parser.add_argument("--without-files", action="store_true", help="写真の中身を含めない")


@database.needs_database
def run(args: argparse.Namespace) -> Result:
    """Print the document, or write it to `--out`. With `--json` it is the one object printed."""
    from keniki.apps.portal.interchange.export import export_region, to_json

    region = acting.region(acting.actor(args), args.region)
    document = export_region(region, files=not args.without_files)
    if args.out is None:
        console.say(to_json(document).rstrip("\n"))
        return document
    try:
        args.out.write_text(to_json(document), encoding="utf-8")
    except OSError as error:
        raise Fault(f"{args.out} に書き込めません（{error.strerror}）。") from error
    console.say(args.out)
    return {"file": str(args.out)}

"""Django's own commands on this installation's database; for developers."""

from __future__ import annotations

import argparse
from typing import Any

from keniki.cli import database
from keniki.cli.console import Fault, Result


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """`keniki manage makemigrations` and the like; not listed in the help."""
    parser = subparsers.add_parser("manage", prefix_chars="\0", add_help=False)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> Result:
    """Hand everything after `manage` to Django."""
    database.set_up()
    from django.core.management import ManagementUtility

    try:
        ManagementUtility(["keniki manage", *args.arguments]).execute()
    except SystemExit as ended:
        if ended.code not in {None, 0}:
            raise Fault(f"manage が {ended.code} で終わりました。") from ended
    return None

"""`keniki disaster`: planning for disasters, one module per subcommand."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from keniki.cli import console

# The order of `keniki disaster --help`. Each module has `add(commands)`.
SUBCOMMANDS = ("needs", "plan", "bundle", "warnings")


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the commands."""
    group = subparsers.add_parser(
        "disaster", help="災害への備えを計画する", description="災害への備えを計画する"
    )
    console.add_common(group)
    commands = group.add_subparsers(dest="action", metavar="操作", required=True, parser_class=console.Parser)
    for name in SUBCOMMANDS:
        importlib.import_module(f"keniki.cli.disaster.{name}").add(commands)

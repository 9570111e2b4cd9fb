"""The `keniki` command: one module per group, one contract for all of them."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence

from keniki import __version__
from keniki.cli import console
from keniki.core.errors import WrongInput

# The order of `keniki --help`. Each module has `add(subparsers)`.
GROUPS = ("demo", "serve", "load", "report", "export", "user", "backup", "upgrade", "doctor", "manage")

DONE, FAULT, WRONG_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 fault, 2 wrong input."""
    if argv is None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    try:
        args = parser().parse_args(arguments)
        as_json = getattr(args, "json", False)
        with console.only_json(as_json):
            result = args.run(args)
        if as_json:
            console.answer(result if result is not None else {})
    except WrongInput as error:
        return _fail(as_json, WRONG_INPUT, str(error), dict(error.as_dict()))
    except console.Fault as error:
        return _fail(as_json, FAULT, str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except KeyboardInterrupt:
        console.note("中断しました。")
        return 130
    except Exception as error:  # noqa: BLE001 (the last line of defence)
        traceback.print_exc(file=sys.stderr)
        return _fail(as_json, FAULT, f"内部エラー: {type(error).__name__}: {' '.join(str(error).split())}")
    return DONE


def parser() -> console.Parser:
    """The parser with every group; also what the reference is generated from."""
    top = console.Parser(prog="keniki", description="Keniki（圏域）: 連携する市町の圏域が使うシステム")
    top.add_argument("--version", action="version", version=f"keniki {__version__}")
    console.add_common(top)
    groups = top.add_subparsers(
        dest="command", metavar="コマンド", required=True, parser_class=console.Parser
    )
    for name in GROUPS:
        importlib.import_module(f"keniki.cli.{name}").add(groups)
    return top


def _fail(as_json: bool, code: int, line: str, fields: dict[str, object] | None = None) -> int:
    if as_json:
        console.answer({"error": fields or {"message": line, "file": None, "row": None, "column": None}})
    else:
        console.note(f"keniki: {line}")
    return code


if __name__ == "__main__":
    sys.exit(main())

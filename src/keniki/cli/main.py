"""The `keniki` command: one module per group, one contract for all of them."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence

from keniki import __version__
from keniki.cli import console
from keniki.core.errors import WrongInput
from keniki.site.garbage import COLLECT_AFTER

# The order of `keniki --help`. Each module has `add(subparsers)`.
GROUPS = (
    "demo",
    "serve",
    "load",
    "data",
    "programmes",
    "profile",
    "project",
    "demand",
    "backcast",
    "delineate",
    "share",
    "game",
    "damage",
    "disaster",
    "shelters",
    "report",
    "export",
    "user",
    "backup",
    "upgrade",
    "doctor",
    "manage",
)

DONE, FAULT, WRONG_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 fault, 2 wrong input."""
    if argv is None:
        signal.signal(signal.SIGTERM, _stop)
        gc.set_threshold(*COLLECT_AFTER)
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
    except (KeyboardInterrupt, Stopped) as error:
        code = int(error.code or FAULT) if isinstance(error, Stopped) else 128 + signal.SIGINT
        return _fail(as_json, code, next((a for a in error.args if isinstance(a, str)), "中断しました。"))
    except Exception as error:  # noqa: BLE001 (the last line of defence)
        known = _known(error)
        if isinstance(known, WrongInput):
            return _fail(as_json, WRONG_INPUT, str(known), dict(known.as_dict()))
        if known is not None:
            return _fail(as_json, FAULT, str(known))
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


class Stopped(SystemExit):
    """SIGTERM came; further arguments are what to tell the person."""

    def __init__(self, code: int, *told: str) -> None:
        super().__init__(code, *told)
        self.code = code


def _stop(number: int, frame: object) -> None:
    raise Stopped(128 + number)


def _known(error: Exception) -> WrongInput | console.Fault | None:
    """What any command may meet and none has to handle: no right, a stale record, a database that went away."""
    if "django" not in sys.modules:
        return None
    from django.core.exceptions import PermissionDenied
    from django.db import InterfaceError, OperationalError

    stale = getattr(sys.modules.get("keniki.apps.accounts.verbs"), "Stale", ())
    if isinstance(error, PermissionDenied):
        return WrongInput(str(error) or "この操作をする権限がありません。", column="--as")
    if isinstance(error, stale):
        return console.Fault("同時にほかの変更がありました。何も保存していません。もう一度実行してください。")
    if isinstance(error, OperationalError | InterfaceError):
        return console.Fault(
            "データベースとの接続が切れたか、データベースが応じられません。"
            "サーバの状態（空き容量も）を確かめて、もう一度実行してください。途中の保存は取り消されています。"
        )
    return None


def _fail(as_json: bool, code: int, line: str, fields: dict[str, object] | None = None) -> int:
    if as_json:
        console.answer({"error": fields or {"message": line, "file": None, "row": None, "column": None}})
    else:
        console.note(f"keniki: {line}")
    return code


if __name__ == "__main__":
    sys.exit(main())

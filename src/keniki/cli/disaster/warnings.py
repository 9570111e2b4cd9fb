"""`keniki disaster warnings`: telegrams of the weather agency, from files or fetched once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keniki.cli import acting, console
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.disaster.actions.warnings.taking import Taken

OUTCOMES: Final = ("taken", "known", "elsewhere", "refused")
#: A round of asking takes no longer than this (seconds).
_ROUND: Final = 300


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        commands,
        "warnings",
        run,
        help="気象庁の電文（警報・注意報、震度）を、ファイルから、又は取得して読み込む",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="電文のXML（ファイル名に VPWW55 などの種類を含むもの）",
    )
    parser.add_argument(
        "--fetch",
        action="store_true",
        help="取得の設定が有効なとき、いま一度フィードに尋ねる（有効でなければ接続しない）",
    )


@needs_database
def run(args: argparse.Namespace) -> Result:
    """Take what can be taken; the rest is counted with its reason; files none of which can be read are wrong
    input. The same telegram twice changes nothing."""
    from keniki.apps.disaster.actions.warnings.polling import poll
    from keniki.apps.disaster.actions.warnings.taking import read_again, take_telegram
    from keniki.apps.disaster.actions.warnings.telling import standing_changed, tell_all

    if bool(args.files) == args.fetch:
        raise WrongInput("電文のファイルか --fetch のどちらかを指定してください。", column="FILE")
    actor = acting.actor(args)
    taken: list[Taken] = []
    notes: tuple[str, ...] = ()
    told = asked = 0
    if args.fetch:
        with console.progress("気象庁のフィードに尋ねています"):
            polled = poll(actor, seconds=_ROUND)
        taken, notes, told, asked = list(polled.taken), polled.notes, polled.told, polled.asked
    else:
        contents = [(path.name, console.read_bytes(path)) for path in args.files]
        read_again(actor)
        for name, content in contents:
            one = take_telegram(actor, content, name)
            taken.append(one)
            if one.outcome == "taken":
                told += tell_all()
        standing_changed()
    for one in taken:
        said = one.said if one.said.startswith(one.file) else f"{one.file}: {one.said}"
        (console.note if one.outcome == "refused" else console.say)(said)
    for note in notes:
        console.note(note)
    counted = {outcome: sum(one.outcome == outcome for one in taken) for outcome in OUTCOMES}
    if args.files and counted["refused"] == len(taken):
        raise WrongInput(f"読み込める電文がありません。{taken[0].said}", column="FILE")
    return {
        **counted,
        "quarantined": counted["refused"],
        "asked": asked,
        "told": told,
        "telegrams": [{"file": one.file, "outcome": one.outcome, "said": one.said} for one in taken],
        "notes": list(notes),
    }

"""`keniki load`: a region from its files, or the official list of municipalities."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keniki.cli import acting, console, database
from keniki.cli.console import Result
from keniki.core.errors import WrongInput


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(subparsers, "load", run, help="圏域の記録、または市町村の一覧を読み込む")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("path", nargs="?", type=Path, metavar="DIR|FILE.json", help="圏域のフォルダかファイル")
    what.add_argument(
        "--municipalities", type=Path, metavar="FILE", help="全国地方公共団体コードの一覧（CSV か xlsx）"
    )
    what.add_argument("--synthetic", type=int, metavar="N", help="性能試験のための架空の圏域をN個つくる")


@database.needs_database
def run(args: argparse.Namespace) -> Result:
    """All or nothing; the same file twice changes nothing."""
    actor = acting.actor(args)
    if args.municipalities is not None:
        return _municipalities(actor, args.municipalities)
    if args.synthetic is not None:
        return _synthetic(actor, args.synthetic)
    from keniki.apps.portal.interchange.load import STEPS, load_region
    from keniki.apps.portal.interchange.read import read

    document = read(args.path)
    with console.progress(f"{document.region.name}を読み込んでいます", total=len(STEPS)) as step:
        steps = 0

        def told(label: str, done: int, total: int) -> None:
            nonlocal steps
            step(done - steps, note=label)
            steps = done

        sync = load_region(actor, document, progress=told)
    created, changed = sync.created.total(), sync.changed.total()
    console.say(
        f"{document.region.name}（{document.region.slug}）: "
        f"追加 {created} 件、更新 {changed} 件、変更なし {sync.same.total()} 件"
    )
    return {
        "region": document.region.slug,
        "created": created,
        "changed": changed,
        "unchanged": sync.same.total(),
        "by_kind": {
            name: {"created": sync.created[name], "changed": sync.changed[name]}
            for name in sorted({*sync.created, *sync.changed})
            if sync.created[name] or sync.changed[name]
        },
    }


def _municipalities(actor: Any, path: Path) -> Result:
    from keniki.apps.regions.actions import load_municipalities

    if not path.is_file():
        raise WrongInput("ファイルがありません。パスを確かめてください。", file=str(path))
    with console.progress("市町村の一覧を読み込んでいます"):
        result: dict[str, Any] = dict(load_municipalities(actor, path.name, path.read_bytes()))
    console.say(
        f"市町村 {result['created']} 件を追加、{result['changed']} 件を更新、"
        f"{result['ended']} 件の合併・改称を登録、{result['unchanged']} 件は変更なし"
    )
    for name in result.get("differing", ()):
        console.note(f"  名称が登録と異なるため、登録の名称を残しました: {name}")
    return result


def _synthetic(actor: Any, number: int) -> Result:
    from keniki.apps.portal.synthetic import make_regions

    if not 1 <= number <= 1600:
        raise WrongInput("1から1600までの数を指定してください。", column="--synthetic")
    stored = 0
    with console.progress("架空の圏域をつくっています", total=number) as step:

        def told() -> None:
            nonlocal stored
            stored += 1
            step(note=f"{stored}個を保存")

        try:
            result = make_regions(actor, number, told)
        except (KeyboardInterrupt, SystemExit) as stopped:
            words = f"中断しました。{stored} 個の圏域は保存済みで、途中の1個は何も保存していません。"
            stopped.args = (*stopped.args, words)
            raise
    console.say(
        f"架空の圏域 {result['regions']} 個（取組 {result['initiatives']}、活動 {result['activities']}）"
    )
    return result

"""`keniki shelters`: files of shelters in and out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console
from keniki.cli.console import Fault, Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.regions.models import Region

#: Quarantined rows that are told to a person one by one.
_TOLD = 20


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the commands."""
    group = subparsers.add_parser(
        "shelters",
        help="避難所のファイルを読み込む・書き出す",
        description="避難所のファイルを読み込む・書き出す",
    )
    console.add_common(group)
    commands = group.add_subparsers(dest="action", metavar="操作", required=True, parser_class=console.Parser)
    importing = console.command(
        commands,
        "import",
        run_import,
        help="国土地理院、自治体標準オープンデータセット、避難所とスペースの一覧のファイルを読み込む",
    )
    importing.add_argument(
        "file", type=Path, metavar="FILE", help="CSV、Excel 又は GeoJSON（種類は見出しから判定）"
    )
    importing.add_argument("--region", metavar="SLUG", help="圏域の識別名（圏域が1つなら省略できる）")
    importing.add_argument(
        "--overwrite",
        action="store_true",
        help="登録した値と違うときも、ファイルの値にする（省略時は登録を残す）",
    )
    importing.add_argument(
        "--retire", action="store_true", help="ファイルに載っていない避難所の指定を、きょうで取り消す"
    )
    importing.add_argument("--dry-run", action="store_true", help="何も保存せず、変わる数を示す")
    exporting = console.command(commands, "export", run_export, help="避難所をCSVに書き出す")
    exporting.add_argument("file", type=Path, metavar="FILE", help="書き出すファイル")
    exporting.add_argument("--region", metavar="SLUG", help="圏域の識別名（圏域が1つなら省略できる）")
    exporting.add_argument("--town", metavar="CODE", default="", help="この市町村だけ（団体コード6桁）")
    exporting.add_argument(
        "--standard",
        action="store_true",
        help="自治体標準オープンデータセット「指定緊急避難場所一覧」の39列（省略時は避難所とスペースの一覧）",
    )


@needs_database
def run_import(args: argparse.Namespace) -> Result:
    """Take the rows that can be taken; the others are kept aside and counted. The same file twice changes nothing."""
    from keniki.apps.disaster.actions import shelter_files
    from keniki.apps.disaster.formats.shelters import read
    from keniki.apps.regions.queries import members_on

    actor = acting.actor(args)
    region = _region(actor, args.region)
    with acting.within(region):
        towns = {row.municipality.code: row.municipality.name for row in members_on(region)}
        file = read(console.read_bytes(args.file), args.file.name, towns=towns)
        if args.dry_run:
            found = shelter_files.preview_shelters(actor, region, file)
            new, changed, unchanged = len(found.new), len(found.changed), len(found.unchanged)
            conflicts, retired = len(found.conflicts), 0
        else:
            choose = {shelter_files.EVERYTHING} if args.overwrite else set()
            taken = shelter_files.import_shelters(actor, region, file, choose=choose, retire=args.retire)
            found = taken.merge
            new, changed, unchanged = taken.new, taken.changed, taken.unchanged
            conflicts, retired = taken.conflicts, taken.retired
    console.say(
        f"{found.kind.words}: 新規 {new} か所、変更 {changed} か所、変更なし {unchanged} か所"
        + ("（保存していません）" if args.dry_run else "")
    )
    for note in found.notes:
        console.note(note)
    if conflicts:
        console.note(
            f"登録した値と違う項目が {conflicts} あり、登録を残しました。画面で選ぶか --overwrite を付けます。"
        )
    if found.gone and not retired:
        console.note(f"ファイルに載っていない避難所が {len(found.gone)} か所あります。")
    if found.outside:
        console.note(f"圏域の外の市町村の行が {found.outside} あり、読み込みません。")
    for question in found.questions[:_TOLD]:
        console.note(f"  確かめてください: {question}")
    for each in found.problems[:_TOLD]:
        console.note(f"  {each.row}行目 {each.column}: {each.reason}")
    if len(found.problems) > _TOLD:
        console.note(f"  ほか {len(found.problems) - _TOLD} 行")
    return {
        "region": region.slug,
        "file": args.file.name,
        "kind": found.kind.value,
        "stored": not args.dry_run,
        "new": new,
        "changed": changed,
        "unchanged": unchanged,
        "gone": [{"name": each.name, "municipality": each.municipality.code} for each in found.gone],
        "retired": retired,
        "conflicts": conflicts,
        "outside": found.outside,
        "quarantined": len(found.problems),
        "problems": [
            {"row": each.row, "column": each.column, "reason": each.reason, "raw": each.raw}
            for each in found.problems
        ],
        "questions": list(found.questions),
        "notes": list(found.notes),
    }


@needs_database
def run_export(args: argparse.Namespace) -> Result:
    """Write the shelters whose designation is in force."""
    from keniki.apps.disaster.formats.writing import write_own, write_standard
    from keniki.apps.disaster.merging import row_of
    from keniki.apps.disaster.queries.shelters import ShelterFilter, shelters_of
    from keniki.apps.regions.queries import members_on

    actor = acting.actor(args)
    region = _region(actor, args.region)
    with acting.within(region):
        codes = {row.municipality.code for row in members_on(region)}
        if args.town and args.town not in codes:
            raise WrongInput(
                f"「{args.town}」は、圏域の市町村のコード（6桁）ではありません。", column="--town"
            )
        rows = shelters_of(region, ShelterFilter(town=args.town))
        if args.standard:
            rows = [(each, spaces) for each, spaces in rows if each.is_site]
            content = write_standard(row_of(each) for each, _ in rows)
        else:
            content = write_own(row_of(each, spaces) for each, spaces in rows)
    try:
        args.file.write_bytes(content)
    except OSError as error:
        raise Fault(f"{args.file} に書き込めません（{error.strerror}）。") from error
    console.say(f"{args.file}: {len(rows)} か所")
    return {
        "region": region.slug,
        "file": str(args.file),
        "kind": "standard" if args.standard else "own",
        "shelters": len(rows),
    }


def _region(actor: Actor, slug: str | None) -> Region:
    """The region of this slug; without one the only region there is."""
    if slug:
        return acting.region(actor, slug)
    from keniki.apps.regions import queries

    regions = list(queries.visible_regions(actor)[:2])
    if len(regions) == 1:
        return regions[0]
    raise WrongInput("圏域の識別名を --region で指定してください。", column="--region")

"""`keniki data`: statistics as they are published, read in, listed and shown with their cell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.evidence.importers.base import Parsed, RawBytes
    from keniki.apps.evidence.models import FetchedTable
    from keniki.apps.evidence.queries import DistributedAge, FigureView
    from keniki.apps.regions.models import Region


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the commands."""
    group = subparsers.add_parser("data", help="統計を読み込む・調べる", description="統計を読み込む・調べる")
    console.add_common(group)
    commands = group.add_subparsers(dest="action", metavar="操作", required=True, parser_class=console.Parser)
    importing = console.command(
        commands, "import", run_import, help="統計のファイルを、公表された形のまま読み込む"
    )
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE", help="ファイル、ZIP又はフォルダ")
    importing.add_argument("--kind", metavar="KIND", help="種類（省略時は内容から判定する）")
    importing.add_argument(
        "--map",
        type=Path,
        metavar="FILE.yaml",
        help="自由な形の表の、列の対応（同じ見出しの表では次から要らない）",
    )
    importing.add_argument(
        "--region", metavar="SLUG", help="この圏域だけの資料として読み込む（省略時は全圏域の公的統計）"
    )
    fetching = console.command(
        commands, "fetch", run_fetch, help="取得することにした統計表を、e-StatのAPIから取得して読み込む"
    )
    fetching.add_argument("--source", metavar="SLUG", default="", help="この統計の表だけ")
    fetching.add_argument("--table", metavar="ID", default="", help="この統計表ID（10桁）の表だけ")
    sources = console.command(
        commands, "sources", run_sources, help="公的統計の公表元と、読み込み方を一覧にする"
    )
    switch = sources.add_mutually_exclusive_group()
    switch.add_argument(
        "--on",
        metavar="SLUG[:ID]",
        help="この統計の表（IDは統計表ID。一覧にない表もよい）を取得することにする",
    )
    switch.add_argument("--off", metavar="SLUG[:ID]", help="この統計の表を取得しないことにする")
    sources.add_argument(
        "--narrow",
        metavar="PARAMETERS",
        default="",
        help="取得する範囲（例 cdArea=01210,01209。--on、--off と使う）",
    )
    showing = console.command(commands, "show", run_show, help="ある市区町村の値を、出典とセルを付けて示す")
    showing.add_argument("code", metavar="CODE", help="団体コード（5桁か6桁）")
    showing.add_argument("indicator", metavar="INDICATOR", help="指標の識別名（例 population）")
    showing.add_argument("--year", type=int, metavar="Y", help="年")
    showing.add_argument("--region", metavar="SLUG", help="この圏域の資料も含める")
    showing.add_argument(
        "--distributed",
        action="store_true",
        help="年齢の別の値に、年齢不詳を按分した値（計算した値）を添える",
    )
    showing.add_argument("--all", action="store_true", dest="divided", help="男女・年齢・内訳の値も示す")


@needs_database
def run_import(args: argparse.Namespace) -> Result:
    """Read every file, store what is new; rows that cannot be read are kept aside and counted."""
    actor = acting.actor(args)
    region = acting.region(actor, args.region) if args.region else None
    with acting.within(region):
        return _imported(args, actor, region)


def _imported(args: argparse.Namespace, actor: Actor, region: Region | None) -> Result:
    from keniki.apps.evidence import actions
    from keniki.apps.evidence.importers.base import UnknownKind
    from keniki.apps.evidence.importers.mapping import head_of, spec_of
    from keniki.apps.evidence.importers.packed import unpacked
    from keniki.apps.evidence.reading import Reading

    spec = spec_of(_raw(args.map).content, file=str(args.map)) if args.map else None
    groups: dict[tuple[str, str], list[Parsed]] = {}
    guessed: dict[tuple[str, str], bool] = {}
    heads: dict[str, str] = {}
    paths = list(_expanded(args.files))
    reading = Reading(region)
    raws = (
        (path, raw) for path in console.track(paths, "ファイルを読んでいます") for raw in unpacked(_raw(path))
    )
    for path, raw in raws:
        try:
            read = reading.read(raw, kind=args.kind or "", spec=spec)
        except UnknownKind:
            if path in args.files and raw.name == path.name:
                raise
            console.note(f"{raw.place}: 統計のファイルではないため、読みませんでした。")
            continue
        parsed = read.parsed
        groups.setdefault((parsed.source.slug, parsed.edition.key), []).append(parsed)
        guessed.setdefault((parsed.source.slug, parsed.edition.key), read.guessed)
        if spec is not None:
            heads[head_of(raw, spec)] = spec.title or Path(raw.name).stem
        if read.guessed and len(paths) <= 20:
            console.note(f"{raw.name}: {read.title} と判定しました。")
    if not groups:
        raise WrongInput(
            "読み込める統計のファイルがありません。フォルダの中を確かめてください。", file=str(args.files[0])
        )
    done = []
    with console.progress("登録しています", total=len(groups)) as step:
        for name, files in groups.items():
            told = _telling(step)
            done.append(actions.import_figures(actor, files, region=region, guessed=guessed[name], told=told))
            step()
    if spec is not None:
        for head, title in heads.items():
            actions.remember_mapping(actor, title, head, spec.model_dump(mode="json"), region=region)
    for each in done:
        console.say(f"{each.edition}: {each.said}")
        console.note(*each.notes)
    return {
        "imports": [
            {
                "kind": each.kind,
                "guessed": each.run.guessed,
                "source": each.edition.source.slug,
                "edition": each.edition.key,
                "title": str(each.edition),
                "files": each.files,
                "stored": each.stored,
                "known": each.known,
                "quarantined": each.quarantined,
                "quarantined_before": each.aside_before,
                "notes": list(each.notes),
            }
            for each in done
        ],
        "quarantined": sum(each.quarantined for each in done),
    }


@needs_database
def run_sources(args: argparse.Namespace) -> Result:
    """Every official source with its address, what it holds, which editions of it are loaded and what is fetched."""
    from keniki.apps.evidence import queries

    actor = acting.actor(args)
    if args.on or args.off:
        _switch(actor, args.on or args.off, bool(args.on), args.narrow)
    elif args.narrow:
        raise WrongInput("--narrow は --on か --off と使ってください。", column="--narrow")
    rows = queries.source_rows()
    others = queries.unlisted_tables()
    for row in rows:
        source = row.source
        console.say(
            f"{source.slug}  {source.title}（{source.publisher}）",
            f"    {source.what}",
            f"    {source.address}  {source.how}",
            f"    読込済み: {'、'.join(map(str, row.editions)) or 'なし'}",
        )
        console.say(*(f"    {_table_line(table)}" for table in row.tables))
        console.say(
            *(
                f"    取得できる表: {title}（{table}）  --on {source.slug}:{table}"
                for table, title in row.offered
            )
        )
    if others:
        console.say("その他の統計表", *(f"    {_table_line(table)}" for table in others))
    return {
        "sources": [
            {
                "slug": row.source.slug,
                "title": row.source.title,
                "publisher": row.source.publisher,
                "address": row.source.address,
                "what": row.source.what,
                "how": row.source.how,
                "kind": row.source.reader,
                "credit": row.source.credit,
                "licence": row.source.licence,
                "api_tables": row.source.api_tables,
                "editions": [str(edition) for edition in row.editions],
                "fetched": [_table_dict(table) for table in row.tables],
            }
            for row in rows
        ],
        "others": [_table_dict(table) for table in others],
    }


def _switch(actor: Actor, named: str, active: bool, narrowed: str) -> None:
    """Switch `SLUG`, all its tables, or `SLUG:ID` on or off."""
    from keniki.apps.evidence import actions

    source, colon, table = named.partition(":")
    if colon:
        if not source:
            raise WrongInput("統計の識別名と統計表IDを SLUG:ID の形で指定してください。", column="--on")
        chosen = {table: ""}
    else:
        chosen = actions.tables_of(source)
    for one in chosen:
        row = actions.switch_table(actor, one, active=active, source=source, narrowed=narrowed)
        console.note(f"{row}: {'取得することにしました。' if active else '取得しないことにしました。'}")


def _table_line(table: FetchedTable) -> str:
    from django.utils import timezone

    when = timezone.localtime(table.tried_at).strftime("%Y-%m-%d %H:%M") if table.tried_at else "なし"
    asked = f"、{table.narrowed}" if table.narrowed else ""
    outcome = f"（{table.get_outcome_display()}）" if table.tried_at else ""
    state = "取得する" if table.active else "取得しない"
    return f"{state}: {table.title}（{table.table}{asked}）  最後の取得 {when}{outcome}"


def _table_dict(table: FetchedTable) -> dict[str, Any]:
    return {
        "table": table.table,
        "title": table.title,
        "source": table.source or None,
        "narrowed": table.narrowed or None,
        "active": table.active,
        "tried_at": table.tried_at.isoformat() if table.tried_at else None,
        "outcome": table.outcome or None,
        "said": table.said or None,
    }


@needs_database
def run_fetch(args: argparse.Namespace) -> Result:
    """Fetch the tables that are switched on, one after another; those that fail are told at the end, exit 2."""
    from keniki.apps.evidence import actions, queries
    from keniki.apps.evidence.estat_client import CREDIT

    actor = acting.actor(args)
    wanted = queries.tables(source=args.source, table=args.table)
    if not wanted:
        chosen = bool(args.source or args.table)
        console.note(
            "取得することにした統計表は、この条件ではありません。"
            if chosen
            else "取得することにした統計表はありません。",
            "keniki data sources --on SLUG[:統計表ID] か、「統計」→「公的統計の取得」で切り替えてください。"
            "e-StatのアプリケーションID（設定 KENIKI_ESTAT_APP_ID）も要ります。",
        )
        return {"tables": [], "credit": CREDIT}
    fetched, failed = [], []
    with console.progress("取得しています", total=len(wanted)) as step:
        for each in actions.fetch_tables(actor, wanted, told=_telling(step)):
            step()
            fetched.append(each)
            if each.outcome == "failed":
                failed.append(each)
                console.note(f"{each.table}: 取得できませんでした。{each.said}")
            else:
                console.say(f"{each.table}: {each.said}")
                console.note(*(each.done.notes if each.done else ()))
    console.say(CREDIT)
    if failed:
        others = f"（ほか{len(failed) - 1}件も取得できません）" if len(failed) > 1 else ""
        stored = f"ほかの{len(fetched) - len(failed)}件は登録しました。" if len(fetched) > len(failed) else ""
        raise WrongInput(f"{failed[0].said}{others}{stored}", file=str(failed[0].table))
    return {
        "tables": [
            {
                **_table_dict(each.table),
                "edition": each.done.edition.key if each.done else None,
                "title": str(each.table.edition or each.table.title),
                "stored": each.done.stored if each.done else 0,
                "known": each.done.known if each.done else 0,
                "quarantined": each.done.quarantined if each.done else 0,
                "notes": list(each.done.notes) if each.done else [],
            }
            for each in fetched
        ],
        "credit": CREDIT,
    }


@needs_database
def run_show(args: argparse.Namespace) -> Result:
    """The figures of one area and indicator in every edition loaded."""
    from keniki.apps.evidence import queries

    actor = acting.actor(args)
    region = acting.region(actor, args.region) if args.region else None
    code = queries.area_code(args.code)
    with acting.within(region):
        found = queries.figures([code], [args.indicator], region=region, year=args.year, divided=args.divided)
        shared = _distributed(region, code, args) if args.distributed else []
    if not found:
        area, named = queries.is_known(code, args.indicator)
        if not area or not named:
            what = f"団体コード {code} の地域" if not area else f"指標「{args.indicator}」"
            raise WrongInput(
                f"{what}はありません。つづりを確かめるか、keniki data import で統計を読み込んでください。",
                column="CODE" if not area else "INDICATOR",
            )
        console.note(
            f"{code} の {args.indicator} の値はありません。"
            "指標の識別名とコードを確かめるか、keniki data import で統計を読み込んでください。"
        )
    for row in found:
        console.say(
            f"{row.area} {row.period}{f'（{row.of_whom}）' if row.of_whom else ''}: {row.shown} {row.unit_shown}  "
            f"[{row.edition_title}、{row.cell.file} {row.cell.row}行{row.cell.column}列「{row.cell.column_label}」]"
        )
    for each in shared:
        console.say(
            f"{each.figure.area} {each.figure.period}（{each.of_whom}）: 年齢不詳を按分した値 {each.value:,.1f}"
            f"（公表 {each.published:,.10g} ＋ {each.added:,.1f}）  [{each.figure.edition_title}]"
        )
    if shared:
        console.say(shared[0].method)
    elif args.distributed:
        console.note("年齢不詳を按分できる値（年齢階級と年齢不詳の両方がある表）はありません。")
    more = {"distributed": [_distributed_dict(each) for each in shared]} if args.distributed else {}
    return {"figures": [_as_dict(row) for row in found]} | more


def _distributed(region: Region | None, code: str, args: argparse.Namespace) -> list[DistributedAge]:
    from keniki.apps.evidence import queries

    kinds = queries.MUNICIPAL
    return [
        each
        for kind in kinds
        for each in queries.distributed(region, code, args.indicator, year=args.year, kind=kind)
    ]


def _distributed_dict(each: DistributedAge) -> dict[str, Any]:
    return {
        "sex": each.figure.sex or None,
        "age": [each.figure.age_from, each.figure.age_to],
        "year": each.figure.year,
        "period": each.figure.period,
        "unit": each.figure.unit,
        "published": each.published,
        "added": each.added,
        "value": each.value,
        "edition": each.figure.edition,
        "method": each.method,
        "status": "computed",
    }


def _as_dict(row: FigureView) -> dict[str, Any]:
    return {
        "code": row.code,
        "area": row.area,
        "indicator": row.indicator,
        "value": row.value,
        "text": row.text,
        "unit": row.unit,
        "year": row.year,
        "period": row.period,
        "sex": row.sex or None,
        "age": None if row.age_from is None else [row.age_from, row.age_to],
        "part": row.part or None,
        "source": row.source,
        "edition": row.edition,
        "edition_title": row.edition_title,
        "cell": {
            "file": row.cell.file,
            "row": row.cell.row,
            "column": row.cell.column,
            "row_label": row.cell.row_label,
            "column_label": row.cell.column_label,
        },
        "status": row.status,
        "corrected": row.corrected or None,
    }


def _telling(step: console.Step) -> Any:
    return lambda note: step(0, note=note)


def _expanded(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                each for each in path.rglob("*") if each.is_file() and not each.name.startswith(".")
            )
        else:
            yield path


def _raw(path: Path) -> RawBytes:
    from keniki.apps.evidence.importers.base import RawBytes

    return RawBytes(path.name, console.read_bytes(path), path.absolute().parent.name)

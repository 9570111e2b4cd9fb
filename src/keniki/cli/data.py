"""`keniki data`: statistics as they are published, read in, listed and shown with their cell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.evidence.importers.base import Parsed, RawBytes
    from keniki.apps.evidence.queries import FigureView
    from keniki.apps.regions.models import Region


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the commands."""
    group = subparsers.add_parser("data", help="統計を読み込む・調べる", description="統計を読み込む・調べる")
    console.add_common(group)
    commands = group.add_subparsers(dest="action", metavar="操作", required=True, parser_class=console.Parser)
    importing = console.command(
        commands, "import", run_import, help="統計のファイルを、公表された形のまま読み込む"
    )
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE", help="ファイルかフォルダ")
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
    console.command(commands, "sources", run_sources, help="公的統計の公表元と、読み込み方を一覧にする")
    showing = console.command(commands, "show", run_show, help="ある市区町村の値を、出典とセルを付けて示す")
    showing.add_argument("code", metavar="CODE", help="団体コード（5桁か6桁）")
    showing.add_argument("indicator", metavar="INDICATOR", help="指標の識別名（例 population）")
    showing.add_argument("--year", type=int, metavar="Y", help="年")
    showing.add_argument("--region", metavar="SLUG", help="この圏域の資料も含める")
    showing.add_argument("--all", action="store_true", dest="divided", help="男女・年齢・内訳の値も示す")


@needs_database
def run_import(args: argparse.Namespace) -> Result:
    """Read every file, store what is new; rows that cannot be read are kept aside and counted."""
    actor = acting.actor(args)
    region = acting.region(actor, args.region) if args.region else None
    with _within(region):
        return _imported(args, actor, region)


def _imported(args: argparse.Namespace, actor: Actor, region: Region | None) -> Result:
    from keniki.apps.evidence import actions
    from keniki.apps.evidence.importers.base import UnknownKind
    from keniki.apps.evidence.importers.mapping import head_of, spec_of
    from keniki.apps.evidence.reading import Reading

    spec = spec_of(_raw(args.map).content, file=str(args.map)) if args.map else None
    groups: dict[tuple[str, str], list[Parsed]] = {}
    guessed: dict[tuple[str, str], bool] = {}
    heads: dict[str, str] = {}
    paths = list(_expanded(args.files))
    reading = Reading(region)
    for path in console.track(paths, "ファイルを読んでいます"):
        raw = _raw(path)
        try:
            read = reading.read(raw, kind=args.kind or "", spec=spec)
        except UnknownKind:
            if path in args.files:
                raise
            console.note(f"{path}: 統計のファイルではないため、読みませんでした。")
            continue
        parsed = read.parsed
        groups.setdefault((parsed.source.slug, parsed.edition.key), []).append(parsed)
        guessed.setdefault((parsed.source.slug, parsed.edition.key), read.guessed)
        if spec is not None:
            heads[head_of(raw, spec)] = spec.title or path.stem
        if read.guessed and len(paths) <= 20:
            console.note(f"{path.name}: {read.title} と判定しました。")
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
        console.say(
            f"{each.edition}: 新しい値 {each.stored:,}件、登録済み {each.known:,}件、保留 {each.quarantined:,}件"
        )
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
                "notes": list(each.notes),
            }
            for each in done
        ],
        "quarantined": sum(each.quarantined for each in done),
    }


@needs_database
def run_sources(args: argparse.Namespace) -> Result:
    """Every official source with its address, what it holds, and which editions of it are loaded."""
    from keniki.apps.evidence import queries
    from keniki.rulebooks.statistics import official_sources

    loaded: dict[str, list[str]] = {}
    for edition in queries.visible_editions(None):
        loaded.setdefault(edition.source.slug, []).append(str(edition))
    for source in official_sources():
        console.say(
            f"{source.slug}  {source.title}（{source.publisher}）",
            f"    {source.what}",
            f"    {source.address}  {source.how}",
            f"    読込済み: {'、'.join(loaded.get(source.slug, [])) or 'なし'}",
        )
    return {
        "sources": [
            {
                "slug": source.slug,
                "title": source.title,
                "publisher": source.publisher,
                "address": source.address,
                "what": source.what,
                "how": source.how,
                "kind": source.reader,
                "credit": source.credit,
                "licence": source.licence,
                "api_tables": source.api_tables,
                "editions": loaded.get(source.slug, []),
            }
            for source in official_sources()
        ]
    }


@needs_database
def run_show(args: argparse.Namespace) -> Result:
    """The figures of one area and indicator in every edition loaded."""
    from keniki.apps.evidence import queries

    actor = acting.actor(args)
    region = acting.region(actor, args.region) if args.region else None
    code = queries.area_code(args.code)
    with _within(region):
        found = queries.figures([code], [args.indicator], region=region, year=args.year, divided=args.divided)
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
    return {"figures": [_as_dict(row) for row in found]}


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


def _within(region: Region | None) -> AbstractContextManager[Any]:
    """The scope of the region, where one is named."""
    from django_scopes import scope

    return scope(region=region) if region is not None else nullcontext()


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

    return RawBytes("/".join(path.absolute().parts[-2:]), console.read_bytes(path))

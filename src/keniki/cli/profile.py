"""`keniki profile`: the region book (圏域基礎調査) of any municipalities, with every chart and table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console, folder
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.evidence.book.document import Written


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers, "profile", run, help="圏域基礎調査の報告書と図表を、どの市区町村の組についても書き出す"
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--region", metavar="SLUG", help="圏域の識別名")
    whose.add_argument(
        "--municipalities", metavar="CODES", help="団体コード（5桁か6桁）をカンマで区切って。例 01210,01209"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="書き出すフォルダ")


@needs_database
def run(args: argparse.Namespace) -> Result:
    """Write the report and a folder with each exhibit's chart (SVG, PNG) and table (CSV, xlsx)."""
    from keniki.apps.evidence.book.book import Book, members_of, places_named
    from keniki.apps.evidence.book.document import write

    actor = acting.actor(args)
    region = acting.region(actor, args.region) if args.region else None
    with acting.within(region):
        members = members_of(region) if region is not None else places_named(args.municipalities)
        if not members:
            raise WrongInput("この圏域には構成市町村が登録されていません。", column="--region")
        out = folder.made(args.out)
        book = Book(members, region)
        with console.progress("図表を作っています", total=len(book.forms)) as step:
            written = write(book, lambda name: step(note=name))
    if not written.exhibits:
        console.note(
            "この市区町村の値が1つもありません。国勢調査などを keniki data import で読み込んでください。"
        )
    name = f"{region.slug if region is not None else '-'.join(place.code for place in members[:3])}-profile"
    paths = _report(written, out, name)
    listed = _exhibits(written, out / f"{name}-figures")
    console.say(*paths)
    missing = [(chapter.name, what) for chapter in written.chapters for what in chapter.missing]
    if missing:
        console.note(f"まだない図表 {len(missing)}件:", *(f"  {chapter} {what}" for chapter, what in missing))
    return {
        "municipalities": [{"code": place.code, "name": place.name} for place in members],
        "files": [str(path) for path in paths],
        "exhibits": listed,
        "missing": [{"chapter": chapter, "what": what} for chapter, what in missing],
    }


def _report(written: Written, out: Path, name: str) -> list[Path]:
    from keniki.press.excel import render_xlsx
    from keniki.press.pdf import render_pdf
    from keniki.press.word import render_docx

    rendered = {
        "docx": render_docx(written.document),
        "pdf": render_pdf(written.document),
        "xlsx": render_xlsx(None, written.sheets, dated=written.document.dated),
    }
    return [folder.written(out / f"{name}.{ending}", content) for ending, content in rendered.items()]


def _exhibits(written: Written, out: Path) -> list[dict[str, Any]]:
    from keniki.apps.evidence.book.document import sheet
    from keniki.press.csv import render_csv
    from keniki.press.excel import render_xlsx

    folder.made(out)
    found = []
    for exhibit in console.track(written.exhibits, "図表を書き出しています"):
        files = []
        for at, chart in enumerate(exhibit.charts, 1):
            stem = exhibit.id if at == 1 else f"{exhibit.id}-{at}"
            files += [(f"{stem}.svg", chart.svg()), (f"{stem}.png", chart.png())]
        if exhibit.table is not None:
            table = sheet(exhibit)
            files.append((f"{exhibit.id}.csv", render_csv(table).data))
            files.append((f"{exhibit.id}.xlsx", render_xlsx(None, [table], dated=written.document.dated)))
        found.append(
            {
                "id": exhibit.id,
                "chapter": exhibit.chapter,
                "title": exhibit.title,
                "sources": exhibit.sources,
                "notes": list(exhibit.notes),
                "files": [str(folder.written(out / name, content)) for name, content in files],
            }
        )
    return found

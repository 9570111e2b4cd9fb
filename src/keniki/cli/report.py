"""`keniki report`: a region's document as Word, PDF and Excel."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keniki.cli import acting, console, database, folder
from keniki.cli.console import Result
from keniki.core.errors import WrongInput

KINDS = ("results", "agreement", "declaration", "vision", "future")
FORMATS = ("docx", "pdf", "xlsx")


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(subparsers, "report", run, help="圏域の文書を Word・PDF・Excel で書き出す")
    parser.add_argument("--region", required=True, metavar="SLUG", help="圏域の識別名")
    parser.add_argument("--kind", required=True, choices=KINDS, help="文書の種類")
    parser.add_argument("--from", dest="first", metavar="YEAR", help="最初の年度（例 2020、R2）")
    parser.add_argument("--to", dest="last", metavar="YEAR", help="最後の年度（例 2024、R6）")
    parser.add_argument(
        "--programme", default="", help="制度（hokkaido、teiju、renkei。省略時は期間に合うもの）"
    )
    parser.add_argument("--slug", default="", metavar="SLUG", help="協定・宣言・ビジョンの識別名")
    parser.add_argument(
        "--forecast", default="", metavar="TITLE", help="将来推計の名称（省略時は基礎調査に掲載している推計）"
    )
    parser.add_argument(
        "--stage", choices=("check", "inquiry", "submitted"), default="check", help="確認版・照会版・提出版"
    )
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="書き出す形式")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="書き出すフォルダ")


@database.needs_database
def run(args: argparse.Namespace) -> Result:
    """Write `{region}-{kind}.{docx,pdf,xlsx}`, one path per line; what is missing is listed on standard error."""
    actor = acting.actor(args)
    region = acting.region(actor, args.region)
    paths, gaps = write(
        region,
        args.kind,
        parameters(
            args.kind,
            args.first,
            args.last,
            programme=args.programme,
            slug=args.slug,
            forecast=args.forecast,
        ),
        args.out,
        stage=args.stage,
        formats=tuple(args.formats),
    )
    console.say(*paths)
    if gaps:
        console.note(f"未入力 {len(gaps)} 件（提出版は出力できません）:", *(f"  {gap}" for gap in gaps))
    return {
        "files": [str(path) for path in paths],
        "missing": [{"place": gap.place, "what": gap.what, "record": gap.record} for gap in gaps],
    }


def parameters(
    kind: str,
    first: str | None,
    last: str | None,
    *,
    programme: str = "",
    slug: str = "",
    forecast: str = "",
) -> dict[str, Any]:
    """The composer's parameters from what was typed."""
    if kind == "future":
        return {"title": forecast}
    if kind != "results":
        return {"slug": slug}
    from keniki.core.fiscal_year import FiscalYear

    if not first or not last:
        raise WrongInput(
            "実績報告書には最初と最後の年度が要ります。", column="--from" if not first else "--to"
        )
    years = []
    for option, typed in (("--from", first), ("--to", last)):
        try:
            years.append(int(FiscalYear.parse(typed)))
        except WrongInput as error:
            raise error.at(column=option) from None
    if years[1] < years[0]:
        raise WrongInput("終わりの年度が始まりの年度より前です。", column="--to")
    return {"first": years[0], "last": years[1], "programme": programme}


def write(
    region: Any,
    kind: str,
    parameters: dict[str, Any],
    out: Path,
    *,
    stage: str = "check",
    formats: tuple[str, ...] = FORMATS,
) -> tuple[list[Path], tuple[Any, ...]]:
    """Compose and write the files; returns their paths and the gaps."""
    from django_scopes import scope

    from keniki.apps.documents.composing import Stage, compose
    from keniki.apps.documents.rendering import render

    folder.made(out)
    paths: list[Path] = []
    with scope(region=region), console.progress(f"{region.name} {kind}", total=len(formats) + 1) as step:
        composed = compose(region, kind, Stage(stage), **parameters)
        step()
        for file in render(composed, formats):
            paths.append(folder.written(out / file.name, file.content))
            step(note=file.format)
    return paths, composed.gaps
